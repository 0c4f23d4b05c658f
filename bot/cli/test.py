"""parley test: plays the conversation tests, without a phone and in no time."""

import logging
import time
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bot.app import model_folder
from bot.cli.conversations.coverage import Coverage, FlowCoverage
from bot.cli.conversations.diffs import show_failures
from bot.cli.conversations.format import Conversation
from bot.cli.conversations.junit import write_junit
from bot.cli.conversations.known import unknown_names
from bot.cli.conversations.pages import write_page
from bot.cli.conversations.playing import Outcome, chosen, play
from bot.cli.conversations.reading import files_of, read_file
from bot.cli.conversations.stage import Stage, open_stage
from bot.cli.conversations.table import show_coverage
from bot.cli.conversations.updating import update
from bot.cli.failing import show
from bot.cli.logs import configure
from bot.cli.train import train
from bot.engine.findings import Finding
from bot.loop import run_loop
from bot.settings import Settings, load
from nlu import pipeline

HELP = (
    "Play the conversation tests in flows/*.test.yml.\n\n"
    "Example: parley test -k coupon --coverage --html var/coverage"
)

console = Console()


def command(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files or folders; else flows/*.test.yml.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("-k", "--name", help="Those whose name contains this.")
    ] = None,
    update_files: Annotated[
        bool, typer.Option("--update", help="Write what came into the files as expected.")
    ] = False,
    junit: Annotated[
        Path | None, typer.Option("--junit", help="Write JUnit XML to a file.")
    ] = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Show what of the flows was reached.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the coverage as a page into a folder.")
    ] = None,
    fail_under: Annotated[
        float | None,
        typer.Option("--fail-under", min=0, max=100, help="Fail where a flow reaches less (%)."),
    ] = None,
) -> None:
    """Exit code 1 where a conversation goes otherwise, a file is wrong, or too little is reached."""
    settings = load(Path(context.obj))
    configure(logging.CRITICAL)
    began = time.perf_counter()
    conversations, findings = _read(settings.project, [it.resolve() for it in paths or ()])
    wanted = chosen(conversations, name)
    if not pipeline.is_current(model_folder(settings), settings.project):
        train(settings)
    run = _Run(settings, wanted, to_the_end=update_files)
    run_loop(run.all())
    findings = (*findings, *run.findings)
    for finding in findings:
        show(console, finding)
    if junit:
        write_junit(junit, run.outcomes, findings)
    failed = [it for it in run.outcomes if not it.passed]
    if update_files:
        failed = _updated(settings.project, failed)
    if not (conversations or findings):
        console.print("There are no conversation tests: write flows/NAME.test.yml", style="yellow")
    elif name and not wanted:
        console.print(f"No conversation has {name!r} in its name", style="yellow", highlight=False)
    covered = _of_interest(run.covered, partly=bool(paths or name))
    low = _report(covered, shown=coverage, html=html, fail_under=fail_under)
    passed = len(run.outcomes) - len(failed)
    console.print(
        f"{passed} passed, {len(failed)} failed, {len(findings)} findings"
        f" in {time.perf_counter() - began:.1f} s",
        style="bold red" if failed or findings or low else "bold green",
        highlight=False,
    )
    if failed or findings or low or not wanted:
        raise typer.Exit(1)


def _read(
    project: Path, paths: Sequence[Path]
) -> tuple[tuple[Conversation, ...], tuple[Finding, ...]]:
    conversations: list[Conversation] = []
    findings: list[Finding] = []
    for path in files_of(project, paths):
        shown = path.relative_to(project) if path.is_relative_to(project) else path
        read, wrong = read_file(path, shown.as_posix())
        conversations.extend([] if wrong else read)
        findings.extend(wrong)
    return tuple(conversations), tuple(findings)


class _Run:
    """Opens the bot once, and plays one conversation after the other."""

    def __init__(
        self, settings: Settings, conversations: Sequence[Conversation], *, to_the_end: bool
    ) -> None:
        self._settings, self._conversations, self._to_the_end = settings, conversations, to_the_end
        self.outcomes: list[Outcome] = []
        self.findings: tuple[Finding, ...] = ()
        self.covered: list[FlowCoverage] = []

    async def all(self) -> None:
        stage = await open_stage(self._settings)
        try:
            coverage = Coverage(stage.parts.flows.current)
            stage.parts.contact_turns.turns.seen = coverage.seen
            self.findings = await unknown_names(stage, self._conversations)
            bad = {(it.file, it.line) for it in self.findings}
            await self._play(
                stage, coverage, [it for it in self._conversations if (it.file, it.line) not in bad]
            )
            self.covered = coverage.all()
        finally:
            await stage.close()

    async def _play(
        self, stage: Stage, coverage: Coverage, conversations: Sequence[Conversation]
    ) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(
            *columns, console=console, transient=True, disable=not console.is_terminal
        ) as progress:
            task = progress.add_task("Playing", total=len(conversations))
            for it in conversations:
                outcome = await play(stage, it, to_the_end=self._to_the_end, watch=coverage.watch)
                self.outcomes.append(outcome)
                if not outcome.passed and not self._to_the_end:
                    show_failures(console, outcome)
                progress.advance(task)


def _updated(project: Path, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Rewrites the files; answers the conversations of which something could not be rewritten."""
    left: list[Outcome] = []
    for file, group in groupby(outcomes, key=lambda it: it.conversation.file):
        failed = list(group)
        updated = update(project / file, failed)
        console.print(f"{file}: {updated.changed} steps rewritten", highlight=False)
        for line in updated.left:
            console.print(f"{file}:{line} is left as it is", style="yellow", highlight=False)
        lines = {*updated.left}
        left += [it for it in failed if lines & {f.mismatch.step.line for f in it.failures}]
    return left


def _of_interest(covered: list[FlowCoverage], *, partly: bool) -> list[FlowCoverage]:
    """All flows, or where a part was played those that it entered."""
    return [it for it in covered if it.entered] if partly else covered


def _report(
    covered: Sequence[FlowCoverage], *, shown: bool, html: Path | None, fail_under: float | None
) -> bool:
    """Shows and writes the coverage; whether a flow reached too little."""
    if shown:
        show_coverage(console, covered)
    if html:
        console.print(f"{write_page(html, covered)} is the coverage", highlight=False)
    low = [it for it in covered if fail_under is not None and it.percent < fail_under]
    for it in low:
        console.print(
            f"error {it.flow.name} reaches {it.percent:.1f} %, below {fail_under:g} %",
            style="red",
            highlight=False,
        )
    return bool(low)
