"""Actions and Python conditions within a turn: failures, limits, the journal, timers."""

from typing import Any

import pytest

from bot.domain.actions import ActionFailed, ActionResult
from bot.domain.events import Event
from bot.domain.records import TurnRecord, Unreachable
from bot.engine.run import CALLS_PER_TURN
from bot.services.sessions import BUSY_SECONDS, TIMER_ATTEMPTS
from bot.store.memory import MemoryStore
from tests.services.test_answering import human
from tests.services.world import ANN_ID, Contended, Runner, World, flow, say, texts

ANY = "get_smth_from_user"
DOWN = ActionFailed("look_up", "the action server does not answer")
LOOK_UP = flow(
    say("A", "Your order?", states=[
        {"name": "B", "condition": ANY, "enter": [
            {"set": {"first_name": "Ann"}}, {"add_tag": "asked"}, {"note": "asks"},
            {"say": "One moment"}, {"action": "look_up"}, {"say": "Anything else?"}],
         "states": [say("C", condition=ANY)]},
    ]),
    keyword="order",
)  # fmt: skip


async def test_an_action_runs_and_the_rest_of_the_steps_behind_it() -> None:
    found = ActionResult(
        ({"event": "slot", "name": "order", "value": 7}, {"event": "slot", "name": "tags",
                                                          "value": ["buyer"]}),
        ({"text": "Order 7"},),
    )  # fmt: skip
    world = await World(runner=Runner({"look_up": [found]})).open(order=LOOK_UP)
    await world.says("order")
    assert await world.says("7") == ["One moment", "Order 7", "Anything else?"]
    contact = await world.contact()
    assert (contact.tags, contact.fields["first_name"]) == (frozenset({"buyer"}), "Ann")
    ((name, key),) = world.runner.calls
    message = (await world.store.list_messages(1, direction="in")).items[0]
    assert (name, key) == ("look_up", f"{message.id}:1:look_up")
    (tracker,) = world.runner.trackers
    assert tracker["latest_message"]["text"] == "7"
    assert tracker["slots"] == {"declared": None, "first_name": "Ann", "tags": ["asked"]}
    shown = [e["event"] for e in tracker["events"]]
    assert shown == ["user", "session_started", "bot", "user", "slot", "bot"]
    assert world.figures.told.count(("action", "answered")) == 1


async def test_a_failing_action_leaves_all_as_it_was_but_for_an_apology() -> None:
    world = await World(runner=Runner({"look_up": [DOWN, texts("Order 7")]})).open(order=LOOK_UP)
    await world.says("order")
    (before,) = await world.sessions()
    said = await world.says("7")
    assert len(said) == 1
    assert said[0].startswith("Sorry")
    (after,) = await world.sessions()
    assert (after.state, after.status, after.slots) == ("A", "active", before.slots)
    contact = await world.contact()
    assert (contact.tags, contact.fields) == (frozenset(), {})
    (failed,) = await world.events("action_failed")
    assert failed.data == {"name": "look_up", "reason": DOWN.reason}
    for type in ("note_added", "tag_added", "slot_set"):
        assert await world.events(type) == []
    assert ("action", "failed") in world.figures.told
    assert await world.says("7") == ["One moment", "Order 7", "Anything else?"]


async def test_a_flow_whose_first_action_fails_is_not_begun() -> None:
    start = flow({"name": "A", "enter": "look_up", "states": [say("B", condition=ANY)]},
                 triggers=[{"keyword": ["go"], "interrupt": True}])  # fmt: skip
    world = await World(runner=Runner({"look_up": [DOWN]})).open(start=start, order=LOOK_UP)
    assert (await world.says("go"))[0].startswith("Sorry")
    assert await world.sessions() == []
    assert await world.types() == ["message_received", "action_failed", "message_queued"]
    await world.says("order")
    assert (await world.says("go"))[0].startswith("Sorry")
    assert [(s.flow, s.status) for s in await world.sessions()] == [("order", "active")]


async def test_actions_that_ask_for_each_other_end_politely() -> None:
    again = ActionResult(({"event": "followup", "name": "again"},))
    start = flow({"name": "A", "enter": "again"}, keyword="go")
    world = await World(runner=Runner({"again": [again]})).open(start=start)
    (said,) = await world.says("go")
    assert said.startswith("Sorry")
    assert len(world.runner.calls) == CALLS_PER_TURN
    (reached,) = await world.events("limit_reached")
    assert reached.data["limit"] == "calls_per_turn"
    (session,) = await world.sessions()
    assert session.ended_because == "limit"


