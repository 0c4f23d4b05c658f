"""What actions know of a contact: the tags in the slot `tags`, and names."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet

TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "madam"})


def tags_of(tracker: Tracker) -> list[str]:
    """The tags of the contact."""
    return list(tracker.get_slot("tags") or [])


def tagged(tracker: Tracker, *new: str) -> dict[str, Any]:
    """The event that adds tags; Parley applies the difference."""
    tags = tags_of(tracker)
    event: dict[str, Any] = SlotSet("tags", [*tags, *(tag for tag in new if tag not in tags)])
    return event


def given_name(name: str) -> str:
    """ "Mike" of "Dr. Mike Smith", "mike smith" or "Smith, Mike"."""
    _, comma, after = name.partition(",")
    words = (after if comma and after.strip() else name).replace(",", " ").split()
    words = [word for word in words if word.strip(".").casefold() not in TITLES] or words
    first = words[0] if words else name
    return first.title() if first.islower() or (first.isupper() and len(first) > 1) else first
