"""What actions return: Rasa's events and responses, well formed and not."""

from typing import Any

import pytest

from bot.engine.advance import advance, apologise, start
from bot.engine.commands import (
    AddTag,
    CallAction,
    HandOverToHuman,
    Record,
    RemoveTag,
    SendMessage,
    SetSlot,
)
from bot.engine.events import ActionReturned, FlowStarted
from bot.engine.facts import Facts, ResponseText
from bot.engine.reader import read_flow
from tests.engine.driver import Conversation, reading
from tests.engine.test_semantics import say


def act(*events: Any, **more: Any) -> Conversation:
    """A state whose action returns these."""
    flow = {"slots": {"visits": {"initial": 0}, "city": {"scope": "contact"}},
            "states": [{"name": "A", "enter": ["work", {"say": "on"}],
                        "states": [say("B")]}]}  # fmt: skip
    actions = {"work": ActionReturned(list(events)), **more.pop("actions", {})}
    return Conversation(flow, actions=actions, **more).begin(reading("hi"))


def slot(name: Any, value: Any) -> dict[str, Any]:
    return {"event": "slot", "name": name, "value": value, "timestamp": None}


def test_slots_go_where_they_belong() -> None:
    talk = act(slot("visits", 2), slot("city", "Oslo"), slot("first_name", "Ann"), slot("x", [1]))
    assert talk.session.slots == {"visits": 2, "x": [1]}
    assert talk.fields == {"city": "Oslo", "first_name": "Ann"}
    assert [(s.name, s.scope) for s in talk.of(SetSlot)] == [
        ("visits", "session"), ("city", "contact"), ("first_name", "contact"), ("x", "session"),
    ]  # fmt: skip


def test_a_known_field_of_the_contact_is_set_on_the_contact() -> None:
    assert act(slot("shoe_size", 43), fields={"shoe_size": 42}).fields == {"shoe_size": 43}


def test_tags_change_by_the_difference() -> None:
    talk = act(slot("tags", ["vip", "new"]), tags=["old", "vip"])
    assert talk.of(AddTag) == [AddTag("new")]
    assert talk.of(RemoveTag) == [RemoveTag("old")]
    assert talk.tags == {"vip", "new"}


@pytest.mark.parametrize(
    ("value", "tags"), [("vip", {"vip"}), (None, set()), ([], set()), (5, {"old"})]
)
def test_tags_of_other_shapes(value: Any, tags: set[str]) -> None:
    """A text was taken letter by letter once, and a number raised."""
    assert act(slot("tags", value), tags=["old"]).tags == tags


def test_pause_hands_over() -> None:
    assert len(act({"event": "pause"}).of(HandOverToHuman)) == 1


@pytest.mark.parametrize("event", ["restart", "session_ended"])
def test_restart_ends_the_session(event: str) -> None:
    talk = act({"event": event}, slot("visits", 5))
    assert (talk.session.ended_because, talk.texts) == ("ended_by_action", [])


def test_reset_slots_goes_back_to_the_initial_values() -> None:
    talk = act(slot("visits", 5), slot("x", 1), {"event": "reset_slots"})
    assert talk.session.slots == {"visits": 0, "x": None}


def test_a_follow_up_runs_before_the_list_goes_on() -> None:
    more = {"next": ActionReturned(responses=[{"text": "next"}])}
    talk = act({"event": "followup", "name": "next"}, actions=more)
    assert (talk.called, talk.texts) == (["work", "next"], ["next", "on"])


def test_a_follow_up_may_be_a_response() -> None:
    """`FollowupAction("utter_bye")` once called an action of that name."""
    responses = {"utter_bye": [ResponseText("bye")]}
    talk = act({"event": "followup", "name": "utter_bye"}, responses=responses)
    assert (talk.called, talk.texts) == (["work"], ["bye", "on"])


def test_listening_is_what_happens_anyway() -> None:
    assert act({"event": "followup", "name": "action_listen"}).texts == ["on"]


@pytest.mark.parametrize(
    "event",
    [
        {}, {"event": None}, {"event": 5}, {"event": "bot", "text": "x"}, {"event": "followup"},
        {"event": "slot"}, slot(None, 1), slot("", 1), slot(5, 1), slot("x", float("nan")),
        slot("x", {"deep": [float("inf")]}), {"event": "reminder"}, {"event": "cancel_reminder"},
    ],
)  # fmt: skip
def test_events_that_mean_nothing_do_no_harm(event: dict[str, Any]) -> None:
    assert act(event).texts == ["on"]


def test_a_value_that_could_not_be_saved_is_refused() -> None:
    deep: Any = []
    for _ in range(400):
        deep = [deep]
    talk = act(slot("x", deep))
    assert "x" not in talk.session.slots
    assert talk.records("slot_refused")


def rasa(**parts: Any) -> dict[str, Any]:
    """A response as rasa-sdk's dispatcher writes it: every key, most of them empty."""
    return {
        "text": None, "buttons": [], "elements": [], "custom": {}, "template": None,
        "response": None, "image": None, "attachment": None, **parts,
    }  # fmt: skip


