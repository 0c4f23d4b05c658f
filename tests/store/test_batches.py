"""Batches gather what waits, and one caller's trouble is not the others'."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from bot.domain.records import StoreUnavailable
from bot.store.batches import Batches


class Rounds:
    """Answers items with themselves and remembers which came together."""

    def __init__(self) -> None:
        self.seen: list[list[Any]] = []

    async def run(self, items: Sequence[Any]) -> Sequence[Any]:
        self.seen.append(list(items))
        await asyncio.sleep(0.001)
        return [ValueError(item) if item == "bad" else item for item in items]


async def test_what_arrives_meanwhile_shares_a_round() -> None:
    rounds = Rounds()
    batches: Batches[Any] = Batches(rounds.run, most=4)
    first = asyncio.create_task(batches.submit(0))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert await asyncio.gather(first, *map(batches.submit, range(1, 8))) == list(range(8))
    assert rounds.seen == [[0], [1, 2, 3, 4], [5, 6, 7]]


async def test_an_item_that_fails_fails_alone() -> None:
    batches: Batches[Any] = Batches(Rounds().run)
    answers = await asyncio.gather(*map(batches.submit, ["a", "bad", "b"]), return_exceptions=True)
    assert (answers[0], answers[2]) == ("a", "b")
    assert isinstance(answers[1], ValueError)


async def test_a_cancelled_caller_is_skipped_and_its_item_runs() -> None:
    rounds = Rounds()
    batches: Batches[Any] = Batches(rounds.run)
    tasks = [asyncio.create_task(batches.submit(it)) for it in range(3)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    assert [await tasks[0], await tasks[2]] == [0, 2]
    assert rounds.seen == [[0, 1, 2]]


async def test_nothing_is_taken_after_closing() -> None:
    batches: Batches[Any] = Batches(Rounds().run)
    last = asyncio.create_task(batches.submit(1))
    await asyncio.sleep(0)
    await batches.close()
    assert await last == 1
    with pytest.raises(StoreUnavailable):
        await batches.submit(2)


async def test_a_round_that_breaks_leaves_nobody_waiting() -> None:
    async def run(items: Sequence[Any]) -> Sequence[Any]:
        raise RuntimeError("no")

    batches: Batches[Any] = Batches(run)
    with pytest.raises(StoreUnavailable, match="RuntimeError"):
        await batches.submit(1)
    with pytest.raises(StoreUnavailable):
        await batches.submit(2)


async def test_what_waits_goes_on_after_a_round_that_breaks() -> None:
    async def run(items: Sequence[Any]) -> Sequence[Any]:
        await asyncio.sleep(0)
        if "bad" in items:
            raise RuntimeError("no")
        return [] if "few" in items else items

    batches: Batches[Any] = Batches(run, most=1)
    answers = await asyncio.gather(*map(batches.submit, ["bad", "few", 3]), return_exceptions=True)
    assert [type(it) for it in answers] == [StoreUnavailable, StoreUnavailable, int]
    await batches.close()


async def test_what_waits_goes_on_after_a_round_that_is_cancelled() -> None:
    async def run(items: Sequence[Any]) -> Sequence[Any]:
        await asyncio.sleep(0)
        if "stop" in items:
            raise asyncio.CancelledError
        return items

    batches: Batches[Any] = Batches(run, most=1)
    async with asyncio.timeout(2):
        stopped, other = await asyncio.gather(
            *map(batches.submit, ["stop", 2]), return_exceptions=True
        )
    assert isinstance(stopped, StoreUnavailable)
    assert other == 2
    await batches.close()
