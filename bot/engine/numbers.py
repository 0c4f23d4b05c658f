"""Numbers in a reply: digits of any script, decimal comma or point, and English number words."""

import math
import re

from bot.engine.parse import Parse

# In "10-15" the dash is no minus.
_DIGITS = re.compile(r"(?:(?<![\w.,])[-+−])?\d+(?:[.,٫]\d+)*")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
# With one point only, 1.234 is a fraction.
_POINTED_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:\.\d{3}){2,}(?:,\d+)?")
_UNITS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90,
}  # fmt: skip
LONGEST_TEXT = 1000
"""Characters of a message that are searched: no reply that means a number is longer."""


MEASURES = frozenset(
    {"number", "quantity", "temperature", "distance", "volume", "amount-of-money", "duration"}
)
"""The entities that hold a number, by itself or as `value` beside its unit."""


def numbers_said(text: str, parse: Parse) -> tuple[float, ...]:
    """The numbers of a reply, in order: as the NLU read them, in whatever language they are said.

    Where the digits of the text are more than what was read (some are part of a time), these count.
    """
    found = tuple(n for e in parse.entities if (n := measured(e.entity, e.value)) is not None)
    plain = numbers_in(text)
    return found if len(found) >= len(plain) else plain


def measured(entity: str, value: object) -> float | None:
    """The number of an entity that holds one."""
    if entity not in MEASURES:
        return None
    number = value.get("value") if isinstance(value, dict) else value
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    try:
        found = float(number)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def numbers_in(text: str) -> tuple[float, ...]:
    """The numbers of a text, in order; words only where there are no digits."""
    written = (_from_digits(match) for match in _DIGITS.findall(text[:LONGEST_TEXT]))
    found = tuple(number for number in written if math.isfinite(number))
    return found or _from_words(text[:LONGEST_TEXT])


def _from_digits(written: str) -> float:
    plain = written.replace("−", "-").replace("٫", ".")
    if _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    elif _POINTED_THOUSANDS.fullmatch(plain):
        plain = plain.replace(".", "")
    head, *rest = re.split(r"[.,]", plain)
    return float(f"{head}.{''.join(rest)}" if rest else head)


def _from_words(text: str) -> tuple[float, ...]:
    """The first number: "one, two" are two of them, "twenty-one" is one."""
    total: float | None = None
    for word in re.split(r"[^a-z]+", text.lower()):
        if total is None:
            total = {**_UNITS, **_TENS}.get(word)
            continue
        longer = _continued(int(total), word)
        if longer is None:
            break
        total = longer
    return () if total is None else (float(total),)


def _continued(total: int, word: str) -> int | None:
    """The number said so far with one more word of it, or None where the word begins another."""
    if word in ("and", ""):
        return total
    if word == "hundred" and 0 < total < 100:
        return total * 100
    if word in _TENS and total:
        if total < 10:
            # "one twenty" is how people say 120
            return total * 100 + _TENS[word]
        return total + _TENS[word] if total % 100 == 0 else None
    if word in _UNITS and total:
        room = 100 if total % 100 == 0 else 10 if total % 10 == 0 and total % 100 > 10 else 0
        return total + _UNITS[word] if 0 < _UNITS[word] < room else None
    return None
