"""How a command tells what is wrong: findings line by line, and never a traceback."""

import errno

import structlog
from rich.console import Console
from rich.markup import escape

from bot.cli.findings.telling import lines_of
from bot.clients.actions_in_process import ActionsUnavailable
from bot.domain.records import StoreUnavailable
from bot.engine.findings import DefinitionInvalid, Finding
from bot.store.guard import AlreadyRunning
from nlu.errors import NluError

EXPECTED = (ActionsUnavailable, AlreadyRunning, NluError, OSError, StoreUnavailable, ValueError)
"""What a user can mend."""
COLOURS = {"error": "bold red", "warning": "yellow"}


def told(console: Console, error: Exception) -> None:
    """Prints the error for a person; an unexpected one is logged whole and named."""
    if isinstance(error, DefinitionInvalid):
        for finding in error.findings:
            show(console, finding)
    elif isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        cure = "stop what listens there, or choose another port (PORT, or --port)"
        _line(console, f"the port is in use ({error.strerror}): {cure}")
    elif isinstance(error, EXPECTED):
        _line(console, str(error))
    else:
        structlog.get_logger(__name__).exception("command_failed")
        _line(console, f"{type(error).__name__}: {error}")


def _line(console: Console, text: str) -> None:
    console.print(f"[bold red]error[/] {escape(text)}", highlight=False, soft_wrap=True)


def show(console: Console, finding: Finding) -> None:
    """One finding: place, code, reason, cure, and the conversation that shows it."""
    where = finding.file + (f":{finding.line}" if finding.line else "")
    colour = COLOURS[finding.severity]
    place = f" at {finding.place}" if finding.place else ""
    console.print(f"[{colour}]{finding.severity}[/] ", end="", highlight=False)
    console.print(
        f"{where} {finding.code}{place}: {finding.reason}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    if finding.cure:
        console.print(
            f"      {finding.cure}", markup=False, highlight=False, style="dim", soft_wrap=True
        )
    for line in lines_of(finding.transcript):
        console.print(
            f"        {line}", markup=False, highlight=False, style="cyan", soft_wrap=True
        )
