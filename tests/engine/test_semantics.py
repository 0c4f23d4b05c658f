"""The nested schema's own rules, each as a short conversation."""

from typing import Any

import pytest

from bot.engine.commands import CancelTimer, HandOverToHuman, StartFlow
from bot.engine.events import ActionReturned
from bot.engine.facts import ResponseText
from bot.engine.findings import DefinitionInvalid
from bot.engine.reader import examine, read_flow
from bot.engine.run import STEPS_PER_TURN
from bot.engine.session import Pause
from tests.engine.driver import Conversation, reading

OPTIN = [
    {
        "name": "OPTIN",
        "condition": "get_smth_from_user",
        "enter": "init",
        "states": [
            {
                "name": "OY1",
                "condition": "is_user_reply_yes",
                "enter": "ask_name",
                "states": [
                    {
                        "name": "@INITBG",
                        "condition": "user_reply_name",
                        "enter": "greet_user_create_task",
                    }
                ],
            },
            {"name": "ON1", "condition": "is_user_reply_no", "enter": "say_np"},
        ],
    }
]
ACTIONS = {
    name: ActionReturned(responses=[{"text": name}])
    for name in ("init", "ask_name", "greet_user_create_task", "say_np")
}


def say(name: str, text: str | None = None, **more: Any) -> dict[str, Any]:
    """A state that says its name."""
    return {"name": name, "enter": [{"say": text or name}], **more}


def test_the_example_from_beginning_to_end() -> None:
    talk = Conversation(OPTIN, actions=ACTIONS).begin(reading("hi"))
    assert (talk.state, talk.texts, talk.status) == ("OPTIN", ["init"], "active")
    assert (talk.yes().state, talk.texts) == ("OY1", ["ask_name"])
    talk.says("I am Ann", name="Ann")
    assert (talk.state, talk.texts) == ("INITBG", ["greet_user_create_task"])
    assert (talk.status, talk.session.ended_because) == ("ended", "completed")


def test_a_no_ends_the_example() -> None:
    talk = Conversation(OPTIN, actions=ACTIONS).begin(reading("hi")).no()
    assert (talk.state, talk.texts, talk.status) == ("ON1", ["say_np"], "ended")


ORDER = say(
    "A",
    states=[
        say("FIRST", condition={"number": True, "op": "<", "value": 5}),
        say("SECOND", condition={"number": True, "op": "<", "value": 9}),
        say("LAST", condition="get_smth_from_user"),
    ],
)


@pytest.mark.parametrize(
    ("reply", "state"), [("3", "FIRST"), ("7", "SECOND"), ("12", "LAST"), ("well", "LAST")]
)
def test_the_first_condition_that_holds_decides(reply: str, state: str) -> None:
    talk = Conversation([ORDER]).begin().says(reply)
    assert (talk.state, talk.texts) == (state, [state])


def test_the_first_top_level_state_is_the_initial_one() -> None:
    assert read_flow([say("B"), say("A")], "f").initial == "B"


def test_a_condition_of_the_initial_state_does_not_keep_a_started_flow_from_running() -> None:
    assert Conversation(OPTIN, actions=ACTIONS).begin().texts == ["init"]


LINKS = [
    say("A", states=[{"name": "@B", "condition": "is_user_reply_yes", "enter": [{"say": "link"}]}]),
    say("B", "target", states=[{"name": "@A", "condition": "get_smth_from_user"}]),
]


def test_of_a_link_its_own_enter_runs_and_not_the_targets() -> None:
    talk = Conversation(LINKS).begin().yes()
    assert (talk.state, talk.texts) == ("B", ["link"])
    talk.says("back")
    assert (talk.state, talk.texts) == ("A", [])


def test_an_undefined_link_is_a_final_state_with_a_warning() -> None:
    flow, findings = examine([say("A", states=[{"name": "@GONE"}])], "f")
    assert flow is not None
    assert flow.states["GONE"].final
    assert [(f.code, f.severity, f.place) for f in findings] == [
        ("undefined-link", "warning", "/0/states/0/name")
    ]


def test_a_link_does_not_define_a_state() -> None:
    with pytest.raises(DefinitionInvalid, match="link-at-top"):
        read_flow([{"name": "@A"}], "f")


def test_one_message_makes_at_most_one_transition() -> None:
    chain = say("A", states=[say("B", states=[say("C", states=[say("D")])])])
    talk = Conversation([chain]).begin()
    assert [talk.says("x").entered for _ in range(3)] == [["B"], ["C"], ["D"]]


