"""Rasa's tracker on its way to an action, and the events on their way back."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any


def with_metadata(tracker: Mapping[str, Any], **extra: Any) -> dict[str, Any]:
    """The tracker with more in `latest_message.metadata`; what was given stays as it is."""
    message = tracker.get("latest_message") or {}
    metadata = {**(message.get("metadata") or {}), **extra}
    return {**tracker, "latest_message": {**message, "metadata": metadata}}


def timed(events: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """The events, each reminder's time with its zone.

    Actions written for Rasa say `datetime.now() + timedelta(...)`: this machine's local time.
    """
    return tuple(_aware(event) if event.get("event") == "reminder" else event for event in events)


def _aware(event: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        due = datetime.fromisoformat(str(event.get("date_time")))
    except ValueError:
        return event  # the engine refuses it, with an event that shows what was written
    return event if due.tzinfo else {**event, "date_time": due.astimezone().isoformat()}


_OF_A_SESSION = ("slots", "latest_message", "registry", "contact", "state", "session_id", "channel")


def seen_by_functions(tracker: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a tracker that a processor or a task is shown."""
    return {key: tracker[key] for key in _OF_A_SESSION if key in tracker}
