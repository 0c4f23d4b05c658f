"""Declared HTTP calls in a flow: what they are given, what they leave, and their error branch."""

from typing import Any

import pytest

from bot.engine.events import ActionReturned
from bot.engine.run import CALLS_PER_TURN
from tests.engine.driver import Conversation

SUNNY = ActionReturned(
    ({"event": "slot", "name": "sky", "value": "blue"}, {"event": "slot", "name": "degrees", "value": 21})
)  # fmt: skip
FAILED = ActionReturned(failed="timeout")


def calling(step: dict[str, Any], api: ActionReturned, **more: Any) -> Conversation:
    steps = [{"call": "weather", **step}, {"say": "{sky} {degrees}"}]
    flow = [
        {"name": "A", "enter": steps, "states": [{"name": "NEXT", "enter": [{"say": "next"}]}]},
        {"name": "MENU", "enter": [{"say": "menu"}]},
    ]
    return Conversation(flow, apis={"weather": api}, **more)


def test_its_values_are_filled_in() -> None:
    values = {"city": "{city}", "days": 3, "twice": {"expression": "slots.n + 1.0"}}
    talk = calling({"with": values}, SUNNY, fields={"city": "Oslo"})
    talk.begin()
    [call] = talk.calls
    assert (call.name, call.kind) == ("weather", "api")
    assert call.arguments == {"city": "Oslo", "days": 3, "twice": None}


def test_its_slots_are_there_for_the_next_step() -> None:
    talk = calling({}, SUNNY).begin()
    assert talk.texts == ["blue 21"]
    assert talk.session.slots == {"call_error": None, "sky": "blue", "degrees": 21}


def test_only_what_is_saved_is_kept_under_its_name_here() -> None:
    talk = calling({"save": {"above": "sky", "gone": "clouds"}}, SUNNY).begin()
    assert talk.session.slots == {"call_error": None, "above": "blue"}


def test_where_it_fails_the_error_branch_runs_instead_of_the_rest() -> None:
    talk = calling({"error": [{"say": "No forecast: {call_error}"}]}, FAILED).begin()
    assert (talk.texts, talk.state) == (["No forecast: timeout"], "A")
    assert talk.says("hm").texts == ["next"]


def test_the_error_branch_may_lead_to_a_state() -> None:
    error = {"enter": [{"say": "sorry"}], "goto": "MENU"}
    talk = calling({"error": error}, FAILED).begin()
    assert (talk.texts, talk.state, talk.status) == (["sorry", "menu"], "MENU", "ended")


def test_a_link_in_the_error_branch_is_no_link_but_a_state() -> None:
    assert calling({"error": {"goto": "@MENU"}}, FAILED).begin().state == "MENU"


def test_without_an_error_branch_the_list_goes_on() -> None:
    talk = calling({}, FAILED).begin()
    assert talk.texts == []
    assert talk.records("message_empty")
    assert talk.session.slots["call_error"] == "timeout"


def test_an_empty_error_branch_leaves_out_the_rest() -> None:
    talk = calling({"error": []}, FAILED).begin()
    assert not talk.records("message_empty")


def test_an_undefined_state_ends_the_session_as_a_link_does() -> None:
    talk = calling({"error": {"goto": "GONE"}}, FAILED).begin()
    assert (talk.state, talk.session.ended_because) == ("GONE", "completed")


def test_success_clears_what_failed_before() -> None:
    flow = [{"name": "A", "enter": [{"call": "one"}, {"call": "two"}, {"say": "{call_error}!"}]}]
    talk = Conversation(flow, apis={"one": FAILED, "two": SUNNY}).begin()
    assert (talk.called, talk.texts) == (["one", "two"], ["!"])


def test_behind_a_way_of_a_split_the_list_goes_on_after_an_error() -> None:
    way = [{"call": "weather", "error": [{"say": "none"}]}, {"say": "skipped"}]
    ways = [{"name": name, "enter": way} for name in "ab"]
    talk = Conversation(
        [{"name": "A", "enter": [{"split": ways}, {"say": "behind"}]}], apis={"weather": FAILED}
    ).begin()
    assert talk.texts == ["none", "behind"]


def test_an_error_branch_may_wait_and_go_on() -> None:
    error = {"enter": [{"say": "wait"}, {"wait": "10m"}, {"say": "so"}], "goto": "MENU"}
    talk = calling({"error": error}, FAILED).begin()
    assert (talk.texts, talk.state) == (["wait"], "A")
    talk.fires()
    assert (talk.texts, talk.state) == (["so", "menu"], "MENU")


def test_calls_in_a_circle_reach_the_limit() -> None:
    flow = [{"name": "A", "enter": [{"call": "weather", "error": {"goto": "A"}}]}]
    talk = Conversation(flow, apis={"weather": FAILED}).begin()
    assert len(talk.called) == CALLS_PER_TURN
    assert talk.session.ended_because == "limit"


@pytest.mark.parametrize("value", [float("nan"), {"x": float("inf")}])
def test_a_value_that_cannot_be_kept_is_refused(value: Any) -> None:
    api = ActionReturned(({"event": "slot", "name": "sky", "value": value},))
    talk = calling({}, api).begin()
    assert [r.data["slot"] for r in talk.records("slot_refused")] == ["sky"]
