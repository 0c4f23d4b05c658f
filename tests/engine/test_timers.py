"""Timeouts, waits and reminders: what fires, what is cancelled, and when a session sleeps."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.engine.advance import advance
from bot.engine.commands import CancelTimer, ScheduleTimer
from bot.engine.events import ActionReturned, TimerFired
from bot.engine.facts import Facts, ResponseText
from bot.engine.session import Session
from tests.engine.driver import START, Conversation, reading
from tests.engine.test_semantics import say


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(START + seconds, UTC).isoformat()


def reminder(
    seconds: float, intent: str = "EXTERNAL_due", name: str | None = None, kill: bool = False
) -> dict[str, Any]:
    """The event as rasa-sdk's ReminderScheduled writes it."""
    return {
        "event": "reminder",
        "intent": intent,
        "entities": None,
        "date_time": moment(seconds),
        "name": name,
        "kill_on_user_msg": kill,
    }


def returning(*events: dict[str, Any]) -> ActionReturned:
    return ActionReturned(events=list(events))


NUDGED = [
    say(
        "A",
        timeout={"after": "10m", "say": "still there?", "times": 2, "goto": "LOST"},
        states=[say("B", states=[say("C")])],
    ),
    say("LOST", "goodbye"),
]


def test_silences_are_nudged_and_then_lead_away() -> None:
    talk = Conversation(NUDGED).begin()
    assert talk.of(ScheduleTimer)[0].due_at == START + 600
    assert (talk.fires().texts, talk.state) == (["still there?"], "A")
    assert (talk.fires().texts, talk.state) == (["still there?"], "A")
    assert (talk.fires().texts, talk.state) == (["goodbye"], "LOST")
    assert talk.status == "ended"


def test_a_message_starts_the_silences_anew() -> None:
    flow = [{**NUDGED[0], "states": [say("B", condition="is_user_reply_yes")]}, NUDGED[1]]
    talk = Conversation(flow).begin().fires().fires()
    talk.says("hm")
    assert len(talk.session.timers) == 1
    assert talk.fires().texts == ["still there?"]


def test_a_timeout_without_goto_ends_the_session() -> None:
    talk = Conversation([say("A", timeout={"after": "1h"}, states=[say("B")])]).begin().fires()
    assert talk.session.ended_because == "timeout"


def test_a_timeout_may_lead_to_an_undefined_end_without_its_own_steps() -> None:
    """The nudge once ran again on entering."""
    timeout = {"after": "1m", "say": "still there?", "goto": "NOWHERE"}
    talk = Conversation([say("A", timeout=timeout, states=[say("B")])]).begin().fires()
    assert talk.texts == ["still there?"]
    talk.fires()
    assert (talk.texts, talk.state, talk.status) == ([], "NOWHERE", "ended")


def test_timers_of_a_state_that_was_left_do_not_fire() -> None:
    talk = Conversation(NUDGED).begin()
    (timer,) = talk.session.timers
    talk.says("hi")
    assert talk.of(CancelTimer) == [CancelTimer(timer.id)]
    assert talk.session.timers == ()
    talk.fires_id(timer.id)
    assert (talk.state, talk.texts) == ("B", [])
    assert talk.records("timer_ignored")


def test_coming_back_to_a_state_sets_its_timer_anew() -> None:
    flow = [{**NUDGED[0], "states": [{"name": "@A"}]}, NUDGED[1]]
    talk = Conversation(flow).begin()
    (first,) = talk.session.timers
    talk.now += 60
    talk.says("again")
    (second,) = talk.session.timers
    assert second.id != first.id
    assert second.due_at == START + 660
    assert talk.fires_id(first.id).texts == []


WAITING = [say("A", states=[{"name": "B", "enter": [{"say": "1"}, {"wait": "5m"}, {"say": "2"}]}])]


def test_a_final_state_with_a_timer_sleeps_and_then_ends() -> None:
    talk = Conversation(WAITING).begin().says("go")
    assert (talk.texts, talk.status, talk.state) == (["1"], "dormant", "B")
    talk.fires("wait")
    assert (talk.texts, talk.status) == (["2"], "ended")


def test_a_sleeping_session_answers_no_message() -> None:
    flow = {"otherwise": {"say": "pardon?"}, "states": WAITING}
    talk = Conversation(flow).begin().says("go").says("hello?")
    assert (talk.texts, talk.status) == ([], "dormant")


def test_waits_follow_each_other() -> None:
    steps = [{"say": "1"}, {"wait": "1m"}, {"say": "2"}, {"wait": "1h"}, "work", {"say": "3"}]
    talk = Conversation([{"name": "A", "enter": steps}], actions={"work": ActionReturned()})
    assert talk.begin().texts == ["1"]
    assert (talk.fires().texts, talk.now) == (["2"], START + 60)
    assert (talk.fires().texts, talk.called, talk.now) == (["3"], ["work"], START + 3660)
    assert talk.status == "ended"


