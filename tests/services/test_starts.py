"""Flows that are started from outside, and the turns in which they begin."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.actions import ActionFailed
from bot.domain.contacts import Contact, contact_id_for
from bot.domain.records import TurnRecord
from bot.domain.starts import Start
from bot.domain.timers import Timer
from bot.services.sessions import BUSY_SECONDS
from bot.services.starts import (
    HELD_SECONDS,
    FlowUnknown,
    KeyTaken,
    NoEntry,
    Recipient,
    StartRefused,
)
from tests.services.starting import asking, manual, meet, refusals, set_contact, starts_of, to
from tests.services.world import ANN, ANN_ID, OURS, Contended, Runner, World, flow, say, texts

NEW = "sms:+15550123"
HELLO = manual(say("HELLO", "Hello {name}"), slots={"name": {}})


async def test_a_flow_begins_in_the_contacts_conversation() -> None:
    world = await World().open(hello=HELLO)
    ann = await meet(world)
    await starts_of(world).by_hand("hello", Recipient(contact_id=ann), {"name": "Ann"})
    await world.take_turns()
    assert world.provider.texts == ["Hello Ann"]
    [session] = await world.sessions()
    assert (session.flow, session.slots, session.contact_id) == ("hello", {"name": "Ann"}, ann)
    [started] = await world.events("flow_started")
    assert started.data["trigger"] == "manual"
    assert started.session_id == session.id


async def test_a_flow_that_asks_goes_on_with_the_answer() -> None:
    world = await World().open(survey=manual(asking()))
    await meet(world)
    await starts_of(world).by_hand("survey", to(), {})
    await world.take_turns()
    assert world.provider.texts == ["How are you?"]
    assert await world.says("fine") == ["Thanks"]


async def test_an_address_never_seen_before_makes_contact_and_conversation() -> None:
    world = await World().open(hello=HELLO)
    await starts_of(world).by_hand("hello", to(NEW), {"name": "Eve"})
    await world.take_turns()
    assert world.provider.texts == ["Hello Eve"]
    [sent] = await world.outbound()
    assert (sent.address, sent.sender, sent.connector) == (NEW, OURS, "twilio")
    assert sent.contact_id == contact_id_for(NEW)
    assert await world.store.contact_addresses(contact_id_for(NEW)) == [NEW]
    # Her answer comes to the same conversation.
    assert (await world.store.message(await world.arrives("hi", NEW))).conversation_id == (  # type: ignore[union-attr]
        sent.conversation_id
    )


async def test_an_address_of_a_contact_on_another_channel() -> None:
    world = await World().open(hello=HELLO)
    ann = await meet(world)
    await starts_of(world).by_hand("hello", to(ANN.replace("sms", "whatsapp")), {})
    await world.take_turns()
    [(sent, _, _)] = world.provider.books
    assert (sent.contact_id, sent.sender) == (ann, OURS.replace("sms", "whatsapp"))
    assert len((await world.store.list_conversations(9, contact_id=ann)).items) == 2


async def test_many_requests_for_a_newcomer_make_one() -> None:
    world = await World(store=Contended()).open(hello=HELLO)
    starts = starts_of(world)
    await asyncio.gather(*(starts.by_hand("hello", to(NEW), {}, key=f"{n}") for n in range(5)))
    assert len((await world.store.list_contacts(9)).items) == 1
    assert len((await world.store.list_conversations(9)).items) == 1
    await world.take_turns()
    assert len(await world.sessions()) == 5


async def test_the_latest_conversation_is_taken() -> None:
    world = await World().open(hello=HELLO)
    ann = await meet(world)
    await starts_of(world).by_hand("hello", to(ANN.replace("sms", "whatsapp")), {}, at=9e12)
    await meet(world)  # writes by SMS once more
    world.clock.at += 10
    await starts_of(world).by_hand("hello", Recipient(contact_id=ann), {})
    await world.take_turns()
    assert [sent.address for sent, _, _ in world.provider.books] == [ANN]


async def test_the_sender_may_be_named() -> None:
    world = await World().open(hello=HELLO)
    other = Recipient(address=NEW, connector="twilio", sender="+15557777")
    await starts_of(world).by_hand("hello", other, {})
    await world.take_turns()
    assert [m.sender for m in await world.outbound()] == ["sms:+15557777"]


async def test_a_start_for_later_waits() -> None:
    world = await World().open(hello=HELLO)
    await meet(world)
    await starts_of(world).by_hand("hello", to(), {}, at=world.clock.at + 3600)
    await world.passes(3500)
    assert world.provider.texts == []
    await world.passes(200)
    assert world.provider.texts == ["Hello "]
    # One for a time that is over goes at once.
    await starts_of(world).by_hand("hello", to(), {}, at=1.0)
    await world.take_turns()
    assert len(world.provider.texts) == 2


async def test_a_request_that_is_repeated_starts_once() -> None:
    world = await World().open(hello=HELLO)
    await meet(world)
    starts = starts_of(world)
    ids = [await starts.by_hand("hello", to(), {"name": "Ann"}, key="k1") for _ in range(3)]
    await world.take_turns()
    ids.append(await starts.by_hand("hello", to(), {"name": "Ann"}, key="k1"))
    await world.take_turns()
    assert len(set(ids)) == 1
    assert world.provider.texts == ["Hello Ann"]
    await starts.by_hand("hello", to(), {"name": "Ann"}, key="k2")
    await world.take_turns()
    assert len(world.provider.texts) == 2


@pytest.mark.parametrize(
    "other",
    [{"slots": {"name": "Bob"}}, {"to": to(NEW)}, {"at": 9e9}, {"flow": "again"}],
)
async def test_a_key_belongs_to_one_request(other: dict[str, Any]) -> None:
    world = await World().open(hello=HELLO, again=HELLO)
    await meet(world)
    starts = starts_of(world)
    await starts.by_hand("hello", to(), {"name": "Ann"}, key="k")
    asked = {"flow": "hello", "to": to(), "slots": {"name": "Ann"}, **other}
    with pytest.raises(KeyTaken):
        await starts.by_hand(**asked, key="k")
    await world.take_turns()
    assert world.provider.texts == ["Hello Ann"]


async def test_a_repeat_is_answered_though_the_flow_is_gone() -> None:
    world = await World().open(hello=HELLO)
    await meet(world)
    starts = starts_of(world)
    first = await starts.by_hand("hello", to(), {"name": "A"}, key="k", at=world.clock.at + 60)
    await world.publish(hello=manual(say("HELLO")))
    assert (
        await starts.by_hand("hello", to(), {"name": "A"}, key="k", at=world.clock.at + 60) == first
    )


@pytest.mark.parametrize(
    ("asked", "field", "told"),
    [
        (Recipient(), "contact_id", "either"),
        (Recipient("x", ANN), "contact_id", "either"),
        (Recipient("nobody"), "contact_id", "no contact"),
        (Recipient(ANN_ID, sender=OURS), "connector", "go with an address"),
        (to("+15550001"), "address", "sms:+15550123"),
        (to("sms:"), "address", "sms:+15550123"),
        (to("sms:15550001"), "address", "sms:+15550123"),
        (to("smms:+15550001"), "address", "did you mean 'sms'?"),
        (Recipient(address=ANN, connector="twillio"), "connector", "did you mean 'twilio'?"),
    ],
)
async def test_what_cannot_be_reached(asked: Recipient, field: str, told: str) -> None:
    world = await World().open(hello=HELLO)
    await meet(world)
    with pytest.raises(StartRefused) as refused:
        await starts_of(world).by_hand("hello", asked, {})
    assert refused.value.field == field
    assert told in str(refused.value)
    assert world.woken == []


async def test_slots_must_be_declared() -> None:
    world = await World().open(hello=HELLO)
    with pytest.raises(StartRefused, match="did you mean 'name'"):
        await starts_of(world).by_hand("hello", to(NEW), {"nmae": "Ann"})
    assert (await world.store.list_contacts(9)).items == ()


async def test_slots_are_of_their_types() -> None:
    typed = manual(
        say("A", "{cups} {day}"), slots={"cups": {"type": "number"}, "day": {"type": "date"}}
    )
    world = await World().open(order=typed)
    starts = starts_of(world)
    with pytest.raises(StartRefused, match="no value of the type 'date'") as refused:
        await starts.by_hand("order", to(NEW), {"cups": "3", "day": "tomorrow"})
    assert refused.value.field == "slots.day"
    at = world.clock.at + 60
    await starts.by_hand("order", to(NEW), {"cups": "3", "day": "2026-12-01"}, at=at)
    [timer] = world.store._tables.timers.values()
    assert timer.start is not None
    assert timer.start["slots"] == {"cups": 3, "day": "2026-12-01"}
    # The flow has changed by then.
    other = {"cups": {"type": "number"}, "day": {"type": "yes_no"}}
    await world.publish(order=manual(say("A", "{cups} {day}"), slots=other))
    await world.passes(61)
    assert world.provider.texts == ["3 "]
    [event] = await world.events("slot_refused")
    assert event.data == {"slot": "day", "expected": "yes_no"}


async def test_a_start_that_cannot_be_read_is_given_up() -> None:
    world = await World().open(hello=HELLO)
    await meet(world)
    record = await _row(world)
    broken = replace(record.timers_set[0], start={"what": "is this"})
    await world.store.save(replace(record, timers_set=(broken,)))
    await world.passes(1)
    assert "TypeError" in (await world.events("turn_failed"))[0].data["reason"]
    assert (await world.store.counts())["pending_timers"] == 0


async def test_a_closed_conversation_is_opened_again() -> None:
    world = await World().open(hello=HELLO)
    ann = await meet(world)
    [thread] = (await world.store.list_conversations(9, contact_id=ann)).items
    closed = replace(thread, status="closed")
    await world.store.save(TurnRecord("c", world.clock.at, ann, conversations=(closed,)))
    await starts_of(world).by_hand("hello", to(), {})
    await world.take_turns()
    assert world.provider.texts == ["Hello "]
    assert len(await world.events("conversation_reopened")) == 1


async def test_only_flows_with_such_a_trigger() -> None:
    hooked = flow(say("A"), triggers=[{"webhook": ["order-paid"]}, {"webhook": True}])
    world = await World().open(hello=HELLO, hooked=hooked)
    starts = starts_of(world)
    with pytest.raises(FlowUnknown, match="did you mean 'hello'"):
        await starts.by_hand("helo", to(), {})
    with pytest.raises(NoEntry, match="is not started by hand: add"):
        await starts.by_hand("hooked", to(), {})
    with pytest.raises(FlowUnknown, match="did you mean 'order-paid'"):
        await starts.by_hook("order_paid", to(), {})
    for hook in ("order-paid", "hooked"):
        await starts.by_hook(hook, to(NEW), {})
        await world.take_turns()
    assert world.provider.texts == ["A", "A"]
    assert {e.data["trigger"] for e in await world.events("flow_started")} == {"webhook"}


async def test_slots_of_the_contact_go_to_the_contact() -> None:
    declared = {"first_name": {"scope": "contact"}, "size": {"initial": "M"}}
    world = await World().open(hi=manual(say("A", "{first_name} {size}"), slots=declared))
    ann = await meet(world)
    await starts_of(world).by_hand("hi", to(), {"first_name": "Ann", "size": "L"})
    await world.take_turns()
    assert world.provider.texts == ["Ann L"]
    contact = await world.store.contact(ann)
    assert contact is not None
    assert contact.fields["first_name"] == "Ann"


# what stands in the way


async def test_who_has_opted_out_is_left_alone() -> None:
    world = await World().open(hello=HELLO)
    ann = await meet(world, opted_out=True)
    await starts_of(world).by_hand("hello", Recipient(contact_id=ann), {})
    await world.take_turns()
    assert await refusals(world) == ["the contact has opted out"]
    assert world.provider.texts == []


async def test_a_conversation_that_a_person_has_taken_over() -> None:
    human = flow({"name": "H", "enter": [{"hand_over": "x"}]}, keyword="human")
    world = await World().open(hello=HELLO, human=human)
    await world.says("human")
    await starts_of(world).by_hand("hello", to(), {})
    await world.take_turns()
    assert await refusals(world) == ["a person has taken over"]
    assert [s.flow for s in await world.sessions()] == ["human"]


async def test_a_flow_that_is_gone_by_then() -> None:
    world = await World().open(hello=HELLO)
    await meet(world)
    for _ in range(2):
        await starts_of(world).by_hand("hello", to(), {}, at=world.clock.at + 60)
    await world.publish(other=HELLO)
    await world.passes(61)
    await world.publish(hello=flow(say("A"), keyword="hi"))
    await starts_of(world).store.save(await _row(world))
    await world.passes(61)
    assert await refusals(world) == ["there is no such flow"] * 2 + [
        "the flow has no such trigger any more"
    ]


async def _row(world: World) -> TurnRecord:
    start = Start("hello", "manual").to_json()
    timer = Timer("start:x", ANN_ID, "", "", "start", world.clock.at, world.clock.at, start=start)
    return TurnRecord(world.ids.new(), world.clock.at, ANN_ID, timers_set=(timer,))


async def test_a_condition_of_the_trigger_decides() -> None:
    wanted = {"when": {"tag": "vip"}}
    world = await World().open(hello=manual(say("A"), trigger=wanted))
    ann = await meet(world)
    await starts_of(world).by_hand("hello", to(), {})
    await world.take_turns()
    assert await refusals(world) == ["the condition of its trigger does not hold"]
    await set_contact(world, ann, tags=("vip",))
    await starts_of(world).by_hand("hello", to(), {})
    await world.take_turns()
    assert world.provider.texts == ["A"]


async def test_python_conditions_are_asked() -> None:
    runner = Runner(answers={"is_open": True})
    world = await World(runner=runner).open(hello=manual(say("A"), trigger={"when": "is_open"}))
    await meet(world)
    await starts_of(world).by_hand("hello", to(), {})
    await world.take_turns()
    assert world.provider.texts == ["A"]


TALK = flow(asking("Talk?"), keyword="talk", expires_after="12h")


async def test_a_flow_under_way_is_not_disturbed() -> None:
    world = await World().open(hello=HELLO, talk=TALK)
    await world.says("talk")
    await starts_of(world).by_hand("hello", to(), {"name": "Ann"})
    await world.take_turns()
    assert world.provider.texts == ["Talk?"]
    [put_off] = await world.events("flow_start_put_off")
    assert put_off.data["due_at"] == world.clock.at + BUSY_SECONDS
    assert await world.says("ok") == ["Thanks"]
    await world.passes(BUSY_SECONDS + 1)
    assert world.provider.texts == ["Talk?", "Thanks", "Hello Ann"]


async def test_a_flow_that_never_ends_is_waited_for_some_hours() -> None:
    world = await World().open(hello=HELLO, talk=TALK)
    await world.says("talk")
    await starts_of(world).by_hand("hello", to(), {})
    await world.take_turns()
    looks = int(HELD_SECONDS / BUSY_SECONDS) + 2
    await world.passes(looks * BUSY_SECONDS, steps=looks)
    assert world.provider.texts == ["Talk?"]
    [reason] = await refusals(world)
    assert reason == "the flow 'talk' is under way, and now it is too late"
    assert (await world.store.counts())["pending_timers"] == 0
    put_off = await world.events("flow_start_put_off")
    assert len(put_off) == HELD_SECONDS // BUSY_SECONDS
    assert len({event.data["start"] for event in put_off}) == len(put_off)


async def test_a_trigger_that_interrupts_suspends_and_resumes() -> None:
    urgent = manual(asking("Urgent?"), trigger={"interrupt": True})
    world = await World().open(urgent=urgent, talk=TALK)
    await world.says("talk")
    await starts_of(world).by_hand("urgent", to(), {})
    await world.take_turns()
    assert world.provider.texts == ["Talk?", "Urgent?"]
    assert [s.status for s in await world.sessions()] == ["suspended", "active"]
    assert await world.says("yes") == ["Thanks"]
    assert [s.status for s in await world.sessions()] == ["active", "ended"]
    assert await world.says("still here") == ["Thanks"]


async def test_a_session_that_was_silent_for_too_long_makes_way() -> None:
    world = await World().open(hello=HELLO, talk=flow(asking("Talk?"), keyword="talk"))
    await world.says("talk")
    await world.passes(4000)
    await starts_of(world).by_hand("hello", to(), {})
    await world.take_turns()
    assert world.provider.texts == ["Talk?", "Hello "]


async def test_an_action_that_fails_is_tried_again_later() -> None:
    runner = Runner({"task": [ActionFailed("task", "down"), texts("Done")]})
    world = await World(runner=runner).open(job=manual({"name": "A", "enter": ["task"]}))
    await meet(world)
    await starts_of(world).by_hand("job", to(), {})
    await world.take_turns()
    assert world.provider.texts == []
    assert [s.flow for s in await world.sessions()] == []
    await world.passes(BUSY_SECONDS + 1)
    assert world.provider.texts == ["Done"]
    # Each try is an attempt of its own for who keeps books by the key.
    assert len({key for _, key in runner.calls}) == 2


async def test_a_turn_that_lost_the_race_starts_once() -> None:
    store = Contended()
    world = await World(store=store).open(hello=HELLO)
    await meet(world)
    await starts_of(world).by_hand("hello", to(), {})
    store.losses = 2
    await world.take_turns()
    assert world.provider.texts == ["Hello "]
    assert len(await world.events("flow_started")) == 1


async def test_a_contact_without_a_conversation() -> None:
    world = await World().open(hello=HELLO)
    record = TurnRecord("t", 1.0, ANN_ID, contact=Contact(ANN_ID, version=1))
    assert await world.store.save(record)
    with pytest.raises(StartRefused, match="give an address"):
        await starts_of(world).by_hand("hello", Recipient(contact_id=ANN_ID), {})
    assert await world.store.save(await _row(world))
    await world.passes(1)
    assert await refusals(world) == ["the contact has no conversation"]


async def test_a_step_stores_a_record_with_its_turn() -> None:
    store = Contended()
    kept = flow(
        {"name": "A", "enter": [{"store": "feedback", "values": {"score": 5}, "key": "one"}]},
        keyword="rate",
    )
    world = await World(store=store).open(rate=kept)
    store.losses = 2
    await world.says("rate")
    [record] = (await world.store.list_data_records(9)).items
    assert (record.collection, record.values, record.key) == ("feedback", {"score": 5}, "one")
    assert (record.contact_id, record.flow) == (ANN_ID, "rate")
    [stored] = await world.events("record_stored")
    assert stored.data["record"] == record.id


async def test_a_record_that_has_no_right_place_is_told_of() -> None:
    step = {"store": "orders", "values": {}, "key": "k" * 301}
    rate = flow({"name": "A", "enter": [step, {"say": "Thanks"}]}, keyword="rate")
    world = await World().open(rate=rate)
    assert await world.says("rate") == ["Thanks"]
    assert (await world.store.list_data_records(9)).items == ()
    [refused] = await world.events("record_refused")
    assert refused.data["reason"] == "a key has at most 300 characters"
