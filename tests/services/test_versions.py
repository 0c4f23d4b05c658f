"""Flows change while contacts are in them: sessions stay, move, or end politely."""

from dataclasses import replace
from typing import Any

import pytest

from bot.engine.facts import ResponseText
from bot.services.ports import StoreUnavailable
from bot.services.turns import FLOW_GONE
from bot.services.versions import Moves, VersionInUse, Versions
from tests.services.world import RESPONSES, World, flow, say

ANY = "get_smth_from_user"
BOB = "sms:+15550002"


def talk(number: int, *names: str) -> Any:
    """A flow of these states, one behind the other; its texts tell the number."""
    inner: list[Any] = []
    for name in reversed(names):
        inner = [say(name, f"{name} {number}", states=inner, condition=ANY)]
    return flow(*inner, keyword="go")


def versions(world: World) -> Versions:
    return Versions(
        world.store, world.flows, world.turns, world.contact_turns, world.ids, world.clock
    )


async def opened(*names: str, **more: Any) -> tuple[World, str]:
    """Ann is in the first state of version 1."""
    world = await World().open(talk=talk(1, *(names or "AB")), **more)
    assert await world.says("go") == [f"{names[0] if names else 'A'} 1"]
    return world, world.flows.current["talk"].version


async def migrated(world: World, version: str, **states: str) -> Moves:
    return await versions(world).migrate("talk", version, "current", states, 100)


# In a turn.


async def test_a_session_stays_on_its_version() -> None:
    world, _ = await opened()
    await world.publish(talk=talk(2, "A", "B"))
    assert await world.says("go", BOB) == ["A 2"]
    assert await world.says("x") == ["B 1"]
    assert await world.says("x", BOB) == ["B 2"]


async def test_whose_version_is_gone_hears_so_and_is_answered_afresh() -> None:
    world, version = await opened()
    await world.publish(talk=talk(2, "A", "B"))
    world.flows.forget("talk", version)
    del world.store._tables.flows["talk", version]
    assert await world.says("go") == [FLOW_GONE, "A 2"]
    first, second = await world.sessions()
    assert (first.status, first.ended_because) == ("ended", "state_gone")
    assert (second.status, second.state) == ("active", "A")
    [ended] = await world.events("session_ended")
    assert ended.data == {"reason": "state_gone"}


async def test_a_timer_of_a_session_that_is_gone_is_silent() -> None:
    waiting = flow({"name": "A", "enter": [{"say": "one"}, {"wait": "1h"}, {"say": "two"}]},
                   keyword="go")  # fmt: skip
    world = await World().open(talk=waiting)
    await world.says("go")
    await world.publish(talk=talk(2, "A"))
    world.store._tables.flows.clear()
    world.flows._versions.clear()
    await world.passes(3700)
    assert [m.text for m in await world.outbound()] == ["one"]
    assert (await world.sessions())[0].ended_because == "state_gone"


# Migration.


async def test_a_session_goes_on_in_the_new_version() -> None:
    world, version = await opened()
    await world.publish(talk=talk(2, "A", "B"))
    moves = await migrated(world, version)
    assert (moves.moved, moves.ended, moves.left) == (1, 0, 0)
    assert await world.says("x") == ["B 2"]
    [event] = await world.events("session_migrated")
    assert (event.flow_version, event.data) == (
        world.flows.current["talk"].version, {"left": version, "state": "A", "was": "A"},
    )  # fmt: skip
    assert await migrated(world, version) == Moves()


async def test_whose_state_is_gone_hears_so_and_is_named() -> None:
    world, version = await opened("A", "B")
    await world.publish(talk=talk(2, "C", "B"))
    moves = await migrated(world, version)
    [session] = await world.sessions()
    assert (moves.moved, moves.ended, moves.ended_sessions) == (0, 1, [session.id])
    assert (session.status, session.ended_because) == ("ended", "state_gone")
    last = await world.last()
    assert (last.text, last.session_id, last.status) == (FLOW_GONE, session.id, "accepted")


async def test_the_domain_may_say_it_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RESPONSES, "utter_flow_gone", (ResponseText("It is over."),))
    world, version = await opened()
    await world.publish(talk=talk(2, "C"))
    await migrated(world, version)
    assert (await world.last()).text == "It is over."


async def test_who_opted_out_hears_nothing() -> None:
    world, version = await opened()
    await world.set_contact(opted_out=True)
    await world.publish(talk=talk(2, "C"))
    assert (await migrated(world, version)).ended == 1
    assert [m.text for m in await world.outbound()] == ["A 1"]


async def test_a_session_that_another_flow_interrupts_ends_without_a_word() -> None:
    inner = [say("Y", condition=ANY)]
    other = flow(say("X", "X", states=inner), triggers=[{"keyword": ["other"], "interrupt": True}])
    world, version = await opened(other=other)
    await world.says("other")
    await world.publish(talk=talk(2, "C"), other=other)
    assert (await migrated(world, version)).ended == 1
    assert [m.text for m in await world.outbound()] == ["A 1", "X"]


