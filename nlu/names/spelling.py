"""How a name is written, and which of its words are the given and the family name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nlu.names.lexicon import lexicon
from nlu.names.vocabulary import Vocabulary
from nlu.names.words import Word

_JOINTS = re.compile(r"(-|\.|(?<=\b[odl])['’])")
_NUMERALS = frozenset({"ii", "iii", "iv"})
_SUFFIXES = frozenset({"jr", "sr", "junior", "senior"}) | _NUMERALS
# At the beginning only these are particles for certain: `al gore` and `ben smith` are given names.
_LEADING = frozenset(
    "de del van von der den bin bint ibn da dos das di du ter ten zu af av".split()  # noqa: SIM905
)
_SHORTEST_AFTER_MC = 3


@dataclass(frozen=True, slots=True)
class Part:
    """The words `first` to `last` (exclusive) of a name."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Parts:
    """Where the given and the family name are, among the words or, where these are none, within
    the one word: the family name is its first `joined` characters."""

    given: Part | None
    family: Part | None
    joined: int = 0


def spelled(name: str) -> str:
    """The name with capitals where the writer used none at all: `mary-ann o'brien`, `de la cruz`."""
    return name if any(c.isupper() for c in name) else capitalized(name)


def capitalized(name: str) -> str:
    """With capitals as names have them: `Mary-Ann O'Brien`, `de la Cruz`, `McDonald`."""
    words = name.split(" ")
    last = len(words) - 1
    return " ".join(
        word if at < last and _is_particle(word, leads=at == 0) else _capitals(word)
        for at, word in enumerate(words)
    )


def parts_of(words: Sequence[Word], vocabulary: Vocabulary) -> Parts:
    """Which words are the given name and which the family name; titles are neither."""
    titles = lexicon().titles
    first = next((at for at, w in enumerate(words) if w.folded not in titles), 0)
    count = len(words)
    if count - first == 1:
        return _single(words[first], first, titled=first > 0, vocabulary=vocabulary)
    if words[first].folded in _LEADING:
        return Parts(None, Part(first, count))
    split = _family_begins(words, first, vocabulary)
    if _is_family_first(words[first], words[-1], vocabulary) and split == count - 1:
        return Parts(Part(first + 1, count), Part(first, first + 1))
    return Parts(Part(first, split), Part(split, count))


def _single(word: Word, at: int, *, titled: bool, vocabulary: Vocabulary) -> Parts:
    size = vocabulary.cjk_family(word)
    own = Part(at, at + 1)
    if 0 < size < len(word.text):
        return Parts(own, own, size)
    if size:
        return Parts(None, own)
    if vocabulary.is_given(word):
        return Parts(own, None)
    family = titled or vocabulary.is_family(word)
    return Parts(None, own) if family else Parts(own, None)


def _family_begins(words: Sequence[Word], first: int, vocabulary: Vocabulary) -> int:
    particles = lexicon().particles
    count = len(words)
    for at in range(first + 1, count - 1):
        if words[at].folded in particles:
            return at
    begins = count - 1
    if words[begins].folded in _SUFFIXES and begins - first > 1:
        begins -= 1
    before = words[begins - 1]
    # Spanish and Portuguese: two family names after one given name or more.
    if begins - first > 1 and vocabulary.is_family(before) and not vocabulary.is_given(before):
        begins -= 1
    return begins


def _is_family_first(first: Word, last: Word, vocabulary: Vocabulary) -> bool:
    """`Kowalski Jan`, `Zhang Wei`."""
    family_given = vocabulary.is_family(first) and vocabulary.is_given(last)
    return family_given and not (vocabulary.is_given(first) or vocabulary.is_family(last))


def _is_particle(word: str, *, leads: bool) -> bool:
    if leads:
        return word in _LEADING
    return word in lexicon().particles and word not in ("st", "san", "mc")


def _capitals(word: str) -> str:
    if word.rstrip(".") in _NUMERALS:
        return word.upper()
    return "".join(_capital(piece) for piece in _JOINTS.split(word))


def _capital(piece: str) -> str:
    if piece.startswith("mc") and len(piece) - 2 >= _SHORTEST_AFTER_MC:
        return "Mc" + piece[2:3].upper() + piece[3:]
    return piece[:1].upper() + piece[1:]
