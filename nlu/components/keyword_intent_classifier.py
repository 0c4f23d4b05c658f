"""KeywordIntentClassifier: a message that contains an example word for word means its intent."""

from collections.abc import Sequence

from nlu.components.component import Component, Options, State
from nlu.folding import pieces
from nlu.message import Message
from nlu.training.examples import TrainingData


class KeywordIntentClassifierOptions(Options):
    """With `case_sensitive` an example must stand in the message as it is spelt there."""

    case_sensitive: bool = False


class KeywordIntentClassifier(Component[KeywordIntentClassifierOptions]):
    """For projects with a handful of keywords and no wish to train."""

    Options = KeywordIntentClassifierOptions

    def __init__(self, options: KeywordIntentClassifierOptions, language: str) -> None:
        super().__init__(options, language)
        self._keywords: dict[str, str] = {}
        self._spellings: dict[str, list[str]] = {}
        self._longest = 0

    def train(self, data: TrainingData, messages: Sequence[Message]) -> None:
        del messages
        meant: dict[str, set[str]] = {}
        spelt: dict[str, set[str]] = {}
        for example in data.examples:
            keyword = " ".join(pieces(example.text))
            meant.setdefault(keyword, set()).add(example.intent)
            spelt.setdefault(keyword, set()).add(example.text)
        # What is an example of two intents decides neither.
        clear = {k: intents.pop() for k, intents in meant.items() if k and len(intents) == 1}
        self._take(dict(sorted(clear.items())))
        if self.options.case_sensitive:
            self._spellings = {keyword: sorted(spelt[keyword]) for keyword in self._keywords}

    def process(self, message: Message) -> None:
        words = pieces(message.text)
        for size in range(min(self._longest, len(words)), 0, -1):
            for start in range(len(words) - size + 1):
                keyword = " ".join(words[start : start + size])
                intent = self._keywords.get(keyword)
                if intent is not None and self._is_spelt_so(keyword, message.text):
                    message.rank(intent, 1.0)
                    message.decided_by = "KeywordIntentClassifier"
                    return

    def state(self) -> State:
        return State({"keywords": self._keywords, "spellings": self._spellings})

    def restore(self, state: State) -> None:
        keywords = state.values["keywords"]
        if not all(isinstance(intent, str) for intent in keywords.values()):
            raise ValueError("keywords do not name intents")
        self._take(dict(keywords))
        spellings = state.values["spellings"]
        if not all(isinstance(text, str) for texts in spellings.values() for text in texts):
            raise ValueError("spellings are no texts")
        self._spellings = dict(spellings)

    def _is_spelt_so(self, keyword: str, text: str) -> bool:
        if not self.options.case_sensitive:
            return True
        return any(spelling in text for spelling in self._spellings.get(keyword, ()))

    def _take(self, keywords: dict[str, str]) -> None:
        self._keywords = keywords
        self._longest = max((k.count(" ") + 1 for k in keywords), default=0)