async def test_as_many_calls_as_are_allowed_are_made() -> None:
    again = ActionResult(({"event": "followup", "name": "again"},))
    start = flow({"name": "A", "enter": ["again", {"say": "Done"}]}, keyword="go")
    script: list[Any] = [*[again] * (CALLS_PER_TURN - 1), ActionResult()]
    world = await World(runner=Runner({"again": script})).open(start=start)
    assert await world.says("go") == ["Done"]


# The journal.


class Falling(MemoryStore):
    """Cannot save a turn, so many times."""

    falls = 1

    async def save(self, turn: TurnRecord) -> bool:
        if turn.claims_message and self.falls:
            self.falls -= 1
            raise Unreachable("the disk is full")
        return await super().save(turn)


@pytest.mark.parametrize(("remote", "calls"), [(True, 1), (False, 2)])
async def test_a_turn_made_again_reads_what_a_remote_action_answered(
    remote: bool, calls: int
) -> None:
    start = flow({"name": "A", "enter": "look_up"}, keyword="go")
    runner = Runner({"look_up": [texts("Order 7"), texts("Order 8")]}, remote=remote)
    world = await World(runner=runner, store=Falling()).open(start=start)
    await world.arrives("go")
    with pytest.raises(Unreachable):
        await world.take_turns()
    await world.contact_turns.drain(ANN_ID)
    assert len(runner.calls) == calls
    assert len(set(runner.calls)) == 1  # the same key each time
    assert world.provider.texts == ["Order 7" if remote else "Order 8"]


async def test_a_turn_that_goes_another_way_does_not_take_another_answer() -> None:
    start = flow({"name": "A", "enter": "look_up"}, keyword="go")
    other = flow({"name": "A", "enter": "look_down"}, keyword="go")
    runner = Runner({"look_up": [texts("Up")], "look_down": [texts("Down")]}, remote=True)
    world = await World(runner=runner, store=Falling()).open(start=start)
    await world.arrives("go")
    with pytest.raises(Unreachable):
        await world.take_turns()
    await world.publish(start=other)
    await world.contact_turns.drain(ANN_ID)
    assert [name for name, _ in runner.calls] == ["look_up", "look_down"]
    assert world.provider.texts == ["Down"]


async def test_a_turn_that_lost_the_race_is_made_anew_from_what_is_there_now() -> None:
    store = Contended()
    world = await World(runner=Runner({"look_up": [texts("Order 7")]}), store=store).open(
        order=LOOK_UP
    )
    await world.says("order")
    store.losses = 2
    assert await world.says("7") == ["One moment", "Order 7", "Anything else?"]
    contact = await world.contact()
    assert (contact.fields["meddled"], contact.fields["first_name"]) == (0, "Ann")
    assert world.provider.texts == ["Your order?", "One moment", "Order 7", "Anything else?"]
    assert len(await world.events("action_ran")) == 1


async def test_a_turn_that_always_loses_is_left_for_later() -> None:
    store = Contended()
    start = flow(
        {"name": "A", "enter": [{"set": {"first_name": "Ann"}}, {"say": "Hi"}]}, keyword="go"
    )
    world = await World(store=store).open(start=start)
    store.losses = 50
    assert await world.says("go") == []
    store.losses = 0
    await world.passes(6)
    assert world.provider.texts == ["Hi"]


# Python conditions.


BY_CONDITION = flow(
    say("A", states=[say("B", condition="is_adult"), say("C", condition=ANY)]), keyword="go"
)


async def test_conditions_are_asked_once_for_all_that_the_turn_may_meet() -> None:
    runner = Runner(answers={"is_adult": True, "go.unused": True})
    world = await World(runner=runner).open(go=BY_CONDITION)
    await world.says("go")
    assert await world.says("yes") == ["B"]
    assert runner.asked[-1] == ("is_adult",)


async def test_a_condition_of_the_flow_s_own_wins() -> None:
    runner = Runner(answers={"is_adult": True, "go.is_adult": False})
    world = await World(runner=runner).open(go=BY_CONDITION)
    await world.says("go")
    assert await world.says("yes") == ["C"]


async def test_conditions_that_cannot_be_asked_do_not_hold_and_the_log_says_so() -> None:
    runner = Runner(answers={"is_adult": True})
    world = await World(runner=runner).open(go=BY_CONDITION)
    await world.says("go")
    runner.deaf = ActionFailed("is_adult", "no answer")
    assert await world.says("yes") == ["C"]
    (failed,) = await world.events("condition_failed")
    assert failed.data == {"name": "is_adult", "reason": "no answer"}


async def test_where_no_condition_is_in_the_way_none_is_asked() -> None:
    world = await World(runner=Runner(answers={"is_adult": True})).open(order=LOOK_UP)
    await world.says("order")
    assert world.runner.asked == []


# Timers.


