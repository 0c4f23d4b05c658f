"""How many parts a text message has: GSM 03.38 where every character fits, else UCS-2.

Sources: 3GPP TS 23.038; parts of 153 and 67 units carry a 6-byte header. An escape pair or a
surrogate pair is never split over two parts.
"""

from collections.abc import Iterable, Mapping
from typing import Any

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
GSM_SINGLE, GSM_PART = 160, 153
UCS_SINGLE, UCS_PART = 70, 67


def as_text(text: str, content: Mapping[str, Any]) -> str:
    """What a message says where there is only text: its choices with their numbers, and its place.

    `content` is that of a Message. The connectors write the same lines.
    """
    menu = content.get("menu") or {}
    choices = [str(button.get("title", "")) for button in content.get("buttons") or ()]
    choices += [_row(row) for row in menu.get("rows") or ()]
    lines = [text] if text else []
    lines += [f"{number}. {choice}" for number, choice in enumerate(choices, 1)]
    return "\n".join([*lines, *_place(content.get("location") or {})])


def _row(row: Mapping[str, Any]) -> str:
    title, description = str(row.get("title", "")), row.get("description")
    return f"{title} - {description}" if description else title


def _place(location: Mapping[str, Any]) -> list[str]:
    if not location:
        return []
    point = f"{float(location['latitude']):.6f}/{float(location['longitude']):.6f}"
    latitude, longitude = point.split("/")
    link = f"https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}#map=17/{point}"
    return [*(str(location[key]) for key in ("name", "address") if location.get(key)), link]


def is_gsm(text: str) -> bool:
    """Whether every character is in the basic or the extension set."""
    return all(c in _BASIC or c in _EXTENSION for c in text)


def segments(text: str) -> int:
    """The parts that are sent and billed; an empty text counts as one."""
    if is_gsm(text):
        widths = [2 if c in _EXTENSION else 1 for c in text]
        return _parts(widths, GSM_SINGLE, GSM_PART)
    return _parts([2 if ord(c) > 0xFFFF else 1 for c in text], UCS_SINGLE, UCS_PART)


def _parts(widths: Iterable[int], single: int, part: int) -> int:
    units = list(widths)
    if sum(units) <= single:
        return 1
    parts, used = 1, 0
    for width in units:
        if used + width > part:
            parts, used = parts + 1, 0
        used += width
    return parts
