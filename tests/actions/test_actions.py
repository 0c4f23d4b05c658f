"""The shipped actions, one by one, and that the package stands on rasa-sdk alone."""

import ast
import re
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import bgcheck, conditions, coupon, optin, parley_call
from actions.contacts import given_name
from tests.flows.driver import DOMAIN, ROOT

NOW = datetime(2030, 5, 6, 12, tzinfo=UTC)
SOURCES = sorted((ROOT / "actions").rglob("*.py"))


def tracker(text: str = "", entities: dict[str, str] | None = None, **slots: Any) -> Tracker:
    message = {
        "text": text,
        "entities": [{"entity": k, "value": v} for k, v in (entities or {}).items()],
    }
    return Tracker("sender", slots, message, [], False, None, {}, None)


async def run(action: Any, seen: Tracker) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    dispatcher = CollectingDispatcher()
    events = await action.run(dispatcher, seen, DOMAIN)
    return events, dispatcher.messages


def slots_set(events: list[dict[str, Any]]) -> dict[str, Any]:
    return {e["name"]: e["value"] for e in events if e["event"] == "slot"}


# Opt-in


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Mike", "Mike"), ("mike", "Mike"), ("MIKE SMITH", "Mike"), ("Dr. Anna Berg", "Anna"),
        ("Smith, Mike", "Mike"), ("Anna-Maria Berg", "Anna-Maria"), ("o'neil", "O'Neil"),
        ("McDonald", "McDonald"), ("J", "J"), ("Mr.", "Mr."), ("李雷", "李雷"), ("علی رضایی", "علی"),
        ("anna k 4711", "Anna"), (",", ","),
    ],
)  # fmt: skip
def test_the_given_name_of_a_name(name: str, first: str) -> None:
    assert given_name(name) == first


async def test_greets_tags_and_comes_back_a_day_later() -> None:
    before = datetime.now(UTC)
    events, messages = await run(
        optin.GreetUserCreateTask(), tracker(entities={"name": "mike  smith"}, tags=["vip"])
    )
    assert slots_set(events) == {
        "first_name": "Mike", "name": "mike smith", "tags": ["vip", "opted_in"],
    }  # fmt: skip
    (reminder,) = (e for e in events if e["event"] == "reminder")
    assert reminder["intent"] == "ask_how_it_goes"
    assert reminder["kill_on_user_msg"] is False
    due = datetime.fromisoformat(reminder["date_time"])
    assert timedelta(hours=24) <= due - before < timedelta(hours=24, seconds=30)
    assert messages[0]["response"] == "utter_optin_greeting"
    assert messages[0]["first_name"] == "Mike"


async def test_a_tag_is_added_once() -> None:
    events, _ = await run(optin.SayNp(), tracker(tags=["declined"]))
    assert slots_set(events) == {"tags": ["declined"]}
    events, _ = await run(optin.SayNp(), tracker(tags=None))
    assert slots_set(events) == {"tags": ["declined"]}


async def test_without_a_name_it_asks_for_one() -> None:
    events, messages = await run(optin.GreetUserCreateTask(), tracker("hm"))
    assert events == []
    assert messages[0]["response"] == "utter_optin_ask_name"


# Coupons


def test_codes_are_easy_to_read_and_hard_to_guess() -> None:
    codes = {coupon.new_code() for _ in range(500)}
    assert len(codes) == 500
    assert all(re.fullmatch(r"[2-9A-HJ-NP-Z]{8}", code) for code in codes)


async def test_a_code_is_never_replaced() -> None:
    events, messages = await run(coupon.GiveCoupon(), tracker(coupon_code="KEPT"))
    assert events == []
    assert (messages[0]["response"], messages[0]["coupon_code"]) == ("utter_coupon_again", "KEPT")


# The blood-sugar diary


@pytest.mark.parametrize(
    ("text", "value"),
    [("120", 120), ("it was 6,7 today", 6.7), ("6.7", 6.7), ("none", None), ("", None)],
)
def test_the_reading_in_a_message(text: str, value: float | None) -> None:
    assert bgcheck.reading_in(text) == value


async def test_readings_are_kept_in_one_unit() -> None:
    seen = tracker("6,7", bg_unit="mmol/L", moment="bedtime", readings=[{"mg_dl": 100}])
    events, _ = await run(bgcheck.LogReading(), seen)
    set_to = slots_set(events)
    assert [e["mg_dl"] for e in set_to["readings"]] == [100, 121]
    assert set_to["readings"][1]["moment"] == "bedtime"
    assert set_to["reading"] == 6.7


async def test_the_diary_forgets_its_oldest_pages() -> None:
    full = [{"mg_dl": n} for n in range(bgcheck.MOST_READINGS)]
    events, _ = await run(bgcheck.LogReading(), tracker("100", readings=full))
    kept = slots_set(events)["readings"]
    assert len(kept) == bgcheck.MOST_READINGS
    assert kept[0] == {"mg_dl": 1}


async def test_what_is_no_reading_is_not_written_down() -> None:
    assert await run(bgcheck.LogReading(), tracker("no idea")) == ([], [])


def test_a_week_has_seven_days() -> None:
    days = [{"at": (NOW - timedelta(days=n)).isoformat(), "mg_dl": n} for n in (9, 7, 6, 0)]
    assert [e["mg_dl"] for e in bgcheck.of_last_week(days, NOW)] == [6, 0]


async def test_the_summary_speaks_the_contacts_unit() -> None:
    at = datetime.now(UTC).isoformat()
    diary = [{"at": at, "mg_dl": value} for value in (60, 120, 180, 240)]
    _, messages = await run(bgcheck.WeeklySummary(), tracker(readings=diary, bg_unit="mmol/L"))
    said = messages[0]
    assert (said["count"], said["average"]) == (4, "8.3 mmol/L")
    assert (said["in_range"], said["lows"]) == (50, 1)
    _, messages = await run(bgcheck.WeeklySummary(), tracker())
    assert messages[0]["response"] == "utter_bg_week_empty"


def test_conditions_look_at_the_diary() -> None:
    def diary(*values: int) -> Tracker:
        return tracker(readings=[{"mg_dl": value} for value in values])

    assert not conditions.has_enough_readings(tracker())
    assert conditions.has_enough_readings(diary(90, 90, 90))
    assert conditions.is_low_repeatedly(diary(60, 90, 69))
    assert not conditions.is_low_repeatedly(diary(60, 60, 90, 90, 90, 90, 90))


async def test_parley_call_lists_and_answers() -> None:
    seen = tracker(readings=[])
    seen.latest_message["metadata"] = {"parley_call": {"conditions": ["has_enough_readings", "x"]}}
    _, messages = await run(parley_call.ParleyCall(), seen)
    answer = messages[0]["custom"]["parley_call"]
    assert answer["known"] == ["has_enough_readings", "is_low_repeatedly"]
    assert answer["conditions"] == {"has_enough_readings": False}
    assert answer["errors"] == {}


# The package


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_stands_on_rasa_sdk_alone_and_on_the_python_of_rasa_3_6(source: Any) -> None:
    tree = ast.parse(source.read_text(), feature_version=(3, 8))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module).partition(".")[0])
    assert imported - set(sys.stdlib_module_names) <= {"rasa_sdk", "actions"}


def test_every_response_that_an_action_names_is_in_the_domain() -> None:
    named = {
        name
        for source in SOURCES
        for name in re.findall(r'"(utter_\w+)"', source.read_text())
    }  # fmt: skip
    assert named <= set(DOMAIN["responses"])
