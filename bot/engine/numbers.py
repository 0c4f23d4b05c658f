"""Numbers in a reply: digits of any script, decimal comma or point, and English number words."""

import math
import re

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
