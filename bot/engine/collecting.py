"""What a question accepts: from a reply to the value of a slot."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from bot.engine.choosing import meant
from bot.engine.conditions import YES_NO_CONFIDENCE, means_intent
from bot.engine.flow import Collect, Option, SlotType
from bot.engine.moments import MOMENTS, comparable
from bot.engine.numbers import measured, numbers_in, numbers_said
from bot.engine.parse import Parse
from bot.engine.patterns import is_whole
from bot.engine.wording import in_language

_EMAIL = re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;]{1,190}\.[^\s@<>,;.]{2,63}")
_PHONE = re.compile(r"\+?\(?\d[\d\s().-]{5,23}\d")
_ISO_DATE = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")
_CLOCK = re.compile(r"(?<![\d:.])(\d{1,2})(?:[:.](\d{2}))?\s{0,2}([ap]\.?m\.?)?(?![\d:.]*\d)", re.I)
# Whoever is asked for a time and writes "5" means the afternoon; "8" is the morning.
_EARLIEST = 7


class NotAccepted(ValueError):
    """The reply is no answer to the question."""


def answer(
    question: Collect,
    text: str,
    parse: Parse,
    *,
    labels: Sequence[str] = (),
    location: Mapping[str, Any] | None = None,
    media: Sequence[Mapping[str, Any]] = (),
) -> object:
    """The slot's value; raises NotAccepted with nothing more to say than the question's error.

    `labels` are those of the choices in the contact's language; `location` and `media` came with
    the reply.
    """
    if question.type == "location":
        return _place(location)
    if question.type == "media":
        return _file(media)
    text = text.strip()
    _check_form(question, text)
    if question.type == "choice":
        return _choice(question, labels, text, parse)
    return _between(question, _READERS[question.type](question, text, parse))


def _check_form(question: Collect, text: str) -> None:
    """Raises NotAccepted for a reply that is too short, too long or looks otherwise."""
    too_short = question.shortest is not None and len(text) < question.shortest
    too_long = question.longest is not None and len(text) > question.longest
    if too_short or too_long:
        raise NotAccepted
    if question.pattern is not None and not is_whole(question.pattern, text):
        raise NotAccepted


def _between(question: Collect, value: object) -> object:
    """A day or a time between the question's limits; numbers were looked at before."""
    if question.type in MOMENTS and isinstance(value, str):
        moment = comparable(question.type, value)
        too_early = isinstance(question.minimum, str) and moment < question.minimum
        if too_early or (isinstance(question.maximum, str) and moment > question.maximum):
            raise NotAccepted
    return value


