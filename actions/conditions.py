"""Conditions that flows refer to by name: `(tracker) -> bool`, free of side effects."""

from __future__ import annotations

from rasa_sdk import Tracker

from actions.bgcheck import LOW, readings_of

ENOUGH_READINGS = 3
"""Fewer say nothing about a week."""
RECENT = 5


def has_enough_readings(tracker: Tracker) -> bool:
    """Whether the diary is long enough to be summed up."""
    return len(readings_of(tracker)) >= ENOUGH_READINGS


def is_low_repeatedly(tracker: Tracker) -> bool:
    """Whether two or more of the last readings were low: a pattern for the nurse to see."""
    lows = [entry for entry in readings_of(tracker)[-RECENT:] if entry["mg_dl"] < LOW]
    return len(lows) >= 2
