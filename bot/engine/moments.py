"""Days and times as texts in ISO 8601 that can be compared."""

from datetime import date, datetime, time

MOMENTS = ("date", "time", "datetime")
"""The types of slots that hold such a text."""


def comparable(kind: str, text: str) -> str:
    """The same day or time in the one form that sorts: the contact's own clock, in seconds.

    Raises ValueError for what is none.
    """
    if kind == "date":
        return date.fromisoformat(text).isoformat()
    if kind == "time":
        return time.fromisoformat(text).replace(tzinfo=None).isoformat(timespec="seconds")
    return datetime.fromisoformat(text).replace(tzinfo=None).isoformat(timespec="seconds")
