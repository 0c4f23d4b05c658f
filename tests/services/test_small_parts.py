"""Inbox, queue, sweep, flow book and ids."""

import asyncio
import gc
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from bot.app import Parts
from bot.domain.records import Arrival, StoreUnavailable
from bot.services import contact_queue
from bot.services.contact_queue import ContactQueue
from bot.services.ids import Ids
from bot.services.media import Media
from bot.services.sweep import LEFT_BEHIND_SECONDS
from bot.services.turns import FLOW_GONE
from bot.tasks.celery import Process, Signaller
from tests.services.world import ANN_ID, Clock, World, flow, say

ANY = "get_smth_from_user"
TALK = flow(say("A", "1", states=[say("B", "2", condition=ANY)]), keyword="go")


# Inbox


async def test_a_repeated_message_is_a_no_op() -> None:
    world = await World().open(talk=TALK)
    arrival = Arrival(world.message("go"))
    first = await world.inbox.receive(arrival)
    assert await world.inbox.receive(Arrival(world.message("go", **arrival.message.content)))
    again = Arrival(arrival.message.__class__(**_values(arrival.message) | {"id": world.ids.new()}))
    assert await world.inbox.receive(again) == first
    assert world.figures.told.count(("received", "twilio")) == 2
    assert len(world.woken) == 2


def _values(message: Any) -> dict[str, Any]:
    return {name: getattr(message, name) for name in message.__slots__}


async def test_a_channel_that_waits_gets_the_replies_of_its_turn() -> None:
    world = await World().open(talk=TALK)
    arrival = Arrival(world.message("go"))
    waits = asyncio.create_task(world.inbox.receive_and_wait(arrival, 5.0))
    await asyncio.sleep(0)
    await world.take_turns()
    assert [m.text for m in await waits] == ["1"]
    assert world.inbox.waiting == {}


async def test_a_channel_that_waits_sees_what_another_process_answered() -> None:
    world = await World().open(talk=TALK)
    arrival = Arrival(world.message("go"))
    waits = asyncio.create_task(world.inbox.receive_and_wait(arrival, 5.0))
    await asyncio.sleep(0)
    world.contact_turns.inbox = None
    await world.take_turns()
    assert [m.text for m in await waits] == ["1"]


async def test_a_channel_does_not_wait_for_ever() -> None:
    world = await World().open(talk=TALK)
    assert await world.inbox.receive_and_wait(Arrival(world.message("go")), 0.01) == ()


# Sweep


async def test_the_sweep_finds_what_a_killed_process_left() -> None:
    world = await World().open(talk=TALK)
    await world.arrives("go")
    world.woken.clear()  # and here the process ends
    await world.passes(LEFT_BEHIND_SECONDS - 1)
    assert world.provider.texts == []
    await world.passes(2)
    assert world.provider.texts == ["1"]


async def test_messages_are_taken_in_the_order_in_which_they_came() -> None:
    world = await World().open(talk=TALK)
    for text in ("go", "x"):
        await world.arrives(text)
    await world.contact_turns.drain(ANN_ID)
    assert world.provider.texts == ["1", "2"]
    await world.contact_turns.drain("nobody")


# Queue


async def test_one_turn_at_a_time_and_once_more_when_woken_meanwhile() -> None:
    running: list[str] = []
    most: list[int] = []

    async def drain(contact_id: str) -> None:
        running.append(contact_id)
        most.append(running.count(contact_id))
        if len(most) <= 2:
            queue.wake(contact_id)
            queue.wake(contact_id)
        await asyncio.sleep(0)
        running.remove(contact_id)

    queue = ContactQueue(drain)
    for _ in range(5):
        queue.wake("a")
        queue.wake("b")
    await queue.idle()
    assert most == [1] * 4  # each once, and once more
    queue.wake("a")
    await queue.idle()
    assert len(most) == 5


