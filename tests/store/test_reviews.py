"""Texts to be labelled, in every store; and the migration that brings their tables."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import inspect, text

from bot.domain.reviews import Collected, Decision, Sighting, first_review
from bot.services.ports import Store
from bot.store.connecting import connect
from bot.store.schema import downgrade, upgrade
from bot.store.sql import SqlStore
from bot.store.tables import reviews as reviews_table
from tests.store.samples import arrive, event


def seen(event_id: str, said: str = "hmm ok", **fields: Any) -> Sighting:
    values: dict[str, Any] = {
        "at": float(event_id), "reason": "unsure", "guess": "affirm",
        "ranking": (("affirm", 0.5), ("deny", 0.4)), "flow": "optin", "state": "OPTIN",
        "asked": "Would you?",
    }  # fmt: skip
    return Sighting(event_id=event_id, text=said, **(values | fields))


async def test_the_same_message_is_counted_once(store: Store) -> None:
    first = Collected((seen("01"), seen("02"), seen("03", "nah")), "03")
    assert await store.file_reviews(first) == 3
    assert await store.file_reviews(first) == 0
    assert await store.file_reviews(Collected((seen("03", "nah"), seen("04")), "04")) == 1
    page = await store.list_reviews(10)
    assert [(it.text, it.count) for it in page.items] == [("nah", 1), ("hmm ok", 3)]
    assert (page.items[1].first_at, page.items[1].last_at) == (1.0, 4.0)


async def test_a_review_comes_back_as_it_was_filed(store: Store) -> None:
    it = seen("01", "já 👍 \u202e")
    await store.file_reviews(Collected((it,)))
    found = await store.review(it.review_id)
    assert found is not None
    expected = first_review(it)
    assert (found.text, found.reading, found.reason, found.status) == (
        it.text, expected.reading, "unsure", "pending",
    )  # fmt: skip
    assert (found.flow, found.state, found.guess, found.ranking) == (
        "optin", "OPTIN", "affirm", it.ranking,
    )  # fmt: skip
    assert await store.review("unknown") is None


async def test_a_review_is_decided_once(store: Store) -> None:
    it = seen("01")
    await store.file_reviews(Collected((it,)))
    assert await store.decide_review(Decision(it.review_id, "accepted", 9.0, "affirm"))
    assert not await store.decide_review(Decision(it.review_id, "rejected", 10.0))
    assert not await store.decide_review(Decision("unknown", "rejected", 10.0))
    found = await store.review(it.review_id)
    assert found is not None
    assert (found.status, found.intent, found.decided_at) == ("accepted", "affirm", 9.0)
    # Seen again, it stays decided.
    await store.file_reviews(Collected((seen("02"),)))
    again = await store.review(it.review_id)
    assert again is not None
    assert (again.status, again.count) == ("accepted", 2)


async def test_the_position_only_moves_on(store: Store) -> None:
    assert await store.reviews_position() is None
    for place in ("05", "03", None, "07"):
        await store.file_reviews(Collected((), place))
    assert await store.reviews_position() == "07"


async def test_reviews_are_listed_in_pages(store: Store) -> None:
    await store.file_reviews(
        Collected(tuple(seen(f"{n:02}", f"text {n}", at=float(n // 2)) for n in range(7)))
    )
    await store.decide_review(Decision(seen("01", "text 1").review_id, "rejected", 9.0))
    pending, cursor = list[str](), None
    while True:
        page = await store.list_reviews(2, cursor, status="pending")
        pending += [it.text for it in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(pending) == [f"text {n}" for n in (0, 2, 3, 4, 5, 6)]
    rejected = await store.list_reviews(10, status="rejected")
    assert [it.text for it in rejected.items] == ["text 1"]
    with pytest.raises(ValueError, match="cursor"):
        await store.list_reviews(2, "nonsense")


async def test_two_processes_that_file_the_same_count_it_once(
    two_stores: tuple[SqlStore, SqlStore],
) -> None:
    found = Collected(tuple(seen(f"{n:02}", f"text {n % 3}") for n in range(9)), "08")
    counts = await asyncio.gather(*(it.file_reviews(found) for it in two_stores * 3))
    assert sum(counts) == 9
    page = await two_stores[0].list_reviews(10)
    assert {it.text: it.count for it in page.items} == {f"text {n}": 3 for n in range(3)}


async def test_the_migration_keeps_what_is_there(url: str) -> None:
    await downgrade(url, "0001")
    database = connect(url)
    names = await database.browse(lambda it: inspect(it).get_table_names())
    assert reviews_table.name not in names
    await database.close()

    async def rows() -> dict[str, int]:
        opened = connect(url)
        counted = await opened.browse(
            lambda it: {
                table: it.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608
                for table in names
            }
        )
        await opened.close()
        return counted

    older = SqlStore(url)
    await older.open()
    accepted = await arrive(older, text="hello")
    await older.append([event(contact_id=accepted.contact_id)])
    await older.close()
    before = await rows()
    assert before["messages"] == before["contacts"] == before["events"] == 1
    await upgrade(url)
    after = await rows()
    assert {**before, "alembic_version": 1} == after
    newer = SqlStore(url)
    await newer.open()
    message = await newer.message(accepted.message_id)
    assert message is not None
    assert message.text == "hello"
    assert await newer.file_reviews(Collected((seen("01"),))) == 1
    await newer.close()
