"""Random flows that start, visit and interrupt each other, over random messages and times."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bot.domain.actions import ActionFailed, ActionResult
from bot.engine.findings import DefinitionInvalid
from bot.engine.reader import read_flow
from bot.services.turns import FLOWS_PER_TURN, FLOWS_WAITING
from tests.engine import strategies
from tests.services.world import Answered, Reader, Runner, World

FLOWS = ("tea", "milk", "sugar")
CALLED = ("work", "look_up", "gone", "tidy", "lookup")
LONGEST_SESSION = 100_000
"""Characters of a session's JSON: far more than random slots come to."""

ANSWERS: st.SearchStrategy[Answered] = st.sampled_from(
    [
        ActionResult(),
        ActionResult(responses=({"text": "Done"},)),
        ActionResult(({"event": "goto", "state": "B"}, {"event": "answer", "text": "one"})),
        ActionResult(({"event": "call", "api": "crm"}, {"event": "slot", "name": "x", "value": 3})),
        ActionResult(({"event": "refused", "text": "No."},)),
        ActionResult(({"event": "slot", "name": "time_zone", "value": ["?"]},)),
        ActionFailed("work", "it broke"),
    ]
)
MOVES = st.sampled_from([*FLOWS, "one", "two", "yes", "12"]) | st.sampled_from(
    [10.0, 1000.0, 4000.0, 90000.0]
)


def _connected(value: Any) -> Any:
    """The same with steps that start one of these flows, where they start any."""
    if isinstance(value, list):
        return [_connected(item) for item in value]
    if not isinstance(value, dict):
        return value
    connected = {key: _connected(item) for key, item in value.items()}
    if isinstance(value.get("start"), str):
        connected["start"] = FLOWS[len(json.dumps(value)) % len(FLOWS)]
    return connected


def _documents(drawn: Sequence[Any]) -> dict[str, Any]:
    documents = {}
    for name, document in zip(FLOWS, drawn, strict=True):
        whole = _connected({"states": document} if isinstance(document, list) else document)
        trigger = {"keyword": [name], "interrupt": True}
        documents[name] = {**whole, "triggers": [trigger, *whole.get("triggers", ())]}
    return documents


def _readable(documents: dict[str, Any]) -> bool:
    try:
        return all(read_flow(document, name) for name, document in documents.items())
    except DefinitionInvalid:
        return False


async def _play(documents: dict[str, Any], moves: Sequence[str | float], runner: Runner) -> None:
    world = await World(runner=runner, reader=Reader({"yes": ("affirm", 1.0)})).open(**documents)
    for move in moves:
        if isinstance(move, str):
            await world.says(move)
        else:
            await world.passes(move, 3)
        await _check(world)
    assert await world.events("turn_failed") == []


async def _check(world: World) -> None:
    sessions = await world.sessions()
    assert sum(s.status == "active" for s in sessions) <= 1
    assert sum(s.status == "suspended" for s in sessions) <= FLOWS_WAITING + FLOWS_PER_TURN
    for session in sessions:
        assert session.pause is None
        assert session.status != "ended" or (session.registry, session.timers) == ({}, ())
        assert len(json.dumps(session.to_json(), allow_nan=False)) < LONGEST_SESSION


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(
    st.lists(strategies.documents, min_size=3, max_size=3).map(_documents),
    st.lists(MOVES, min_size=1, max_size=12),
    st.lists(ANSWERS, min_size=1, max_size=5),
    st.booleans(),
)
def test_no_turn_fails_and_nothing_piles_up(
    documents: dict[str, Any], moves: list[str | float], answers: list[Answered], remote: bool
) -> None:
    assume(_readable(documents))
    names = (*CALLED, *strategies.ACTIONS)
    runner = Runner({name: list(answers) for name in names}, {"is_open": True}, remote)
    asyncio.run(_play(documents, moves, runner))
