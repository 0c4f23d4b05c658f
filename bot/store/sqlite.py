"""SQLite: a thread for each connection, in WAL mode, so that reads do not wait for writes."""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.pool import NullPool

from bot.store.database import Result, Work, as_unavailable

BUSY_SECONDS = 10


class _SqliteLane:
    """One connection, used in one thread only."""

    def __init__(self, url: URL, name: str, begin: str) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
        self._connection: Connection | None = None
        event.listen(self._engine, "connect", _prepare)
        event.listen(self._engine, "begin", lambda connection: connection.exec_driver_sql(begin))

    async def run(self, work: Work[Result]) -> Result:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._transaction, work)

    def _transaction(self, work: Work[Result]) -> Result:
        with as_unavailable():
            if self._connection is None:
                self._connection = self._engine.connect()
            with self._connection.begin():
                return work(self._connection)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._disconnect)
        self._thread.shutdown()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # or sqlite3 would begin its own, later, transactions
    for pragma in (
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "cache_size = -32000",
        "temp_store = MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


class SqliteDatabase:
    """A file; every lane is a thread."""

    def __init__(self, url: URL) -> None:
        Path(url.database or "").absolute().parent.mkdir(parents=True, exist_ok=True)
        self._writer = _SqliteLane(url, "store-writer", "BEGIN IMMEDIATE")
        self._reader = _SqliteLane(url, "store-reader", "BEGIN")
        self._browser = _SqliteLane(url, "store-browser", "BEGIN")

    async def write(self, work: Work[Result]) -> Result:
        """Runs the work in one transaction and commits it."""
        return await self._writer.run(work)

    async def read(self, work: Work[Result]) -> Result:
        """Runs the work on one snapshot."""
        return await self._reader.run(work)

    async def change(self, work: Work[Result]) -> Result:
        """Runs work that changes the tables themselves, in one transaction."""
        return await self._writer.run(work)

    async def browse(self, work: Work[Result]) -> Result:
        """Runs the work on one snapshot, beside the turns' reads."""
        return await self._browser.run(work)

    async def close(self) -> None:
        """Closes the file."""
        for lane in (self._reader, self._browser, self._writer):
            await lane.close()
