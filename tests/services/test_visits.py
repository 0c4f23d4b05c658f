"""Flows as parts of other flows: started, waited for, returned from."""

from typing import Any

import pytest

from bot.domain.actions import ActionFailed
from bot.services.turns import FLOWS_WAITING
from tests.services.world import Runner, World, flow, say

ANY = "get_smth_from_user"
ADDRESS = flow(
    {"name": "STREET", "enter": [{"say": "Which street?"}],
     "collect": {"slot": "street", "type": "text", "attempts": 1}}, expires_after="1h",
)  # fmt: skip


def order(**more: Any) -> dict[str, Any]:
    return flow(
        {"name": "ORDER", "enter": [
            {"say": "Let's see."}, {"start": "address", "return": {"home": "street"}},
            {"say": "To {home}. Right?"}], "states": [say("DONE", "Thanks", condition=ANY)]},
        keyword="order", **more,
    )  # fmt: skip


async def test_a_part_is_asked_and_its_answer_taken_over() -> None:
    world = await World().open(order=order(), address=ADDRESS)
    assert await world.says("order") == ["Let's see.", "Which street?"]
    assert await world.says("Main Street 5") == ["To Main Street 5. Right?"]
    assert await world.says("yes") == ["Thanks"]
    assert [s.status for s in await world.sessions()] == ["ended", "ended"]
    (returned,) = await world.events("flow_returned")
    assert returned.data == {"flow": "address", "reason": "completed"}


async def test_a_part_that_asks_nothing_returns_in_the_same_turn() -> None:
    quick = flow({"name": "Q", "enter": [{"set": {"street": "Elm"}}]})
    world = await World().open(order=order(), address=quick)
    assert await world.says("order") == ["Let's see.", "To Elm. Right?"]


async def test_parts_within_parts() -> None:
    middle = flow({"name": "M", "enter": [
        {"start": "inner", "return": ["street"]}, {"say": "Noted {street}."}]})  # fmt: skip
    world = await World().open(order=order(), address=middle, inner=ADDRESS)
    await world.says("order")
    assert await world.says("Elm") == ["Noted Elm.", "To Elm. Right?"]


async def test_a_part_that_is_nowhere_is_left_out() -> None:
    world = await World().open(order=order())
    assert await world.says("order") == ["Let's see.", "To . Right?"]
    assert await world.says("yes") == ["Thanks"]


async def test_a_part_whose_action_fails_is_apologised_for_and_left_out() -> None:
    runner = Runner({"boom": [ActionFailed("boom", "it broke")]})
    broken = flow({"name": "X", "enter": ["boom"]})
    world = await World(runner=runner).open(order=order(), address=broken)
    said = await world.says("order")
    assert said[0] == "Let's see."
    assert said[-1] == "To . Right?"
    assert "went wrong" in said[1]


async def test_a_part_that_visits_itself_comes_to_an_end() -> None:
    endless = flow(
        {"name": "E", "enter": [{"say": "Again?"}],
         "states": [{"name": "F", "condition": ANY, "enter": [{"start": "endless", "return": True}]}]},
        keyword="endless",
    )  # fmt: skip
    world = await World().open(endless=endless)
    await world.says("endless")
    for _ in range(FLOWS_WAITING + 3):
        await world.says("yes")
    events = await world.events("flow_not_started")
    assert events[0].data["reason"] == "too many flows wait for each other"
    assert len(await world.sessions()) <= 2 * FLOWS_WAITING + 6


@pytest.mark.parametrize("patience", ["2h", "30m"])
async def test_a_part_that_was_silent_for_too_long(patience: str) -> None:
    world = await World().open(order=order(expires_after=patience), address=ADDRESS)
    await world.says("order")
    await world.passes(5400)
    # The order is as old as its part: it goes on only where it has the greater patience.
    assert await world.says("Main Street") == (["Thanks"] if patience == "2h" else ["What?"])


async def test_conditions_behind_a_part_are_asked_when_it_returns() -> None:
    states = [say("YES", condition="is_known"), say("NO", condition=ANY)]
    order = flow(
        {"name": "O", "pass": True, "enter": [{"start": "address", "return": True}],
         "states": states}, keyword="order",
    )  # fmt: skip
    world = await World(runner=Runner(answers={"is_known": True})).open(
        order=order, address=ADDRESS
    )
    await world.says("order")
    assert await world.says("Elm") == ["YES"]


async def test_a_reply_to_a_part_is_no_answer_to_the_question_that_started_it() -> None:
    post = [{"call": "zips", "error": [{"start": "address", "return": True}]}]
    question = {"slot": "zip", "ask": "Your ZIP?"}
    order = flow(say("A", collect=question, post=post, states=[say("B", "{zip}")]), keyword="order")
    world = await World().open(order=order, address=ADDRESS)
    await world.says("order")
    assert await world.says("0150") == ["Which street?"]
    assert await world.says("Elm") == ["Your ZIP?"]


async def test_a_part_that_is_gone_returns_nothing_of_another_flow() -> None:
    other = flow({"name": "T", "enter": [{"set": {"street": "Wrong Road"}}]},
                 triggers=[{"keyword": ["talk"], "interrupt": True}])  # fmt: skip
    world = await World().open(order=order(expires_after="2h"), address=ADDRESS, other=other)
    await world.says("order")
    await world.passes(5400)
    assert await world.says("talk") == ["To . Right?"]
    (returned,) = await world.events("flow_returned")
    assert returned.data == {"flow": "address", "reason": "not_returned"}
