"""parley db: the database's tables."""

import asyncio
from pathlib import Path

import typer
from rich.console import Console

from bot.settings import load
from bot.store.schema import upgrade as upgrade_schema

HELP = "The database's tables.\n\nExample: parley db upgrade"

app = typer.Typer(no_args_is_help=True)
console = Console()


@app.command("upgrade")
def upgrade(context: typer.Context) -> None:
    """Bring the tables up to date.

    Example: parley db upgrade
    """
    settings = load(Path(context.obj))
    settings.var.mkdir(parents=True, exist_ok=True)
    asyncio.run(upgrade_schema(settings.database_url))
    console.print("The database is up to date.")
