"""One contract for both ways to run actions: in process, and on a real rasa-sdk server."""

from datetime import datetime
from typing import Any

import pytest

from bot.domain.actions import ActionFailed
from bot.services.ports import ActionRunner
from tests.clients.conftest import Runner


def tracker(**slots: Any) -> dict[str, Any]:
    return {
        "sender_id": "twilio:+1:sms:+2",
        "slots": {"first_name": None, "tags": [], **slots},
        "latest_message": {"text": "hi", "intent": {"name": "greet"}, "entities": []},
        "events": [],
        "paused": False,
        "latest_action_name": None,
        "active_loop": {},
    }


def test_is_a_runner(runner: Runner) -> None:
    port: ActionRunner = runner
    assert isinstance(port.remote, bool)


async def test_runs_an_action(runner: Runner) -> None:
    result = await runner.run("greet", tracker(first_name="Mike"), "t1:0")
    assert [r["text"] for r in result.responses] == ["Hello Mike"]
    assert [(e["event"], e["name"], e["value"]) for e in result.events] == [
        ("slot", "greeted", True)
    ]


async def test_lists_the_actions(runner: Runner) -> None:
    names = await runner.names()
    assert {"greet", "rich", "raise", "parley_call"} <= names
    assert await runner.names() is names


async def test_texts_buttons_pictures_and_names_of_responses_come_back(runner: Runner) -> None:
    choose, card, named = (await runner.run("rich", tracker(), "k")).responses
    assert choose["text"] == "Choose"
    assert choose["buttons"] == [{"title": "Yes", "payload": "/affirm"}]
    assert choose["image"] == "http://x/i.png"
    assert card["custom"] == {"kind": "card"}
    assert (named["response"], named["first_name"]) == ("utter_help", "Mike")


async def test_an_action_may_answer_nothing(runner: Runner) -> None:
    result = await runner.run("silent", tracker(), "k")
    assert (result.events, result.responses) == ((), ())


async def test_an_unknown_action_is_named_with_its_nearest(runner: Runner) -> None:
    await runner.names()
    with pytest.raises(ActionFailed, match=r"no such action; did you mean 'greet'") as failed:
        await runner.run("gret", tracker(), "k")
    assert failed.value.unknown
    assert failed.value.action == "gret"


@pytest.mark.parametrize(("name", "text"), [("raise", "no such order"), ("exit", "left early")])
async def test_a_raising_action_fails_with_its_text_and_no_traceback(
    runner: Runner, name: str, text: str
) -> None:
    with pytest.raises(ActionFailed, match=text) as failed:
        await runner.run(name, tracker(), "k")
    assert not failed.value.unknown
    assert "Traceback" not in str(failed.value)


async def test_a_rejecting_action_is_told_from_a_raising_one(runner: Runner) -> None:
    with pytest.raises(ActionFailed, match="rejected: not now"):
        await runner.run("reject", tracker(), "k")


@pytest.mark.parametrize("name", ["slow", "slow_thread"])
async def test_a_slow_action_times_out(runner: Runner, name: str) -> None:
    with pytest.raises(ActionFailed, match=r"within 1 s"):
        await runner.run(name, tracker(), "k")


async def test_a_reminder_without_a_zone_gets_ours(runner: Runner) -> None:
    local, elsewhere = (await runner.run("remind", tracker(), "k")).events
    due = datetime.fromisoformat(local["date_time"])
    assert due.tzinfo is not None
    assert due == datetime(2030, 5, 6, 7, 8).astimezone()
    assert elsewhere["date_time"] == "2030-05-06T07:08:00+03:00"
    assert (local["intent"], local["kill_on_user_msg"]) == ("ask_a", False)


async def test_what_an_action_changes_in_its_input_is_gone_afterwards(runner: Runner) -> None:
    given = tracker(tags=["vip"])
    for _ in range(2):
        (seen,) = (await runner.run("mutate", given, "k")).responses
        assert seen["custom"] == {"tags": ["vip"], "responses": ["utter_help"]}
    assert given["slots"]["tags"] == ["vip"]


async def test_the_action_sees_the_idempotency_key(runner: Runner) -> None:
    given = tracker()
    given["latest_message"]["metadata"] = {"from": "sms"}
    (said,) = (await runner.run("key", given, "turn7:2")).responses
    assert said["text"] == "turn7:2"
    assert given["latest_message"]["metadata"] == {"from": "sms"}


async def test_lists_the_conditions(runner: Runner) -> None:
    assert await runner.conditions() == {"is_vip", "is_late", "is_broken"}


async def test_answers_conditions(runner: Runner) -> None:
    answers = await runner.ask(["is_vip", "is_late"], tracker(tags=["vip"]))
    assert answers == {"is_vip": True, "is_late": False}
    assert await runner.ask(["is_vip"], tracker()) == {"is_vip": False}
    assert await runner.ask([], tracker()) == {}


async def test_a_raising_condition_fails_by_its_name(runner: Runner) -> None:
    with pytest.raises(ActionFailed, match=r"'is_broken': the condition raised KeyError") as failed:
        await runner.ask(["is_vip", "is_broken"], tracker())
    assert not failed.value.unknown


async def test_an_unknown_condition_is_named_with_its_nearest(runner: Runner) -> None:
    with pytest.raises(ActionFailed, match="no such condition; did you mean 'is_vip'") as failed:
        await runner.ask(["is_vipp"], tracker())
    assert failed.value.unknown
