"""URLs, and databases that do not answer or go away."""

import asyncio
import sqlite3
from pathlib import Path

import asyncpg
import pytest

from bot.domain.records import StoreUnavailable
from bot.store.database import parse_url
from bot.store.schema import upgrade
from bot.store.sql import SqlStore
from tests.store.conftest import POSTGRES, SERVER
from tests.store.samples import ANN, BOB, arrive, event


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("sqlite:///var/parley.db", "sqlite+pysqlite"),
        ("sqlite+aiosqlite:////var/parley.db", "sqlite+pysqlite"),
        ("postgres://u:p@host/name", "postgresql+asyncpg"),
        ("postgresql://u:p@host/name?sslmode=require", "postgresql+asyncpg"),
    ],
)
def test_supported_urls(url: str, driver: str) -> None:
    parsed = parse_url(url)
    assert parsed.drivername == driver
    assert "sslmode" not in parsed.query


@pytest.mark.parametrize(
    "url", ["mysql://u:secret@h/n", "sqlite://", "sqlite:///:memory:", "secret", "", "//secret@"]
)
def test_other_urls_are_refused_with_what_is_supported(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite:///") as caught:
        SqlStore(url)
    assert "secret" not in str(caught.value)


async def test_a_server_that_is_down() -> None:
    store = SqlStore("postgresql://u:secret@127.0.0.1:1/none")
    with pytest.raises(StoreUnavailable) as caught:
        await store.open()
    assert "secret" not in str(caught.value)
    with pytest.raises(StoreUnavailable):
        await arrive(store)
    await store.close()
    with pytest.raises(StoreUnavailable):
        await arrive(store)


async def test_a_database_without_tables(tmp_path: Path) -> None:
    store = SqlStore(f"sqlite:///{tmp_path}/new/parley.db")
    await store.open()
    answers = await asyncio.gather(*(arrive(store) for _ in range(3)), return_exceptions=True)
    assert all(isinstance(it, StoreUnavailable) for it in answers)
    with pytest.raises(StoreUnavailable, match="no such table"):
        await store.load("ann", 1.0)
    await store.close()


async def test_a_row_that_the_database_refuses_fails_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/parley.db"
    await upgrade(url)
    store = SqlStore(url)
    await store.open()
    refused, filed = await asyncio.gather(
        arrive(store, ANN, text=None), arrive(store, BOB), return_exceptions=True
    )
    assert isinstance(refused, StoreUnavailable)
    assert not isinstance(filed, BaseException)
    await store.close()


async def test_what_is_acknowledged_is_in_the_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/parley.db"
    await upgrade(url)
    store = SqlStore(url)
    await store.open()
    await arrive(store)
    with sqlite3.connect(tmp_path / "parley.db") as other:
        assert other.execute("SELECT count(*) FROM messages").fetchone() == (1,)
    other.close()
    await store.close()


@pytest.mark.postgres
async def test_lost_connections_are_made_anew(postgres_tables: str) -> None:
    store = SqlStore(POSTGRES)
    await store.open()
    await arrive(store, "sms:+77")
    admin = await asyncpg.connect(f"{SERVER}/postgres")
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = 'parley_store_test' AND pid <> pg_backend_pid()"
    )
    await admin.close()
    answers = await asyncio.gather(*(store.append([event()]) for _ in range(3)))
    assert answers == [None] * 3
    await store.ping()
    assert await store.load("nobody", 1.0) is None
    await store.close()


async def test_a_listing_that_is_cancelled_leaves_the_store_working(url: str) -> None:
    store = SqlStore(url)
    await store.open()
    await arrive(store)
    for pause in (0, 0, 0.0005, 0.001, 0.002, 0.005):
        impatient = [asyncio.create_task(store.list_messages(10)) for _ in range(3)]
        await asyncio.sleep(pause)
        for task in impatient:
            task.cancel()
        await asyncio.gather(*impatient, return_exceptions=True)
    assert len((await store.list_messages(10)).items) == 1
    await store.close()
