"""What comes in: stored before it is acknowledged, then a turn for its contact."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.domain.deliveries import Attempt, next_attempt
from bot.domain.messages import Message
from bot.domain.records import Arrival, Report, TurnRecord
from bot.services.deliveries import ConsentKeeper
from bot.services.meter import UNMETERED, Meter
from bot.services.ports import Store, Waker

POLL_SECONDS = 0.25
"""How often a synchronous channel looks whether another process handled its message."""


@dataclass(slots=True)
class Inbox:
    """Files messages and reports, and wakes the turns."""

    store: Store
    waker: Waker
    consent: ConsentKeeper | None = None
    meter: Meter = UNMETERED
    waiting: dict[str, asyncio.Future[tuple[Message, ...]]] = field(default_factory=dict)

    async def receive(self, arrival: Arrival) -> str:
        """Files the message durably, and starts its turn; a repeat changes nothing.

        Answers the message's id. Raises StoreUnavailable where it is not filed.
        """
        accepted = await self.store.accept(arrival)
        if not accepted.repeated:
            self.meter.received(arrival.message.connector)
            self.waker.wake(accepted.contact_id)
        return accepted.message_id

    async def receive_and_wait(self, arrival: Arrival, timeout: float) -> Sequence[Message]:
        """The same, and the replies of the turn, for channels that answer in one breath."""
        answered: asyncio.Future[tuple[Message, ...]] = asyncio.get_running_loop().create_future()
        self.waiting[arrival.message.id] = answered
        try:
            message_id = await self.receive(arrival)
            async with asyncio.timeout(timeout):
                return await self._replies(message_id, answered)
        except TimeoutError:
            return ()
        finally:
            self.waiting.pop(arrival.message.id, None)

    async def _replies(
        self, message_id: str, answered: asyncio.Future[tuple[Message, ...]]
    ) -> Sequence[Message]:
        while True:
            done, _ = await asyncio.wait([answered], timeout=POLL_SECONDS)
            if done:
                return answered.result()
            message = await self.store.message(message_id)
            if message is not None and message.status == "handled" and not answered.done():
                page = await self.store.list_messages(
                    50, conversation_id=message.conversation_id, direction="out"
                )
                return tuple(m for m in reversed(page.items) if m.turn_id == message_id)

    def answered(self, message_id: str, replies: tuple[Message, ...]) -> None:
        """The turn of a message is saved: hands its replies to who waits for them."""
        waiting = self.waiting.get(message_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(replies)

    async def report(self, report: Report, advice: Attempt | None = None) -> None:
        """Joins a delivery report on its message.

        `advice` is what its error code asks for: a new attempt later, or no message ever again.
        """
        await self.store.report(report)
        if advice is None or report.message_id is None:
            return
        message = await self.store.message(report.message_id)
        if message is None or message.connector != report.connector:
            return
        if advice.kind == "opted_out" and self.consent:
            await self.consent.opt_out(message)
        # A report that came late moved nothing: the message had been delivered, or was tried again.
        if advice.kind == "retry" and message.status == report.status:
            await self._try_again(message, advice, report.at)

    async def _try_again(self, message: Message, advice: Attempt, now: float) -> None:
        """A message that the carrier could not deliver goes out once more, as a message of its own.

        Its id follows from the first one's, so that a report that comes twice makes one attempt.
        """
        again = next_attempt(message, advice, now)
        if again is None or await self.store.message(again.id) is not None:
            return
        turn = TurnRecord(id=again.id, at=now, contact_id=message.contact_id, messages=(again,))
        await self.store.save(turn)

    async def unroutable(self, message: Message) -> None:
        """Keeps a request that nobody understood where an operator can see it."""
        await self.store.keep_unroutable(message)