REMIND = flow(
    say("A", enter=[{"say": "See you"}, {"wait": "1h"}, {"action": "look_up"}]), keyword="go"
)


async def test_a_timer_is_a_turn_of_its_own() -> None:
    world = await World(runner=Runner({"look_up": [texts("There you are")]})).open(go=REMIND)
    await world.says("go")
    (session,) = await world.sessions()
    assert session.status == "dormant"
    await world.passes(3601)
    assert world.provider.texts == ["See you", "There you are"]
    (session,) = await world.sessions()
    assert (session.status, session.timers) == ("ended", ())
    assert ("turn", "timer") in world.figures.told
    await world.passes(7200, 4)
    assert len(world.runner.calls) == 1


async def test_a_failing_action_on_a_timer_is_tried_again_later_and_in_silence() -> None:
    script: list[Any] = [DOWN, DOWN, texts("There you are")]
    world = await World(runner=Runner({"look_up": script})).open(go=REMIND)
    await world.says("go")
    await world.passes(3601)
    assert world.provider.texts == ["See you"]
    assert (await world.sessions())[0].status == "dormant"
    await world.passes(100)
    assert len(world.runner.calls) == 1
    await world.passes(3600, 60)
    assert world.provider.texts == ["See you", "There you are"]
    assert len({key for _, key in world.runner.calls}) == 3
    assert (await world.sessions())[0].status == "ended"


async def test_what_an_earlier_try_of_a_timer_called_is_not_called_again() -> None:
    steps = [{"wait": "1h"}, "charge", "look_up"]
    script: dict[str, Any] = {"charge": [texts("Paid")], "look_up": [DOWN, texts("Order 7")]}
    world = await World(runner=Runner(script, remote=True)).open(
        go=flow({"name": "A", "enter": steps}, keyword="go")
    )
    await world.says("go")
    await world.passes(3601)
    assert world.provider.texts == []
    await world.passes(3600, 60)
    assert world.provider.texts == ["Paid", "Order 7"]
    assert [name for name, _ in world.runner.calls] == ["charge", "look_up", "look_up"]


async def test_a_timer_is_given_up_at_last_and_holds_its_session_no_longer() -> None:
    world = await World(runner=Runner({"look_up": [DOWN]})).open(go=REMIND)
    await world.says("go")
    await world.passes(2 * 86400, 500)
    assert len(world.runner.calls) == TIMER_ATTEMPTS
    assert len(await world.events("timer_given_up")) == 1
    (session,) = await world.sessions()
    assert (session.status, session.timers) == ("ended", ())
    assert (await world.store.counts())["pending_timers"] == 0


async def test_an_active_session_waits_on_without_the_timer_that_was_given_up() -> None:
    asks = flow(
        say("A", timeout={"after": "1h", "enter": "look_up", "times": 1, "goto": "Z"},
            states=[say("B", condition=ANY)]),
        say("Z"), keyword="go", expires_after="30d",
    )  # fmt: skip
    world = await World(runner=Runner({"look_up": [DOWN]})).open(go=asks)
    await world.says("go")
    await world.passes(2 * 86400, 500)
    (session,) = await world.sessions()
    assert (session.state, session.status, session.timers) == ("A", "active", ())
    assert await world.says("hi") == ["B"]


async def test_a_message_of_a_flow_that_a_timer_started_fails_in_silence() -> None:
    go = flow(say("A", enter=[{"say": "1"}, {"wait": "1h"}, {"say": "2"}, {"start": "two"}]),
              keyword="go")  # fmt: skip
    two = flow({"name": "B", "enter": "look_up"})
    world = await World(runner=Runner({"look_up": [DOWN]})).open(go=go, two=two)
    await world.says("go")
    await world.passes(3601)
    assert world.provider.texts == ["1", "2"]
    assert len(await world.events("action_failed")) == 1


TALK = flow(say("Q", states=[say("R", condition=ANY)]), keyword="talk")


async def test_a_timer_does_not_speak_into_another_flow_s_conversation() -> None:
    world = await World(runner=Runner({"look_up": [texts("There you are")]})).open(
        go=REMIND, talk=TALK
    )
    await world.says("go")
    await world.passes(3500)
    await world.says("talk")
    await world.passes(200)
    assert world.provider.texts == ["See you", "Q"]
    await world.says("bye")
    await world.passes(BUSY_SECONDS + 1)
    assert world.provider.texts == ["See you", "Q", "R", "There you are"]