BUTTON = {"title": "Yes", "payload": "/affirm"}
GREET = {"utter_greet": [ResponseText("Hi {name}", buttons=(BUTTON,), image="http://x/{name}")]}


@pytest.mark.parametrize(
    ("response", "message"),
    [
        (rasa(text="hi"), SendMessage("hi")),
        ({"text": "hi"}, SendMessage("hi")),
        (rasa(text="hi", buttons=[BUTTON]), SendMessage("hi", (BUTTON,))),
        (rasa(image="http://x/y"), SendMessage("", (), ("http://x/y",))),
        (rasa(attachment="http://x/z"), SendMessage("", (), ("http://x/z",))),
        (rasa(custom={"a": 1}), SendMessage("", (), (), {"a": 1})),
        (
            rasa(response="utter_greet", name="Ann"),
            SendMessage("Hi Ann", (BUTTON,), ("http://x/Ann",)),
        ),
        (
            rasa(template="utter_greet", name="Ann", text="Ho", buttons=[{"title": "No"}]),
            SendMessage("Ho", (BUTTON, {"title": "No", "payload": ""}), ("http://x/Ann",)),
        ),
    ],
)
def test_responses(response: dict[str, Any], message: SendMessage) -> None:
    assert _said(response) == message


def _said(response: dict[str, Any]) -> SendMessage:
    flow = [{"name": "A", "enter": "work", "states": [say("B")]}]
    actions = {"work": ActionReturned(responses=[response])}
    (message,) = Conversation(flow, actions=actions, responses=GREET).begin().messages
    return message


@pytest.mark.parametrize(
    "response",
    [
        {}, rasa(), rasa(text=""), rasa(text="  "), rasa(response="utter_unknown"),
        {"buttons": 5}, {"buttons": "yes"}, {"buttons": [5]}, {"custom": 5}, {"response": ["x"]},
    ],
)  # fmt: skip
def test_responses_that_say_nothing_are_not_sent(response: dict[str, Any]) -> None:
    flow = [{"name": "A", "enter": "work", "states": [say("B")]}]
    actions = {"work": ActionReturned(responses=[response])}
    assert Conversation(flow, actions=actions, responses=GREET).begin().messages == []


def test_where_nobody_knows_the_actions_a_response_answers_for_its_name() -> None:
    flow = read_flow([{"name": "A", "enter": ["utter_greet", "work"]}], "f")
    session = start(flow, "s", "c", "p", 0.0)
    facts = Facts("t", responses={"utter_greet": (ResponseText("Hi"),)}, actions=None)
    turn = advance(flow, session, FlowStarted("manual"), facts, 0.0)
    assert SendMessage("Hi") in turn.commands
    assert turn.call == CallAction("work")


def test_variations_are_chosen_by_channel_and_turn() -> None:
    texts = [ResponseText("a"), ResponseText("b"), ResponseText("sms", channel="twilio")]
    flow = [{"name": "A", "enter": [{"say": {"response": "hello"}}], "states": [say("B")]}]
    talk = Conversation(flow, responses={"hello": texts}, channel="twilio").begin()
    assert talk.texts == ["sms"]
    other = Conversation(flow, responses={"hello": texts}, channel="telegram").begin()
    assert other.texts[0] in ("a", "b")


def test_a_named_response_is_said_with_the_steps_own_buttons_and_media() -> None:
    step = {"say": {"response": "utter_greet"}, "buttons": ["Later"], "media": ["http://m/{name}"]}
    flow = [{"name": "A", "enter": [step], "states": [say("B")]}]
    talk = Conversation(flow, responses=GREET, fields={"name": "Ann"}).begin()
    (message,) = talk.messages
    assert [button["title"] for button in message.buttons] == ["Yes", "Later"]
    assert message.media == ("http://x/Ann", "http://m/Ann")


def test_a_text_that_turns_out_empty_is_not_sent() -> None:
    talk = Conversation([say("A", "{name}", states=[say("B")])]).begin()
    assert talk.messages == []
    assert talk.records("message_empty")


def test_a_response_that_cannot_be_rendered_is_recorded() -> None:
    responses = {"hello": [ResponseText("{")]}
    flow = [{"name": "A", "enter": "hello", "states": [say("B")]}]
    talk = Conversation(flow, responses=responses).begin()
    assert talk.messages == []
    assert talk.records("template_failed")


def test_the_apology_leaves_the_session_where_it_was() -> None:
    talk = Conversation({"apology": "Sorry {name}!", "states": [say("A", states=[say("B")])]})
    talk.begin()
    failed = Record("action_failed", {"action": "work"})
    turn = apologise(talk.flow, talk.session, Facts("t", fields={"name": "Ann"}), failed, 5.0)
    assert turn.commands == (failed, SendMessage("Sorry Ann!"))
    assert (turn.session.state, turn.session.touched_at) == ("A", 5.0)
