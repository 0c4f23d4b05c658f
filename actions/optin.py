"""The opt-in conversation: asks whether we may write, learns the name, comes back a day later."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ReminderScheduled, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.contacts import given_name, tagged, tags_of

ASK_AFTER = timedelta(hours=24)


class Init(Action):  # type: ignore[misc]
    """Asks whether the contact would like to hear from us."""

    def name(self) -> str:
        return "optin.init"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        known = "opted_in" in tags_of(tracker)
        dispatcher.utter_message(response="utter_optin_again" if known else "utter_optin_init")
        return []


class AskName(Action):  # type: ignore[misc]
    def name(self) -> str:
        return "optin.ask_name"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        dispatcher.utter_message(response="utter_optin_ask_name")
        return []


class GreetUserCreateTask(Action):  # type: ignore[misc]
    """Greets by name, tags the contact, and sets the task to ask a day later how it goes."""

    def name(self) -> str:
        return "optin.greet_user_create_task"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        said = next(tracker.get_latest_entity_values("name"), None) or tracker.get_slot("name")
        if not said:
            dispatcher.utter_message(response="utter_optin_ask_name")
            return []
        name = " ".join(str(said).split())
        first_name = given_name(name)
        dispatcher.utter_message(response="utter_optin_greeting", first_name=first_name)
        return [
            SlotSet("first_name", first_name),
            SlotSet("name", name),
            tagged(tracker, "opted_in"),
            ReminderScheduled(
                "ask_how_it_goes",
                datetime.now(timezone.utc) + ASK_AFTER,  # noqa: UP017 - Rasa 3.6 runs on 3.8 too
                kill_on_user_message=False,
            ),
        ]


class SayNp(Action):  # type: ignore[misc]
    """Takes a no for a no."""

    def name(self) -> str:
        return "optin.say_np"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        dispatcher.utter_message(response="utter_optin_no_problem")
        return [tagged(tracker, "declined")]


class AskHowItGoes(Action):  # type: ignore[misc]
    """The task of the day after."""

    def name(self) -> str:
        return "optin.ask_how_it_goes"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        dispatcher.utter_message(response="utter_optin_how_it_goes")
        return []
