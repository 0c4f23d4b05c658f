"""Outbound messages: the gate, the attempt, its outcome, and settling what is not known."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import structlog

from bot.domain.deliveries import (
    CLOCK_SKEW,
    MAX_ATTEMPTS,
    Attempt,
    CannotAsk,
    Listed,
    found,
    outcome,
    unclaimed,
)
from bot.domain.events import Event
from bot.domain.gate import Rate, verdict
from bot.domain.messages import Message
from bot.domain.records import DueMessage, Outcome
from bot.services.hub import Hub
from bot.services.ids import Ids
from bot.services.meter import UNMETERED, Meter
from bot.services.ports import Clock, Store, StoreUnavailable

log = structlog.get_logger(__name__)

OFF_RETRY_SECONDS = 300.0
"""A message for a channel that is off waits so long before it is looked at again."""
LONGEST_ATTEMPT = 60.0
"""Seconds within which a sender that cannot be asked answers or gives up."""
SENDS_AT_ONCE = 50
"""To one provider; more wait here, where the wait counts against their lease, not in a connector."""
LATEST_START = 0.3
"""The part of an attempt's lease within which its request must begin, to be over by its end."""
SHORTEST_ATTEMPT = 5.0
"""Even a file may take a moment to be written."""
CONFIRMATION_SECONDS = 300.0
ASK_AGAIN_SECONDS = 5.0
"""Where the provider could not be asked what it has."""


class Sender(Protocol):
    """A channel as the services see it.

    `local`: nothing leaves the house, so a message is delivered when it is saved. `immediate`:
    quick enough to be sent right behind the turn. `settle_after`: seconds from which `listing`
    shows all that an attempt may have sent; None where the provider cannot be asked.
    """

    local: bool
    immediate: bool
    settle_after: float | None
    rate: Rate | None

    async def send(self, message: Message) -> Attempt: ...

    async def listing(self, message: Message, since: float) -> Sequence[Listed]:
        """What was sent to the address; raises CannotAsk."""


class ConsentKeeper(Protocol):
    """Who is told that a provider refused a message because its receiver opted out."""

    def provider_opt_out(self, message: Message) -> None:
        """Writes it behind the turn that met it, which still holds the contact's lock."""

    async def opt_out(self, message: Message) -> None:
        """Writes it now."""


