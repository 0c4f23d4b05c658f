"""Replies that nobody sent: names put into carrier phrases, to teach the tagger how names stand."""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent
# Each carrier phrase is filled this many times.
FILLED = 8
FILLED_WITHOUT = 6
_SLOT = re.compile(r"\{(name|word|n|id)\}")
_LATIN = re.compile("[A-Za-zÀ-ž]")
_SCRIPTS = {"cyrillic": "cyrillic", "arabic": "arabic_script", "devanagari": "devanagari"}
_PARTICLES = ("van", "de", "van der", "von", "de la", "del", "da", "dos", "di", "bin", "al", "el")
_TITLES = ("Dr.", "Mrs", "Mr", "Mr.", "Miss", "dr", "mrs", "mr")
_LETTERS = "ABCDEFGHJKLMNPRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class Reply:
    """A made-up text; the name that its writer gives is `text[start:end]`, none where equal."""

    text: str
    start: int = 0
    end: int = 0


@cache
def shipped_names(file: str) -> Mapping[str, tuple[str, ...]]:
    """The names of `given.yml` or `family.yml`, by region or script."""
    loaded = yaml.load((FOLDER / file).read_text("utf-8"), Loader=yaml.CSafeLoader)
    return {key: tuple(dict.fromkeys(str(text).split())) for key, text in loaded.items()}


def made_up(words: Sequence[str], *, seed: int) -> Iterator[Reply]:
    """Replies with and without a name; `words` are common words. The same seed, the same replies."""
    chance = random.Random(seed)  # noqa: S311 nothing secret depends on it
    maker = _Maker(chance, words)
    for kind, carriers in _carriers().items():
        for carrier in carriers:
            for _ in range(FILLED_WITHOUT if kind == "none" else FILLED):
                yield maker.fill(carrier, kind)


class _Maker:
    """Fills carrier phrases."""

    def __init__(self, chance: random.Random, words: Sequence[str]) -> None:
        self._chance = chance
        self._words = words
        self._given = _by_script(shipped_names("given.yml"))
        self._family = _by_script(shipped_names("family.yml"))

    def fill(self, carrier: str, kind: str) -> Reply:
        """The carrier with a name of its script, common words and numbers in the gaps."""
        script = kind if kind != "none" else _script(carrier)
        text, start, end = "", 0, 0
        place = 0
        lower = script == "latin" and self._chance.random() < 0.55
        for gap in _SLOT.finditer(carrier):
            text += carrier[place : gap.start()]
            filling = self._filling(gap.group(1), script)
            if gap.group(1) == "name" and kind != "none":
                start, end = len(text), len(text) + len(filling)
            text += filling
            place = gap.end()
        text += carrier[place:]
        return Reply(self._cased(text, lower), start, end)

    def _cased(self, text: str, lower: bool) -> str:
        if lower:
            cased = text.lower()
        elif self._chance.random() < 0.08:
            cased = text.upper()
        elif self._chance.random() < 0.5:
            cased = text[:1].upper() + text[1:]
        else:
            return text
        return cased if len(cased) == len(text) else text

    def _filling(self, slot: str, script: str) -> str:
        if slot == "name":
            return self._name(script)
        if slot == "word":
            return self._chance.choice(self._words)
        if slot == "n":
            return str(self._chance.randrange(10 ** self._chance.choice((1, 2, 3, 4, 4, 6, 10))))
        letters = "".join(self._chance.choices(_LETTERS, k=self._chance.choice((2, 3, 3, 4))))
        joint = self._chance.choice(("", " ", " "))
        return f"{letters}{joint}{self._chance.randrange(1000)}"

    def _name(self, script: str) -> str:
        given, family = self._given[script], self._family[script]
        pick = self._chance.choice
        first, last = pick(given), pick(family)
        draw = self._chance.random()
        if draw < 0.42:
            return first
        if draw < 0.74:
            return f"{first} {last}"
        if draw < 0.80:
            return last
        if draw < 0.86:
            return f"{first} {pick(given)}"
        if draw < 0.88:
            return f"{last} {first}"
        if draw < 0.91:
            return f"{first} {pick(given)} {last}"
        if script != "latin":
            return first
        return self._compound(first, last)

    def _compound(self, first: str, last: str) -> str:
        """Hyphens, initials, particles and titles."""
        pick = self._chance.choice
        return pick((
            lambda: f"{first}-{pick(self._given['latin'])}",
            lambda: f"{first}-{pick(self._given['latin'])} {last}",
            lambda: f"{first} {last}-{pick(self._family['latin'])}",
            lambda: f"{first} {pick(_LETTERS)}",
            lambda: f"{first} {pick(_LETTERS)}. {last}",
            lambda: f"{pick(_LETTERS)}. {last}",
            lambda: f"{first} {pick(_PARTICLES)} {last}",
            lambda: f"{first} {pick(_PARTICLES)} {last}",
            lambda: f"{first} {last} {pick(self._family['latin'])}",
            lambda: f"{first} O'{last}",
        ))()  # fmt: skip


def _by_script(names: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    found: dict[str, Sequence[str]] = {script: names[key] for script, key in _SCRIPTS.items()}
    found["latin"] = [n for group in names.values() for n in group if _LATIN.match(n)]
    return found


def _script(carrier: str) -> str:
    for script, (first, last) in {
        "cyrillic": ("\u0400", "\u04ff"),
        "arabic": ("\u0600", "\u06ff"),
        "devanagari": ("\u0900", "\u097f"),
    }.items():
        if any(first <= c <= last for c in carrier):
            return script
    return "latin"


@cache
def _carriers() -> Mapping[str, tuple[str, ...]]:
    loaded = yaml.load((FOLDER / "replies.yml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    return {
        kind: tuple(c.strip() for c in text.split("|") if c.strip())
        for kind, text in loaded.items()
    }
