"""What goes out: the gate, outcomes that are not known, order, and each message exactly once."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.deliveries import Attempt, Listed
from bot.domain.gate import Rate
from bot.domain.records import Report
from bot.services.deliveries import (
    ASK_AGAIN_SECONDS,
    LATEST_START,
    OFF_RETRY_SECONDS,
    SENDS_AT_ONCE,
)
from tests.services.world import ANN_ID, Contended, World, flow, say

ANY = "get_smth_from_user"
TALK = flow(
    say("A", "1", states=[say("B", enter=[{"say": "2"}, {"say": "3"}], condition=ANY,
                              states=[say("C", "4", condition=ANY)])]),
    keyword="go",
)  # fmt: skip
TRIPLE = flow(say("A", enter=[{"say": "1"}, {"say": "2"}, {"say": "3"}]), keyword="go")
RETRY, REFUSED = Attempt("retry", code="20429"), Attempt("rejected", code="21211", reason="no")
BARRED = Attempt("opted_out", code="21610", reason="unsubscribed")


async def opened(*script: Attempt | str, **flows: Any) -> World:
    world = await World().open(**(flows or {"talk": TALK}))
    world.provider.script = list(script)
    return world


# Outcomes.


async def test_a_message_that_is_taken_is_sent_once() -> None:
    world = await opened()
    await world.says("go")
    message = await world.last()
    assert (message.status, message.provider_id, message.attempts) == ("accepted", "SM1", 1)
    assert message.billed_segments == 1
    await world.passes(600, 60)
    assert world.provider.tried == [message.id]


async def test_what_was_certainly_not_sent_is_tried_again_later() -> None:
    world = await opened(RETRY, RETRY)
    await world.says("go")
    message = await world.last()
    assert (message.status, message.error_code) == ("queued", "20429")
    await world.passes(60, 60)
    message = await world.last()
    assert (message.status, message.attempts, message.error_code) == ("accepted", 3, None)


async def test_what_is_always_put_off_fails_in_the_end() -> None:
    world = await opened(*[RETRY] * 50)
    await world.says("go")
    await world.passes(86400, 800)
    assert await world.statuses() == ["failed"]
    assert (await world.events("message_failed"))[0].data["code"] == "20429"


async def test_what_the_provider_refuses_is_never_sent_again() -> None:
    world = await opened(REFUSED)
    await world.says("go")
    await world.passes(600, 60)
    message = await world.last()
    assert (message.status, message.error) == ("failed", "no")
    assert len(world.provider.tried) == 1


async def test_an_opt_out_that_only_the_provider_knows_of_is_taken_over() -> None:
    world = await opened("sent", BARRED)
    await world.says("go")
    await world.says("x")
    assert (await world.contact()).opted_out
    (session,) = await world.sessions()
    assert (session.status, session.ended_because) == ("ended", "opted_out")
    (change,) = world.store._tables.consent
    assert (change.source, change.kind) == ("provider", "opted_out")
    assert await world.statuses() == ["accepted", "failed", "accepted"]
    assert await world.says("go") == []


async def test_a_provider_s_opt_out_wins_over_another_writer() -> None:
    store = Contended()
    world = await World(store=store).open(talk=TALK)
    world.provider.script = [BARRED]
    await world.arrives("go")
    await world.contact_turns.drain(ANN_ID)
    store.losses = 2
    await world.take_turns()
    assert (await world.contact()).opted_out


# The gate.


async def test_what_was_queued_before_an_opt_out_stops_at_the_gate() -> None:
    world = await opened(RETRY)
    await world.says("go")
    assert await world.says("STOP") == ["Goodbye."]
    await world.passes(60, 20)
    first, goodbye = await world.outbound()
    assert (first.status, first.error_code) == ("stopped", "opted_out")
    assert (goodbye.status, world.provider.texts) == ("accepted", ["Goodbye."])
    assert (await world.events("message_stopped"))[0].data["message_id"] == first.id


async def test_a_turn_of_a_contact_who_opted_out_sends_nothing() -> None:
    world = await opened()
    await world.says("go")
    await world.says("STOP")
    planned = world.deliveries.plan([await world.last()], opted_out=True, unsettled=frozenset())
    assert planned[0].status != "stopped"  # the one confirmation
    first = (await world.outbound())[0]
    (stopped,) = world.deliveries.plan([first], opted_out=True, unsettled=frozenset())
    assert (stopped.status, stopped.error_code) == ("stopped", "opted_out")


async def test_the_rate_spreads_messages_and_keeps_their_order() -> None:
    world = await opened(talk=TRIPLE)
    world.provider.rate = Rate(0.5)
    await world.says("go")
    assert await world.statuses() == ["accepted", "queued", "queued"]
    at: list[float] = []
    for _ in range(200):
        before = len(world.provider.books)
        await world.passes(0.1)
        at += [world.clock.at] * (len(world.provider.books) - before)
    assert world.provider.texts == ["1", "2", "3"]
    assert at[1] - at[0] >= 1.9


async def test_a_shorter_message_does_not_overtake_one_that_waits_for_the_rate() -> None:
    mixed = flow(say("A", enter=[{"say": "1"}, {"say": "x" * 400}, {"say": "3"}]), keyword="go")
    world = await opened(talk=mixed)
    world.provider.rate = Rate(3.0)
    await world.says("go")
    await world.passes(10, 100)
    assert [text[0] for text in world.provider.texts] == ["1", "x", "3"]


async def test_waiting_for_the_rate_counts_as_no_attempt() -> None:
    world = await opened()
    world.provider.rate = Rate(0.01, tokens=0.0, at=world.clock.at)
    await world.says("go")
    await world.passes(60, 60)
    assert (await world.last()).attempts == 0
    world.provider.rate = None
    world.provider.script = [RETRY]
    await world.passes(200, 200)
    message = await world.last()
    assert (message.status, message.attempts) == ("accepted", 2)


async def test_a_channel_that_is_off_keeps_its_messages() -> None:
    world = await opened()
    del world.senders["twilio"]
    await world.says("go")
    await world.passes(3600, 60)
    message = await world.last()
    assert (message.status, message.error_code) == ("queued", "channel_off")
    assert message.attempts == 0
    world.senders["twilio"] = world.provider
    await world.passes(OFF_RETRY_SECONDS + 1)
    assert world.provider.texts == ["1"]


async def test_a_channel_switched_off_meanwhile_does_not_make_a_message_twice() -> None:
    world = await opened(Attempt("unknown"))
    await world.says("go")
    del world.senders["twilio"]
    await world.passes(60, 60)
    assert await world.statuses() == ["unknown"]
    world.senders["twilio"] = world.provider
    await world.passes(OFF_RETRY_SECONDS * 2, 60)
    assert (await world.statuses(), world.provider.texts) == (["sent"], ["1"])


async def test_a_local_channel_s_messages_are_delivered_when_they_are_saved() -> None:
    world = await opened()
    world.provider.local = True
    await world.says("go")
    assert (await world.statuses(), world.provider.tried) == (["delivered"], [])


# Outcomes that are not known.


@pytest.mark.parametrize(("what", "attempts"), [("unknown", 1), ("lost", 2), ("broken", 2)])
async def test_an_unknown_outcome_is_settled_by_the_provider_s_listing(
    what: str, attempts: int
) -> None:
    world = await opened(Attempt("unknown") if what == "unknown" else what)
    await world.says("go")
    assert await world.statuses() == ["unknown"]
    await world.passes(14, 14)
    assert len(world.provider.tried) == 1
    await world.passes(3)
    assert len(world.provider.tried) == attempts
    assert world.provider.texts == ["1"]
    assert (await world.last()).provider_id == "SM1"


async def test_an_unknown_outcome_is_settled_by_a_callback() -> None:
    world = await opened(Attempt("unknown"))
    await world.says("go")
    await world.report(await world.last(), "delivered")
    await world.passes(60, 60)
    assert (await world.statuses(), world.provider.texts) == (["delivered"], ["1"])


async def test_a_provider_that_does_not_answer_is_asked_again_and_the_log_stays_short() -> None:
    world = await opened(Attempt("unknown"))
    world.provider.deaf = 20
    await world.says("go")
    await world.passes(15 + 25 * ASK_AGAIN_SECONDS, 200)
    assert (await world.statuses(), world.provider.texts) == (["sent"], ["1"])
    assert len(await world.events("message_unknown")) == 1


async def test_a_connector_that_cannot_even_list_is_asked_again() -> None:
    world = await opened(Attempt("unknown"))
    books, world.provider.books = world.provider.books, None  # type: ignore[assignment]
    world.provider.script = ["lost"]
    await world.says("go")
    await world.passes(30, 30)
    world.provider.books = books
    await world.passes(OFF_RETRY_SECONDS + 10, 30)
    assert world.provider.texts == ["1"]


async def test_a_provider_that_cannot_be_asked_gets_a_message_at_most_once() -> None:
    world = await opened("lost")
    world.provider.settle_after = None
    await world.says("go")
    await world.passes(3000, 500)
    assert (await world.statuses(), len(world.provider.tried)) == (["unknown"], 1)
    # What comes behind does not wait for a person's word.
    await world.says("x")
    await world.passes(5, 5)
    assert world.provider.texts == ["2", "3"]


async def test_an_attempt_cut_short_by_a_kill_is_settled() -> None:
    world = await opened()
    await world.arrives("go")
    work = await world.store.load(ANN_ID, world.clock.at)
    assert work is not None
    draft = await world.turns.on_message(work, work.messages[0])
    draft.messages = list(
        world.deliveries.plan(draft.messages, opted_out=False, unsettled=frozenset())
    )
    assert await world.store.save(draft.record())  # and here the process ends
    assert await world.statuses() == ["sending"]
    await world.passes(10, 10)
    assert world.provider.texts == []
    await world.passes(10, 10)
    assert (await world.statuses(), world.provider.texts) == (["accepted"], ["1"])


async def test_a_second_message_waits_behind_an_unsettled_first() -> None:
    world = await opened("lost")
    await world.says("go")
    await world.says("x")
    assert await world.statuses() == ["unknown", "queued", "queued"]
    await world.passes(5, 5)
    assert world.provider.texts == []
    await world.passes(20, 20)
    assert world.provider.texts == ["1", "2", "3"]


async def test_of_one_turn_the_later_messages_wait_behind_the_first() -> None:
    world = await opened(RETRY, talk=TRIPLE)
    await world.says("go")
    assert await world.statuses() == ["queued", "queued", "queued"]
    await world.passes(10, 10)
    assert world.provider.texts == ["1", "2", "3"]


async def test_conversations_do_not_wait_for_each_other() -> None:
    world = await opened("lost")
    await world.says("go")
    assert await world.says("go", "sms:+15550002") == ["1"]
    assert len(world.provider.books) == 1


async def test_behind_a_slow_message_nothing_is_sent_that_might_outlive_its_lease() -> None:
    world = await opened(talk=TRIPLE)
    world.provider.seconds = 15.0 * LATEST_START + 1
    await world.says("go")
    assert await world.statuses() == ["accepted", "queued", "queued"]
    world.provider.seconds = 0.0
    await world.passes(5, 5)
    assert world.provider.texts == ["1", "2", "3"]


async def test_an_attempt_whose_lease_is_over_is_the_worker_s() -> None:
    world = await opened(talk=TRIPLE)
    world.provider.seconds = 20.0
    await world.says("go")
    assert await world.statuses() == ["accepted", "sending", "sending"]
    world.provider.seconds = 0.0
    await world.passes(60, 60)
    assert world.provider.texts == ["1", "2", "3"]


async def test_a_listed_failure_keeps_its_code() -> None:
    world = await opened("lost")
    await world.says("go")
    message = await world.last()

    async def listing(*_: Any) -> Any:
        return [Listed("SM9", message.text, "failed", world.clock.at, message.id, "30006")]

    world.senders["twilio"] = _With(world.provider, listing)
    await world.passes(20)
    settled = await world.last()
    assert (settled.status, settled.error_code) == ("failed", "30006")


class _With:
    """A provider that lists otherwise."""

    def __init__(self, provider: Any, listing: Any) -> None:
        self._provider, self.listing = provider, listing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)


# Reports.


async def test_a_status_that_asks_for_it_makes_one_more_message_later() -> None:
    world = await opened()
    await world.says("go")
    first = await world.last()
    advice = Attempt("retry", code="30003", retry_after=300.0, max_attempts=2)
    for _ in range(3):
        await world.report(first, "undelivered", advice, "30003")
    first, again = await world.outbound()
    assert (first.status, first.error_code) == ("undelivered", "30003")
    assert (again.status, again.content["retry_of"]) == ("queued", first.id)
    await world.passes(290, 29)
    assert world.provider.texts == ["1"]
    await world.passes(20, 20)
    assert world.provider.texts == ["1", "1"]
    await world.report(await world.last(), "undelivered", advice, "30003")
    assert len(await world.outbound()) == 2


async def test_a_late_failure_of_what_was_delivered_sends_nothing() -> None:
    world = await opened()
    await world.says("go")
    first = await world.last()
    await world.report(first, "delivered")
    await world.report(first, "undelivered", Attempt("retry", retry_after=1.0), "30003")
    await world.passes(60, 60)
    assert (await world.statuses(), world.provider.texts) == (["delivered"], ["1"])


async def test_a_report_can_tell_of_an_opt_out() -> None:
    world = await opened()
    await world.says("go")
    await world.report(await world.last(), "failed", BARRED, "21610")
    assert (await world.contact()).opted_out


async def test_reports_of_other_channels_move_nothing() -> None:
    world = await opened()
    await world.says("go")
    message = await world.last()
    world.senders.clear()
    other = Report("rest", "SM77", "failed", world.clock.at, message.id, "1", event_id="e")
    await world.inbox.report(other, BARRED)
    assert (await world.statuses(), world.opt_outs) == (["accepted"], [])


# All of it at random.

OUTCOMES = st.sampled_from(["sent", "sent", Attempt("unknown"), "lost", "broken", RETRY])
STEPS = st.lists(
    st.tuples(st.sampled_from(["ann", "bob", "cid"]), st.integers(1, 3), st.floats(0.0, 40.0)),
    min_size=1, max_size=12,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(steps=STEPS, script=st.lists(OUTCOMES, max_size=40), deaf=st.integers(0, 4),
       rate=st.sampled_from([None, 0.5, 3.0]))  # fmt: skip
async def test_every_message_arrives_exactly_once_and_in_order(
    steps: list[tuple[str, int, float]], script: list[Any], deaf: int, rate: float | None
) -> None:
    """Whatever becomes of the attempts, and whenever the worker looks."""
    world = await opened(*script, silent=flow({"name": "A", "enter": [{"note": "n"}]}))
    world.provider.deaf, world.provider.rate = deaf, Rate(rate) if rate else None
    said: dict[str, list[str]] = {}
    number = 0
    for who, many, pause in steps:
        wanted = []
        for _ in range(many):
            number += 1
            wanted.append(f"{who} {number}")
        said.setdefault(who, []).extend(wanted)
        speaking = flow(say("A", enter=[{"say": text} for text in wanted]), keyword="go")
        await world.publish(talk=speaking)
        await world.says("go", f"sms:+1555{who}")
        await world.passes(pause, 3)
    await world.passes(4000, 2000)
    heard: dict[str, list[str]] = {}
    for message, _, _ in world.provider.books:
        heard.setdefault(message.address[len("sms:+1555") :], []).append(message.text)
    assert heard == said
    assert set(await world.statuses()) <= {"accepted", "sent"}


class Slow:
    """A provider that takes messages one second after the other is there, all at the same time."""

    def __init__(self, provider: Any) -> None:
        self._provider, self.now, self.most = provider, 0, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    async def send(self, message: Any) -> Attempt:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        attempt: Attempt = await self._provider.send(message)
        return attempt


async def test_more_than_a_provider_takes_at_once_wait_and_do_not_outlive_their_lease() -> None:
    world = await opened(silent=TRIPLE)
    slow = world.senders["twilio"] = Slow(world.provider)
    world.provider.script = [RETRY] * 120
    for number in range(120):
        await world.says("go", f"sms:+1555{number:04}")
    world.provider.script = []
    world.provider.seconds = 0.3
    for _ in range(300):
        await world.sweep.once()
        world.clock.at += 1
    assert slow.most == SENDS_AT_ONCE
    assert len(world.provider.tried) == 120 + 360  # none was sent twice
    assert {len(m.text) for m in await world.outbound() if m.status == "accepted"} == {1}
    assert len(world.provider.books) == 360
