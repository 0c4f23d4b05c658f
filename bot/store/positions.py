"""How far something has come that goes on after a restart: one short text per name."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from bot.store.bulk import Insert, Query, insertion
from bot.store.tables import contacts, positions
from bot.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Position:
    """How far `name` has come."""

    name: str
    place: str


def _moved(statement: Insert) -> Insert:
    return statement.on_conflict_do_update(
        index_elements=["name"], set_={"place": statement.excluded.place}
    )


SET_POSITIONS = insertion(positions, _moved)
POSITIONS = Query(lambda among: select(positions.c.place).where(among(positions.c.name)))


def set_positions(transaction: Transaction, asked: Sequence[Position]) -> list[None]:
    """Writes each; of two for one name the later one stays."""
    places = {it.name: it.place for it in asked}
    SET_POSITIONS.run(transaction.connection, sorted(places.items()))
    return [None] * len(asked)


def position(connection: Connection, name: str) -> str | None:
    """How far it has come; None where it never began."""
    return next((place for (place,) in POSITIONS.rows(connection, [name])), None)


def time_zones(connection: Connection) -> list[str | None]:
    """The time zones of the contacts, each once; None is among them where one has none."""
    zones = connection.execute(select(contacts.c.time_zone).distinct()).scalars()
    return sorted(zones, key=lambda zone: zone or "")
