"""parley shell: talks to the bot in the terminal, on a database of its own in memory."""

import asyncio
import contextlib
import logging
import sys
import threading
from collections.abc import Awaitable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from bot.app import model_folder
from bot.cli.conversations.commands import Quit, Refused, Shell
from bot.cli.conversations.format import CHANNELS, NUMBER, Person
from bot.cli.conversations.stage import StepFailed, open_stage
from bot.cli.logs import configure
from bot.cli.train import train
from bot.engine.findings import nearest
from bot.loop import run_loop
from bot.settings import Settings, load
from nlu import pipeline

HELP = "Talk to the bot in the terminal.\n\nExample: parley shell --number +15550001 --language es"

console = Console()


def command(
    context: typer.Context,
    number: Annotated[str, typer.Option(help="Whose phone it is.")] = NUMBER,
    channel: Annotated[str, typer.Option(help="sms, whatsapp, telegram, ...")] = "sms",
    language: Annotated[
        str | None, typer.Option(help="The contact's language, such as es.")
    ] = None,
    flow: Annotated[str | None, typer.Option(help="A flow to begin with.")] = None,
    replay: Annotated[
        str | None, typer.Option(help="FILE or FILE:name of a conversation test or transcript.")
    ] = None,
) -> None:
    """Reads lines, shows replies and what moved; nothing of it touches the project's database."""
    settings = load(Path(context.obj))
    configure(logging.WARNING)
    if channel not in CHANNELS:
        raise ValueError(f"there is no channel {channel!r}; {nearest(channel, CHANNELS)}")
    if not pipeline.is_current(model_folder(settings), settings.project):
        train(settings)
    person = Person(channel=channel, number=number, language=language)
    failed: list[bool] = []
    run_loop(_talk(settings, person, flow, replay, failed))
    if any(failed):
        raise typer.Exit(1)


async def _talk(
    settings: Settings, person: Person, flow: str | None, replay: str | None, failed: list[bool]
) -> None:
    stage = await open_stage(settings, runs=True)
    try:
        stage.person = person
        shell = Shell(stage, console)
        await shell.restart()
        if replay:
            await _begin(shell.replay(replay))
            failed.extend(not outcome.passed for outcome in shell.replayed)
            if not sys.stdin.isatty():
                return
        if flow:
            await _begin(shell.flow(flow))
        console.print("Type a message; /help lists the commands, /quit ends.", style="dim")
        with contextlib.suppress(Quit):
            while (line := await _line()) is not None:
                await shell.line(line.strip() if line.startswith("/") else line)
    finally:
        await stage.close()


async def _begin(what: Awaitable[None]) -> None:
    """What an option asked for; a mistake in it ends the command."""
    try:
        await what
    except (Refused, StepFailed) as error:
        raise ValueError(str(error)) from None


async def _line() -> str | None:
    """The next line that is typed; None at the end of the input.

    Read in a thread of its own that ends with the process: Ctrl-C must not wait for it.
    """
    loop = asyncio.get_running_loop()
    typed: asyncio.Future[str | None] = loop.create_future()

    def answer(line: str | None) -> None:
        if not typed.done():
            typed.set_result(line)

    def read() -> None:
        try:
            line = console.input("[bold cyan]you[/] ") if sys.stdin.isatty() else _piped()
        except (EOFError, UnicodeDecodeError):
            line = None
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(answer, line)

    threading.Thread(target=read, name="keyboard", daemon=True).start()
    return await typed


def _piped() -> str | None:
    """A line of a script, shown as if it were typed."""
    line = sys.stdin.readline()
    if not line:
        return None
    console.print(f"[bold cyan]you[/] {escape(line.rstrip())}", highlight=False, soft_wrap=True)
    return line.rstrip("\r\n")
