"""What a waiting state asks, and when an answer to it is evidence enough."""

from typing import Any

import pytest

from bot.engine.asking import intents_asked
from bot.engine.conditions import Situation, holds
from bot.engine.parse import Intent, Parse
from bot.engine.reader import read_flow

YES = "is_user_reply_yes"


def asked(*states: Any, **keys: Any) -> frozenset[str]:
    flow = read_flow([{"name": "A", **keys, "states": list(states)}], "f")
    return intents_asked(flow, "A")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (YES, {"affirm", "deny"}),
        ("is_user_reply_no", {"affirm", "deny"}),
        ({"intent": "deny"}, {"affirm", "deny"}),
        ({"intent": "order_status"}, {"order_status"}),
        ("user_reply_name", {"inform_name"}),
        ({"expression": "intent == 'order' && slots.n > 1"}, {"order"}),
        ({"any": ["user_wants_coupon", {"all": [{"intent": "help"}, {"tag": "vip"}]}]},
         {"request_coupon", "help"}),
        ({"not": {"intent": "help"}}, set()),
        ("get_smth_from_user", set()),
        ({"slot": "age", "op": ">", "value": 1}, set()),
    ],
)  # fmt: skip
def test_the_conditions_say_what_can_answer(condition: Any, expected: set[str]) -> None:
    assert asked({"name": "B", "condition": condition}) == expected


def test_a_question_asks_too() -> None:
    question = {"slot": "sure", "type": "yes_no"}
    assert asked({"name": "B"}, collect=question) == {"affirm", "deny"}


def test_what_a_passing_state_leads_to_is_asked_too() -> None:
    assert asked({
        "name": "B", "condition": "get_smth_from_user", "pass": True,
        "states": [{"name": "C", "condition": "user_asks_help"}],
    }) == {"help"}  # fmt: skip


@pytest.mark.parametrize(
    ("open_yes", "among", "share", "moves"),
    [
        (0.6, 0.0, 0.0, True),  # the open reading is enough
        (0.59, 0.0, 0.0, False),
        (0.45, 0.95, 0.5, True),  # no other answer was likely
        (0.45, 0.85, 0.5, False),  # the other answer was likely, too
        (0.30, 0.95, 0.32, False),  # hardly an answer at all
    ],
)
def test_evidence_of_either_kind_is_enough(
    open_yes: float, among: float, share: float, moves: bool
) -> None:
    open_no = min(open_yes, max(share - open_yes, 0.0)) / 2
    ranking = (Intent("affirm", open_yes), Intent("deny", open_no))
    parse = Parse(
        "mhm",
        Intent("nlu_fallback", 0.6),
        ranking,
        asked=(Intent("affirm", among), Intent("deny", 1 - among)) if among else (),
        asked_share=share,
    )
    situation = Situation("message", "mhm", parse, wrote=True)
    flow = read_flow([{"name": "A", "states": [{"name": "B", "condition": YES}]}], "f")
    assert holds(flow.states["A"].transitions[0].condition, situation) is moves
