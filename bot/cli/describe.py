"""parley nlu describe: with what the trained model was made."""

from pathlib import Path

import typer
from rich.console import Console

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
    for number, (step, version) in enumerate(
        zip(described["pipeline"], components, strict=True), 1
    ):
        options = ", ".join(f"{key}: {value}" for key, value in step["options"].items())
        rows[f"component {number}"] = f"{version}  {options}".rstrip()
    width = max(map(len, rows))
    for name, value in rows.items():
        # A table would cut the fingerprint where the terminal is narrow.
        console.print(f"{name:<{width}}  {value}", highlight=False, markup=False, soft_wrap=True)
