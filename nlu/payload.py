"""Rasa's payloads: `/affirm` and `/inform_name{"name": "Bob"}` say what they mean themselves."""

import json
import re
from typing import Any

from bot.engine.parse import Entity, Intent, Parse

_PAYLOAD = re.compile(r"/(?P<intent>[^\W\d][\w+/-]*)(?:@(?P<confidence>\d(?:\.\d{1,9})?))?\s*")
_EXTRACTOR = "RegexMessageHandler"


def read_payload(text: str, language: str | None) -> Parse | None:
    """The reading of a payload; None where the text is none."""
    stripped = text.strip()
    match = _PAYLOAD.match(stripped) if stripped.startswith("/") else None
    if match is None:
        return None
    rest = stripped[match.end() :]
    values = _values(rest)
    if values is None:
        return None
    start = text.index("/") + match.end()
    entities = tuple(_entities(values, start, start + len(rest)))
    confidence = min(1.0, float(match["confidence"])) if match["confidence"] else 1.0
    intent = Intent(match["intent"], confidence)
    return Parse(text, intent, (intent,), entities, language)


def _values(rest: str) -> dict[str, Any] | None:
    if not rest:
        return {}
    if not rest.startswith("{"):
        return None
    try:
        loaded = json.loads(rest)
    except (ValueError, RecursionError):
        return None
    return loaded if isinstance(loaded, dict) else None


def _entities(values: dict[str, Any], start: int, end: int) -> list[Entity]:
    return [
        Entity(name, one, start, end, 1.0, _EXTRACTOR)
        for name, value in values.items()
        for one in (value if isinstance(value, list) else [value])
    ]
