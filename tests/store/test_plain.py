"""Connections of the turns' lanes: which are used again, and which server they go to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Connection

from bot.domain.records import StoreUnavailable
from bot.store import plain
from bot.store.database import Unreachable, parse_url
from bot.store.dedicated import connect_arguments, dedicated_connection
from bot.store.plain import PlainLanes
from bot.store.sql import SqlStore
from tests.store.conftest import DATABASE, POSTGRES, SERVER

pytestmark = pytest.mark.postgres
SOCKETS = "/var/run/postgresql"


def asking(sql: str) -> Callable[[Connection], Any]:
    """Work that runs one statement and answers the first value."""

    def work(connection: Connection) -> Any:
        rows = connection.exec_driver_sql(sql).all()
        return rows[0][0] if rows else None

    return work


PID = asking("SELECT pg_backend_pid()")


@pytest.fixture
async def lanes(postgres_tables: str) -> AsyncIterator[PlainLanes]:
    """Lanes to the test database."""
    opened = PlainLanes(parse_url(postgres_tables))
    yield opened
    await opened.close()


async def _terminate(pid: int) -> None:
    admin = await asyncpg.connect(f"{SERVER}/postgres")
    await admin.execute("SELECT pg_terminate_backend($1)", pid)
    await admin.close()


async def test_a_connection_is_used_again_after_a_commit_and_a_rollback(lanes: PlainLanes) -> None:
    first = await lanes.run(PID, "BEGIN")
    with pytest.raises(StoreUnavailable, match="division"):
        await lanes.run(asking("SELECT 1/0"), "BEGIN")
    assert await lanes.run(PID, "BEGIN") == first


async def test_a_connection_that_the_server_closed_is_not_used(lanes: PlainLanes) -> None:
    first = await lanes.run(PID, "BEGIN")
    await _terminate(first)
    await asyncio.sleep(0.1)
    assert await lanes.run(PID, "BEGIN") != first


async def test_a_connection_that_ends_within_a_transaction_is_lost(lanes: PlainLanes) -> None:
    with pytest.raises(Unreachable):
        await lanes.run(asking("SELECT pg_terminate_backend(pg_backend_pid())"), "BEGIN")
    assert await lanes.run(PID, "BEGIN")


@pytest.mark.parametrize("broken", ["BEGIN", "COMMIT", "ROLLBACK"])
@pytest.mark.parametrize("error", [TimeoutError, asyncio.CancelledError])
async def test_a_connection_in_an_unknown_state_is_not_used_again(
    lanes: PlainLanes, broken: str, error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await lanes.run(PID, "BEGIN")
    execute = asyncpg.Connection.execute

    async def breaks(self: Any, query: str, *args: Any, **named: Any) -> Any:
        if query == broken:
            raise error
        return await execute(self, query, *args, **named)

    monkeypatch.setattr(asyncpg.Connection, "execute", breaks)
    work = asking("SELECT 1/0") if broken == "ROLLBACK" else PID
    with pytest.raises((StoreUnavailable, asyncio.CancelledError)):
        await lanes.run(work, "BEGIN")
    monkeypatch.undo()
    assert await lanes.run(PID, "BEGIN") != first


async def test_a_statement_that_takes_too_long(
    lanes: PlainLanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain, "COMMAND_SECONDS", 0.2)
    with pytest.raises(Unreachable):
        await lanes.run(asking("SELECT pg_sleep(5)"), "BEGIN")
    assert await lanes.run(PID, "BEGIN")


async def test_a_connection_that_is_refused_is_no_fault_of_the_work(postgres_tables: str) -> None:
    other = PlainLanes(parse_url(f"{SERVER}/there_is_no_such_database"))
    with pytest.raises(Unreachable):
        await other.run(PID, "BEGIN")


async def test_statements_that_are_stale_are_prepared_anew(lanes: PlainLanes) -> None:
    await lanes.run(asking("CREATE TABLE stale (a int)"), "BEGIN")
    other = PlainLanes(parse_url(POSTGRES))
    try:
        assert await lanes.run(asking("SELECT * FROM stale"), "BEGIN") is None
        await other.run(asking("ALTER TABLE stale ALTER a TYPE text"), "BEGIN")
        with pytest.raises(StoreUnavailable):
            await lanes.run(asking("SELECT * FROM stale"), "BEGIN")
        assert await lanes.run(asking("SELECT * FROM stale"), "BEGIN") is None
    finally:
        await other.run(asking("DROP TABLE stale"), "BEGIN")
        await other.close()


def test_what_only_sqlalchemy_knows_is_left_out() -> None:
    url = parse_url(
        "postgresql://u:p@/name?host=/socket&sslmode=require"
        "&prepared_statement_cache_size=0&async_fallback=1"
    )
    assert connect_arguments(url) == {
        "user": "u", "password": "p", "database": "name", "host": "/socket", "ssl": "require",
    }  # fmt: skip


def test_several_hosts() -> None:
    arguments = connect_arguments(parse_url("postgresql://u@/name?host=a:1&host=b:2"))
    assert (arguments["host"], arguments["port"]) == (["a", "b"], [1, 2])


async def test_the_host_may_stand_in_the_query(postgres_tables: str) -> None:
    # A host that counts: the one of the query, which every connection must go to.
    socket = Path(SOCKETS, ".s.PGSQL.5432").exists()
    host = SOCKETS if socket else "127.0.0.1"
    url = f"postgresql://postgres@/{DATABASE}?host={host}&prepared_statement_cache_size=0"
    try:
        connection = await dedicated_connection(url)
    except StoreUnavailable as error:
        pytest.skip(f"no way in over {host}: {error}")
    over_socket = "SELECT inet_server_addr() IS NULL"
    assert await connection.fetchval(over_socket) is socket
    await connection.close()
    lanes = PlainLanes(parse_url(url))
    assert await lanes.run(asking(over_socket), "BEGIN") is socket
    await lanes.close()
    store = SqlStore(url)
    await store.open()
    assert await store.load("nobody", 1.0) is None
    await store.close()
