"""Publications and the definitions that they name, in SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, delete, exists, func, select

from bot.domain.publications import PUBLICATIONS_KEPT, Globals, Publication, PublishedFlow
from bot.domain.records import Page
from bot.engine.session import Session
from bot.store.bulk import Bulk, Query, insertion, once
from bot.store.cursors import number_place, page_of
from bot.store.pages import before
from bot.store.rows import Values, decode, encode, session_of
from bot.store.tables import api_versions, flow_versions, is_open, publications, sessions
from bot.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class ApiVersion:
    """An API call's definition under its content hash."""

    version: str
    name: str
    definition: str
    at: float


@dataclass(frozen=True, slots=True)
class Removal:
    """A version of a flow that is to be forgotten."""

    name: str
    version: str


INSERT_PUBLICATION = insertion(publications, once)
REMOVE_OLD = Bulk(
    (publications.c.number,),
    lambda given, dialect: delete(publications).where(publications.c.number <= given["number"]),
)
INSERT_APIS = insertion(api_versions, once)
_LIVE = exists().where(
    sessions.c.flow == flow_versions.c.name, sessions.c.version == flow_versions.c.hash, is_open()
)
REMOVE_FLOW = Bulk(
    (flow_versions.c.hash, flow_versions.c.name),
    lambda given, dialect: delete(flow_versions).where(
        flow_versions.c.hash == given["hash"], flow_versions.c.name == given["name"], ~_LIVE
    ),
)
APIS = Query(lambda among: select(api_versions.c.definition).where(among(api_versions.c.hash)))
NEWEST_NUMBER = Query(lambda among: select(func.max(publications.c.number)))
NEWEST = Query(
    lambda among: (
        select(publications)
        .order_by(publications.c.number.desc())
        .limit(bindparam("limit", type_=Integer))
    )
)


def publish(transaction: Transaction, asked: Sequence[Publication]) -> list[bool]:
    """True for each that is the first with its number."""
    return [_publish(transaction, it) for it in asked]


def _publish(transaction: Transaction, it: Publication) -> bool:
    if INSERT_PUBLICATION.run(transaction.connection, [publication_row(it)]) == 0:
        return False
    REMOVE_OLD.run(transaction.connection, [(it.number - PUBLICATIONS_KEPT,)])
    transaction.log(it.events)
    return True


def publish_apis(transaction: Transaction, asked: Sequence[ApiVersion]) -> list[None]:
    """Keeps definitions; the first under a hash stays."""
    rows = sorted((it.version, it.name, it.definition, it.at) for it in asked)
    INSERT_APIS.run(transaction.connection, rows)
    return [None] * len(asked)


def remove(transaction: Transaction, asked: Sequence[Removal]) -> list[bool]:
    """True for each that was there, and that neither new nor live sessions need."""
    return [_remove(transaction.connection, it) for it in asked]


def _remove(connection: Connection, it: Removal) -> bool:
    current = newest(connection)
    if current is not None and current.flows.get(it.name) == it.version:
        return False
    return REMOVE_FLOW.run(connection, [(it.version, it.name)]) == 1


def newest_number(connection: Connection) -> int:
    """The number of the newest publication; 0 where there is none."""
    rows = NEWEST_NUMBER.rows(connection)
    return rows[0][0] or 0


def newest(connection: Connection) -> Publication | None:
    """What is current."""
    rows = NEWEST.rows(connection, limit=1)
    return publication_of(rows[0]) if rows else None


def list_publications(
    connection: Connection, limit: int, cursor: str | None, globals_changed: bool
) -> Page:
    """Publications, newest first; with `globals_changed` those alone that changed global values."""
    statement = select(publications)
    if globals_changed:
        statement = statement.where(publications.c.globals_changed.is_(True))
    place = number_place(cursor)
    rows = connection.execute(before(statement, (publications.c.number,), limit, place)).all()
    return page_of([publication_of(row) for row in rows], limit, lambda it: (it.number,))


def api_definition(connection: Connection, version: str) -> str | None:
    """The definition of an API call by its hash."""
    return next((text for (text,) in APIS.rows(connection, [version])), None)


def flow_versions_of(connection: Connection, name: str) -> list[PublishedFlow]:
    """The versions of a flow that are kept, the latest first."""
    statement = (
        select(flow_versions.c.hash, flow_versions.c.published_at)
        .where(flow_versions.c.name == name)
        .order_by(flow_versions.c.published_at.desc(), flow_versions.c.hash)
    )
    return [PublishedFlow(*row) for row in connection.execute(statement)]


def live_counts(connection: Connection, flow: str) -> dict[tuple[str, str], int]:
    """How many sessions of a flow are not ended, by version and state."""
    statement = (
        select(sessions.c.version, sessions.c.state, func.count())
        .where(sessions.c.flow == flow, is_open())
        .group_by(sessions.c.version, sessions.c.state)
    )
    return {(version, state): count for version, state, count in connection.execute(statement)}


def live_sessions(
    connection: Connection, flow: str, version: str, limit: int, after: str
) -> list[Session]:
    """Sessions of a version that are not ended, by id, those behind `after`."""
    statement = (
        select(sessions.c.data)
        .where(
            sessions.c.flow == flow,
            sessions.c.version == version,
            sessions.c.id > after,
            is_open(),
        )
        .order_by(sessions.c.id)
        .limit(limit)
    )
    return [session_of(data) for (data,) in connection.execute(statement)]


def publication_row(it: Publication) -> Values:
    """A row of `publications`."""
    shared = it.shared
    manifest: Mapping[str, Any] = {
        "flows": it.flows,
        "apis": it.apis,
        "globals": {
            "version": shared.version,
            "values": shared.values,
            "file": shared.file,
            "at": shared.at,
            "source": shared.source,
        },
    }
    return it.number, it.at, it.source, it.globals_changed, encode(manifest)


def publication_of(row: Values) -> Publication:
    """The publication of a row."""
    number, at, source, globals_changed, manifest = row
    said = decode(manifest)
    return Publication(
        number, at, source, said["flows"], said["apis"], Globals(**said["globals"]),
        bool(globals_changed),
    )  # fmt: skip
