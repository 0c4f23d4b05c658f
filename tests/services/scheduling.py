"""A process that looks at the schedules and takes the turns, and is killed at one of its writes.

    python -m tests.services.scheduling DATABASE_URL NOW OWNER WRITES

After so many writes of its looks and turns it ends itself with SIGKILL: an odd number before the
next one, an even number right behind it. With 0 it comes to its end.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from bot.store.sql import SqlStore
from tests.services.starting import schedules_of
from tests.services.world import World, flow, say

GREETING = flow(
    say("HELLO", "Good morning"),
    triggers=[{"schedule": "0 9 * * *", "audience": {"not": {"tag": "nobody"}}}],
)


class Dying(SqlStore):
    """Ends its process at a write."""

    left = 0

    async def save(self, turn: Any) -> bool:
        return bool(await self._or_die(super().save, turn))

    async def set_position(self, name: str, place: str) -> None:
        await self._or_die(super().set_position, name, place)

    async def _or_die(self, write: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        self.left -= 1
        if self.left == 0 and odd:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = await write(*arguments)
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer


async def work(url: str, now: float, owner: str, writes: int) -> None:
    """Looks until there is nothing left, then takes all turns."""
    store = Dying(url)
    await store.open()
    world = World(store=store)  # type: ignore[arg-type]
    world.clock.at = now
    await world.open(greet=GREETING)
    store.left = writes
    schedules = schedules_of(world, owner, page=7)
    while await schedules.look() or '"cursor": null' not in str(await store.position("schedules")):
        world.clock.at += 0.1
    while waiting := await store.contacts_waiting(world.clock.at, 0.0, 50):
        for contact_id in waiting:
            await world.contact_turns.drain(contact_id)
    store.left = 0
    await store.close()


if __name__ == "__main__":
    odd = int(sys.argv[4]) % 2 == 1
    asyncio.run(work(sys.argv[1], float(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
