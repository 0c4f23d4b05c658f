"""The words of a message as candidates for a name."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nlu.folding import fold
from nlu.names.lexicon import Lexicon, Phrase

_LETTER = r"[^\W\d_]"
_INSIDE = r"[^\W\d_]|[\u0300-\u036f\u064b-\u0652\u0900-\u0963\u0971-\u0dff\u0e00-\u0fff\u200c'’.\-]"
_WORD = re.compile(rf"{_LETTER}(?:{_INSIDE})*")
LONGEST_TITLE = 4
_TRAILING = "'’.-\u200c"
_SPACE_ONLY = re.compile(r"[\s\u200c\u200e\u200f]*\Z")
CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of letters; `parted` where more than a space stands before it."""

    text: str
    folded: str
    start: int
    end: int
    parted: bool

    @property
    def caseless(self) -> bool:
        """Whether its script has no capitals."""
        return self.text[0].lower() == self.text[0].upper()

    @property
    def parts(self) -> list[str]:
        """What the hyphens of `mary-ann` part; nothing where it has none."""
        return self.folded.split(" ") if " " in self.folded else []

    @property
    def capital(self) -> bool:
        """Whether it begins with a capital letter."""
        return self.text[0].isupper()


def split_words(text: str, lexicon: Lexicon) -> list[Word]:
    """The words of letters in `text`, with their places."""
    found: list[Word] = []
    end = 0
    for match in _WORD.finditer(text):
        spelled = match.group().rstrip(_TRAILING)
        for start, stop in _unjoined(spelled, lexicon):
            part = spelled[start:stop]
            begins = match.start() + start
            parted = not _SPACE_ONLY.match(text[end:begins]) and not _after_initial(
                found, text[end:begins]
            )
            found.append(
                Word(part, fold(part).replace("-", " "), begins, begins + len(part), parted)
            )
            end = begins + len(part)
    return found


def phrase_at(words: Sequence[Word], start: int, phrases: frozenset[Phrase]) -> int:
    """How many words the longest of `phrases` takes at `start`; 0 where none stands there."""
    for size in range(min(5, len(words) - start), 0, -1):
        if tuple(w.folded for w in words[start : start + size]) in phrases:
            return size
    return 0


def skip(words: Sequence[Word], phrases: frozenset[Phrase]) -> int:
    """Past the small words before what matters."""
    position = 0
    while size := phrase_at(words, position, phrases):
        position += size
    return position


def is_initial(words: Sequence[Word], position: int) -> bool:
    """`J` before a capitalized word."""
    word, following = words[position], words[position + 1 : position + 2]
    return (
        len(word.text) == 1
        and word.capital
        and word.text not in "IA"
        and any(w.capital and not w.parted for w in following)
    )


def _after_initial(found: Sequence[Word], gap: str) -> bool:
    """`J. Smith` and `Mr. Smith`: a point that ends no sentence."""
    return bool(found) and gap.strip() == "." and len(found[-1].text) <= LONGEST_TITLE


def _unjoined(word: str, lexicon: Lexicon) -> Iterator[tuple[int, int]]:
    """Chinese and Japanese set no spaces: part the phrase from the name."""
    start, stop = 0, len(word)
    if CJK.match(word):
        before = next((p for p in lexicon.joined_before if word.startswith(p)), "")
        after = next((s for s in lexicon.joined_after if word.endswith(s)), "")
        if len(before) + len(after) < stop:
            if before:
                yield 0, len(before)
            start, stop = len(before), stop - len(after)
            if (fold(after),) in lexicon.closing:
                yield start, stop
                start, stop = stop, len(word)
    yield start, stop
