"""The Store port: one suite for every implementation."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.consent import ConsentChange
from bot.domain.contacts import Contact, Conversation, contact_id_for
from bot.domain.messages import RANK
from bot.domain.records import Arrival, Outcome, Report, StoreUnavailable
from bot.engine.session import PendingTimer
from bot.services.ports import Store
from tests.store.samples import (
    ANN,
    BOB,
    SENDER,
    arrive,
    event,
    inbound,
    new_id,
    outbound,
    queue,
    session,
    thread_of,
    timer,
    turn,
)

ANN_ID = contact_id_for(ANN)
EMOJI_AND_HEBREW = "שלום 👋🏽 café \u202e\u0627\u0644\u0633\u0644\u0627\u0645 𝒳"


class TestAccept:
    async def test_a_newcomer_is_filed_with_contact_address_and_conversation(
        self, store: Store
    ) -> None:
        message = inbound(ANN, text="hi", content={"profile_name": "Ann"})
        accepted = await store.accept(Arrival(message, retry_token="t"))

        assert (accepted.message_id, accepted.contact_id) == (message.id, ANN_ID)
        assert not accepted.repeated
        assert await store.message(message.id) == message
        assert await store.contact(ANN_ID) == Contact(ANN_ID, created_at=100.0)
        assert await store.contact_addresses(ANN_ID) == [ANN]
        assert await store.conversation(thread_of(ANN)) == Conversation(
            thread_of(ANN), ANN_ID, "twilio", SENDER, ANN, last_inbound_at=100.0, created_at=100.0
        )

    async def test_a_repeat_is_answered_with_the_first(self, store: Store) -> None:
        first = await arrive(store, provider_id="SM1")
        again = await arrive(store, provider_id="SM1")
        assert again == replace(first, repeated=True)
        assert (await store.counts())["pending_inbound"] == 1

    async def test_repeats_at_the_same_time_are_filed_once(self, store: Store) -> None:
        answers = await asyncio.gather(*(arrive(store, provider_id="SM1") for _ in range(5)))
        assert sum(not it.repeated for it in answers) == 1
        assert len({(it.message_id, it.contact_id) for it in answers}) == 1

    async def test_the_same_provider_id_of_another_connector_is_another_message(
        self, store: Store
    ) -> None:
        await arrive(store, provider_id="1", connector="twilio")
        assert not (await arrive(store, provider_id="1", connector="telegram")).repeated

    async def test_messages_without_provider_id_are_all_filed(self, store: Store) -> None:
        answers = [await arrive(store, provider_id=None) for _ in range(2)]
        assert not any(it.repeated for it in answers)

    async def test_a_known_address_belongs_to_whom_it_belongs(self, store: Store) -> None:
        await arrive(store, ANN)
        other = await arrive(store, ANN, contact_id="stranger", conversation_id="another-sender")
        assert other.contact_id == ANN_ID
        assert await store.contact("stranger") is None
        work = await store.load(ANN_ID, 100.0)
        assert work is not None
        assert set(work.conversations) == {thread_of(ANN), "another-sender"}
        assert {it.contact_id for it in work.messages} == {ANN_ID}

    async def test_sms_and_whatsapp_of_one_number_are_one_contact(self, store: Store) -> None:
        one, two = await asyncio.gather(arrive(store, ANN), arrive(store, "whatsapp:+15550001"))
        assert one.contact_id == two.contact_id
        assert len(await store.contact_addresses(one.contact_id)) == 2

    async def test_last_inbound_moves_forwards_only(self, store: Store) -> None:
        for at in (100.0, 300.0, 200.0):
            await arrive(store, created_at=at)
        thread = await store.conversation(thread_of(ANN))
        assert thread is not None
        assert thread.last_inbound_at == 300.0

    async def test_text_of_any_script_comes_back(self, store: Store) -> None:
        message = inbound(text=EMOJI_AND_HEBREW, content={EMOJI_AND_HEBREW: [EMOJI_AND_HEBREW]})
        await store.accept(Arrival(message))
        assert await store.message(message.id) == message

    async def test_unroutable_is_kept_once_and_is_not_pending(self, store: Store) -> None:
        for _ in range(2):
            await store.keep_unroutable(
                inbound(
                    provider_id="X", status="unroutable", conversation_id="", contact_id="",
                    address="",
                )
            )  # fmt: skip
        page = await store.list_messages(10, status="unroutable")
        assert len(page.items) == 1
        assert (await store.counts())["pending_inbound"] == 0

    async def test_a_message_id_that_is_taken_is_no_success(self, store: Store) -> None:
        first = await arrive(store)
        with pytest.raises(StoreUnavailable):
            await arrive(store, id=first.message_id)
        assert not await store.save(turn(messages=(outbound(id=first.message_id),)))


class TestLoad:
    async def test_an_unknown_contact_has_no_work(self, store: Store) -> None:
        assert await store.load("nobody", 100.0) is None

    async def test_work_holds_what_is_open(self, store: Store) -> None:
        first, second = await arrive(store), await arrive(store)
        due, later = timer(due_at=150.0), timer(due_at=151.0)
        running = session(
            slots={"name": EMOJI_AND_HEBREW, "n": 1.5, "none": None},
            timers=(PendingTimer("p", "wait", "S", 1.0, kind="wait", resume="/a", step=1),),
        )
        over = session(status="ended", ended_because="done")
        waiting = outbound(status="unknown", due_at=200.0)
        assert await store.save(
            turn(
                sessions=(running, over),
                messages=(waiting,),
                timers_set=(due, later),
                tags_added=("vip", "new"),
            )
        )
        work = await store.load(ANN_ID, 150.0)
        assert work is not None
        assert work.contact.tags == {"vip", "new"}
        assert work.sessions == (running,)
        assert [it.id for it in work.messages] == [first.message_id, second.message_id]
        assert work.timers == (due,)
        assert work.unsettled == {thread_of(ANN)}

    async def test_what_can_never_be_asked_holds_up_nothing(self, store: Store) -> None:
        await arrive(store)
        await store.save(turn(messages=(outbound(status="unknown"),)))
        work = await store.load(ANN_ID, 150.0)
        assert work is not None
        assert work.unsettled == frozenset()

    async def test_contacts_loaded_together_do_not_mix(self, store: Store) -> None:
        await asyncio.gather(arrive(store, ANN), arrive(store, BOB))
        works = await asyncio.gather(
            *(store.load(contact_id_for(it), 100.0) for it in (ANN, BOB, "sms:nobody"))
        )
        assert works[2] is None
        assert [it.contact.id for it in works if it] == [ANN_ID, contact_id_for(BOB)]
        assert [len(it.messages) for it in works if it] == [1, 1]


class TestSave:
    async def test_a_claimed_message_is_handled_by_one_turn_only(self, store: Store) -> None:
        accepted = await arrive(store)
        first = turn(claims_message=accepted.message_id, events=(event(),))
        second = turn(claims_message=accepted.message_id, events=(event(),))
        assert await store.save(first)
        assert not await store.save(second)
        message = await store.message(accepted.message_id)
        assert message is not None
        assert (message.status, message.turn_id) == ("handled", first.id)
        assert [it.id for it in (await store.list_events(10)).items] == [first.events[0].id]

    async def test_turns_in_one_batch_fail_and_succeed_by_themselves(self, store: Store) -> None:
        ann, bob = await arrive(store, ANN), await arrive(store, BOB)
        turns = [
            turn(ANN, claims_message=ann.message_id),
            turn(ANN, claims_message=ann.message_id, messages=(outbound(text="never"),)),
            turn(BOB, claims_message=bob.message_id),
        ]
        saved = await asyncio.gather(*map(store.save, turns))
        assert saved == [True, False, True]
        assert (await store.list_messages(10, direction="out")).items == ()

    async def test_a_fired_timer_is_claimed_once(self, store: Store) -> None:
        await arrive(store)
        due = timer(due_at=1.0)
        await store.save(turn(timers_set=(due,)))
        assert await store.save(turn(claims_timer=due.id))
        assert not await store.save(turn(claims_timer=due.id))

    async def test_a_cancelled_timer_is_not_claimed(self, store: Store) -> None:
        await arrive(store)
        due = timer(due_at=1.0)
        await store.save(turn(timers_set=(due,), timers_cancelled=(due.id,)))
        assert not await store.save(turn(claims_timer=due.id))
        assert (await store.counts())["pending_timers"] == 0

    async def test_a_session_follows_the_revision_that_was_read(self, store: Store) -> None:
        run = session()
        assert await store.save(turn(sessions=(run,)))
        second = replace(run, revision=2, state="NEXT")
        assert await store.save(turn(sessions=(second,)))
        assert not await store.save(turn(sessions=(replace(run, revision=2, state="LATE"),)))
        assert await store.session(run.id) == second

    async def test_a_contact_follows_the_version_that_was_read(self, store: Store) -> None:
        await arrive(store)
        ann = Contact(ANN_ID, {"first_name": "Ann"}, language="he", time_zone="UTC",
                      opted_out=True, version=1, created_at=100.0)  # fmt: skip
        assert await store.save(turn(contact=ann))
        assert not await store.save(turn(contact=ann, tags_added=("late",)))
        assert await store.contact(ANN_ID) == ann

    async def test_tags_come_and_go(self, store: Store) -> None:
        await arrive(store)
        await store.save(turn(tags_added=("a", "b")))
        await store.save(turn(tags_added=("b", "c"), tags_removed=("a", "never")))
        contact = await store.contact(ANN_ID)
        assert contact is not None
        assert contact.tags == {"b", "c"}

    async def test_a_conversation_is_handed_over_and_keeps_its_times(self, store: Store) -> None:
        await arrive(store, created_at=150.0)
        thread = await store.conversation(thread_of(ANN))
        assert thread is not None
        await arrive(store, created_at=160.0)
        await store.save(turn(conversations=(replace(thread, status="human"),)))
        assert await store.conversation(thread.id) == replace(
            thread, status="human", last_inbound_at=160.0
        )

    async def test_consent_is_written(self, store: Store) -> None:
        await arrive(store)
        line = ConsentChange(new_id(), ANN_ID, ANN, SENDER, "opted_out", "sms", "STOP", 100.0)
        assert await store.save(turn(consent=(line,)))

    async def test_a_turn_that_breaks_does_not_break_the_others(self, store: Store) -> None:
        await asyncio.gather(arrive(store, ANN), arrive(store, BOB))
        poison = session(ANN, slots={"not JSON": object()})
        good = session(BOB)
        broken, saved = await asyncio.gather(
            store.save(turn(ANN, sessions=(poison,))),
            store.save(turn(BOB, sessions=(good,))),
            return_exceptions=True,
        )
        assert isinstance(broken, TypeError)
        assert saved is True
        assert await store.session(good.id) == good

    async def test_what_a_cancelled_caller_asked_is_written(self, store: Store) -> None:
        await arrive(store)
        kept = event("cancelled")
        impatient = asyncio.create_task(store.append([kept]))
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.gather(impatient, return_exceptions=True)
        await store.append([event("after")])
        assert kept in (await store.list_events(10)).items


class TestDeliveries:
    async def test_an_outcome_is_written(self, store: Store) -> None:
        message = await queue(store, status="sending", attempts=1, due_at=130.0)
        sent = event("message_sent")
        await store.mark(
            Outcome(message.id, "accepted", 101.0, "SM1", billed_segments=2, events=(sent,))
        )
        assert await store.message(message.id) == replace(
            message, status="accepted", provider_id="SM1", billed_segments=2, due_at=None
        )
        assert sent in (await store.list_events(10)).items
        assert await store.known_provider_ids("twilio", ["SM1", "SM2"]) == {"SM1"}
        assert await store.known_provider_ids("telegram", ["SM1"]) == frozenset()

    async def test_a_report_that_came_first_is_not_undone(self, store: Store) -> None:
        message = await queue(store, status="sending")
        await store.report(Report("twilio", "SM1", "delivered", 101.0, message_id=message.id))
        for status in ("accepted", "queued", "unknown"):
            await store.mark(Outcome(message.id, status, 102.0, "SM1", due_at=200.0))
        assert await store.message(message.id) == replace(
            message, status="delivered", provider_id="SM1"
        )

    async def test_an_attempt_is_tried_again_later(self, store: Store) -> None:
        message = await queue(store, status="sending")
        await store.mark(Outcome(message.id, "unknown", 101.0, due_at=110.0))
        await store.mark(
            Outcome(message.id, "queued", 120.0, due_at=130.0, error_code="429", error="slow down")
        )
        assert await store.message(message.id) == replace(
            message, status="queued", due_at=130.0, error_code="429", error="slow down"
        )

    @pytest.mark.parametrize("by", ["message id", "provider id"])
    async def test_a_report_joins_and_is_logged_once(self, store: Store, by: str) -> None:
        message = await queue(store, status="sending")
        await store.mark(Outcome(message.id, "accepted", 101.0, "SM1"))
        id_ = message.id if by == "message id" else None
        for status in ("delivered", "sent", "delivered"):
            await store.report(
                Report("twilio", "SM1", status, 102.0, id_, "30003", "no", event_id=new_id())
            )
        after = await store.message(message.id)
        assert after is not None
        assert (after.status, after.error_code, after.error) == ("delivered", "30003", "no")
        (logged,) = (await store.list_events(10, type="message_delivered")).items
        assert logged.conversation_id == thread_of(ANN)
        assert logged.data["message_id"] == message.id
        assert (await store.list_events(10, type="message_sent")).items == ()

    async def test_a_report_without_event_id_is_not_logged(self, store: Store) -> None:
        message = await queue(store, status="sending")
        await store.report(Report("twilio", "SM1", "sent", 102.0, message.id))
        assert (await store.list_events(10)).items == ()

    async def test_a_report_settles_an_unknown_outcome(self, store: Store) -> None:
        message = await queue(store, status="unknown", due_at=110.0)
        await store.report(Report("twilio", "SM1", "accepted", 102.0, message.id))
        assert await store.message(message.id) == replace(
            message, status="accepted", provider_id="SM1", due_at=None
        )

    async def test_an_early_report_waits_for_its_message(self, store: Store) -> None:
        message = await queue(store, status="sending")
        await store.report(Report("twilio", "SM1", "delivered", 101.0, event_id=new_id()))
        await store.report(Report("telegram", "SM1", "failed", 101.0))
        await store.mark(Outcome(message.id, "accepted", 102.0, "SM1"))
        after = await store.message(message.id)
        assert after is not None
        assert after.status == "delivered"
        assert len((await store.list_events(10, type="message_delivered")).items) == 1

    async def test_an_early_report_and_the_outcome_at_once(self, store: Store) -> None:
        message = await queue(store, status="sending")
        await asyncio.gather(
            store.report(Report("twilio", "SM1", "delivered", 101.0)),
            store.mark(Outcome(message.id, "accepted", 102.0, "SM1")),
        )
        after = await store.message(message.id)
        assert after is not None
        assert after.status == "delivered"

    async def test_a_report_of_another_connector_does_not_reach_a_message(
        self, store: Store
    ) -> None:
        message = await queue(store, status="sending")
        await store.report(Report("telegram", "7", "failed", 101.0, message.id))
        assert await store.message(message.id) == message

    async def test_a_report_does_not_reach_what_came_in(self, store: Store) -> None:
        accepted = await arrive(store, provider_id="SM1")
        await store.report(Report("twilio", "SM1", "read", 101.0, accepted.message_id))
        message = await store.message(accepted.message_id)
        assert message is not None
        assert message.status == "pending"

    async def test_a_status_that_is_none_is_refused(self, store: Store) -> None:
        with pytest.raises(ValueError, match="lost"):
            await store.report(Report("twilio", "SM1", "lost", 101.0))
        with pytest.raises(ValueError, match="lost"):
            await store.mark(Outcome("m", "lost", 101.0))

    @given(data=st.data())
    @settings(
        max_examples=15,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    async def test_reports_in_any_order_end_in_the_same_status(
        self, store: Store, data: st.DataObject
    ) -> None:
        last = data.draw(st.sampled_from(["delivered", "undelivered", "failed"]))
        statuses = data.draw(
            st.lists(st.sampled_from(["accepted", "sent", last, "read"]), min_size=1, max_size=6)
        )
        together = data.draw(st.booleans())
        when_marked = data.draw(st.integers(0, len(statuses)))
        message = await queue(store, status="sending")
        name = "SM" + message.id
        news = [store.report(Report("twilio", name, it, 101.0)) for it in statuses]
        news.insert(when_marked, store.mark(Outcome(message.id, "accepted", 101.0, name)))
        if together:
            await asyncio.gather(*news)
        else:
            for it in news:
                await it
        after = await store.message(message.id)
        assert after is not None
        assert after.status == max([*statuses, "accepted"], key=RANK.__getitem__)


class TestClaimDue:
    async def test_the_first_message_of_each_conversation_is_claimed(self, store: Store) -> None:
        first, second = await queue(store, ANN), await queue(store, ANN)
        other = await queue(store, BOB)
        claimed = await store.claim_due(200.0, 10, 30.0)
        assert [it.message.id for it in claimed] == [first.id, other.id]
        assert {it.task for it in claimed} == {"send"}
        sending = replace(first, status="sending", attempts=1, attempted_at=200.0, due_at=230.0)
        assert claimed[0].message == sending == await store.message(first.id)
        assert list(await store.claim_due(200.0, 10, 30.0)) == []
        await store.mark(Outcome(first.id, "accepted", 201.0, "SM1"))
        assert [it.message.id for it in await store.claim_due(201.0, 10, 30.0)] == [second.id]

    async def test_a_message_waits_for_its_time(self, store: Store) -> None:
        message = await queue(store, due_at=300.0)
        assert list(await store.claim_due(299.0, 10, 30.0)) == []
        assert [it.message.id for it in await store.claim_due(300.0, 10, 30.0)] == [message.id]

    async def test_limit_and_contact_narrow_the_claim(self, store: Store) -> None:
        await queue(store, ANN)
        bob = await queue(store, BOB)
        claimed = await store.claim_due(200.0, 10, 30.0, contact_id_for(BOB))
        assert [it.message.id for it in claimed] == [bob.id]
        await queue(store, "sms:+3")
        assert len(await store.claim_due(200.0, 1, 30.0)) == 1

    async def test_an_attempt_that_ran_out_is_settled(self, store: Store) -> None:
        message = await queue(store, status="sending", attempts=1, due_at=130.0)
        assert list(await store.claim_due(129.0, 10, 30.0)) == []
        (due,) = await store.claim_due(131.0, 10, 30.0)
        unknown = replace(message, status="unknown", due_at=161.0)
        assert (due.task, due.message) == ("settle", unknown)
        assert list(await store.claim_due(160.0, 10, 30.0)) == []
        (again,) = await store.claim_due(162.0, 10, 30.0)
        assert (again.task, again.message.attempts) == ("settle", 1)

    async def test_unknown_without_due_time_waits_for_a_person(self, store: Store) -> None:
        await queue(store, status="unknown")
        assert list(await store.claim_due(1e9, 10, 30.0)) == []

    async def test_consent_is_as_of_now(self, store: Store) -> None:
        await queue(store)
        await store.save(turn(contact=Contact(ANN_ID, opted_out=True, version=1)))
        (due,) = await store.claim_due(200.0, 10, 30.0)
        assert due.opted_out is True


class TestLedger:
    async def test_the_first_result_under_a_key_stays(self, store: Store) -> None:
        result = {"events": [], "text": EMOJI_AND_HEBREW, "n": [1, 2.5, None, True]}
        await store.journal_write("t:1", result, 100.0)
        await store.journal_write("t:1", "other", 101.0)
        await store.journal_write("t:2", 5, 101.0)
        await store.journal_write("t:3", "5", 101.0)
        assert await store.journal_read(["t:1", "t:2", "t:3", "t:4"]) == {
            "t:1": result, "t:2": 5, "t:3": "5",
        }  # fmt: skip

    async def test_a_flow_version_is_kept_once(self, store: Store) -> None:
        await store.publish_flow("optin", "hash", "[1]", 100.0)
        await store.publish_flow("optin", "hash", "[2]", 101.0)
        assert await store.flow_definition("optin", "hash") == "[1]"
        assert await store.flow_definition("optin", "other") is None
        assert await store.flow_definition("other", "hash") is None

    async def test_a_lease_has_one_holder(self, store: Store) -> None:
        assert await store.lease("tick", "a", 100.0, 10.0)
        assert not await store.lease("tick", "b", 105.0, 10.0)
        assert await store.lease("tick", "a", 105.0, 10.0)
        assert not await store.lease("tick", "b", 114.0, 10.0)
        assert await store.lease("tick", "b", 115.0, 10.0)
        assert not await store.lease("tick", "a", 116.0, 10.0)
        assert await store.lease("other", "a", 116.0, 10.0)

    async def test_a_lease_of_a_wrong_clock_is_none(self, store: Store) -> None:
        assert await store.lease("tick", "a", 100.0 + 86_400.0, 10.0)
        assert await store.lease("tick", "b", 100.0, 10.0)
        assert not await store.lease("tick", "a", 105.0, 10.0)
        assert await store.lease("tock", "a", 160.0, 10.0)
        assert not await store.lease("tock", "b", 100.0, 10.0)

    async def test_the_latest_events_of_a_session_are_oldest_first(self, store: Store) -> None:
        events = [event(session_id="s", data={"n": n}) for n in range(4)]
        await store.append([*events, event(session_id="t")])
        assert list(await store.session_events("s", 3)) == events[1:]
        assert list(await store.session_events("none", 3)) == []

    async def test_who_waits(self, store: Store) -> None:
        await arrive(store, ANN, created_at=100.0)
        await arrive(store, ANN, created_at=101.0)
        await arrive(store, BOB, created_at=199.0)
        assert list(await store.contacts_waiting(200.0, 150.0, 10)) == [ANN_ID]
        assert list(await store.contacts_waiting(200.0, 100.0, 10)) == []
        await store.save(turn(BOB, timers_set=(timer(BOB, due_at=200.0),)))
        assert list(await store.contacts_waiting(200.0, 0.0, 10)) == [contact_id_for(BOB)]
        assert len(await store.contacts_waiting(200.0, 150.0, 1)) == 1

    async def test_counts(self, store: Store) -> None:
        await queue(store)
        await arrive(store)
        await store.save(turn(timers_set=(timer(),)))
        assert await store.counts() == {
            "pending_inbound": 1, "unsettled_outbound": 1, "pending_timers": 1,
        }  # fmt: skip

    async def test_ping(self, store: Store) -> None:
        await store.ping()


class TestListings:
    async def test_pages_of_messages_are_newest_first(self, store: Store) -> None:
        ids = [(await arrive(store)).message_id for _ in range(5)]
        found, cursor = [], None
        while True:
            page = await store.list_messages(2, cursor)
            found += [it.id for it in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert found == ids[::-1]

    async def test_a_full_last_page_has_no_next(self, store: Store) -> None:
        for _ in range(2):
            await arrive(store)
        assert (await store.list_messages(2)).next_cursor is None

    async def test_messages_are_filtered(self, store: Store) -> None:
        ann = await queue(store, ANN)
        await queue(store, BOB)
        page = await store.list_messages(
            10, conversation_id=thread_of(ANN), contact_id=ANN_ID, status="queued", direction="out"
        )
        assert page.items == (ann,)
        assert len((await store.list_messages(10, contact_id=ANN_ID)).items) == 2

    async def test_contacts_by_time_tag_and_address(self, store: Store) -> None:
        await arrive(store, ANN, created_at=100.0)
        await arrive(store, BOB, created_at=200.0)
        await arrive(store, "sms:+3", created_at=100.0)
        await store.save(turn(ANN, tags_added=("vip",)))
        first = await store.list_contacts(2)
        rest = await store.list_contacts(2, first.next_cursor)
        ids = [it.id for it in first.items + rest.items]
        assert ids[0] == contact_id_for(BOB)
        assert sorted(ids[1:]) == sorted([ANN_ID, contact_id_for("sms:+3")])
        assert rest.next_cursor is None
        (vip,) = (await store.list_contacts(10, tag="vip")).items
        assert (vip.id, vip.tags) == (ANN_ID, {"vip"})
        assert [it.id for it in (await store.list_contacts(10, address=BOB)).items] == ids[:1]

    async def test_conversations_by_contact_and_status(self, store: Store) -> None:
        await arrive(store, ANN)
        await arrive(store, BOB)
        thread = await store.conversation(thread_of(ANN))
        assert thread is not None
        await store.save(turn(ANN, conversations=(replace(thread, status="human"),)))
        (human,) = (await store.list_conversations(10, status="human")).items
        assert human.id == thread.id
        (bob,) = (await store.list_conversations(10, contact_id=contact_id_for(BOB))).items
        assert bob.id == thread_of(BOB)
        first = await store.list_conversations(1)
        second = await store.list_conversations(1, first.next_cursor)
        assert {it.id for it in first.items + second.items} == {thread.id, bob.id}

    async def test_sessions_are_filtered(self, store: Store) -> None:
        one, two = session(), session(flow="other", status="ended")
        await store.save(turn(sessions=(one, two)))
        assert (await store.list_sessions(10)).items == (two, one)
        assert (await store.list_sessions(10, status="ended")).items == (two,)
        assert (await store.list_sessions(10, flow="optin", contact_id=ANN_ID)).items == (one,)
        assert (await store.list_sessions(10, conversation_id="none")).items == ()

    async def test_events_backwards_and_from_a_place_on(self, store: Store) -> None:
        events = [event(conversation_id="c", session_id="s", data={"n": n}) for n in range(5)]
        await store.append(events)
        await store.append([event("other", contact_id="nobody")])
        page = await store.list_events(10, contact_id=ANN_ID, conversation_id="c", session_id="s")
        assert list(page.items) == events[::-1]
        later = await store.list_events(2, after=events[0].id, type="message_received")
        assert list(later.items) == events[1:3]
        rest = await store.list_events(
            5, later.next_cursor, after=events[0].id, type="message_received"
        )
        assert (list(rest.items), rest.next_cursor) == (events[3:], None)

    @pytest.mark.parametrize("cursor", ["%", "x", "bnVsbA", "W10", "WzEsMl0", "Wzpd", "\u00e9"])
    async def test_a_bad_cursor_is_refused(self, store: Store, cursor: str) -> None:
        for listing in (store.list_messages, store.list_contacts, store.list_events):
            with pytest.raises(ValueError, match="cursor"):
                await listing(10, cursor)
