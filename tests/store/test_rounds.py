"""A batch that fails is replayed: what one item causes, and a lost connection, harm no other."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection

from bot.domain.contacts import contact_id_for
from bot.domain.records import StoreUnavailable
from bot.store.database import Database, Unreachable
from bot.store.ledger import Append
from bot.store.rounds import read_round, write_round
from bot.store.sql import SqlStore
from bot.store.turns import Load
from tests.store.samples import ANN, BOB, arrive, event, session, turn


class Flaky:
    """A database that fails as told, one entry per call; "lost" is a COMMIT with no answer."""

    def __init__(self, database: Database, *fails: str) -> None:
        self.database, self.fails, self.calls = database, list(fails), 0

    async def _run(self, run: Callable[[Any], Any], work: Callable[[Connection], Any]) -> Any:
        self.calls += 1
        fails = self.fails.pop(0) if self.fails else ""
        if fails == "down":
            raise Unreachable("gone")
        answer = await run(work)
        if fails == "lost":
            raise Unreachable("no answer")
        return answer

    async def write(self, work: Callable[[Connection], Any]) -> Any:
        return await self._run(self.database.write, work)

    async def read(self, work: Callable[[Connection], Any]) -> Any:
        return await self._run(self.database.read, work)


@pytest.mark.parametrize("fails", [["down"], ["down", "down"], ["lost"], ["lost", "lost"]])
async def test_a_write_whose_connection_is_lost_is_replayed(url: str, fails: list[str]) -> None:
    store = SqlStore(url)
    await store.open()
    happened = [event(session_id="s") for _ in range(3)]
    flaky: Any = Flaky(store._database, *fails)
    assert list(await write_round(flaky, [Append((it,)) for it in happened])) == [None] * 3
    assert [it.id for it in await store.session_events("s", 10)] == [it.id for it in happened]
    await store.close()


async def test_a_database_that_is_down_is_not_asked_for_each_item(url: str) -> None:
    store = SqlStore(url)
    await store.open()
    flaky: Any = Flaky(store._database, *["down"] * 9)
    answers = await write_round(flaky, [Append((event(),)) for _ in range(6)])
    assert [type(it) for it in answers] == [Unreachable] * 6
    assert flaky.calls == 3
    flaky = Flaky(store._database, *["down"] * 9)
    answers = await read_round(flaky, [Load("ann", 1.0), Load("bob", 1.0)])
    assert [type(it) for it in answers] == [Unreachable] * 2
    assert flaky.calls == 2
    await store.close()


async def test_an_unreadable_row_fails_its_own_caller(url: str) -> None:
    store = SqlStore(url)
    await store.open()
    for address in (ANN, BOB):
        await arrive(store, address)
        assert await store.save(turn(address, sessions=(session(address),)))
    ann, bob = contact_id_for(ANN), contact_id_for(BOB)

    def spoil(connection: Connection) -> None:
        connection.exec_driver_sql(f"UPDATE sessions SET data = '[]' WHERE contact_id = '{ann}'")  # noqa: S608

    await store._database.change(spoil)
    broken, work, nobody = await read_round(
        store._database, [Load(ann, 1.0), Load(bob, 1.0), Load("nobody", 1.0)]
    )
    assert isinstance(broken, Exception)
    assert work.contact.id == bob
    assert nobody is None
    with pytest.raises(type(broken)):
        await store.load(ann, 1.0)
    assert await store.load(bob, 1.0) is not None
    await store.close()


async def test_errors_of_the_database_are_given_to_each_reader(url: str) -> None:
    store = SqlStore(url)
    await store.open()
    await store._database.change(lambda it: it.exec_driver_sql("ALTER TABLE timers RENAME TO gone"))
    try:
        with pytest.raises(StoreUnavailable):
            await store.load("ann", 1.0)
    finally:
        await store._database.change(
            lambda it: it.exec_driver_sql("ALTER TABLE gone RENAME TO timers")
        )
    assert await store.load("ann", 1.0) is None
    await store.close()
