"""One turn at a time per contact: in this process, over PostgreSQL, or over Redis.

A lock that is lost (its connection broke, its time ran out) cannot harm: what a turn saves is
guarded by versions and claims. Locks keep the order of arrival and save the work of retries.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import redis.asyncio as redis
from redis.exceptions import RedisError

from bot.domain.records import StoreUnavailable
from bot.store.batches import Batches
from bot.store.database import first_line
from bot.store.dedicated import ERRORS, dedicated_connection

FIRST_PAUSE, LONGEST_PAUSE = 0.005, 0.1
"""Seconds between attempts at a lock that another process holds."""


@dataclass(slots=True)
class _Queue:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class MemoryLocks:
    """Locks of one process; the first to ask is the first to hold."""

    def __init__(self) -> None:
        self._queues: dict[str, _Queue] = {}

    @asynccontextmanager
    async def hold(self, contact_id: str) -> AsyncIterator[None]:
        """Waits for the contact's lock and holds it."""
        queue = self._queues.setdefault(contact_id, _Queue())
        queue.users += 1
        try:
            async with queue.lock:
                yield
        finally:
            queue.users -= 1
            if not queue.users:
                del self._queues[contact_id]

    async def close(self) -> None:
        """Nothing to give back."""


@asynccontextmanager
async def _shared(
    turn: AbstractAsyncContextManager[None],
    take: Callable[[], Awaitable[Any]],
    give: Callable[[], Awaitable[Any]],
) -> AsyncIterator[None]:
    """Holds a lock that processes share, once it is this caller's turn within the process."""
    async with turn:
        try:
            pause = FIRST_PAUSE
            while not await take():
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            yield
        finally:
            # Also after a cancelled attempt, whose request may have been granted meanwhile.
            with suppress(StoreUnavailable):
                await give()


class DatabaseLocks:
    """PostgreSQL's advisory locks on one connection: they end with it, so none outlives a kill."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._local = MemoryLocks()
        self._connection: Any = None
        self._requests: Batches[tuple[bool, int]] = Batches(self._run)

    def hold(self, contact_id: str) -> AbstractAsyncContextManager[None]:
        """Waits for the contact's lock and holds it."""
        key = _number_of(contact_id)
        return _shared(
            self._local.hold(contact_id),
            take=lambda: self._requests.submit((True, key)),
            give=lambda: self._requests.submit((False, key)),
        )

    async def close(self) -> None:
        """Gives all locks back."""
        await self._requests.close()
        if self._connection is not None:
            await self._connection.close()

    async def _run(self, requests: Sequence[tuple[bool, int]]) -> Sequence[Any]:
        try:
            return await self._answers(requests)
        except ERRORS as error:
            self._forget()
            return [StoreUnavailable(f"locks: {first_line(error)}")] * len(requests)
        except StoreUnavailable as error:
            return [error] * len(requests)

    async def _answers(self, requests: Sequence[tuple[bool, int]]) -> Sequence[bool]:
        if self._connection is None or self._connection.is_closed():
            self._connection = await dedicated_connection(self._url)
        rows = await self._connection.fetch(
            """
            SELECT CASE WHEN take THEN pg_try_advisory_lock(key) ELSE pg_advisory_unlock(key) END
            FROM unnest($1::BOOLEAN[], $2::BIGINT[]) AS request(take, key)
            """,
            [take for take, _ in requests],
            [key for _, key in requests],
        )
        return [row[0] for row in rows]

    def _forget(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()


def _number_of(contact_id: str) -> int:
    return int.from_bytes(blake2b(contact_id.encode(), digest_size=8).digest(), signed=True)


_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end"
_RENEW = """
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end
"""


class RedisLocks:
    """Locks in Redis, for some seconds each, and renewed as long as they are held."""

    def __init__(self, url: str, *, seconds: float = 15.0, prefix: str = "parley:lock:") -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5)
        self._milliseconds, self._prefix = int(seconds * 1000), prefix
        self._local = MemoryLocks()
        self._held: dict[str, str] = {}
        self._renewals: asyncio.Task[None] | None = None
        self._requests: Batches[tuple[bool, str, str]] = Batches(self._run)

    def hold(self, contact_id: str) -> AbstractAsyncContextManager[None]:
        """Waits for the contact's lock and holds it."""
        key, token = self._prefix + contact_id, secrets.token_hex(16)
        return _shared(
            self._local.hold(contact_id),
            take=lambda: self._take(key, token),
            give=lambda: self._give(key, token),
        )

    async def close(self) -> None:
        """Closes the connections; locks still held end by themselves."""
        if self._renewals is not None:
            self._renewals.cancel()
            await asyncio.gather(self._renewals, return_exceptions=True)
        await self._requests.close()
        await self._redis.aclose()

    async def _take(self, key: str, token: str) -> bool:
        if not await self._requests.submit((True, key, token)):
            return False
        self._held[key] = token
        if self._renewals is None or self._renewals.done():
            self._renewals = asyncio.create_task(self._renew())
        return True

    async def _give(self, key: str, token: str) -> None:
        self._held.pop(key, None)
        await self._requests.submit((False, key, token))

    async def _run(self, requests: Sequence[tuple[bool, str, str]]) -> Sequence[Any]:
        pipeline = self._redis.pipeline(transaction=False)
        for take, key, token in requests:
            if take:
                pipeline.set(key, token, nx=True, px=self._milliseconds)
            else:
                pipeline.eval(_RELEASE, 1, key, token)
        try:
            return [bool(answer) for answer in await pipeline.execute()]
        except (RedisError, OSError) as error:
            return [StoreUnavailable(f"locks: {first_line(error)}")] * len(requests)

    async def _renew(self) -> None:
        while self._held:
            await asyncio.sleep(self._milliseconds / 3000)
            pipeline = self._redis.pipeline(transaction=False)
            for key, token in self._held.items():
                pipeline.eval(_RENEW, 1, key, token, self._milliseconds)
            with suppress(RedisError, OSError):  # it is tried again before the time runs out
                await pipeline.execute()
