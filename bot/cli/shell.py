"""parley shell: talks to the bot in the terminal, on a database of its own in memory."""

import asyncio
import contextlib
import itertools
import logging
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from bot.app import Parts, model_folder, open_parts
from bot.cli.logs import configure
from bot.cli.train import train
from bot.domain.events import Event
from bot.loop import run_loop
from bot.settings import Settings, load
from connectors.channel import InboundMessage
from nlu import pipeline

HELP = "Talk to the bot in the terminal.\n\nExample: parley shell --number +15550001"

console = Console()


def command(
    context: typer.Context,
    number: Annotated[str, typer.Option(help="Whose phone it is.")] = "+15550001",
) -> None:
    """Reads lines, shows replies and what moved; nothing of it touches the project's database."""
    settings = load(Path(context.obj))
    configure(logging.WARNING)
    if not pipeline.is_current(model_folder(settings), settings.project):
        train(settings)
    run_loop(_talk(settings, number))


async def _talk(settings: Settings, number: str) -> None:
    parts = await open_parts(settings, in_memory=True)
    console.print("Type a message; /quit ends.", style="dim")
    try:
        for count in itertools.count(1):
            line = await _line()
            if line is None or line.strip() in ("/quit", "/exit"):
                return
            await _turn(parts, number, line, count)
    finally:
        await parts.close()


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


async def _turn(parts: Parts, number: str, line: str, count: int) -> None:
    inbound = InboundMessage(
        connector="web", provider_id=f"shell-{count}", address=f"web:sms:{number}", sender="web:phone",
        text=line, wait=True,
    )  # fmt: skip
    before = await _newest(parts, inbound.conversation_id)
    for reply in await parts.intake.message(inbound):
        text = escape(reply.text)
        console.print(f"[bold green]bot[/] {text}", highlight=False, soft_wrap=True)
        for button in reply.buttons:
            console.print(f"      [{button.title}]", highlight=False, markup=False, soft_wrap=True)
    page = await parts.store.list_events(50, conversation_id=inbound.conversation_id, after=before)
    for event in page.items:
        _show(event)


async def _newest(parts: Parts, conversation_id: str) -> str:
    page = await parts.store.list_events(1, conversation_id=conversation_id)
    return page.items[0].id if page.items else "0"


def _show(event: Event) -> None:
    if event.type == "message_received":
        intent = event.data.get("parse", {}).get("intent", {})
        shown = f"{intent.get('name')} {intent.get('confidence', 0.0):.2f}"
    elif event.type == "message_queued":
        return
    else:
        shown = " ".join(f"{key}={value}" for key, value in event.data.items())
    console.print(
        f"    {event.type} {shown}", style="dim", highlight=False, markup=False, soft_wrap=True
    )