async def test_timers_that_are_put_off_and_tried_again_leave_no_trace_in_those_they_set() -> None:
    asks = flow(
        say("A", timeout={"after": "1h", "enter": "look_up", "times": 99, "goto": "Z"},
            states=[say("B", condition=ANY)]),
        say("Z"), keyword="go", expires_after="30d",
    )  # fmt: skip
    talk = flow(say("Q", states=[say("R", condition=ANY)]), expires_after="30d",
                triggers=[{"keyword": ["talk"], "interrupt": True}])  # fmt: skip
    rounds = 5
    runner = Runner({"look_up": [DOWN, texts("still there?")] * rounds})
    world = await World(runner=runner).open(go=asks, talk=talk)
    await world.says("go")
    for _ in range(rounds):
        await world.says("talk")
        await world.passes(3600 + BUSY_SECONDS, 4)
        await world.says("bye")
        await world.passes(2 * BUSY_SECONDS, 4)
    assert world.provider.texts.count("still there?") == rounds
    assert await world.events("timer_given_up") == []
    assert await world.events("turn_failed") == []


async def test_a_flow_that_was_left_without_an_answer_holds_no_timer_for_ever() -> None:
    world = await World(runner=Runner({"look_up": [DOWN, texts("There you are")]})).open(
        go=REMIND, talk=TALK
    )
    await world.says("go")
    await world.passes(3500)
    await world.says("talk")
    await world.passes(8000, 80)
    assert world.provider.texts == ["See you", "Q", "There you are"]
    ended = {s.flow: s.ended_because for s in await world.sessions()}
    assert ended == {"go": "completed", "talk": "expired"}


async def test_the_bot_s_timers_leave_a_human_in_peace() -> None:
    world = await World(runner=Runner({"look_up": [texts("There you are")]})).open(go=REMIND)
    await world.says("go")
    await human(world)
    await world.passes(5 * 86400, 1000)
    assert world.provider.texts == ["See you"]
    (session,) = await world.sessions()
    (timer,) = session.timers
    assert len(timer.id) < 60  # however often it was put off


async def test_a_timer_that_a_message_of_the_same_moment_cancelled_stays_silent() -> None:
    asks = flow(
        say("A", timeout={"after": "1h", "enter": {"say": "Still there?"}, "times": 1, "goto": "Z"},
            states=[say("B", condition=ANY)]),
        say("Z"), keyword="go",
    )  # fmt: skip
    world = await World().open(go=asks)
    await world.says("go")
    await world.arrives("yes")
    world.clock.at += 3600
    await world.take_turns()
    await world.passes(10, 2)
    assert world.provider.texts == ["A", "B"]


# Hand-over and mail.


async def test_a_hand_over_leaves_the_conversation_to_a_human() -> None:
    go = flow(say("A", enter=[{"say": "Wait"}, {"hand_over": "asked for it"}],
                  states=[say("B", condition=ANY)]), keyword="go")  # fmt: skip
    world = await World().open(go=go)
    assert await world.says("go") == ["Wait"]
    assert await world.says("hello?") == []
    (over,) = await world.events("handed_over")
    assert over.data == {"reason": "asked for it"}
    conversation = await world.store.conversation((await world.last()).conversation_id)
    assert conversation is not None
    assert conversation.status == "human"


async def test_an_action_s_pause_is_a_hand_over() -> None:
    world = await World(runner=Runner({"a": [ActionResult(({"event": "pause"},))]})).open(
        go=flow({"name": "A", "enter": "a", "states": [say("B", condition=ANY)]}, keyword="go")
    )
    await world.says("go")
    assert await world.says("x") == []


MAIL = flow(
    say(
        "A", enter=[{"email": {"subject": "Hi\nthere", "text": "Dear {first_name}"}}, {"say": "ok"}]
    ),
    keyword="mail",
)


async def mailing(email: str | None) -> tuple[World, list[Event]]:
    world = await World().open(
        mail=MAIL,
        me=flow(say("M", enter=[{"set": {"email": email}}, {"say": "noted"}]), keyword="me"),
    )
    if email is not None:
        await world.says("me")
    assert await world.says("mail") == ["ok"] or email is not None
    await world.passes(1)
    return world, await world.events("email_skipped")


async def test_a_mail_goes_to_the_contact_s_address() -> None:
    world, skipped = await mailing("ann@example.com")
    ((sent, _, _),) = world.mail.books
    assert (sent.address, sent.connector) == ("email:ann@example.com", "email")
    assert sent.content["subject"] == "Hi\nthere"
    assert skipped == []
    assert world.provider.texts == ["noted", "ok"]


@pytest.mark.parametrize("email", [None, "", "@", "ann", "a@b.c, d@e.f", "a@b.c\nBcc: x@y.z"])
async def test_without_an_address_a_mail_is_skipped_and_the_log_says_so(email: str | None) -> None:
    world, skipped = await mailing(email)
    assert world.mail.books == []
    assert [e.data["reason"] for e in skipped] == ["the contact has no e-mail address"]
