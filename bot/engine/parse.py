"""What the NLU layer read in one message, as a value."""

from dataclasses import dataclass, field
from typing import Any

FALLBACK_INTENT = "nlu_fallback"
ASKED_CONFIDENCE = 0.9
"""How likely an intent must be among those that were asked, to be an answer for that reason."""
ASKED_SHARE = 0.4
"""And how likely it must be that any of them was meant at all."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A name with the probability (0 to 1) that the message means it."""

    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Entity:
    """A span of the original text: `text[start:end]`, counted in code points."""

    entity: str
    value: Any
    start: int
    end: int
    confidence: float = 1.0
    extractor: str = ""
    role: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Parse:
    """One reading. `intent` is `nlu_fallback` where no intent reached the threshold.

    `asked` is the ranking among the intents that could answer what the flow asked, as if nothing
    else could have been meant; `asked_share` is the probability, 0 to 1, that one of them was.
    """

    text: str
    intent: Intent
    ranking: tuple[Intent, ...] = ()
    entities: tuple[Entity, ...] = ()
    language: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    asked: tuple[Intent, ...] = ()
    asked_share: float = 0.0

    def confidence(self, intent: str) -> float:
        """The probability of `intent` in the ranking; 0 where it is unknown."""
        if self.intent.name == intent:
            return self.intent.confidence
        return next((i.confidence for i in self.ranking if i.name == intent), 0.0)

    def means(self, intent: str, threshold: float) -> bool:
        """Whether there is evidence enough: the open reading's, or what was asked and no other."""
        if self.confidence(intent) >= threshold:
            return True
        asked = next((i.confidence for i in self.asked if i.name == intent), 0.0)
        return self.asked_share >= ASKED_SHARE and asked >= ASKED_CONFIDENCE

    def entity(self, name: str) -> Entity | None:
        """The first entity of that name."""
        return next((e for e in self.entities if e.entity == name), None)


NOTHING_READ = Parse(text="", intent=Intent(FALLBACK_INTENT, 0.0))
