"""Whether a value is a JSON document that can be stored and read back."""

import math
from typing import Any, TypeAlias

from bot.engine.findings import Finding, escape
from bot.engine.reading import DEEPEST_DOCUMENT, LARGEST_DOCUMENT, NOT_TEXT


def no_json(document: Any) -> Finding | None:
    """What keeps a value from being a JSON document that can be stored and read back."""
    size = 0
    ahead: list[tuple[Any, _Trail]] = [(document, None)]
    while ahead:
        value, trail = ahead.pop()
        depth = trail[2] if trail else 0
        size += len(value) if isinstance(value, str) else 2
        if size > LARGEST_DOCUMENT:
            reason = f"larger than {LARGEST_DOCUMENT:,} characters"
            return Finding("too-large", "error", "", reason, "divide it into several flows")
        if depth >= DEEPEST_DOCUMENT:
            reason = "nested too deeply to be read"
            return Finding("too-deep", "error", _pointer(trail), reason)
        match value:
            case dict():
                for key, below in value.items():
                    if not isinstance(key, str) or NOT_TEXT.search(key):
                        place = _pointer(trail)
                        return Finding("wrong-key", "error", place, f"{key!r} is no key")
                    size += len(key)
                    ahead.append((below, (trail, key, depth + 1)))
            case list():
                ahead.extend((v, (trail, str(i), depth + 1)) for i, v in enumerate(value))
            case str() if NOT_TEXT.search(value):
                place = _pointer(trail)
                return Finding("wrong-text", "error", place, "a character that is no text")
            case str() | bool() | int() | None:
                pass
            case float() if math.isfinite(value):
                pass
            case _:
                reason = f"{value!r} is not JSON"
                return Finding("wrong-type", "error", _pointer(trail), reason)
    return None


# The way to a value, as its parent's way, its key and its depth: pointers are long to write out.
_Trail: TypeAlias = "tuple[_Trail, str, int] | None"


def _pointer(trail: _Trail) -> str:
    words: list[str] = []
    while trail is not None:
        words.append(escape(trail[1]))
        trail = trail[0]
    return "".join(f"/{word}" for word in reversed(words))
