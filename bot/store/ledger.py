"""The log, the journal of remote calls, published flows, and leases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Integer, Text, bindparam, literal_column, or_, select

from bot.domain.events import Event
from bot.store.bulk import Insert, Query, insertion, once
from bot.store.rows import Values, decode, encode, event_of
from bot.store.tables import events, flow_versions, journal, leases
from bot.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Append:
    """Events for the log."""

    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A remote call's result under `turn:step`."""

    key: str
    result: Any
    at: float


@dataclass(frozen=True, slots=True)
class FlowVersion:
    """A flow's definition under its content hash."""

    version: str
    name: str
    definition: str
    at: float


@dataclass(frozen=True, slots=True)
class Lease:
    """A named lease that is asked for, from now until then."""

    name: str
    owner: str
    now: float
    until: float


WRONG_CLOCK_SECONDS = 3600.0
"""A lease that lasts for so much longer than it is asked for was taken by a clock that was wrong."""


def _if_free(statement: Insert) -> Insert:
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["name"],
        set_={"owner": new.owner, "taken_at": new.taken_at, "until": new.until},
        where=or_(
            leases.c.owner == new.owner,
            leases.c.until <= new.taken_at,
            leases.c.until > new.until + literal_column(f"{WRONG_CLOCK_SECONDS}"),
        ),
    )


INSERT_JOURNAL = insertion(journal, once)
INSERT_FLOWS = insertion(flow_versions, once)
TAKE_LEASE = insertion(leases, _if_free)
RESULTS = Query(lambda among: select(journal.c.key, journal.c.result).where(among(journal.c.key)))
FLOWS = Query(
    lambda among: select(flow_versions.c.definition).where(
        among(flow_versions.c.hash), flow_versions.c.name == bindparam("name", type_=Text)
    )
)
LATEST_EVENTS = Query(
    lambda among: (
        select(events)
        .where(events.c.session_id == bindparam("session_id", type_=Text))
        .order_by(events.c.id.desc())
        .limit(bindparam("limit", type_=Integer))
    )
)


def append(transaction: Transaction, asked: Sequence[Append]) -> list[None]:
    """Appends to the log."""
    for it in asked:
        transaction.log(it.events)
    return [None] * len(asked)


def write_journal(transaction: Transaction, entries: Sequence[JournalEntry]) -> list[None]:
    """Keeps results; the first under a key stays."""
    rows = sorted((it.key, encode(it.result), it.at) for it in entries)
    INSERT_JOURNAL.run(transaction.connection, rows)
    return [None] * len(entries)


def publish(transaction: Transaction, flows: Sequence[FlowVersion]) -> list[None]:
    """Keeps definitions; the first under a hash stays."""
    rows = sorted((it.version, it.name, it.definition, it.at) for it in flows)
    INSERT_FLOWS.run(transaction.connection, rows)
    return [None] * len(flows)


def take_leases(transaction: Transaction, asked: Sequence[Lease]) -> list[bool]:
    """True for each that is the holder now."""
    rows = [(it.name, it.owner, it.now, it.until) for it in asked]
    return [TAKE_LEASE.run(transaction.connection, [row]) == 1 for row in rows]


def read_journal(connection: Connection, keys: Sequence[str]) -> Mapping[str, Any]:
    """Results by key."""
    return {key: decode(result) for key, result in RESULTS.rows(connection, keys)}


def read_flow(connection: Connection, name: str, version: str) -> str | None:
    """The definition of a flow in a published version."""
    return next((text for (text,) in FLOWS.rows(connection, [version], name=name)), None)


@dataclass(frozen=True, slots=True)
class Latest:
    """Asks for the latest events of a session."""

    session_id: str
    limit: int


def read_latest(connection: Connection, asked: Sequence[Latest]) -> list[list[Event]]:
    """The latest events of each session, oldest first."""
    return [_latest(connection, it) for it in asked]


def _latest(connection: Connection, asked: Latest) -> list[Event]:
    rows: Sequence[Values] = LATEST_EVENTS.rows(
        connection, session_id=asked.session_id, limit=asked.limit
    )
    return [event_of(row) for row in reversed(rows)]
