"""One turn at a time per contact, in order of arrival: lock, then load, decide, save, dispatch."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

log = structlog.get_logger(__name__)

TURNS_AT_ONCE = 256
"""Contacts whose turns run at the same time in one process; more wait their turn."""
RETRY_SECONDS = (0.2, 1.0, 5.0)
"""After a failure (the database is away); later the worker's sweep finds the contact again."""

IDLE_SECONDS = 10.0
"""For what runs to end when the process stops."""


class ContactQueue:
    """Runs `drain` for each contact that was woken, and again if it is woken meanwhile."""

    def __init__(self, drain: Callable[[str], Awaitable[None]]) -> None:
        self._drain = drain
        self._woken: dict[str, bool] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(TURNS_AT_ONCE)

    def wake(self, contact_id: str) -> None:
        """There is something to do for the contact."""
        if contact_id in self._woken:
            self._woken[contact_id] = True
            return
        self._woken[contact_id] = False
        self.later(self._work(contact_id))

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs something beside the turns; `idle` waits for it too."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def idle(self) -> None:
        """Waits until nothing is left to do, but not for ever: what is pending is stored."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + IDLE_SECONDS
        while self._tasks and (left := deadline - loop.time()) > 0:
            await asyncio.wait(set(self._tasks), timeout=left)
        if self._tasks:
            log.warning("work_left_behind", tasks=len(self._tasks))

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("background_work_failed", error=str(error), exc_info=error)

    async def _work(self, contact_id: str) -> None:
        async with self._places:
            failures = 0
            while True:
                self._woken[contact_id] = False
                try:
                    await self._drain(contact_id)
                except Exception:
                    # Whatever it was, the message is stored: the next try or the sweep takes it up.
                    log.exception("turn_failed", contact=contact_id)
                    if failures == len(RETRY_SECONDS):
                        break
                    await asyncio.sleep(RETRY_SECONDS[failures])
                    failures += 1
                    continue
                if not self._woken[contact_id]:
                    break
            del self._woken[contact_id]
