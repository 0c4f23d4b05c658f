"""The phrases of `lexicons/*.yml`, found by their first word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

from nlu.folding import pieces, shorten

# A file a language; `shared.yml` holds emoji, `other.yml` the languages that have no file.
FOLDER = Path(__file__).with_name("lexicons")
SHARED = "shared"
_GROUPS = """
affirm affirm_alone agree emphasis rhetorical deny deny_alone deny_not enough unsure not not_after turns
conditions leans_affirm leans_deny asks thanks greet goodbye meets filler
"""
GROUPS = frozenset(_GROUPS.split())
YES = frozenset({"affirm", "affirm_alone", "agree", "emphasis"})
NO = frozenset({"deny", "deny_alone", "deny_not", "not", "not_after"})
# Where languages disagree, an answer of one counts more than a by-word of another.
# How texters shorten words that many phrases hold.
_TEXTED = {
    "es": {"que": "q"},
    "pt": {"que": "q", "nao": "n"},
    "it": {"non": "nn", "che": "ke"},
}
_SAYING_NOTHING = frozenset({"filler", "asks", "turns", "conditions"})

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """Words that belong together, and the group they are listed in; "" for a word of none."""

    group: str
    words: Phrase


@dataclass(frozen=True, slots=True)
class Languages:
    """Whose meaning of a phrase counts: those `ranked`, in this order, of which the first knows
    most of the words; then those `leading`, which know as many, where they agree."""

    ranked: tuple[str, ...]
    leading: frozenset[str]


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
        self._index(words, language, group)
        written = [words]
        for word, short in _TEXTED.get(language, {}).items():
            if len(words) > 1 and word in words:
                written += [tuple(short if w == word else w for w in said) for said in written]
        for said in written[1:]:
            self._index(said, language, group)
        # Where capitals or the keyboard took the Turkish letter away.
        if "ı" in text:
            self._index(tuple(word.replace("ı", "i") for word in words), language, group)

    def _index(self, words: Phrase, language: str, group: str) -> None:
        self.groups.setdefault(words, {}).setdefault(language, group)
        self.longest[words[0]] = max(self.longest.get(words[0], 0), len(words))
        for word in words:
            self.spoken[word] = self.spoken.get(word, frozenset()) | {language}

    def known(self, word: str) -> str:
        """The word, or what it may have been before its letters were stretched."""
        if word in self.spoken:
            return word
        return next((short for short in shorten(word) if short in self.spoken), word)

    def languages(self, words: Sequence[str], hints: Sequence[str]) -> Languages:
        """Which languages know most of the words, and whose meaning of a phrase counts."""
        counts: dict[str, int] = {}
        for word in words:
            for language in self.spoken.get(word, ()):
                counts[language] = counts.get(language, 0) + 1
        most = max(counts.values(), default=0)
        leading = [language for language, count in counts.items() if count == most]
        alone = leading[0] if len(leading) == 1 else None
        first = next((hint for hint in hints if hint in leading), alone)
        ranked = (first, *hints) if first else tuple(hints)
        return Languages(ranked, frozenset((*leading, SHARED)))

    def segments(self, words: Sequence[str], languages: Languages) -> list[Segment]:
        """The words in phrases, the longest first."""
        found: list[Segment] = []
        position = 0
        while position < len(words):
            size, group = self._longest(words, position, languages)
            found.append(Segment(group, tuple(words[position : position + size])))
            position += size
        return found

    def _longest(self, words: Sequence[str], start: int, languages: Languages) -> tuple[int, str]:
        found = (1, "")
        for size in range(self._most(words, start), 0, -1):
            group = self._listed(words, start, size, languages)
            if group:
                # In "yeah no problem", "yeah no" would split a phrase.
                if size == 1 or not self._begins(words, start + size - 1, languages):
                    return size, group
                found = max(found, (size, group))
        return found

    def _begins(self, words: Sequence[str], start: int, languages: Languages) -> bool:
        """Whether a phrase of several words begins here."""
        sizes = range(2, self._most(words, start) + 1)
        return any(self._listed(words, start, size, languages) for size in sizes)

    def _most(self, words: Sequence[str], start: int) -> int:
        return min(self.longest.get(words[start], 0), len(words) - start)

    def _listed(self, words: Sequence[str], start: int, size: int, languages: Languages) -> str:
        listed = self.groups.get(tuple(words[start : start + size]))
        return _group(listed, languages) if listed else ""


def _group(listed: Mapping[str, str], languages: Languages) -> str:
    """What the first of the ranked languages says; without them, what all others agree on."""
    for language in languages.ranked:
        if language in listed:
            return listed[language]
    others = {g for language, g in listed.items() if language in languages.leading}
    if len(others) > 1:
        others -= _SAYING_NOTHING
    agreed = len(others) == 1 or others <= YES or others <= NO
    return min(others) if others and agreed else ""


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
