"""How many parts a text message has: GSM 03.38 where every character fits, else UCS-2.

Sources: 3GPP TS 23.038; parts of 153 and 67 units carry a 6-byte header. An escape pair or a
surrogate pair is never split over two parts.
"""

from collections.abc import Iterable

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
GSM_SINGLE, GSM_PART = 160, 153
UCS_SINGLE, UCS_PART = 70, 67


def foreign(text: str) -> tuple[str, ...]:
    """The characters, each once, for which the whole text is sent as UCS-2."""
    return tuple(dict.fromkeys(c for c in text if c not in _BASIC and c not in _EXTENSION))


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
