"""Conditions by name and by comparison."""

from typing import Any

import pytest

from bot.engine.conditions import Situation, holds
from bot.engine.reader import read_flow
from tests.engine.driver import reading


def decides(condition: Any, situation: Situation) -> bool:
    flow = read_flow([{"name": "A", "states": [{"name": "B", "condition": condition}]}], "f")
    return holds(flow.states["A"].transitions[0].condition, situation)


def wrote(text: str, intent: str | None = None, sure: float = 1.0, **entities: Any) -> Situation:
    return Situation(
        event="message",
        text=text,
        parse=reading(text, intent, sure, **entities),
        slots={"age": 30, "done": True, "empty": "", "kinds": ["a", "b"], "city": "Oslo"},
        fields={"age": 5, "shoe": 42},
        tags=frozenset({"vip"}),
        answers={"f.rich": True, "rich": False, "poor": False},
        wrote=True,
    )


NUMBER: dict[str, Any] = {"number": True}
AGE: dict[str, Any] = {"slot": "age"}


@pytest.mark.parametrize(
    ("condition", "situation", "expected"),
    [
        ("always", Situation("start"), True),
        ("get_smth_from_user", wrote(""), True),
        ("get_smth_from_user", Situation("start"), False),
        ("is_user_reply_yes", wrote("yes", "affirm"), True),
        ("is_user_reply_yes", wrote("yes", "affirm", 0.59), False),
        ("is_user_reply_no", wrote("yes", "affirm"), False),
        ("is_user_reply_no", wrote("no", "deny"), True),
        ("user_reply_name", wrote("Ann", name="Ann"), True),
        ("user_reply_number", wrote("five"), True),
        ("user_wants_coupon", wrote("coupon", "request_coupon", 0.5), True),
        ("nobody_knows", wrote("x"), False),
        ("rich", wrote("x"), True),
        ("poor", wrote("x"), False),
        ({"not": "poor"}, wrote("x"), True),
        ({"all": ["rich", {"tag": "vip"}]}, wrote("x"), True),
        ({"all": ["rich", "poor"]}, wrote("x"), False),
        ({"any": ["poor", "rich"]}, wrote("x"), True),
        ({"intent": "help"}, wrote("x", "help", 0.5), True),
        ({"intent": "help"}, wrote("x", "help", 0.4), False),
        ({"intent": "help", "op": ">=", "value": 0.9}, wrote("x", "help", 0.8), False),
        ({"intent": "affirm"}, wrote("x", "affirm", 0.55), False),
        ({"entity": "city"}, wrote("x", city="Oslo"), True),
        ({"entity": "city"}, wrote("x"), False),
        ({"entity": "city", "value": "Oslo"}, wrote("x", city="Oslo"), True),
        ({**AGE, "value": 30}, wrote("x"), True),
        ({"slot": "shoe", "value": 42}, wrote("x"), True),
        ({**AGE, "op": "<", "value": "40"}, wrote("x"), False),
        ({**AGE, "op": "between", "value": [30, 31]}, wrote("x"), True),
        ({**AGE, "op": "in", "value": [1, 30]}, wrote("x"), True),
        ({**AGE, "op": "!=", "value": 30}, wrote("x"), False),
        ({"slot": "done", "value": 1}, wrote("x"), False),
        ({"slot": "done", "op": "in", "value": [1]}, wrote("x"), False),
        ({"slot": "done", "op": ">=", "value": 1}, wrote("x"), False),
        ({"slot": "done", "value": True}, wrote("x"), True),
        ({"slot": "empty"}, wrote("x"), False),
        ({"slot": "kinds", "op": "contains", "value": "a"}, wrote("x"), True),
        ({"slot": "city", "op": "contains", "value": "OS"}, wrote("x"), True),
        ({"slot": "gone"}, wrote("x"), False),
        ({"slot": "gone", "op": "contains", "value": "x"}, wrote("x"), False),
        ({"tag": "vip"}, wrote("x"), True),
        ({"tag": "new"}, wrote("x"), False),
        ({"event": "message"}, wrote("x"), True),
        ({"text": True, "value": "YES please"}, wrote(" Yes Please "), True),
        ({"text": True, "op": "in", "value": ["A", "B"]}, wrote("b"), True),
        ({"text": True, "op": "contains", "value": "Price"}, wrote("the price?"), True),
        ({"text": True}, Situation("start", text="x"), False),
        (NUMBER, wrote("0"), True),
        ({**NUMBER, "op": ">", "value": 3}, wrote("4 or 2"), True),
        ({"number": 2, "op": ">", "value": 3}, wrote("4 or 2"), False),
        ({"number": 3}, wrote("4 or 2"), False),
    ],
)
def test_conditions(condition: Any, situation: Situation, expected: bool) -> None:
    assert decides(condition, situation) is expected
