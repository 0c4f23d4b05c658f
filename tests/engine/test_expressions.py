"""Expressions: what they come to, what they see, and what hostile ones cannot do."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.expressions import (
    LONGEST_TEXT,
    MOST_ITEMS,
    NAMES,
    ExpressionInvalid,
    check,
    evaluate,
)
from tests.engine import strategies
from tests.engine.driver import Conversation

SEEN: dict[str, Any] = {
    "slots": {"a": 2, "b": 2.5, "list": [1, 2, 3], "text": "Hi", "nothing": None, "deep": {"x": 1}},
    "contact": {"city": "Oslo"},
    "globals": {"open": True},
    "registry": {"visits": 3},
    "tags": ["vip"],
    "text": "hello",
    "intent": "greet",
    "event": "message",
}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("slots.a + 1", 3),
        ("slots.a * 2.5", 5.0),
        ("slots.a * 2.5 > 4 && slots.a + 1 == 3", True),
        ("1.5 + 1", 2.5),
        ("slots.b - 1", 1.5),
        ("slots.b / 2", 1.25),
        ("7 / 2", 3),
        ("slots.a >= 1.5", True),
        ("slots.text + '!'", "Hi!"),
        ("'vip' in tags && contact.city == 'Oslo'", True),
        ("globals.open ? registry.visits : 0", 3),
        ("slots.list.exists(i, i > 2)", True),
        ("slots.list[1]", 2),
        ("slots.deep.x", 1),
        ("size(text)", 5),
        ("intent == 'greet' && event == 'message'", True),
        ("has(slots.a)", True),
        ("has(slots.gone)", False),
        ("slots.nothing == null", True),
    ],
)
def test_what_they_come_to(source: str, value: object) -> None:
    check(source)
    assert evaluate(source, SEEN) == value
    assert type(evaluate(source, SEEN)) is type(value)


@pytest.mark.parametrize(
    "source",
    [
        "slots.gone > 1",
        "slots.a / 0",
        "slots.b / 0",
        "slots.text - 1",
        "slots.list",
        "slots.deep",
        "slots.nothing",
        "1.0 / 0.0",
        "9223372036854775807 + slots.a",
        "slots.text && true",
        "b'x'",
        "duration('1h')",
    ],
)
def test_what_comes_to_nothing(source: str) -> None:
    assert evaluate(source, SEEN) is None


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("slots.a >", "at character"),
        ("name + 1", "undeclared reference to 'name' at character 1"),
        ("'a' + 1", "no matching overload"),
        ("", "at character"),
        ("__import__('os')", "undeclared reference to '__import__'"),
        ("x" * 1001, "longer than 1000"),
        ("(" * 300 + "1" + ")" * 300, "recursion"),
        ("[1].map(a, [1].map(b, [1].map(c, [1].map(d, d))))", "4 loops"),
        ("slots.list.map(i, text + text + text + text + text)", "sums beside a loop"),
    ],
)
def test_what_is_no_expression(source: str, told: str) -> None:
    with pytest.raises(ExpressionInvalid, match=told.replace("(", r"\(")):
        check(source)
    assert evaluate("[" + source, SEEN) is None


def test_loops_within_loops_end() -> None:
    items = {**SEEN, "slots": {"l": list(range(400))}}
    source = "slots.l.all(a, slots.l.all(b, slots.l.all(c, a + b + c >= 0)))"
    check(source)
    assert evaluate(source, items) is None


def test_no_more_of_a_value_is_seen_than_can_be_borne() -> None:
    hostile = {
        **SEEN,
        "slots": {"l": list(range(10_000)), "big": 10**400, "half": "\ud800", 5: "five"},
        "text": "x" * 100_000,
    }
    assert evaluate("size(slots.l) < 10000", hostile) is True
    assert evaluate("size(text)", hostile) == LONGEST_TEXT
    assert evaluate("slots.big == null", hostile) is True
    assert evaluate("slots.half", {**SEEN, "slots": {"half": "\ud800"}}) == "?"
    flat = {**SEEN, "slots": {"l": [0] * 2 * MOST_ITEMS}}
    assert evaluate("size(slots.l)", flat) == MOST_ITEMS


def test_too_deep_a_value_is_nothing() -> None:
    value: Any = 1
    for _ in range(100):
        value = {"x": value}
    assert evaluate("slots.v.x.x.x.x.x.x == 1", {**SEEN, "slots": {"v": value}}) is None
    assert evaluate("slots.v.x.x.x.x == null", {**SEEN, "slots": {"v": value}}) is True


@given(st.text(max_size=60) | st.text("slotag.+-*/()[]{}'\"0123 &|!?:<>=,", max_size=60))
def test_any_text_is_refused_or_has_a_value(source: str) -> None:
    try:
        check(source)
    except ExpressionInvalid:
        return
    assert isinstance(evaluate(source, SEEN), None | bool | int | float | str)


@given(st.sampled_from(sorted(NAMES)), strategies.json_values)
def test_any_value_may_be_seen(name: str, value: Any) -> None:
    evaluate(f"{name} == {name}", {**SEEN, name: value})


def test_a_condition_that_cannot_be_worked_out_does_not_hold() -> None:
    flow = [{"name": "A", "states": [
        {"name": "OLD", "condition": {"expression": "slots.age >= 65"}},
        {"name": "OTHER", "condition": {"not": {"expression": "has(slots.age)"}}}]}]  # fmt: skip
    assert Conversation(flow).begin().says("hi").state == "OTHER"


def test_values_are_worked_out_when_the_step_runs() -> None:
    steps = [
        {"set": {"n": 2}},
        {"set": {"n": {"expression": "slots.n * 2.5"}, "who": {"expression": "contact.name"}}},
        {"set": {"bad": {"expression": "1 / 0"}}},
        {"say": "{n} {who}"},
    ]
    talk = Conversation([{"name": "A", "enter": steps}], fields={"name": "Ann"}).begin()
    assert talk.texts == ["5 Ann"]
    assert talk.session.slots == {"n": 5.0, "who": "Ann", "bad": None}
    assert [r.data for r in talk.records("expression_failed")] == [{"expression": "1 / 0"}]
