"""What is current changes as one thing, in every process; what is wrong changes nothing."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.engine.apis import Api
from bot.engine.findings import DefinitionInvalid, Finding
from bot.engine.reader import read_flow
from bot.services.flowbook import FlowBook
from bot.services.ids import Ids
from bot.services.ports import StoreUnavailable
from bot.services.publishing import Examined, GlobalsMoved, Publishing
from bot.services.reloading import LOGGED, Reloading
from bot.store.memory import MemoryStore
from tests.services.world import Clock

WEATHER = Api("weather", "w1", definition={"url": "http://127.0.0.1"})


class Process:
    """One of several processes that share a store."""

    def __init__(self, store: MemoryStore) -> None:
        self.book = FlowBook(store)
        clock = Clock()
        self.publishing = Publishing(
            store=store, book=self.book, ids=Ids(clock), clock=clock, read_api=self.read_api
        )
        self.reloading = Reloading(self.examine, self.publishing, clock)
        self.files: Examined | Exception = said()

    def read_api(self, name: str, definition: str) -> Api:
        if "broken" in definition:
            raise DefinitionInvalid([Finding("x", "error", "", "broken")])
        return replace(WEATHER, name=name, definition=json.loads(definition))

    async def examine(self) -> Examined:
        if isinstance(self.files, Exception):
            raise self.files
        return self.files


def said(*texts: str, apis: Iterable[Api] = (), **shared: Any) -> Examined:
    """What the files say: a flow for each text, named by it."""
    flows = [read_flow([{"name": "A", "enter": {"say": text}}], text.split()[0]) for text in texts]
    return Examined(flows, {it.name: it for it in apis}, shared)


def current(process: Process) -> dict[str, str]:
    """The versions that new sessions start on."""
    return {name: flow.version for name, flow in process.book.current.items()}


async def test_the_same_files_publish_once() -> None:
    store = MemoryStore()
    here, there = Process(store), Process(store)
    await here.publishing.publish(said("talk", "ask", apis=[WEATHER], open=True))
    await there.publishing.publish(said("ask", "talk", apis=[WEATHER], open=True))
    assert await store.newest_number() == 1
    assert current(there) == current(here)
    assert (here.book.shared, set(here.book.apis)) == ({"open": True}, {"weather"})


async def test_another_process_sees_it_as_a_whole() -> None:
    store = MemoryStore()
    here, there = Process(store), Process(store)
    await here.publishing.publish(said("talk 1", "ask", open=True))
    assert await there.publishing.look()
    assert current(there) == current(here)
    before = there.book.edition
    await here.publishing.publish(said("talk 2", apis=[WEATHER], open=False))
    assert there.book.edition is before
    assert await there.publishing.look()
    assert not await there.publishing.look()
    assert (current(there), there.book.shared) == (current(here), {"open": False})
    assert there.book.apis["weather"].definition == WEATHER.definition
    assert before.flows.keys() == {"talk", "ask"}, "a turn under way lost its flows"


async def test_a_publication_that_cannot_be_read_leaves_what_is_there() -> None:
    store = MemoryStore()
    here, there = Process(store), Process(store)
    await here.publishing.publish(said("talk", open=True))
    await there.publishing.look()
    broken = replace(WEATHER, version="w2", definition={"broken": True})
    await here.publishing.publish(said("ask", apis=[broken], open=False))
    before = there.book.edition
    assert not await there.publishing.look()
    assert not await there.publishing.look()
    assert there.book.edition is before
    await here.publishing.publish(said("ask"))
    assert await there.publishing.look()
    assert set(there.book.current) == {"ask"}


async def test_two_that_publish_at_once_lose_nothing() -> None:
    store = MemoryStore()
    here, there = Process(store), Process(store)
    await here.publishing.publish(said("talk", count=0))
    await there.publishing.look()

    async def count(process: Process) -> None:
        for _ in range(5):
            await process.publishing.change_globals(
                lambda values: {**values, "count": values["count"] + 1}, None
            )

    publish = store.publish

    async def slowly(publication: Any) -> bool:
        await asyncio.sleep(0)
        return await publish(publication)

    store.publish = slowly  # type: ignore[method-assign]
    await asyncio.gather(count(here), count(there))
    newest = await store.newest_publication()
    assert newest is not None
    assert newest.shared.values == {"count": 10}
    assert set(newest.flows) == {"talk"}


async def test_an_edit_of_another_version_is_refused() -> None:
    process = Process(MemoryStore())
    await process.publishing.publish(said("talk", open=True))
    with pytest.raises(GlobalsMoved, match="the version is 1 now"):
        await process.publishing.change_globals(lambda _: {}, 0)
    assert process.publishing.globals.values == {"open": True}


async def test_errors_are_never_published() -> None:
    store = MemoryStore()
    process = Process(store)
    wrong = replace(said("talk"), findings=(Finding("x", "error", "", "wrong"),))
    with pytest.raises(DefinitionInvalid):
        await process.publishing.publish(wrong)
    assert await store.newest_number() == 0
    assert await store.flow_versions("talk") == []


async def test_what_was_published_is_logged() -> None:
    store = MemoryStore()
    process = Process(store)
    await process.publishing.publish(said("talk", "ask", open=True))
    await process.publishing.publish(said("talk 2"))
    page = await store.list_events(10)
    assert {(it.type, json.dumps(it.data.get("flows_removed"))) for it in page.items} == {
        ("flows_published", "[]"), ("flows_published", '["ask"]'), ("globals_changed", "null"),
    }  # fmt: skip


class TestReloading:
    async def test_what_is_wrong_is_told_until_it_is_right(self) -> None:
        process = Process(MemoryStore())
        await process.reloading.reload()
        finding = Finding("x", "error", "/0", "wrong", "mend it", "flows/talk.json", 3)
        doubt = Finding("y", "warning", "", "doubtful")
        process.files = replace(said("talk"), findings=(doubt, finding))
        assert not await process.reloading.reload()
        assert process.book.current == {}
        assert process.reloading.refusal is not None
        assert process.reloading.refusal.findings == (finding,)
        process.files = replace(said("talk"), findings=(doubt,))
        assert await process.reloading.reload()
        assert process.reloading.refusal is None
        assert set(process.book.current) == {"talk"}

    async def test_it_goes_on_behind_a_defect_and_a_database_that_is_away(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bot.services.reloading.AGAIN_SECONDS", 0.0)
        store = MemoryStore()
        process = Process(store)
        publish, away = store.publish, 3

        async def sometimes(publication: Any) -> bool:
            nonlocal away
            away -= 1
            if away >= 0:
                raise StoreUnavailable("away")
            return await publish(publication)

        store.publish = sometimes  # type: ignore[method-assign]

        async def saves() -> AsyncIterator[None]:
            process.files = RuntimeError("a defect of ours")
            yield
            process.files = said("talk")
            yield

        await process.reloading.follow(saves())
        assert set(process.book.current) == {"talk"}


async def test_a_start_with_other_files_than_those_that_are_current_is_told() -> None:
    store = MemoryStore()
    await Process(store).publishing.publish(said("talk new", "more"))
    with capture_logs() as told:
        await Process(store).publishing.publish(said("talk old"))
    [line] = told
    assert (line["event"], line["log_level"]) == ("current_replaced_at_start", "warning")
    assert (line["flows"], line["flows_removed"]) == (["talk"], ["more"])
    with capture_logs() as told:
        await Process(store).publishing.publish(said("talk old"))
    assert told == []


async def test_two_flows_of_the_same_content_are_read_each_by_its_name() -> None:
    store = MemoryStore()
    content = [{"name": "A"}]
    files = Examined([read_flow(content, "one"), read_flow(content, "two")])
    await Process(store).publishing.publish(files)
    other = Process(store)
    assert await other.publishing.look()
    assert {name: flow.name for name, flow in other.book.current.items()} == {
        "one": "one", "two": "two",
    }  # fmt: skip
    assert len(await store.flow_versions("two")) == 1


async def test_a_save_with_many_errors_does_not_flood_the_log() -> None:
    process = Process(MemoryStore())
    errors = [Finding("x", "error", "", f"wrong {n}", file="talk.json") for n in range(LOGGED + 5)]
    process.files = replace(said(), findings=tuple(errors))
    with capture_logs() as told:
        assert not await process.reloading.reload()
    assert len(told) == LOGGED + 1
    assert told[0]["told"] == "talk.json: error x: wrong 0"
    assert told[-1]["told"] == "and 5 more; see parley check"
