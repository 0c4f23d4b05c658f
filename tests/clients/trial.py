"""The actions package that the contract suite runs, both in process and on a server."""

TRIAL = {
    "__init__.py": "",
    "steps.py": """
import asyncio
import time
from datetime import datetime, timedelta, timezone

from rasa_sdk import Action, ActionExecutionRejection
from rasa_sdk.events import ReminderScheduled, SlotSet


def of_elsewhere(tracker):
    return True


class Greet(Action):
    def name(self):
        return "greet"

    async def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text=f"Hello {tracker.get_slot('first_name')}")
        return [SlotSet("greeted", True)]


class Rich(Action):
    def name(self):
        return "rich"

    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(
            text="Choose", buttons=[{"title": "Yes", "payload": "/affirm"}], image="http://x/i.png"
        )
        dispatcher.utter_message(json_message={"kind": "card"})
        dispatcher.utter_message(response="utter_help", first_name="Mike")
        return []


class Raise(Action):
    def name(self):
        return "raise"

    async def run(self, dispatcher, tracker, domain):
        raise KeyError("no such order")


class Exit(Action):
    def name(self):
        return "exit"

    def run(self, dispatcher, tracker, domain):
        raise ValueError("left early")


class Reject(Action):
    def name(self):
        return "reject"

    async def run(self, dispatcher, tracker, domain):
        raise ActionExecutionRejection(self.name(), "not now")


class Slow(Action):
    def name(self):
        return "slow"

    async def run(self, dispatcher, tracker, domain):
        await asyncio.sleep(3)


class SlowThread(Action):
    def name(self):
        return "slow_thread"

    def run(self, dispatcher, tracker, domain):
        time.sleep(1.5)


class Remind(Action):
    def name(self):
        return "remind"

    async def run(self, dispatcher, tracker, domain):
        naive = datetime(2030, 5, 6, 7, 8)
        aware = datetime(2030, 5, 6, 7, 8, tzinfo=timezone(timedelta(hours=3)))
        return [
            ReminderScheduled("ask_a", naive, kill_on_user_message=False),
            ReminderScheduled("ask_b", aware),
        ]


class Mutate(Action):
    def name(self):
        return "mutate"

    async def run(self, dispatcher, tracker, domain):
        seen = {"tags": list(tracker.get_slot("tags")), "responses": sorted(domain["responses"])}
        tracker.slots["tags"].append("spoilt")
        domain["responses"].clear()
        dispatcher.utter_message(json_message=seen)
        return []


class Key(Action):
    def name(self):
        return "key"

    async def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text=tracker.latest_message["metadata"]["idempotency_key"])
        return []


class Silent(Action):
    def name(self):
        return "silent"

    def run(self, dispatcher, tracker, domain):
        return None
""",
    "conditions.py": """
from textwrap import dedent

from rasa_sdk import Tracker

from trial.steps import of_elsewhere


def is_vip(tracker: Tracker) -> bool:
    return "vip" in (tracker.get_slot("tags") or [])


def is_late(tracker: Tracker) -> bool:
    return 0


def is_broken(tracker: Tracker) -> bool:
    return tracker.slots["nowhere"]


def _private(tracker: Tracker) -> bool:
    return True


def of_two(tracker: Tracker, more: int) -> bool:
    return True
""",
}
