"""The flows as published: the current version of each, and older ones that sessions still run on."""

import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

import structlog

from bot.engine.apis import Api
from bot.engine.findings import DefinitionInvalid
from bot.engine.flow import Flow
from bot.engine.reader import read_flow
from bot.services.ports import Store

log = structlog.get_logger(__name__)

VERSIONS_KEPT = 200
"""Older versions kept in memory; others are read from the store when a session needs them."""


class FlowBook:
    """Finds the flow that a session runs on, by its version."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._current: dict[str, Flow] = {}
        self.apis: Mapping[str, Api] = {}
        self.shared: Mapping[str, Any] = {}
        self._versions: OrderedDict[str, Flow] = OrderedDict()

    @property
    def current(self) -> Mapping[str, Flow]:
        """The version of each flow that new sessions start on, by name."""
        return self._current

    async def publish(self, flows: Iterable[Flow], now: float) -> None:
        """Makes these the current versions, kept in the store under their content hash."""
        fresh = {flow.name: flow for flow in flows}
        for flow in fresh.values():
            definition = json.dumps(flow.source or flow.definition, ensure_ascii=False)
            await self._store.publish_flow(flow.name, flow.version, definition, now)
            self._remember(flow)
        self._current = fresh

    async def version(self, name: str, version: str) -> Flow | None:
        """The flow in the version that a session started with."""
        current = self._current.get(name)
        if current is not None and current.version == version:
            return current
        if version in self._versions:
            return self._versions[version]
        stored = await self._store.flow_definition(version)
        if stored is None:
            return None
        try:
            flow = read_flow(json.loads(stored[1]), stored[0])
        except DefinitionInvalid as error:
            # Published before a rule that it breaks: its sessions end, as if it were gone.
            log.warning("flow_version_refused", flow=name, version=version, reason=str(error))
            return None
        self._remember(flow)
        return flow

    def _remember(self, flow: Flow) -> None:
        self._versions[flow.version] = flow
        self._versions.move_to_end(flow.version)
        while len(self._versions) > VERSIONS_KEPT:
            self._versions.popitem(last=False)
