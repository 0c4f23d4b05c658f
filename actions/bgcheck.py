"""The blood-sugar diary: writes readings down and sums up a week."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

MG_PER_MMOL = 18.0
MOST_READINGS = 200
"""Readings kept with a contact: some seven weeks of four a day."""
LOW, HIGH = 70, 180
WEEK = timedelta(days=7)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")


class LogReading(Action):  # type: ignore[misc]
    """Writes the reading of the latest message into the diary, in mg/dL."""

    def name(self) -> str:
        return "bgcheck.log_reading"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        value = reading_in(str(tracker.latest_message.get("text") or ""))
        if value is None:
            return []
        in_mmol = tracker.get_slot("bg_unit") == "mmol/L"
        entry = {
            "at": _now().isoformat(timespec="seconds"),
            "mg_dl": round(value * MG_PER_MMOL if in_mmol else value),
            "moment": tracker.get_slot("moment") or "other",
        }
        return [
            SlotSet("readings", [*readings_of(tracker), entry][-MOST_READINGS:]),
            SlotSet("reading", value),
        ]


class WeeklySummary(Action):  # type: ignore[misc]
    """Tells the average of the last seven days and how many readings were in range."""

    def name(self) -> str:
        return "bgcheck.weekly_summary"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        values = [entry["mg_dl"] for entry in of_last_week(readings_of(tracker), _now())]
        if not values:
            dispatcher.utter_message(response="utter_bg_week_empty")
            return []
        dispatcher.utter_message(
            response="utter_bg_week",
            count=len(values),
            average=shown(sum(values) / len(values), tracker.get_slot("bg_unit")),
            in_range=round(100 * sum(LOW <= v <= HIGH for v in values) / len(values)),
            lows=sum(v < LOW for v in values),
        )
        return []


def readings_of(tracker: Tracker) -> list[dict[str, Any]]:
    """The diary, oldest first."""
    return list(tracker.get_slot("readings") or [])


def of_last_week(readings: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """The entries of the seven days before `now`."""
    return [entry for entry in readings if datetime.fromisoformat(entry["at"]) > now - WEEK]


def reading_in(text: str) -> float | None:
    """The first number of a message, with a decimal point or comma."""
    match = _NUMBER.search(text[:1000])
    return float(match.group(0).replace(",", ".")) if match else None


def shown(mg_dl: float, unit: str | None) -> str:
    """A value in the contact's own unit."""
    if unit == "mmol/L":
        return f"{mg_dl / MG_PER_MMOL:.1f} mmol/L"
    return f"{mg_dl:.0f} mg/dL"


def _now() -> datetime:
    return datetime.now(timezone.utc)  # noqa: UP017 - Rasa 3.6 runs on Python 3.8 too
