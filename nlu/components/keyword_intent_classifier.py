"""KeywordIntentClassifier: a message that contains an example word for word means its intent."""

from collections.abc import Sequence

from nlu.components.component import Component, Options, State
from nlu.folding import pieces
from nlu.message import Message
from nlu.training.examples import TrainingData


class KeywordIntentClassifierOptions(Options):
    """Case never matters here: messages are folded first."""

    case_sensitive: bool = False


class KeywordIntentClassifier(Component[KeywordIntentClassifierOptions]):
    """For projects with a handful of keywords and no wish to train."""

    Options = KeywordIntentClassifierOptions

    def __init__(self, options: KeywordIntentClassifierOptions, language: str) -> None:
        super().__init__(options, language)
        self._keywords: dict[str, str] = {}
        self._longest = 0

    def train(self, data: TrainingData, messages: Sequence[Message]) -> None:
        del messages
        meant: dict[str, set[str]] = {}
        for example in data.examples:
            meant.setdefault(" ".join(pieces(example.text)), set()).add(example.intent)
        # What is an example of two intents decides neither.
        clear = {k: intents.pop() for k, intents in meant.items() if k and len(intents) == 1}
        self._take(dict(sorted(clear.items())))

    def process(self, message: Message) -> None:
        words = pieces(message.text)
        for size in range(min(self._longest, len(words)), 0, -1):
            for start in range(len(words) - size + 1):
                intent = self._keywords.get(" ".join(words[start : start + size]))
                if intent is not None:
                    message.rank(intent, 1.0)
                    message.decided_by = "KeywordIntentClassifier"
                    return

    def state(self) -> State:
        return State({"keywords": self._keywords})

    def restore(self, state: State) -> None:
        keywords = state.values["keywords"]
        if not all(isinstance(intent, str) for intent in keywords.values()):
            raise ValueError("keywords do not name intents")
        self._take(dict(keywords))

    def _take(self, keywords: dict[str, str]) -> None:
        self._keywords = keywords
        self._longest = max((k.count(" ") + 1 for k in keywords), default=0)
