"""parley run: trains what changed, migrates, and serves."""

from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console

from bot.app import model_folder, serve_project
from bot.cli.failing import show
from bot.cli.logs import configure
from bot.cli.train import train
from bot.loop import run_loop
from bot.settings import Settings, load
from nlu import pipeline

HELP = (
    "Serve the project: web server, bot and worker in one process.\n\nExample: PORT=8080 parley run"
)

console = Console(stderr=True)


def command(context: typer.Context) -> None:
    """Everything on embedded defaults, until it is stopped."""
    settings = load(Path(context.obj))
    configure()
    for notice in settings.notices:
        show(console, notice)
    settings.var.mkdir(parents=True, exist_ok=True)
    if not pipeline.is_current(model_folder(settings), settings.project):
        train(settings)
    run_loop(serve_project(settings, lambda channels: _greet(settings, channels)))


def _greet(settings: Settings, channels: Sequence[str]) -> None:
    address = f"http://{settings.host}:{settings.port}"
    console.print(f"Parley serves {address}  (channels: {', '.join(channels)})", highlight=False)
    if not settings.endpoints.access.admin_token:
        console.print("The administrator's token is in var/admin-token", highlight=False)
