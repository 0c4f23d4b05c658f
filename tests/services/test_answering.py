"""Who answers a message, and what becomes of sessions: expiry, interrupts, flows that start flows."""

from typing import Any

import pytest

from bot.domain.actions import ActionFailed
from bot.services.turns import FLOW_GONE, FLOWS_PER_TURN, FLOWS_WAITING
from tests.services.world import ANN_ID, Reader, Runner, World, flow, say, texts

ANY = "get_smth_from_user"
COUPON = flow(
    say("OFFER", "Want one?", states=[say("CODE", "Here: X1", condition="is_user_reply_yes")]),
    triggers=[{"keyword": ["coupon"], "interrupt": True}],
)
SURVEY = flow(
    say("Q1", "How are you?", states=[
        say("Q2", "And your cat?", condition=ANY, states=[say("DONE", "Thanks", condition=ANY)])
    ]),
    keyword="survey", expires_after="1h",
)  # fmt: skip
ASK = flow(
    {"name": "AGE", "enter": [{"say": "Your age?"}],
     "collect": {"slot": "age", "type": "number", "exit_words": ["coupon", "never mind"]}},
    keyword="age",
)  # fmt: skip
WELCOME = flow(say("HELLO", states=[say("MORE", condition=ANY)]))
READER = {"yes": ("affirm", 0.95), "leave me alone": ("opt_out", 0.9), "eh": ("opt_out", 0.8)}


async def opened(**flows: Any) -> World:
    return await World(reader=Reader(dict(READER)), default_flow="welcome").open(**flows)


async def project() -> World:
    return await opened(coupon=COUPON, survey=SURVEY, ask=ASK, welcome=WELCOME)


async def human(world: World) -> None:
    """A human takes the conversation over."""
    world.store._tables.conversations = {
        key: type(it)(**{f: getattr(it, f) for f in it.__slots__} | {"status": "human"})
        for key, it in world.store._tables.conversations.items()
    }


# Who answers, in order.


@pytest.mark.parametrize("word", ["STOP", " stop. ", "Unsubscribe", "leave me alone"])
async def test_opt_out_comes_before_all(word: str) -> None:
    world = await project()
    await world.says("survey")
    assert await world.says(word) == ["Goodbye."]
    assert (await world.contact()).opted_out
    (session,) = await world.sessions()
    assert (session.status, session.ended_because) == ("ended", "opted_out")
    (change,) = world.store._tables.consent
    assert (change.kind, change.evidence) == ("opted_out", word)


async def test_an_unsure_wish_to_be_left_alone_is_a_message_like_others() -> None:
    world = await project()
    assert await world.says("eh") == ["HELLO"]


async def test_after_an_opt_out_only_start_is_heard() -> None:
    world = await project()
    await world.says("STOP")
    for text in ("coupon", "HELP", "STOP", "hello", "leave me alone"):
        assert await world.says(text) == []
    reasons = [e.data["reason"] for e in await world.events("message_ignored")]
    assert reasons == ["opted_out"] * 5
    assert await world.says("START") == ["Welcome back."]
    assert not (await world.contact()).opted_out
    assert await world.says("coupon") == ["Want one?"]


async def test_start_is_a_text_like_others_for_who_is_in() -> None:
    world = await project()
    await world.says("survey")
    assert await world.says("start") == ["And your cat?"]


async def test_a_provider_that_answers_such_words_itself_is_not_doubled() -> None:
    world = await project()
    for text in ("HELP", "STOP", "START"):
        assert await world.says(text, provider_answers_keywords=True) == []
    assert await world.types() == [
        "message_received", "help_asked", "message_received", "contact_opted_out",
        "message_received", "contact_opted_in",
    ]  # fmt: skip


async def test_the_provider_s_own_reading_of_a_word_counts() -> None:
    world = await project()
    await world.says("tschüss", consent="stop", provider_answers_keywords=True)
    assert (await world.contact()).opted_out


async def test_help_comes_before_the_active_session_and_leaves_it() -> None:
    world = await project()
    await world.says("survey")
    assert await world.says("help") == ["Help."]
    assert await world.says("fine") == ["And your cat?"]


async def test_a_human_who_has_taken_over_answers() -> None:
    world = await project()
    await world.says("survey")
    await human(world)
    assert await world.says("coupon") == []
    assert (await world.events("left_to_human"))[-1].data == {}
    assert await world.says("HELP") == ["Help."]
    assert await world.says("STOP") == ["Goodbye."]


async def test_exit_words_come_before_interrupts() -> None:
    world = await project()
    assert await world.says("age") == ["Your age?"]
    assert await world.says("Coupon") == []
    (session,) = await world.sessions()
    assert session.ended_because == "exit_word"