def test_a_wait_does_not_outlive_its_state() -> None:
    flow = [say("A", states=[{"name": "B", "enter": [{"wait": "5m"}, {"say": "2"}],
                              "states": [say("C")]}])]  # fmt: skip
    talk = Conversation(flow).begin().says("go").says("on")
    assert (talk.state, talk.status, talk.of(CancelTimer) != []) == ("C", "ended", True)


def test_a_list_that_starts_anew_waits_anew() -> None:
    """Two strange replies once left two timers, and the reprompt came twice."""
    otherwise = {"enter": [{"wait": "1m"}, {"say": "well?"}], "times": 5}
    flow = [say("A", otherwise=otherwise, states=[say("B", condition="is_user_reply_yes")])]
    talk = Conversation(flow).begin().says("hm").says("hm")
    assert len(talk.session.timers) == 1
    assert talk.fires("wait").texts == ["well?"]


def test_a_reminder_takes_the_transition_that_asks_for_it() -> None:
    states = [
        say("REPLIED", condition="get_smth_from_user"),
        say("REMINDED", condition={"event": "EXTERNAL_due"}),
    ]
    flow = [{"name": "A", "enter": "plan", "states": states}]
    talk = Conversation(flow, actions={"plan": returning(reminder(300))}).begin()
    assert talk.of(ScheduleTimer)[0].due_at == START + 300
    talk.fires("EXTERNAL_due")
    assert (talk.state, talk.texts) == ("REMINDED", ["REMINDED"])


def test_a_reminder_goes_through_pass_states_as_itself() -> None:
    """The second state once saw a start in its place."""
    flow = [
        {"name": "A", "enter": "plan", "states": [{"name": "@B", "condition": {"event": "due"}}]},
        {"name": "B", "pass": True, "states": [say("C", condition={"event": "due"})]},
    ]
    talk = Conversation(flow, actions={"plan": returning(reminder(5, "due"))}).begin().fires()
    assert talk.entered == ["B", "C"]


def test_a_reminder_is_still_itself_behind_an_action() -> None:
    link = {"name": "@B", "condition": {"event": "due"}, "enter": "work"}
    flow = [
        {"name": "A", "enter": "plan", "states": [link]},
        {"name": "B", "pass": True, "states": [say("C", condition={"event": "due"})]},
    ]
    actions = {"plan": returning(reminder(5, "due")), "work": ActionReturned()}
    talk = Conversation(flow, actions=actions).begin().fires()
    assert (talk.called, talk.entered) == (["work"], ["B", "C"])


def test_a_timer_of_another_state_is_ignored_wherever_it_comes_from() -> None:
    talk = Conversation(NUDGED).begin()
    stale = talk.session.to_json()["timers"][0] | {"state": "B"}
    talk.session = talk.session.from_json(talk.session.to_json() | {"timers": [stale]})
    talk.fires_id(stale["id"])
    assert (talk.texts, talk.records("timer_ignored") != []) == ([], True)


def test_a_reminder_without_a_transition_runs_the_enter_method_of_its_name() -> None:
    flow = [{"name": "A", "enter": "plan", "states": [say("B")]}]
    actions = {"plan": returning(reminder(5, "check")), "check": ActionReturned()}
    talk = Conversation(flow, actions=actions).begin().fires()
    assert (talk.called, talk.state) == (["check"], "A")
    responses = {"check": [ResponseText("time is up")]}
    del actions["check"]
    talk = Conversation(flow, actions=actions, responses=responses).begin().fires()
    assert (talk.called, talk.texts) == ([], ["time is up"])


def test_a_reminder_that_means_nothing_is_recorded() -> None:
    """An unknown action was called once, and the contact heard the apology."""
    flow = [{"name": "A", "enter": "plan", "states": [say("B")]}]
    talk = Conversation(flow, actions={"plan": returning(reminder(5))}).begin().fires()
    assert (talk.called, talk.texts) == ([], [])
    assert talk.records("timer_unanswered")


def test_a_reminder_may_end_with_the_next_message() -> None:
    flow = [{"name": "A", "enter": "plan",
             "states": [say("B", condition="is_user_reply_yes")]}]  # fmt: skip
    stays = Conversation(flow, actions={"plan": returning(reminder(5))}).begin().says("hm")
    assert len(stays.session.timers) == 1
    goes = Conversation(flow, actions={"plan": returning(reminder(5, kill=True))}).begin()
    assert goes.says("hm").session.timers == ()


