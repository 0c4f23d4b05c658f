"""The phrases of `lexicons/*.yml`, found by their first word."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

from nlu.folding import pieces, shorten

# A file a language; `shared.yml` holds emoji, `other.yml` the languages that have no file.
FOLDER = Path(__file__).with_name("lexicons")
_GROUPS = """
affirm affirm_alone agree rhetorical deny deny_alone deny_not enough unsure not not_after turns
conditions leans_affirm leans_deny asks thanks greet goodbye filler
"""
GROUPS = frozenset(_GROUPS.split())

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """Words that belong together, and the group they are listed in; "" for a word of none."""

    group: str
    words: Phrase


@dataclass(slots=True)
class Lexicon:
    """Phrases of folded words. Case, accents, punctuation and stretched letters do not matter."""

    groups: dict[Phrase, dict[str, str]] = field(default_factory=dict)
    """The group that each language gives a phrase."""
    longest: dict[str, int] = field(default_factory=dict)
    """The length of the longest phrase that begins with a word."""
    spoken: dict[str, frozenset[str]] = field(default_factory=dict)
    """The languages whose phrases use a word."""

    def add(self, language: str, group: str, text: str) -> None:
        """A phrase; where a language lists it twice, the first counts."""
        words = tuple(pieces(text))
        if not words:
            raise ValueError(f"{text!r} of {group} in {language} holds no word")
        self.groups.setdefault(words, {}).setdefault(language, group)
        self.longest[words[0]] = max(self.longest.get(words[0], 0), len(words))
        for word in words:
            self.spoken[word] = self.spoken.get(word, frozenset()) | {language}

    def known(self, word: str) -> str:
        """The word, or what it may have been before its letters were stretched."""
        if word in self.spoken:
            return word
        return next((short for short in shorten(word) if short in self.spoken), word)

    def languages(self, words: Sequence[str], hints: Sequence[str]) -> list[str]:
        """Whose meaning of a phrase counts: first the language that knows most of the words (of
        several, the one hinted at first, or none), then the hints."""
        counts: dict[str, int] = {}
        for word in words:
            for language in self.spoken.get(word, ()):
                counts[language] = counts.get(language, 0) + 1
        most = max(counts.values(), default=0)
        leading = [language for language, count in counts.items() if count == most]
        alone = leading[0] if len(leading) == 1 else None
        first = next((hint for hint in hints if hint in leading), alone)
        return [first, *hints] if first else list(hints)

    def segments(self, words: Sequence[str], languages: Sequence[str]) -> Iterator[Segment]:
        """The words in phrases, the longest first."""
        position = 0
        while position < len(words):
            size, group = self._longest(words, position, languages)
            yield Segment(group, tuple(words[position : position + size]))
            position += size

    def _longest(
        self, words: Sequence[str], start: int, languages: Sequence[str]
    ) -> tuple[int, str]:
        most = min(self.longest.get(words[start], 0), len(words) - start)
        for size in range(most, 0, -1):
            listed = self.groups.get(tuple(words[start : start + size]))
            group = _group(listed, languages) if listed else ""
            if group:
                return size, group
        return 1, ""


def _group(listed: Mapping[str, str], languages: Sequence[str]) -> str:
    """What the first of the languages says; without them, what all others agree on."""
    for language in languages:
        if language in listed:
            return listed[language]
    found = set(listed.values())
    return found.pop() if len(found) == 1 else ""


@cache
def lexicon() -> Lexicon:
    """The shipped lexicon."""
    found = Lexicon()
    for path in sorted(FOLDER.glob("*.yml")):
        for group, block in yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader).items():
            if group not in GROUPS:
                raise ValueError(f"{path.name}: {group!r} is no group of short replies")
            for text in phrases(block):
                found.add(path.stem, group, text)
    return found


def phrases(block: str) -> list[str]:
    """The phrases between the commas of a list."""
    return [text.strip() for text in block.replace("\n", " ").split(",") if text.strip()]
