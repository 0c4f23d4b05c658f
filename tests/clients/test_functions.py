"""Processors and tasks: the same answers in this process and on a real rasa-sdk server."""

import copy
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.clients.actions_in_process import ActionsUnavailable, InProcessActions
from bot.domain.actions import ActionFailed, ActionResult
from tests.clients.conftest import ROOT, Runner, write_package
from tests.clients.test_actions_in_process import forget
from tests.clients.test_runners import tracker as plain_tracker


def tracker(text: str = "hi", **slots: Any) -> dict[str, Any]:
    seen = plain_tracker(**slots)
    seen["latest_message"] = {
        "text": text,
        "intent": {"name": "greet"},
        "entities": [],
        "metadata": {"address": "sms:+15550001", "media": ["http://x/1.png"]},
    }
    return {
        **seen,
        "channel": "sms",
        "registry": {"sums": [1], "deep": {"list": []}},
        "state": "Asked",
        "session_id": "s1",
        "contact": {"id": "c1", "language": "en", "fields": {"first_name": "Ann"}},
    }


async def called(
    runner: Runner, name: str, given: Mapping[str, Any] | None = None, **arguments: Any
) -> ActionResult:
    return await runner.call("processor", name, arguments, given or tracker(), "t1:1")


def changed(result: ActionResult, event: str) -> dict[str, Any]:
    return {e["name"]: e["value"] for e in result.events if e["event"] == event}


def test_both_sides_have_the_same_code() -> None:
    ours = ROOT / "bot" / "clients" / "functions.py"
    assert ours.read_text() == (ROOT / "actions" / "parley_functions.py").read_text()


async def test_lists_the_functions(runner: Runner) -> None:
    functions = await runner.functions()
    assert functions["task"] == {"shown", "next_one", "works_out", "answers_no"}
    processors = functions["processor"]
    assert {"shout", "words.shout", "only_sums", "repeat"} <= processors
    assert not {"_private", "of_one", "dedent"} & processors
    assert await runner.functions() == functions


@pytest.mark.parametrize("name", ["shout", "words.shout", "shout_later"])
async def test_a_reply_is_read_as_the_processor_says(runner: Runner, name: str) -> None:
    assert (await called(runner, name)).events == ({"event": "answer", "text": "HI"},)


async def test_what_stands_beside_the_name_is_given(runner: Runner) -> None:
    result = await called(runner, "repeat", times=2)
    assert result.events == ({"event": "answer", "text": "hi-hi"},)
    result = await called(runner, "repeat", times=3, sign="")
    assert result.events == ({"event": "answer", "text": "hihihi"},)


async def test_slots_and_the_registry_come_back_as_changed(runner: Runner) -> None:
    result = await called(runner, "only_sums", tracker("4", sum=3))
    assert changed(result, "slot") == {"sum": 7}
    assert changed(result, "registry") == {"sums": [1, 4]}
    assert len(result.events) == 2


async def test_a_reply_is_refused(runner: Runner) -> None:
    said = {"event": "refused", "text": "Only digits, please."}
    assert (await called(runner, "only_sums")).events == (said,)
    assert (await called(runner, "no_answer")).events == ({"event": "refused", "text": ""},)


async def test_nothing_changed_is_nothing_told(runner: Runner) -> None:
    assert await called(runner, "fine") == ActionResult()


async def test_says_calls_and_goes_on(runner: Runner) -> None:
    result = await called(runner, "asks", tracker(home_town="Oslo"))
    (said,) = result.responses
    assert said["text"] == "One moment"
    assert [b["title"] for b in said["buttons"]] == ["Wait", "Stop"]
    assert said["buttons"][1]["payload"] == "/stop"
    assert result.events == (
        {"event": "call", "api": "weather", "with": {"city": "Oslo"}},
        {"event": "goto", "state": "later"},
    )


async def test_slots_are_named_by_either_spelling(runner: Runner) -> None:
    given = tracker(home_town="Oslo", oldAge=7, left_out=1)
    (said,) = (result := await called(runner, "spells", given)).responses
    assert said["text"] == "Oslo Oslo 7 True False None"
    assert changed(result, "slot") == {
        "home_town": "Bergen", "oldAge": 8, "left_out": None, "newOne": 1
    }  # fmt: skip


async def test_what_is_taken_away_is_null(runner: Runner) -> None:
    result = await called(runner, "forgets", tracker(greeted=True))
    assert changed(result, "slot") == {"greeted": None}
    assert changed(result, "registry") == {"sums": None, "deep": None}


