"""The rules that find a name: by the phrase before it, the phrase after it, or by itself."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from nlu.names.lexicon import lexicon
from nlu.names.vocabulary import Vocabulary
from nlu.names.words import Word, is_initial, phrase_at, skip, split_words

READ_AT_MOST = 300
MAX_NAME_WORDS = 5
MAX_BARE_WORDS = 4
TOLD = 0.96
LIKELY = 0.9
GUESSED = 0.7
# How likely the classifier must find it that a message, which could be a name, gives one.
EXPECTED = 0.1
_NUMBER_NEXT = re.compile(
    r"[\s,]{1,3}(?:and\s)?(?:(?!(?:to|my|at|for|in|on|of|by|the|per|is|a)\s)[^\W\d_]{1,4}\s){0,2}[^\W\d_]{0,3}\d"
)
_QUESTION_MARKS = ("?", "؟", "？")


class Phrasing(Enum):
    """How much a phrase before a name promises."""

    STRONG = auto()
    WEAK = auto()
    WEAK_IF_SURE = auto()


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the classifier says: how likely a name is given, and whether anything else leads."""

    likely: float
    leads: bool
    other_is_clear: bool


@dataclass(frozen=True, slots=True)
class Found:
    """The words `first` to `last` (exclusive) as a name; `whole` if the message says no more."""

    first: int
    last: int
    confidence: float
    whole: bool


@dataclass(frozen=True, slots=True)
class Name:
    """A name at `text[start:end]`; `whole` if the message says no more."""

    start: int
    end: int
    confidence: float
    whole: bool


def find_name(text: str, vocabulary: Vocabulary, expectation: Expectation) -> Name | None:
    """The name that the writer of `text` gives, if any."""
    words = split_words(text[:READ_AT_MOST], lexicon())
    found = Finder(text, words, vocabulary, expectation).find() if words else None
    if found is None:
        return None
    start, end = words[found.first].start, words[found.last - 1].end
    return Name(start, end, found.confidence, found.whole)


