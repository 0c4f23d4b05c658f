"""What goes into the store and comes out of it, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.domain.consent import ConsentChange
from bot.domain.contacts import Contact, Conversation
from bot.domain.data_records import DataRecord
from bot.domain.events import Event
from bot.domain.messages import Message
from bot.domain.timers import Timer
from bot.engine.session import Session


class StoreUnavailable(Exception):
    """The database could not be written or read now."""


class Unreachable(StoreUnavailable):
    """The database itself does not answer; the next statement would not fare better."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that came in, with what is needed to file it.

    `contact_id` is the id for a contact that has to be made; an address that is known already
    belongs to whom it belongs. `message.status` is "pending".
    """

    message: Message
    retry_token: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """Where an arrival was filed. `repeated`: it was there already, and nothing was written."""

    message_id: str
    contact_id: str
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """All that the turns of one contact need, read under the contact's lock.

    `sessions` are those not ended. `messages` are the pending inbound ones, in order of arrival.
    `timers` are those due. `unsettled` names conversations with an outbound message of which it is
    not settled yet whether the provider has it: later ones wait behind it.
    """

    contact: Contact
    conversations: Mapping[str, Conversation]
    sessions: tuple[Session, ...] = ()
    messages: tuple[Message, ...] = ()
    timers: tuple[Timer, ...] = ()
    unsettled: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """All that one turn writes, in one transaction.

    `claims_message` / `claims_timer`: the row that this turn handles; it must still be pending.
    `contact` is given when its own columns changed (its `version` is one more than was read).
    `sessions` carry a `revision` one more than was read (1 for a new one).
    """

    id: str
    at: float
    contact_id: str
    claims_message: str | None = None
    claims_timer: str | None = None
    contact: Contact | None = None
    tags_added: tuple[str, ...] = ()
    tags_removed: tuple[str, ...] = ()
    conversations: tuple[Conversation, ...] = ()
    sessions: tuple[Session, ...] = ()
    messages: tuple[Message, ...] = ()
    events: tuple[Event, ...] = ()
    timers_set: tuple[Timer, ...] = ()
    timers_cancelled: tuple[str, ...] = ()
    consent: tuple[ConsentChange, ...] = ()
    data: tuple[DataRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known of an attempt to send a message, written after it.

    `attempts` is given where a claimed message was not tried after all, so that it does not count.
    """

    message_id: str
    status: str
    at: float
    provider_id: str | None = None
    error_code: str | None = None
    error: str | None = None
    due_at: float | None = None
    billed_segments: int | None = None
    attempts: int | None = None
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A provider's status report to be joined on the message named by our id or the provider's.

    `event_id` is the id of the event that is logged if the report moves the message; none without.
    """

    connector: str
    provider_id: str
    status: str
    at: float
    message_id: str | None = None
    error_code: str | None = None
    error: str | None = None
    event_id: str = ""


@dataclass(frozen=True, slots=True)
class DueMessage:
    """An outbound message that the worker claimed, with the contact's consent as of now.

    `task`: "send" (status is now `sending`) or "settle" (its outcome is unknown; ask for it now).
    """

    message: Message
    task: Literal["send", "settle"]
    opted_out: bool


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing, newest first; `next_cursor` is None on the last one."""

    items: tuple[Any, ...]
    next_cursor: str | None = None
