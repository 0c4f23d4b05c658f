"""A conversation test as values: who, when, what is faked, and the steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

START = datetime(2026, 1, 5, 9, tzinfo=UTC).timestamp()
"""A Monday morning: the same every time, so that "tomorrow at nine" always means the same."""
NUMBER = "+15550001"
CHANNELS = ("sms", "whatsapp", "telegram", "instagram", "email", "web")

ACTING = ("user", "after", "start", "contact", "actions", "apis", "conditions", "globals")
"""What a step may do."""
EXPECTING = (
    "bot", "flow", "state", "slots", "fields", "tags", "ended", "event", "email", "stored", "timers",
)  # fmt: skip
"""What a step may expect."""
BESIDE: Mapping[str, tuple[str, ...]] = {
    "user": ("intent", "entities", "payload", "location", "media"),
}
"""What may stand beside the key that says what a step is."""
MESSAGE_KEYS = (
    "text", "contains", "matches", "response", "action", "buttons", "media", "rows", "location",
    "template",
)  # fmt: skip
"""What may be expected of a message."""
MAIL_KEYS = ("to", "subject", "text")
"""What may be expected of a mail."""


@dataclass(frozen=True, slots=True)
class Person:
    """The contact of a conversation, as it is before the first step."""

    channel: str = "sms"
    number: str = NUMBER
    language: str | None = None
    time_zone: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()

    @property
    def address(self) -> str:
        """The handle by which messages come: `sms:+15550001`."""
        return f"{self.channel}:{self.number}"

    def but(self, given: Mapping[str, Any]) -> "Person":
        """The same person with what is given; with another number somebody else, not known yet."""
        another = given.get("number", self.number) != self.number
        known = Person(channel=self.channel) if another else self
        return replace(known, **given)


@dataclass(frozen=True, slots=True)
class Fakes:
    """Answers that are given instead of real ones, by name."""

    actions: Mapping[str, Any] = field(default_factory=dict)
    apis: Mapping[str, Any] = field(default_factory=dict)
    conditions: Mapping[str, bool] = field(default_factory=dict)
    globals: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `kind` is one of ACTING or EXPECTING, `beside` holds what stands next to it.

    `index` counts the steps of the conversation from 0, `line` the lines of the file from 1.
    """

    kind: str
    value: Any
    index: int
    line: int
    beside: Mapping[str, Any] = field(default_factory=dict)

    @property
    def expects(self) -> bool:
        return self.kind in EXPECTING


@dataclass(frozen=True, slots=True)
class Conversation:
    """One test. `file` and `line` say where it is written."""

    name: str
    steps: tuple[Step, ...]
    file: str = ""
    line: int = 0
    position: int = 0
    flow: str | None = None
    person: Person = Person()
    at: float = START
    fakes: Fakes = Fakes()