async def test_interrupts_come_before_the_active_session_which_goes_on_behind_it() -> None:
    world = await project()
    await world.says("survey")
    assert await world.says("coupon") == ["Want one?"]
    assert [s.status for s in await world.sessions()] == ["suspended", "active"]
    assert await world.says("yes") == ["Here: X1"]
    assert [s.status for s in await world.sessions()] == ["active", "ended"]
    assert (await world.events("session_suspended"))[0].data == {"by": "coupon"}
    assert (await world.events("session_resumed"))[0].flow == "survey"
    assert await world.says("fine") == ["And your cat?"]


async def test_flows_that_interrupt_each_other_do_not_pile_up() -> None:
    def drink(word: str) -> dict[str, Any]:
        trigger = {"keyword": [word], "interrupt": True}
        return flow(say(word, states=[say("more", condition="asked")]), triggers=[trigger])

    world = await World().open(tea=drink("tea"), milk=drink("milk"))
    for _ in range(FLOWS_WAITING):
        assert await world.says("tea") == ["tea"]
        assert await world.says("milk") == ["milk"]
    found = await world.sessions()
    assert sum(s.status == "suspended" for s in found) == FLOWS_WAITING
    assert {s.ended_because for s in found if s.status == "ended"} == {"too_many"}


async def test_the_active_session_comes_before_triggers() -> None:
    world = await project()
    await world.says("survey")
    assert await world.says("age") == ["And your cat?"]


async def test_triggers_come_before_the_default_flow() -> None:
    world = await project()
    assert await world.says("Age") == ["Your age?"]
    assert [s.flow for s in await world.sessions()] == ["ask"]


async def test_the_default_flow_takes_the_rest() -> None:
    world = await project()
    assert await world.says("hello") == ["HELLO"]
    (started,) = await world.events("flow_started")
    assert started.data == {"trigger": "default"}


async def test_where_nobody_answers_the_contact_hears_so() -> None:
    world = await World().open(coupon=COUPON)
    assert await world.says("hello") == ["What?"]
    assert await world.types() == ["message_received", "nobody_answered", "message_queued"]
    assert await world.sessions() == []


async def test_the_message_s_event_tells_its_session_parse_and_media() -> None:
    world = await project()
    await world.says("yes", media=[{"url": "https://x/1", "content_type": "image/png"}])
    received = (await world.events("message_received"))[0]
    (session,) = await world.sessions()
    assert (received.session_id, received.flow) == (session.id, "welcome")
    assert received.data["parse"]["intent"] == {"name": "affirm", "confidence": 0.95}
    assert received.data["media"][0]["url"] == "https://x/1"
    assert (await world.events("media_received"))[0].data["media"] == received.data["media"]


async def test_a_profile_name_is_kept_once() -> None:
    world = await project()
    await world.says("hi", profile_name="Ann")
    await world.says("hi", profile_name="Anna")
    assert (await world.contact()).fields == {"profile_name": "Ann"}


# Expiry.


async def test_a_session_that_was_silent_for_too_long_ends_and_the_message_starts_afresh() -> None:
    world = await project()
    await world.says("survey")
    await world.passes(3600)
    assert await world.says("survey") == ["How are you?"]
    first, second = await world.sessions()
    assert (first.ended_because, second.status) == ("expired", "active")
    (ended,) = await world.events("session_ended")
    assert (ended.session_id, ended.data) == (first.id, {"reason": "expired"})


async def test_each_message_keeps_a_session_alive() -> None:
    world = await project()
    await world.says("survey")
    await world.passes(3590)
    assert await world.says("fine") == ["And your cat?"]
    await world.passes(3590)
    assert await world.says("fine too") == ["Thanks"]


async def test_a_pending_timer_suspends_expiry() -> None:
    waits = flow(say("A", timeout={"after": "3h"}, states=[say("B", condition=ANY)]), keyword="w")
    world = await opened(waits=waits)
    await world.says("w")
    await world.passes(7200)
    assert await world.says("hm") == ["B"]


async def test_when_what_interrupted_expires_the_interrupted_goes_on() -> None:
    long = flow(say("Q", states=[say("A", condition=ANY)]), keyword="long", expires_after="7d")
    world = await opened(long=long, coupon=COUPON)
    await world.says("long")
    await world.says("coupon")
    await world.passes(3700)
    assert await world.says("fine") == ["A"]
    assert [s.ended_because for s in await world.sessions()] == ["completed", "expired"]


async def test_what_was_interrupted_expires_too() -> None:
    world = await project()
    await world.says("survey")
    await world.says("coupon")
    await world.passes(3700)
    assert await world.says("hello") == ["HELLO"]
    assert [s.ended_because for s in await world.sessions()] == ["expired", "expired", None]


async def test_a_session_whose_state_is_gone_ends() -> None:
    world = await project()
    await world.says("survey")
    world.store._tables.flows.clear()
    world.flows._versions.clear()
    await world.publish(survey=flow(say("OTHER"), keyword="survey"), welcome=WELCOME)
    assert await world.says("fine") == [FLOW_GONE, "HELLO"]
    assert (await world.sessions())[0].ended_because == "state_gone"


# Flows that start flows.


