"""E-mail addresses, web addresses and phone numbers, found in the text as it was written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from phonenumbers import (
    Leniency,
    NumberParseException,
    PhoneNumberFormat,
    PhoneNumberMatcher,
    format_number,
    is_possible_number,
    parse,
)

# Every repetition is bounded and the parts cannot trade characters with each other.
_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,6}[^\W\d_]{2,24}(?![\w@])")
_URL = re.compile(
    r"(?<![\w@.-])(?:https?://[^\s<>\"]{1,500}"
    r"|(?:[a-z0-9-]{1,63}\.){1,5}"
    r"(?:com|org|net|edu|gov|io|co|info|biz|app|dev|me|ly|tv|us|uk|de|fr|es|it|ru|ua|pl|tr|ir|in|id|cn|jp|br|mx|eu)"
    r"(?![\w-])(?:[:/][^\s<>\"]{0,500})?)",
    re.IGNORECASE,
)
_DIALLED = re.compile(r"(?<![\w.,])[+(（]{0,2}\d(?:[\s().\-/]{0,3}\d){6,16}(?![\w])")
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\b")
_TRAILING = ".,;:!?)]}'"
_TRIES = 10


@dataclass(frozen=True, slots=True)
class Contact:
    """A way to reach someone: `text[start:end]`, and its plain form."""

    entity: str
    start: int
    end: int
    value: str
    sure: float


def contacts_in(text: str, region: str | None) -> Iterator[Contact]:
    """The addresses and numbers, none within another; `region` reads numbers without a `+`."""
    taken: list[tuple[int, int]] = []
    for found in (*_addresses(text), *_phones(text, region)):
        if not any(found.start < end and start < found.end for start, end in taken):
            taken.append((found.start, found.end))
            yield found


def _addresses(text: str) -> Iterator[Contact]:
    if "@" in text:
        for match in _EMAIL.finditer(text):
            lead = len(match.group()) - len(match.group().lstrip("."))
            value = match.group()[lead:].lower()
            if not value.startswith("@"):
                yield Contact("email", match.start() + lead, match.end(), value, 1.0)
    if "." in text:
        for match in _URL.finditer(text):
            written = match.group().rstrip(_TRAILING)
            sure = 1.0 if "://" in written or written.lower().startswith("www.") else 0.9
            yield Contact("url", match.start(), match.start() + len(written), written, sure)


def _phones(text: str, region: str | None) -> Iterator[Contact]:
    for count, match in enumerate(_DIALLED.finditer(text)):
        if count == _TRIES:
            return
        if _DATE.match(match.group()):
            continue
        if found := _phone(match.group(), match.start(), region):
            yield found


def _phone(written: str, offset: int, region: str | None) -> Contact | None:
    for match in PhoneNumberMatcher(written, region, leniency=Leniency.VALID, max_tries=3):
        value = format_number(match.number, PhoneNumberFormat.E164)
        return Contact("phone-number", offset + match.start, offset + match.end, value, 0.95)
    if "+" not in written[:2]:
        return None
    try:
        number = parse(written, None)
    except NumberParseException:
        return None
    if not is_possible_number(number):
        return None
    value = format_number(number, PhoneNumberFormat.E164)
    start = written.index("+")
    return Contact("phone-number", offset + start, offset + len(written), value, 0.7)
