"""Statements compiled once for each database, that write or find many rows at once.

One text per statement whatever the number of rows: `unnest` of one array per column on PostgreSQL,
`executemany` on SQLite. Values reach the driver as they are, so JSON is given and read as text.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Delete,
    Select,
    Table,
    Text,
    Update,
    any_,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from bot.store.tables import Json

Insert = postgresql.Insert | sqlite.Insert
Writing = Insert | Update | Delete
Given = Mapping[str, ColumnElement[Any]]
"""The columns of the rows that a statement is run over, by name."""
Among = Callable[[Column[Any]], ColumnElement[bool]]
"""Says that a column's value is one of the keys that are looked up."""

_PREFIX = "given_"


def _arrays(columns: Sequence[Column[Any]]) -> Given:
    """The rows as a table, from one array per column."""
    binds = [bindparam(_PREFIX + c.name, type_=ARRAY(_element_type(c))) for c in columns]
    rows = func.unnest(*binds).table_valued(*(c.name for c in columns)).render_derived("given")
    return {
        c.name: cast(rows.c[c.name], postgresql.JSONB) if c.type is Json else rows.c[c.name]
        for c in columns
    }


def _element_type(column: Column[Any]) -> Any:
    return Text() if column.type is Json else column.type


def _binds(columns: Sequence[Column[Any]]) -> Given:
    return {c.name: bindparam(_PREFIX + c.name) for c in columns}


class Bulk:
    """A statement over many rows; `run` answers how many rows it wrote.

    `build` makes the statement from the given columns. It must bind nothing else.
    """

    def __init__(
        self,
        columns: Sequence[Column[Any]],
        build: Callable[[Given, str], Writing],
    ) -> None:
        self._columns, self._build = tuple(columns), build
        self._compiled: dict[str, tuple[str, Callable[[Sequence[Any]], Any]]] = {}

    def run(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> int:
        """Runs over the rows, whose values stand in the order of the columns."""
        if not rows:
            return 0
        sql, parameters = self._for(connection.dialect)
        return connection.exec_driver_sql(sql, parameters(rows)).rowcount

    def _for(self, dialect: Dialect) -> tuple[str, Callable[[Sequence[Any]], Any]]:
        if dialect.name not in self._compiled:
            self._compiled[dialect.name] = self._compile(dialect)
        return self._compiled[dialect.name]

    def _compile(self, dialect: Dialect) -> tuple[str, Callable[[Sequence[Any]], Any]]:
        in_arrays = dialect.name == "postgresql"
        given = (_arrays if in_arrays else _binds)(self._columns)
        text, binds, _ = _text_of(self._build(given, dialect.name), dialect)
        names = [_PREFIX + c.name for c in self._columns]
        order = [names.index(bind) for bind in binds]
        return text, _in_arrays(order) if in_arrays else _row_by_row(order)


def _in_arrays(order: Sequence[int]) -> Callable[[Sequence[Any]], Any]:
    def parameters(rows: Sequence[Any]) -> Any:
        columns = list(zip(*rows, strict=True))
        return tuple(columns[index] for index in order)

    return parameters


def _row_by_row(order: Sequence[int]) -> Callable[[Sequence[Any]], Any]:
    if list(order) == list(range(len(order))):
        return list
    if len(order) == 1:
        return lambda rows: [(row[order[0]],) for row in rows]
    pick = itemgetter(*order)
    return lambda rows: [pick(row) for row in rows]


def _text_of(statement: Any, dialect: Dialect) -> tuple[str, Sequence[str], Mapping[str, Any]]:
    """The text, the names of what is bound in it, and the values that it comes with."""
    compiled: SQLCompiler = statement.compile(dialect=dialect)
    return compiled.string, compiled.positiontup or (), compiled.params


def _as_it_is(statement: Insert) -> Insert:
    return statement


def insertion(
    table: Table,
    conflict: Callable[[Insert], Insert] = _as_it_is,
    columns: Sequence[Column[Any]] | None = None,
) -> Bulk:
    """An INSERT of whole rows, with what is to happen `ON CONFLICT`."""

    def build(given: Given, dialect: str) -> Insert:
        if dialect == "postgresql":
            rows = select(*given.values())
            return conflict(postgresql.insert(table).from_select(list(given), rows))
        return conflict(sqlite.insert(table).values(dict(given)))

    return Bulk(tuple(columns or table.columns), build)


def once(statement: Insert) -> Insert:
    """What is there already stays as it is."""
    return statement.on_conflict_do_nothing()


def change(columns: Sequence[Column[Any]], build: Callable[[Given], Update]) -> Bulk:
    """An UPDATE by given rows."""
    return Bulk(columns, lambda given, dialect: build(given))


class Query:
    """A SELECT by many keys and by parameters, read as plain rows."""

    def __init__(self, build: Callable[[Among], Select[Any]]) -> None:
        self._build = build
        self._compiled: dict[str, tuple[str, Sequence[str], Mapping[str, Any]]] = {}

    def rows(
        self, connection: Connection, keys: Sequence[str] = (), **parameters: Any
    ) -> Sequence[Any]:
        """The rows for these keys."""
        name = connection.dialect.name
        if name not in self._compiled:
            self._compiled[name] = _text_of(self._build(_among(name)), connection.dialect)
        sql, binds, constants = self._compiled[name]
        keys_value = list(keys) if name == "postgresql" else json.dumps(list(keys))
        values = {**constants, **parameters, "keys": keys_value}
        return connection.exec_driver_sql(sql, tuple(values[bind] for bind in binds)).all()


def _among(dialect: str) -> Among:
    if dialect == "postgresql":
        return lambda column: column == any_(bindparam("keys", type_=ARRAY(Text)))
    keys = func.json_each(bindparam("keys")).table_valued("value")
    return lambda column: column.in_(select(keys.c.value))