async def test_a_turn_that_fails_is_tried_again_and_then_left_to_the_sweep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(contact_queue, "RETRY_SECONDS", (0.0, 0.0))
    tried: list[str] = []

    async def drain(contact_id: str) -> None:
        tried.append(contact_id)
        if len(tried) < 3 or contact_id == "never":
            raise StoreUnavailable("away")

    queue = ContactQueue(drain)
    queue.wake("a")
    await queue.idle()
    assert tried == ["a"] * 3
    for _ in range(2):
        queue.wake("never")
        await queue.idle()
    assert tried.count("never") == 6


async def test_the_end_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_queue, "IDLE_SECONDS", 0.05)
    held = asyncio.Event()

    async def drain(_: str) -> None:
        await held.wait()

    queue = ContactQueue(drain)
    queue.wake("a")
    await asyncio.wait_for(queue.idle(), 1)
    held.set()
    await queue.idle()


async def test_background_work_that_fails_is_told() -> None:
    async def drain(_: str) -> None:
        raise AssertionError("nobody was woken")

    async def fails() -> None:
        raise StoreUnavailable("away")

    unwatched: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: unwatched.append(what))
    queue = ContactQueue(drain)
    with capture_logs() as lines:
        queue.later(fails())
        await queue.idle()
        await asyncio.sleep(0)
    gc.collect()
    assert [(line["event"], line["error"]) for line in lines] == [
        ("background_work_failed", "away")
    ]
    assert unwatched == []


# Celery


@dataclass
class Kicks:
    """Stands in for the media files to fetch."""

    told: list[str] = field(default_factory=list)

    def kick(self) -> None:
        self.told.append("kick")


async def test_a_celery_worker_sweeps_for_all_that_a_single_process_does() -> None:
    world, media = await World().open(talk=TALK), Kicks()
    sweep = replace(world.sweep, media=cast(Media, media))
    parts = SimpleNamespace(
        store=world.store, deliveries=world.deliveries, clock=world.clock, ids=world.ids,
        queue=ContactQueue(world.contact_turns.drain), sweep=sweep,
    )  # fmt: skip
    process = Process.__new__(Process)
    process._signals = cast(Signaller, SimpleNamespace(away=False))
    process._stopping = asyncio.Event()
    turns = asyncio.create_task(process._sweep_until_stopped(cast(Parts, parts)))
    await asyncio.sleep(0.05)
    process._stopping.set()
    await asyncio.wait_for(turns, 2)
    assert media.told


# Flow book


async def test_a_session_stays_on_the_version_it_started_with() -> None:
    world = await World().open(talk=TALK)
    await world.says("go")
    await world.publish(talk=flow(say("A", "one", states=[say("B", "two", condition=ANY)])))
    assert await world.says("x") == ["2"]


async def test_an_old_version_is_read_from_the_store() -> None:
    world = await World().open(talk=TALK)
    await world.says("go")
    await world.open(talk=flow(say("A", "one")))  # another process, later
    assert await world.says("x") == ["2"]
    assert await world.flows.version("talk", "unheard of") is None


async def test_a_stored_version_that_can_be_read_no_longer_ends_its_sessions() -> None:
    world = await World().open(talk=TALK)
    await world.says("go")
    version = (await world.sessions())[0].version
    world.store._tables.flows["talk", version] = ('{"states": 7}', 0.0)
    await world.open(talk=flow(say("A", "one"), keyword="go"))
    assert await world.says("go") == [FLOW_GONE, "one"]
    assert (await world.sessions())[0].ended_because == "state_gone"


# Ids


def test_ids_sort_by_time_and_never_repeat() -> None:
    clock = Clock()
    ids = Ids(clock)
    made = [ids.new() for _ in range(1000)]
    clock.at += 1
    made.append(ids.new())
    clock.at -= 3600  # the clock is set back
    made.append(ids.new())
    assert made == sorted(set(made))
    assert {len(id_) for id_ in made} == {32}
    other = Ids(Clock()).new()
    assert other[18:] != made[0][18:]
    assert other[:18] == made[0][:18]
