"""One look at what is due: contacts with something pending, and messages to send or settle."""

from dataclasses import dataclass

from bot.services.deliveries import Deliveries
from bot.services.media import Media
from bot.services.ports import Clock, Store, Waker
from bot.services.schedules import Schedules

LEFT_BEHIND_SECONDS = 5.0
"""A message that is pending for longer was left by a process that died, or by a full queue."""
CONTACTS_AT_ONCE = 200
MESSAGES_AT_ONCE = 100


@dataclass(slots=True)
class Sweep:
    """What every worker does every few moments; several may do it at once."""

    store: Store
    deliveries: Deliveries
    waker: Waker
    clock: Clock
    media: Media | None = None
    schedules: Schedules | None = None

    async def once(self) -> int:
        """Wakes contacts and handles due messages; answers how many messages there were."""
        now = self.clock.now()
        if self.media is not None:
            self.media.kick()
        for contact_id in await self.store.contacts_waiting(
            now, now - LEFT_BEHIND_SECONDS, CONTACTS_AT_ONCE
        ):
            self.waker.wake(contact_id)
        found = await self.deliveries.run_due(MESSAGES_AT_ONCE)
        if self.schedules is not None:
            # Last: what goes wrong here keeps no message back.
            await self.schedules.look()
        return found