def test_states_marked_pass_lead_on_with_the_same_message() -> None:
    chain = say(
        "A",
        states=[
            say(
                "B",
                condition="get_smth_from_user",
                states=[
                    say("C", condition="is_user_reply_no"),
                    say("D", condition="is_user_reply_yes"),
                ],
            )
            | {"pass": True}
        ],
    )
    talk = Conversation([chain]).begin().yes()
    assert (talk.entered, talk.texts) == (["B", "D"], ["B", "D"])
    stays = Conversation([chain]).begin().says("hm")
    assert (stays.entered, stays.status) == (["B"], "active")
    assert stays.no().entered == ["C"]


def test_a_pass_state_waits_where_its_steps_wait() -> None:
    """Once the way on was taken at once, which cancelled the timer and lost the later steps."""
    flow = [
        say("A", states=[{"name": "@B", "enter": [{"wait": "1m"}, {"say": "later"}]}]),
        {"name": "B", "pass": True, "states": [say("C", condition="always")]},
    ]
    talk = Conversation(flow).begin().says("x")
    assert (talk.entered, talk.texts) == (["B"], [])
    talk.fires("wait")
    assert (talk.entered, talk.texts) == (["C"], ["later", "C"])


def test_pass_states_behind_an_action_still_see_the_message() -> None:
    flow = [
        say("A", states=[{"name": "@B", "enter": "work"}]),
        {"name": "B", "pass": True, "states": [say("YES", condition="is_user_reply_yes")]},
    ]
    talk = Conversation(flow, actions={"work": ActionReturned()}).begin().yes()
    assert (talk.called, talk.entered) == (["work"], ["B", "YES"])


OTHERWISE = say(
    "A",
    otherwise={"say": "yes or no?", "times": 2, "then": [{"say": "bye"}]},
    states=[say("YES", condition="is_user_reply_yes")],
)


def test_otherwise_counts_and_then_ends() -> None:
    talk = Conversation([OTHERWISE]).begin()
    assert talk.says("hm").texts == ["yes or no?"]
    assert talk.says("hm").texts == ["yes or no?"]
    assert talk.says("hm").texts == ["bye"]
    assert (talk.status, talk.session.ended_because) == ("ended", "not_understood")


def test_a_transition_starts_the_count_anew() -> None:
    flow = [{**OTHERWISE, "states": [{"name": "@A", "condition": "is_user_reply_yes"}]}]
    talk = Conversation(flow).begin().says("hm").says("hm").yes()
    assert talk.says("hm").texts == ["yes or no?"]
    assert talk.session.attempts == 1


def test_the_flows_otherwise_answers_where_the_state_has_none() -> None:
    flow = {
        "otherwise": {"say": "pardon?"},
        "states": [say("A", states=[say("B", condition="no")])],
    }
    talk = Conversation(flow).begin().says("hm")
    assert (talk.texts, talk.state, talk.status) == (["pardon?"], "A", "active")


def test_without_otherwise_a_strange_reply_is_only_recorded() -> None:
    flow = [say("A", states=[say("B", condition="is_user_reply_yes")])]
    talk = Conversation(flow).begin().says("hm")
    assert talk.texts == []
    assert talk.records("reply_not_understood")


def test_otherwise_with_an_action_in_the_middle_goes_on_behind_it() -> None:
    steps = [{"say": "one"}, "work", {"say": "two"}, {"action": "work"}, {"say": "three"}]
    flow = [{**OTHERWISE, "otherwise": {"enter": steps, "times": 1, "then": ["work"]}}]
    talk = Conversation(flow, actions={"work": ActionReturned()}).begin().says("hm")
    assert (talk.texts, talk.called) == (["one", "two", "three"], ["work", "work"])
    assert (talk.says("hm").called, talk.status) == (["work"], "ended")


def test_condition_and_enter_names_mean_the_flows_own_first() -> None:
    flow = [say("A", states=[{"name": "B", "condition": "ready", "enter": "init"}])]
    actions = {
        "one.init": ActionReturned(responses=[{"text": "one's"}]),
        "init": ActionReturned(responses=[{"text": "everybody's"}]),
    }
    answers = {"one.ready": True, "ready": False}
    one = Conversation(flow, name="one", actions=actions, answers=answers).begin().says("go")
    assert (one.called, one.texts) == (["one.init"], ["one's"])
    two = Conversation(flow, name="two", actions=actions, answers=answers).begin().says("go")
    assert (two.called, two.state) == ([], "A")
    two.answers["ready"] = True
    assert two.says("go").called == ["init"]


def test_an_enter_name_that_is_no_action_means_the_response() -> None:
    flow = [say("A", states=[{"name": "B", "enter": "bye"}])]
    responses = {"bye": [ResponseText("shared")], "two.bye": [ResponseText("two's")]}
    one = Conversation(flow, name="one", responses=responses).begin().says("x")
    assert (one.texts, one.called) == (["shared"], [])
    two = Conversation(flow, name="two", responses=responses).begin().says("x")
    assert two.texts == ["two's"]


