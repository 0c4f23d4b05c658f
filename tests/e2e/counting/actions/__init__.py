"""One action that answers and counts: even numbers hear the count, odd ones always the same."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher


class Answer(Action):  # type: ignore[misc]
    def name(self) -> str:
        return "answer"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        count = int(tracker.get_slot("count") or 0) + 1
        address = tracker.latest_message["metadata"]["address"]
        odd = int(address.rpartition("+")[2]) % 2
        dispatcher.utter_message(text="Noted." if odd else f"Noted ({count})")
        return [SlotSet("count", count)]
