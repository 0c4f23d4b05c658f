"""What is current: flows, API calls and global values; and older versions that sessions still run on."""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from bot.domain.publications import NOTHING_PUBLISHED, Publication
from bot.engine.apis import Api
from bot.engine.findings import DefinitionInvalid
from bot.engine.flow import Flow
from bot.engine.reader import read_flow
from bot.services.ports import Store

log = structlog.get_logger(__name__)

VERSIONS_KEPT = 200
"""Older versions kept in memory; others are read from the store when a session needs them."""


@dataclass(frozen=True, slots=True)
class Edition:
    """What is current at one moment. It never changes: a turn works with the one it began with."""

    flows: Mapping[str, Flow] = field(default_factory=dict)
    apis: Mapping[str, Api] = field(default_factory=dict)
    shared: Mapping[str, Any] = field(default_factory=dict)
    publication: Publication = NOTHING_PUBLISHED


class FlowBook:
    """Finds the flow that a session runs on, by its version."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._versions: OrderedDict[tuple[str, str], Flow] = OrderedDict()
        self.edition = Edition()
        """What is current; another one takes its place in one assignment."""

    @property
    def current(self) -> Mapping[str, Flow]:
        """The version of each flow that new sessions start on, by name."""
        return self.edition.flows

    @property
    def apis(self) -> Mapping[str, Api]:
        """The declared HTTP calls, by name."""
        return self.edition.apis

    @apis.setter
    def apis(self, apis: Mapping[str, Api]) -> None:
        self.edition = replace(self.edition, apis=apis)

    @property
    def shared(self) -> Mapping[str, Any]:
        """The global values, by name."""
        return self.edition.shared

    @shared.setter
    def shared(self, shared: Mapping[str, Any]) -> None:
        self.edition = replace(self.edition, shared=shared)

    async def publish(self, flows: Iterable[Flow], now: float) -> None:
        """Makes these the current flows of this process alone."""
        fresh = {flow.name: flow for flow in flows}
        await self.keep(fresh.values(), now)
        self.edition = replace(self.edition, flows=fresh)

    async def keep(self, flows: Iterable[Flow], now: float) -> None:
        """Keeps definitions in the store under their content hash; nothing becomes current by it."""
        await asyncio.gather(*(self._keep(flow, now) for flow in flows))

    async def _keep(self, flow: Flow, now: float) -> None:
        definition = json.dumps(flow.source or flow.definition, ensure_ascii=False)
        await self._store.publish_flow(flow.name, flow.version, definition, now)
        self._remember(flow)

    async def version(self, name: str, version: str) -> Flow | None:
        """The flow in the version that a session started with."""
        current = self.edition.flows.get(name)
        if current is not None and current.version == version:
            return current
        if (name, version) in self._versions:
            self._versions.move_to_end((name, version))
            return self._versions[name, version]
        stored = await self._store.flow_definition(name, version)
        if stored is None:
            return None
        try:
            # In a thread: a long flow takes long enough to be felt by the turns of others.
            flow = await asyncio.to_thread(_read, stored, name)
        except DefinitionInvalid as error:
            # Published before a rule that it breaks: its sessions end, as if it were gone.
            log.warning("flow_version_refused", flow=name, version=version, reason=str(error))
            return None
        self._remember(flow)
        return flow

    def forget(self, name: str, version: str) -> None:
        """Drops a version that is no longer in the store."""
        self._versions.pop((name, version), None)

    def _remember(self, flow: Flow) -> None:
        self._versions[flow.name, flow.version] = flow
        self._versions.move_to_end((flow.name, flow.version))
        while len(self._versions) > VERSIONS_KEPT:
            self._versions.popitem(last=False)


def _read(definition: str, name: str) -> Flow:
    return read_flow(json.loads(definition), name)
