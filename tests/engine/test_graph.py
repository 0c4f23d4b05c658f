"""Flows as pictures."""

import json
from typing import Any

import pytest

from bot.engine.conditions import BUILT_IN
from bot.engine.graph import LONGEST_TEXT, WORDS, Edge, SubFlow, described, graph, spoken_duration
from bot.engine.reader import read_flow

OPTIN = [
    {"name": "OPTIN", "condition": "get_smth_from_user", "enter": "init", "states": [
        {"name": "OY1", "condition": "is_user_reply_yes", "enter": {"say": "Your  name?\nPlease"},
         "states": [{"name": "@INITBG", "condition": "user_reply_name", "enter": "greet"}]},
        {"name": "ON1", "condition": "is_user_reply_no", "enter": "say_np", "states": [
            {"name": "@OPTIN", "condition": "has_second_thoughts"}]},
    ]},
]  # fmt: skip


def test_nesting_is_a_tree_and_links_are_edges() -> None:
    picture = graph(read_flow(OPTIN, "optin"))
    assert (picture.flow, picture.initial) == ("optin", "OPTIN")
    assert [(n.id, n.parent, n.depth, n.order) for n in picture.nodes] == [
        ("OPTIN", None, 0, 0),
        ("OY1", "OPTIN", 1, 0),
        ("INITBG", "OY1", 2, 0),
        ("ON1", "OPTIN", 1, 1),
    ]
    assert picture.edges == (
        Edge("OPTIN", "OY1", "yes"),
        Edge("OPTIN", "ON1", "no"),
        Edge("OY1", "INITBG", "gives a name", link=True),
        Edge("ON1", "OPTIN", "has second thoughts", link=True),
    )


def test_a_node_tells_what_the_state_is() -> None:
    nodes = {node.id: node for node in graph(read_flow(OPTIN, "optin")).nodes}
    assert nodes["OPTIN"].action == "init"
    assert nodes["OY1"].text == "Your name? Please"
    assert (nodes["INITBG"].defined, nodes["INITBG"].final) == (False, True)
    assert nodes["INITBG"].action == "greet", "what the link to it runs"
    assert nodes["ON1"].defined
    assert not nodes["ON1"].final


def test_timeouts_questions_and_passing_states() -> None:
    flow = read_flow(
        {"flow": "f", "states": [
            {"name": "A", "enter": [{"add_tag": "x"}, {"say": "w" * 500}],
             "collect": {"slot": "age", "type": "number"}, "timeout": {"after": "90m", "goto": "C"},
             "states": [{"name": "B", "pass": True}]},
            {"name": "C"},
        ]}, "f",
    )  # fmt: skip
    picture = graph(flow)
    a, b, c = picture.nodes
    assert a.asks == "age"
    assert len(a.text) == LONGEST_TEXT
    assert b.passes
    assert (c.parent, c.depth, c.order) == (None, 0, 1)
    assert picture.edges[1] == Edge("A", "C", "after 1 h 30 min", link=True, kind="timeout")


