"""The words of `languages/*.yml` and `units.yml`, folded, as phrases of tokens."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from nlu.values.tokens import Token, script_of, tokens_of

HERE = Path(__file__).parent
# In this order a word is read that several languages of a script share and no hint decides.
LANGUAGES = ("en", "es", "pt", "fr", "de", "it", "pl", "tr", "id", "ru", "uk", "ar", "fa", "hi",
             "zh", "ja")  # fmt: skip
SCRIPTS: Mapping[str, tuple[str, ...]] = {
    "latin": ("en", "es", "pt", "fr", "de", "it", "pl", "tr", "id"),
    "cyrillic": ("ru", "uk"),
    "arabic": ("ar", "fa"),
    "devanagari": ("hi",),
    "han": ("zh", "ja"),
}
# A text without a word of these has no value, unless it has digits or signs.
_TELLING = frozenset(
    {
        "numbers",
        "weak_numbers",
        "ambiguous_numbers",
        "multipliers",
        "scales",
        "multiples",
        "halves",
        "half_before",
        "ordinals",
        "hours",
        "time_units",
        "whole_units",
        "weekdays",
        "months",
        "jalali_months",
        "half_hours",
        "days",
        "now",
        "parts",
        "tonight",
        "tomorrow_night",
        "clocks",
        "weekend",
        "periods",
        "units",
        "money",
        "ordinal_before",
    }
)
# What is said of a language rather than being words of it.
_SETTINGS = frozenset(
    {
        "date_order",
        "clock",
        "decimal",
        "group_space",
        "vigesimal",
        "leap_hundreds",
        "compounds",
        "ordinal_dot",
        "unit_first",
        "bare_after",
        "calendar",
    }
)
_WHOLE = {"one_units": 1.0, "dual_units": 2.0, "half_units": 0.5}
_PERIODS = {"relative_weeks": "week", "relative_months": "month", "relative_years": "year"}

Phrase = tuple[tuple[str, ...], str, Any]
"""The tokens' texts, the class, and what the class's words mean: `(("next",), "which", 1)`."""


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its settings, and its phrases by their first token, the longest first."""

    code: str
    settings: Mapping[str, str]
    phrases: Mapping[str, tuple[Phrase, ...]]

    def has(self, setting: str) -> bool:
        """Whether the setting is on."""
        return self.settings.get(setting) == "true"