@dataclass(slots=True)
class Deliveries:
    """Hands messages to senders and writes down what came of it."""

    store: Store
    senders: Mapping[str, Sender]
    ids: Ids
    clock: Clock
    hub: Hub
    consent: ConsentKeeper | None = None
    meter: Meter = UNMETERED
    _places: defaultdict[str, asyncio.Semaphore] = field(
        default_factory=lambda: defaultdict(lambda: asyncio.Semaphore(SENDS_AT_ONCE))
    )

    @property
    def lease(self) -> float:
        """Seconds for which an attempt is under way, before its outcome counts as unknown."""
        return max(map(_longest_attempt, self.senders.values()), default=LONGEST_ATTEMPT)

    def plan(
        self, messages: Iterable[Message], *, opted_out: bool, unsettled: frozenset[str]
    ) -> tuple[Message, ...]:
        """The messages of a turn as they are saved: stopped, queued, or about to be sent.

        Once one of a conversation waits, those behind it wait too.
        """
        waiting, planned = set(unsettled), []
        for message in messages:
            plan = self._planned(message, opted_out, message.conversation_id in waiting)
            planned.append(plan)
            if plan.status == "queued":
                waiting.add(plan.conversation_id)
        return tuple(planned)

    def _planned(self, message: Message, opted_out: bool, waits: bool) -> Message:
        now = self.clock.now()
        sender = self.senders.get(message.connector)
        gate = verdict(
            opted_out=opted_out,
            confirms_opt_out=_confirms_in_time(message, now),
            wait=0.0 if waits else self._wait(sender, message, now),
            now=now,
        )
        if gate.stop:
            return replace(message, status="stopped", error_code=gate.stop, error=_WHY[gate.stop])
        if sender is None:
            return replace(message, due_at=now, error_code="channel_off")
        if sender.local:
            return replace(message, status="delivered", provider_id=message.id)
        if waits or gate.wait_until or not sender.immediate:
            return replace(message, status="queued", due_at=gate.wait_until or now)
        due_at = now + _longest_attempt(sender)
        return replace(message, status="sending", attempts=1, attempted_at=now, due_at=due_at)

    def _wait(self, sender: Sender | None, message: Message, now: float) -> float:
        if sender is None or sender.rate is None:
            return 0.0
        return sender.rate.take(message.segments or 1, now)

    async def send(self, messages: Sequence[Message]) -> frozenset[str]:
        """Sends the messages of a saved turn, those of a conversation one behind the other.

        Answers the conversations in which something is left to be settled.
        """
        threads: defaultdict[str, list[Message]] = defaultdict(list)
        for message in messages:
            if message.status == "sending":
                threads[message.conversation_id].append(message)
        queued = {m.conversation_id for m in messages if m.status == "queued"}
        left = {name for name, thread in threads.items() if not await self._send_thread(thread)}
        return frozenset(queued | left)

    async def _send_thread(self, thread: Sequence[Message]) -> bool:
        for index, message in enumerate(thread):
            written = await self._attempt(message)
            if written.status in ("queued", "unknown"):
                now = self.clock.now()
                for behind in thread[index + 1 :]:
                    if self._lateness(behind, now) < 1.0:
                        await self._write(behind, Outcome(behind.id, "queued", now, due_at=now))
                return False
        return True

    async def _attempt(self, message: Message) -> Outcome:
        sender = self.senders[message.connector]
        async with self._places[message.connector]:
            now = self.clock.now()
            if self._lateness(message, now) > LATEST_START:
                return await self._too_late(message, now)
            attempt = await self._tried(message, sender)
        now = self.clock.now()
        settle_at = None
        if sender.settle_after is not None:
            settle_at = (message.attempted_at or now) + sender.settle_after
        result = outcome(message, attempt, now=now, jitter=random.random(), settle_at=settle_at)  # noqa: S311
        if attempt.kind == "opted_out" and self.consent:
            self.consent.provider_opt_out(message)
        self.meter.sent(message.connector, result.status)
        await self._write(message, result)
        return result

    async def _tried(self, message: Message, sender: Sender) -> Attempt:
        try:
            return await sender.send(message)
        except Exception as error:
            # Senders answer what goes wrong as a value; one that raises may have sent all the same.
            log.exception("sender_failed", connector=message.connector, message=message.id)
            return Attempt("unknown", reason=f"the connector failed: {type(error).__name__}")

    def _lateness(self, message: Message, now: float) -> float:
        """How much of the lease of an attempt is over; from 1 on another worker may settle it."""
        lease = _longest_attempt(self.senders[message.connector])
        return (now - (message.attempted_at or now)) / lease

    async def _too_late(self, message: Message, now: float) -> Outcome:
        """Nothing is sent when the attempt might outlive its lease, and be made twice.

        That happens behind a slow message, or when the process was held up.
        """
        waits = Outcome(message.id, "queued", now, due_at=now, attempts=message.attempts - 1)
        if self._lateness(message, now) < 1.0:
            await self._write(message, waits)
        return waits

    async def _write(self, message: Message, result: Outcome) -> None:
        if result.status in ("failed", "unknown", "stopped"):
            result = replace(result, events=(self._event(message, result),))
        try:
            await self.store.mark(result)
        except StoreUnavailable as error:
            # The row stays `sending`; when its lease is over its outcome is asked for.
            log.warning("outcome_not_written", message=message.id, error=str(error))
        self.hub.publish(message.conversation_id)

    def _event(self, message: Message, result: Outcome) -> Event:
        return Event(
            id=self.ids.new(),
            type=f"message_{result.status}",
            at=result.at,
            contact_id=message.contact_id,
            conversation_id=message.conversation_id,
            session_id=message.session_id,
            causation_id=message.id,
            correlation_id=message.turn_id,
            data={"message_id": message.id, "code": result.error_code, "reason": result.error},
        )

    # the worker's part

    async def run_due(self, limit: int = 100) -> int:
        """Claims what is due and handles it; answers how many there were."""
        due = await self.store.claim_due(self.clock.now(), limit, self.lease)
        await asyncio.gather(*(self._handle_thread(item) for item in due))
        return len(due)

    async def _handle_thread(self, item: DueMessage) -> None:
        """Handles a claimed message, then those of the same contact that waited behind it."""
        waiting = [item]
        while waiting:
            for each in waiting:
                try:
                    await self._handle(each)
                except StoreUnavailable as error:
                    log.warning("due_message_left", message=each.message.id, error=str(error))
                    return
            waiting = list(
                await self.store.claim_due(
                    self.clock.now(), 10, self.lease, item.message.contact_id
                )
            )

    async def _handle(self, item: DueMessage) -> None:
        message, now = item.message, self.clock.now()
        sender = self.senders.get(message.connector)
        if sender is None:
            # What may have gone out before the channel was switched off must still be asked for.
            standing = "unknown" if item.task == "settle" else "queued"
            await self._put_off(
                message, standing, now + OFF_RETRY_SECONDS, "channel_off",
                f"the channel {message.connector} is off",
            )  # fmt: skip
        elif item.task == "settle":
            await self._settle(message, sender)
        else:
            await self._send_claimed(message, sender, item.opted_out)

    async def _send_claimed(self, message: Message, sender: Sender, opted_out: bool) -> None:
        now = self.clock.now()
        gate = verdict(
            opted_out=opted_out,
            confirms_opt_out=_confirms_in_time(message, now),
            wait=self._wait(sender, message, now),
            now=now,
        )
        if gate.stop:
            stopped = Outcome(
                message.id, "stopped", now, error_code=gate.stop, error=_WHY[gate.stop]
            )
            await self._write(message, stopped)
        elif gate.wait_until:
            await self._put_off(message, "queued", gate.wait_until)
        else:
            await self._attempt(message)

    async def _settle(self, message: Message, sender: Sender) -> None:
        """Finds out whether an attempt of unknown outcome reached the provider."""
        now = self.clock.now()
        attempted = message.attempted_at or message.created_at
        if sender.settle_after is None:
            unknown = Outcome(message.id, "unknown", now, error_code="unknown_outcome",
                              error="the provider cannot be asked; it is not sent again")  # fmt: skip
            await self._write(message, unknown)
            return
        if now < attempted + sender.settle_after:
            await self._put_off(message, "unknown", attempted + sender.settle_after)
            return
        try:
            listed = await sender.listing(message, attempted - CLOCK_SKEW)
        except CannotAsk as error:
            await self._put_off(message, "unknown", now + ASK_AGAIN_SECONDS, error=str(error))
            return
        except Exception as error:
            log.exception("listing_failed", connector=message.connector, message=message.id)
            reason = f"the connector failed: {type(error).__name__}"
            await self._put_off(message, "unknown", now + OFF_RETRY_SECONDS, error=reason)
            return
        known = await self.store.known_provider_ids(
            message.connector, [m.provider_id for m in listed]
        )
        match = found(message, listed, known)
        if match:
            settled = Outcome(
                message.id, match.status, now, provider_id=match.provider_id,
                error_code=match.error_code,
            )  # fmt: skip
            await self._write(message, settled)
        elif unclaimed(message, listed, known):
            doubt = "the provider lists a message that may be this one; it is not sent again"
            await self._write(message, Outcome(message.id, "unknown", now,
                                               error_code="unknown_outcome", error=doubt))  # fmt: skip
        elif message.attempts >= MAX_ATTEMPTS:
            reason = f"the provider took it in none of {message.attempts} attempts"
            await self._write(message, Outcome(message.id, "failed", now, error=reason))
        else:
            await self._write(message, Outcome(message.id, "queued", now, due_at=now))

    async def _put_off(
        self, message: Message, status: str, due_at: float, code: str | None = None,
        error: str | None = None,
    ) -> None:  # fmt: skip
        """Leaves a claimed message for later. Nothing was sent, so it counts as no attempt, and
        nothing happened, so the log says nothing."""
        attempts = message.attempts - 1 if message.status == "sending" else None
        later = Outcome(message.id, status, self.clock.now(), error_code=code, error=error,
                        due_at=due_at, attempts=attempts)  # fmt: skip
        await self.store.mark(later)
        self.hub.publish(message.conversation_id)


def _longest_attempt(sender: Sender) -> float:
    """Seconds after which an attempt of the sender is over, whatever came of it."""
    if sender.settle_after is None:
        return LONGEST_ATTEMPT
    return max(sender.settle_after, SHORTEST_ATTEMPT)


def _confirms_in_time(message: Message, now: float) -> bool:
    """A confirmation that comes later is one text too many (47 CFR 64.1200(a)(12): 5 minutes)."""
    wanted = bool(message.content.get("confirms_opt_out"))
    return wanted and now - message.created_at <= CONFIRMATION_SECONDS


_WHY = {"opted_out": "the contact has opted out"}
