"""What came of a line, as the shell shows it."""

from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from bot.cli.conversations.diffs import STYLES
from bot.cli.conversations.expecting import Came, shown
from bot.cli.conversations.playing import span
from bot.cli.conversations.stage import Standing
from bot.domain.events import Event
from bot.domain.messages import Message


def show_came(console: Console, came: Came) -> None:
    """The messages with their buttons, the mails, then what moved."""
    for message in came.happened.said:
        _show_message(console, message)
    for mail in came.happened.mails:
        console.print(Text.assemble(("mail", STYLES["mail"]), f" {shown(mail)}"), soft_wrap=True)
    for event in came.happened.events:
        if event.type != "message_queued":
            console.print(Text(f"    {_told(event)}", style="dim"), soft_wrap=True)


def _show_message(console: Console, message: Message) -> None:
    buttons = [str(it["title"]) for it in message.content.get("buttons") or ()]
    text = shown(message)
    if buttons:
        text = text.replace(f"[{'] ['.join(buttons)}]", "").strip()
    first, *rest = text.split("\n")
    console.print(Text.assemble(("bot", STYLES["bot"]), f" {first}"), soft_wrap=True)
    for line in rest:
        console.print(Text(f"    {line}"), soft_wrap=True)
    for title in buttons:
        console.print(Text(f"      [{title}]"), soft_wrap=True)


def _told(event: Event) -> str:
    if event.type == "message_received":
        intent = event.data.get("parse", {}).get("intent", {})
        return f"{event.type} {intent.get('name')} {intent.get('confidence', 0.0):.2f}"
    return " ".join([event.type, *(_part(*it) for it in event.data.items())])


def _part(key: str, value: Any) -> str:
    """A value of an event; a time as people write it, by the clock of UTC."""
    if key == "due_at" and isinstance(value, int | float):
        value = f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S}"
    return f"{key}={value}"


def show_standing(console: Console, standing: Standing, now: float) -> None:
    """One line: flow and state, the slots that hold something, and what is due."""
    session = standing.session
    if session is None:
        return
    parts: list[str | tuple[str, str]] = ["    ", (f"{session.flow} {session.state}", "bold blue")]
    if session.status != "active":
        parts.append((f" {session.status}", "blue"))
    for name, value in session.slots.items():
        if value is not None:
            parts.append((f"  {name}={value!r}", "magenta"))
    for timer in standing.timers:
        left = span(max(0, round(timer.due_at - now)))
        parts.append((f"  {timer.name} in {left}", "yellow"))
    console.print(Text.assemble(*parts), soft_wrap=True)
