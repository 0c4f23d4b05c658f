"""Reads for the API and the console: one thing by its id, and listings by keyset."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Select, Text, func, literal_column, select, tuple_

from bot.domain.contacts import Contact, Conversation
from bot.domain.events import Event
from bot.domain.messages import Message
from bot.domain.records import Page
from bot.engine.session import Session
from bot.store.bulk import Query
from bot.store.cursors import Place, id_place, made_place, page_of
from bot.store.deliveries import BY_PROVIDER_ID
from bot.store.rows import Values, contact_of, conversation_of, event_of, message_of, session_of
from bot.store.tables import (
    addresses,
    contact_tags,
    contacts,
    conversations,
    events,
    is_pending_inbound,
    is_pending_timer,
    is_unsettled,
    messages,
    sessions,
    timers,
)
from bot.store.turns import CONTACTS, TAGS

CONVERSATIONS = Query(lambda among: select(conversations).where(among(conversations.c.id)))
MESSAGES = Query(lambda among: select(messages).where(among(messages.c.id)))
SESSIONS = Query(lambda among: select(sessions.c.data).where(among(sessions.c.id)))
ADDRESSES = Query(
    lambda among: (
        select(addresses.c.address)
        .where(among(addresses.c.contact_id))
        .order_by(addresses.c.address)
    )
)


def one(query: Query, read: Callable[[Values], Any]) -> Callable[[Connection, str], Any]:
    """A reader of the one row with this id, or None."""

    def reader(connection: Connection, id_: str) -> Any:
        rows = query.rows(connection, [id_])
        return read(rows[0]) if rows else None

    return reader


conversation: Callable[[Connection, str], Conversation | None] = one(CONVERSATIONS, conversation_of)
message: Callable[[Connection, str], Message | None] = one(MESSAGES, message_of)
session: Callable[[Connection, str], Session | None] = one(SESSIONS, lambda row: session_of(row[0]))


def contact(connection: Connection, contact_id: str) -> Contact | None:
    """The contact with its tags."""
    found = _with_tags(connection, CONTACTS.rows(connection, [contact_id]))
    return found[0] if found else None


def contact_addresses(connection: Connection, contact_id: str) -> list[str]:
    """The contact's addresses."""
    return [address for (address,) in ADDRESSES.rows(connection, [contact_id])]


def _with_tags(connection: Connection, rows: Sequence[Values]) -> list[Contact]:
    tags: dict[str, set[str]] = {row[0]: set() for row in rows}
    for id_, tag in TAGS.rows(connection, list(tags)):
        tags[id_].add(tag)
    return [contact_of(row, frozenset(tags[row[0]])) for row in rows]


def filtered(statement: Select[Any], equal: Mapping[Column[str], str | None]) -> Select[Any]:
    """Those rows whose columns have the values that are given."""
    given = [column == value for column, value in equal.items() if value is not None]
    return statement.where(*given)


def before(
    statement: Select[Any], by: Sequence[Column[Any]], limit: int, place: Place | None
) -> Select[Any]:
    """Newest first, from the place on; one more than asked tells whether there is a next page."""
    if place is not None:
        statement = statement.where(tuple_(*by) < tuple_(*place))
    return statement.order_by(*(column.desc() for column in by)).limit(limit + 1)


def list_contacts(
    connection: Connection, limit: int, cursor: str | None, tag: str | None, address: str | None
) -> Page:
    """Contacts, the latest made first."""
    statement = select(contacts)
    if tag is not None:
        statement = statement.where(
            contacts.c.id.in_(select(contact_tags.c.contact_id).where(contact_tags.c.tag == tag))
        )
    if address is not None:
        statement = statement.where(
            contacts.c.id.in_(select(addresses.c.contact_id).where(addresses.c.address == address))
        )
    by = (contacts.c.created_at, contacts.c.id)
    place = made_place(cursor)
    rows = connection.execute(before(statement, by, limit, place)).all()
    return page_of(_with_tags(connection, rows), limit, lambda it: (it.created_at, it.id))


