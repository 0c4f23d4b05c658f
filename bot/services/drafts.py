"""A turn while it is made: what it will write, and the effect of each of the engine's commands."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.domain.consent import ConsentChange
from bot.domain.contacts import Contact, Conversation
from bot.domain.data_records import DataRecord, why_refused
from bot.domain.events import Event
from bot.domain.messages import Message
from bot.domain.records import TurnRecord
from bot.domain.sms import as_text, segments
from bot.domain.timers import Timer
from bot.engine.commands import (
    AddNote,
    AddTag,
    CancelTimer,
    Command,
    HandOverToHuman,
    Record,
    RemoveTag,
    ScheduleTimer,
    SendEmail,
    SendMessage,
    SetSlot,
    StartFlow,
    StoreRecord,
)
from bot.engine.run import TEXT_FIELDS
from bot.engine.session import Session
from bot.services.flowbook import Edition
from bot.services.ids import Ids

MAIL_CONNECTOR = "email"
_TEXTED = ("sms:", "web:sms:")
"""Addresses whose messages are counted in segments; the phone page shows them as by SMS."""


@dataclass(slots=True)
class Draft:
    """What a turn has come to so far; nothing of it is written or sent before it is whole."""

    ids: Ids
    turn_id: str
    now: float
    contact: Contact
    conversation: Conversation
    sessions: dict[str, Session]
    conversation_key: Callable[[str, str, str], str]
    edition: Edition = field(default_factory=Edition)
    """What was current when the turn began."""
    claims_message: str | None = None
    claims_timer: str | None = None
    flow_version: tuple[str | None, str | None, str | None] = (None, None, None)
    messages: list[Message] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    timers_set: dict[str, Timer] = field(default_factory=dict)
    timers_cancelled: list[str] = field(default_factory=list)
    consent: list[ConsentChange] = field(default_factory=list)
    data: list[DataRecord] = field(default_factory=list)
    changed: dict[str, Session] = field(default_factory=dict)
    conversations_made: dict[str, Conversation] = field(default_factory=dict)
    start_next: str | None = None
    contact_before: Contact = field(init=False)
    conversation_before: Conversation = field(init=False)

    def __post_init__(self) -> None:
        self.contact_before, self.conversation_before = self.contact, self.conversation

    def event(self, type: str, **data: Any) -> None:
        """Appends to the log what this turn did."""
        session_id, flow, version = self.flow_version
        self.events.append(
            Event(
                id=self.ids.new(),
                type=type,
                at=self.now,
                contact_id=self.contact.id,
                conversation_id=self.conversation.id,
                session_id=session_id,
                flow=flow,
                flow_version=version,
                causation_id=self.turn_id,
                correlation_id=self.turn_id,
                data=data,
            )
        )

    def attribute(self, type: str) -> None:
        """Says of an event that came first which session it turned out to belong to."""
        if not self.changed:
            return
        session = list(self.changed.values())[-1]
        self.events = [
            replace(e, session_id=session.id, flow=session.flow, flow_version=session.version)
            if e.type == type and e.session_id is None
            else e
            for e in self.events
        ]

    def about(self, session: Session | None) -> None:
        """The events that follow are about this session."""
        self.flow_version = (
            (session.id, session.flow, session.version) if session else (None, None, None)
        )

    def put(self, session: Session) -> None:
        """The session's new value; one turn moves its revision by one."""
        if session.id not in self.changed:
            session = replace(session, revision=session.revision + 1)
        else:
            session = replace(session, revision=self.changed[session.id].revision)
        self.changed[session.id] = session
        self.sessions[session.id] = session

    def apply(self, commands: tuple[Command, ...], session: Session) -> None:
        """Carries out the commands of one step, but for the call that ends it."""
        self.about(session)
        for command in commands:
            effect = EFFECTS.get(type(command))
            if effect:
                effect(self, session, command)

    def send(self, command: SendMessage, session_id: str | None = None, **content: Any) -> None:
        """Adds what a flow or a response says; an empty message is none."""
        if command.buttons:
            content["buttons"] = [dict(b) for b in command.buttons]
        if command.media:
            content["media"] = [{"url": url, "content_type": ""} for url in command.media]
        for kind in ("custom", "menu", "location", "template"):
            if value := getattr(command, kind):
                content[kind] = dict(value)
        if command.text or content:
            self.say(command.text, session_id, **content)

    def say(self, text: str, session_id: str | None = None, **content: Any) -> None:
        """Adds an outbound message to the conversation."""
        conversation = self.conversation
        texted = conversation.address.startswith(_TEXTED)
        self._add(
            Message(
                id=self.ids.new(),
                direction="out",
                connector=conversation.connector,
                conversation_id=conversation.id,
                contact_id=self.contact.id,
                address=conversation.address,
                sender=conversation.sender,
                status="queued",
                created_at=self.now,
                text=text,
                content=content,
                turn_id=self.turn_id,
                session_id=session_id,
                segments=segments(as_text(text, content)) if texted else None,
            )
        )

    def _add(self, message: Message) -> None:
        self.messages.append(message)
        self.event("message_queued", message_id=message.id, text=message.text, to=message.address)

    def checkpoint(self) -> Callable[[], None]:
        """Answers a function that undoes all that follows."""
        kept = {
            name: value.copy() if hasattr(value, "copy") else value
            for name in ("contact", "conversation", *_COPIED)
            for value in (getattr(self, name),)
        }

        def undo() -> None:
            for name, value in kept.items():
                setattr(self, name, value)

        return undo

    def record(self) -> TurnRecord:
        """The turn as it is written."""
        contact, before = self.contact, self.contact_before
        own_change = contact is not before and replace(contact, tags=before.tags) != before
        return TurnRecord(
            id=self.turn_id,
            at=self.now,
            contact_id=contact.id,
            claims_message=self.claims_message,
            claims_timer=self.claims_timer,
            contact=replace(contact, version=before.version + 1) if own_change else None,
            tags_added=tuple(sorted(contact.tags - before.tags)),
            tags_removed=tuple(sorted(before.tags - contact.tags)),
            conversations=tuple(self._conversations()),
            sessions=tuple(self.changed.values()),
            messages=tuple(self.messages),
            events=tuple(self.events),
            timers_set=tuple(self.timers_set.values()),
            timers_cancelled=tuple(self.timers_cancelled),
            consent=tuple(self.consent),
            data=tuple(self.data),
        )

    def _conversations(self) -> Iterator[Conversation]:
        if self.conversation != self.conversation_before:
            yield self.conversation
        yield from self.conversations_made.values()


