"""The tables. Times are Unix seconds; ids are made by the caller and sort by time."""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    literal_column,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.expression import FromClause

from bot.domain.messages import UNSETTLED

Json = Text().with_variant(JSONB(), "postgresql")
"""JSON text in and out on both databases: it is read and written by hand, which is faster."""

metadata = MetaData()

contacts = Table(
    "contacts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("fields", Json, nullable=False),
    Column("language", Text),
    Column("time_zone", Text),
    Column("opted_out", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Double, nullable=False),
)
addresses = Table(
    "addresses",
    metadata,
    Column("address", Text, primary_key=True),
    Column("contact_id", Text, ForeignKey("contacts.id", ondelete="CASCADE"), nullable=False),
)
contact_tags = Table(
    "contact_tags",
    metadata,
    Column("contact_id", Text, ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True),
    Column("tag", Text, primary_key=True),
    Column("at", Double, nullable=False),
)
conversations = Table(
    "conversations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("contact_id", Text, ForeignKey("contacts.id", ondelete="CASCADE"), nullable=False),
    Column("connector", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("last_inbound_at", Double),
    Column("created_at", Double, nullable=False),
)
messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("direction", Text, nullable=False),
    Column("connector", Text, nullable=False),
    Column("conversation_id", Text, nullable=False),
    Column("contact_id", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("text", Text, nullable=False),
    Column("content", Json, nullable=False),
    Column("provider_id", Text),
    Column("turn_id", Text),
    Column("session_id", Text),
    Column("attempts", Integer, nullable=False),
    Column("attempted_at", Double),
    Column("due_at", Double),
    Column("error_code", Text),
    Column("error", Text),
    Column("segments", Integer),
    Column("billed_segments", Integer),
)
receipts = Table(
    "receipts",
    metadata,
    Column("provider_id", Text, primary_key=True),
    Column("connector", Text, primary_key=True),
    Column("retry_token", Text),
    Column("message_id", Text, nullable=False),
    Column("at", Double, nullable=False),
)
sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("contact_id", Text, nullable=False),
    Column("conversation_id", Text, nullable=False),
    Column("flow", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("touched_at", Double, nullable=False),
    Column("data", Json, nullable=False),
)
events = Table(
    "events",
    metadata,
    Column("id", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("contact_id", Text),
    Column("conversation_id", Text),
    Column("session_id", Text),
    Column("flow", Text),
    Column("flow_version", Text),
    Column("causation_id", Text),
    Column("correlation_id", Text),
    Column("data", Json, nullable=False),
)
timers = Table(
    "timers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("contact_id", Text, nullable=False),
    Column("conversation_id", Text, nullable=False),
    Column("session_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("due_at", Double, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("status", Text, nullable=False),
    Column("start", Json),
)
journal = Table(
    "journal",
    metadata,
    Column("key", Text, primary_key=True),
    Column("result", Json, nullable=False),
    Column("at", Double, nullable=False),
)
consent = Table(
    "consent",
    metadata,
    Column("id", Text, primary_key=True),
    Column("contact_id", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("at", Double, nullable=False),
)
flow_versions = Table(
    "flow_versions",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("definition", Text, nullable=False),
    Column("published_at", Double, nullable=False),
)
publications = Table(
    "publications",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("source", Text, nullable=False),
    Column("globals_changed", Boolean, nullable=False),
    Column("manifest", Json, nullable=False),
)
api_versions = Table(
    "api_versions",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("definition", Text, nullable=False),
    Column("published_at", Double, nullable=False),
)
parked_reports = Table(
    "parked_reports",
    metadata,
    Column("provider_id", Text, primary_key=True),
    Column("connector", Text, primary_key=True),
    Column("status", Text, primary_key=True),
    Column("at", Double, nullable=False),
    Column("error_code", Text),
    Column("error", Text),
    Column("event_id", Text, nullable=False),
)
leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("taken_at", Double, nullable=False),
    Column("until", Double, nullable=False),
)
reviews = Table(
    "reviews",
    metadata,
    Column("id", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("first_at", Double, nullable=False),
    Column("last_at", Double, nullable=False),
    Column("reading", Json, nullable=False),
    Column("intent", Text),
    Column("decided_at", Double),
)
review_sightings = Table(
    "review_sightings",
    metadata,
    Column("event_id", Text, primary_key=True),
    Column("review_id", Text, nullable=False),
)
positions = Table(
    "positions",
    metadata,
    Column("name", Text, primary_key=True),
    Column("place", Text, nullable=False),
)
data_records = Table(
    "data_records",
    metadata,
    Column("id", Text, primary_key=True),
    Column("collection", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("data", Json, nullable=False),
    Column("key", Text),
    Column("contact_id", Text, nullable=False),
    Column("session_id", Text, nullable=False),
    Column("flow", Text, nullable=False),
)


def is_text(column: ColumnElement[str], *values: str) -> ColumnElement[bool]:
    """The column is one of these words, written out: a bound value would hide partial indexes."""
    words: list[ColumnElement[str]] = [literal_column(f"'{value}'") for value in values]
    return column.in_(words) if len(words) > 1 else column == words[0]


def is_pending_inbound() -> ColumnElement[bool]:
    """Inbound messages that no turn has handled yet."""
    return is_text(messages.c.direction, "in") & is_text(messages.c.status, "pending")


def is_unsettled(table: FromClause = messages) -> ColumnElement[bool]:
    """Outbound messages for which later ones of the conversation wait.

    `unknown` without a time is not among them: its provider cannot be asked, so it may stay so.
    """
    will_be_asked = is_text(table.c.status, "unknown") & table.c.due_at.is_not(None)
    return is_text(table.c.direction, "out") & (
        is_text(table.c.status, "queued", "sending") | will_be_asked
    )


def is_timed() -> ColumnElement[bool]:
    """Unsettled messages for which there is something to do at a time."""
    unsettled = is_text(messages.c.direction, "out") & is_text(messages.c.status, *UNSETTLED)
    return unsettled & messages.c.due_at.is_not(None)


def is_immediate() -> ColumnElement[bool]:
    """Messages to be sent at once. `unknown` without a time waits for a report or a person."""
    queued = is_text(messages.c.direction, "out") & is_text(messages.c.status, "queued")
    return queued & messages.c.due_at.is_(None)


def is_sent_by_us() -> ColumnElement[bool]:
    """Outbound messages that a provider has given an id."""
    return is_text(messages.c.direction, "out") & messages.c.provider_id.is_not(None)


def is_open() -> ColumnElement[bool]:
    """Sessions not ended."""
    return sessions.c.status != literal_column("'ended'")


def is_pending_timer() -> ColumnElement[bool]:
    """Timers that have neither fired nor been cancelled."""
    return is_text(timers.c.status, "pending")


def _partial(name: str, *columns: Column[Any], where: ColumnElement[bool]) -> Index:
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


Index("addresses_contact", addresses.c.contact_id)
Index("contact_tags_tag", contact_tags.c.tag, contact_tags.c.contact_id)
Index("contacts_created", contacts.c.created_at, contacts.c.id)
Index("contacts_zone", contacts.c.time_zone)
Index("conversations_contact", conversations.c.contact_id)
Index("conversations_created", conversations.c.created_at, conversations.c.id)
Index(
    "conversations_status",
    conversations.c.status, conversations.c.created_at, conversations.c.id,
)  # fmt: skip
Index("messages_conversation", messages.c.conversation_id, messages.c.id)
_partial("messages_pending", messages.c.contact_id, messages.c.id, where=is_pending_inbound())
_partial(
    "messages_unsettled",
    messages.c.contact_id, messages.c.conversation_id, messages.c.id,
    where=is_unsettled(),
)  # fmt: skip
_partial("messages_timed", messages.c.due_at, messages.c.id, where=is_timed())
_partial("messages_immediate", messages.c.id, where=is_immediate())
_partial("messages_provider", messages.c.provider_id, messages.c.connector, where=is_sent_by_us())
Index("sessions_contact", sessions.c.contact_id, sessions.c.id)
Index("sessions_conversation", sessions.c.conversation_id, sessions.c.id)
_partial("sessions_open", sessions.c.contact_id, where=is_open())
_partial("sessions_live", sessions.c.flow, sessions.c.version, sessions.c.id, where=is_open())
Index("events_contact", events.c.contact_id, events.c.id)
Index("events_conversation", events.c.conversation_id, events.c.id)
Index("events_session", events.c.session_id, events.c.id)
Index("events_type", events.c.type, events.c.id)
_partial("timers_due", timers.c.due_at, where=is_pending_timer())
_partial("timers_contact", timers.c.contact_id, where=is_pending_timer())
Index("consent_contact", consent.c.contact_id, consent.c.at)
Index("parked_reports_at", parked_reports.c.at)
Index("reviews_first", reviews.c.first_at, reviews.c.id)
Index("reviews_status", reviews.c.status, reviews.c.first_at, reviews.c.id)
# Of records without a key there may be any number: a null is equal to no other.
Index("data_records_key", data_records.c.collection, data_records.c.key, unique=True)
Index("data_records_collection", data_records.c.collection, data_records.c.id)
Index("data_records_contact", data_records.c.contact_id, data_records.c.id)
