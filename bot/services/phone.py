"""All that the phone page shows of one conversation, as one JSON value."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from bot.domain.contacts import Contact, Conversation
from bot.domain.events import Event
from bot.domain.messages import UNSETTLED, Message
from bot.engine.session import Session
from bot.services.ports import Page

MESSAGES_SHOWN = 50
EVENTS_SHOWN = 100
SESSIONS_SEEN = 20
"""How far back a session is looked for that an interrupting flow has suspended."""


_MOVING = ("pending", "accepted", *UNSETTLED)
"""Statuses that may change without an event: a delivery that goes well is not logged."""


class Reads(Protocol):
    """What the page reads of the store."""

    async def contact(self, contact_id: str) -> Contact | None: ...
    async def conversation(self, conversation_id: str) -> Conversation | None: ...
    async def list_messages(
        self, limit: int, cursor: str | None = None, *, conversation_id: str | None = None
    ) -> Page: ...
    async def list_sessions(
        self, limit: int, cursor: str | None = None, *, conversation_id: str | None = None
    ) -> Page: ...
    async def list_events(
        self, limit: int, cursor: str | None = None, *, conversation_id: str | None = None,
        type: str | None = None,
    ) -> Page: ...  # fmt: skip


def settled(shown: Mapping[str, Any]) -> bool:
    """Whether the messages of a snapshot stay as they are until there is a new event."""
    return all(message["status"] not in _MOVING for message in shown["messages"])


async def newest_event(store: Reads, conversation_id: str) -> str | None:
    """The id of the conversation's newest event: while it is the same, no turn has been taken."""
    page = await store.list_events(1, conversation_id=conversation_id)
    return page.items[0].id if page.items else None


async def snapshot(store: Reads, conversation_id: str) -> dict[str, Any]:
    """The conversation as it is now; of one that does not exist yet, the empty one."""
    # The log first: what changes behind it comes with an event that the next look finds newer.
    log = (await store.list_events(EVENTS_SHOWN, conversation_id=conversation_id)).items
    conversation, messages, sessions, heard = await asyncio.gather(
        store.conversation(conversation_id),
        store.list_messages(MESSAGES_SHOWN, conversation_id=conversation_id),
        store.list_sessions(SESSIONS_SEEN, conversation_id=conversation_id),
        _last_heard(store, conversation_id, log),
    )
    contact = await store.contact(conversation.contact_id) if conversation else None
    session = _present(sessions.items)
    return {
        "conversation": {"id": conversation_id, "status": conversation.status}
        if conversation
        else None,
        "messages": [_message(message) for message in reversed(messages.items)],
        "contact": _contact(contact) if contact else None,
        "session": _session(session) if session else None,
        "parse": _parse(heard.data) if heard else None,
        "log": [_event(event) for event in log],
    }


async def _last_heard(store: Reads, conversation_id: str, log: Sequence[Event]) -> Event | None:
    for event in log:
        if event.type == "message_received":
            return event
    if len(log) < EVENTS_SHOWN:
        return None
    page = await store.list_events(1, conversation_id=conversation_id, type="message_received")
    return page.items[0] if page.items else None


def _present(sessions: Sequence[Session]) -> Session | None:
    """The session that answers; where none does, the latest."""
    active = (session for session in sessions if session.status == "active")
    return next(active, sessions[0] if sessions else None)


def _message(it: Message) -> dict[str, Any]:
    return {
        "id": it.id,
        "provider_id": it.provider_id,
        "direction": it.direction,
        "text": _text(it),
        "buttons": [_button(button) for button in _choices(it.content)],
        "media": [_media(media) for media in it.content.get("media") or ()],
        "status": it.status,
        "at": it.created_at,
        "due_at": it.due_at,
        "error": it.error or it.error_code,
    }


def _text(it: Message) -> str:
    """The text, with the place that goes along."""
    place = it.content.get("location") or {}
    words = [place.get("name"), place.get("address")]
    if place:
        words.append(f"{place.get('latitude')}, {place.get('longitude')}")
    return "\n".join(str(line) for line in (it.text, *words) if line)


def _choices(content: Mapping[str, Any]) -> list[Any]:
    """What can be tapped: the buttons, or the rows of a list."""
    rows = (content.get("menu") or {}).get("rows") or ()
    return [*(content.get("buttons") or ()), *rows]


def _button(it: Any) -> dict[str, str]:
    if not isinstance(it, Mapping):
        return {"title": str(it), "payload": ""}
    return {"title": str(it.get("title") or ""), "payload": str(it.get("payload") or "")}


def _media(it: Any) -> dict[str, str]:
    if not isinstance(it, Mapping):
        return {"url": str(it), "content_type": ""}
    return {"url": str(it.get("url") or ""), "content_type": str(it.get("content_type") or "")}


def _contact(it: Contact) -> dict[str, Any]:
    return {
        "id": it.id,
        "fields": dict(it.fields),
        "tags": sorted(it.tags),
        "language": it.language,
        "time_zone": it.time_zone,
        "opted_out": it.opted_out,
    }


def _session(it: Session) -> dict[str, Any]:
    return {
        "id": it.id,
        "flow": it.flow,
        "version": it.version,
        "state": it.state,
        "status": it.status,
        "ended_because": it.ended_because,
        "slots": dict(it.slots),
        "timers": [
            {"name": timer.name, "kind": timer.kind, "state": timer.state, "due_at": timer.due_at}
            for timer in sorted(it.timers, key=lambda timer: timer.due_at)
        ],
    }


def _event(it: Event) -> dict[str, Any]:
    return {
        "id": it.id,
        "type": it.type,
        "at": it.at,
        "session_id": it.session_id,
        "flow": it.flow,
        "causation_id": it.causation_id,
        "data": dict(it.data),
    }


def _parse(data: Mapping[str, Any]) -> dict[str, Any] | None:
    """What was read in a message; nothing where the event does not say (or was erased).

    Of a tapped button its payload was read, so the entities' places are in that.
    """
    parse = data.get("parse")
    if not isinstance(parse, Mapping):
        return None
    ranking = parse.get("ranking") or parse.get("intent_ranking") or ()
    return {
        "text": str(data.get("payload") or data.get("text") or ""),
        "intent": _intent(parse.get("intent")),
        "ranking": [i for entry in ranking if (i := _intent(entry))],
        "asked": [i for entry in parse.get("asked_ranking") or () if (i := _intent(entry))],
        "entities": [dict(e) for e in parse.get("entities") or () if isinstance(e, Mapping)],
    }


def _intent(it: Any) -> dict[str, Any] | None:
    if not isinstance(it, Mapping) or not it.get("name"):
        return None
    confidence = it.get("confidence")
    return {
        "name": str(it["name"]),
        "confidence": float(confidence) if isinstance(confidence, int | float) else 0.0,
    }
