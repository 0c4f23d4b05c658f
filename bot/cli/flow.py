"""parley flow draw: a flow as a picture, on request with how many sessions went through it."""

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot.cli.failing import show
from bot.clients.flow_files import read_flows
from bot.engine.durations import duration
from bot.engine.findings import nearest
from bot.engine.flow import Flow
from bot.engine.graph import Graph, graph
from bot.engine.picture.markdown import markdown
from bot.engine.picture.mermaid import mermaid
from bot.engine.picture.svg import svg
from bot.engine.traffic import Traffic
from bot.services.pictures import flow_of
from bot.settings import Settings, load
from bot.store.database import parse_url
from bot.store.sql import SqlStore

HELP = "Look at flows.\n\nExample: parley flow draw optin --output optin.svg"
DRAW_HELP = (
    "Draw a flow: SVG, Mermaid or Markdown by the file's ending.\n\n"
    "Example: parley flow draw optin --output optin.svg --counts --since 7d"
)
WRITERS: Mapping[str, Callable[[Graph, Traffic | None], str]] = {
    ".svg": lambda it, counts: svg(it, counts=counts),
    ".mmd": mermaid,
    ".mermaid": mermaid,
    ".md": markdown,
}
"""How a picture is written, by the ending of the file."""

console = Console()
app = typer.Typer(name="flow", help=HELP, no_args_is_help=True, rich_markup_mode="rich")


@app.callback()
def _flow() -> None:
    """Keeps `draw` a word of its own: a single command would take the place of `flow`."""


@app.command("draw", help=DRAW_HELP)
def draw(
    context: typer.Context,
    flow: Annotated[str, typer.Argument(help="The flow's name.")],
    output: Annotated[
        Path, typer.Option("--output", help="Where to: .svg, .mmd, .mermaid or .md.")
    ],
    counts: Annotated[
        bool, typer.Option("--counts", help="With the sessions of the project's database.")
    ] = False,
    since: Annotated[
        str | None, typer.Option("--since", help="Count what happened within: 12h, 7d, 4w.")
    ] = None,
    version: Annotated[
        str | None, typer.Option("--version", help="An older version, by its content hash.")
    ] = None,
) -> None:
    """Writes the picture and says so."""
    write = _writer(output)
    settings = load(Path(context.obj))
    begin = _beginning(since)
    drawn, counted = asyncio.run(
        _read(settings, flow, version, counts=counts or since is not None, since=begin)
    )
    it = graph(drawn)
    output.write_text(write(it, counted), encoding="utf-8")
    sessions = "" if counted is None else f", {_sessions(counted)}"
    console.print(
        f"wrote {output}: {drawn.name}, {len(it.nodes)} states, {len(it.edges)} ways{sessions}",
        highlight=False, markup=False, soft_wrap=True,
    )  # fmt: skip


def _writer(output: Path) -> Callable[[Graph, Traffic | None], str]:
    write = WRITERS.get(output.suffix.lower())
    if write is None:
        ending = f"the ending {output.suffix!r}" if output.suffix else "a name without an ending"
        raise ValueError(f"--output: {ending} names no format; known: {', '.join(WRITERS)}")
    return write


def _beginning(since: str | None) -> float | None:
    if since is None:
        return None
    seconds = duration(since)
    if seconds is None:
        raise ValueError(f"--since: {since!r} is no duration; expected one such as 12h, 7d or 4w")
    return time.time() - seconds


def _sessions(counted: Traffic) -> str:
    began = sum(count for (left, _), count in counted.ways.items() if left is None)
    live = sum(it.live for it in counted.states.values())
    dropped = sum(it.dropped for it in counted.states.values())
    return f"{began} sessions began, {live} are under way, {dropped} were lost"


async def _read(
    settings: Settings, name: str, version: str | None, *, counts: bool, since: float | None
) -> tuple[Flow, Traffic | None]:
    """The flow of the project's files, or an older version from the database; and the counts."""
    current = _current(settings.project, name)
    older = version is not None and version != current.version
    if not (counts or older):
        return current, None
    store = SqlStore(_existing(settings.database_url))
    await store.open()
    try:
        drawn = await flow_of(store, current, version)
        if drawn is None:
            raise ValueError(f"--version: the database has no version {version} of flow {name!r}")
        counted = await store.flow_traffic(name, version, since) if counts else None
    finally:
        await store.close()
    return drawn, counted


def _current(project: Path, name: str) -> Flow:
    files, findings = read_flows(project)
    for file in files:
        if file.flow.name == name:
            return file.flow
    wrong = [it for it in findings if it.severity == "error" and Path(it.file).stem == name]
    if wrong:
        for finding in wrong:
            show(Console(stderr=True), finding)
        raise typer.Exit(1)
    cure = nearest(name, [file.flow.name for file in files]) or "flows/ holds none"
    raise ValueError(f"there is no flow {name!r}; {cure}")


def _existing(url: str) -> str:
    """The URL; a file that is not there is not made, for there is nothing to be read in it."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        raise ValueError(f"there is no database at {parsed.database} yet: `parley run` makes it")
    return url
