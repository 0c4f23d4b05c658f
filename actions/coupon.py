"""Coupons: every contact has one code, and keeps it."""

from __future__ import annotations

import secrets
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without 0, 1, I and O, which are mistaken for each other when read aloud."""
LENGTH = 8


class GiveCoupon(Action):  # type: ignore[misc]
    """Tells the contact's code: the one there is, or a new one."""

    def name(self) -> str:
        return "coupon.give_coupon"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        code = tracker.get_slot("coupon_code")
        if code:
            dispatcher.utter_message(response="utter_coupon_again", coupon_code=code)
            return []
        code = new_code()
        dispatcher.utter_message(response="utter_coupon_code", coupon_code=code)
        return [SlotSet("coupon_code", code)]


def new_code() -> str:
    """A code that nobody can guess from another."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
