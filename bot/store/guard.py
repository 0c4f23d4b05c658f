"""Keeps a process whose locks are in memory from sharing its database with another process."""

import asyncio
import fcntl
from pathlib import Path
from typing import Any, Protocol

from bot.store.database import parse_url
from bot.store.dedicated import dedicated_connection

PATIENCE = 3.0
"""Seconds: the connection of a process that was killed may linger so long."""
PAUSE = 0.1
NUMBER = 7205


class AlreadyRunning(Exception):
    """Another process uses the database in a way that this one may not share."""


class Guard(Protocol):
    """Held for the life of the process."""

    async def release(self) -> None:
        """Lets others have the database."""


async def single_process_guard(url: str, exclusive: bool, *, patience: float = PATIENCE) -> Guard:
    """Takes the database for this process alone, or together with others that share locks.

    Raises AlreadyRunning if another process has it in a way that rules this one out.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        return await FileGuard.take(Path(f"{parsed.database}.lock"), exclusive, patience)
    return await ServerGuard.take(url, exclusive, patience)


def _refusal(exclusive: bool) -> AlreadyRunning:
    if exclusive:
        return AlreadyRunning(
            "another Parley process uses this database, and with in-memory locks only one may: "
            "stop the other, or set a lock_store in endpoints.yml that all of them share"
        )
    return AlreadyRunning(
        "a Parley process with in-memory locks uses this database: stop it, or give it the same "
        "lock_store in endpoints.yml as this one has"
    )


class FileGuard:
    """A lock on a file beside the database; the system drops it with the process."""

    def __init__(self, path: Path) -> None:
        path.absolute().parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab")

    @classmethod
    async def take(cls, path: Path, exclusive: bool, patience: float) -> "FileGuard":
        """Locks the file."""
        guard = cls(path)
        for _ in range(int(patience / PAUSE) + 1):
            if guard._try(exclusive):
                return guard
            await asyncio.sleep(PAUSE)
        await guard.release()
        raise _refusal(exclusive)

    def _try(self, exclusive: bool) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_NB | (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH))
        except BlockingIOError:
            return False
        return True

    async def release(self) -> None:
        """Unlocks the file."""
        self._file.close()


class ServerGuard:
    """An advisory lock of PostgreSQL; the server drops it with the connection."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @classmethod
    async def take(cls, url: str, exclusive: bool, patience: float) -> "ServerGuard":
        """Connects and locks."""
        guard = cls(await dedicated_connection(url))
        for _ in range(int(patience / PAUSE) + 1):
            if await guard._try(exclusive):
                return guard
            await asyncio.sleep(PAUSE)
        await guard.release()
        raise _refusal(exclusive)

    async def _try(self, exclusive: bool) -> bool:
        function = "pg_try_advisory_lock" if exclusive else "pg_try_advisory_lock_shared"
        return bool(await self._connection.fetchval(f"SELECT {function}({NUMBER}, 0)"))

    async def release(self) -> None:
        """Disconnects."""
        await self._connection.close()
