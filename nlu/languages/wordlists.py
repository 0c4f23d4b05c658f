"""Common words, telling letters and scripts of the languages that ship, from `words.yml`."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from nlu.languages.scripts import LATIN

WORDS = Path(__file__).with_name("words.yml")
_EVERYWHERE = "everywhere"


@dataclass(frozen=True, slots=True)
class WordList:
    """What is known of a language without any example of it; its main script is the first."""

    scripts: tuple[str, ...]
    letters: str
    words: frozenset[str]


@cache
def word_lists() -> Mapping[str, WordList]:
    """By the code of the language."""
    entries = {code: entry for code, entry in _file().items() if code != _EVERYWHERE}
    return {str(code): _word_list(entry) for code, entry in entries.items()}


@cache
def everywhere() -> frozenset[str]:
    """Words that say nothing of the language."""
    return frozenset(_file()[_EVERYWHERE].split())


@cache
def _file() -> Mapping[str, Any]:
    return dict(yaml.load(WORDS.read_text("utf-8"), Loader=yaml.CSafeLoader))


def _word_list(entry: Mapping[str, str]) -> WordList:
    scripts = tuple(entry["scripts"].split())
    words = entry["words"].split()
    if LATIN in scripts:
        # People leave accents out on a telephone.
        words += [bare for word in words if (bare := _without_accents(word)) != word]
    return WordList(scripts, entry["letters"], frozenset(words))


def _without_accents(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", word) if not "\u0300" <= c <= "\u036f")
