"""Records to rows and back, in the order of the tables' columns."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.consent import ConsentChange
from bot.domain.contacts import Contact, Conversation
from bot.domain.events import Event
from bot.domain.messages import Message
from bot.domain.timers import Timer
from bot.engine.session import Session

Values = Sequence[Any]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain
).encode
decode = json.JSONDecoder().decode
"""JSON text to the value."""


def encode(value: Any) -> str:
    """The value as compact JSON text."""
    return _encode(value) if value != {} else "{}"


def contact_row(contact: Contact) -> Values:
    """A row of `contacts`; tags have a table of their own."""
    return (
        contact.id, encode(contact.fields), contact.language, contact.time_zone,
        contact.opted_out, contact.version, contact.created_at,
    )  # fmt: skip


def contact_of(row: Values, tags: frozenset[str] = frozenset()) -> Contact:
    """The contact of a row."""
    id_, known, language, time_zone, opted_out, version, created_at = row
    return Contact(
        id_, decode(known), tags, language, time_zone, bool(opted_out), version, created_at
    )


def conversation_row(it: Conversation) -> Values:
    """A row of `conversations`."""
    return (
        it.id, it.contact_id, it.connector, it.sender, it.address, it.status,
        it.last_inbound_at, it.created_at,
    )  # fmt: skip


def conversation_of(row: Values) -> Conversation:
    """The conversation of a row."""
    return Conversation(*row)


def message_row(it: Message, contact_id: str | None = None) -> Values:
    """A row of `messages`, filed under the contact if another one than the message says."""
    return (
        it.id, it.direction, it.connector, it.conversation_id, contact_id or it.contact_id,
        it.address, it.sender, it.status, it.created_at, it.text, encode(it.content),
        it.provider_id, it.turn_id, it.session_id, it.attempts, it.attempted_at, it.due_at,
        it.error_code, it.error, it.segments, it.billed_segments,
    )  # fmt: skip


def message_of(row: Values) -> Message:
    """The message of a row."""
    values = list(row)
    values[10] = decode(values[10])
    return Message(*values)


def session_row(it: Session) -> Values:
    """A row of `sessions`: the value as a whole, and what it is found by."""
    return (
        it.id, it.contact_id, it.conversation_id, it.flow, it.version, it.state, it.status,
        it.revision, it.started_at, it.touched_at,
        _encode(it.to_json()),
    )  # fmt: skip


def session_of(data: str) -> Session:
    """The session of a `data` column."""
    return Session.from_json(decode(data))


def event_row(it: Event) -> Values:
    """A row of `events`."""
    return (
        it.id, it.type, it.at, it.contact_id, it.conversation_id, it.session_id, it.flow,
        it.flow_version, it.causation_id, it.correlation_id, encode(it.data),
    )  # fmt: skip


def event_of(row: Values) -> Event:
    """The event of a row."""
    values = list(row)
    values[10] = decode(values[10])
    return Event(*values)


def timer_row(it: Timer) -> Values:
    """A row of `timers`."""
    return (
        it.id, it.contact_id, it.conversation_id, it.session_id, it.name, it.due_at,
        it.created_at, it.status, None if it.start is None else encode(it.start),
    )  # fmt: skip


def timer_of(row: Values) -> Timer:
    """The timer of a row."""
    values = list(row)
    values[8] = None if values[8] is None else decode(values[8])
    return Timer(*values)


def consent_row(it: ConsentChange) -> Values:
    """A row of `consent`."""
    return (
        it.id, it.contact_id, it.address, it.sender, it.kind, it.source, it.evidence, it.at,
    )  # fmt: skip
