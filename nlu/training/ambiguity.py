"""Whether a regular expression can be slow: where one text fits a repetition in several ways.

A repetition is read as an automaton whose places are the expression's characters (Glushkov). If
two ways lead from one place to another by the same characters, a text can be split in exponentially
many manners (Weber and Seidl, 1991); otherwise the time is a power of the text's length.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

MAX_PLACES = 2000
# Comparisons before an expression is refused unseen: some tenths of a second.
MAX_COMPARISONS = 1_000_000
# Choices outside of loops that come to the same, as in `a?a?a?a`: each doubles the time.
MAX_CHOICES = 10
# Loops whose end is uncertain, as that of `.*` in `.*a`. Each multiplies the time by the length of
# the text, which is some hundred characters.
MAX_UNCERTAIN = 2
_MANY = 20
_FEW = 4
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
_SAMPLES = "a Zz_09-.,'\t\n\u00e9\u0416\u0639\u4e2d\u0663\u00a0\U0001f44d"
_CATEGORIES = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}


@dataclass(slots=True)
class _Part:
    """Of a part of the expression: may it be empty, the places it begins with and ends with."""

    empty: bool
    first: tuple[int, ...]
    last: tuple[int, ...]


class TooLargeError(ValueError):
    """An expression of more places than are worth looking at."""


def can_be_slow(expression: str) -> bool:
    """Whether a repetition of a compiled `expression` fits one text in several ways.

    Careful rather than exact: a few harmless expressions are taken for slow ones.
    Raises TooLargeError.
    """
    parsed = re._parser.parse(expression)  # type: ignore[attr-defined]
    return _Automaton(_samples(parsed)).is_ambiguous(parsed)


class _Automaton:
    def __init__(self, samples: str) -> None:
        self._samples = samples
        # The characters of each place, a bit for each sample.
        self._sets: list[int] = []
        # The ways on from each place; a way that is there twice stands there twice.
        self._next: list[list[int]] = []
        self._ambiguous = False
        self._compared = 0
        self._loops: list[range] = []

    def is_ambiguous(self, parsed: Any) -> bool:
        self._sequence(parsed, looped=False)
        if self._ambiguous or sum(map(self._ends_anywhere, self._loops)) > MAX_UNCERTAIN:
            return True
        outside = set(range(len(self._sets))).difference(*self._loops)
        choices = 0
        for place in sorted(outside):
            choices += self._has_two_ways([place])
            if choices > MAX_CHOICES:
                return True
        return False

    def _sequence(self, items: Iterable[Any], looped: bool) -> _Part:
        whole = _Part(True, (), ())
        for operator, argument in items:
            part = self._part(str(operator), argument, looped)
            self._link(whole.last, part.first)
            whole = _Part(
                whole.empty and part.empty,
                whole.first + part.first if whole.empty else whole.first,
                part.last + whole.last if part.empty else part.last,
            )
        return whole

    def _part(self, operator: str, argument: Any, looped: bool) -> _Part:
        if operator in _REPEATS:
            least, most, body = argument
            return self._repeat(least, most, body, looped)
        if operator == "SUBPATTERN":
            return self._sequence(argument[-1], looped)
        if operator == "ATOMIC_GROUP":
            return self._sequence(argument, looped)
        if operator == "BRANCH":
            return self._branches(argument[1], looped)
        if operator == "GROUPREF_EXISTS":
            return self._branches([branch for branch in argument[1:] if branch], looped)
        if operator in ("ASSERT", "ASSERT_NOT"):
            self._sequence(argument[1], looped=False)
            return _Part(True, (), ())
        if operator == "AT":
            return _Part(True, (), ())
        return self._place(self._set(operator, argument), empty=operator == "GROUPREF")

    def _branches(self, branches: Iterable[Any], looped: bool) -> _Part:
        parts = [self._sequence(branch, looped) for branch in branches]
        # `(a|a)*` is parsed as an `a` and two ways on that are both nothing.
        self._ambiguous |= looped and sum(part.empty for part in parts) > 1
        return _Part(
            any(part.empty for part in parts),
            tuple(place for part in parts for place in part.first),
            tuple(place for part in parts for place in part.last),
        )

    def _repeat(self, least: int, most: Any, body: Any, looped: bool) -> _Part:
        if least == most and least <= _MANY:
            return self._sequence([item for _ in range(least) for item in body], looped)
        if most == 1:
            part = self._sequence(body, looped)
            return _Part(True, part.first, part.last)
        # A few rounds alone are cheap; inside of another repetition they count as any other. What
        # is bounded at all ends somewhere certain.
        loops = looped or most > _FEW
        begin = len(self._sets)
        part = self._sequence(body, loops)
        self._link(part.last, part.first)
        if loops:
            places = range(begin, len(self._sets))
            self._ambiguous |= self._has_two_ways(places)
            if not looped and most > _MANY:
                self._loops.append(places)
        return _Part(part.empty or least == 0, part.first, part.last)

    def _has_two_ways(self, places: Iterable[int]) -> bool:
        """Whether two ways lead from one of the places to some place by the same characters."""
        pending: list[tuple[int, int]] = []
        seen: set[tuple[int, int]] = set()
        for place in places:
            following = self._next[place]
            if len(set(following)) < len(following):
                return True
            pending += self._pairs(following, following)
        while pending:
            pair = one, other = pending.pop()
            if pair in seen or one == other:
                continue
            seen.add(pair)
            onward = self._pairs(self._next[one], self._next[other])
            if any(one == other for one, other in onward):
                return True
            pending += onward
        return False

    def _pairs(self, ones: Iterable[int], others: Iterable[int]) -> list[tuple[int, int]]:
        """The places of two sides that one character leads to."""
        return [
            (min(one, other), max(one, other))
            for one in ones
            for other in others
            if self._overlap(one, other)
        ]

    def _ends_anywhere(self, loop: range) -> bool:
        """Whether a character that goes on with a loop may as well be what follows it."""
        return any(
            self._overlap(inside, outside)
            for place in loop
            for inside in self._next[place]
            if inside in loop
            for outside in self._next[place]
            if outside not in loop
        )

    def _overlap(self, one: int, other: int) -> bool:
        self._compared += 1
        if self._compared > MAX_COMPARISONS:
            raise TooLargeError("a regular expression of too many alternatives")
        return self._sets[one] & self._sets[other] != 0

    def _link(self, last: tuple[int, ...], first: tuple[int, ...]) -> None:
        for place in last:
            self._next[place].extend(first)

    def _place(self, characters: int, empty: bool) -> _Part:
        if len(self._sets) >= MAX_PLACES:
            raise TooLargeError("a regular expression that repeats too much")
        self._sets.append(characters)
        self._next.append([])
        place = len(self._sets) - 1
        return _Part(empty, (place,), (place,))

    def _set(self, operator: str, argument: Any) -> int:
        fitting = (_fits(c, operator, argument) for c in self._samples)
        return sum(1 << bit for bit, fits in enumerate(fitting) if fits)


def _fits(character: str, operator: str, argument: Any) -> bool:
    code = ord(character)
    if operator == "LITERAL":
        return bool(code == ord(chr(argument).lower()[:1]))
    if operator == "NOT_LITERAL":
        return bool(code != argument)
    if operator == "RANGE":
        low, high = argument
        return any(low <= ord(cased[:1]) <= high for cased in (character, character.upper()))
    if operator == "CATEGORY":
        return re.fullmatch(_CATEGORIES[str(argument)], character) is not None
    if operator == "IN":
        negated = bool(argument) and str(argument[0][0]) == "NEGATE"
        within = any(_fits(character, str(o), a) for o, a in argument[negated:])
        return within != negated
    return True


def _samples(parsed: Any) -> str:
    """Characters of which each set of the expression holds one, in small letters.

    Expressions are matched without regard to capitals, so that small letters are enough.
    """
    found = set(_SAMPLES)
    for code in _codes(parsed):
        found.update(chr(c) for c in (code - 1, code, code + 1) if 0 <= c <= 0x10FFFF)
    return "".join(sorted({c.lower()[:1] for c in found}))


def _codes(node: Any) -> Iterator[int]:
    for operator, argument in node:
        name = str(operator)
        if name in ("LITERAL", "NOT_LITERAL"):
            yield argument
        elif name == "RANGE":
            yield from argument
        elif name == "IN":
            yield from _codes(argument)
        else:
            for child in _children(argument):
                yield from _codes(child)


def _children(argument: Any) -> Iterator[Any]:
    if isinstance(argument, re._parser.SubPattern):  # type: ignore[attr-defined]
        yield argument
    elif isinstance(argument, tuple | list):
        for part in argument:
            yield from _children(part)
