"""Training data as values."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.engine.parse import Entity


@dataclass(frozen=True, slots=True)
class Example:
    """A text that means `intent`, with the entities marked in it."""

    text: str
    intent: str
    entities: tuple[Entity, ...] = ()
    metadata: Any = None
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression of the data, and where it was written."""

    name: str
    expression: str
    file: str = ""
    line: int = 0


@dataclass(slots=True)
class TrainingData:
    """All that a project teaches. `notices` are what a reader would want to know and may ignore."""

    examples: list[Example] = field(default_factory=list)
    synonyms: dict[str, str] = field(default_factory=dict)
    patterns: list[Pattern] = field(default_factory=list)
    lookups: dict[str, list[str]] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)

    def intents(self) -> list[str]:
        """The intents that have examples, sorted."""
        return sorted({e.intent for e in self.examples})

    def entities(self) -> set[str]:
        """The entities that are marked in some example."""
        return {e.entity for example in self.examples for e in example.entities}

    def texts_of(self, entity: str) -> Iterator[str]:
        """Every text that is marked as `entity`."""
        for example in self.examples:
            for e in example.entities:
                if e.entity == entity:
                    yield example.text[e.start : e.end]