async def test_a_step_starts_another_flow_in_the_same_turn() -> None:
    world = await opened(
        one=flow({"name": "A", "enter": [
            {"say": "first"}, {"set": {"first_name": "Ann"}}, {"start": "two"}]}, keyword="one"),
        two=flow(say("B", "second, {first_name}", states=[say("C", condition=ANY)])),
    )  # fmt: skip
    assert await world.says("one") == ["first", "second, Ann"]
    one, two = await world.sessions()
    assert (one.ended_because, two.status, two.flow) == ("started_another", "active", "two")


async def test_flows_that_start_each_other_in_a_circle_end_politely() -> None:
    def starting(other: str) -> dict[str, Any]:
        return flow({"name": "A", "enter": [{"say": other}, {"start": other}]}, keyword=other)

    world = await opened(one=starting("two"), two=starting("one"))
    assert len(await world.says("one")) == FLOWS_PER_TURN
    (refused,) = await world.events("flow_not_started")
    assert refused.data["reason"] == "too many flows in one turn"
    assert {s.status for s in await world.sessions()} == {"ended"}


async def test_a_flow_that_is_not_there_is_not_started_and_the_interrupted_goes_on() -> None:
    lost = flow({"name": "A", "enter": [{"start": "gone"}]},
                triggers=[{"keyword": ["lost"], "interrupt": True}])  # fmt: skip
    world = await opened(survey=SURVEY, lost=lost)
    await world.says("survey")
    assert await world.says("lost") == []
    assert (await world.events("flow_not_started"))[0].data["reason"] == "there is no such flow"
    assert await world.says("fine") == ["And your cat?"]


async def test_where_a_started_flow_fails_the_interrupted_goes_on() -> None:
    runner = Runner({"crash": [ActionFailed("crash", "boom")]})
    one = flow({"name": "A", "enter": [{"say": "first"}, {"start": "two"}]},
               triggers=[{"keyword": ["one"], "interrupt": True}])  # fmt: skip
    two = flow({"name": "B", "enter": "crash", "states": [say("C", condition=ANY)]})
    world = await World(runner=runner).open(survey=SURVEY, one=one, two=two)
    await world.says("survey")
    said = await world.says("one")
    assert (said[0], len(said)) == ("first", 2)
    assert said[1].startswith("Sorry")
    assert [s.flow for s in await world.sessions()] == ["survey", "one"]
    assert await world.says("fine") == ["And your cat?"]


async def test_the_actions_of_a_started_flow_have_keys_of_their_own() -> None:
    runner = Runner({"a": [texts("from a")], "b": [texts("from b")]}, remote=True)
    one = flow({"name": "A", "enter": [{"action": "a"}, {"start": "two"}]}, keyword="one")
    two = flow({"name": "B", "enter": [{"action": "b"}]})
    world = await World(runner=runner).open(one=one, two=two)
    assert await world.says("one") == ["from a", "from b"]
    assert len({key for _, key in runner.calls}) == 2


async def test_a_started_flow_s_own_conditions_are_asked() -> None:
    runner = Runner(answers={"is_friend": True})
    two = flow(say("B", states=[say("C", condition="is_friend")]) | {"pass": True})
    go = {"name": "GO", "condition": ANY, "enter": [{"start": "two"}]}
    hold = flow(say("H", states=[go]), keyword="hold")
    world = await World(runner=runner).open(two=two, hold=hold)
    await world.says("hold")
    assert await world.says("go") == ["B", "C"]


async def test_one_contact_s_turns_are_counted() -> None:
    world = await project()
    await world.says("coupon")
    await world.says("yes")
    assert world.figures.told == [
        ("received", "twilio"), ("turn", "message"), ("sent by twilio", "accepted"),
        ("received", "twilio"), ("turn", "message"), ("sent by twilio", "accepted"),
    ]  # fmt: skip
    assert (await world.contact()).id == ANN_ID


class Stumbling(Reader):
    """Has a bug that one text meets."""

    def parse(self, text: str, language: str | None = None, **_: Any) -> Any:
        if text == "bug":
            raise KeyError("a defect of ours")
        return super().parse(text, language)


async def test_a_message_that_meets_a_bug_holds_up_no_other() -> None:
    world = await World(reader=Stumbling()).open(survey=SURVEY)
    await world.says("survey")
    await world.arrives("bug")
    await world.arrives("fine")
    await world.take_turns()
    assert world.provider.texts[0] == "How are you?"
    assert world.provider.texts[1].startswith("Sorry")
    assert world.provider.texts[2] == "And your cat?"
    (failed,) = await world.events("turn_failed")
    assert "a defect of ours" in failed.data["reason"]


@pytest.mark.parametrize(("address", "counted"), [("sms:+15550001", 1), ("email:sms@x.y", None)])
async def test_only_text_messages_are_counted_in_segments(
    address: str, counted: int | None
) -> None:
    world = await World().open()
    await world.says("hi", address)
    assert (await world.last()).segments == counted
