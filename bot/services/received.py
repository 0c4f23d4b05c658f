"""A message as turns take it: what the log shows of it, and what conditions see."""

from dataclasses import replace
from typing import Any

from bot.domain.messages import Message
from bot.engine.facts import Facts
from bot.engine.parse import Parse
from bot.engine.slot_types import location

RANKING_SHOWN = 3
"""Intents of a reading that the log keeps."""


def with_content(facts: Facts, message: Message) -> Facts:
    """The facts with the files and the place that came with a message."""
    media, place = message.content.get("media"), _place(message)
    if not media and place is None:
        return facts
    return replace(facts, media=tuple(media or ()), location=place)


def _place(message: Message) -> dict[str, Any] | None:
    found = location(message.content.get("metadata", {}).get("location"))
    if found is None:
        return None
    # Twilio calls the name of a place its label.
    words = {"name": found.get("name") or found.get("label"), "address": found.get("address")}
    return {
        "latitude": found["latitude"],
        "longitude": found["longitude"],
        **{key: str(text) for key, text in words.items() if text},
    }


def content_shown(message: Message) -> dict[str, Any]:
    """What came beside the text."""
    return {key: message.content[key] for key in ("media", "payload") if message.content.get(key)}


def parse_shown(parse: Parse) -> dict[str, Any]:
    """The reading, rounded."""
    return {
        "intent": {"name": parse.intent.name, "confidence": round(parse.intent.confidence, 4)},
        "intent_ranking": [
            {"name": i.name, "confidence": round(i.confidence, 4)} for i in parse.ranking[:RANKING_SHOWN]
        ],
        "entities": [
            {"entity": e.entity, "value": e.value, "start": e.start, "end": e.end,
             "confidence": round(e.confidence, 4)}
            for e in parse.entities
        ],
        **_asked_shown(parse),
    }  # fmt: skip


def _asked_shown(parse: Parse) -> dict[str, Any]:
    """How the message reads as an answer, where something was asked."""
    if not parse.asked:
        return {}
    ranking = [{"name": i.name, "confidence": round(i.confidence, 4)} for i in parse.asked]
    return {"asked_ranking": ranking[:RANKING_SHOWN], "asked_share": round(parse.asked_share, 4)}