_COPIED = (
    "sessions", "messages", "events", "timers_set", "timers_cancelled", "consent", "data", "changed",
    "conversations_made", "start_next", "flow_version",
)  # fmt: skip


def _send_message(draft: Draft, session: Session, command: SendMessage) -> None:
    draft.send(command, session.id)


def _send_email(draft: Draft, session: Session, command: SendEmail) -> None:
    to = command.to.strip()
    if "@" not in to.strip("@") or any(c in to for c in "\r\n,;<> "):
        draft.event(
            "email_skipped", reason="the contact has no e-mail address", subject=command.subject
        )
        return
    address, sender = f"email:{to}", "email:parley"
    conversation_id = draft.conversation_key(MAIL_CONNECTOR, sender, address)
    draft.conversations_made[conversation_id] = Conversation(
        id=conversation_id,
        contact_id=draft.contact.id,
        connector=MAIL_CONNECTOR,
        sender=sender,
        address=address,
        created_at=draft.now,
    )
    draft._add(
        Message(
            id=draft.ids.new(),
            direction="out",
            connector=MAIL_CONNECTOR,
            conversation_id=conversation_id,
            contact_id=draft.contact.id,
            address=address,
            sender=sender,
            status="queued",
            created_at=draft.now,
            text=command.text,
            content={"subject": command.subject},
            turn_id=draft.turn_id,
            session_id=session.id,
        )
    )


def _set_slot(draft: Draft, session: Session, command: SetSlot) -> None:
    if command.scope == "contact":
        contact = draft.contact
        fields = {**contact.fields, command.name: command.value}
        own = command.name in TEXT_FIELDS and isinstance(command.value, str | None)
        columns = {command.name: command.value} if own else {}
        draft.contact = replace(contact, fields=fields, **columns)
    draft.event("slot_set", name=command.name, value=command.value, scope=command.scope)


def _add_tag(draft: Draft, session: Session, command: AddTag) -> None:
    draft.contact = replace(draft.contact, tags=draft.contact.tags | {command.tag})
    draft.event("tag_added", tag=command.tag)


def _remove_tag(draft: Draft, session: Session, command: RemoveTag) -> None:
    draft.contact = replace(draft.contact, tags=draft.contact.tags - {command.tag})
    draft.event("tag_removed", tag=command.tag)


def _add_note(draft: Draft, session: Session, command: AddNote) -> None:
    draft.event("note_added", text=command.text)


def _schedule_timer(draft: Draft, session: Session, command: ScheduleTimer) -> None:
    draft.timers_set[command.id] = Timer(
        id=command.id,
        contact_id=draft.contact.id,
        conversation_id=draft.conversation.id,
        session_id=session.id,
        name=command.name,
        due_at=command.due_at,
        created_at=draft.now,
    )
    draft.event("timer_scheduled", name=command.name, due_at=command.due_at)


def _cancel_timer(draft: Draft, session: Session, command: CancelTimer) -> None:
    if draft.timers_set.pop(command.id, None) is None:
        draft.timers_cancelled.append(command.id)


def _start_flow(draft: Draft, session: Session, command: StartFlow) -> None:
    draft.start_next = command.name


def _store_record(draft: Draft, session: Session, command: StoreRecord) -> None:
    if reason := why_refused(command.collection, command.key):
        draft.event("record_refused", collection=command.collection, reason=reason)
        return
    record = DataRecord(
        id=draft.ids.new(),
        collection=command.collection,
        at=draft.now,
        values=command.values,
        key=command.key,
        contact_id=draft.contact.id,
        session_id=session.id,
        flow=session.flow,
    )
    draft.data.append(record)
    draft.event("record_stored", collection=record.collection, key=record.key, record=record.id)


def _hand_over(draft: Draft, session: Session, command: HandOverToHuman) -> None:
    draft.conversation = replace(draft.conversation, status="human")
    draft.event("handed_over", reason=command.reason)


def _record(draft: Draft, session: Session, command: Record) -> None:
    draft.event(command.type, **command.data)


EFFECTS: Mapping[type[Command], Callable[[Draft, Session, Any], None]] = {
    SendMessage: _send_message,
    SendEmail: _send_email,
    SetSlot: _set_slot,
    AddTag: _add_tag,
    RemoveTag: _remove_tag,
    AddNote: _add_note,
    ScheduleTimer: _schedule_timer,
    CancelTimer: _cancel_timer,
    StartFlow: _start_flow,
    StoreRecord: _store_record,
    HandOverToHuman: _hand_over,
    Record: _record,
}
"""Every command but CallAction, which the turn itself waits for."""
