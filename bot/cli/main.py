"""`parley`: every command in a file of its own."""

import sys
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot.cli import actions, check, db, flow, init, nlu, run, shell, test, train, worker
from bot.cli.failing import told

app = typer.Typer(
    name="parley",
    help="Conversations over SMS and WhatsApp, as JSON flows.\n\n"
    "Example: parley init mybot, then parley check --project mybot",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
errors = Console(stderr=True)

app.command("run", help=run.HELP)(run.command)
app.command("train", help=train.HELP)(train.command)
app.command("check", help=check.HELP)(check.command)
app.command("test", help=test.HELP)(test.command)
app.command("shell", help=shell.HELP)(shell.command)
app.command("actions", help=actions.HELP)(actions.command)
app.command("worker", help=worker.HELP)(worker.command)
app.command("init", help=init.HELP)(init.command)
app.add_typer(db.app, name="db", help=db.HELP)
app.add_typer(flow.app, name="flow", help=flow.HELP)
app.add_typer(nlu.app, name="nlu", help=nlu.HELP)


@app.callback()
def main(
    context: typer.Context,
    project: Annotated[
        Path, typer.Option("--project", help="The project's folder; may also stand last.")
    ] = Path(),
) -> None:
    """Where every command finds the project."""
    context.obj = project.resolve()


def entry() -> None:
    """The command line; what a user did wrong is told without a traceback."""
    try:
        app(project_first(sys.argv[1:]), prog_name="parley")
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001
        told(errors, error)
        sys.exit(1)


def project_first(words: list[str]) -> list[str]:
    """The words with `--project DIR` before the command, wherever it was written."""
    moved: list[str] = []
    rest: list[str] = []
    ahead = iter(words)
    for word in ahead:
        if word == "--":
            rest += [word, *ahead]
        elif word == "--project":
            moved += [word, *islice(ahead, 1)]
        elif word.startswith("--project="):
            moved.append(word)
        else:
            rest.append(word)
    return [*moved, *rest]
