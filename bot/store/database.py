"""Connections: work is a plain function over a connection, run in one transaction."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from sqlalchemy import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError

from bot.domain.records import StoreUnavailable
from bot.domain.records import Unreachable as Unreachable

Result = TypeVar("Result")
Work = Callable[[Connection], Result]

SQLITE = frozenset({"sqlite", "sqlite+aiosqlite", "sqlite+pysqlite"})
POSTGRES = frozenset({"postgres", "postgresql", "postgresql+asyncpg"})
SUPPORTED = "supported are sqlite:///path/to/file.db and postgresql://user:password@host/name"


class Database(Protocol):
    """One writer, one reader for turns, and one for listings, which may take longer."""

    async def write(self, work: Work[Result]) -> Result:
        """Runs the work in one transaction and commits it."""

    async def read(self, work: Work[Result]) -> Result:
        """Runs the work on one snapshot."""

    async def change(self, work: Work[Result]) -> Result:
        """Runs work that changes the tables themselves, in one transaction."""

    async def browse(self, work: Work[Result]) -> Result:
        """Runs the work on one snapshot, beside the turns' reads."""

    async def close(self) -> None:
        """Gives the connections back."""


def parse_url(url: str) -> URL:
    """The URL with its driver, or ValueError that names what is supported."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError(f"the database URL cannot be read; {SUPPORTED}") from None
    if parsed.drivername in SQLITE:
        return _sqlite_url(parsed)
    if parsed.drivername in POSTGRES:
        return _postgres_url(parsed)
    raise ValueError(f"database {parsed.drivername!r} is not supported; {SUPPORTED}")


def _sqlite_url(url: URL) -> URL:
    if not url.database or url.database == ":memory:":
        raise ValueError(f"SQLite needs a file, as several connections share it; {SUPPORTED}")
    return url.set(drivername="sqlite+pysqlite")


def _postgres_url(url: URL) -> URL:
    query = {"ssl" if key == "sslmode" else key: value for key, value in url.query.items()}
    return url.set(drivername="postgresql+asyncpg", query=query)


@contextmanager
def as_unavailable() -> Iterator[None]:
    """Errors of the database as ours. Their texts may hold rows and passwords: first line only."""
    try:
        yield
    except OperationalError as error:
        raise Unreachable(first_line(error.orig)) from None
    except DBAPIError as error:
        kind = Unreachable if error.connection_invalidated else StoreUnavailable
        raise kind(first_line(error.orig)) from None
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise Unreachable(first_line(error)) from None


def first_line(error: BaseException | None) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__