async def test_a_visit_that_cannot_go_on_swallows_no_message() -> None:
    def asking(number: int) -> Any:
        steps = [{"say": f"A {number}"}, {"start": "sub", "return": True}, {"say": "thanks"}]
        return flow({"name": "A", "enter": steps}, keyword="go")

    sub = flow(say("X", "X?", states=[say("Y", "Y", condition=ANY)]))
    world = await World().open(talk=asking(1), sub=sub)
    assert await world.says("go") == ["A 1", "X?"]
    version = world.flows.current["talk"].version
    await world.publish(talk=asking(2), sub=sub)
    assert (await migrated(world, version)).ended == 1
    assert await world.says("x") == ["Y"]
    assert await world.says("go") == ["A 2", "X?"]


async def test_what_states_ask_is_forgotten_and_found_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.services.turns.STATES_KEPT", 1)
    world, _ = await opened("A", "B", "C")
    assert [await world.says("x") for _ in "BC"] == [["B 1"], ["C 1"]]


async def test_timers_of_states_that_vanish_are_cancelled() -> None:
    def waiting(*steps: Any) -> Any:
        return flow({"name": "A", "enter": list(steps)}, keyword="go")

    first = ({"say": "one"}, {"wait": "1h"}, {"say": "two"})
    world = await World().open(talk=waiting(*first))
    await world.says("go")
    version = world.flows.current["talk"].version
    await world.publish(talk=waiting(*first[:2], {"say": "two, better"}))
    assert (await migrated(world, version)).timers_cancelled == 0
    await world.says("go", BOB)
    version = world.flows.current["talk"].version
    await world.publish(talk=waiting({"say": "other"}))
    assert (await migrated(world, version)).timers_cancelled == 2
    assert (await world.store.counts())["pending_timers"] == 0
    await world.passes(4000)
    assert "two" not in " ".join(m.text for m in await world.outbound())


async def test_a_migration_goes_on_where_it_was_cut_short() -> None:
    world, version = await opened()
    for number in range(30):
        await world.says("go", f"sms:+1666{number:04d}")
    await world.publish(talk=talk(2, "A", "B"))
    moves = await versions(world).migrate("talk", version, "current", {}, 25)
    assert (moves.moved, moves.left) == (25, 6)
    assert (await migrated(world, version)).moved == 6
    assert {it.version for it in await world.sessions()} == {world.flows.current["talk"].version}


async def test_a_turn_that_is_first_is_not_undone() -> None:
    world, version = await opened("A", "B", "C")
    await world.publish(talk=talk(2, "A", "B", "C"))
    save, turned = world.store.save, False

    async def late(turn: Any) -> bool:
        nonlocal turned
        if not turned:
            turned = True
            [session] = turn.sessions
            world.store._tables.sessions[session.id] = _moved_on(world, session.id)
        return await save(turn)

    world.store.save = late  # type: ignore[method-assign]
    assert (await migrated(world, version)).moved == 1
    [session] = await world.sessions()
    assert (session.state, session.version) == ("B", world.flows.current["talk"].version)


def _moved_on(world: World, session_id: str) -> Any:
    known = world.store._tables.sessions[session_id]
    return replace(known, state="B", revision=known.revision + 1)


# Removal.


async def test_removal_by_force_ends_and_forgets() -> None:
    world, version = await opened()
    await world.publish(talk=talk(2, "A", "B"))
    with pytest.raises(VersionInUse, match="1 live sessions"):
        await versions(world).remove("talk", version, force=False, limit=100)
    moves = await versions(world).remove("talk", version, force=True, limit=100)
    assert (moves.ended, moves.left) == (1, 0)
    assert (await world.last()).text == FLOW_GONE
    assert await world.flows.version("talk", version) is None
    assert await world.says("go") == ["A 2"]


async def test_removal_of_what_is_left_is_asked_for_again() -> None:
    world, version = await opened()
    await world.says("go", BOB)
    await world.publish(talk=talk(2, "A", "B"))
    moves = await versions(world).remove("talk", version, force=True, limit=1)
    assert (moves.ended, moves.left) == (1, 1)
    assert await world.flows.version("talk", version) is not None
    assert (await versions(world).remove("talk", version, force=True, limit=1)).left == 0


async def test_a_store_that_is_away_is_told() -> None:
    world, version = await opened()
    await world.publish(talk=talk(2, "A", "B"))

    async def away(*_: Any) -> None:
        raise StoreUnavailable("away")

    world.store.load = away  # type: ignore[assignment, method-assign]
    with pytest.raises(StoreUnavailable):
        await migrated(world, version)