class Finder:
    """Looks through the words of one message."""

    def __init__(
        self, text: str, words: Sequence[Word], vocabulary: Vocabulary, expectation: Expectation
    ) -> None:
        self._text = text
        self._words = words
        self._vocabulary = vocabulary
        self._expectation = expectation
        self._lexicon = lexicon()
        self._lead = skip(words, self._lexicon.around)

    def find(self) -> Found | None:
        """The first rule that finds a name decides."""
        asks = any(mark in self._text for mark in _QUESTION_MARKS)
        found = self._closed() or self._introduced(asks)
        if found is not None or asks:
            return found
        if self._expectation.leads or not self._expectation.other_is_clear:
            return self._bare()
        return self._listed()

    def _introduced(self, asks: bool) -> Found | None:
        for start in range(len(self._words)):
            if self._negated(start):
                continue
            for first, phrasing in self._phrases_from(start):
                found = self._after(first, phrasing)
                if found is not None:
                    whole = start <= self._lead and not asks and self._nothing_after(found.last)
                    return replace(found, whole=whole)
        return None

    def _phrases_from(self, start: int) -> Iterator[tuple[int, Phrasing]]:
        """Where a name would begin if a phrase stood at `start`, and what the phrase promises."""
        known, words = self._lexicon, self._words
        if size := phrase_at(words, start, known.strong):
            yield start + size, Phrasing.STRONG
        if start == self._lead and (size := phrase_at(words, start, known.weak)):
            yield start + size, Phrasing.WEAK
        listed = known.weak_elsewhere if start == self._lead else known.anywhere
        if size := phrase_at(words, start, listed):
            yield start + size, Phrasing.WEAK_IF_SURE

    def _negated(self, start: int) -> bool:
        before = self._words[start - 1].folded if start else ""
        return before in self._lexicon.negations and not self._words[start].parted

    def _after(self, first: int, phrasing: Phrasing) -> Found | None:
        strong = phrasing is Phrasing.STRONG
        expected = self._expectation.leads
        last = self._grow(first, strong=strong)
        if last == first:
            return None
        name = self._words[first:last]
        sure = all(w.capital or self._vocabulary.is_listed(w) for w in name)
        if not (sure or strong or (expected and phrasing is Phrasing.WEAK)):
            return None
        if strong and (sure or expected):
            return Found(first, last, TOLD, whole=False)
        return Found(first, last, LIKELY if sure or strong else GUESSED, whole=False)

    def _closed(self) -> Found | None:
        """`Bob here`, `Anna is my name`."""
        for size in (5, 4, 3, 2, 1):
            last = len(self._words) - size
            closes = last > self._lead and (
                phrase_at(self._words, last, self._lexicon.closing) == size
            )
            if closes and self._grow(self._lead, strong=size > 1) == last:
                return Found(self._lead, last, LIKELY, whole=True)
        return None

    def _bare(self) -> Found | None:
        """A message that is a name and nothing else."""
        listed = self._listed()
        found = listed or self._alone() or self._numbered()
        if listed is not None or found is None:
            return found
        name = self._words[found.first : found.last]
        if len(name) > 1 and all(w.capital for w in name):
            return found
        likely = self._expectation.likely
        return replace(found, confidence=max(likely, GUESSED)) if likely >= EXPECTED else None

    def _listed(self) -> Found | None:
        """A listed first name with at most a number after it: `Mike`, `anna k 4711`."""
        words = self._words
        if 1 < len(words) <= MAX_BARE_WORDS and all(map(self._vocabulary.is_listed, words)):
            return Found(0, len(words), LIKELY, whole=True)
        found = self._alone() or self._numbered()
        return found if found and self._vocabulary.is_first_name(words[found.first]) else None

    def _alone(self) -> Found | None:
        if any(c.isdigit() for c in self._text):
            return None
        first = skip(self._words, self._lexicon.before_bare)
        last = self._grow(first)
        if not 0 < last - first <= MAX_BARE_WORDS or not self._nothing_after(last):
            return None
        return Found(first, last, LIKELY, whole=True)

    def _numbered(self) -> Found | None:
        last = self._grow(0)
        if not 0 < last <= MAX_BARE_WORDS:
            return None
        if not _NUMBER_NEXT.match(self._text, self._words[last - 1].end):
            return None
        return Found(0, last, LIKELY, whole=True)

    def _grow(self, first: int, *, strong: bool = False) -> int:
        """Where the name that begins at `first` ends; `first` where none begins there."""
        last = first
        while last < len(self._words) and last - first < MAX_NAME_WORDS:
            word = self._words[last]
            if last > first and (word.parted or self._ends_before(first, last)):
                break
            joins = word.folded in self._lexicon.particles and self._joins(first, last)
            named = self._vocabulary.may_be_name(
                word, told=strong and last == first, inside=last > first
            )
            if not (joins or named or is_initial(self._words, last)):
                break
            last += 1
        return last

    def _ends_before(self, first: int, last: int) -> bool:
        """After `Anna`, a small word that is no known name is the rest of the sentence."""
        word = self._words[last]
        if word.capital or word.folded in self._lexicon.particles:
            return False
        return self._words[first].capital and not self._vocabulary.is_first_name(word)

    def _joins(self, first: int, position: int) -> bool:
        """Whether a particle is followed by what it belongs to, or is itself the last name."""
        following = self._words[position + 1 : position + 3]
        if not following:
            return position == first + 1
        return not following[0].parted and any(
            self._vocabulary.may_be_name(w, inside=True) and w.folded not in self._lexicon.particles
            for w in following
        )

    def _nothing_after(self, position: int) -> bool:
        while position < len(self._words):
            size = phrase_at(self._words, position, self._lexicon.around) or phrase_at(
                self._words, position, self._lexicon.closing
            )
            if not size:
                return False
            position += size
        return True