def _place(found: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if found is None:
        raise NotAccepted
    return dict(found)


def _file(media: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The first file of the reply."""
    if not media:
        raise NotAccepted
    return {"url": media[0].get("url", ""), "content_type": media[0].get("content_type", "")}


def _text(question: Collect, text: str, parse: Parse) -> str:
    if not text:
        raise NotAccepted
    return text


def _number(question: Collect, text: str, parse: Parse) -> float | int:
    found = numbers_said(text, parse)
    if not found:
        raise NotAccepted
    return _within(question, found[0])


def _within(question: Collect, value: float) -> float | int:
    """A number between the question's limits; whole where it has no fraction."""
    least, greatest = question.minimum, question.maximum
    too_low = isinstance(least, int | float) and value < least
    too_high = isinstance(greatest, int | float) and value > greatest
    if too_low or too_high:
        raise NotAccepted
    return int(value) if value.is_integer() else value


def _money(question: Collect, text: str, parse: Parse) -> dict[str, Any]:
    """An amount with its currency, or a bare number without one."""
    for value in _said(parse, "amount-of-money"):
        number = measured("amount-of-money", value)
        if number is not None:
            unit = value.get("unit") if isinstance(value, dict) else None
            return {"value": _within(question, number), "unit": unit}
    found = numbers_said(text, parse)
    if not found:
        raise NotAccepted
    return {"value": _within(question, found[0]), "unit": None}


def _duration(question: Collect, text: str, parse: Parse) -> float | int:
    """In seconds."""
    for value in _said(parse, "duration"):
        seconds = value.get("seconds") if isinstance(value, dict) else None
        number = measured("duration", seconds)
        if number is not None:
            return _within(question, number)
    raise NotAccepted


def _date(question: Collect, text: str, parse: Parse) -> str:
    """A day, as `2026-03-05`."""
    for start, grain, until in _times(parse):
        days = (until - start).total_seconds() / 86400 if until else 0
        if grain in ("day", "hour", "minute", "second") and days <= 1:
            return start.date().isoformat()
    match = _ISO_DATE.search(text[:1000])
    try:
        return date.fromisoformat(match.group()).isoformat() if match else _refused()
    except ValueError:
        raise NotAccepted from None


def _time(question: Collect, text: str, parse: Parse) -> str:
    """A time of day, as `17:30`."""
    for start, grain, until in _times(parse):
        if grain in ("hour", "minute", "second") and until is None:
            return start.strftime("%H:%M")
    return _clock(text) or _spoken_hour(text, parse) or _refused()


def _datetime(question: Collect, text: str, parse: Parse) -> str:
    """A day with a time of day, in ISO 8601 with the offset of the contact's zone."""
    for start, grain, until in _times(parse):
        if grain in ("hour", "minute", "second") and until is None:
            return start.isoformat()
    raise NotAccepted


def _refused() -> str:
    raise NotAccepted


def _times(parse: Parse) -> Iterator[tuple[datetime, str, datetime | None]]:
    """The times of a reply: when, to what grain, and until when; Rasa's own shapes are read, too."""
    for value in _said(parse, "time"):
        known = value if isinstance(value, dict) else {"value": value}
        try:
            start = datetime.fromisoformat(known.get("value") or known["from"])
            until = datetime.fromisoformat(known["to"]) if known.get("to") else None
        except (KeyError, TypeError, ValueError):
            continue
        if until is not None and (until.tzinfo is None) != (start.tzinfo is None):
            continue
        yield start, str(known.get("grain", "minute")), until


def _said(parse: Parse, entity: str) -> Iterator[Any]:
    return (e.value for e in parse.entities if e.entity == entity)


def _clock(text: str) -> str | None:
    """`17:30`, `5 pm` or a bare hour: the only number of the reply."""
    match = _CLOCK.search(text[:1000])
    if not match or len(numbers_in(text)) > 1 + (match[2] is not None):
        return None
    hour, minute, half = int(match[1]), int(match[2] or 0), (match[3] or "").lower()
    bare = not match[2] and not half
    if bare and len(text) > len("around 5 o'clock"):
        return None
    return _of_hour(hour, minute, half)


def _spoken_hour(text: str, parse: Parse) -> str | None:
    """An hour in words that is all the reply says."""
    whole = [e for e in parse.entities if e.entity == "number" and e.end - e.start == len(text)]
    value = measured("number", whole[0].value) if whole else None
    return _of_hour(int(value), 0, "") if value is not None and value.is_integer() else None


def _of_hour(hour: int, minute: int, half: str) -> str | None:
    if hour > 24 or minute > 59 or (half and not 1 <= hour <= 12):
        return None
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    elif 1 <= hour < _EARLIEST:
        hour += 12
    return f"{hour % 24:02}:{minute:02}"


def _name(question: Collect, text: str, parse: Parse) -> str:
    entity = parse.entity("name")
    if entity is None:
        raise NotAccepted
    return str(entity.value)


def _email(question: Collect, text: str, parse: Parse) -> str:
    for value in _said(parse, "email"):
        return str(value).lower()
    match = _EMAIL.search(text[:1000])
    if not match:
        raise NotAccepted
    return match.group(0).strip(".").lower()


def _phone(question: Collect, text: str, parse: Parse) -> str:
    for value in _said(parse, "phone-number"):
        return str(value)
    match = _PHONE.search(text[:1000])
    if not match:
        raise NotAccepted
    # int() reads the digits of any script
    digits = "".join(str(int(sign)) for sign in match.group(0) if sign.isdecimal())
    if not 7 <= len(digits) <= 15:
        raise NotAccepted
    return ("+" if match.group(0).startswith("+") else "") + digits


def _yes_no(question: Collect, text: str, parse: Parse) -> bool:
    yes, no = parse.confidence("affirm"), parse.confidence("deny")
    if yes == no or not parse.means("affirm" if yes > no else "deny", YES_NO_CONFIDENCE):
        raise NotAccepted
    return yes > no


def _choice(question: Collect, labels: Sequence[str], text: str, parse: Parse) -> str:
    """The value of the choice that is meant: by what a button carries, by its words, by intent."""
    options = question.choices
    tapped = text.casefold()
    for option in options:
        if option.value.strip().casefold() == tapped:
            return option.value
    shown = labels or [in_language(option.label) for option in options]
    place = meant(shown, [option.words for option in options], text, parse)
    if place is None:
        place = _by_intent(options, parse)
    if place is None or place < 0:
        raise NotAccepted
    return options[place].value


def _by_intent(options: Sequence[Option], parse: Parse) -> int | None:
    """The choice whose intent the reply means, the surest where it could be several."""
    found = [
        (parse.confidence(option.means), -index)
        for index, option in enumerate(options)
        if option.means and means_intent(parse, option.means)
    ]
    return -max(found)[1] if found else None


_READERS: Mapping[SlotType, Callable[[Collect, str, Parse], object]] = {
    "text": _text,
    "number": _number,
    "money": _money,
    "duration": _duration,
    "date": _date,
    "time": _time,
    "datetime": _datetime,
    "name": _name,
    "email": _email,
    "phone": _phone,
    "yes_no": _yes_no,
}
