"""Turns' statements straight on asyncpg.

SQLAlchemy compiles them, once; its asynchronous execution layer would cost more than the statement
itself, some thirty times a batch. So a plain connection stands in its place, with as much of its
shape as the statements of `bulk` use.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import asyncpg
from sqlalchemy import URL, Connection
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.engine import Dialect
from sqlalchemy.util import await_only, greenlet_spawn

from bot.domain.records import StoreUnavailable
from bot.store.database import Result, Unreachable, Work, first_line
from bot.store.dedicated import connect_arguments

CONNECT_SECONDS = 5
COMMAND_SECONDS = 10
ROLLBACK_SECONDS = 2
_STALE = (asyncpg.InvalidCachedStatementError, asyncpg.OutdatedSchemaCacheError)
_REFUSED = (asyncpg.PostgresError, asyncpg.DataError, *_STALE)
_LOST = (
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.IdleSessionTimeoutError,
)


@dataclass(frozen=True, slots=True)
class _Answer:
    rows: Sequence[Any]
    rowcount: int

    def all(self) -> Sequence[Any]:
        return self.rows


class _PlainConnection:
    """A connection to which a statement is its text; prepared once each."""

    dialect: Dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]

    def __init__(self, raw: Any) -> None:
        self.raw = raw
        self._prepared: dict[str, Any] = {}

    def exec_driver_sql(self, sql: str, parameters: Sequence[Any] = ()) -> _Answer:
        return await_only(self._answer(sql, parameters))

    async def _answer(self, sql: str, parameters: Sequence[Any]) -> _Answer:
        statement = self._prepared.get(sql)
        if statement is None:
            statement = self._prepared[sql] = await self.raw.prepare(sql)
        rows = await statement.fetch(*parameters)
        # "UPDATE 3", "INSERT 0 3": what was written stands last.
        count = statement.get_statusmsg().rpartition(" ")[2]
        return _Answer(rows, int(count) if count.isdigit() else -1)


class PlainLanes:
    """Connections for the turns' own transactions; as many as are needed at once."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._free: list[_PlainConnection] = []

    async def run(self, work: Work[Result], begin: str) -> Result:
        """Runs the work in one transaction, which it commits, or gives up with any error."""
        try:
            connection = self._idle() or await self._connect()
            return await self._transaction(connection, work, begin)
        except _LOST as error:
            if isinstance(error, asyncpg.DataError):
                raise StoreUnavailable(first_line(error)) from None
            self._drop()
            raise Unreachable(first_line(error)) from None
        except _REFUSED as error:
            if isinstance(error, _STALE):
                self._drop()
            raise StoreUnavailable(first_line(error)) from None
        except (OSError, TimeoutError) as error:
            self._drop()
            raise Unreachable(first_line(error)) from None

    def _idle(self) -> _PlainConnection | None:
        """A free connection that the server has not closed meanwhile."""
        while self._free:
            connection = self._free.pop()
            if not connection.raw.is_closed():
                return connection
        return None

    def _drop(self) -> None:
        """Ends the free connections: what befell one befell them all, so the next is made anew."""
        free, self._free = self._free, []
        for connection in free:
            connection.raw.terminate()

    async def _connect(self) -> _PlainConnection:
        arguments = {
            **connect_arguments(self._url),
            "timeout": CONNECT_SECONDS,
            "command_timeout": COMMAND_SECONDS,
            "server_settings": {"application_name": "parley", "jit": "off"},
        }
        try:
            return _PlainConnection(await asyncpg.connect(**arguments))
        except asyncpg.PostgresError as error:  # too many connections, say: no item's fault
            raise Unreachable(first_line(error)) from None

    async def _transaction(
        self, connection: _PlainConnection, work: Work[Result], begin: str
    ) -> Result:
        """Frees the connection only where the transaction is known to have ended."""
        raw, ended = connection.raw, False
        try:
            await raw.execute(begin)
            try:
                result = await greenlet_spawn(work, cast(Connection, connection))
            except _STALE:
                raise  # what it has prepared is of no use any more
            except BaseException:
                ended = await self._rolled_back(raw)
                raise
            await raw.execute("COMMIT")
            ended = True
            return result
        finally:
            if ended:
                self._free.append(connection)
            else:
                raw.terminate()

    async def _rolled_back(self, raw: Any) -> bool:
        try:
            await raw.execute("ROLLBACK", timeout=ROLLBACK_SECONDS)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            return False
        return True

    async def close(self) -> None:
        """Gives the connections back."""
        free, self._free = self._free, []
        await asyncio.gather(*(it.raw.close() for it in free), return_exceptions=True)