def test_parents_stand_before_children_and_nothing_is_lost() -> None:
    deep: dict[str, Any] = {"name": "S99"}
    for i in reversed(range(99)):
        deep = {"name": f"S{i}", "states": [deep, {"name": f"@L{i}"}]}
    picture = graph(read_flow([deep], "deep"))
    seen: set[str | None] = {None}
    for node in picture.nodes:
        assert node.parent in seen
        seen.add(node.id)
    assert len(picture.nodes) == 199
    assert picture.nodes[-1].id == "L0"
    assert json.loads(json.dumps(picture.to_json()))["nodes"][0]["id"] == "S0"


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("always", ""),
        ("is_user_reply_yes", "yes"),
        ("likes_blue_cars", "likes blue cars"),
        ({"all": ["always", "is_user_reply_yes"]}, "yes"),
        ({"all": ["is_user_reply_yes", {"tag": "vip"}]}, "yes and tagged vip"),
        ({"all": [{"any": ["a", "b"]}, "c"]}, "(a or b) and c"),
        ({"not": "is_user_reply_no"}, "not no"),
        ({"not": {"any": ["a", "b"]}}, "not (a or b)"),
        ({"intent": "request_coupon"}, "means request coupon"),
        ({"intent": "affirm", "op": ">=", "value": 0.8}, "means affirm ≥ 0.8"),
        ({"entity": "city"}, "gives city"),
        ({"entity": "city", "value": "Ulm"}, "city = “Ulm”"),
        ({"slot": "age", "op": ">=", "value": 18}, "age ≥ 18"),
        ({"slot": "age", "op": "between", "value": [18, 30]}, "age from 18 to 30"),
        ({"slot": "color", "op": "in", "value": ["red", "blue"]}, "color is “red” / “blue”"),
        ({"slot": "adult", "value": True}, "adult = true"),
        ({"slot": "first_name"}, "first name is known"),
        ({"tag": "vip", "value": False}, "not tagged vip"),
        ({"event": "reminder"}, "on reminder"),
        ({"text": True, "op": "contains", "value": "more"}, "text has “more”"),
        ({"number": 2, "op": "!=", "value": 3}, "2nd number ≠ 3"),
        ({"number": True}, "gives number"),
    ],
)
def test_conditions_in_short_words(condition: Any, words: str) -> None:
    flow = read_flow([{"name": "A", "states": [{"name": "B", "condition": condition}]}], "f")
    assert described(flow.states["B"].condition) == words


def test_every_built_in_condition_has_words() -> None:
    assert set(WORDS) == set(BUILT_IN)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (45, "45 s"), (600, "10 min"), (86400, "1 d"), (694861, "1 w 1 d 1 h 1 min 1 s")],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert spoken_duration(seconds) == words


def test_steps_are_told_in_a_few_words() -> None:
    flow = read_flow(
        {"flow": "f", "states": [
            {"name": "A", "pre": ["clean"],
             "enter": [
                {"set": {"x": 1, "y": 2}}, {"add_tag": "vip"}, {"remove_tag": "new"},
                {"note": "n"}, {"email": {"subject": "s", "text": "t"}}, {"wait": "10m"},
                {"call": "weather"}, {"store": "feedback", "values": {"score": 1}},
                {"say": "Hi", "buttons": ["Yes"]}, {"task": "fee"}, {"end": True}]}]},
        "f",
    )  # fmt: skip
    [node] = graph(flow).nodes
    assert node.action == "call weather"
    assert node.does == (
        "clean", "set x, y", "tag vip", "untag new", "write a note", "send an e-mail",
        "wait 10 min", "call weather", "store in feedback", "show buttons", "task fee",
        "end the session",
    )  # fmt: skip


def test_a_question_tells_its_choices_and_says_what_it_asks() -> None:
    asked = {"slot": "drink", "type": "choice", "ask": "Which?", "choices": ["Tea", "Coffee"]}
    [node] = graph(read_flow({"flow": "f", "states": [{"name": "A", "collect": asked}]}, "f")).nodes
    assert (node.text, node.asks, node.choices) == ("Which?", "drink", ("Tea", "Coffee"))


def test_failing_calls_and_sub_flows_lead_on_wherever_they_stand() -> None:
    call = {"call": "shop", "error": {"enter": [{"start": "help"}], "goto": "LATER"}}
    split = {"split": [{"name": "a", "enter": [call]}, {"name": "b", "enter": []}]}
    picture = graph(
        read_flow(
            {"flow": "f", "states": [
                {"name": "A", "states": [
                    {"name": "B", "enter": [split, {"start": "street", "return": ["x"]}]}]},
                {"name": "LATER"}]},
            "f",
        )
    )  # fmt: skip
    assert Edge("B", "LATER", "shop fails", link=True, kind="error") in picture.edges
    assert set(picture.starts) == {SubFlow("B", "help", False), SubFlow("B", "street", True)}
