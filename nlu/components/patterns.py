"""Finds the regexes and lookup tables of the training data in a text."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from nlu.components.component import State
from nlu.training.examples import Pattern
from nlu.training.patterns import check_pattern

# A user's own expression may be slow in the length of the text; replies are short.
READ_AT_MOST = 500
_WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Match:
    """A span of the text that a pattern of this name matched."""

    name: str
    start: int
    end: int


class Matcher:
    """The patterns, compiled; lookup tables as sets of word sequences, not as one huge regex."""

    def __init__(self, case_sensitive: bool, word_boundaries: bool = True) -> None:
        self._case_sensitive = case_sensitive
        self._word_boundaries = word_boundaries
        self._expressions: list[tuple[str, str]] = []
        self._compiled: list[tuple[str, re.Pattern[str]]] = []
        self._lookups: dict[str, list[str]] = {}
        self._phrases: dict[tuple[str, ...], set[str]] = {}
        self._parts: dict[str, set[str]] = {}

    def add_patterns(self, patterns: Iterable[Pattern]) -> None:
        """Add regular expressions."""
        for pattern in patterns:
            self._add_expression(pattern.name, pattern.expression)

    def add_lookups(self, lookups: Mapping[str, list[str]]) -> None:
        """Add lookup tables."""
        for name, texts in lookups.items():
            self._lookups[name] = list(texts)
            for text in texts:
                words = tuple(_WORD.findall(self._cased(text)))
                if words and self._word_boundaries:
                    self._phrases.setdefault(words, set()).add(name)
                elif words:
                    self._parts.setdefault(self._same_length(text.strip()), set()).add(name)

    def names(self) -> list[str]:
        """The names of all patterns, sorted."""
        return sorted({name for name, _ in self._expressions} | set(self._lookups))

    def find(self, text: str) -> Iterator[Match]:
        """What matches in the first part of a text; never an empty span."""
        text = text[:READ_AT_MOST]
        for name, expression in self._compiled:
            for match in expression.finditer(text):
                if match.end() > match.start():
                    yield Match(name, match.start(), match.end())
        yield from self._find_phrases(text)
        yield from self._find_parts(text)

    def state(self) -> State:
        """What to save."""
        return State({"expressions": self._expressions, "lookups": self._lookups})

    def restore(self, state: State) -> None:
        """Compile what was saved."""
        for name, expression in state.values["expressions"]:
            check_pattern(expression)
            self._add_expression(name, expression)
        self.add_lookups(state.values["lookups"])

    def _add_expression(self, name: str, expression: str) -> None:
        flags = re.NOFLAG if self._case_sensitive else re.IGNORECASE
        self._expressions.append((name, expression))
        self._compiled.append((name, re.compile(expression, flags)))

    def _find_phrases(self, text: str) -> Iterator[Match]:
        if not self._phrases:
            return
        longest = max(map(len, self._phrases))
        spans = [(self._cased(m.group()), m.start(), m.end()) for m in _WORD.finditer(text)]
        for first in range(len(spans)):
            for last in range(min(len(spans), first + longest), first, -1):
                names = self._phrases.get(tuple(word for word, _, _ in spans[first:last]))
                if names:
                    for name in sorted(names):
                        yield Match(name, spans[first][1], spans[last - 1][2])
                    break

    def _find_parts(self, text: str) -> Iterator[Match]:
        """Lookups anywhere, for scripts that put no space between words; the longest at a place."""
        lengths = sorted({len(part) for part in self._parts}, reverse=True)
        cased = self._same_length(text) if lengths else ""
        for start in range(len(cased)):
            for length in lengths:
                part = cased[start : start + length]
                names = self._parts.get(part, ())
                if names:
                    end = start + len(part)
                    yield from (Match(name, start, end) for name in sorted(names))
                    break

    def _cased(self, text: str) -> str:
        return text if self._case_sensitive else text.casefold()

    def _same_length(self, text: str) -> str:
        """In lower case, one character for one."""
        if self._case_sensitive:
            return text
        return "".join(low if len(low := c.lower()) == 1 else c for c in text)
