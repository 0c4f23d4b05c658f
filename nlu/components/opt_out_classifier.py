"""OptOutClassifier: a wish to be left alone, from the ways in which people say so."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import yaml

from nlu.components.component import Component, Options, State
from nlu.folding import pieces, shorten
from nlu.message import Message
from nlu.training.examples import TrainingData

LEXICON = Path(__file__).parent.parent / "lexicons" / "opt_out.yml"
READ_AT_MOST = 400
"""Characters: who wants to be left alone does not write a letter."""
SURE = 0.97
UNFOUNDED = 0.7
"""The most that the trained classifier's word counts for where the message speaks of no messages."""
DENIED = 0.2
"""And the most where the words say the opposite, or speak of a bus stop."""
GAP = 3
"""What `*` stands for at most, in words."""
ANY = "*"

Phrase = tuple[str, ...]
Index = Mapping[str, Sequence[Phrase]]


class OptOutClassifierOptions(Options):
    """The intent of the project that says so."""

    opt_out: str = "opt_out"


class OptOutClassifier(Component[OptOutClassifierOptions]):
    """Confirms or doubts the trained classifier: nobody is texted who asked for silence, and
    nobody is silenced for a bus stop."""

    Options = OptOutClassifierOptions
    learns_from = frozenset({"intents"})

    def __init__(self, options: OptOutClassifierOptions, language: str) -> None:
        super().__init__(options, language)
        self._taught = True

    def train(self, data: TrainingData, messages: Sequence[Message]) -> None:
        del messages
        self._taught = self.options.opt_out in data.intents()

    def state(self) -> State:
        return State({"taught": self._taught})

    def restore(self, state: State) -> None:
        self._taught = bool(state.values["taught"])

    def process(self, message: Message) -> None:
        intent = self.options.opt_out
        if not self._taught or not message.ranking:
            return
        words = [_known(piece) for piece in pieces(message.text[:READ_AT_MOST])]
        denied = _without_lookalikes(words)
        if asks_for_silence(words, denied):
            message.rank(intent, max(SURE, message.confidence(intent)))
            message.decided_by = "OptOutClassifier"
            return
        most = _believed(words, denied)
        if message.confidence(intent) > most:
            message.rank(intent, most)


def asks_for_silence(words: Sequence[str], rest: Sequence[str | None]) -> bool:
    """Whether the words ask for no more messages; `rest` are those that are no lookalikes."""
    lexicon = _lexicon()
    if None not in rest and any(_is_whole(words, said) for said in lexicon.whole):
        return True
    return any(_spans(rest, lexicon.anywhere))


def _believed(words: Sequence[str], rest: Sequence[str | None]) -> float:
    """How sure of an opt-out the trained classifier may be without one of the phrases."""
    if None in rest:
        return DENIED
    return 1.0 if any(_spans(words, _lexicon().cues)) else UNFOUNDED


def _is_whole(words: Sequence[str], said: "_Whole") -> bool:
    """Whether nothing but fillers stands around a phrase."""
    starts = _beginnings(words, said.fillers)
    ends = {len(words) - n for n in _beginnings(words[::-1], said.fillers_reversed)}
    return any(tuple(words[a:b]) in said.phrases for a in starts for b in ends if a < b)


def _beginnings(words: Sequence[str], fillers: Index) -> set[int]:
    """After how many words the fillers at the beginning may be over."""
    reached, ahead = {0}, [0]
    while ahead:
        at = ahead.pop()
        for phrase in fillers.get(words[at], ()) if at < len(words) else ():
            end = at + len(phrase)
            if tuple(words[at:end]) == phrase and end not in reached:
                reached.add(end)
                ahead.append(end)
    return reached


def _without_lookalikes(words: Sequence[str]) -> list[str | None]:
    rest: list[str | None] = list(words)
    for start, end in _spans(words, _lexicon().lookalikes):
        rest[start:end] = [None] * (end - start)
    return rest


def _spans(words: Sequence[str | None], phrases: Index) -> Iterator[tuple[int, int]]:
    """Where any of the phrases stands."""
    for start, word in enumerate(words):
        for phrase in phrases.get(word, ()) if word else ():
            end = _end(words, start, phrase)
            if end:
                yield start, end


def _end(words: Sequence[str | None], start: int, phrase: Phrase) -> int:
    """Where the phrase that begins at `start` ends; 0 where it does not stand there.

    All the places that its words so far may have reached are followed at once: a phrase with
    several gaps costs no more than its length times the gaps'.
    """
    reached = {start}
    gap = 0
    for word in phrase:
        if word == ANY:
            gap = GAP
            continue
        reached = {
            place + 1
            for begun in reached
            for place in range(begun, min(begun + gap + 1, len(words)))
            if words[place] == word and None not in words[begun:place]
        }
        gap = 0
        if not reached:
            return 0
    return min(reached)


class _Whole:
    """What one language says with a message as a whole, and what may stand around it."""

    def __init__(self, phrases: Iterable[Phrase], fillers: Iterable[Phrase]) -> None:
        around = list(fillers)
        self.phrases = frozenset(phrases)
        self.fillers = _by_first(around)
        self.fillers_reversed = _by_first(phrase[::-1] for phrase in around)


class _Lexicon:
    """The phrases of all languages; an index by first word, so that most are never looked at."""

    def __init__(self, languages: Iterable[Mapping[str, str]]) -> None:
        blocks = list(languages)
        self.whole = [_Whole(_phrases(b["whole"]), _phrases(b["fillers"])) for b in blocks]
        self.anywhere = _by_first(p for block in blocks for p in _phrases(block["anywhere"]))
        self.lookalikes = _by_first(p for block in blocks for p in _phrases(block["not"]))
        self.cues = _by_first(p for block in blocks for p in _phrases(block["cues"]))
        indexed = [self.anywhere, self.lookalikes, self.cues, *(w.fillers for w in self.whole)]
        phrases = {p for index in indexed for found in index.values() for p in found}
        phrases.update(phrase for whole in self.whole for phrase in whole.phrases)
        self.words = frozenset(word for phrase in phrases for word in phrase)


@cache
def _lexicon() -> _Lexicon:
    return _Lexicon(yaml.load(LEXICON.read_text("utf-8"), Loader=yaml.CSafeLoader).values())


def _phrases(block: str) -> Iterator[Phrase]:
    for text in block.split(","):
        parts = [tuple(pieces(part)) for part in text.split(ANY)]
        phrase = parts[0]
        for part in parts[1:]:
            phrase = (*phrase, ANY, *part) if phrase else part
        if phrase:
            yield phrase


def _by_first(phrases: Iterable[Phrase]) -> dict[str, list[Phrase]]:
    index: dict[str, list[Phrase]] = {}
    for phrase in sorted(set(phrases)):
        index.setdefault(phrase[0], []).append(phrase)
    return index


def _known(word: str) -> str:
    """`stopppp` is `stop`."""
    known = _lexicon().words
    if word in known:
        return word
    return next((short for short in shorten(word) if short in known), word)
