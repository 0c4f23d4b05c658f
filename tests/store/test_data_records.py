"""The data store, starts and positions, in every store; and the migration that brings them."""

import asyncio
from dataclasses import replace
from typing import Any

from sqlalchemy import inspect, text

from bot.domain.contacts import contact_id_for
from bot.domain.data_records import DataRecord
from bot.services.ports import Store
from bot.store.connecting import connect
from bot.store.schema import downgrade, upgrade
from bot.store.sql import SqlStore
from tests.store.samples import ANN, BOB, arrive, inbound, new_id, queue, session, timer, turn


def record(**fields: Any) -> DataRecord:
    values: dict[str, Any] = {
        "id": new_id(), "collection": "orders", "at": 100.0, "values": {"size": "L"},
        "contact_id": contact_id_for(ANN), "session_id": "s", "flow": "coupon",
    }  # fmt: skip
    return DataRecord(**{**values, **fields})


async def keep(store: Store, *records: DataRecord, **fields: Any) -> None:
    assert await store.save(turn(data=records, **fields))


async def every(store: Store, **asked: str) -> list[DataRecord]:
    return list((await store.list_data_records(50, **asked)).items)


async def test_a_record_comes_back_as_it_was_stored(store: Store) -> None:
    it = record(values={"size": "L", "items": [1, {"é": None}], "yes": True}, key="k \u202e")
    await keep(store, it)
    assert await store.data_record(it.id) == it
    assert await store.data_record("none") is None
    assert await every(store) == [it]


async def test_records_without_a_key_pile_up(store: Store) -> None:
    first, second = record(), record()
    await keep(store, first, second)
    assert await every(store) == [second, first]


async def test_the_later_of_two_with_a_key_stays_under_the_first_id(store: Store) -> None:
    first = record(key="ann", values={"score": 1, "old": True})
    await keep(store, first)
    later = record(
        key="ann", values={"score": 2}, at=200.0, contact_id="other", session_id="t", flow="f2"
    )
    await keep(store, later)
    assert await every(store) == [replace(later, id=first.id)]
    # A turn that was slower to be written does not undo it.
    await keep(store, record(key="ann", values={"score": 0}, at=150.0))
    assert await every(store) == [replace(later, id=first.id)]
    # Elsewhere the key is another one.
    await keep(store, record(key="ann", collection="returns"))
    assert len(await every(store)) == 2


async def test_one_turn_may_store_a_key_twice(store: Store) -> None:
    first, second = record(key="k", values={"n": 1}), record(key="k", values={"n": 2})
    await keep(store, first, record(key="other"), second)
    found = await every(store, key="k")
    assert found == [replace(second, id=first.id)]


async def test_turns_of_one_batch_store_the_same_key(store: Store) -> None:
    people = [f"sms:+1555{number:04d}" for number in range(20)]
    saved = await asyncio.gather(
        *(
            store.save(turn(who, data=(record(key="k", at=100.0 + place, values={"n": place}),)))
            for place, who in enumerate(people)
        )
    )
    assert all(saved)
    [found] = await every(store)
    assert found.values == {"n": 19}


async def test_a_turn_that_lost_stores_nothing(store: Store) -> None:
    accepted = await arrive(store)
    assert await store.save(turn(claims_message=accepted.message_id, data=(record(),)))
    for lost in (record(), record(key="k")):
        again = turn(claims_message=accepted.message_id, data=(lost,))
        assert not await store.save(again)
    assert len(await every(store)) == 1


async def test_a_turn_that_is_refused_in_a_batch_stores_nothing(store: Store) -> None:
    run = session()
    answers = await asyncio.gather(
        *(store.save(turn(sessions=(run,), data=(record(), record(key="k")))) for _ in range(4))
    )
    assert answers.count(True) == 1
    assert len(await every(store)) == 2


async def test_records_by_collection_contact_and_key_in_pages(store: Store) -> None:
    mine = [record(key=f"k{n}") for n in range(5)]
    other = record(collection="feedback", contact_id=contact_id_for(BOB), key="k1")
    await keep(store, *mine, other)
    assert await every(store, contact_id=contact_id_for(BOB)) == [other]
    assert await every(store, collection="orders", key="k1") == [mine[1]]
    assert await every(store, key="k1") == [other, mine[1]]
    walked, cursor = list[DataRecord](), None
    while True:
        page = await store.list_data_records(2, cursor, collection="orders")
        walked.extend(page.items)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert walked == mine[::-1]


async def test_collections_and_deletion(store: Store) -> None:
    assert await store.collections() == {}
    kept, gone = record(), record(key="k")
    await keep(store, kept, gone, record(collection="feedback"))
    assert await store.collections() == {"feedback": 1, "orders": 2}
    assert await store.delete_data_record(gone.id)
    assert not await store.delete_data_record(gone.id)
    assert await store.collections() == {"feedback": 1, "orders": 1}
    # The key is free again.
    again = record(key="k")
    await keep(store, again)
    assert await store.data_record(again.id) == again


async def test_a_start_comes_back_and_a_repeat_changes_nothing(store: Store) -> None:
    await queue(store)
    start = {"flow": "coupon", "trigger": "manual", "slots": {"size": "L"}}
    first = timer(session_id="", conversation_id="", start=start, id="start:1")
    assert await store.save(turn(timers_set=(first,)))
    assert await store.save(turn(timers_set=(replace(first, due_at=1.0, start={}),)))
    work = await store.load(contact_id_for(ANN), 300.0)
    assert work is not None
    assert work.timers == (first,)
    assert await store.save(turn(claims_timer="start:1"))
    # Not even after it was taken.
    assert await store.save(turn(timers_set=(first,)))
    work = await store.load(contact_id_for(ANN), 300.0)
    assert work is not None
    assert work.timers == ()
    assert not await store.save(turn(claims_timer="start:1"))


async def test_positions(store: Store) -> None:
    assert await store.position("schedules") is None
    for place in ('{"at":2}', '{"at":1}'):
        await store.set_position("schedules", place)
        assert await store.position("schedules") == place
    assert await store.position("other") is None


async def test_the_time_zones_of_the_contacts(store: Store) -> None:
    assert await store.time_zones() == []
    for address, zone in ((ANN, "Europe/Oslo"), (BOB, "Europe/Oslo"), ("sms:+15550003", None)):
        accepted = await arrive(store, address, id=inbound().id)
        contact = await store.contact(accepted.contact_id)
        assert contact is not None
        known = replace(contact, time_zone=zone, version=1)
        assert await store.save(turn(address, contact=known))
    assert await store.time_zones() == [None, "Europe/Oslo"]


async def test_timers_survive_the_migration(url: str) -> None:
    await downgrade(url, "0003")
    database = connect(url)
    await database.change(
        lambda it: it.execute(
            text(
                "INSERT INTO timers (id, contact_id, conversation_id, session_id, name, due_at, "
                "created_at, status) VALUES ('t', 'c', 'v', 's', 'wait', 5, 1, 'pending')"
            )
        )
    )
    await database.close()
    await upgrade(url)
    store = SqlStore(url)
    await store.open()
    assert (await store.counts())["pending_timers"] == 1
    start = timer(start={"flow": "x"}, session_id="")
    assert await store.save(turn(timers_set=(start,)))
    await keep(store, record())
    await store.close()
    await downgrade(url, "0003")
    database = connect(url)
    tables = await database.browse(lambda it: inspect(it).get_table_names())
    assert "data_records" not in tables
    left = await database.browse(
        lambda it: it.execute(text("SELECT id FROM timers")).scalars().all()
    )
    assert left == ["t"]
    await database.close()
    await upgrade(url)
