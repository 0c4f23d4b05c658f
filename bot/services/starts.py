"""Flows that start from outside: a row with a due time now, a turn of the contact then."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from bot.domain.contacts import PHONE_CHANNELS, Contact, Conversation, contact_id_for
from bot.domain.records import StoreUnavailable, TurnRecord, Work
from bot.domain.schedules import zone_of
from bot.domain.starts import NAME, Start, StartKind, entries, hooks
from bot.domain.timers import Timer
from bot.engine.conditions import Situation, holds
from bot.engine.facts import Facts
from bot.engine.findings import nearest
from bot.engine.flow import Flow, Trigger
from bot.engine.slot_types import NotFitting, fitted
from bot.services.drafts import MAIL_CONNECTOR, Draft
from bot.services.ids import Ids
from bot.services.ports import Clock, Locks, Store, Waker
from bot.services.sessions import BUSY_SECONDS

HELD_SECONDS = 6 * 3600.0
"""So long a start waits for the contact's other flow to end, then it is given up."""
SAVES = 5
"""Who lost the race for a newcomer's rows looks again."""
MANUAL = '{"manual": true}'
_NUMBER = re.compile(r"\+[1-9][0-9]{3,14}")


class StartRefused(Exception):
    """Nothing is started: what is wrong with which field of the request."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


class FlowUnknown(Exception):
    """There is no flow, or no hook, of this name."""


class NoEntry(Exception):
    """The flow has no trigger that lets it be started so."""


class KeyTaken(Exception):
    """The idempotency key belongs to another request."""


@dataclass(frozen=True, slots=True)
class Origin:
    """One of our senders: the connector, the kind of address that it reaches, and its own."""

    connector: str
    channel: str
    sender: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """For whom: a contact that is known, or an address that need not be."""

    contact_id: str | None = None
    address: str | None = None
    connector: str | None = None
    sender: str | None = None


@dataclass(slots=True)
class Starts:
    """Takes requests to start a flow. The consent gate has the last word on what it will say."""

    store: Store
    locks: Locks
    flows: Callable[[], Mapping[str, Flow]]
    ids: Ids
    clock: Clock
    waker: Waker
    conversation_key: Callable[[str, str, str], str]
    origins: Sequence[Origin] = ()

    async def by_hand(
        self, flow: str, to: Recipient, slots: Mapping[str, Any], *,
        key: str | None = None, at: float | None = None,
    ) -> str:  # fmt: skip
        """Starts a flow by its name; see `start`. Raises FlowUnknown and NoEntry, too."""
        found = self.flows().get(flow)
        if found is None:
            near = nearest(flow, self.flows())
            raise FlowUnknown(f"There is no flow {flow!r}; {near}".rstrip("; "))
        if not entries(found, Start(flow, "manual")):
            raise NoEntry(f"The flow {flow!r} is not started by hand: add {MANUAL} to its triggers")
        return await self.start(found, to, slots, key=key, at=at)

    async def by_hook(
        self, hook: str, to: Recipient, slots: Mapping[str, Any], *, key: str | None = None
    ) -> str:
        """Starts the flow of a webhook; of two flows with the same hook the first by name."""
        known = {name: flow for _, flow in sorted(self.flows().items(), reverse=True)
                 for name in hooks(flow)}  # fmt: skip
        if hook not in known:
            raise FlowUnknown(f"There is no hook {hook!r}; {nearest(hook, known)}".rstrip("; "))
        return await self.start(known[hook], to, slots, key=key, trigger="webhook", name=hook)

    async def start(
        self, flow: Flow, to: Recipient, slots: Mapping[str, Any], *, key: str | None = None,
        at: float | None = None, trigger: StartKind = "manual", name: str = "",
    ) -> str:  # fmt: skip
        """Files a start, due at `at` (Unix seconds) or at once; answers its id.

        The same `key` files it once. Raises StartRefused, KeyTaken and StoreUnavailable.
        """
        said = [flow.name, trigger, name, asdict(to), dict(slots), at]
        digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
        id_ = f"start:{_short(key)}" if key else self.ids.new()
        timer = await self._kept(id_, digest) if key else None
        if timer is None:
            slots = _checked(flow, slots)
            contact_id, conversation_id = await self._whom(to)
            now = self.clock.now()
            start = Start(flow.name, trigger, name, slots).to_json()
            timer = Timer(id_, contact_id, conversation_id, "", NAME, max(at or now, now), now,
                          start=start)  # fmt: skip
            if key:
                timer = await self._first(timer, digest)
        await self._put(timer)
        return id_

    async def _first(self, timer: Timer, digest: str) -> Timer:
        """What the key stands for: this start, or the same one of a request that was quicker."""
        kept = {"asked": digest, "timer": asdict(timer)}
        await self.store.journal_write(_journalled(timer.id), kept, timer.created_at)
        return await self._kept(timer.id, digest) or timer

    async def _kept(self, id_: str, digest: str) -> Timer | None:
        place = _journalled(id_)
        kept = (await self.store.journal_read([place])).get(place)
        if kept is None:
            return None
        if kept["asked"] != digest:
            raise KeyTaken("This Idempotency-Key was sent with another request")
        return Timer(**kept["timer"])

    async def _put(self, timer: Timer) -> None:
        at = timer.created_at
        record = TurnRecord(self.ids.new(), at, timer.contact_id, timers_set=(timer,))
        await self.store.save(record)
        if timer.due_at <= self.clock.now():
            self.waker.wake(timer.contact_id)

    async def _whom(self, to: Recipient) -> tuple[str, str]:
        """The contact, and the conversation: nothing for the latest."""
        if (to.contact_id is None) == (to.address is None):
            raise StartRefused("contact_id", "give either contact_id or address")
        if to.address is not None:
            thread = self._thread(to.address, to)
            known = await self.store.conversation(thread.id) or await self._made(thread)
            return known.contact_id, known.id
        if to.connector or to.sender:
            raise StartRefused("connector", "connector and sender go with an address")
        contact = await self.store.contact(str(to.contact_id))
        if contact is None:
            raise StartRefused("contact_id", "there is no contact with this id")
        page = await self.store.list_conversations(50, contact_id=contact.id)
        if _latest(page.items) is None:
            raise StartRefused("contact_id", "the contact has no conversation yet: give an address")
        return contact.id, ""

    def _thread(self, address: str, to: Recipient) -> Conversation:
        channel, _, handle = address.partition(":")
        able = [it for it in self.origins if it.channel == channel]
        if not able or not handle:
            near = "" if able else nearest(channel, {it.channel for it in self.origins})
            reason = f"no channel reaches {address!r}" if handle else "write it as sms:+15550123"
            raise StartRefused("address", f"{reason}; {near}".rstrip("; "))
        if channel in PHONE_CHANNELS and not _NUMBER.fullmatch(handle):
            raise StartRefused("address", f"write the number as {channel}:+15550123")
        origin = next((it for it in able if to.connector in (None, it.connector)), None)
        if origin is None:
            near = nearest(str(to.connector), {it.connector for it in able})
            raise StartRefused("connector", f"{to.connector!r} does not reach {channel}; {near}")
        sender = to.sender or origin.sender
        if not sender.startswith(f"{channel}:"):
            sender = f"{channel}:{sender}"
        id_ = self.conversation_key(origin.connector, sender, address)
        return Conversation(id_, "", origin.connector, sender, address)

    async def _made(self, thread: Conversation) -> Conversation:
        """The conversation of an address that has none with this sender; the contact, if new."""
        page = await self.store.list_contacts(1, address=thread.address)
        owner: str = page.items[0].id if page.items else contact_id_for(thread.address)
        async with self.locks.hold(owner):
            for _ in range(SAVES):
                now = self.clock.now()
                known = await self.store.conversation(thread.id)
                if known is not None:
                    return known
                made = replace(thread, contact_id=owner, created_at=now)
                contact = await self.store.contact(owner)
                new = None if contact else Contact(owner, version=1, created_at=now)
                record = TurnRecord(self.ids.new(), now, owner, contact=new, conversations=(made,))
                if await self.store.save(record):
                    return made
        raise StoreUnavailable(f"the contact {owner!r} is changed by others all the time")


# in the turn


def thread_of(work: Work, conversation_id: str) -> Conversation:
    """The conversation of a turn: the one that is named, or the contact's latest.

    One without an id where the contact has none: nothing is written of it.
    """
    known = work.conversations.get(conversation_id) or _latest(work.conversations.values())
    return known or Conversation("", work.contact.id, "", "", "")


def _latest(threads: Any) -> Conversation | None:
    talking = [it for it in threads if it.id and it.connector != MAIL_CONNECTOR]
    return max(talking, key=lambda it: (it.last_inbound_at or it.created_at, it.id), default=None)


def refusal(draft: Draft, start: Start, flow: Flow | None) -> str | None:
    """Why the flow is not started, whatever else the contact is doing."""
    if flow is None:
        return "there is no such flow"
    triggers = entries(flow, start)
    if not triggers:
        return "the flow has no such trigger any more"
    if not draft.conversation.id:
        return "the contact has no conversation"
    if draft.contact.opted_out:
        return "the contact has opted out"
    if draft.conversation.status == "human":
        return "a person has taken over"
    if start.until is not None and draft.now > start.until:
        return "it is too late"
    local = start.trigger == "schedule" and triggers[0].time_zone is None
    if local and zone_of(draft.contact.time_zone) is None:
        return "the time zone of the contact is unknown"
    return None


def entry(flow: Flow, start: Start, facts: Facts) -> Trigger | None:
    """The trigger that lets the start in now: the first whose `when` holds."""
    situation = Situation(
        event=start.trigger,
        slots=start.slots,
        fields=facts.fields,
        tags=facts.tags,
        answers=facts.answers,
        shared=facts.shared,
        seen=facts.seen,
    )
    return next((it for it in entries(flow, start) if holds(it.when, situation)), None)


def not_started(draft: Draft, timer: Timer, start: Start, reason: str) -> None:
    """Says in the log that nothing comes of a start."""
    draft.event(
        "flow_not_started", flow=start.flow, trigger=start.trigger, start=timer.id, reason=reason
    )


def put_off(draft: Draft, timer: Timer, start: Start, reason: str) -> None:
    """Sets the start anew, under another id; given up when that has gone on for hours."""
    known = start.until if start.held else None
    until = known if known is not None else draft.now + HELD_SECONDS
    due_at = draft.now + BUSY_SECONDS
    if due_at > until:
        not_started(draft, timer, start, f"{reason}, and now it is too late")
        return
    plain = timer.id.removesuffix(f"^{start.held}")
    later = replace(start, held=start.held + 1, until=until)
    draft.timers_set[f"{plain}^{later.held}"] = replace(
        timer, id=f"{plain}^{later.held}", due_at=due_at, created_at=draft.now,
        status="pending", start=later.to_json(),
    )  # fmt: skip
    draft.event(
        "flow_start_put_off", flow=start.flow, trigger=start.trigger, start=timer.id,
        reason=reason, due_at=due_at,
    )  # fmt: skip


def fitting(flow: Flow, slots: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of declared slots in their types, and the types of those that do not fit."""
    good: dict[str, Any] = {}
    bad: dict[str, str] = {}
    for name in slots.keys() & flow.slots.keys():
        try:
            good[name] = fitted(flow.slots[name].type, slots[name])
        except NotFitting:
            bad[name] = flow.slots[name].type
    return good, bad


def _checked(flow: Flow, slots: Mapping[str, Any]) -> dict[str, Any]:
    for name in slots:
        if name not in flow.slots:
            near = nearest(name, flow.slots)
            reason = f"the flow {flow.name!r} declares no slot {name!r}; {near}".rstrip("; ")
            raise StartRefused(f"slots.{name}", reason)
    good, bad = fitting(flow, slots)
    for name, kind in bad.items():
        raise StartRefused(f"slots.{name}", f"is no value of the type {kind!r}")
    return good


def _short(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def _journalled(id_: str) -> str:
    return f"key of {id_}"
