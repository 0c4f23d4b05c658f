"""Flows that start by the clock: for whom, when, and once."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.domain.records import Page
from bot.services.schedules import LATEST_SECONDS, LEASE_SECONDS, LOOK_EVERY
from bot.store.memory import MemoryStore
from tests.services.starting import asking, meet, refusals, schedules_of, set_contact
from tests.services.world import World, flow, say

OSLO = ZoneInfo("Europe/Oslo")
EVERYONE = {"not": {"tag": "nobody"}}


def at(hour: int, minute: int = 0, day: int = 5, zone: str = "Europe/Oslo") -> float:
    """A time of January 2026."""
    return datetime(2026, 1, day, hour, minute, tzinfo=ZoneInfo(zone)).timestamp()


def daily(cron: str | list[str] = "0 9 * * *", state: Any = None, **trigger: Any) -> dict[str, Any]:
    """A flow that starts at nine in Oslo, for everyone."""
    schedule = {"schedule": cron, "time_zone": "Europe/Oslo", "audience": EVERYONE, **trigger}
    schedule = {key: value for key, value in schedule.items() if value is not None}
    return flow(state or say("HELLO", "Good morning"), triggers=[schedule])


async def opened(begin: float, store: MemoryStore | None = None, **flows: Any) -> World:
    """A world at a time, with its looks at the schedules."""
    world = World(store=store)
    world.clock.at = begin
    await world.open(**flows)
    world.sweep.schedules = schedules_of(world)
    await world.passes(0)
    return world


def people(count: int) -> list[str]:
    return [f"sms:+1555{number:04d}" for number in range(1000, 1000 + count)]


async def until(world: World, when: float) -> None:
    """It is `when` now; the worker looks, and looks again a second later."""
    await world.passes(when - world.clock.at)
    await world.passes(1)


async def heard(world: World) -> list[str]:
    """Whose phones showed something, in order."""
    return [message.address for message, _, _ in world.provider.books]


async def test_a_flow_starts_at_its_time_for_its_audience() -> None:
    world = await opened(at(8), greet=daily(audience={"tag": "vip"}))
    for address, tags in zip(people(3), ((), ("vip",), ("vip", "new")), strict=True):
        contact = await meet(world, address)
        await set_contact(world, contact, tags=tags)
    await world.passes(at(8, 59) - world.clock.at, steps=4)
    assert world.provider.texts == []
    await world.passes(120, steps=8)
    assert world.provider.texts == ["Good morning"] * 2
    assert sorted(await heard(world)) == people(3)[1:]
    assert {e.data["trigger"] for e in await world.events("flow_started")} == {"schedule"}
    await world.passes(3600, steps=20)
    assert len(world.provider.texts) == 2
    await world.passes(86_400, steps=48)
    assert len(world.provider.texts) == 4


async def test_an_audience_by_fields() -> None:
    world = await opened(at(8), greet=daily(audience={"slot": "plan", "op": "=", "value": "gold"}))
    for address, plan in zip(people(2), ("gold", "tin"), strict=True):
        await meet(world, address, fields={"plan": plan})
    await until(world, at(9, 1))
    assert await heard(world) == people(1)


async def test_each_contact_by_its_own_clock() -> None:
    world = await opened(at(0, zone="UTC"), greet=daily(time_zone=None))
    zones = ("Asia/Tokyo", "Europe/Oslo", "America/New_York")
    for address, zone in zip(people(3), zones, strict=True):
        await meet(world, address, time_zone=zone)
    seen: list[tuple[int, str]] = []
    for hour in range(1, 25):
        await until(world, at(0, zone="UTC") + hour * 3600 + 30)
        seen += [(hour, address) for address in (await heard(world))[len(seen) :]]
    # Nine in Tokyo was at midnight UTC, before the looks began; it comes again at the day's end.
    assert seen == [(8, people(3)[1]), (14, people(3)[2]), (24, people(3)[0])]


async def test_a_contact_whose_clock_is_unknown_is_left_out_and_told_of() -> None:
    world = await opened(at(8, zone="UTC"), greet=daily(time_zone=None))
    await meet(world, people(2)[0])
    await meet(world, people(2)[1], time_zone="Europe/Olso")
    await until(world, at(9, 1, zone="UTC"))
    assert world.provider.texts == []
    assert await refusals(world) == ["the time zone of the contact is unknown"] * 2


async def test_moving_west_repeats_no_morning() -> None:
    world = await opened(at(8), greet=daily(time_zone=None))
    ann = await meet(world, time_zone="Europe/Oslo")
    await until(world, at(9, 1))
    await set_contact(world, ann, time_zone="America/New_York")
    await world.passes(12 * 3600, steps=48)
    assert world.provider.texts == ["Good morning"]


async def test_opted_out_contacts_are_left_out() -> None:
    world = await opened(at(8), greet=daily())
    for address, gone in zip(people(2), (True, False), strict=True):
        await meet(world, address, opted_out=gone)
    await until(world, at(9, 1))
    assert await heard(world) == people(2)[1:]
    assert await refusals(world) == []


async def test_what_was_missed_for_less_than_an_hour_is_made_up_for() -> None:
    world = await opened(at(8), greet=daily())
    await meet(world)
    world.clock.at = at(9, 50)
    world.sweep.schedules = schedules_of(world, "after a restart")
    await world.passes(0, steps=1)
    await world.passes(1)
    assert world.provider.texts == ["Good morning"]
    assert await world.events("schedule_skipped") == []


async def test_what_was_missed_for_longer_is_skipped_and_told_of() -> None:
    world = await opened(at(8), greet=daily(["0 9 * * *", "30 11 * * *"]), idle=daily("0 3 * * *"))
    await meet(world)
    world.clock.at = at(12)
    await world.passes(0)
    await world.passes(1)
    assert world.provider.texts == ["Good morning"]
    [skipped] = await world.events("schedule_skipped")
    assert skipped.flow == "greet"
    assert skipped.data["schedule"] == ["0 9 * * *", "30 11 * * *"]
    assert skipped.data["reason"] == "nobody looked"
    assert skipped.data["until"] == world.clock.at - 1 - LATEST_SECONDS
    assert skipped.data["since"] < at(9) < skipped.data["until"]
    await world.passes(at(12, 5) - world.clock.at, steps=20)
    assert len(await world.events("schedule_skipped")) == 1


async def test_before_the_first_look_there_was_nothing() -> None:
    world = World()
    world.clock.at = at(9, 0) + 20
    await world.open(greet=daily())
    await meet(world)
    world.sweep.schedules = schedules_of(world)
    await world.passes(30, steps=3)
    assert world.provider.texts == []
    assert await world.events("schedule_skipped") == []


async def test_a_flow_that_comes_later_does_not_make_up_for_the_past() -> None:
    world = await opened(at(8), other=daily("0 3 * * *"))
    await meet(world)
    await world.passes(at(9, 10) - world.clock.at, steps=300)
    await world.publish(greet=daily())
    await world.passes(60, steps=4)
    assert world.provider.texts == []


@pytest.mark.parametrize("owner", ["one", "after a restart"])
async def test_a_clock_that_was_wrong_keeps_nothing_back(owner: str) -> None:
    world = await opened(at(8), greet=daily())
    await meet(world)
    world.clock.at = at(8) + 366 * 86_400
    assert world.sweep.schedules is not None
    await world.sweep.schedules.look()
    world.clock.at = at(8, 30)
    if owner != world.sweep.schedules.owner:
        world.sweep.schedules = schedules_of(world, owner)
    await world.passes(0)
    await until(world, at(9, 1))
    assert world.provider.texts == ["Good morning"]


async def test_a_start_that_no_worker_took_is_too_late() -> None:
    world = await opened(at(8), greet=daily())
    await meet(world)
    world.clock.at = at(9) + 10
    assert world.sweep.schedules is not None
    await world.sweep.schedules.look()
    world.clock.at = at(9) + LATEST_SECONDS + 10
    await world.passes(0)
    assert world.provider.texts == []
    assert await refusals(world) == ["it is too late"]


async def test_a_busy_contact_is_waited_for() -> None:
    talk = flow(asking("Talk?"), keyword="talk", expires_after="2h")
    world = await opened(at(8, 50), greet=daily(), talk=talk)
    await world.says("talk")
    await until(world, at(9, 1))
    assert world.provider.texts == ["Talk?"]
    await world.says("ok")
    await world.passes(1000)
    assert world.provider.texts == ["Talk?", "Thanks", "Good morning"]


async def test_two_lines_that_meet_start_once() -> None:
    world = await opened(at(8), greet=daily(["0 9 * * *", "0 9 * * 1", "*/30 9 * * *"]))
    await meet(world)
    await until(world, at(9, 1))
    assert world.provider.texts == ["Good morning"]


async def test_contacts_are_read_in_pages_by_several_looks() -> None:
    world = await opened(at(8), greet=daily())
    for address in people(23):
        await meet(world, address)
    world.sweep.schedules = schedules_of(world, page=2)
    world.clock.at = at(9) + LOOK_EVERY
    looks = [await world.sweep.schedules.look() for _ in range(5)]
    # Ten of a look, without a pause between two of them.
    assert looks == [10, 10, 3, 0, 0]
    await world.passes(1)
    assert sorted(await heard(world)) == people(23)


async def test_the_rest_of_a_look_that_was_left_long_ago_is_missed() -> None:
    world = await opened(at(8), greet=daily())
    for address in people(12):
        await meet(world, address)
    world.sweep.schedules = None
    world.clock.at = at(9) + 30
    assert await schedules_of(world, page=2).look() == 10
    world.clock.at = at(13)
    after = schedules_of(world, "after a restart", page=2)
    assert await after.look() == 0
    [skipped] = await world.events("schedule_skipped")
    assert (skipped.flow, skipped.data["reason"]) == ("greet", "nobody looked")
    world.clock.at += LOOK_EVERY
    assert await after.look() == 0
    assert len(await world.events("schedule_skipped")) == 1


class Cut(MemoryStore):
    """The process dies at one of its writes: nothing of that call, or all but its answer."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.behind = -1, False

    async def _may_die(self) -> bool:
        self.left -= 1
        return self.left == 0

    async def save(self, turn: Any) -> bool:
        return bool(await self._write(super().save, turn))

    async def set_position(self, name: str, place: str) -> None:
        await self._write(super().set_position, name, place)

    async def _write(self, write: Any, *arguments: Any) -> Any:
        dies = await self._may_die()
        if dies and not self.behind:
            raise KeyboardInterrupt
        answer = await write(*arguments)
        if dies:
            raise KeyboardInterrupt
        return answer


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("left", range(1, 10))
async def test_a_look_that_is_cut_short_is_finished_by_another(left: int, behind: bool) -> None:
    store = Cut()
    world = await opened(at(8), store, greet=daily())
    for address in people(7):
        await meet(world, address)
    world.sweep.schedules = None
    world.clock.at = at(9) + 30
    store.left, store.behind = left, behind
    with pytest.raises(KeyboardInterrupt):
        await schedules_of(world, "first", page=2).look()
    store.left = -1
    # The lease of the dead process runs out first.
    assert await schedules_of(world, "second", page=2).look() == 0
    world.clock.at += LEASE_SECONDS + 1
    second = schedules_of(world, "second", page=2)
    for _ in range(3):
        await second.look()
    await world.passes(1)
    assert sorted(await heard(world)) == people(7)


