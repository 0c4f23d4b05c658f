"""The real bot with a contact in front of it: says, waits, starts flows, and looks at what came."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import Any

from bot.app import Parts, domain_intents, open_parts
from bot.cli.conversations.faking import (
    Before,
    FakedActions,
    FakedApis,
    ForcedReader,
    FreshStore,
    Nowhere,
    VirtualClock,
)
from bot.cli.conversations.format import START, Fakes, Person
from bot.domain.contacts import Contact, Conversation, contact_id_for
from bot.domain.data_records import DataRecord
from bot.domain.events import Event
from bot.domain.messages import Message
from bot.domain.records import TurnRecord
from bot.domain.schedules import occurrences, zone_of
from bot.domain.starts import NAME, Start
from bot.domain.timers import Timer
from bot.engine.conditions import Condition
from bot.engine.flow import Flow, Trigger
from bot.engine.session import PendingTimer, Session
from bot.services.drafts import MAIL_CONNECTOR
from bot.settings import Settings
from connectors.channel import InboundMessage, Media, conversation_id

CONNECTORS = {"sms": "twilio", "whatsapp": "twilio"}
"""The connector that serves a channel, where it is not named like it."""
BETWEEN_MESSAGES = 1.0
"""Seconds that pass before the contact does something."""
MOST_TIMERS = 1_000
"""Timers of one wait: flows that wake each other would go on for ever."""
MOST_OCCURRENCES = 10_000
"""Times at which schedules are due in one wait."""
_WEEK = 7 * 86400.0
_MANY = 10_000


class StepFailed(Exception):
    """A step that cannot be played: the text says why."""


@dataclass(frozen=True, slots=True)
class Happened:
    """What came since the last look: messages to the contact, mails, and events of the log."""

    said: tuple[Message, ...] = ()
    mails: tuple[Message, ...] = ()
    events: tuple[Event, ...] = ()
    ran: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand: the contact, and the session that talks, else the one that was last."""

    contact: Contact
    session: Session | None
    records: Sequence[DataRecord] = ()

    @property
    def timers(self) -> list[PendingTimer]:
        """The session's timers, the next one first."""
        pending = self.session.timers if self.session else ()
        return sorted(pending, key=lambda timer: timer.due_at)


