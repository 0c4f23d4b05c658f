"""parley check: says what is wrong in a project before it runs."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import typer
from rich.console import Console

from bot.app import action_runner, examine_flows
from bot.cli.failing import show
from bot.engine.findings import Finding
from bot.engine.flow import Flow
from bot.settings import Settings, load
from nlu.config import build_all, read_config
from nlu.errors import NluError, TrainingDataError
from nlu.training.reader import read_project

HELP = "Check settings, flows, actions and training data.\n\nExample: parley check --project mybot"

console = Console()


def command(context: typer.Context) -> None:
    """Prints every finding; exit code 1 where there are errors."""
    settings = load(Path(context.obj))
    flows, findings = asyncio.run(_examined(settings))
    found = [*settings.notices, *findings, *_reading(settings.project)]
    for finding in sorted(found, key=lambda f: (f.file, f.line or 0)):
        show(console, finding)
    errors = sum(finding.severity == "error" for finding in found)
    states = sum(len(flow.states) for flow in flows)
    console.print(
        f"{len(flows)} flows, {states} states: {errors} errors, {len(found) - errors} warnings",
        highlight=False,
    )
    if errors:
        raise typer.Exit(1)


def _reading(project: Path) -> Iterator[Finding]:
    """What is wrong or odd in pipeline and training data."""
    try:
        _, notices = build_all(read_config(project))
        notices = [*read_project(project).notices, *notices]
    except TrainingDataError as error:
        reason = f"{error.found}. Expected {error.expected}."
        cure = f"did you mean {error.nearest!r}?" if error.nearest else ""
        yield Finding("training-data", "error", "", reason, cure, file=error.file, line=error.line)
    except NluError as error:
        yield Finding("pipeline", "error", "", str(error), file="config.yml")
    else:
        for notice in notices:
            yield Finding("nlu", "warning", "", notice, file="nlu/data")


async def _examined(settings: Settings) -> tuple[list[Flow], list[Finding]]:
    runner = action_runner(settings)
    try:
        return await examine_flows(settings, runner)
    finally:
        await runner.close()
