"""Counting sessions per state: the same answers from every store."""

from typing import Any

from bot.domain.events import Event
from bot.engine.session import Session
from bot.engine.traffic import StateTraffic
from bot.services.ports import Store
from tests.store.samples import event, session, turn


def moved(of: Session, state: str, left: str | None, at: float = 100.0) -> Event:
    """The session entered a state."""
    return happened(of, "state_entered", at, state=state, left=left)


def over(of: Session, reason: str, at: float = 100.0) -> Event:
    """The session ended."""
    return happened(of, "session_ended", at, reason=reason)


def happened(of: Session, type_: str, at: float, **data: Any) -> Event:
    """An event of a session."""
    return event(
        type_, at=at, session_id=of.id, flow=of.flow, flow_version=of.version, data=data
    )  # fmt: skip


async def file(store: Store) -> None:
    """Four sessions of one flow, one of them on an older version; and one of another flow."""
    waits = session(state="ASKED")
    expired = session(state="ASKED", status="ended", ended_because="expired")
    done = session(state="DONE", status="ended", ended_because="completed")
    older = session(state="ASKED", version="v0")
    stranger = session(flow="coupon", state="ASKED")
    everyone = [waits, expired, done, older, stranger]
    events = [moved(it, "ASKED", None) for it in everyone]
    events += [
        moved(done, "ASKED", "ASKED"),
        moved(done, "DONE", "ASKED", at=300.0),
        over(done, "completed", at=300.0),
        over(expired, "expired"),
        event("state_entered", flow="optin", flow_version="v1", data={}),
    ]
    assert await store.save(turn(sessions=tuple(everyone), events=tuple(events)))


async def test_states_and_ways_are_counted(store: Store) -> None:
    await file(store)
    counted = await store.flow_traffic("optin")
    assert counted.states == {
        "ASKED": StateTraffic(entered=5, left=2, live=2, ended={"expired": 1}),
        "DONE": StateTraffic(entered=1, left=0, live=0, ended={"completed": 1}),
    }
    assert counted.ways == {(None, "ASKED"): 4, ("ASKED", "ASKED"): 1, ("ASKED", "DONE"): 1}
    assert (counted.of("ASKED").dropped, counted.of("DONE").dropped) == (1, 0)
    assert counted.of("ASKED").drop_off == 0.2
    for it in counted.states.values():
        assert it.entered == it.left + it.live + sum(it.ended.values())


async def test_a_version_is_counted_by_itself(store: Store) -> None:
    await file(store)
    assert (await store.flow_traffic("optin", "v0")).states == {
        "ASKED": StateTraffic(entered=1, live=1)
    }


async def test_what_lies_before_does_not_count_but_who_is_here_does(store: Store) -> None:
    await file(store)
    assert (await store.flow_traffic("optin", since=200.0)).states == {
        "ASKED": StateTraffic(left=1, live=2),
        "DONE": StateTraffic(entered=1, ended={"completed": 1}),
    }


async def test_nobody_was_in_an_unknown_flow(store: Store) -> None:
    await file(store)
    unknown = await store.flow_traffic("gone'; --")
    assert (unknown.states, unknown.ways) == ({}, {})
    assert unknown.of("ASKED") == StateTraffic()
