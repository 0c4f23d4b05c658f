"""What becomes of outbound messages: outcomes, reports, and what the worker claims."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Double,
    Integer,
    Select,
    Text,
    bindparam,
    delete,
    exists,
    literal_column,
    or_,
    select,
    update,
)

from bot.domain.messages import Message
from bot.domain.records import DueMessage, Outcome, Report
from bot.store.bulk import Bulk, Query, change, insertion, once
from bot.store.rows import message_of
from bot.store.standing import after_outcome, after_report, claimed, moved
from bot.store.tables import (
    contacts,
    is_immediate,
    is_sent_by_us,
    is_text,
    is_timed,
    is_unsettled,
    messages,
    parked_reports,
)
from bot.store.transaction import Transaction

PARKED_SECONDS = 7 * 86400
"""How long a report waits for its message; providers send theirs within hours."""

LOCKED = Query(
    lambda among: (
        select(messages)
        .where(among(messages.c.id), is_text(messages.c.direction, "out"))
        .order_by(messages.c.id)
        .with_for_update()
    )
)
BY_PROVIDER_ID = Query(
    lambda among: select(messages.c.connector, messages.c.provider_id, messages.c.id).where(
        among(messages.c.provider_id), is_sent_by_us()
    )
)
PARKED = Query(
    lambda among: (
        select(parked_reports)
        .where(among(parked_reports.c.provider_id))
        .order_by(parked_reports.c.at)
    )
)
PARK = insertion(parked_reports, once)
FORGET_PARKED = Bulk(
    (parked_reports.c.at,),
    lambda given, dialect: delete(parked_reports).where(parked_reports.c.at < given["at"]),
)
UNPARK = Bulk(
    (parked_reports.c.provider_id, parked_reports.c.connector),
    lambda given, dialect: delete(parked_reports).where(
        parked_reports.c.provider_id == given["provider_id"],
        parked_reports.c.connector == given["connector"],
    ),
)
CHANGED = (
    messages.c.status, messages.c.provider_id, messages.c.error_code, messages.c.error,
    messages.c.due_at, messages.c.billed_segments, messages.c.attempts, messages.c.attempted_at,
)  # fmt: skip
WRITE = change(
    (*CHANGED, messages.c.id),
    lambda given: (
        update(messages)
        .values({c.name: given[c.name] for c in CHANGED})
        .where(messages.c.id == given["id"])
    ),
)

_Name = tuple[str, str]
"""A message as its provider names it: connector and provider id."""


@dataclass(slots=True)
class _Deliveries:
    """The messages that a batch is about, as they stand after each outcome and report."""

    by_id: dict[str, Message]
    by_name: dict[_Name, str]
    changed: set[str] = field(default_factory=set)
    named: set[_Name] = field(default_factory=set)
    homeless: list[Report] = field(default_factory=list)

    def take(self, transaction: Transaction, it: Outcome | Report) -> None:
        if isinstance(it, Outcome):
            self.settle(transaction, it)
        else:
            self.join(transaction, it)

    def settle(self, transaction: Transaction, outcome: Outcome) -> None:
        transaction.log(outcome.events)
        if outcome.message_id in self.by_id:
            self._put(after_outcome(self.by_id[outcome.message_id], outcome))

    def join(self, transaction: Transaction, report: Report) -> None:
        before = self._of(report)
        if before is None:
            self.homeless.append(report)
            return
        after = after_report(before, report)
        if after.status != before.status and report.event_id:
            transaction.log([moved(after, report)])
        self._put(after)

    def _of(self, report: Report) -> Message | None:
        message = self.by_id.get(report.message_id or "")
        if message is None or message.connector != report.connector:
            id_ = self.by_name.get((report.connector, report.provider_id), "")
            message = self.by_id.get(id_)
        return message

    def _put(self, message: Message) -> None:
        before = self.by_id[message.id]
        if message == before:
            return
        self.by_id[message.id] = message
        self.changed.add(message.id)
        if message.provider_id and message.provider_id != before.provider_id:
            name = (message.connector, message.provider_id)
            self.by_name[name] = message.id
            self.named.add(name)


def deliver(transaction: Transaction, news: Sequence[Outcome | Report]) -> list[None]:
    """Writes outcomes and joins reports, in this order; reports without a message are parked."""
    connection = transaction.connection
    _serialise(connection, [it.provider_id for it in news if it.provider_id])
    deliveries = _standing(connection, news)
    for it in news:
        deliveries.take(transaction, it)
    _park(transaction, deliveries)
    _unpark(transaction, deliveries)
    _write(connection, [deliveries.by_id[id_] for id_ in sorted(deliveries.changed)])
    return [None] * len(news)


def _serialise(connection: Connection, provider_ids: Iterable[str]) -> None:
    """Holds off other processes that hear of the same provider ids, until the commit.

    Else one could park a report, unseen by the other that writes the provider id it waits for.
    SQLite has one writer at a time anyway.
    """
    if connection.dialect.name != "postgresql":
        return
    keys = sorted({crc32(it.encode()) - 2**31 for it in provider_ids})
    if keys:
        connection.exec_driver_sql(
            "SELECT count(pg_advisory_xact_lock(7203, key)) FROM unnest($1::INTEGER[]) AS key",
            (keys,),
        )


def _standing(connection: Connection, news: Sequence[Outcome | Report]) -> _Deliveries:
    unnamed = {it.provider_id for it in news if isinstance(it, Report)}
    by_name = {
        (connector, provider_id): id_
        for connector, provider_id, id_ in BY_PROVIDER_ID.rows(connection, list(unnamed))
    } if unnamed else {}  # fmt: skip
    ids = {it.message_id for it in news if it.message_id} | set(by_name.values())
    rows = LOCKED.rows(connection, list(ids)) if ids else []
    return _Deliveries({row[0]: message_of(row) for row in rows}, by_name)


def _park(transaction: Transaction, deliveries: _Deliveries) -> None:
    """An outcome later in the same batch may have named the message that a report is about."""
    homeless, deliveries.homeless = deliveries.homeless, []
    for report in homeless:
        deliveries.join(transaction, report)
    rows = [
        (it.provider_id, it.connector, it.status, it.at, it.error_code, it.error, it.event_id)
        for it in deliveries.homeless
    ]
    if rows:
        oldest = min(it.at for it in deliveries.homeless) - PARKED_SECONDS
        FORGET_PARKED.run(transaction.connection, [(oldest,)])
        PARK.run(transaction.connection, sorted(rows))


def _unpark(transaction: Transaction, deliveries: _Deliveries) -> None:
    """Joins the reports that waited for a name which is known now."""
    names = deliveries.named
    if not names:
        return
    ids = [provider_id for _, provider_id in names]
    found = [
        Report(connector, provider_id, status, at, None, error_code, error, event_id)
        for provider_id, connector, status, at, error_code, error, event_id in PARKED.rows(
            transaction.connection, ids
        )
        if (connector, provider_id) in names
    ]
    for report in found:
        deliveries.join(transaction, report)
    UNPARK.run(transaction.connection, sorted({(it.provider_id, it.connector) for it in found}))


def _write(connection: Connection, changed: Sequence[Message]) -> None:
    WRITE.run(
        connection,
        [
            (
                it.status, it.provider_id, it.error_code, it.error, it.due_at,
                it.billed_segments, it.attempts, it.attempted_at, it.id,
            )
            for it in changed
        ],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claim:
    """Asks for messages to send or settle now."""

    now: float
    limit: int
    lease: float
    contact_id: str | None = None


def _first_of_threads(due: ColumnElement[bool], *order: Column[Any]) -> Select[Any]:
    """Not those of a contact who has written what no turn has heard yet: it may be STOP.

    Subqueries, not joins: what a planner without fresh statistics joins may take minutes.
    """
    thread = messages.alias("thread")
    first = (
        select(thread.c.id)
        .where(
            thread.c.contact_id == messages.c.contact_id,
            thread.c.conversation_id == messages.c.conversation_id,
            is_unsettled(thread),
        )
        .order_by(thread.c.id)
        .limit(literal_column("1"))
    )
    arrived = messages.alias("arrived")
    unheard = exists().where(
        arrived.c.contact_id == messages.c.contact_id,
        is_text(arrived.c.direction, "in"),
        is_text(arrived.c.status, "pending"),
    )
    opted_out = select(contacts.c.opted_out).where(contacts.c.id == messages.c.contact_id)
    return (
        select(messages, opted_out.scalar_subquery())
        .where(due, messages.c.id == first.scalar_subquery(), ~unheard)
        .order_by(*order, messages.c.id)
        .limit(bindparam("limit", type_=Integer))
        .with_for_update(of=messages, skip_locked=True)
    )


_is_past: ColumnElement[bool] = messages.c.due_at <= bindparam("now", type_=Double)

# Two queries, as each has a partial index that gives its rows in order, however many wait.
TIMED = Query(lambda among: _first_of_threads(is_timed() & _is_past, messages.c.due_at))
IMMEDIATE = Query(lambda among: _first_of_threads(is_immediate()))
OF_CONTACT = Query(
    lambda among: _first_of_threads(
        is_unsettled()
        & (messages.c.contact_id == bindparam("contact_id", type_=Text))
        & or_(_is_past, is_immediate()),
        messages.c.conversation_id,
    )
)


def claim(transaction: Transaction, asked: Sequence[Claim]) -> list[list[DueMessage]]:
    """Claims for each in turn; no two get the same message."""
    if transaction.connection.dialect.name == "postgresql":
        # The indexes give the rows in order; a planner that expects few would rather sort all.
        transaction.connection.exec_driver_sql("SET LOCAL enable_sort = off")
    return [_claim(transaction.connection, it) for it in asked]


def _claim(connection: Connection, asked: Claim) -> list[DueMessage]:
    due: list[DueMessage] = []
    for query in (TIMED, IMMEDIATE) if asked.contact_id is None else (OF_CONTACT,):
        rows = query.rows(
            connection,
            now=asked.now,
            limit=asked.limit - len(due),
            contact_id=asked.contact_id,
        )
        due += [
            claimed(message_of(row[:-1]), asked.now, asked.lease, bool(row[-1])) for row in rows
        ]
    _write(connection, [it.message for it in due])
    return due
