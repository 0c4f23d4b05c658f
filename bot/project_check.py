"""A project's flows, API calls and global values, read and checked together."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from bot.clients.api_files import read_apis
from bot.clients.flow_files import FlowFile, read_flows
from bot.clients.globals_file import read_globals
from bot.engine.api_reader import examine as examine_api
from bot.engine.apis import Api
from bot.engine.checker import Project, check
from bot.engine.findings import DefinitionInvalid, Finding
from bot.engine.flow import Flow
from bot.services.ports import ActionFailed, ActionRunner
from bot.services.publishing import Examined
from bot.settings import Settings

CHANNELS: Mapping[str, frozenset[str]] = {"twilio": frozenset({"sms", "whatsapp"})}
"""Kinds of address that a connector speaks to; where it is not named here, one of its own name."""


@dataclass(frozen=True, slots=True)
class Code:
    """The Python that is there for flows to name; None is what nobody can tell now."""

    actions: frozenset[str] | None = None
    conditions: frozenset[str] = frozenset()
    processors: frozenset[str] | None = None
    tasks: frozenset[str] | None = None
    findings: tuple[Finding, ...] = ()


async def examine_project(settings: Settings, runner: ActionRunner) -> Examined:
    """Reads and checks all; the work is done in a thread, so that nobody waits for it."""
    code = await known_code(runner)
    return await asyncio.to_thread(_examine, settings, code)


async def examine_flows(
    settings: Settings, runner: ActionRunner
) -> tuple[list[Flow], list[Finding]]:
    """The project's flows with all that reading and checking finds."""
    examined = await examine_project(settings, runner)
    return list(examined.flows), list(examined.findings)


def read_api(settings: Settings, name: str, definition: str) -> Api:
    """An API call as it was published, with the settings of this process. Raises DefinitionInvalid."""
    api, findings = examine_api(json.loads(definition), name, settings.variable)
    if api is None:
        raise DefinitionInvalid(findings)
    return api


async def known_code(runner: ActionRunner) -> Code:
    """What the project's Python code has."""
    try:
        functions = await runner.functions()
        return Code(
            actions=await runner.names(),
            conditions=await runner.conditions(),
            processors=functions.get("processor", frozenset()),
            tasks=functions.get("task", frozenset()),
        )
    except ActionFailed as error:
        reason = f"the action server does not answer, so its names are not checked: {error.reason}"
        finding = Finding("no-action-server", "warning", "", reason, file="endpoints.yml")
        return Code(findings=(finding,))


def known_names(
    settings: Settings, code: Code, apis: Mapping[str, Api], shared: Mapping[str, Any]
) -> Project:
    """What flows may refer to."""
    domain = settings.domain
    return Project(
        actions=code.actions,
        conditions=code.conditions,
        intents=_names(domain.intents),
        entities=_names(domain.entities),
        slots=frozenset(domain.slots),
        responses=frozenset(domain.responses),
        processors=code.processors,
        tasks=code.tasks,
        apis=apis,
        shared=frozenset(shared),
        zones=frozenset(available_timezones()),
        channels=_channels(settings),
    )


def _examine(settings: Settings, code: Code) -> Examined:
    files, findings = read_flows(settings.project)
    apis, of_apis = read_apis(settings.project, settings.variable)
    shared, of_globals = read_globals(settings.project)
    default = settings.config.default_flow
    flows = sorted((file.flow for file in files), key=lambda flow: flow.name != default)
    checked = check(flows, known_names(settings, code, apis, shared))
    found = [*findings, *of_apis, *of_globals, *code.findings, *_placed(files, checked)]
    # A flow that could not be read has been told of already.
    unread = {Path(finding.file).stem for finding in found if finding.severity == "error"}
    if default and default not in {flow.name for flow in flows} | unread:
        reason = f"default_flow: there is no flow {default!r}"
        found.append(Finding("unknown-flow", "error", "", reason, file="config.yml"))
    return Examined(flows, apis, shared, tuple(found))


def _placed(files: list[FlowFile], checked: list[Finding]) -> list[Finding]:
    """The checker knows flows by name; a name that stands in two files is told for both."""
    return [
        placed
        for file in files
        for placed in file.place(f for f in checked if f.file == file.flow.name)
    ]


def _channels(settings: Settings) -> frozenset[str]:
    used = settings.credentials or {"web": {}}
    return frozenset(kind for name in used for kind in CHANNELS.get(name, {name}))


def _names(listed: list[str | dict[str, Any]]) -> frozenset[str]:
    return frozenset(
        name for item in listed for name in ([item] if isinstance(item, str) else item)
    )
