"""A flow that is to start from outside: by hand, by a webhook or by a schedule."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.engine.flow import Flow, Trigger

StartKind = Literal["manual", "webhook", "schedule"]
NAME = "start"
"""The name of a timer that starts a flow."""


@dataclass(frozen=True, slots=True)
class Start:
    """What is to start, as a timer keeps it.

    `name` says which of the flow's triggers of this kind is meant: the hook, or the mark of the
    schedule. After `until` (Unix seconds) it is too late. `held` counts how often it was put off.
    """

    flow: str
    trigger: StartKind
    name: str = ""
    slots: Mapping[str, Any] = field(default_factory=dict)
    until: float | None = None
    held: int = 0

    def to_json(self) -> dict[str, Any]:
        """The value of a timer's `start`."""
        return {
            "flow": self.flow,
            "trigger": self.trigger,
            "name": self.name,
            "slots": dict(self.slots),
            "until": self.until,
            "held": self.held,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Start":
        """The start of a timer's `start`."""
        return cls(**value)


def hooks(flow: Flow) -> frozenset[str]:
    """The webhooks that start the flow; one without a name has the flow's."""
    triggers = (trigger for trigger in flow.triggers if trigger.kind == "webhook")
    return frozenset(name for trigger in triggers for name in trigger.value or (flow.name,))


def mark(trigger: Trigger) -> str:
    """A short name of a schedule that stays when the flow changes elsewhere."""
    said = json.dumps([list(trigger.value), trigger.time_zone])
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def entries(flow: Flow, start: Start) -> list[Trigger]:
    """The flow's triggers that let this start in."""
    return [it for it in flow.triggers if it.kind == start.trigger and _lets_in(flow, it, start)]


def _lets_in(flow: Flow, trigger: Trigger, start: Start) -> bool:
    match trigger.kind:
        case "webhook":
            return start.name in (trigger.value or (flow.name,))
        case "schedule":
            return start.name == mark(trigger)
        case _:
            return True
