"""A store of each kind: in memory, SQLite in a temporary folder, PostgreSQL where it answers."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from bot.services.ports import Store
from bot.store.memory import MemoryStore
from bot.store.schema import upgrade
from bot.store.sql import SqlStore

SERVER = "postgresql://postgres@127.0.0.1:5432"
DATABASE = "parley_store_test"
POSTGRES = f"{SERVER}/{DATABASE}"

memory = pytest.param("memory")
sqlite = pytest.param("sqlite")
postgres = pytest.param("postgres", marks=pytest.mark.postgres)


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url, timeout=3)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def empty_database() -> None:
    """Drops the test database and makes it anew."""
    await _execute(
        f"{SERVER}/postgres",
        f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)",
        f"CREATE DATABASE {DATABASE}",
    )


@pytest.fixture(scope="session")
def in_ci() -> bool:
    """Whether a missing server is a failure."""
    return "CI" in os.environ  # noqa: TID251 - a setting of the test run, not of Parley


@pytest.fixture(scope="session")
def postgres_server(in_ci: bool) -> str:
    """The URL of an empty database; skips where there is no server, but not in CI."""
    try:
        asyncio.run(empty_database())
    except OSError as error:
        if in_ci:
            pytest.fail(f"PostgreSQL does not answer: {error}")
        pytest.skip(f"PostgreSQL does not answer on 127.0.0.1:5432: {error}")
    return POSTGRES


@pytest.fixture(scope="session")
def postgres_tables(postgres_server: str) -> str:
    """The URL of a database with the tables in it."""
    asyncio.run(upgrade(postgres_server))
    return postgres_server


_TRUNCATE = """
DO $$ BEGIN EXECUTE (
  SELECT 'TRUNCATE ' || string_agg(quote_ident(tablename), ', ') FROM pg_tables
  WHERE schemaname = 'public' AND tablename <> 'alembic_version'
); END $$
"""


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the tables in it."""
    path = tmp_path_factory.mktemp("template") / "parley.db"
    asyncio.run(upgrade(f"sqlite:///{path}"))
    return path


def _emptied(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        (tmp_path / "parley.db").write_bytes(template.read_bytes())
        return f"sqlite:///{tmp_path}/parley.db"
    found: str = request.getfixturevalue("postgres_tables")
    asyncio.run(_execute(found, _TRUNCATE))
    return found


@pytest.fixture(params=[sqlite, postgres])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with empty tables."""
    return _emptied(request, tmp_path)


@pytest.fixture(params=[memory, sqlite, postgres])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str | None:
    """The URL of an empty store, None for the one in memory."""
    return None if request.param == "memory" else _emptied(request, tmp_path)


@pytest.fixture
async def store(store_url: str | None) -> AsyncIterator[Store]:
    """An empty store of each kind."""
    opened = MemoryStore() if store_url is None else SqlStore(store_url)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def two_stores(url: str) -> AsyncIterator[tuple[SqlStore, SqlStore]]:
    """Two stores on one database, as two processes would have them."""
    first, second = SqlStore(url), SqlStore(url)
    await first.open()
    await second.open()
    yield first, second
    await first.close()
    await second.close()
