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
    "processors/__init__.py": """
from textwrap import dedent

from trial.processors.words import shout


def _private(session, message):
    return "private"


def of_one(session):
    return "of one"
""",
    "processors/words.py": """
import asyncio
import time


def shout(session, message):
    return message.text.upper()


async def shout_later(session, message):
    await asyncio.sleep(0)
    message.text = message.text.upper()


def repeat(session, message, *, times, sign="-"):
    return sign.join([message.text] * times)


def only_sums(session, message):
    if not message.text.isdecimal():
        message.refuse("Only digits, please.")
        return
    session.slots["sum"] = session.slots.get("sum", 0) + int(message.text)
    session.registry["sums"] = [*session.registry.get("sums", []), int(message.text)]


def no_answer(session, message):
    return False


def fine(session, message):
    return True


def asks(session, message):
    session.say("One moment", buttons=["Wait", {"title": "Stop", "payload": "/stop"}])
    session.call("weather", city=session.user.homeTown)
    session.goto("later")


def forgets(session, message):
    del session.slots["greeted"]
    session.registry.clear()


def spells(session, message):
    slots = session.variables
    told = (slots["homeTown"], slots.get("home_town"), slots["old_age"], "leftOut" in slots)
    session.say(" ".join(map(str, (*told, "away" in slots, slots.get("away")))))
    slots["homeTown"] = "Bergen"
    del slots["leftOut"]
    return {"old_age": 8, "newOne": 1}


def mutates(session, message, **given):
    session.slots["basket"].append("spoilt")
    session.registry["deep"]["list"].append("spoilt")
    message.entities.append({"entity": "spoilt"})
    given["options"].append("spoilt")


def looks(session, message):
    user = session.user
    session.say(
        f"{session.id} {session.state} {user.id} {user.firstName} {user.first_name} {user.lastName}"
        f" {user.phoneNumber} {user.phone_number} {user.email} {user.language} {user.tags}"
        f" {session.variables is session.slots} {message.intent} {message.entities}"
        f" {message.language} {message.channel} {message.media} {message.location}"
    )


def writes_user(session, message):
    session.user.email = "a@b.c"


def raises(session, message):
    raise KeyError("no such word")


def leaves(session, message):
    raise SystemExit("left early")


def hangs(session, message):
    time.sleep(1.5)


async def hangs_later(session, message):
    await asyncio.sleep(3)


def answers_a_list(session, message):
    return [1]


def answers_no_json(session, message):
    return {"seen": {1, 2}}


def answers_no_name(session, message):
    return {7: "x"}


def keeps_no_number(session, message):
    session.slots["rate"] = float("nan")


def puts_a_number(session, message):
    message.text = 5


def takes_the_slots(session, message):
    session.slots = None
""",
    "tasks.py": """
async def shown(session, page, message, *args, **kwargs):
    session.say(f"{page.title}: {page.message} ({page.nothing}) {args} {kwargs}")


def next_one(session, page, message, *args, **kwargs):
    return "Goodbye"


def works_out(session, page, message, *args, **kwargs):
    return {"fee": 2 * kwargs["years"]}


def answers_no(session, page, message, *args, **kwargs):
    return False
""",
}
