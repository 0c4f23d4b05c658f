"""Reads what turns need, and writes what they did: each whole, or not at all."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, literal_column, select, update

from bot.domain.contacts import Conversation
from bot.domain.records import TurnRecord, Work
from bot.engine.session import Session
from bot.store import data_records
from bot.store.bulk import Bulk, Insert, Query, change, insertion, once
from bot.store.rows import (
    Values,
    consent_row,
    contact_of,
    contact_row,
    conversation_of,
    conversation_row,
    message_of,
    message_row,
    session_of,
    session_row,
    timer_of,
    timer_row,
)
from bot.store.tables import (
    addresses,
    consent,
    contact_tags,
    contacts,
    conversations,
    is_open,
    is_pending_inbound,
    is_pending_timer,
    is_text,
    is_unsettled,
    messages,
    sessions,
    timers,
)
from bot.store.transaction import GuardFailed, Transaction

ONE: ColumnElement[int] = literal_column("1")


def _next_contact(statement: Insert) -> Insert:
    new = statement.excluded
    kept = ("id", "created_at")
    return statement.on_conflict_do_update(
        index_elements=["id"],
        set_={c.name: new[c.name] for c in contacts.c if c.name not in kept},
        where=contacts.c.version == new.version - ONE,
    )


def _next_session(statement: Insert) -> Insert:
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["id"],
        set_={c.name: new[c.name] for c in sessions.c if c.name != "id"},
        where=sessions.c.revision == new.revision - ONE,
    )


def _new_status(statement: Insert) -> Insert:
    return statement.on_conflict_do_update(
        index_elements=["id"], set_={"status": statement.excluded.status}
    )


# Said so that no partial index fits: rows are found by id, however many others are pending.
_IS_WAITING = ~is_text(timers.c.status, "fired", "cancelled")

CLAIM_MESSAGES = change(
    (messages.c.turn_id, messages.c.id),
    lambda given: (
        update(messages)
        .values(status=literal_column("'handled'"), turn_id=given["turn_id"])
        .where(messages.c.id == given["id"], is_text(messages.c.status, "pending"))
    ),
)
CLAIM_TIMERS = change(
    (timers.c.id,),
    lambda given: (
        update(timers)
        .values(status=literal_column("'fired'"))
        .where(timers.c.id == given["id"], _IS_WAITING)
    ),
)
CANCEL_TIMERS = change(
    (timers.c.id,),
    lambda given: (
        update(timers)
        .values(status=literal_column("'cancelled'"))
        .where(timers.c.id == given["id"], _IS_WAITING)
    ),
)
WRITE_CONTACTS = insertion(contacts, _next_contact)
WRITE_SESSIONS = insertion(sessions, _next_session)
WRITE_CONVERSATIONS = insertion(conversations, _new_status)
INSERT_ADDRESSES = insertion(addresses, once)
INSERT_TIMERS = insertion(timers, once)
INSERT_CONSENT = insertion(consent, once)
ADD_TAGS = insertion(contact_tags, once)
REMOVE_TAGS = Bulk(
    (contact_tags.c.contact_id, contact_tags.c.tag),
    lambda given, dialect: delete(contact_tags).where(
        contact_tags.c.contact_id == given["contact_id"], contact_tags.c.tag == given["tag"]
    ),
)


def save(transaction: Transaction, turns: Sequence[TurnRecord]) -> list[bool]:
    """Writes the turns. Raises GuardFailed if another was first with any of them."""
    turns = sorted(turns, key=lambda turn: turn.contact_id)
    _claim(transaction.connection, turns)
    _write_state(transaction.connection, turns)
    _write_news(transaction, turns)
    return [True] * len(turns)


def _claim(connection: Connection, turns: Sequence[TurnRecord]) -> None:
    _guarded(
        CLAIM_MESSAGES, connection,
        [(turn.id, turn.claims_message) for turn in turns if turn.claims_message],
    )  # fmt: skip
    _guarded(
        CLAIM_TIMERS, connection, [(turn.claims_timer,) for turn in turns if turn.claims_timer]
    )


def _write_state(connection: Connection, turns: Sequence[TurnRecord]) -> None:
    changed = [turn.contact for turn in turns if turn.contact]
    _guarded(WRITE_CONTACTS, connection, [contact_row(it) for it in changed])
    threads = sorted((it for turn in turns for it in turn.conversations), key=_id)
    INSERT_ADDRESSES.run(connection, [(it.address, it.contact_id) for it in threads])
    WRITE_CONVERSATIONS.run(connection, [conversation_row(it) for it in threads])
    runs = sorted((it for turn in turns for it in turn.sessions), key=_id)
    _guarded(WRITE_SESSIONS, connection, [session_row(it) for it in runs])


_id: Callable[[Conversation | Session], str] = attrgetter("id")


def _guarded(bulk: Bulk, connection: Connection, rows: Sequence[Values]) -> None:
    if bulk.run(connection, rows) != len(rows):
        raise GuardFailed


def _write_news(transaction: Transaction, turns: Sequence[TurnRecord]) -> None:
    connection = transaction.connection
    for turn in turns:
        transaction.messages.extend(message_row(it) for it in turn.messages)
        transaction.log(turn.events)
    INSERT_TIMERS.run(connection, [timer_row(it) for turn in turns for it in turn.timers_set])
    CANCEL_TIMERS.run(connection, [(id_,) for turn in turns for id_ in turn.timers_cancelled])
    INSERT_CONSENT.run(connection, [consent_row(it) for turn in turns for it in turn.consent])
    REMOVE_TAGS.run(
        connection, [(turn.contact_id, tag) for turn in turns for tag in turn.tags_removed]
    )
    ADD_TAGS.run(
        connection, [(turn.contact_id, tag, turn.at) for turn in turns for tag in turn.tags_added]
    )
    data_records.write(connection, [it for turn in turns for it in turn.data])


CONTACTS = Query(lambda among: select(contacts).where(among(contacts.c.id)))
TAGS = Query(
    lambda among: select(contact_tags.c.contact_id, contact_tags.c.tag).where(
        among(contact_tags.c.contact_id)
    )
)
CONVERSATIONS = Query(lambda among: select(conversations).where(among(conversations.c.contact_id)))
OPEN_SESSIONS = Query(
    lambda among: (
        select(sessions.c.contact_id, sessions.c.data)
        .where(among(sessions.c.contact_id), is_open())
        .order_by(sessions.c.id)
    )
)
PENDING = Query(
    lambda among: (
        select(messages)
        .where(among(messages.c.contact_id), is_pending_inbound())
        .order_by(messages.c.id)
    )
)
UNSETTLED_THREADS = Query(
    lambda among: (
        select(messages.c.contact_id, messages.c.conversation_id)
        .where(among(messages.c.contact_id), is_unsettled())
        .distinct()
    )
)
DUE_TIMERS = Query(
    lambda among: (
        select(timers)
        .where(
            among(timers.c.contact_id),
            is_pending_timer(),
            timers.c.due_at <= bindparam("now", type_=timers.c.due_at.type),
        )
        .order_by(timers.c.due_at, timers.c.id)
    )
)


@dataclass(frozen=True, slots=True)
class Load:
    """Asks for a contact's work as of now."""

    contact_id: str
    now: float


