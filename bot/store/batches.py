"""Gathers what arrives while the previous batch runs, so that it shares one round."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

from bot.domain.records import StoreUnavailable

Item = TypeVar("Item")

MOST_ITEMS = 200
"""Items of one batch: few enough that a batch ends within some tens of milliseconds."""


class Batches(Generic[Item]):
    """One batch after the other; what is submitted meanwhile waits for the next one.

    `run` answers one result per item, an exception for an item that failed.
    """

    def __init__(
        self, run: Callable[[Sequence[Item]], Awaitable[Sequence[Any]]], most: int = MOST_ITEMS
    ) -> None:
        self._run, self._most = run, most
        self._waiting: deque[tuple[Item, asyncio.Future[Any]]] = deque()
        self._rounds: asyncio.Task[None] | None = None
        self._closed = False

    async def submit(self, item: Item) -> Any:
        """The item's result. The item is run even if its caller is cancelled."""
        if self._closed:
            raise StoreUnavailable("the store is closed")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._rounds is None:
            self._rounds = asyncio.create_task(self._run_rounds())
        return await future

    async def close(self) -> None:
        """Runs what waits, then takes nothing any more."""
        self._closed = True
        while self._rounds is not None:
            await self._rounds

    async def _run_rounds(self) -> None:
        try:
            while self._waiting:
                count = min(len(self._waiting), self._most)
                await self._run_round([self._waiting.popleft() for _ in range(count)])
        finally:
            # Something waits still where this task was cancelled: another one goes on.
            self._rounds = asyncio.create_task(self._run_rounds()) if self._waiting else None

    async def _run_round(self, entries: Sequence[tuple[Item, asyncio.Future[Any]]]) -> None:
        try:
            results = await self._run([item for item, _ in entries])
            for (_, future), result in zip(entries, results, strict=True):
                _settle(future, result)
        except BaseException as error:  # what breaks a round must not leave its callers waiting
            for _, future in entries:
                _settle(future, StoreUnavailable(f"the batch broke: {error!r}"))
            if not isinstance(error, Exception):
                raise


def _settle(future: asyncio.Future[Any], result: Any) -> None:
    """A future whose caller was cancelled is done already."""
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
