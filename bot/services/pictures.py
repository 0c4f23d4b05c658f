"""Pictures of flows for those who ask again and again: laid out once for each version."""

import asyncio
import json
from collections import OrderedDict
from typing import Protocol

from bot.engine.findings import DefinitionInvalid
from bot.engine.flow import Flow
from bot.engine.graph import Graph, graph
from bot.engine.picture.layout import Plan, layout
from bot.engine.picture.svg import svg
from bot.engine.reader import read_flow
from bot.engine.traffic import Traffic

PLANS_KEPT = 64
COUNTS_LAST, COUNTING_SHARE = 5.0, 0.05
"""Seconds for which counts are shown again, however many pages ask; and the part of the time that
may go into counting, for where millions of events are read it takes longer."""


class Counts(Protocol):
    """What is read of the store."""

    async def flow_definition(self, name: str, version: str) -> str | None: ...
    async def flow_traffic(
        self, flow: str, version: str | None = None, since: float | None = None
    ) -> Traffic: ...


async def flow_of(store: Counts, current: Flow, version: str | None) -> Flow | None:
    """The current flow, or an older version of it; None where there is none that can be read."""
    if version in (None, current.version):
        return current
    stored = await store.flow_definition(current.name, version or "")
    if stored is None:
        return None
    try:
        return read_flow(json.loads(stored), current.name)
    except DefinitionInvalid:
        return None


class Pictures:
    """Draws flows as SVG. Use in one loop."""

    def __init__(self, store: Counts) -> None:
        self._store = store
        self._plans: OrderedDict[tuple[str, str], tuple[Graph, Plan]] = OrderedDict()
        self._counting: dict[str, asyncio.Task[Traffic]] = {}
        self._good_until: dict[str, float] = {}

    async def drawn(self, flow: Flow, counts: Traffic | None = None, *, styled: bool = True) -> str:
        """The picture; with the colours in, unless a page has its own."""
        key = (flow.name, flow.version)
        if key not in self._plans:
            # A flow of a thousand states takes long enough to be felt by the turns of others.
            self._plans[key] = await asyncio.to_thread(_planned, flow)
        self._plans.move_to_end(key)
        it, plan = self._plans[key]
        while len(self._plans) > PLANS_KEPT:
            self._plans.popitem(last=False)
        return await asyncio.to_thread(svg, it, plan, counts, styled=styled)

    async def counts(self, flow: str) -> Traffic:
        """The counts of all versions and all time, at most a few seconds old."""
        known = self._counting.get(flow)
        if known is None or (known.done() and _now() > self._good_until.get(flow, 0.0)):
            known = self._counting[flow] = asyncio.create_task(self._count(flow))
        return await asyncio.shield(known)

    async def _count(self, flow: str) -> Traffic:
        begun = _now()
        try:
            return await self._store.flow_traffic(flow)
        finally:
            took = _now() - begun
            self._good_until[flow] = _now() + max(COUNTS_LAST, took / COUNTING_SHARE)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _planned(flow: Flow) -> tuple[Graph, Plan]:
    it = graph(flow)
    return it, layout(it)
