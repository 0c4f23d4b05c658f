"""parley check: says what is wrong in a project before it runs."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot.app import action_runner, examine_flows
from bot.cli.failing import show
from bot.cli.findings.conversations import write
from bot.cli.findings.formats import WRITERS, Format
from bot.engine.findings import Finding
from bot.engine.flow import Flow
from bot.settings import Settings, load
from nlu.config import build_all, mistakes, read_config
from nlu.errors import NluError, PipelineError, TrainingDataError
from nlu.training.reader import read_project

HELP = """Check settings, flows, actions and training data. Exit code 1 where there are errors.

Example: parley check --format sarif > findings.sarif"""

console = Console()

_PLACE = re.compile(r"(?P<file>[^:\n]{1,300}?)(?::(?P<line>\d{1,9}))?: (?P<reason>.*)", re.DOTALL)


def command(
    context: typer.Context,
    form: Annotated[
        Format, typer.Option("--format", help="text, or json and sarif for other programs.")
    ] = Format.TEXT,
    transcripts: Annotated[
        Path | None,
        typer.Option(help="Folder for the conversations that show findings, to be replayed."),
    ] = None,
) -> None:
    """Prints every finding; exit code 1 where there are errors."""
    settings = load(Path(context.obj))
    flows, findings = asyncio.run(_examined(settings))
    found = [*settings.notices, *findings, *_reading(settings.project)]
    found.sort(key=lambda f: (f.file, f.line or 0))
    written = write(transcripts, found) if transcripts else []
    if form in WRITERS:
        typer.echo(WRITERS[form](found))
    else:
        _tell(flows, found, written)
    if any(finding.severity == "error" for finding in found):
        raise typer.Exit(1)


def _tell(flows: Sequence[Flow], found: Sequence[Finding], written: Sequence[Path]) -> None:
    """The findings for a person, with a last line that counts them."""
    for finding in found:
        show(console, finding)
    errors = sum(finding.severity == "error" for finding in found)
    states = sum(len(flow.states) for flow in flows)
    console.print(
        f"{len(flows)} flows, {states} states: {errors} errors, {len(found) - errors} warnings",
        highlight=False,
    )
    if written:
        first = f"parley shell --replay {written[0]}"
        console.print(
            f"{len(written)} conversations written; play one: {first}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )


def _reading(project: Path) -> Iterator[Finding]:
    """What is wrong or odd in pipeline and training data."""
    try:
        config = read_config(project)
        wrong = mistakes(config)
        yield from map(_of_pipeline, wrong)
        of_pipeline = [] if wrong else build_all(config)[1]
        of_data = read_project(project).notices
    except TrainingDataError as error:
        reason = f"{error.found}. Expected {error.expected}."
        cure = f"did you mean {error.nearest!r}?" if error.nearest else ""
        yield Finding("training-data", "error", "", reason, cure, file=error.file, line=error.line)
    except PipelineError as error:
        yield _of_pipeline(error)
    except NluError as error:
        yield Finding("pipeline", "error", "", str(error), file="config.yml")
    else:
        yield from map(_of_data, of_data)
        for notice in of_pipeline:
            yield Finding("pipeline", "warning", "", notice, file="config.yml")


def _of_pipeline(error: PipelineError) -> Finding:
    named = f"{error.component}: " if error.component else ""
    reason = f"{named}{error.found}. Expected {error.expected}."
    cure = f"did you mean {error.nearest!r}?" if error.nearest else ""
    return Finding("pipeline", "error", "", reason, cure, file="config.yml", line=error.line)


def _of_data(notice: str) -> Finding:
    """A notice on training data, which begins with its place: `nlu/data/yes.yml:3: ...`."""
    match = _PLACE.fullmatch(notice)
    if match is None:
        return Finding("training-data", "warning", "", notice, file="nlu/data")
    line = int(match["line"]) if match["line"] else None
    return Finding("training-data", "warning", "", match["reason"], file=match["file"], line=line)


async def _examined(settings: Settings) -> tuple[list[Flow], list[Finding]]:
    runner = action_runner(settings)
    try:
        return await examine_flows(settings, runner)
    finally:
        await runner.close()
