"""Flows: the state machines that new sessions start on."""

import json
from datetime import datetime
from typing import Any

from bot.engine.findings import Finding
from bot.engine.flow import Flow, Trigger
from bot.web.api.context import ApiContext
from bot.web.api.endpoint import endpoint
from bot.web.api.models import Answer, Asked, Word, maybe_time
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


class FindingAnswer(Answer):
    """What is wrong in a file of the project. `place` is a JSON pointer into it."""

    file: str
    line: int | None
    place: str
    code: str
    reason: str
    cure: str


class FlowList(Answer):
    """All current flows, by name.

    `problems` are the errors in what was saved last, for which it is not current, and `refused_at`
    is when that was found; there are none where the files are what is current.
    """

    items: list[FlowAnswer]
    problems: list[FindingAnswer]
    refused_at: datetime | None


class DefinitionAnswer(Answer):
    """A flow's definition, as its author wrote it."""

    name: str
    version: str
    current: bool
    definition: Any


@endpoint("GET", "/flows", scope="flows:read", asked=AllFlows, answer=FlowList)
async def list_flows(context: ApiContext, asked: AllFlows) -> FlowList:
    """List the current flows, by name."""
    refusal = context.refusal()
    return FlowList(
        items=[_shown(flow) for _, flow in sorted(context.flows().items())],
        problems=[_problem(it) for it in refusal.findings] if refusal else [],
        refused_at=maybe_time(refusal.at if refusal else None),
    )


@endpoint("GET", "/flows/{name}", scope="flows:read", asked=FlowByName, answer=DefinitionAnswer)
async def get_flow(context: ApiContext, asked: FlowByName) -> DefinitionAnswer:
    """Get a flow's definition: the current one, or that of a published version."""
    current = context.flows().get(asked.name)
    if current is not None and asked.version in (None, current.version):
        return _definition(
            current.name, current.version, current.source or current.definition, current=True
        )
    if asked.version is None:
        raise Problem(404, "There is no flow with this name")
    stored = await context.store.flow_definition(asked.name, asked.version)
    if stored is None:
        raise Problem(404, "There is no such version of this flow")
    return _definition(asked.name, asked.version, json.loads(stored), current=False)


def _definition(name: str, version: str, definition: Any, *, current: bool) -> DefinitionAnswer:
    return DefinitionAnswer(name=name, version=version, current=current, definition=definition)


def _problem(it: Finding) -> FindingAnswer:
    return FindingAnswer(
        file=it.file, line=it.line, place=it.place, code=it.code, reason=it.reason, cure=it.cure
    )


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
