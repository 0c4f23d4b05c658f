"""Python functions of a flow: processors before and behind, tasks, and what they answer."""

from typing import Any

import pytest

from bot.engine.commands import SetSlot, StoreRecord
from bot.engine.events import ActionReturned
from tests.engine.driver import Conversation
from tests.engine.test_semantics import say


def answers(*events: dict[str, Any], says: str = "") -> ActionReturned:
    return ActionReturned(events, ({"text": says},) if says else ())


def slot(name: str, value: Any) -> dict[str, Any]:
    return {"event": "slot", "name": name, "value": value}


FLOW = [
    say("A", pre=["first", {"set": {"n": 1}}], states=[
        say("B", pre="second", condition={"text": True, "value": "b"}),
        {"name": "@C", "enter": [{"say": "link"}]}]),
    say("C", pre=[{"processor": "third", "with": {"who": "{name}", "n": {"expression": "slots.n + 1"}}}]),
]  # fmt: skip


def test_pre_runs_before_anything_is_said_whichever_way_leads_here() -> None:
    functions = {"first": answers(says="one"), "second": answers(says="two")}
    talk = Conversation(FLOW, functions=functions, fields={"name": "Ann"}).begin()
    assert (talk.called, talk.texts, talk.session.slots) == (["first"], ["one", "A"], {"n": 1})
    talk.says("b")
    assert (talk.called, talk.texts) == (["second"], ["two", "B"])
    other = Conversation(FLOW, fields={"name": "Ann"}).begin().says("c")
    assert (other.called, other.texts) == (["third"], ["link"])
    assert (other.calls[0].kind, other.calls[0].arguments) == ("processor", {"who": "Ann", "n": 2})


def test_pre_runs_when_a_timeout_leads_here() -> None:
    flow = [say("A", timeout={"after": "1h", "goto": "C"}), say("C", pre="third")]
    talk = Conversation(flow).begin().fires()
    assert (talk.called, talk.texts) == (["third"], ["C"])


ASK = say("ASK", collect={"slot": "zip", "type": "number", "error": "digits!", "exit_words": ["out"]},
          post=["tidy"], states=[say("DONE")])  # fmt: skip


def test_post_runs_before_the_reply_is_read() -> None:
    tidy = answers({"event": "answer", "text": "0150"}, slot("raw", "o15o"))
    talk = Conversation([ASK], functions={"tidy": tidy}).begin().says("o15o")
    assert (talk.called, talk.state) == (["tidy"], "DONE")
    assert talk.session.slots == {"raw": "o15o", "zip": 150}


def test_post_leaves_exit_words_alone() -> None:
    talk = Conversation([ASK]).begin().says("out")
    assert (talk.called, talk.session.ended_because) == ([], "exit_word")


def test_a_refused_reply_counts_as_an_attempt() -> None:
    refuses = answers({"event": "refused", "text": "Not {that}."})
    talk = Conversation([ASK], functions={"tidy": refuses}).begin().says("12")
    assert (talk.texts, talk.state, talk.session.attempts) == (["Not {that}."], "ASK", 1)
    talk.says("12").says("12")
    assert talk.session.ended_because == "attempts"


def test_a_refusal_without_words_is_told_in_the_questions_own() -> None:
    refuses = answers({"event": "refused", "text": ""})
    assert Conversation([ASK], functions={"tidy": refuses}).begin().says("1").texts == ["digits!"]


def test_a_reply_may_be_refused_where_nothing_is_asked() -> None:
    flow = [say("A", post="tidy", states=[say("B")])]
    refuses = answers({"event": "refused", "text": "no"})
    talk = Conversation(flow, functions={"tidy": refuses}).begin().says("x")
    assert (talk.texts, talk.state, talk.session.attempts) == (["no"], "A", 1)


def test_the_rest_of_post_does_not_run_behind_a_refusal() -> None:
    flow = [say("A", post=["tidy", "more"], states=[say("B")])]
    talk = Conversation(flow, functions={"tidy": answers({"event": "refused"})}).begin().says("x")
    assert talk.called == ["tidy"]


def test_a_function_leads_on_when_its_list_has_ended() -> None:
    flow = [say("A", pre=["first", {"set": {"n": 1}}]), say("B", pre="second")]
    functions = {"first": answers({"event": "goto", "state": "B"})}
    talk = Conversation(flow, functions=functions).begin()
    assert (talk.called, talk.entered) == (["first", "second"], ["A", "B"])
    assert (talk.texts, talk.session.slots) == (["B"], {"n": 1})


def test_a_function_of_post_may_lead_on_instead_of_the_answer() -> None:
    flow = [say("A", post="first", collect={"slot": "x"}, states=[say("B")]), say("C")]
    functions = {"first": answers({"event": "goto", "state": "C"})}
    talk = Conversation(flow, functions=functions).begin().says("hi")
    assert (talk.state, talk.session.slots) == ("C", {})


def test_a_state_that_is_not_there_is_told() -> None:
    functions = {"first": answers({"event": "goto", "state": "GONE"})}
    talk = Conversation(FLOW, functions=functions).begin()
    assert [record.data for record in talk.records("goto_unknown")] == [{"state": "GONE"}]
    assert talk.texts == ["A"]