@dataclass(slots=True)
class Lexicon:
    """All languages, which of them know a word, and the words that announce a value."""

    languages: dict[str, Language] = field(default_factory=dict)
    known: dict[str, tuple[str, ...]] = field(default_factory=dict)
    telling: frozenset[str] = frozenset()
    telling_signs: frozenset[str] = frozenset()
    common: Mapping[str, tuple[Phrase, ...]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    only_glued: frozenset[str] = frozenset()


@cache
def lexicon() -> Lexicon:
    """The files' content, read once."""
    signs = _raw(HERE / "units.yml")
    read = {code: _raw(HERE / "languages" / f"{code}.yml") for code in LANGUAGES}
    made = Lexicon()
    known: dict[str, list[str]] = {}
    telling: set[str] = set()
    for code, raw in read.items():
        phrases = list(_phrases(raw))
        settings = {k: str(v) for k, v in raw.items() if k in _SETTINGS}
        made.languages[code] = Language(code, settings, _by_first(phrases))
        plain = tokens_of(str(raw.get("plain", "")))
        for word in {w for words, _, _ in phrases for w in words} | {t.text for t in plain}:
            known.setdefault(word, []).append(code)
        telling |= _telling(words for words, name, _ in phrases if name in _TELLING)
    common = list(_phrases({k: v for k, v in signs.items() if k in ("units", "money", "scales")}))
    made.common = _by_first([(words, f"sign_{name}", value) for words, name, value in common])
    made.known = {word: tuple(codes) for word, codes in known.items()}
    made.telling = frozenset(w for w in telling if script_of(w) != "han")
    made.telling_signs = frozenset(w for w in telling if script_of(w) == "han")
    made.kinds = {u: kind for kind, units in signs["kinds"].items() for u in _forms(units)}
    made.only_glued = frozenset(_forms(signs["only_glued"]))
    return made


def _telling(phrases: Iterable[tuple[str, ...]]) -> set[str]:
    """A word of each phrase: one that is telling by itself, or else the longest, the rarest."""
    given = list(phrases)
    alone = {words[0] for words in given if len(words) == 1}
    longer = (words for words in given if alone.isdisjoint(words))
    return alone | {max(words, key=lambda word: (len(word), word)) for words in longer}


def _raw(path: Path) -> dict[str, Any]:
    # The base loader makes texts of all: to the others `on` and `no` are no words.
    loaded: dict[str, Any] = yaml.load(path.read_text("utf-8"), Loader=yaml.CBaseLoader)  # noqa: S506
    return loaded


def _forms(text: str) -> list[str]:
    return [form.strip() for form in text.split(",") if form.strip()]


def _by_first(phrases: list[Phrase]) -> dict[str, tuple[Phrase, ...]]:
    found: dict[str, list[Phrase]] = {}
    for phrase in phrases:
        found.setdefault(phrase[0][0], []).append(phrase)
    return {word: tuple(sorted(them, key=lambda p: -len(p[0]))) for word, them in found.items()}


def _phrases(raw: Mapping[str, Any]) -> Iterator[Phrase]:
    for name, content in raw.items():
        if name in _SETTINGS or name == "plain":
            continue
        if name == "not_before_weak":
            content = ", ".join(content.split())
        groups = content if isinstance(content, dict) else {"": content}
        for meaning, forms in groups.items():
            for form in _forms(forms):
                words = tuple(token.text for token in tokens_of(form))
                if words:
                    yield words, *_meant(name, meaning)
    if compounds := raw.get("compounds"):
        for form, value in _compounds(compounds, raw["numbers"]):
            yield (tokens_of(form)[0].text,), "numbers", value


def _meant(name: str, meaning: str) -> tuple[str, Any]:
    """The class and the value of a group's words."""
    if name in _WHOLE:
        return "whole_units", (_WHOLE[name], meaning)
    if name in _PERIODS:
        return "periods", (_PERIODS[name], int(meaning))
    if name in ("next", "this", "last"):
        return "which", {"next": 1, "this": 0, "last": -1}[name]
    try:
        value = float(meaning)
    except ValueError:
        return name, meaning
    return name, int(value) if value.is_integer() else value


def _compounds(kind: str, numbers: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """The numbers that are written as one word: `einundzwanzig`, `ventuno`, `zweihundert`."""
    forms = {int(float(v)): _forms(f) for v, f in numbers.items() if float(v).is_integer()}
    units = {v: forms[v] for v in range(2, 10)} | {1: ["ein"] if kind == "german" else ["uno"]}
    below = dict(forms) | {1: ["eins"] if kind == "german" else ["uno"]}
    join = _german if kind == "german" else _italian
    for ten in range(20, 100, 10):
        for unit in range(1, 10):
            below[ten + unit] = [join(t, u) for t in forms[ten] for u in units[unit]]
            yield from ((form, ten + unit) for form in below[ten + unit])
    hundred = "hundert" if kind == "german" else "cento"
    for count in range(1, 10):
        leads = ["", *units[1]] if count == 1 else units[count]
        for lead in leads:
            yield lead + hundred, count * 100
            for value in range(1, 100):
                yield from ((lead + hundred + f, count * 100 + value) for f in below[value])


def _german(ten: str, unit: str) -> str:
    return f"{unit}und{ten}"


def _italian(ten: str, unit: str) -> str:
    return (ten[:-1] if unit[0] in "uo" else ten) + unit


def token_phrase(tokens: list[Token], at: int, words: tuple[str, ...]) -> int | None:
    """Where the phrase ends that begins with the token `at`, or None where it is another."""
    end = at + len(words)
    if end > len(tokens):
        return None
    for token, word in zip(tokens[at + 1 : end], words[1:], strict=True):
        if token.text != word:
            return None
    return end
