"""Tasks of pages: `(session, page, message, *args, **kwargs)`, run on entering a page."""

from __future__ import annotations

from typing import Any

FEES = {"Full": 240, "Weekdays": 150, "Social": 60}
"""A year's membership in euros."""
ADULT = 18


def membership_fee(
    session: Any, page: Any, message: Any, *args: Any, **kwargs: Any
) -> dict[str, Any]:
    """The fee of the chosen plan; those who are not of age pay half."""
    fee = FEES[session.variables["plan"]]
    return {"fee": fee // 2 if session.variables["age"] < ADULT else fee}


def sign_up(session: Any, page: Any, message: Any, *args: Any, **kwargs: Any) -> None:
    """Makes the contact a member."""
    session.slots["tags"] = [*session.user.tags, "member"]
    session.say(f"Your card will be sent to {session.user.email or 'the club house'}.")
