"""A conversation as Rasa's HTTP API reads and writes it: its tracker, and events added to it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from bot.domain.contacts import Contact, Conversation, contact_id_for
from bot.domain.events import Event
from bot.domain.records import StoreUnavailable, TurnRecord
from bot.engine.commands import AddTag, Command, HandOverToHuman, RemoveTag, SetSlot
from bot.engine.parse import NOTHING_READ, Entity, Intent, Parse
from bot.engine.run import CONTACT_FIELDS
from bot.engine.session import Session
from bot.services.drafts import EFFECTS, Draft
from bot.services.flowbook import FlowBook
from bot.services.hub import Hub
from bot.services.ids import Ids
from bot.services.ports import Clock, Locks, Store
from bot.services.tracker import rasa_events, tracker

Json = dict[str, Any]
Verbosity = Literal["NONE", "APPLIED", "AFTER_RESTART", "ALL"]

SAVES = 5
"""What lost the race for its rows is made anew from what is there now."""
PAGE = 200
PAGES = 5
"""A conversation may be years old: at most so many pages of its log are shown."""
SESSIONS_SEEN = 20
"""How far back a session is looked for that an interrupting flow has suspended."""
SOURCE = "api"
READ = ("intent", "intent_ranking", "entities")
ADDED = "tracker_event_added"
"""The log's word for an event of Rasa's that has no effect here; it is shown as it came."""


@dataclass(slots=True)
class Conversations:
    """Reads trackers, and changes conversations under the lock of their contact."""

    store: Store
    locks: Locks
    flows: FlowBook
    ids: Ids
    clock: Clock
    hub: Hub
    declared_slots: Mapping[str, Any]
    conversation_key: Callable[[str, str, str], str]

    # reading

    async def tracker(
        self, conversation_id: str, verbosity: Verbosity, until: float | None = None
    ) -> Json:
        """Rasa's tracker of the conversation; of one that does not exist, the empty one.

        With `until`, slots of the session have the values they had then, as far as the log tells.
        """
        conversation = await self.store.conversation(conversation_id)
        contact = await self.store.contact(conversation.contact_id) if conversation else None
        session = await self._present(conversation_id) if conversation else None
        events = await self._events(conversation_id, session, verbosity) if conversation else []
        if session and until is not None:
            session = replace(session, slots=self._slots_at(session, events, until))
        seen = [event for event in events if until is None or event.at <= until]
        shown = tracker(
            sender_id=conversation_id,
            session=session,
            contact=contact or Contact(id=""),
            declared=self.declared_slots,
            parse=_latest_parse(seen),
            channel=conversation.channel if conversation else "",
            metadata={},
            events=(),
            paused=conversation is not None and conversation.status == "human",
        )
        listed = list(_rasa(seen))
        shown["events"] = None if verbosity == "NONE" else listed
        shown["latest_event_time"] = listed[-1]["timestamp"] if listed else None
        actions = (event["name"] for event in reversed(listed) if event["event"] == "action")
        shown["latest_action_name"] = next(actions, None)
        return shown

    async def _present(self, conversation_id: str) -> Session | None:
        """The session that answers; where none does, the latest."""
        page = await self.store.list_sessions(SESSIONS_SEEN, conversation_id=conversation_id)
        active = (session for session in page.items if session.status == "active")
        return next(active, page.items[0] if page.items else None)

    async def _events(
        self, conversation_id: str, session: Session | None, verbosity: Verbosity
    ) -> list[Event]:
        """The session's latest events, or the conversation's; oldest first."""
        found: list[Event] = []
        cursor: str | None = None
        for _ in range(PAGES if verbosity == "ALL" else 1):
            page = await self.store.list_events(PAGE, cursor, conversation_id=conversation_id)
            found.extend(page.items)
            cursor = page.next_cursor
            if cursor is None:
                break
        if session is not None and verbosity != "ALL":
            # The message that a session answers is logged before it is known who answers it.
            found = [e for e in found if e.session_id in (None, session.id)]
            found = [e for e in found if e.at >= session.started_at]
        return found[::-1]

    def _slots_at(self, session: Session, events: Iterable[Event], until: float) -> Json:
        slots = dict(session.slots)
        later: set[str] = set()
        before: Json = {}
        for event in events:
            name = event.data.get("name")
            if event.type != "slot_set" or name not in slots:
                continue
            if event.at <= until:
                before[name] = event.data.get("value")
            else:
                later.add(name)
        return {
            **slots,
            **{name: before.get(name, self.declared_slots.get(name)) for name in later},
        }

    # writing

    async def add_events(self, thread: Conversation, events: Sequence[Json]) -> None:
        """Applies Rasa's events to the conversation, which is made where it does not exist.

        `slot` sets a slot, or the contact's field or tags; `pause` and `resume` hand over to a
        human and back; `restart` ends the session; `user` logs a message that nobody answers; any
        other is kept in the log as it is. Raises StoreUnavailable.
        """
        owner = await self._owner(thread)
        async with self.locks.hold(owner):
            for _ in range(SAVES):
                draft, made = await self._draft(owner, thread)
                for event in events:
                    await self._apply(draft, event)
                if await self.store.save(_record(draft, made)):
                    self.hub.publish(thread.id)
                    return
        raise StoreUnavailable(f"the conversation {thread.id!r} is changed by others all the time")

    async def _owner(self, thread: Conversation) -> str:
        known = await self.store.conversation(thread.id)
        if known is not None:
            return known.contact_id
        page = await self.store.list_contacts(1, address=thread.address)
        owner: str = page.items[0].id if page.items else contact_id_for(thread.address)
        return owner

    async def _draft(self, owner: str, thread: Conversation) -> tuple[Draft, bool]:
        """A draft of what is there, and whether the conversation has to be made."""
        now = self.clock.now()
        work = await self.store.load(owner, now)
        known = work.conversations.get(thread.id) if work else None
        draft = Draft(
            ids=self.ids,
            turn_id=self.ids.new(),
            now=now,
            contact=work.contact if work else Contact(owner, created_at=now),
            conversation=known or replace(thread, contact_id=owner, created_at=now),
            sessions={session.id: session for session in work.sessions} if work else {},
            conversation_key=self.conversation_key,
        )
        return draft, known is None

    async def _apply(self, draft: Draft, event: Json) -> None:
        session = _active(draft)
        draft.about(session)
        match event["event"]:
            case "slot" if event.get("name") == "tags":
                _set_tags(draft, session, event.get("value"))
            case "slot":
                await self._set_slot(draft, session, str(event["name"]), event.get("value"))
            case "pause":
                if draft.conversation.status != "human":
                    _do(draft, session, HandOverToHuman(SOURCE))
            case "resume":
                _hand_back(draft)
            case "restart":
                _restart(draft)
            case "user":
                _heard(draft, event)
            case _:
                draft.event(ADDED, event=event)

    async def _set_slot(self, draft: Draft, session: Session | None, name: str, value: Any) -> None:
        flow = await self.flows.version(session.flow, session.version) if session else None
        declared = flow.slots.get(name) if flow else None
        if session is None or (declared is not None and declared.scope == "contact"):
            of_contact = True
        elif declared is not None or name in session.slots:
            of_contact = False
        else:
            of_contact = name in CONTACT_FIELDS or name in draft.contact.fields
        _do(draft, session, SetSlot(name, value, "contact" if of_contact else "session"))
        if session is not None and not of_contact:
            draft.put(replace(session, slots={**session.slots, name: value}))


def _active(draft: Draft) -> Session | None:
    here = (s for s in draft.sessions.values() if s.conversation_id == draft.conversation.id)
    return next((session for session in here if session.status == "active"), None)


def _do(draft: Draft, session: Session | None, command: Command) -> None:
    # The effects of the commands that come here do not look at the session.
    EFFECTS[type(command)](draft, cast(Session, session), command)


def _set_tags(draft: Draft, session: Session | None, value: Any) -> None:
    wanted = frozenset(map(str, value)) if isinstance(value, list) else frozenset()
    for tag in sorted(wanted - draft.contact.tags):
        _do(draft, session, AddTag(tag))
    for tag in sorted(draft.contact.tags - wanted):
        _do(draft, session, RemoveTag(tag))


def _hand_back(draft: Draft) -> None:
    if draft.conversation.status != "bot":
        draft.conversation = replace(draft.conversation, status="bot")
        draft.event("handed_back", reason=SOURCE)


def _restart(draft: Draft) -> None:
    for session in list(draft.sessions.values()):
        if session.conversation_id == draft.conversation.id:
            draft.about(session)
            draft.timers_cancelled.extend(timer.id for timer in session.timers)
            draft.put(session.ended("restarted"))
            draft.event("session_ended", reason="restarted")


def _heard(draft: Draft, event: Json) -> None:
    read = event.get("parse_data") or {}
    draft.event(
        "message_received",
        text=event.get("text"),
        channel=draft.conversation.channel,
        parse={name: read[name] for name in READ if read.get(name)},
        source=SOURCE,
    )


def _record(draft: Draft, made: bool) -> TurnRecord:
    record = draft.record()
    if not made:
        return record
    new = draft.contact.version == 0
    return replace(
        record,
        conversations=(draft.conversation,),
        contact=replace(draft.contact, version=1) if new else record.contact,
    )


def _rasa(events: Iterable[Event]) -> Iterable[Json]:
    for event in events:
        if event.type == ADDED:
            yield {**event.data.get("event", {"event": ADDED}), "timestamp": event.at}
        elif event.type == "handed_back":
            yield {"event": "resume", "timestamp": event.at}
        else:
            yield from rasa_events([event])


def _latest_parse(events: Sequence[Event]) -> Parse:
    heard = next((e for e in reversed(events) if e.type == "message_received"), None)
    if heard is None:
        return NOTHING_READ
    read = heard.data.get("parse") or {}
    intent = read.get("intent") or {}
    return Parse(
        text=str(heard.data.get("text") or ""),
        intent=_intent(intent) if intent.get("name") else NOTHING_READ.intent,
        ranking=tuple(_intent(it) for it in read.get("intent_ranking") or ()),
        entities=tuple(_entity(it) for it in read.get("entities") or ()),
    )


def _intent(it: Json) -> Intent:
    return Intent(str(it.get("name")), float(it.get("confidence") or 0.0))


def _entity(it: Json) -> Entity:
    return Entity(
        entity=str(it.get("entity")),
        value=it.get("value"),
        start=int(it.get("start") or 0),
        end=int(it.get("end") or 0),
        confidence=float(it.get("confidence") or it.get("confidence_entity") or 1.0),
        extractor=str(it.get("extractor") or ""),
    )
