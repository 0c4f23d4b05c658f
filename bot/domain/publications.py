"""What is current, as one value: flows and API calls by version, and the global values."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bot.domain.events import Event

Source = Literal["file", "api"]

PUBLICATIONS_KEPT = 10_000
"""Each one names all that is current; definitions are kept apart, and longer."""


@dataclass(frozen=True, slots=True)
class Globals:
    """The values that all flows share. `file` is what `flows/_globals.json` said last.

    Every change makes the next `version`; 0 is no values at all. `source` says who changed them last.
    """

    version: int = 0
    values: Mapping[str, Any] = field(default_factory=dict)
    file: Mapping[str, Any] = field(default_factory=dict)
    at: float = 0.0
    source: Source = "file"

    def with_file(self, file: Mapping[str, Any], at: float) -> "Globals":
        """As the file changes them: only what it says otherwise than before."""
        if file == self.file:
            return self
        gone = self.file.keys() - file.keys()
        new = {k: v for k, v in file.items() if k not in self.file or self.file[k] != v}
        values = {k: v for k, v in self.values.items() if k not in gone} | new
        return replace(self._next(values, at, "file"), file=file)

    def with_values(self, values: Mapping[str, Any], at: float) -> "Globals":
        """As an operator changes them."""
        return self if values == self.values else self._next(values, at, "api")

    def _next(self, values: Mapping[str, Any], at: float, source: Source) -> "Globals":
        return replace(self, version=self.version + 1, values=values, at=at, source=source)


NO_GLOBALS = Globals()


@dataclass(frozen=True, slots=True)
class Publication:
    """What is current from `at` on, until one with a higher number. `flows` and `apis` are content
    hashes by name; `events` are logged with it, and are no part of it."""

    number: int
    at: float
    source: Source
    flows: Mapping[str, str] = field(default_factory=dict)
    apis: Mapping[str, str] = field(default_factory=dict)
    shared: Globals = NO_GLOBALS
    globals_changed: bool = False
    events: tuple[Event, ...] = ()

    def says_the_same(self, other: "Publication") -> bool:
        """Whether nothing would change by the other one."""
        return (self.flows, self.apis, self.shared) == (other.flows, other.apis, other.shared)


NOTHING_PUBLISHED = Publication(0, 0.0, "file")


@dataclass(frozen=True, slots=True)
class PublishedFlow:
    """A definition that is kept in the store, by its content hash."""

    version: str
    published_at: float