async def test_what_it_changes_in_its_input_is_gone_afterwards(runner: Runner) -> None:
    given, options = tracker(basket=["tea"]), ["a"]
    before = copy.deepcopy(given)
    for _ in range(2):
        result = await runner.call("processor", "mutates", {"options": options}, given, "k")
        assert changed(result, "slot") == {"basket": ["tea", "spoilt"]}
        assert changed(result, "registry") == {"deep": {"list": ["spoilt"]}}
    assert (given, options) == (before, ["a"])


async def test_what_a_function_sees(runner: Runner) -> None:
    given = tracker(tags=["vip"], last_name="Lee", email=None)
    (said,) = (await called(runner, "looks", given)).responses
    assert said["text"] == (
        "s1 Asked c1 Ann Ann Lee +15550001 +15550001 None en ('vip',) True greet [] en sms"
        " ['http://x/1.png'] None"
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("raises", "KeyError: 'no such word'"),
        ("leaves", "SystemExit: left early"),
        ("answers_a_list", "it returned list; expected nothing, a text, a dict of slots"),
        ("answers_no_json", "the slot seen cannot be kept as JSON"),
        ("answers_no_name", "7 is no name of a slot"),
        ("keeps_no_number", "the slot rate cannot be kept as JSON"),
        ("puts_a_number", "message.text is int; expected a text"),
        ("takes_the_slots", "a slot of the session is NoneType; expected a dict"),
        ("writes_user", r"write session.slots\['email'\]"),
        ("repeat", "missing 1 required keyword-only argument: 'times'"),
    ],
)
async def test_a_function_that_fails_is_named_with_its_reason(
    runner: Runner, name: str, reason: str
) -> None:
    with pytest.raises(ActionFailed, match=reason) as failed:
        await called(runner, name)
    assert failed.value.action == name
    assert not failed.value.unknown
    assert "Traceback" not in str(failed.value)


@pytest.mark.parametrize("name", ["hangs", "hangs_later"])
async def test_a_function_that_hangs_is_given_up(runner: Runner, name: str) -> None:
    with pytest.raises(ActionFailed, match="within 1 s"):
        await called(runner, name)


async def test_an_unknown_function_is_named_with_its_nearest(runner: Runner) -> None:
    with pytest.raises(ActionFailed, match="no such processor; did you mean 'shout'") as failed:
        await called(runner, "shoutt")
    assert failed.value.unknown
    with pytest.raises(ActionFailed, match="no such task"):
        await runner.call("task", "shout", {}, tracker(), "k")


async def test_a_task_is_given_its_page(runner: Runner) -> None:
    page = {"title": "Fee", "message": "That makes:"}
    result = await runner.call("task", "shown", {"page": page, "more": 1}, tracker(), "k")
    assert result.responses[0]["text"] == "Fee: That makes: (None) () {'more': 1}"
    result = await runner.call("task", "shown", {}, tracker(), "k")
    assert result.responses[0]["text"] == "Asked: None (None) () {}"


async def test_a_task_leads_to_a_page_or_sets_slots(runner: Runner) -> None:
    result = await runner.call("task", "next_one", {}, tracker(), "k")
    assert result.events == ({"event": "goto", "state": "Goodbye"},)
    result = await runner.call("task", "works_out", {"years": 4}, tracker(), "k")
    assert changed(result, "slot") == {"fee": 8}
    with pytest.raises(ActionFailed, match="it returned bool; expected nothing, the title"):
        await runner.call("task", "answers_no", {}, tracker(), "k")


TWICE = {
    "__init__.py": "",
    "processors/__init__.py": "",
    "processors/one.py": "def tidy(session, message):\n    pass\n",
    "processors/two.py": "def tidy(session, message):\n    pass\n",
}


def test_two_of_one_name_are_refused_by_both_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    write_package(tmp_path / "twice", TWICE)
    with pytest.raises(ActionsUnavailable) as failed:
        InProcessActions("twice", tmp_path, {})
    assert "twice.processors.one.tidy and twice.processors.two.tidy" in str(failed.value)
    forget("twice")


async def test_a_package_without_functions_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    write_package(tmp_path / "bare", {"__init__.py": ""})
    runner = InProcessActions("bare", tmp_path, {})
    assert await runner.functions() == {"processor": frozenset(), "task": frozenset()}
    forget("bare")
