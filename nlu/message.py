"""One message on its way through the pipeline: each component reads it and adds what it found."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.engine.parse import Entity, Intent


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the text: `text[start:end]`."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Features:
    """One featurizer's sparse row: the columns that are not zero, of `width` columns."""

    columns: list[int]
    values: list[float]
    width: int


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a spaCy pipeline says: of each token its part of speech ("" where it has no tagger) and
    its vector, shape (tokens, width; 0 where it has no vectors)."""

    tokens: list[Token]
    tags: list[str]
    vectors: NDArray[np.float32]
    entities: list[Entity]


@dataclass(slots=True)
class Message:
    """A text and all that has been read from it so far."""

    text: str
    language: str | None = None
    tokens: list[Token] = field(default_factory=list)
    features: list[Features] = field(default_factory=list)
    ranking: list[Intent] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)
    decided_by: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    """What else was read, for the parse's `metadata`; `response_selector` as in Rasa's JSON."""
    token_features: dict[str, list[list[str]]] = field(default_factory=dict)
    """By kind ("lexical", "pattern", "pos"), what is known of each token; a CRF learns from it."""
    analysis: Analysis | None = None
    now: datetime | None = None
    """The contact's time, with its zone; only the components that are `timely` may look at it."""

    @property
    def top(self) -> Intent | None:
        """The intent that leads so far."""
        return self.ranking[0] if self.ranking else None

    def confidence(self, intent: str) -> float:
        """How likely `intent` is so far; 0 where nobody ranked it."""
        return next((i.confidence for i in self.ranking if i.name == intent), 0.0)

    def rank(self, intent: str, confidence: float) -> None:
        """Give `intent` this probability and the others, in proportion, what is left of 1."""
        others = [i for i in self.ranking if i.name != intent]
        total = sum(i.confidence for i in others)
        share = (1.0 - confidence) / total if total > 0 else 0.0
        scaled = [Intent(i.name, i.confidence * share) for i in others]
        self.ranking = by_confidence([Intent(intent, confidence), *scaled])


def by_confidence(intents: list[Intent]) -> list[Intent]:
    """The most likely first; by name where two are equal, so that a tie never flips."""
    return sorted(intents, key=lambda i: (-i.confidence, i.name))
