"""Actions of the measured flow: each answers with one text and sets one slot."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher


class _Reply(Action):  # type: ignore[misc]
    text = ""

    def name(self) -> str:
        return "bench_" + type(self).__name__.lower()

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        count = int(tracker.get_slot("count") or 0) + 1
        dispatcher.utter_message(text=f"{self.text} ({count})")
        return [SlotSet("count", count)]


class Ask(_Reply):
    text = "Shall we go on?"


class Yes(_Reply):
    text = "Good. And now?"


class No(_Reply):
    text = "All right. And now?"


class Otherwise(_Reply):
    text = "I did not get that."