@dataclass(slots=True)
class Stage:
    """One bot in memory, used by one conversation after the other."""

    parts: Parts
    clock: VirtualClock
    store: FreshStore
    actions: FakedActions
    apis: FakedApis
    reader: ForcedReader
    person: Person = field(default_factory=Person)
    fakes: Fakes = field(default_factory=Fakes)
    shared: Mapping[str, Any] = field(default_factory=dict)
    intents: frozenset[str] = frozenset()
    """Those of the domain."""
    count: int = 0
    _looked: str = "0"
    _messages: str = ""
    _ended: str = ""
    """The session that ended last: flows that return end in one turn, at one time."""

    # from one conversation to the next

    async def fresh(
        self, seed: str, person: Person, at: float = START, fakes: Fakes | None = None
    ) -> None:
        """Everything as new; the same seed makes the same ids, and by them the same choices."""
        self.store.renew()
        self.parts.ids.restart(hashlib.sha256(seed.encode()).hexdigest()[:14])
        self.clock.move(at)
        self.count, self._looked, self._messages, self._ended = 0, "0", "", ""
        self.apis.calls, self.apis.unfaked, self.actions.ran = [], [], []
        self.reader.force(None)
        self.person = person
        self.fakes = Fakes()
        if self.parts.flows.shared is not self.shared:
            self.parts.flows.shared = self.shared
        self.fake(fakes or Fakes())
        if self.parts.sweep.schedules is not None:
            # What it remembers of the time belongs to the conversation before.
            self.parts.sweep.schedules = replace(self.parts.sweep.schedules)
        await self.look()

    def fake(self, more: Fakes) -> None:
        """Answers from here on; those that were given before stay."""
        self.fakes = Fakes(
            {**self.fakes.actions, **more.actions},
            {**self.fakes.apis, **more.apis},
            {**self.fakes.conditions, **more.conditions},
            {**self.fakes.globals, **more.globals},
        )
        self.actions.fakes = self.apis.fakes = self.fakes
        if more.globals:
            self.parts.flows.shared = {**self.parts.flows.shared, **more.globals}

    async def meet(self, person: Person) -> None:
        """The contact as it is known before it writes."""
        self.person = person
        await self._know(person)

    async def edit(self, given: Mapping[str, Any]) -> None:
        """Somebody edits the contact; another channel or number writes from here on.

        `given` has names of Person: what else is known of the contact stays as it has become.
        """
        self.person = self.person.but(given)
        where = ("channel", "number")
        await self._know(Person(**{name: it for name, it in given.items() if name not in where}))

    async def _know(self, person: Person) -> None:
        """Keeps what is known of the contact that writes."""
        known = await self.parts.store.contact(self.contact_id)
        contact = known or Contact(self.contact_id, created_at=self.clock.now())
        columns = {name: getattr(person, name) for name in ("language", "time_zone")}
        given = {name: value for name, value in columns.items() if value is not None}
        changed = replace(
            contact,
            fields={**contact.fields, **person.fields},
            tags=contact.tags | person.tags,
            version=contact.version + 1,
            **given,
        )
        if known is None and replace(changed, version=0) == contact:
            return
        await self.parts.store.save(
            TurnRecord(
                id=self.parts.ids.new(),
                at=self.clock.now(),
                contact_id=contact.id,
                contact=changed,
                tags_added=tuple(sorted(person.tags - contact.tags)),
            )
        )

    async def untag(self, tag: str) -> None:
        """Somebody takes a tag away."""
        if await self.parts.store.contact(self.contact_id) is not None:
            turn_id, now = self.parts.ids.new(), self.clock.now()
            await self.parts.store.save(
                TurnRecord(turn_id, now, self.contact_id, tags_removed=(tag,))
            )

    @property
    def contact_id(self) -> str:
        return contact_id_for(self.person.address)

    @property
    def connector(self) -> str:
        return CONNECTORS.get(self.person.channel, self.person.channel)

    @property
    def sender(self) -> str:
        return f"{self.person.channel}:parley"

    # what happens

    async def say(self, text: str, beside: Mapping[str, Any]) -> None:
        """The contact writes; the turn is taken."""
        self.count += 1
        self.clock.move(self.clock.now() + BETWEEN_MESSAGES)
        read = str(beside.get("payload") or "") or text
        self.reader.force(read, beside.get("intent"), beside.get("entities"))
        await self.parts.intake.message(self._inbound(text, beside))
        await self.parts.queue.idle()
        self.reader.force(None)

    def _inbound(self, text: str, beside: Mapping[str, Any]) -> InboundMessage:
        location = beside.get("location")
        return InboundMessage(
            connector=self.connector,
            provider_id=f"typed-{self.count}",
            address=self.person.address,
            sender=self.sender,
            text=text,
            media=tuple(_media(it) for it in beside.get("media") or ()),
            payload=beside.get("payload"),
            metadata={"location": location} if location else {},
        )

    async def wait(self, seconds: float) -> None:
        """Time passes: from one due timer to the next, each at its own time."""
        until = self.clock.now() + seconds
        times = await self._occurrences(until)
        fired: set[str] = set()
        while (due := self._next(until, fired, times)) is not None:
            at, timer = due
            if timer:
                fired.add(timer)
            else:
                times.pop()
            if len(fired) > MOST_TIMERS:
                raise StepFailed(f"more than {MOST_TIMERS:,} timers fire in this time")
            self.clock.move(max(self.clock.now(), at))
            await self.look()
        self.clock.move(max(self.clock.now(), until))
        await self.look()

    async def _occurrences(self, until: float) -> list[float]:
        """When schedules of flows are due for the contact, the next time last. Raises StepFailed."""
        contact = await self.parts.store.contact(self.contact_id)
        own = zone_of(contact.time_zone if contact else None) or UTC
        triggers = [
            trigger
            for flow in self.parts.flows.current.values()
            for trigger in flow.triggers
            if trigger.kind == "schedule"
        ]
        found: set[float] = set()
        after = self.clock.now()
        while triggers and after < until:
            before = min(until, after + _WEEK)
            for it in triggers:
                zone = zone_of(it.time_zone) or own
                found.update(at.timestamp() for at in occurrences(it.value, zone, after, before))
            if len(found) > MOST_OCCURRENCES:
                reason = f"schedules are due more than {MOST_OCCURRENCES:,} times in this time"
                raise StepFailed(reason)
            after = before
        return sorted(found, reverse=True)

    async def look(self) -> None:
        """The worker looks at what is due now."""
        await self.parts.sweep.once()
        await self.parts.queue.idle()

    def _next(
        self, until: float, fired: set[str], times: Sequence[float]
    ) -> tuple[float, str] | None:
        """When something is due next, and the timer's id, or "" for the last one of `times`.

        A timer that was cancelled is looked at, and does nothing.
        """
        due = [(at, it) for it, at in self.store.due.items() if at <= until and it not in fired]
        return min((*due, *((at, "") for at in times[-1:])), default=None)

    async def start(self, flow: str) -> None:
        """The flow is started by hand for the contact; the log says why where it is not."""
        if flow not in self.parts.flows.current:
            raise StepFailed(f"there is no flow {flow!r}")
        self.clock.move(self.clock.now() + BETWEEN_MESSAGES)
        await self._file_start(flow)
        await self.look()

    async def _file_start(self, flow: str) -> None:
        """A start by hand, as a timer that is due now."""
        now, store = self.clock.now(), self.parts.store
        thread = Conversation(
            id=conversation_id(self.connector, self.sender, self.person.address),
            contact_id=self.contact_id,
            connector=self.connector,
            sender=self.sender,
            address=self.person.address,
            created_at=now,
        )
        timer = Timer(
            id=self.parts.ids.new(),
            contact_id=self.contact_id,
            conversation_id=thread.id,
            session_id="",
            name=NAME,
            due_at=now,
            created_at=now,
            start=Start(flow, "manual").to_json(),
        )
        known = await store.contact(self.contact_id)
        met = await store.conversation(thread.id)
        await store.save(
            TurnRecord(
                id=self.parts.ids.new(),
                at=now,
                contact_id=self.contact_id,
                contact=None if known else Contact(self.contact_id, created_at=now, version=1),
                conversations=() if met else (thread,),
                timers_set=(timer,),
            )
        )

    async def happened_since(self, event_id: str) -> Sequence[Event]:
        """The events of the log behind one of them, oldest first."""
        store = self.parts.store
        page = await store.list_events(_MANY, contact_id=self.contact_id, after=event_id)
        events: Sequence[Event] = page.items
        return events

    # what came of it

    async def happened(self) -> Happened:
        """What is new since the last look."""
        store = self.parts.store
        events = (
            await store.list_events(_MANY, contact_id=self.contact_id, after=self._looked)
        ).items
        page = await store.list_messages(_MANY, contact_id=self.contact_id, direction="out")
        fresh = [it for it in reversed(page.items) if it.id > self._messages]
        self._looked = events[-1].id if events else self._looked
        over = [it.session_id for it in events if it.type == "session_ended" and it.session_id]
        self._ended = over[-1] if over else self._ended
        self._messages = fresh[-1].id if fresh else self._messages
        ran, self.actions.ran = tuple(self.actions.ran), []
        out = [it for it in fresh if it.status != "stopped"]
        return Happened(
            said=tuple(it for it in out if not _is_mail(it)),
            mails=tuple(it for it in out if _is_mail(it)),
            events=tuple(events),
            ran=ran,
        )

    async def standing(self) -> Standing:
        """How things stand now."""
        sessions = await self.sessions()
        active = (session for session in sessions if session.status == "active")
        latest = max(
            sessions, key=lambda it: (it.touched_at, it.id == self._ended, it.id), default=None
        )
        known = await self.parts.store.contact(self.contact_id)
        contact = known or Contact(self.contact_id)
        return Standing(contact, next(active, latest), self.store.records)

    async def sessions(self) -> Sequence[Session]:
        """The contact's sessions, the latest first."""
        page = await self.parts.store.list_sessions(_MANY, contact_id=self.contact_id)
        sessions: Sequence[Session] = page.items
        return sessions

    async def close(self) -> None:
        await self.parts.close()


