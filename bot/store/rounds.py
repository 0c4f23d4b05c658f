"""One batch as one transaction; a batch that fails is replayed item by item."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection

from bot.domain.publications import Publication
from bot.domain.records import Outcome, Report, StoreUnavailable, TurnRecord
from bot.domain.reviews import Collected, Decision
from bot.store import (
    data_records,
    deliveries,
    inbox,
    ledger,
    positions,
    publications,
    reviews,
    turns,
)
from bot.store.database import Database, Unreachable
from bot.store.transaction import GuardFailed, Transaction, Writer

WRITERS: Sequence[tuple[tuple[type, ...], Writer]] = (
    ((inbox.Filing,), inbox.accept),
    ((TurnRecord,), turns.save),
    ((ledger.Append,), ledger.append),
    ((Outcome, Report), deliveries.deliver),
    ((ledger.JournalEntry,), ledger.write_journal),
    ((ledger.FlowVersion,), ledger.publish),
    ((publications.ApiVersion,), publications.publish_apis),
    ((Publication,), publications.publish),
    ((publications.Removal,), publications.remove),
    ((ledger.Lease,), ledger.take_leases),
    ((Collected,), reviews.file),
    ((Decision,), reviews.decide),
    ((data_records.Deletion,), data_records.erase),
    ((positions.Position,), positions.set_positions),
    # Last, as it locks rows in no common order: it waits for none, and nothing is locked after it.
    ((deliveries.Claim,), deliveries.claim),
)
"""All kinds of writes, in the order that keeps processes from waiting for each other in a ring."""

READERS: Sequence[tuple[type, Callable[[Connection, Any], Sequence[Any]]]] = (
    (turns.Load, turns.load),
    (ledger.Latest, ledger.read_latest),
)
"""All kinds of reads that turns make."""


async def write_round(database: Database, items: Sequence[Any]) -> Sequence[Any]:
    """One result per item; an exception for an item that failed by itself.

    A COMMIT whose answer was lost may have been applied. The replay is safe all the same: receipts,
    revisions and claims let nothing be written twice.
    """
    try:
        return await database.write(partial(_write, items))
    except Exception:  # noqa: BLE001 - whatever one item causes must not fail the others
        return await _one_by_one(partial(_write_alone, database), items)


async def _one_by_one(
    alone: Callable[[Any], Awaitable[Any]], items: Sequence[Any]
) -> Sequence[Any]:
    """Gives up where the database does not answer twice: a lost connection is made anew, once."""
    results: list[Any] = []
    renewed = False
    for item in items:
        result = await alone(item)
        if isinstance(result, Unreachable) and not renewed:
            renewed = True
            result = await alone(item)
        results.append(result)
        if isinstance(result, Unreachable):
            break
    return results + [results[-1]] * (len(items) - len(results))


async def _write_alone(database: Database, item: Any) -> Any:
    try:
        return (await database.write(partial(_write, [item])))[0]
    except GuardFailed:
        return False if isinstance(item, TurnRecord) else StoreUnavailable("the id is taken")
    except Exception as error:  # noqa: BLE001 - it is handed to the item's caller
        return error


def _write(items: Sequence[Any], connection: Connection) -> Sequence[Any]:
    transaction = Transaction(connection)
    results: list[Any] = [None] * len(items)
    for kinds, writer in WRITERS:
        places = [place for place, item in enumerate(items) if isinstance(item, kinds)]
        if places:
            answers = writer(transaction, [items[place] for place in places])
            for place, answer in zip(places, answers, strict=True):
                results[place] = answer
    transaction.flush()
    return results


async def read_round(database: Database, items: Sequence[Any]) -> Sequence[Any]:
    """One result per item; an exception for an item that cannot be read.

    A connection that was lost meanwhile is made anew, once.
    """
    try:
        try:
            return await database.read(partial(_read, items))
        except Unreachable:
            return await database.read(partial(_read, items))
    except Unreachable as error:
        return [error] * len(items)
    except Exception:  # noqa: BLE001 - one unreadable row must not fail the others
        return await _one_by_one(partial(_read_alone, database), items)


async def _read_alone(database: Database, item: Any) -> Any:
    try:
        return (await database.read(partial(_read, [item])))[0]
    except Exception as error:  # noqa: BLE001 - it is handed to the item's caller
        return error


def _read(items: Sequence[Any], connection: Connection) -> Sequence[Any]:
    results: list[Any] = [None] * len(items)
    for kind, reader in READERS:
        places = [place for place, item in enumerate(items) if isinstance(item, kind)]
        if places:
            answers = reader(connection, [items[place] for place in places])
            for place, answer in zip(places, answers, strict=True):
                results[place] = answer
    return results
