"""parley train: teaches the NLU model the project's examples."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bot.app import model_folder
from bot.settings import Settings, load
from nlu import pipeline

HELP = "Train the NLU model on nlu/data.\n\nExample: parley train --force"

console = Console(stderr=True)


def command(
    context: typer.Context,
    force: Annotated[bool, typer.Option("--force", help="Train although nothing changed.")] = False,
) -> None:
    """Trains where data, pipeline or code changed."""
    settings = load(Path(context.obj))
    if not force and pipeline.is_current(model_folder(settings), settings.project):
        console.print("The model is up to date.")
        return
    train(settings, anew=force)


def train(settings: Settings, *, anew: bool = False) -> None:
    """Trains and saves, showing how far it is. Unless `anew`, what has not changed is kept."""
    columns = (
        TextColumn("[progress.description]{task.description:<40}"),
        BarColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("Training", total=1.0)
        model = pipeline.train(
            settings.project,
            lambda what, share: progress.update(task, description=what, completed=share),
            previous=None if anew else model_folder(settings),
        )
    path = pipeline.save(model, model_folder(settings))
    for notice in model.notices:
        console.print(f"[yellow]notice[/] {escape(notice)}", highlight=False, soft_wrap=True)
    console.print(
        f"Trained on {model.examples} examples of {len(model.intents)} intents: {_short(path)}",
        highlight=False,
        soft_wrap=True,
    )


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
