"""Publications, versions and live sessions: one suite for every store."""

import asyncio
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.publications import PUBLICATIONS_KEPT, Globals, Publication, PublishedFlow
from bot.services.ports import Store
from bot.store.sql import SqlStore
from tests.store.samples import ANN, BOB, arrive, event, session, turn

FIRST = Publication(
    1, 100.0, "file", {"optin": "v1"}, {"weather": "a1"},
    Globals(1, {"open": True, "hours": [9, 17], "שם": "é"}, {"open": True}, 100.0, "file"), True,
)  # fmt: skip


class TestPublications:
    async def test_the_newest_is_what_was_published_last(self, store: Store) -> None:
        assert await store.newest_number() == 0
        assert await store.newest_publication() is None
        second = replace(FIRST, number=2, flows={"optin": "v2"}, globals_changed=False)
        assert await store.publish(FIRST)
        assert await store.publish(second)
        assert await store.newest_number() == 2
        assert await store.newest_publication() == second

    async def test_a_number_is_given_once(self, store: Store) -> None:
        other = replace(FIRST, flows={"optin": "other"})
        answers = await asyncio.gather(store.publish(FIRST), store.publish(other))
        assert sorted(answers) == [False, True]
        newest = await store.newest_publication()
        assert newest == (FIRST if answers[0] else other)

    async def test_its_events_are_logged_with_it_or_not_at_all(self, store: Store) -> None:
        told, untold = event("globals_changed"), event("globals_changed")
        assert await store.publish(replace(FIRST, events=(told,)))
        assert not await store.publish(replace(FIRST, events=(untold,)))
        page = await store.list_events(10, type="globals_changed")
        assert [it.id for it in page.items] == [told.id]

    async def test_the_history_is_newest_first_in_pages(self, store: Store) -> None:
        for number in range(1, 13):
            changed = number % 3 == 0
            await store.publish(replace(FIRST, number=number, globals_changed=changed))
        page = await store.list_publications(3, globals_changed=True)
        assert [it.number for it in page.items] == [12, 9, 6]
        rest = await store.list_publications(3, page.next_cursor, globals_changed=True)
        assert ([it.number for it in rest.items], rest.next_cursor) == ([3], None)
        every = await store.list_publications(20)
        assert [it.number for it in every.items] == list(range(12, 0, -1))

    async def test_the_oldest_are_forgotten(self, store: Store) -> None:
        await store.publish(FIRST)
        for number in (2, PUBLICATIONS_KEPT + 1):
            assert await store.publish(replace(FIRST, number=number))
        found = (await store.list_publications(10)).items
        assert [it.number for it in found] == [PUBLICATIONS_KEPT + 1, 2]

    async def test_two_processes_see_the_same(self, two_stores: tuple[SqlStore, SqlStore]) -> None:
        here, there = two_stores
        assert await here.publish(FIRST)
        assert await there.newest_publication() == FIRST
        assert not await there.publish(replace(FIRST, flows={}))


