"""Trains a model in a process of its own, so that messages are read and answered meanwhile."""

import asyncio
import sys
from pathlib import Path

LONGEST_REASON = 2000


class TrainingFailed(Exception):
    """The text says what was wrong with the project."""


async def train_apart(project: Path, folder: Path) -> None:
    """Trains `project` into `folder`; a model that is there stays until the new one is whole."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "nlu", str(project), str(folder),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        _, told = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode != 0:
        reason = told.decode("utf-8", "replace").strip()[-LONGEST_REASON:]
        raise TrainingFailed(reason or f"the training ended with code {process.returncode}")
