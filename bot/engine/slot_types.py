"""The types of declared slots: what a value is made into where that is plain, and what is refused."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

from bot.engine.durations import duration

_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_LARGEST = 10**300
"""Greater ones are no numbers to anybody else."""
_YES_NO = {"yes": True, "true": True, "no": False, "false": False}


class NotFitting(ValueError):
    """A value that is none of the type."""


def fitted(kind: str, value: Any) -> Any:
    """The value as the type has it; nothing is a value of every type. Raises NotFitting."""
    return value if value is None else SLOT_TYPES[kind](value)


def _any(value: Any) -> Any:
    return value


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotFitting
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def number(value: Any) -> float | int:
    """A finite number, also one that is written out in digits."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        text = value.strip()
        value = float(text) if "." in text else int(text)
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST:
        return value
    raise NotFitting


def _yes_no(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    found = _YES_NO.get(value.strip().casefold()) if isinstance(value, str) else None
    if found is None:
        raise NotFitting
    return found


def _iso(read: Callable[[str], date | time | datetime]) -> Callable[[Any], str]:
    def fit(value: Any) -> str:
        try:
            read(value)
        except (TypeError, ValueError):
            raise NotFitting from None
        return str(value)

    return fit


def _duration(value: Any) -> float | int:
    seconds = duration(value)
    return number(value) if seconds is None else seconds


def _money(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return {**value, "value": number(value.get("value")), "unit": value.get("unit")}
    return {"value": number(value), "unit": None}


def _location(value: Any) -> Mapping[str, Any]:
    found = location(value)
    if found is None:
        raise NotFitting
    return found


def location(value: Any) -> Mapping[str, Any] | None:
    """A place on the earth with its coordinates as numbers; None for anything else."""
    if not isinstance(value, Mapping):
        return None
    try:
        latitude, longitude = number(value.get("latitude")), number(value.get("longitude"))
    except NotFitting:
        return None
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return {**value, "latitude": latitude, "longitude": longitude}


def _media(value: Any) -> Mapping[str, Any]:
    if isinstance(value, str) and value.strip():
        return {"url": value, "content_type": ""}
    if not isinstance(value, Mapping) or not isinstance(value.get("url"), str):
        raise NotFitting
    return value


def _list(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        raise NotFitting
    return value


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise NotFitting
    return value


SLOT_TYPES: Mapping[str, Callable[[Any], Any]] = {
    "any": _any,
    "text": _text,
    "number": number,
    "yes_no": _yes_no,
    "date": _iso(date.fromisoformat),
    "time": _iso(time.fromisoformat),
    "datetime": _iso(datetime.fromisoformat),
    "duration": _duration,
    "money": _money,
    "name": _text,
    "email": _text,
    "phone": _text,
    "choice": _text,
    "location": _location,
    "media": _media,
    "list": _list,
    "object": _object,
}