async def open_stage(
    settings: Settings,
    *,
    runs: bool = False,
    seen: Callable[[Condition, bool], None] | None = None,
) -> Stage:
    """Opens the project's bot in memory; `runs`: its clock goes on by itself.

    Raises what open_parts raises, such as DefinitionInvalid where flows are wrong.
    """
    clock = VirtualClock(runs=runs)
    before = Before(clock)
    parts = await open_parts(settings, in_memory=True, around=before.around, clock=clock)
    if not (before.store and before.actions and before.reader):
        raise RuntimeError("the parts were opened without what stands before them")
    parts.deliveries.senders = Nowhere()
    parts.contact_turns.turns.seen = seen
    parts.flows.edition = replace(parts.flows.edition, flows=_startable(parts.flows.current))
    before.store.settle()
    return Stage(
        parts=parts,
        clock=clock,
        store=before.store,
        actions=before.actions,
        apis=before.apis,
        reader=before.reader,
        shared=parts.flows.shared,
        intents=domain_intents(settings),
    )


def _startable(flows: Mapping[str, Flow]) -> Mapping[str, Flow]:
    """The same flows, each of which can be started by hand."""
    by_hand = Trigger("manual", (), "/triggers")
    return {
        name: flow
        if any(trigger.kind == "manual" for trigger in flow.triggers)
        else replace(flow, triggers=(*flow.triggers, by_hand))
        for name, flow in flows.items()
    }


def _is_mail(message: Message) -> bool:
    return message.connector == MAIL_CONNECTOR and bool(message.content.get("subject"))


def _media(given: Any) -> Media:
    if isinstance(given, Mapping):
        return Media(str(given.get("url") or ""), str(given.get("content_type") or ""))
    return Media(str(given))
