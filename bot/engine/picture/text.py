"""How wide a text will be, without a browser: after DejaVu Sans, the widest of the usual fonts."""

import unicodedata

_WIDTHS = {
    0.33: " ',.IJijl|",
    0.41: "!()-/:;[\\]rtf",
    0.52: '"*_`sz',
    0.58: "?Lcy",
    0.62: "FPTYaekovx",
    0.65: "$0123456789EKSbdghnpqu{}",
    0.7: "ABCRVXZ",
    0.77: "DGHNU",
    0.8: "&OQw",
    0.85: "#+<=>M^~",
    1.0: "%m@W",
}
"""Widths of the characters of ASCII, in parts of the font's size."""
_OF = {character: width for width, characters in _WIDTHS.items() for character in characters}
_OTHER, _WIDE, _SYMBOL = 0.68, 1.0, 1.35
_NOTHING = frozenset({"Mn", "Me", "Cf"})
BOLD = 1.1
"""How much wider the same text is in bold."""


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """The width of a text in pixels, at a font size in pixels; rather too much than too little."""
    return sum(map(_width, text)) * size * (BOLD if bold else 1)


def cut(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """As much of the text as fits, with an ellipsis where some is missing."""
    if width_of(text, size, bold=bold) <= room:
        return text
    left = room - width_of("…", size, bold=bold)
    kept = 0
    for character in text:
        left -= width_of(character, size, bold=bold)
        if left < 0:
            break
        kept += 1
    # What joins this character to the next one joins it to nothing now.
    return text[:kept].rstrip().rstrip("\u200d") + "…"


def lines_of(text: str, room: float, size: float, most: int) -> tuple[str, ...]:
    """The text broken between words into so many lines at most; the last one may be cut."""
    lines: list[str] = []
    line = ""
    words = text.split()
    while words and len(lines) < most - 1:
        longer = f"{line} {words[0]}".strip()
        if line and width_of(longer, size) > room:
            lines.append(line)
            line = ""
        elif width_of(words[0], size) > room:
            break
        else:
            line = longer
            words.pop(0)
    rest = " ".join([line, *words]).strip()
    return (*lines, cut(rest, room, size)) if rest else tuple(lines)


def _width(character: str) -> float:
    known = _OF.get(character)
    if known is not None:
        return known
    category = unicodedata.category(character)
    if category in _NOTHING:
        return 0.0
    if category == "So":
        return _SYMBOL
    return _WIDE if unicodedata.east_asian_width(character) in "WF" else _OTHER
