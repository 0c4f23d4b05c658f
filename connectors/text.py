"""Text that every store accepts, without NUL and lone surrogates, which PostgreSQL refuses; and
what a message says on a channel that has only text."""

import re
from collections.abc import Iterator
from typing import Any

from connectors.channel import Location, OutboundMessage

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without the characters that no database column takes."""
    return _UNSTORABLE.sub("", text)


def clean_json(value: Any) -> Any:
    """The same for all keys and values inside a JSON value."""
    match value:
        case str():
            return clean(value)
        case dict():
            return {clean(str(key)): clean_json(item) for key, item in value.items()}
        case list():
            return [clean_json(item) for item in value]
        case _:
            return value


def plain(message: OutboundMessage) -> str:
    """All that a message says, as lines: its choices with their numbers, and the way to its place."""
    lines = [message.text] if message.text else []
    lines += [f"{number}. {choice}" for number, choice in enumerate(_choices(message), 1)]
    if message.location:
        lines += place_lines(message.location)
    return clean("\n".join(lines))


def _choices(message: OutboundMessage) -> Iterator[str]:
    yield from (button.title for button in message.buttons)
    for row in message.menu.rows if message.menu else ():
        yield f"{row.title} - {row.description}" if row.description else row.title


def place_lines(place: Location) -> list[str]:
    """A place in words, and where a map shows it."""
    point = f"{place.latitude:.6f}/{place.longitude:.6f}"
    latitude, longitude = point.split("/")
    link = f"https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}#map=17/{point}"
    return [*(words for words in (place.name, place.address) if words), link]