def test_a_sleeping_session_ends_when_its_last_reminder_ends_with_a_message() -> None:
    flow = [{"name": "A", "enter": "plan"}]
    talk = Conversation(flow, actions={"plan": returning(reminder(5, kill=True))}).begin()
    assert talk.status == "dormant"
    assert talk.says("hi").status == "ended"


@pytest.mark.parametrize(
    ("cancel", "left"),
    [
        ({}, []),
        ({"name": "first"}, ["second"]),
        ({"intent": "x"}, []),
        ({"intent": "y"}, ["first", "second"]),
        ({"name": "second", "intent": "x"}, ["first"]),
        ({"name": "second", "intent": "y"}, ["first", "second"]),
    ],
)
def test_reminders_are_cancelled_by_name_and_intent(
    cancel: dict[str, str], left: list[str]
) -> None:
    """The name was forgotten once, so that nothing could be cancelled by it."""
    events = (
        reminder(5, "x", "first"),
        reminder(9, "x", "second"),
        {"event": "cancel_reminder", "name": None, "intent": None, **cancel},
    )
    flow = [{"name": "A", "enter": "plan", "states": [say("B")]}]
    talk = Conversation(flow, actions={"plan": returning(*events)}).begin()
    assert [timer.label for timer in talk.session.timers] == left


def test_a_reminder_of_the_same_name_replaces_the_earlier_one() -> None:
    flow = [{"name": "A", "enter": "plan", "states": [say("B")]}]
    events = (reminder(5, "x", "one"), reminder(9, "y", "one"))
    talk = Conversation(flow, actions={"plan": returning(*events)}).begin()
    assert [timer.name for timer in talk.session.timers] == ["y"]


def test_timers_of_two_actions_in_one_turn_have_ids_of_their_own() -> None:
    """Counting began anew with every action once: the second timer took the first one's row."""
    flow = [{"name": "A", "enter": ["one", "two"], "states": [say("B")]}]
    actions = {"one": returning(reminder(5, "x")), "two": returning(reminder(9, "y"))}
    talk = Conversation(flow, actions=actions).begin(reading("hi"))
    assert len({timer.id for timer in talk.session.timers}) == 2


@pytest.mark.parametrize("when", ["soon", None, 5, "", "9999-12-31T23:59:59-14:00", ["x"]])
def test_a_reminder_that_is_never_due_is_refused(when: object) -> None:
    flow = [{"name": "A", "enter": "plan", "states": [say("B")]}]
    actions = {"plan": returning({**reminder(5), "date_time": when})}
    talk = Conversation(flow, actions=actions).begin()
    assert talk.session.timers == ()
    assert talk.records("reminder_refused")


def test_a_reminder_of_the_past_is_due_now() -> None:
    flow = [{"name": "A", "enter": "plan", "states": [say("B")]}]
    talk = Conversation(flow, actions={"plan": returning(reminder(-500))}).begin()
    assert talk.session.timers[0].due_at == START


@pytest.mark.parametrize("written", ["2030-01-01T10:00:00", "2030-01-01T12:00:00+02:00"])
def test_times_without_a_zone_are_utc(written: str) -> None:
    flow = [{"name": "A", "enter": "plan", "states": [say("B")]}]
    talk = Conversation(flow, actions={"plan": returning({**reminder(5), "date_time": written})})
    talk.begin()
    due = datetime(2030, 1, 1, tzinfo=UTC) + timedelta(hours=10)
    assert talk.session.timers[0].due_at == due.timestamp()


def test_a_wait_of_an_older_version_goes_on() -> None:
    flow = [{"name": "A", "pass": True, "enter": [{"wait": "1m"}, {"say": "on"}],
             "states": [{"name": "B", "condition": {"event": "/0/enter"}}]}]  # fmt: skip
    talk = Conversation(flow).begin()
    written = talk.session.to_json()
    for timer in written["timers"]:
        del timer["ahead"]
    talk.session = Session.from_json(written)
    talk.fires()
    assert (talk.texts, talk.state) == (["on"], "B")


def test_the_ids_of_timers_that_set_timers_stay_short_and_differ() -> None:
    daily = say(
        "A", timeout={"after": "1d", "enter": {"say": "morning"}, "times": 999, "goto": "A"}
    )
    talk = Conversation([daily]).begin()
    session, seen = talk.session, set()
    for _ in range(300):
        [timer] = session.timers
        seen.add(timer.id)
        facts = Facts(key=timer.id)
        session = advance(talk.flow, session, TimerFired(timer.id), facts, timer.due_at).session
    assert len(seen) == 300
    assert max(map(len, seen)) < 120