async def test_two_looks_at_once_start_once() -> None:
    class Lax(MemoryStore):
        """Hands its lease to everybody, and lets others in between."""

        async def lease(self, name: str, owner: str, now: float, seconds: float) -> bool:
            return True

        async def list_contacts(self, *arguments: Any, **named: Any) -> Page:
            await asyncio.sleep(0)
            return await super().list_contacts(*arguments, **named)

    world = await opened(at(8), Lax(), greet=daily())
    for address in people(9):
        await meet(world, address)
    world.clock.at = at(9) + 30
    both = [schedules_of(world, owner, page=2) for owner in ("one", "two")]
    for _ in range(3):
        await asyncio.gather(*(it.look() for it in both))
    await world.passes(1)
    assert sorted(await heard(world)) == people(9)


async def test_one_process_looks_at_a_time() -> None:
    world = await opened(at(8), greet=daily())
    await meet(world)
    other = schedules_of(world, "other")
    world.clock.at += 5
    position = await world.store.position("schedules")
    await other.look()
    assert await world.store.position("schedules") == position


async def test_a_schedule_whose_zone_does_not_exist_is_told_of() -> None:
    world = await opened(at(8), lost=daily(time_zone="Europe/Olso"), greet=daily())
    await meet(world)
    await world.passes(at(10, 1) - world.clock.at, steps=40)
    assert world.provider.texts == ["Good morning"]
    [skipped] = await world.events("schedule_skipped")
    assert (skipped.flow, skipped.data["reason"]) == ("lost", "its time zone is unknown")


async def test_what_is_no_cron_expression_stops_no_other() -> None:
    world = await opened(at(8), greet=daily())
    await meet(world)
    good = world.flows.current["greet"]
    triggers = tuple(replace(it, value=("nonsense",)) for it in good.triggers)
    flows = {"bad": replace(good, name="bad", triggers=triggers), "greet": good}
    looks = schedules_of(world)
    looks.flows = lambda: flows
    world.clock.at = at(9) + 30
    assert await looks.look() == 1
