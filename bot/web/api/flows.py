"""Flows: the state machines that new sessions start on."""

import json
from typing import Any

from bot.engine.flow import Flow, Trigger
from bot.web.api.context import ApiContext
from bot.web.api.endpoint import endpoint
from bot.web.api.models import Answer, Asked, Word
from bot.web.problems import Problem


class AllFlows(Asked):
    """Nothing: there are never so many."""


class FlowByName(Asked):
    """A flow by its name; an older version by its content hash."""

    name: Word
    version: Word | None = None


class TriggerAnswer(Answer):
    """What starts the flow."""

    kind: str
    value: list[str]


class FlowAnswer(Answer):
    """A flow in the version that new sessions start on."""

    name: str
    title: str
    version: str
    language: str | None
    initial: str
    states: list[str]
    triggers: list[TriggerAnswer]


class FlowList(Answer):
    """All current flows, by name."""

    items: list[FlowAnswer]


class DefinitionAnswer(Answer):
    """A flow's definition, as its author wrote it."""

    name: str
    version: str
    current: bool
    definition: Any


@endpoint("GET", "/flows", scope="flows:read", asked=AllFlows, answer=FlowList)
async def list_flows(context: ApiContext, asked: AllFlows) -> FlowList:
    """List the current flows, by name."""
    return FlowList(items=[_shown(flow) for _, flow in sorted(context.flows().items())])


@endpoint("GET", "/flows/{name}", scope="flows:read", asked=FlowByName, answer=DefinitionAnswer)
async def get_flow(context: ApiContext, asked: FlowByName) -> DefinitionAnswer:
    """Get a flow's definition: the current one, or that of a published version."""
    current = context.flows().get(asked.name)
    if current is not None and asked.version in (None, current.version):
        return _definition(
            current.name, current.version, current.source or current.definition, current=True
        )
    stored = await context.store.flow_definition(asked.version) if asked.version else None
    if stored is None or stored[0] != asked.name or asked.version is None:
        what = "flow with this name" if asked.version is None else "such version of this flow"
        raise Problem(404, f"There is no {what}")
    return _definition(asked.name, asked.version, json.loads(stored[1]), current=False)


def _definition(name: str, version: str, definition: Any, *, current: bool) -> DefinitionAnswer:
    return DefinitionAnswer(name=name, version=version, current=current, definition=definition)


def _shown(it: Flow) -> FlowAnswer:
    return FlowAnswer(
        name=it.name,
        title=it.title or it.name,
        version=it.version,
        language=it.language,
        initial=it.initial,
        states=list(it.states),
        triggers=[_trigger(trigger) for trigger in it.triggers],
    )


def _trigger(it: Trigger) -> TriggerAnswer:
    return TriggerAnswer(kind=it.kind, value=list(it.value))


ENDPOINTS = (list_flows, get_flow)
