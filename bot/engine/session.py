"""One run of one flow for one contact, as a JSON value that is saved after every turn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, Self

SessionStatus = Literal["active", "suspended", "dormant", "ended"]
"""`suspended`: another flow interrupted it. `dormant`: at its end, kept for its pending timers."""

Ahead = Sequence[Sequence[Any]]
"""What is still to come, the next one last, as JSON: ["list", place, index], ["pass"], ..."""


@dataclass(frozen=True, slots=True)
class PendingTimer:
    """A timer that waits for its time: it fires only while the session stands in `state`.

    `resume` says what runs: the JSON pointer of a list of steps with the index of the next one, or
    nothing for a state's own timeout and for a reminder (`name` is then what it is about).
    """

    id: str
    name: str
    state: str
    due_at: float
    kind: Literal["timeout", "wait", "reminder"] = "reminder"
    resume: str = ""
    step: int = 0
    until_message: bool = False
    label: str = ""
    """A reminder's own name, by which an action replaces or cancels it; `name` is its intent."""
    ahead: Ahead | None = None
    """Of a wait: what follows the list that it interrupted."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Where a turn stands while an action runs; never outlives the turn.

    `place` and `step` are those of the list with the step that calls, and the index behind it.
    """

    place: str
    step: int
    action: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reply_ahead(self) -> bool:
        """Whether a reply is read as an answer when the action has returned: it runs in a `post`."""
        return ["answer"] in self.arguments.get("ahead", ())


@dataclass(frozen=True, slots=True)
class Visit:
    """Where a session goes on when the flow that it started and waits for is over."""

    flow: str
    place: str
    step: int
    returns: Mapping[str, str] = field(default_factory=dict)
    ahead: Ahead | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """The state a contact waits in, with what was learnt on the way. Times are Unix seconds."""

    id: str
    flow: str
    version: str
    state: str
    conversation_id: str = ""
    contact_id: str = ""
    status: SessionStatus = "active"
    slots: Mapping[str, Any] = field(default_factory=dict)
    registry: Mapping[str, Any] = field(default_factory=dict)
    """Values that processors and page tasks keep while the session lasts; gone when it ends."""
    attempts: int = 0
    silences: int = 0
    timers: tuple[PendingTimer, ...] = ()
    pause: Pause | None = None
    visit: Visit | None = None
    revision: int = 0
    started_at: float = 0.0
    touched_at: float = 0.0
    ended_because: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The session as a JSON object."""
        return {
            **_shallow(self),
            "slots": dict(self.slots),
            "registry": dict(self.registry),
            "timers": [_shallow(timer) for timer in self.timers],
            "pause": _shallow(self.pause) if self.pause else None,
            "visit": _shallow(self.visit) if self.visit else None,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The session that `to_json` wrote."""
        pause, visit = value.get("pause"), value.get("visit")
        parts = {
            **value,
            "timers": tuple(PendingTimer(**timer) for timer in value.get("timers", ())),
            "pause": Pause(**pause) if pause else None,
            "visit": Visit(**visit) if visit else None,
        }
        return cls(**parts)

    def ended(self, reason: str) -> "Session":
        """The same session, over, for that reason."""
        return replace(
            self,
            status="ended",
            ended_because=reason,
            registry={},
            timers=(),
            pause=None,
            visit=None,
        )


def _shallow(value: Session | PendingTimer | Pause | Visit) -> dict[str, Any]:
    """The fields of a dataclass; `asdict` would copy every slot's value and all that is in it."""
    return {part.name: getattr(value, part.name) for part in fields(value)}