def list_conversations(
    connection: Connection, limit: int, cursor: str | None, contact_id: str | None,
    status: str | None,
) -> Page:  # fmt: skip
    """Conversations, the latest made first."""
    by = (conversations.c.created_at, conversations.c.id)
    statement = filtered(
        select(conversations),
        {conversations.c.contact_id: contact_id, conversations.c.status: status},
    )
    rows = connection.execute(before(statement, by, limit, made_place(cursor))).all()
    found = [conversation_of(row) for row in rows]
    return page_of(found, limit, lambda it: (it.created_at, it.id))


def list_messages(
    connection: Connection, limit: int, cursor: str | None, conversation_id: str | None,
    contact_id: str | None, status: str | None, direction: str | None,
) -> Page:  # fmt: skip
    """Messages, newest first."""
    statement = filtered(
        select(messages),
        {
            messages.c.conversation_id: conversation_id,
            messages.c.status: status,
            messages.c.direction: direction,
        },
    )
    if contact_id is not None:
        threads = select(conversations.c.id).where(conversations.c.contact_id == contact_id)
        statement = statement.where(messages.c.conversation_id.in_(threads))
    return _by_id(connection, statement, messages.c.id, limit, cursor, message_of)


def list_sessions(
    connection: Connection, limit: int, cursor: str | None, contact_id: str | None,
    conversation_id: str | None, status: str | None, flow: str | None,
    ended_because: str | None = None,
) -> Page:  # fmt: skip
    """Sessions, newest first."""
    statement = filtered(
        select(sessions.c.id, sessions.c.data),
        {
            sessions.c.contact_id: contact_id,
            sessions.c.conversation_id: conversation_id,
            sessions.c.status: status,
            sessions.c.flow: flow,
        },
    )
    if ended_because is not None:
        reason = sessions.c.data.op("->>", return_type=Text())(literal_column("'ended_because'"))
        statement = statement.where(reason == ended_because)
    return _by_id(
        connection, statement, sessions.c.id, limit, cursor, lambda row: session_of(row[1])
    )


def _by_id(
    connection: Connection, statement: Select[Any], id_: Column[str], limit: int,
    cursor: str | None, read: Callable[[Values], Any],
) -> Page:  # fmt: skip
    rows = connection.execute(before(statement, (id_,), limit, id_place(cursor))).all()
    return page_of([read(row) for row in rows], limit, lambda it: (it.id,))


def list_events(
    connection: Connection, limit: int, cursor: str | None, equal: Mapping[str, str | None],
    after: str | None,
) -> Page:  # fmt: skip
    """Events, newest first; with `after` those behind that id, oldest first."""
    statement = filtered(select(events), {events.c[name]: value for name, value in equal.items()})
    if after is None:
        return _by_id(connection, statement, events.c.id, limit, cursor, event_of)
    place = id_place(cursor) or (after,)
    statement = statement.where(events.c.id > max(str(place[0]), after))
    rows = connection.execute(statement.order_by(events.c.id).limit(limit + 1)).all()
    return page_of([event_of(row) for row in rows], limit, _event_place)


def _event_place(event: Event) -> Place:
    return (event.id,)


def known_provider_ids(connection: Connection, connector: str, ids: Sequence[str]) -> set[str]:
    """Those of the ids that a message of ours carries."""
    rows = BY_PROVIDER_ID.rows(connection, ids)
    return {provider_id for of, provider_id, _ in rows if of == connector}


def contacts_waiting(
    connection: Connection, now: float, older_than: float, limit: int
) -> list[str]:
    """Contacts with a message that has waited, or with a timer that is due."""
    waiting = (
        select(messages.c.contact_id)
        .where(is_pending_inbound(), messages.c.created_at < older_than)
        .union(select(timers.c.contact_id).where(is_pending_timer(), timers.c.due_at <= now))
        .limit(limit)
    )
    return list(connection.execute(waiting).scalars())


def counts(connection: Connection) -> dict[str, int]:
    """How much waits."""
    waiting = {
        "pending_inbound": select(func.count()).select_from(messages).where(is_pending_inbound()),
        "unsettled_outbound": select(func.count()).select_from(messages).where(is_unsettled()),
        "pending_timers": select(func.count()).select_from(timers).where(is_pending_timer()),
    }
    return {name: connection.execute(it).scalar_one() for name, it in waiting.items()}