def test_a_function_may_ask_for_calls_that_are_made_before_the_next_step() -> None:
    task = answers(
        {"event": "call", "api": "crm", "with": {"id": 1}},
        {"event": "call", "api": "weather", "with": "nonsense"},
        {"event": "goto", "state": "B"},
    )
    crm = answers(slot("owner", "Ann"))
    flow = [say("A", enter=[{"task": "work", "with": {"x": 1}}, {"say": "{owner}"}]), say("B")]
    talk = Conversation(
        flow, functions={"work": task}, apis={"crm": crm, "weather": ActionReturned(failed="auth")}
    ).begin()
    assert [(c.kind, c.name, c.arguments) for c in talk.calls] == [
        ("task", "work", {"x": 1}), ("api", "crm", {"id": 1}), ("api", "weather", {}),
    ]  # fmt: skip
    assert (talk.texts, talk.state) == (["Ann", "B"], "B")
    assert talk.session.slots["call_error"] == "auth"


def test_the_registry_lasts_as_long_as_the_session() -> None:
    keeps = answers({"event": "registry", "name": "visits", "value": 2})
    flow = [say("A", pre="first", enter=[{"say": "{registry.visits} {globals.shop}"}],
                states=[say("B", condition={"expression": "registry.visits == 2"})])]  # fmt: skip
    talk = Conversation(flow, functions={"first": keeps}, shared={"shop": "Oslo"}).begin()
    assert (talk.texts, talk.session.registry) == (["2 Oslo"], {"visits": 2})
    talk.says("on")
    assert (talk.state, talk.session.registry) == ("B", {})


@pytest.mark.parametrize(
    "event", [{"name": "", "value": 1}, {"name": 5}, {"name": "x", "value": float("nan")}]
)
def test_what_the_registry_cannot_keep_is_told(event: dict[str, Any]) -> None:
    talk = Conversation(FLOW, functions={"first": answers({"event": "registry", **event})}).begin()
    assert (len(talk.records("registry_refused")), talk.session.registry) == (1, {})


def test_slots_win_over_the_words_for_values_of_others() -> None:
    flow = [say("A", enter=[{"set": {"globals": {"shop": "mine"}}}, {"say": "{globals.shop}"}])]
    assert Conversation(flow, shared={"shop": "ours"}).begin().texts == ["mine"]


def test_a_record_is_stored() -> None:
    steps = [{"set": {"n": 3}}, {"store": "feedback", "values": {
        "n": {"expression": "slots.n"}, "who": "{name}", "kept": True}, "key": "{name}"},
        {"store": "log", "values": {}, "key": "{gone}"}]  # fmt: skip
    talk = Conversation([{"name": "A", "enter": steps}], fields={"name": "Ann"}).begin()
    assert talk.of(StoreRecord) == [
        StoreRecord("feedback", {"n": 3, "who": "Ann", "kept": True}, "Ann"),
        StoreRecord("log", {}, None),
    ]


def test_what_follows_the_list_survives_a_wait() -> None:
    flow = [
        say("A", enter=[{"wait": "1m"}], collect={"slot": "x", "ask": "Well?"}, states=[say("B")])
    ]
    talk = Conversation(flow).begin()
    assert talk.texts == []
    assert talk.fires().texts == ["Well?"]


def test_a_reply_is_not_read_hours_later_but_asked_for_again() -> None:
    post = [{"call": "zips", "error": [{"say": "One moment."}, {"wait": "1h"}]}]
    question = {"slot": "zip", "ask": "Your ZIP?", "error": "digits!", "type": "number"}
    flow = [say("A", collect=question, post=post, timeout={"after": "2h", "goto": "B"}), say("B")]
    talk = Conversation(flow, apis={"zips": ActionReturned(failed="timeout")}).begin().says("0150")
    assert talk.texts == ["One moment."]
    talk.fires("wait")
    assert (talk.texts, talk.session.attempts, talk.session.slots.get("zip")) == (
        ["Your ZIP?"],
        0,
        None,
    )
    assert talk.fires("timeout").state == "B"


def test_a_value_is_made_fit_for_its_slot_or_refused() -> None:
    types = {
        "n": {"type": "number", "initial": 1},
        "sure": {"type": "yes_no"},
        "day": {"type": "date"},
    }
    steps = [{"set": {"n": "3", "sure": "yes", "day": "2026-02-28"}},
             {"set": {"n": "three", "sure": "perhaps", "day": "2026-02-30"}}]  # fmt: skip
    talk = Conversation({"slots": types, "states": [{"name": "A", "enter": steps}]}).begin()
    assert talk.session.slots == {"n": 3, "sure": True, "day": "2026-02-28"}
    assert [r.data["slot"] for r in talk.records("slot_refused")] == ["n", "sure", "day"]
    assert len(talk.of(SetSlot)) == 3


@pytest.mark.parametrize("name", ["language", "time_zone"])
@pytest.mark.parametrize("value", [5, True, ["en"], {"a": 1}])
def test_what_every_turn_reads_of_a_contact_is_a_text(name: str, value: Any) -> None:
    words = {"say": {"de": "hallo", "en": "hi"}}
    flow = [{"name": "A", "enter": [{"processor": "first"}, words]}]
    functions = {"first": answers(slot(name, value))}
    talk = Conversation(flow, functions=functions, fields={name: "en"}, language="en").begin()
    assert (talk.texts, talk.fields[name]) == (["hi"], "en")
    [refused] = talk.records("slot_refused")
    assert refused.data == {"slot": name, "expected": "text"}
