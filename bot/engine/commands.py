"""What a turn wants done: the outputs of `advance`, in the imperative."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

CallKind = Literal["action", "processor", "task", "api"]


@dataclass(frozen=True, slots=True)
class SendMessage:
    """`buttons` are {"title", "payload"}; `media` are URLs; `custom` is a channel's own payload.

    `menu` is a list to choose from: {"button": text, "rows": [{"title", "payload", "description"}]}.
    `location` is {"latitude", "longitude", "name", "address"}, in degrees (WGS 84).
    `template` names one that the provider has approved: {"name", "language", "parameters": [texts]}.
    """

    text: str = ""
    buttons: tuple[Mapping[str, str], ...] = ()
    media: tuple[str, ...] = ()
    custom: Mapping[str, Any] | None = None
    menu: Mapping[str, Any] | None = None
    location: Mapping[str, Any] | None = None
    template: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class SendEmail:
    """Sends a mail to `to`; where that is no address, the step is skipped with an event."""

    to: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class CallAction:
    """Calls what is outside and comes back with `ActionReturned`; always the last command of a turn.

    `action`: one of the action server, with no arguments. `processor`, `task`: a Python function of
    the project. `api`: a declared HTTP call, with the values for its templates.
    """

    name: str
    kind: CallKind = "action"
    arguments: Mapping[str, Any] = field(default_factory=dict)


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
class StoreRecord:
    """Keeps a record in the project's data store; one with a key replaces the one it had before."""

    collection: str
    values: Mapping[str, Any]
    key: str | None = None


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
    | StoreRecord
    | HandOverToHuman
    | Record
)
