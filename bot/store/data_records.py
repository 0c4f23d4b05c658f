"""Writes the data store: records of turns, in the transaction of the turn, and their deletion."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete

from bot.domain.data_records import DataRecord, merged
from bot.store.bulk import Bulk, Insert, insertion, once
from bot.store.rows import Values, decode, encode
from bot.store.tables import data_records
from bot.store.transaction import Transaction


def _later(statement: Insert) -> Insert:
    new = statement.excluded
    kept = ("id", "collection", "key")
    return statement.on_conflict_do_update(
        index_elements=["collection", "key"],
        set_={c.name: new[c.name] for c in data_records.c if c.name not in kept},
        where=data_records.c.at <= new.at,
    )


INSERT_RECORDS = insertion(data_records, once)
REPLACE_RECORDS = insertion(data_records, _later)
DELETE_RECORDS = Bulk(
    (data_records.c.id,),
    lambda given, dialect: delete(data_records).where(data_records.c.id == given["id"]),
)


@dataclass(frozen=True, slots=True)
class Deletion:
    """A record that is to go."""

    record_id: str


def write(connection: Connection, records: Sequence[DataRecord]) -> None:
    """Adds the records; one whose key is there takes the place of the one that has it."""
    ordered = merged(records)
    INSERT_RECORDS.run(connection, [record_row(it) for it in ordered if it.key is None])
    REPLACE_RECORDS.run(connection, [record_row(it) for it in ordered if it.key is not None])


def erase(transaction: Transaction, deletions: Sequence[Deletion]) -> list[bool]:
    """True for each record that was there."""
    rows = [(it.record_id,) for it in deletions]
    return [DELETE_RECORDS.run(transaction.connection, [row]) == 1 for row in rows]


def record_row(it: DataRecord) -> Values:
    """A row of `data_records`."""
    return (
        it.id, it.collection, it.at, encode(it.values), it.key, it.contact_id, it.session_id,
        it.flow,
    )  # fmt: skip


def record_of(row: Values) -> DataRecord:
    """The record of a row."""
    id_, collection, at, data, *others = row
    return DataRecord(id_, collection, at, decode(data), *others)
