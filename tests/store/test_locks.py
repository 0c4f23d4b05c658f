"""Locks: one holder per contact, in order within a process, and over processes."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import redis

from bot.domain.records import StoreUnavailable
from bot.store.locks import DatabaseLocks, MemoryLocks, RedisLocks
from tests.store.samples import new_id

REDIS = "redis://127.0.0.1:6379/9"
Locks = MemoryLocks | DatabaseLocks | RedisLocks

database = pytest.param("database", marks=pytest.mark.postgres)
in_redis = pytest.param("redis", marks=pytest.mark.redis)


def _made(kind: str, request: pytest.FixtureRequest, prefix: str) -> Locks:
    if kind == "memory":
        return MemoryLocks()
    if kind == "database":
        return DatabaseLocks(request.getfixturevalue("postgres_server"))
    return RedisLocks(request.getfixturevalue("redis_server"), seconds=0.6, prefix=prefix)


@pytest.fixture(scope="session")
def redis_server(in_ci: bool) -> str:
    """The URL of a Redis; skips where there is none, but not in CI."""
    client = redis.Redis.from_url(REDIS, socket_connect_timeout=2)
    try:
        client.ping()
    except (redis.RedisError, OSError) as error:
        if in_ci:
            pytest.fail(f"Redis does not answer: {error}")
        pytest.skip(f"Redis does not answer on 127.0.0.1:6379: {error}")
    finally:
        client.close()
    return REDIS


@pytest.fixture(params=["memory", database, in_redis])
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of locks."""
    made: str = request.param
    if made != "memory":
        request.getfixturevalue("postgres_server" if made == "database" else "redis_server")
    return made


@pytest.fixture
async def locks(kind: str, request: pytest.FixtureRequest) -> AsyncIterator[Locks]:
    """Locks of each kind."""
    made = _made(kind, request, f"test:{new_id()}:")
    yield made
    await made.close()


@pytest.fixture(params=[database, in_redis])
async def two_locks(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Locks, Locks]]:
    """Locks of two processes that share contacts."""
    prefix = f"test:{new_id()}:"
    name = "postgres_server" if request.param == "database" else "redis_server"
    await asyncio.to_thread(request.getfixturevalue, name)
    made = _made(request.param, request, prefix), _made(request.param, request, prefix)
    yield made
    for it in made:
        await it.close()


async def test_one_at_a_time_in_the_order_of_asking(locks: Locks) -> None:
    order: list[int] = []
    inside = 0

    async def visit(number: int) -> None:
        nonlocal inside
        async with locks.hold("ann"):
            inside += 1
            assert inside == 1
            await asyncio.sleep(0.001)
            order.append(number)
            inside -= 1

    await asyncio.gather(*map(visit, range(20)))
    assert order == list(range(20))


async def test_contacts_do_not_wait_for_each_other(locks: Locks) -> None:
    async with locks.hold("ann"), asyncio.timeout(2), locks.hold("bob"):
        pass


async def test_a_body_that_raises_gives_the_lock_back(locks: Locks) -> None:
    with pytest.raises(KeyError):
        async with locks.hold("ann"):
            raise KeyError
    async with asyncio.timeout(2), locks.hold("ann"):
        pass


async def test_one_who_stops_waiting_leaves_nothing(locks: Locks) -> None:
    async def wait() -> None:
        async with locks.hold("ann"):
            pytest.fail("the lock is held")

    async with locks.hold("ann"):
        impatient = [asyncio.create_task(wait()) for _ in range(3)]
        await asyncio.sleep(0.02)
        for task in impatient:
            task.cancel()
        await asyncio.gather(*impatient, return_exceptions=True)
    async with asyncio.timeout(2), locks.hold("ann"):
        pass


async def test_processes_exclude_each_other(two_locks: tuple[Locks, Locks]) -> None:
    inside = 0

    async def visit(locks: Locks) -> None:
        nonlocal inside
        async with locks.hold("ann"):
            inside += 1
            assert inside == 1
            await asyncio.sleep(0.002)
            inside -= 1

    async with asyncio.timeout(20):
        await asyncio.gather(*(visit(two_locks[number % 2]) for number in range(20)))


async def test_a_lock_outlasts_its_time_while_it_is_held(two_locks: tuple[Locks, Locks]) -> None:
    first, second = two_locks
    async with first.hold("ann"):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.2), second.hold("ann"):
                pytest.fail("the lock is held")
    async with asyncio.timeout(2), second.hold("ann"):
        pass


async def test_one_who_is_cancelled_while_asking_leaves_nothing(
    two_locks: tuple[Locks, Locks],
) -> None:
    first, second = two_locks

    async def ask() -> None:
        async with first.hold("ann"):
            await asyncio.sleep(10)

    for pause in (0, 0, 0.0005, 0.001, 0.01):
        asking = asyncio.create_task(ask())
        await asyncio.sleep(pause)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        async with asyncio.timeout(2), second.hold("ann"):
            pass


@pytest.mark.parametrize(
    "locks",
    [
        lambda: DatabaseLocks("postgresql://u:secret@127.0.0.1:1/none"),
        lambda: RedisLocks("redis://:secret@127.0.0.1:1/0"),
    ],
    indirect=False,
    ids=["database", "redis"],
)
async def test_a_server_that_is_down_is_named_without_its_password(locks: object) -> None:
    made = locks()  # type: ignore[operator]
    with pytest.raises(StoreUnavailable) as caught:
        async with made.hold("ann"):
            pytest.fail("there is no server")
    assert "secret" not in str(caught.value)
    await made.close()


@pytest.mark.postgres
async def test_a_broken_connection_is_made_anew(postgres_server: str) -> None:
    locks = DatabaseLocks(postgres_server)
    async with locks.hold("ann"):
        locks._connection.terminate()
    async with asyncio.timeout(5), locks.hold("ann"):
        pass
    await locks.close()
