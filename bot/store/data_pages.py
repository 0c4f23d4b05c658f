"""Reads the data store: records by id and in pages, and what collections there are."""

from collections.abc import Callable, Mapping

from sqlalchemy import Connection, func, select

from bot.domain.data_records import DataRecord
from bot.domain.records import Page
from bot.store.bulk import Query
from bot.store.cursors import id_place, page_of
from bot.store.data_records import record_of
from bot.store.pages import before, filtered, one
from bot.store.tables import data_records

BY_ID = Query(lambda among: select(data_records).where(among(data_records.c.id)))

data_record: Callable[[Connection, str], DataRecord | None] = one(BY_ID, record_of)


def list_data_records(
    connection: Connection, limit: int, cursor: str | None, collection: str | None,
    contact_id: str | None, key: str | None,
) -> Page:  # fmt: skip
    """Records, the latest made first."""
    statement = filtered(
        select(data_records),
        {
            data_records.c.collection: collection,
            data_records.c.contact_id: contact_id,
            data_records.c.key: key,
        },
    )
    found = before(statement, (data_records.c.id,), limit, id_place(cursor))
    rows = connection.execute(found).all()
    return page_of([record_of(row) for row in rows], limit, lambda it: (it.id,))


def collections(connection: Connection) -> Mapping[str, int]:
    """How many records each collection has, by name."""
    name = data_records.c.collection
    counted = select(name, func.count()).group_by(name).order_by(name)
    return {row[0]: row[1] for row in connection.execute(counted)}
