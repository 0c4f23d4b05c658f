"""Migrations make exactly the tables that the code knows, and take them back."""

import asyncio
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

from bot.store.connecting import connect
from bot.store.schema import downgrade, upgrade
from bot.store.tables import metadata


def _differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


def _indexes(connection: Connection) -> set[str]:
    inspector = inspect(connection)
    return {str(it["name"]) for table in metadata.tables for it in inspector.get_indexes(table)}


async def test_models_and_migrations_agree(url: str) -> None:
    await upgrade(url)
    database = connect(url)
    assert await database.browse(_differences) == []
    assert await database.browse(_indexes) == {
        it.name for table in metadata.tables.values() for it in table.indexes
    }
    await database.close()


async def test_down_and_up_again(url: str) -> None:
    await downgrade(url)
    database = connect(url)
    assert await database.browse(lambda it: inspect(it).get_table_names()) == ["alembic_version"]
    await database.close()
    await asyncio.gather(upgrade(url), upgrade(url))
    await upgrade(url)


async def test_definitions_outlive_the_change_of_their_key(url: str) -> None:
    kept_before = (
        "INSERT INTO flow_versions (hash, name, definition, published_at) VALUES"
        " ('same', 'b', '[1]', 1.0), ('same', 'a', '[1]', 2.0), ('x', 'b', '[]', 3.0)"
    )
    await upgrade(url)
    database = connect(url)

    async def kept() -> list[tuple[Any, ...]]:
        said = "SELECT hash, name FROM flow_versions ORDER BY hash"
        found = await database.browse(lambda it: it.exec_driver_sql(said).all())
        return [tuple(row) for row in found]

    await database.change(lambda it: it.exec_driver_sql("DELETE FROM flow_versions"))
    await database.change(lambda it: it.exec_driver_sql(kept_before))
    await downgrade(url, "0004")
    assert await kept() == [("same", "a"), ("x", "b")]
    await upgrade(url)
    assert await kept() == [("same", "a"), ("x", "b")]
    await database.change(lambda it: it.exec_driver_sql("DELETE FROM flow_versions"))
    await database.close()
