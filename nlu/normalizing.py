"""Brings a text to one spelling and remembers where each character of it came from.

`nlu.folding` folds for comparing and forgets the places; this keeps them. Both share the tables.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import yaml

from nlu.folding import APOSTROPHES, SAME_LETTER, UNSEEN, shorten, without_marks

TEXTESE = Path(__file__).with_name("textese.yml")

_BIDI = "\u061c\u202a-\u202e\u2066-\u2069"
_UNSEEN_CLASS = f"{UNSEEN}{_BIDI}\u00ad\u180e\ufff9-\ufffb"
_UNSEEN = re.compile(f"[{_UNSEEN_CLASS}]")
_SIGNS = {
    **dict.fromkeys(APOSTROPHES, "'"),
    **dict.fromkeys("‐‑‒–—−﹣－", "-"),
    **dict.fromkeys("“”„«»", '"'),
    "٫": ".", "٬": ",", "،": ",", "؛": ";", "؟": "?", "٪": "%", "。": ".",
}  # fmt: skip
_LETTERS = {ord(c): s for c, s in _SIGNS.items()} | {
    code: letter for code, letter in SAME_LETTER.items() if letter
}
# Tatweel stretches an Arabic word and is no letter.
_STRETCH = "ـ"
# What NFKC may join to the character before it: marks, Hangul vowels and finals, voiced kana marks.
_JOINING = re.compile("[\u1160-\u11ff\ua960-\ua97c\ud7b0-\ud7fb\u3099-\u309c\uff9e\uff9f]")
_LONG_RUN = re.compile(r"([^\W\d_])\1{2,}")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_SPACES = re.compile(r"\s+")
# A sequence settles in two rounds; the limit only makes the loop plainly finite.
_ROUNDS = 6
_SHORT = 8


@dataclass(frozen=True, slots=True)
class Normalized:
    """The normalised `text` of `original`: character `i` of it stands for
    `original[starts[i]:ends[i]]`. Without `starts` and `ends` the places are the same.
    """

    original: str
    text: str
    starts: tuple[int, ...] | None = None
    ends: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where in the original `text[start:end]` comes from; raises IndexError outside of it."""
        if not 0 <= start <= end <= len(self.text):
            raise IndexError(f"{start}:{end} is not within {len(self.text)} characters")
        if self.starts is None or self.ends is None:
            return start, end
        if start == end:
            place = self.starts[start] if start < len(self.starts) else len(self.original)
            return place, place
        return self.starts[start], self.ends[end - 1]


def normalize(
    text: str,
    *,
    language: str | None = None,
    lower: bool = True,
    accents: bool = True,
    elongation: bool = True,
    textese: bool = True,
) -> Normalized:
    """`text` in NFKC with plain digits, letters, quotes and spaces, and without unseen characters.

    `lower` folds capitals; without `accents` these are taken off; `elongation` cuts runs of three
    letters to two ("yesss", "yess"); `textese` writes out "thx" and "2moro" of `language` (and
    English). The same again changes nothing. Time is linear in the length; lone surrogates stay.
    """
    pieces: Iterable[_Piece]
    if text.isascii():
        plain = text.lower() if lower else text
        if not (textese or elongation or "  " in text or not text.isprintable()):
            return Normalized(text, plain.strip()) if plain[:1] != " " else _stripped(text, plain)
        pieces = [(c, i, i + 1) for i, c in enumerate(plain)]
    else:
        pieces = _characters(text, _spelling(lower, accents))
    pieces = _without_spaces(pieces)
    if elongation:
        pieces = _replaced(pieces, _LONG_RUN, lambda m: m.group(1) * 2)
    if textese:
        expansions = _expansions(language, accents)
        pieces = _replaced(pieces, _WORD, lambda m: _expanded(m.group(), expansions))
    return _assembled(text, list(pieces))


def variants(word: str) -> tuple[str, ...]:
    """A stretched word and what it may have been: `yesss` gives `yesss`, `yess` and `yes`."""
    return tuple(dict.fromkeys((word, *shorten(word))))


# What stands for original[start:end]; here a piece holds one character.
_Piece = tuple[str, int, int]


def _stripped(text: str, plain: str) -> Normalized:
    """An ASCII text that begins with a space."""
    kept = plain.strip()
    lead = len(plain) - len(plain.lstrip())
    places = range(lead, lead + len(kept))
    return Normalized(text, kept, tuple(places), tuple(i + 1 for i in places))


def _characters(text: str, spell: Callable[[str], str]) -> Iterator[_Piece]:
    """The normalised characters; each sequence that may grow together is spelled as a whole."""
    start, length = 0, len(text)
    while start < length:
        end = start + 1
        while end < length and _joins(text[end]):
            end += 1
        for character in spell(text[start:end]):
            yield character, start, end
        start = end


