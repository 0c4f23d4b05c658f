"""The phrases around names and the words that are none, from `phrases.yml`, folded."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from nlu.folding import fold

FILE = Path(__file__).with_name("phrases.yml")

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What the keys of the file hold."""

    strong: frozenset[Phrase]
    weak: frozenset[Phrase]
    weak_elsewhere: frozenset[Phrase]
    closing: frozenset[Phrase]
    around: frozenset[Phrase]
    before_bare: frozenset[Phrase]
    anywhere: frozenset[Phrase]
    joined_before: tuple[str, ...]
    joined_after: tuple[str, ...]
    particles: frozenset[str]
    negations: frozenset[str]
    replies: tuple[str, ...]
    endings: tuple[str, ...]
    verb_beginnings: tuple[str, ...]
    verb_endings: tuple[str, ...]
    common: frozenset[str]
    also_words: frozenset[str]
    titles: frozenset[str]
    answers: frozenset[str]
    details: frozenset[str]
    states: frozenset[str]
    refusals: frozenset[Phrase]


@cache
def lexicon() -> Lexicon:
    """The file's content, read once."""
    raw: Mapping[str, Any] = yaml.load(FILE.read_text("utf-8"), Loader=yaml.CSafeLoader)
    return Lexicon(
        strong=_phrases(raw["strong"] + "," + raw["joined_before"]),
        weak=_phrases(raw["weak"]),
        weak_elsewhere=_phrases(raw["weak_elsewhere"] + "," + raw["joined_before_weak"]),
        closing=_phrases(raw["closing"]),
        around=_phrases(raw["around"]),
        before_bare=_phrases(raw["before_bare"]),
        anywhere=_phrases(raw["anywhere"]),
        joined_before=_longest_first(raw["joined_before"] + "," + raw["joined_before_weak"]),
        joined_after=_longest_first(raw["joined_after"]),
        particles=frozenset(fold(raw["particles"]).replace(",", " ").split()),
        negations=frozenset(fold(raw["negations"]).replace(",", " ").split()),
        replies=tuple(fold(raw["replies"]).split()),
        endings=tuple(raw["endings"].split()),
        verb_beginnings=tuple(raw["verb_beginnings"].split()),
        verb_endings=tuple(raw["verb_endings"].split()),
        common=frozenset(fold(raw["common"]).split()),
        also_words=frozenset(fold(raw["also_words"]).split()),
        answers=frozenset(fold(raw["answers"]).replace(",", " ").split()),
        details=frozenset(fold(raw["details"]).replace(",", " ").split()),
        states=frozenset(fold(raw["states"]).split()),
        refusals=_phrases(raw["refusals"]),
        titles=frozenset(fold(raw["titles"]).replace(",", " ").split()),
    )


def _phrases(text: str) -> frozenset[Phrase]:
    return frozenset(tuple(fold(p).split()) for p in text.split(","))


def _longest_first(text: str) -> tuple[str, ...]:
    return tuple(sorted((p.strip() for p in text.split(",")), key=len, reverse=True))
