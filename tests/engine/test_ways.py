"""Splits, and flows that another flow starts and waits for."""

from collections import Counter
from typing import Any

import pytest

from bot.engine.advance import advance, start
from bot.engine.commands import Record, SendMessage, StartFlow
from bot.engine.events import ActionReturned, FlowReturned, FlowStarted, MessageReceived, TimerFired
from bot.engine.facts import Facts
from bot.engine.reader import examine, read_flow
from bot.engine.run import Turn
from bot.engine.session import Session
from tests.engine.driver import Conversation


def say(text: str) -> dict[str, str]:
    return {"say": text}


def flow_of(*steps: Any) -> list[dict[str, Any]]:
    return [{"name": "A", "enter": list(steps), "states": [
        {"name": "B", "condition": "get_smth_from_user"}]}]  # fmt: skip


def split(*ways: dict[str, Any]) -> dict[str, Any]:
    return {"split": list(ways)}


def texts(turn: Turn) -> list[str]:
    return [command.text for command in turn.commands if isinstance(command, SendMessage)]


def begun(definition: Any, contact: str = "c1") -> Turn:
    flow = read_flow(definition, "f")
    session = start(flow, "s", "v", contact, 0.0)
    return advance(flow, session, FlowStarted("manual"), Facts("k"), 0.0)


HALVES = flow_of(
    say("Hi"),
    split({"name": "x", "enter": [say("X")]}, {"name": "y", "weight": 3, "enter": [say("Y")]}),
    say("Bye"),
)


def test_a_split_goes_one_way_and_then_on() -> None:
    said = {tuple(texts(begun(HALVES, f"c{n}"))) for n in range(50)}
    assert said == {("Hi", "X", "Bye"), ("Hi", "Y", "Bye")}


def test_a_contact_always_goes_the_same_way() -> None:
    assert len({tuple(texts(begun(HALVES, "c7"))) for _ in range(5)}) == 1


def test_the_weights_are_kept() -> None:
    ways = Counter(texts(begun(HALVES, f"contact-{n}"))[1] for n in range(4000))
    assert 0.70 < ways["Y"] / 4000 < 0.80


def test_two_splits_are_drawn_apart() -> None:
    both = split({"enter": [say("X")]}, {"enter": [say("Y")]})
    pairs = {tuple(texts(begun(flow_of(both, both), f"c{n}"))) for n in range(60)}
    assert len(pairs) == 4


def test_the_way_is_told() -> None:
    commands = begun(HALVES).commands
    told = [c.data for c in commands if isinstance(c, Record) and c.type == "split_taken"]
    assert told[0]["split"] == "/0/enter/1"
    assert told[0]["way"] in ("x", "y")


@pytest.mark.parametrize("inner", [{"wait": "10m"}, {"action": "work"}])
def test_a_way_that_waits_goes_on_behind_the_split(inner: dict[str, str]) -> None:
    way = {"enter": [say("1"), inner, say("2")]}
    nested = split({"enter": [split(way, way), say("3")]}, {"enter": [split(way, way), say("3")]})
    talk = Conversation(flow_of(nested, say("4")), actions={"work": ActionReturned()})
    talk.begin()
    said = list(talk.texts)
    if "wait" in inner:
        assert said == ["1"]
        talk.fires()
        said = ["1", *talk.texts]
    assert said == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("ways", "code"),
    [
        ([{"enter": "a"}], "wrong-step"),
        ([{"enter": "a"}, {"weight": 0, "enter": "b"}], "wrong-number"),
        ([{"name": "a"}, {"name": "a"}], "duplicate-name"),
        ([{"enter": "a"}, {"goto": "B"}], "unknown-key"),
        ("a", "wrong-type"),
    ],
)
def test_a_wrong_split_is_refused(ways: Any, code: str) -> None:
    flow, findings = examine(flow_of({"split": ways}), "f")
    assert flow is None
    assert [finding.code for finding in findings] == [code]


VISITING = flow_of(
    {"start": "other", "return": {"mine": "theirs", "odd": "absent"}}, say("{mine}!")
)


def visiting() -> Turn:
    turn = begun(VISITING)
    assert turn.commands[-1] == StartFlow("other")
    assert turn.session.status == "suspended"
    return Turn(Session.from_json(turn.session.to_json()), turn.commands)


def after(turn: Turn, event: Any, **facts: Any) -> Turn:
    return advance(read_flow(VISITING, "f"), turn.session, event, Facts("k2", **facts), 5.0)


def test_a_session_goes_on_when_the_other_flow_is_over() -> None:
    turn = after(visiting(), FlowReturned("other", "completed", {"theirs": 7, "more": 1}))
    assert texts(turn) == ["7!"]
    assert (turn.session.status, turn.session.visit) == ("active", None)
    assert turn.session.slots == {"mine": 7}


def test_the_return_of_another_flow_moves_nothing() -> None:
    turn = after(visiting(), FlowReturned("third", "completed", {"theirs": 7}))
    assert texts(turn) == []
    assert turn.session.status == "suspended"


def test_a_message_that_reaches_it_all_the_same_is_answered_by_its_state() -> None:
    turn = after(visiting(), MessageReceived(), text="hello", has_message=True)
    assert turn.session.state == "B"
    assert turn.session.visit is None


def test_a_wait_ends_a_visit_of_the_state_it_leaves() -> None:
    definition = [{"name": "A", "timeout": {"after": "1m", "goto": "B"},
                   "enter": [{"start": "other", "return": True}, say("never")]}, {"name": "B"}]  # fmt: skip
    flow = read_flow(definition, "f")
    turn = begun(definition)
    turn = advance(flow, turn.session, TimerFired(turn.session.timers[0].id), Facts("k2"), 60.0)
    assert (turn.session.state, turn.session.visit) == ("B", None)


@pytest.mark.parametrize("value", [7, {"a": 1}, [], [""], {"a": ""}])
def test_a_wrong_return_is_refused(value: Any) -> None:
    flow, findings = examine(flow_of({"start": "other", "return": value}), "f")
    assert flow is None
    assert findings[0].place.startswith("/0/enter/0/return")