def load(connection: Connection, asked: Sequence[Load]) -> list[Work | None]:
    """The work of each contact: one query per table, whatever the number of contacts."""
    ids = list({it.contact_id for it in asked})
    latest = max(it.now for it in asked)
    rows = {row[0]: row for row in CONTACTS.rows(connection, ids)}
    tags = _grouped((id_, tag) for id_, tag in TAGS.rows(connection, ids))
    threads = _grouped(
        (row[1], conversation_of(row)) for row in CONVERSATIONS.rows(connection, ids)
    )
    runs = _grouped((id_, session_of(it)) for id_, it in OPEN_SESSIONS.rows(connection, ids))
    pending = _grouped((row[4], message_of(row)) for row in PENDING.rows(connection, ids))
    due = _grouped((row[1], timer_of(row)) for row in DUE_TIMERS.rows(connection, ids, now=latest))
    unsettled = _grouped((id_, it) for id_, it in UNSETTLED_THREADS.rows(connection, ids))

    def work(it: Load) -> Work | None:
        id_ = it.contact_id
        if id_ not in rows:
            return None
        return Work(
            contact=contact_of(rows[id_], frozenset(tags[id_])),
            conversations={thread.id: thread for thread in threads[id_]},
            sessions=tuple(runs[id_]),
            messages=tuple(pending[id_]),
            timers=tuple(timer for timer in due[id_] if timer.due_at <= it.now),
            unsettled=frozenset(unsettled[id_]),
        )

    return [work(it) for it in asked]


def _grouped(pairs: Iterable[tuple[str, Any]]) -> defaultdict[str, list[Any]]:
    groups: defaultdict[str, list[Any]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups
