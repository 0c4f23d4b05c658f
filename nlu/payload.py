"""Rasa's payloads: `/affirm` and `/inform_name{"name": "Bob"}` say what they mean themselves."""

import json
import re
from collections.abc import Collection
from typing import Any

from bot.engine.parse import FALLBACK_INTENT, Entity, Intent, Parse

# Every domain of Rasa's has these.
ALWAYS_KNOWN = frozenset({"restart", "back", "out_of_scope", "session_start", FALLBACK_INTENT})
_PAYLOAD = re.compile(
    r"/(?P<intent>[^\W\d][\w+/.-]{0,199})(?:@(?P<confidence>[0-9.]{1,20}))?\s*(?=\{|\Z)"
)
_EXTRACTOR = "RegexMessageHandler"
_DEEPEST = 50
_UNREADABLE = re.compile("[\ud800-\udfff\0]")


def read_payload(
    text: str, language: str | None, known: Collection[str] | None = None
) -> Parse | None:
    """The reading of a payload; None where the text is none.

    As in Rasa, `/name` alone is a plain text where the intent is not among the `known` ones; where
    nothing is known, every name will do. Unlike in Rasa, every name will do where values follow it
    (nobody types that), and what is no JSON after the name makes the text a plain one.
    """
    stripped = text.strip()
    match = _PAYLOAD.match(stripped) if stripped.startswith("/") else None
    if match is None:
        return None
    rest = stripped[match.end() :]
    values = _values(rest)
    if values is None or not (rest or _is_known(match["intent"], known)):
        return None
    start = text.index("/") + match.end()
    entities = tuple(_entities(values, start, start + len(rest)))
    intent = Intent(match["intent"], _confidence(match["confidence"]))
    return Parse(text, intent, (intent,), entities, language)


def _is_known(intent: str, known: Collection[str] | None) -> bool:
    """Of a retrieval intent such as `faq/hours`, the part before the slash is known."""
    if known is None or intent in ALWAYS_KNOWN:
        return True
    return intent in known or intent.partition("/")[0] in known


def _confidence(written: str | None) -> float:
    """As in Rasa: 1 without a number, at most 1, and 0 where it is none."""
    if written is None:
        return 1.0
    try:
        return min(1.0, float(written))
    except ValueError:
        return 0.0


def _values(rest: str) -> dict[str, Any] | None:
    if not rest:
        return {}
    try:
        loaded = json.loads(rest, parse_constant=_refused)
    except (ValueError, RecursionError):
        return None
    return _readable(loaded) if isinstance(loaded, dict) and _depth(loaded) <= _DEEPEST else None


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is no value of JSON")


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level and depth <= _DEEPEST:
        holders = [it for it in level if isinstance(it, dict | list)]
        level = [x for it in holders for x in (it.values() if isinstance(it, dict) else it)]
        depth += bool(holders)
    return depth


def _readable(value: Any) -> Any:
    """Without characters that no database and no encoding takes."""
    if isinstance(value, str):
        return _UNREADABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_readable(one) for one in value]
    if isinstance(value, dict):
        return {_readable(name): _readable(one) for name, one in value.items()}
    return value


def _entities(values: dict[str, Any], start: int, end: int) -> list[Entity]:
    return [
        Entity(name, one, start, end, 1.0, _EXTRACTOR)
        for name, value in values.items()
        for one in (value if isinstance(value, list) else [value])
    ]
