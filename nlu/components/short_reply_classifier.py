"""ShortReplyClassifier: a message made of nothing but words for yes, no and the like, exactly."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from nlu.components.component import Component, Options, State
from nlu.folding import pieces, shorten
from nlu.message import Message
from nlu.training.examples import TrainingData

LEXICON = Path(__file__).with_name("short_replies.yml")
MAX_PIECES = 12
READ_AT_MOST = 150
SURE = 0.99
UNDECIDED = 0.8
ASKED = 0.55
DOUBTED = 0.5
# What a message that begins with yes or no gets, and how likely the classifier must find it.
OPENED = 0.75
PLAUSIBLE = 0.15
OTHER_IS_CLEAR = 0.5
_QUESTION_MARKS = ("?", "؟", "？")

Phrase = tuple[str, ...]
Groups = frozenset[str]

# What a message means whose parts belong to these groups; other mixtures are left to the model.
_MEANINGS: dict[Groups, str] = {
    frozenset(groups.split()): meaning
    for groups, meaning in {
        "affirm": "affirm",
        "soft": "affirm",
        "affirm soft": "affirm",
        "affirm question": "affirm",
        "soft question": "affirm",
        "question": "affirm",
        "affirm greet": "affirm",
        "deny": "deny",
        "deny thanks": "deny",
        "deny greet": "deny",
        "soft deny": "deny",
        "soft deny thanks": "deny",
        "unsure": "unsure",
        "unsure thanks": "unsure",
        "unsure soft": "unsure",
        "unsure affirm": "unsure",
        "unsure deny": "unsure",
        "unsure affirm deny": "unsure",
        "affirm deny": "unsure",
        "affirm thanks": "affirm",
        "affirm soft thanks": "affirm",
        "content": "unsure",
        "content deny": "deny",
        "content deny thanks": "deny",
        "content affirm": "affirm",
        "content soft": "unsure",
        "content greet": "unsure",
        "thanks": "thanks",
        "soft thanks": "thanks",
        "goodbye": "goodbye",
        "soft goodbye": "goodbye",
        "thanks goodbye": "goodbye",
        "soft thanks goodbye": "goodbye",
        "greet": "greet",
    }.items()
}


class ShortReplyClassifierOptions(Options):
    """The intent of the project that each meaning stands for."""

    affirm: str = "affirm"
    deny: str = "deny"
    unsure: str = "out_of_scope"
    greet: str = "greet"
    goodbye: str = "goodbye"
    thanks: str = "thanks"


class ShortReplyClassifier(Component[ShortReplyClassifierOptions]):
    """Overrules the trained classifier where every word of the message is in the lexicon."""

    Options = ShortReplyClassifierOptions

    def __init__(self, options: ShortReplyClassifierOptions, language: str) -> None:
        super().__init__(options, language)
        self._phrases: dict[Phrase, str] = {}
        self._words: set[str] = set()
        self._longest = 0
        self._intents: set[str] = set()
        self._exceptions: set[str] = set()
        self._openings: dict[Phrase, str] = {}
        self._turns: set[str] = set()
        self._asks: set[Phrase] = set()

    def train(self, data: TrainingData, messages: Sequence[Message]) -> None:
        del messages
        self._intents = set(data.intents())
        self._take(_phrases(_lexicon()))
        self._openings = _openings(_lexicon())
        self._turns = {word for phrase in _listed("turns") for word in phrase}
        self._asks = _listed("asks")
        # A project that teaches another meaning for one of these texts knows better.
        self._exceptions = {
            " ".join(pieces(e.text))
            for e in data.examples
            if not _asks(e.text) and self._disagrees(e.text, e.intent)
        }

    def process(self, message: Message) -> None:
        words = pieces(message.text[:READ_AT_MOST])
        if not words or " ".join(words) in self._exceptions:
            return
        meaning, groups = self._read(words)
        intent = self._intent(meaning)
        if intent is not None:
            message.rank(intent, self._confidence(meaning, groups, message.text))
            message.decided_by = "ShortReplyClassifier"
        elif not groups:
            self._read_opening(message, words)
            self._doubt_question(message, words)

    def _doubt_question(self, message: Message, words: list[str]) -> None:
        """A question is neither yes nor no, however many of their words it holds."""
        top = message.top
        asks = any(tuple(words[:n]) in self._asks for n in (1, 2))
        if asks and top and top.name in (self.options.affirm, self.options.deny):
            message.rank(top.name, min(top.confidence, DOUBTED))

    def _read_opening(self, message: Message, words: list[str]) -> None:
        """`yes, and add cheese`: what begins with yes means it, unless it takes a turn."""
        size = max((n for n in (1, 2, 3) if tuple(words[:n]) in self._openings), default=0)
        if not size or "?" in message.text or self._turns & set(words[size:]):
            return
        meaning = self._openings[tuple(words[:size])]
        intent = self._intent(meaning)
        # `no idea` and `no problem` begin with no and do not say it.
        if intent is None or self._longest_phrase(words, 0)[1] not in (meaning, ""):
            return
        other = message.top is None or message.top.name not in (intent, self.options.unsure)
        if other and message.top and message.top.confidence > OTHER_IS_CLEAR:
            return
        if PLAUSIBLE <= message.confidence(intent) < OPENED:
            message.rank(intent, OPENED)

    def state(self) -> State:
        by_group: dict[str, list[str]] = {}
        for phrase, group in self._phrases.items():
            by_group.setdefault(group, []).append(" ".join(phrase))
        values = {
            "phrases": {group: sorted(found) for group, found in sorted(by_group.items())},
            "openings": {" ".join(words): meaning for words, meaning in self._openings.items()},
            "turns": sorted(self._turns),
            "asks": sorted(" ".join(words) for words in self._asks),
            "intents": sorted(self._intents),
            "exceptions": sorted(self._exceptions),
        }
        return State(values)

    def restore(self, state: State) -> None:
        phrases = state.values["phrases"]
        self._take({tuple(p.split(" ")): group for group, found in phrases.items() for p in found})
        openings = state.values["openings"]
        self._openings = {tuple(p.split(" ")): _meaning(m) for p, m in openings.items()}
        self._turns = set(state.words("turns"))
        self._asks = {tuple(phrase.split(" ")) for phrase in state.words("asks")}
        self._intents = set(state.words("intents"))
        self._exceptions = set(state.words("exceptions"))

    def _take(self, phrases: dict[Phrase, str]) -> None:
        self._phrases = phrases
        self._words = {word for phrase in phrases for word in phrase}
        self._longest = max(map(len, phrases), default=0)

    def _disagrees(self, text: str, intent: str) -> bool:
        meant = self._intent(self._read(pieces(text))[0])
        return meant is not None and meant != intent

    def _intent(self, meaning: str | None) -> str | None:
        intent = getattr(self.options, meaning) if meaning else None
        return intent if intent in self._intents else None

    def _confidence(self, meaning: str | None, groups: Groups, text: str) -> float:
        if meaning == "unsure" and "unsure" not in groups:
            return UNDECIDED
        asks = _asks(text) and "question" not in groups
        return ASKED if asks and meaning in ("affirm", "deny") else SURE

    def _read(self, words: list[str]) -> tuple[str | None, Groups]:
        """The meaning of the words and the groups they belong to; None where one is foreign."""
        if not words or len(words) > MAX_PIECES:
            return None, frozenset()
        known = [self._known(word) for word in words]
        found: set[str] = set()
        position = 0
        while position < len(known):
            size, group = self._longest_phrase(known, position)
            if not size:
                return None, frozenset()
            found.add(group)
            position += size
        groups = frozenset(found - {"filler"})
        return _MEANINGS.get(groups), groups

    def _known(self, word: str) -> str:
        if word in self._words:
            return word
        return next((short for short in shorten(word) if short in self._words), word)

    def _longest_phrase(self, words: list[str], start: int) -> tuple[int, str]:
        for size in range(min(self._longest, len(words) - start), 0, -1):
            group = self._phrases.get(tuple(words[start : start + size]))
            if group is not None:
                return size, group
        return 0, ""


def _asks(text: str) -> bool:
    return text.rstrip().endswith(_QUESTION_MARKS)


@cache
def _lexicon() -> Mapping[str, Any]:
    loaded = yaml.load(LEXICON.read_text("utf-8"), Loader=yaml.CSafeLoader)
    return dict(loaded)


def _openings(lexicon: Mapping[str, Any]) -> dict[Phrase, str]:
    listed = lexicon["openings"]
    return {tuple(pieces(t)): m for m in ("affirm", "deny") for t in _texts([listed[m]])}


def _listed(name: str) -> set[Phrase]:
    return {tuple(pieces(text)) for text in _texts([_lexicon()["openings"][name]])}


def _meaning(name: str) -> str:
    if name not in ShortReplyClassifierOptions.model_fields:
        raise ValueError(f"{name!r} is no meaning of a short reply")
    return name


def _phrases(lexicon: Mapping[str, Any]) -> dict[Phrase, str]:
    found: dict[Phrase, str] = {}
    for group, by_language in lexicon.items():
        if group == "openings":
            continue
        for text in _texts(by_language.values()):
            found.setdefault(tuple(pieces(text)), group)
    return found


def _texts(blocks: Iterable[str]) -> Iterable[str]:
    for block in blocks:
        yield from (text.strip() for text in block.replace("\n", ",").split(",") if text.strip())