class TestDefinitions:
    async def test_an_api_is_kept_once(self, store: Store) -> None:
        await store.publish_api("weather", "hash", "{}", 100.0)
        await store.publish_api("weather", "hash", "[]", 101.0)
        assert await store.api_definition("hash") == "{}"
        assert await store.api_definition("other") is None

    async def test_the_versions_of_a_flow_the_latest_first(self, store: Store) -> None:
        await store.publish_flow("optin", "v1", "[1]", 100.0)
        await store.publish_flow("optin", "v2", "[2]", 200.0)
        await store.publish_flow("coupon", "v3", "[3]", 150.0)
        assert await store.flow_versions("optin") == [
            PublishedFlow("v2", 200.0), PublishedFlow("v1", 100.0),
        ]  # fmt: skip
        assert await store.flow_versions("unknown") == []

    async def test_two_flows_of_the_same_content_are_two(self, store: Store) -> None:
        await store.publish_flow("optin", "same", "[1]", 100.0)
        await store.publish_flow("coupon", "same", "[1]", 200.0)
        await store.publish(replace(FIRST, flows={"optin": "same"}))
        assert await store.flow_versions("coupon") == [PublishedFlow("same", 200.0)]
        assert not await store.remove_flow_version("optin", "same"), "it is current"
        assert await store.remove_flow_version("coupon", "same")
        assert await store.flow_definition("coupon", "same") is None
        assert await store.flow_definition("optin", "same") == "[1]"

    async def test_what_is_needed_is_not_forgotten(self, store: Store) -> None:
        for version in ("v1", "v2", "v3"):
            await store.publish_flow("optin", version, "[]", 100.0)
        await store.publish(FIRST)
        await arrive(store, ANN)
        await store.save(turn(ANN, sessions=(session(version="v2"),)))
        assert not await store.remove_flow_version("optin", "v1"), "it is current"
        assert not await store.remove_flow_version("optin", "v2"), "a session is on it"
        assert not await store.remove_flow_version("coupon", "v3"), "it is another flow's"
        assert await store.remove_flow_version("optin", "v3")
        assert await store.flow_definition("optin", "v3") is None
        assert not await store.remove_flow_version("optin", "v3"), "it is gone already"


class TestLiveSessions:
    async def test_they_are_counted_by_version_and_state(self, store: Store) -> None:
        await arrive(store, ANN)
        ended = session(version="v1").ended("completed")
        runs = [
            session(version="v1", state="A"), session(version="v1", state="A"),
            session(version="v1", state="B", status="dormant"), ended,
            session(version="v2", state="A", status="suspended"),
            session(flow="coupon", version="v1", state="A"),
        ]  # fmt: skip
        await store.save(turn(ANN, sessions=tuple(runs)))
        assert await store.live_counts("optin") == {
            ("v1", "A"): 2, ("v1", "B"): 1, ("v2", "A"): 1,
        }  # fmt: skip
        assert await store.live_counts("unknown") == {}

    async def test_they_are_listed_by_id(self, store: Store) -> None:
        runs = [session() for _ in range(5)]
        await arrive(store, ANN)
        await store.save(turn(ANN, sessions=(*runs, session(version="v2"), session(flow="x"))))
        await store.save(turn(ANN, sessions=(replace(runs[1], revision=2).ended("completed"),)))
        first = await store.live_sessions("optin", "v1", 2)
        assert first == [runs[0], runs[2]]
        assert await store.live_sessions("optin", "v1", 9, first[-1].id) == [runs[3], runs[4]]

    async def test_those_that_ended_for_a_reason(self, store: Store) -> None:
        await arrive(store, ANN)
        await arrive(store, BOB)
        gone = session(ANN).ended("state_gone")
        other = session(ANN).ended("completed")
        await store.save(turn(ANN, sessions=(gone, other, session(ANN))))
        page = await store.list_sessions(10, ended_because="state_gone")
        assert list(page.items) == [gone]
        assert (await store.list_sessions(10, ended_because="o'clock")).items == ()


SAID = st.dictionaries(st.sampled_from("abc"), st.integers(0, 2))


class TestGlobals:
    @given(SAID, SAID, SAID)
    def test_an_unchanged_file_leaves_what_an_operator_changed(
        self, first: dict[str, int], edited: dict[str, int], second: dict[str, int]
    ) -> None:
        known = Globals().with_file(first, 1.0).with_values(edited, 2.0)
        assert known.with_file(first, 3.0) == known
        after = known.with_file(second, 3.0)
        for key in "abc":
            unchanged = first.get(key) == second.get(key)
            assert after.values.get(key) == (edited if unchanged else second).get(key)
        assert after.version == known.version + (first != second)
        assert known.values == edited

    def test_every_change_is_a_version(self) -> None:
        first = Globals().with_file({"open": True}, 1.0)
        assert (first.version, first.source, first.at) == (1, "file", 1.0)
        same = first.with_values({"open": True}, 2.0)
        assert same is first
        closed = first.with_values({"open": False}, 2.0)
        assert (closed.version, closed.source, closed.file) == (2, "api", {"open": True})
