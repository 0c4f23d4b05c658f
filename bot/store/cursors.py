"""Opaque cursors: where a listing goes on, as base64 of the last row's place."""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any

from bot.domain.records import Page

Place = tuple[float | str, ...]


def cursor_of(place: Place) -> str:
    """The cursor behind this place."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _place_of(cursor: str, kinds: tuple[type, ...]) -> Place:
    """The place that `cursor_of` wrote; ValueError for anything else."""
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        place = json.loads(base64.urlsafe_b64decode(padded))
    except ValueError:
        place = None
    if not isinstance(place, list) or len(place) != len(kinds):
        raise ValueError("the cursor is not one that a listing gave")
    if not all(isinstance(value, kind) for value, kind in zip(place, kinds, strict=True)):
        raise ValueError("the cursor is not one that a listing gave")
    return tuple(place)


def made_place(cursor: str | None) -> Place | None:
    """The place in a listing by time of making, for ids that do not sort by time."""
    return _place_of(cursor, (float, str)) if cursor else None


def id_place(cursor: str | None) -> Place | None:
    """The place in a listing by id."""
    return _place_of(cursor, (str,)) if cursor else None


def number_place(cursor: str | None) -> Place | None:
    """The place in a listing by number."""
    return _place_of(cursor, (int,)) if cursor else None


def page_of(found: Sequence[Any], limit: int, place: Callable[[Any], Place]) -> Page:
    """The page of what was found: one more than the limit means that there is a next page."""
    items = tuple(found[:limit])
    if len(found) <= limit or not items:
        return Page(items)
    return Page(items, cursor_of(place(items[-1])))
