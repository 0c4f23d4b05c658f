"""What a turn wants done: the outputs of `advance`, in the imperative."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class SendMessage:
    """`buttons` are {"title", "payload"}; `media` are URLs; `custom` is a channel's own payload."""

    text: str = ""
    buttons: tuple[Mapping[str, str], ...] = ()
    media: tuple[str, ...] = ()
    custom: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class SendEmail:
    """Sends a mail to `to`; where that is no address, the step is skipped with an event."""

    to: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class CallAction:
    """Runs an action and comes back with `ActionReturned`; always the last command of a turn."""

    name: str


@dataclass(frozen=True, slots=True)
class SetSlot:
    """Sets a slot of the contact (a field); the session's own are in the session already."""

    name: str
    value: Any
    scope: Literal["session", "contact"]


@dataclass(frozen=True, slots=True)
class AddTag:
    tag: str


@dataclass(frozen=True, slots=True)
class RemoveTag:
    tag: str


@dataclass(frozen=True, slots=True)
class AddNote:
    text: str


@dataclass(frozen=True, slots=True)
class ScheduleTimer:
    """`due_at` is a Unix time in seconds."""

    id: str
    name: str
    due_at: float


@dataclass(frozen=True, slots=True)
class CancelTimer:
    id: str


@dataclass(frozen=True, slots=True)
class StartFlow:
    name: str


@dataclass(frozen=True, slots=True)
class HandOverToHuman:
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """Writes an event of the log: what the engine did or why it did not."""

    type: str
    data: Mapping[str, Any] = field(default_factory=dict)


Command = (
    SendMessage
    | SendEmail
    | CallAction
    | SetSlot
    | AddTag
    | RemoveTag
    | AddNote
    | ScheduleTimer
    | CancelTimer
    | StartFlow
    | HandOverToHuman
    | Record
)
