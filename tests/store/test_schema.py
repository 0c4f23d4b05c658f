"""Migrations make exactly the tables that the code knows, and take them back."""

import asyncio

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