def test_the_step_limit_ends_politely() -> None:
    flow = {
        "apology": "Sorry {name}",
        "states": [
            {"name": "A", "pass": True, "states": [{"name": "@B"}]},
            {"name": "B", "pass": True, "states": [{"name": "@A"}]},
        ],
    }
    talk = Conversation(flow, fields={"name": "Ann"}).begin(reading("go"))
    assert (talk.texts, talk.status) == (["Sorry Ann"], "ended")
    assert talk.session.ended_because == "limit"
    assert talk.records("limit_reached")[0].data["value"] == STEPS_PER_TURN


def test_actions_in_a_circle_reach_the_limit_too() -> None:
    """Each return once began to count anew."""
    flow = [
        {"name": "A", "pass": True, "states": [{"name": "@B", "enter": "work"}]},
        {"name": "B", "pass": True, "states": [{"name": "@A", "enter": "work"}]},
    ]
    talk = Conversation(flow, actions={"work": ActionReturned()}).begin(reading("go"))
    assert talk.session.ended_because == "limit"
    assert talk.records("limit_reached")[0].data["limit"] == "calls_per_turn"


def test_steps_are_counted_over_the_whole_turn() -> None:
    """Each return of an action once began to count anew."""
    busy = [*[{"set": {"x": i}} for i in range(20)], "work"]
    flow = [{"name": "A", "pass": True, "states": [{"name": "@A", "enter": busy}]}]
    talk = Conversation(flow, actions={"work": ActionReturned()}).begin(reading("go"))
    assert talk.records("limit_reached")[0].data["limit"] == "steps_per_turn"
    assert len(talk.called) < STEPS_PER_TURN / 20


def test_an_action_that_follows_itself_reaches_the_limit() -> None:
    again = ActionReturned(events=[{"event": "followup", "name": "work"}])
    talk = Conversation([{"name": "A", "enter": "work"}], actions={"work": again}).begin()
    assert talk.session.ended_because == "limit"


def test_an_end_with_a_reason_and_one_without() -> None:
    for step, reason in (({"end": True}, "ended"), ({"end": "won"}, "won")):
        flow = [{"name": "A", "enter": [step, {"say": "never"}], "states": [say("B")]}]
        talk = Conversation(flow).begin()
        assert (talk.texts, talk.session.ended_because) == ([], reason)


def test_start_ends_this_session_and_starts_the_other_flow() -> None:
    flow = [{"name": "A", "enter": [{"start": "coupon"}], "states": [say("B")]}]
    talk = Conversation(flow).begin()
    assert talk.of(StartFlow) == [StartFlow("coupon")]
    assert talk.session.ended_because == "started_another"


def test_the_reason_of_a_hand_over_is_a_template() -> None:
    flow = [
        {
            "name": "A",
            "enter": [{"set": {"n": 3}}, {"hand_over": "{n} cakes"}],
            "states": [say("B")],
        }
    ]
    talk = Conversation(flow).begin()
    assert talk.of(HandOverToHuman) == [HandOverToHuman("3 cakes")]


def test_hand_over_leaves_the_session_where_it_is() -> None:
    flow = [{"name": "A", "enter": [{"hand_over": "asks a lot"}], "states": [say("B")]}]
    talk = Conversation(flow).begin()
    assert (talk.of(HandOverToHuman), talk.status) == ([HandOverToHuman("asks a lot")], "active")


def test_an_ended_session_takes_nothing_more() -> None:
    """It once came back to life."""
    flow = {"otherwise": {"say": "pardon?"}, "states": [say("A")]}
    talk = Conversation(flow).begin()
    assert talk.status == "ended"
    talk.says("hello?")
    assert (talk.status, talk.texts) == ("ended", [])
    assert talk.records("event_ignored")


def test_a_pause_that_outlived_its_turn_is_void() -> None:
    """A process that is killed may leave one; it once stopped every list after its first step."""
    flow = [say("A", states=[{"name": "B", "enter": [{"say": "1"}, {"say": "2"}]}])]
    talk = Conversation(flow).begin()
    talk.session = Conversation(flow).session.__class__.from_json(
        {**talk.session.to_json(), "pause": {"place": "/0/enter", "step": 1, "action": "gone"}}
    )
    assert talk.session.pause == Pause("/0/enter", 1, "gone")
    talk.says("x")
    assert (talk.texts, talk.status) == (["1", "2"], "ended")


def test_a_suspended_session_stays_so_for_a_timer_and_wakes_for_a_message() -> None:
    flow = [say("A", timeout={"after": "1m", "say": "there?", "times": 5}, states=[say("B")])]
    talk = Conversation(flow).begin()
    talk.session = talk.session.from_json({**talk.session.to_json(), "status": "suspended"})
    assert (talk.fires().status, talk.texts) == ("suspended", ["there?"])
    talk.says("back")
    assert (talk.state, talk.of(CancelTimer) != []) == ("B", True)
