"""ValueEntityExtractor: numbers, times, money, quantities, phones and addresses, without a server.

It stands where Rasa's DucklingEntityExtractor stands, and names its entities as Duckling does.
"""

from pydantic import Field, field_validator

from bot.engine.parse import Entity
from nlu.components.component import Component, Options
from nlu.message import Message
from nlu.values.finder import DIMENSIONS, values_in

EXTRACTOR = "ValueEntityExtractor"


class ValueEntityExtractorOptions(Options):
    """What to look for, where the contacts live, and how many values of a message to take."""

    dimensions: list[str] = Field(default_factory=lambda: list(DIMENSIONS))
    region: str = "US"
    maximum: int = Field(default=20, ge=1, le=100)

    @field_validator("dimensions")
    @classmethod
    def _known(cls, dimensions: list[str]) -> list[str]:
        unknown = [d for d in dimensions if d not in DIMENSIONS]
        if unknown:
            raise ValueError(f"{unknown[0]} is none of {', '.join(DIMENSIONS)}")
        return dimensions

    @field_validator("region")
    @classmethod
    def _region(cls, region: str) -> str:
        if not (len(region) == 2 and region.isascii() and region.isalpha()):
            raise ValueError("a region is two letters, such as `US`")
        return region.upper()


class ValueEntityExtractor(Component[ValueEntityExtractorOptions]):
    """Adds the values of a message; those that depend on the time only where that is known."""

    Options = ValueEntityExtractorOptions
    # Duckling is a server with an address; here there is none to reach.
    ignored = frozenset({"url", "locale", "timezone", "timeout"})
    timely = True

    def process(self, message: Message) -> None:
        wanted = self.options.dimensions
        hints = tuple(dict.fromkeys(c for c in (_code(message.language), self.language) if c))
        found = values_in(
            message.text, languages=hints, now=message.now, region=self.options.region
        )
        taken = [v for v in found if v.entity in wanted][: self.options.maximum]
        message.entities.extend(
            Entity(v.entity, v.value, v.start, v.end, v.confidence, EXTRACTOR) for v in taken
        )


def _code(language: str | None) -> str:
    """`pt` of `pt-BR`."""
    return (language or "").replace("_", "-").split("-")[0].lower()