def _joins(character: str) -> bool:
    if character.isascii():
        return False
    return (
        unicodedata.category(character)[0] == "M"
        or _UNSEEN.match(character) is not None
        or _JOINING.match(character) is not None
    )


def _spelling(lower: bool, accents: bool) -> Callable[[str], str]:
    def spell(sequence: str) -> str:
        if len(sequence) <= _SHORT:
            return _settled_short(sequence, lower, accents)
        return _settled(_ordered(sequence), lower, accents)

    return spell


def _ordered(sequence: str) -> str:
    """Decomposed, the marks in canonical order: unicodedata's own sorting is quadratic."""
    out: list[str] = []
    marks: list[str] = []
    for character in "".join(unicodedata.normalize("NFKD", c) for c in sequence):
        if unicodedata.combining(character):
            marks.append(character)
            continue
        out += sorted(marks, key=unicodedata.combining)
        marks = []
        out.append(character)
    return "".join(out + sorted(marks, key=unicodedata.combining))


def _settled(sequence: str, lower: bool, accents: bool) -> str:
    for _ in range(_ROUNDS):
        before = sequence
        sequence = _spelled(sequence, lower, accents)
        if sequence == before:
            break
    return sequence


_settled_short = lru_cache(maxsize=8192)(_settled)


def _spelled(sequence: str, lower: bool, accents: bool) -> str:
    seen = _UNSEEN.sub("", sequence).replace(_STRETCH, "").translate(_LETTERS)
    if seen and unicodedata.decomposition(seen[0]).startswith("<fraction>"):
        # Without a space "2½" would become "21⁄2".
        seen = " " + seen
    seen = unicodedata.normalize("NFKC", seen)
    if lower:
        seen = unicodedata.normalize("NFKC", seen.casefold())
    if not accents:
        seen = without_marks(seen)
    return "".join(map(_digit, seen))


def _digit(character: str) -> str:
    if character.isascii() or not character.isdecimal():
        return character
    return str(unicodedata.decimal(character))


def _without_spaces(pieces: Iterable[_Piece]) -> Iterator[_Piece]:
    """One space for many, none at either end; control characters count as space."""
    gap: tuple[int, int] | None = None
    begun = False
    for character, start, end in pieces:
        if character.isspace() or unicodedata.category(character) == "Cc":
            gap = (gap[0] if gap else start, end)
            continue
        if gap and begun:
            yield " ", *gap
        gap, begun = None, True
        yield character, start, end


def _replaced(
    pieces: Iterable[_Piece], pattern: re.Pattern[str], write: Callable[[re.Match[str]], str]
) -> list[_Piece]:
    """Each match written anew; its characters then stand for the whole match."""
    given = list(pieces)
    text = "".join(p[0] for p in given)
    out: list[_Piece] = []
    done = 0
    for match in pattern.finditer(text):
        written = write(match)
        if written == match.group():
            continue
        first, last = match.span()
        out += given[done:first]
        if text[first:last].startswith(written):
            out += _cut(given[first:last], len(written))
        else:
            start, end = given[first][1], given[last - 1][2]
            out += [(character, start, end) for character in written]
        done = last
    return out + given[done:]


def _cut(pieces: list[_Piece], length: int) -> list[_Piece]:
    """The first `length` of them; the last takes over the places of what is left out."""
    character, start, _ = pieces[length - 1]
    return [*pieces[: length - 1], (character, start, pieces[-1][2])]


def _expanded(word: str, expansions: Mapping[str, str]) -> str:
    for spelling in variants(word):
        found = expansions.get(spelling.lower())
        if found is not None:
            return found
    return word


def _assembled(original: str, pieces: list[_Piece]) -> Normalized:
    text = "".join(p[0] for p in pieces)
    if all(start == i and end == i + 1 for i, (_, start, end) in enumerate(pieces)):
        return Normalized(original, text)
    return Normalized(original, text, tuple(p[1] for p in pieces), tuple(p[2] for p in pieces))


@cache
def _expansions(language: str | None, accents: bool) -> Mapping[str, str]:
    """What is written out for `language`: its own textese over the English."""
    found: dict[str, str] = {}
    for code in ("en", language or "en"):
        words = _textese().get(code, {})
        found |= {_spelled(k, True, accents): _spelled(v, True, accents) for k, v in words.items()}
    return found


@cache
def _textese() -> Mapping[str, Mapping[str, str]]:
    raw = yaml.load(TEXTESE.read_text("utf-8"), Loader=yaml.CSafeLoader)
    return {code: {str(k): str(v) for k, v in words.items()} for code, words in raw.items()}
