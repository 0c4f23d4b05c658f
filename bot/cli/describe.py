"""parley nlu describe: with what the trained model was made."""

from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from bot.app import model_folder
from bot.settings import load
from nlu import pipeline

HELP = "Show with what the trained model was made.\n\nExample: parley nlu describe"

console = Console()


def command(context: typer.Context) -> None:
    """The model's fingerprint, language and components, and the versions that trained it."""
    described = pipeline.describe(model_folder(load(Path(context.obj))))
    made = dict(described["made_with"])
    components = made.pop("components", [])
    rows = {"fingerprint": described["fingerprint"], "language": described["language"], **made}
    table = Table.grid(padding=(0, 2))
    for name, value in rows.items():
        table.add_row(name, str(value))
    for number, (step, version) in enumerate(
        zip(described["pipeline"], components, strict=True), 1
    ):
        options = ", ".join(f"{key}: {value}" for key, value in step["options"].items())
        table.add_row(f"component {number}", f"{version}  {options}".rstrip())
    console.print(table, highlight=False)
