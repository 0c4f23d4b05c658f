"""PostgreSQL over asyncpg: work is run on pooled connections."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.store.database import Result, Unreachable, Work, as_unavailable, first_line
from bot.store.plain import PlainLanes

CONNECT_SECONDS = 5
COMMAND_SECONDS = 60


class PostgresDatabase:
    """A server; connections come from a small pool."""

    def __init__(self, url: URL) -> None:
        self._engine = create_async_engine(
            url,
            pool_size=3,
            max_overflow=2,
            hide_parameters=True,
            json_deserializer=str,  # JSON is read by hand
            connect_args={
                "timeout": CONNECT_SECONDS,
                "command_timeout": COMMAND_SECONDS,
                "prepared_statement_cache_size": 500,
                "server_settings": {"application_name": "parley", "jit": "off"},
            },
        )
        self._lanes = PlainLanes(url)
        self._listings: set[asyncio.Task[Any]] = set()
        self._snapshots = self._engine.execution_options(isolation_level="REPEATABLE READ")

    async def write(self, work: Work[Result]) -> Result:
        """Runs the work in one transaction and commits it."""
        return await self._lanes.run(work, "BEGIN")

    async def read(self, work: Work[Result]) -> Result:
        """Runs the work on one snapshot."""
        return await self._lanes.run(work, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    async def change(self, work: Work[Result]) -> Result:
        """Runs work that changes the tables themselves, in one transaction."""
        return await _transaction(self._engine, work)

    async def browse(self, work: Work[Result]) -> Result:
        """Runs the work on one snapshot, beside the turns' reads."""
        # A request that is cancelled must not break the connection off in the middle of a query.
        listing = asyncio.create_task(_transaction(self._snapshots, work))
        self._listings.add(listing)
        listing.add_done_callback(self._listings.discard)
        return await asyncio.shield(listing)

    async def close(self) -> None:
        """Closes the pool, after the listings under way."""
        await asyncio.gather(*self._listings, return_exceptions=True)
        await self._lanes.close()
        await self._engine.dispose()


async def _transaction(engine: AsyncEngine, work: Work[Result]) -> Result:
    with as_unavailable(), _connection_errors():
        async with engine.begin() as connection:
            return await connection.run_sync(work)


@contextmanager
def _connection_errors() -> Iterator[None]:
    """What asyncpg raises while it connects comes as it is, without SQLAlchemy's wrapping."""
    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Unreachable(first_line(error)) from None
