"""The turns of one contact under its lock: load, decide, save, then speak."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import structlog

from bot.domain.consent import ConsentChange
from bot.domain.events import Event
from bot.domain.messages import Message
from bot.domain.records import TurnRecord, Unreachable, Work
from bot.domain.timers import Timer
from bot.services.consent_words import asks_to_stop
from bot.services.deliveries import Deliveries
from bot.services.drafts import Draft
from bot.services.hub import Hub
from bot.services.ids import Ids
from bot.services.inbox import Inbox
from bot.services.meter import UNMETERED, Meter
from bot.services.ports import Clock, Locks, Store, StoreUnavailable
from bot.services.turns import Turns

log = structlog.get_logger(__name__)

SAVES_PER_TURN = 5
"""A turn that lost the race for its rows is made anew from what is there now."""


@dataclass(slots=True)
class ContactTurns:
    """Takes what waits for a contact, one turn after the other."""

    store: Store
    locks: Locks
    turns: Turns
    deliveries: Deliveries
    hub: Hub
    ids: Ids
    clock: Clock
    inbox: Inbox | None = None
    meter: Meter = UNMETERED

    async def drain(self, contact_id: str) -> None:
        """Handles the contact's pending messages and due timers, in order."""
        async with self.locks.hold(contact_id):
            for _ in range(SAVES_PER_TURN):
                work = await self.store.load(contact_id, self.clock.now())
                if work is None or await self._all(work):
                    return
            log.warning("turns_contended", contact=contact_id)

    async def _all(self, work: Work) -> bool:
        """Handles all causes of one load; False where a save was lost and the load is stale."""
        causes: list[Message | Timer] = sorted(
            [*work.messages, *work.timers],
            key=lambda cause: cause.created_at if isinstance(cause, Message) else cause.due_at,
        )
        for number, cause in enumerate(causes):
            began = time.perf_counter()
            # What was asked for before a stop word came is not sent behind it.
            stops = any(asks_to_stop(later) for later in causes[number + 1 :])
            draft = await self._decided(work, cause)
            try:
                saved = await self._save(draft, work, began, stops)
            except Unreachable:
                raise
            except Exception as error:
                # The database refused a value of this turn, and would refuse it every time.
                log.exception("turn_refused", contact=work.contact.id, cause=cause.id)
                given_up = self.turns.given_up(work, cause, _told(error))
                saved = await self._save(given_up, work, began, stops)
            if saved is None:
                return False
            work = saved
        return True

    async def _decided(self, work: Work, cause: Message | Timer) -> Draft:
        """The turn of a message or timer; one that cannot be made is told, not tried for ever."""
        try:
            if isinstance(cause, Message):
                return await self.turns.on_message(work, cause)
            return await self.turns.on_timer(work, cause)
        except StoreUnavailable:
            raise
        except Exception as error:
            log.exception("turn_failed", contact=work.contact.id, cause=cause.id)
            return self.turns.given_up(work, cause, _told(error))

    async def _save(self, draft: Draft, work: Work, began: float, stops: bool) -> Work | None:
        """Saves the turn, then sends; answers what the next turn starts from."""
        contact = draft.contact
        draft.messages = list(
            self.deliveries.plan(
                draft.messages, opted_out=contact.opted_out or stops, unsettled=work.unsettled
            )
        )
        for message in draft.messages:
            if message.status == "stopped":
                draft.event("message_stopped", message_id=message.id, reason=message.error_code)
        record = draft.record()
        if not await self._written(record):
            return None
        cause = "message" if draft.claims_message else "timer"
        if draft.claims_message or draft.claims_timer:
            self.meter.turn(cause, time.perf_counter() - began)
        self.turns.saved(draft)
        if self.inbox is not None and draft.claims_message:
            self.inbox.answered(draft.claims_message, tuple(draft.messages))
        self.hub.publish(draft.conversation.id)
        left = await self.deliveries.send(draft.messages)
        return replace(
            work,
            contact=record.contact or replace(contact, version=work.contact.version),
            conversations={**work.conversations, draft.conversation.id: draft.conversation},
            sessions=tuple(s for s in draft.sessions.values() if s.status != "ended"),
            unsettled=work.unsettled | left,
        )

    async def _written(self, record: TurnRecord) -> bool:
        """Writes the turn; a refusal may be a deadlock that is over, so it is tried once more."""
        try:
            return await self.store.save(record)
        except Unreachable:
            raise
        except StoreUnavailable:
            return await self.store.save(record)

    async def change(
        self, contact_id: str, decide: Callable[[Work], Awaitable[Draft | None]]
    ) -> bool:
        """A turn that no message or timer has caused; False where `decide` finds nothing to do.

        It may be asked more than once: of what another one was first with, it sees the new state.
        """
        async with self.locks.hold(contact_id):
            for _ in range(SAVES_PER_TURN):
                work = await self.store.load(contact_id, self.clock.now())
                draft = await decide(work) if work else None
                if work is None or draft is None:
                    return False
                if await self._save(draft, work, time.perf_counter(), False):
                    return True
        raise StoreUnavailable(f"the contact {contact_id!r} is changed by others all the time")

    async def opt_out(self, message: Message, source: str) -> None:
        """Writes an opt-out that the provider told of when it refused a message."""
        async with self.locks.hold(message.contact_id):
            for _ in range(SAVES_PER_TURN):
                now = self.clock.now()
                work = await self.store.load(message.contact_id, now)
                if work is None or work.contact.opted_out:
                    return
                if await self.store.save(self._opted_out(work, message, source, now)):
                    self.hub.publish(message.conversation_id)
                    return
            log.warning("opt_out_contended", contact=message.contact_id)

    def _opted_out(self, work: Work, message: Message, source: str, now: float) -> TurnRecord:
        change = ConsentChange(
            id=self.ids.new(),
            contact_id=message.contact_id,
            address=message.address,
            sender=message.sender,
            kind="opted_out",
            source=source,
            evidence=message.error_code or "",
            at=now,
        )
        event = Event(
            id=self.ids.new(),
            type="contact_opted_out",
            at=now,
            contact_id=message.contact_id,
            conversation_id=message.conversation_id,
            causation_id=message.id,
            correlation_id=message.turn_id,
            data={"source": source},
        )
        ended = tuple(replace(s.ended("opted_out"), revision=s.revision + 1) for s in work.sessions)
        return TurnRecord(
            id=self.ids.new(),
            at=now,
            contact_id=message.contact_id,
            contact=replace(work.contact, opted_out=True, version=work.contact.version + 1),
            sessions=ended,
            timers_cancelled=tuple(t.id for s in work.sessions for t in s.timers),
            events=(event,),
            consent=(change,),
        )


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]
