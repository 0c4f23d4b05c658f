"""parley init: a project of one's own, from the one that ships."""

import shutil
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import bot

HELP = "Make a project: flows, actions, training data and the four yml files.\n\nExample: parley init mybot"
PARTS = (
    "flows",
    "actions",
    "nlu/data",
    "config.yml",
    "credentials.yml",
    "domain.yml",
    "endpoints.yml",
)

console = Console()


def command(folder: Annotated[Path, typer.Argument(help="Where the project is to be.")]) -> None:
    """Copies the starter; files that are there already are never overwritten."""
    source = starter()
    target = folder.resolve()
    taken = [part for part in PARTS if (target / part).exists()]
    if taken:
        raise FileExistsError(f"{folder} has {', '.join(taken)} already; nothing was written")
    if any(target.is_relative_to(source / part) for part in PARTS):
        raise ValueError(f"{folder} lies within what is to be copied; choose another folder")
    for part in PARTS:
        _copy(source / part, target / part)
    ignored = target / ".gitignore"
    if not ignored.exists():
        ignored.write_text("var/\n__pycache__/\n", encoding="utf-8")
    console.print(
        f"Made the project {folder}. Next:\n  cd {folder}\n  parley check\n  parley run",
        highlight=False,
    )


def starter() -> Path:
    """The shipped project: beside the package in a checkout, inside it when installed."""
    package = Path(bot.__file__).parent
    packed = package / "starter"
    return packed if packed.is_dir() else package.parent


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    else:
        shutil.copyfile(source, target)
