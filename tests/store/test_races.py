"""Two stores on one database, as two processes would have them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from bot.domain.contacts import contact_id_for
from bot.domain.records import Arrival, Outcome, Report
from bot.store.sql import SqlStore
from tests.store.samples import arrive, inbound, outbound, queue, session, turn

Two = tuple[SqlStore, SqlStore]
PEOPLE = [f"sms:+1555{number:04d}" for number in range(40)]


async def both(stores: Two, ask: Callable[[SqlStore], Awaitable[Any]]) -> list[Any]:
    return list(await asyncio.gather(*(ask(store) for store in stores)))


async def test_one_provider_id_is_accepted_by_one(two_stores: Two) -> None:
    arrivals = [Arrival(inbound(it, provider_id=f"SM{it}")) for it in PEOPLE]
    repeats = [Arrival(inbound(it, provider_id=f"SM{it}")) for it in reversed(PEOPLE)]
    first, second = two_stores
    answers = await asyncio.gather(
        *(first.accept(it) for it in arrivals), *(second.accept(it) for it in repeats)
    )
    assert sum(not it.repeated for it in answers) == len(PEOPLE)
    assert {it.contact_id for it in answers} == {contact_id_for(it) for it in PEOPLE}
    assert (await first.counts())["pending_inbound"] == len(PEOPLE)


async def test_newcomers_write_to_both_at_once(two_stores: Two) -> None:
    first, second = two_stores
    answers = await asyncio.gather(
        *(arrive(first, it) for it in PEOPLE), *(arrive(second, it) for it in reversed(PEOPLE))
    )
    assert not any(it.repeated for it in answers)
    assert len((await first.list_contacts(100)).items) == len(PEOPLE)
    for it in PEOPLE:
        work = await second.load(contact_id_for(it), 100.0)
        assert work is not None
        assert len(work.messages) == 2


async def test_one_turn_is_saved_by_one(two_stores: Two) -> None:
    accepted = [await arrive(two_stores[0], it) for it in PEOPLE]

    async def save_all(store: SqlStore) -> list[bool]:
        turns = [
            turn(person, claims_message=it.message_id, messages=(outbound(person),))
            for person, it in zip(PEOPLE, accepted, strict=True)
        ]
        return await asyncio.gather(*map(store.save, turns))

    one, two = await both(two_stores, save_all)
    assert all(a != b for a, b in zip(one, two, strict=True))
    assert (await two_stores[0].counts())["unsettled_outbound"] == len(PEOPLE)


async def test_one_session_revision_is_written_by_one(two_stores: Two) -> None:
    run = session()
    assert sorted(await both(two_stores, lambda it: it.save(turn(sessions=(run,))))) == [
        False, True,
    ]  # fmt: skip


async def test_a_due_message_is_claimed_by_one(two_stores: Two) -> None:
    for it in PEOPLE:
        await queue(two_stores[0], it)

    async def claim(store: SqlStore) -> list[str]:
        rounds = await asyncio.gather(*(store.claim_due(200.0, 7, 30.0) for _ in range(4)))
        return [due.message.id for claimed in rounds for due in claimed]

    one, two = await both(two_stores, claim)
    assert len(one) + len(two) == len({*one, *two}) == len(PEOPLE)


async def test_an_outcome_and_its_report_meet(two_stores: Two) -> None:
    first, second = two_stores
    messages = [await queue(first, it, status="sending") for it in PEOPLE]
    await asyncio.gather(
        *(first.mark(Outcome(it.id, "accepted", 101.0, f"SM{it.id}")) for it in messages),
        *(
            second.report(Report("twilio", f"SM{it.id}", "delivered", 101.0))
            for it in reversed(messages)
        ),
    )
    statuses = {it.status for it in (await first.list_messages(100, direction="out")).items}
    assert statuses == {"delivered"}


async def test_a_lease_is_taken_by_one(two_stores: Two) -> None:
    owners = iter("ab")
    held = await both(two_stores, lambda it: it.lease("tick", next(owners), 1.0, 10.0))
    assert sorted(held) == [False, True]
