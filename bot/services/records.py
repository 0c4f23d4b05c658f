"""A collection of the data store as a file: lines of JSON, or a table for a spreadsheet."""

import csv
import io
import json
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Any, Literal

from bot.domain.data_records import DataRecord
from bot.services.ports import Store

Format = Literal["csv", "jsonl"]
PAGE = 500
COLUMNS = ("id", "at", "key", "contact_id", "session_id", "flow")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How formulas begin, in Japanese spreadsheets also with the wide forms."""


async def exported(store: Store, collection: str, format: Format) -> AsyncIterator[str]:
    """The records of a collection piece by piece, the latest made first.

    Lines of JSON are whole records. The table has one column for each name of a value: all records
    are read twice, first for their names. What is stored meanwhile is left for the next export.
    """
    if format == "jsonl":
        async for page in _pages(store, collection):
            yield "".join(json.dumps(as_json(it), ensure_ascii=False) + "\n" for it in page)
        return
    names, newest = await _names(store, collection)
    yield _lines([[*COLUMNS, *map(harmless, names)]])
    async for page in _pages(store, collection):
        yield _lines(_row(it, names) for it in page if it.id <= newest)


def as_json(it: DataRecord) -> dict[str, Any]:
    """A record as the API shows it."""
    return {
        "id": it.id,
        "collection": it.collection,
        "key": it.key,
        "at": _time(it),
        "values": dict(it.values),
        "contact_id": it.contact_id or None,
        "session_id": it.session_id or None,
        "flow": it.flow or None,
    }


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


async def _pages(store: Store, collection: str) -> AsyncIterator[tuple[DataRecord, ...]]:
    cursor: str | None = None
    while True:
        page = await store.list_data_records(PAGE, cursor, collection=collection)
        yield page.items
        cursor = page.next_cursor
        if cursor is None:
            return


async def _names(store: Store, collection: str) -> tuple[list[str], str]:
    """The names of all values, and the id of the newest record."""
    names: dict[str, None] = {}
    newest = ""
    async for page in _pages(store, collection):
        for it in page:
            newest = max(newest, it.id)
            names.update(dict.fromkeys(it.values))
    return sorted(names), newest


def _row(it: DataRecord, names: Iterable[str]) -> list[str]:
    known = [it.id, _time(it), it.key or "", it.contact_id, it.session_id, it.flow]
    return [*map(harmless, known), *(_cell(it.values.get(name)) for name in names)]


def _cell(value: Any) -> str:
    """Numbers stay numbers, for no formula is a number by itself; lists and objects are JSON."""
    if value is None:
        return ""
    return harmless(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _time(it: DataRecord) -> str:
    return datetime.fromtimestamp(it.at, UTC).isoformat().replace("+00:00", "Z")


def _lines(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    # Quoted all: where a spreadsheet takes ; or a tab for the end of a cell, none begins within one.
    csv.writer(text, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue()
