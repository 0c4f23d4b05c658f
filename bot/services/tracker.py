"""Rasa's tracker of a session: what actions and Python conditions get to see."""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.domain.contacts import Contact
from bot.domain.events import Event
from bot.engine.parse import Parse
from bot.engine.session import Session

EVENTS_SHOWN = 200
"""At most so many of the session's latest events: a tracker must not grow with its history."""

Json = dict[str, Any]


def tracker(
    *,
    sender_id: str,
    session: Session | None,
    contact: Contact,
    declared: Mapping[str, Any],
    parse: Parse,
    channel: str,
    metadata: Mapping[str, Any],
    events: Iterable[Json],
    paused: bool = False,
) -> Json:
    """Rasa's tracker JSON. Slots: the domain's, the contact's fields, the session's, and `tags`.

    What processors and tasks see beyond it stands beside Rasa's keys; Rasa's readers pass it over.
    """
    slots = {**declared, **contact.fields, **(session.slots if session else {})}
    slots["tags"] = sorted(contact.tags)
    shown = list(events)[-EVENTS_SHOWN:]
    return {
        "sender_id": sender_id,
        "slots": slots,
        "latest_message": latest_message(parse, metadata),
        "latest_event_time": shown[-1].get("timestamp") if shown else None,
        "followup_action": None,
        "paused": paused,
        "events": shown,
        "latest_input_channel": channel,
        "active_loop": {},
        "latest_action": {},
        "latest_action_name": next(
            (e["name"] for e in reversed(shown) if e["event"] == "action"), None
        ),
        "channel": channel,
        "registry": dict(session.registry) if session else {},
        "state": session.state if session else None,
        "session_id": session.id if session else None,
        "contact": {
            "id": contact.id,
            "language": contact.language,
            "fields": dict(contact.fields),
        },
    }


def latest_message(parse: Parse, metadata: Mapping[str, Any]) -> Json:
    """The parse as Rasa's `latest_message`."""
    return {
        "text": parse.text,
        "intent": {"name": parse.intent.name, "confidence": parse.intent.confidence},
        "entities": [
            {
                "entity": e.entity,
                "value": e.value,
                "start": e.start,
                "end": e.end,
                "confidence": e.confidence,
                "extractor": e.extractor,
            }
            for e in parse.entities
        ],
        "intent_ranking": [{"name": i.name, "confidence": i.confidence} for i in parse.ranking],
        "metadata": dict(metadata),
    }


def rasa_events(events: Iterable[Event]) -> list[Json]:
    """The log in Rasa's event types; what Rasa has no word for is left out."""
    return [shown for event in events if (shown := _rasa_event(event)) is not None]


def _rasa_event(event: Event) -> Json | None:
    data = event.data
    match event.type:
        case "message_received":
            parse = data.get("parse") or {}
            return {
                "event": "user",
                "timestamp": event.at,
                "text": data.get("text"),
                "parse_data": {"text": data.get("text"), **parse},
                "input_channel": data.get("channel"),
                "message_id": event.causation_id,
                "metadata": {},
            }
        case "message_queued":
            return {
                "event": "bot",
                "timestamp": event.at,
                "text": data.get("text"),
                "data": {},
                "metadata": {},
            }
        case "slot_set":
            return {
                "event": "slot",
                "timestamp": event.at,
                "name": data.get("name"),
                "value": data.get("value"),
            }
        case "action_ran":
            return {
                "event": "action",
                "timestamp": event.at,
                "name": data.get("name"),
                "policy": None,
                "confidence": 1.0,
            }
        case "flow_started":
            return {"event": "session_started", "timestamp": event.at}
        case "handed_over":
            return {"event": "pause", "timestamp": event.at}
        case _:
            return None
