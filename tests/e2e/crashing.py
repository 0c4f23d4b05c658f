"""`parley run`, but killed at a boundary when the file named by CRASH_FILE asks for it.

The file holds a boundary's name. Whoever reaches the boundary removes the file, notes the boundary
in the file of the same name with `.hit`, and ends its own process with SIGKILL.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from bot.app import serve_project
from bot.cli.logs import configure
from bot.loop import run_loop
from bot.services.ports import Store
from bot.settings import load

ARMED = Path(os.environ["CRASH_FILE"])  # noqa: TID251


def reached(boundary: str) -> None:
    """Dies here if this boundary is armed."""
    try:
        if ARMED.read_text() != boundary:
            return
        ARMED.unlink()
    except FileNotFoundError:
        return  # not armed, or another process was there first
    with ARMED.with_suffix(".hit").open("a") as hits:
        hits.write(boundary + "\n")
        hits.flush()
        os.fsync(hits.fileno())
    os.kill(os.getpid(), signal.SIGKILL)


BOUNDARIES = {
    "accept": "stored", "save": "committed", "mark": "recorded", "run": "action_run",
    "publish_flow": "definition_kept", "publish": "published",
}  # fmt: skip


class Dying:
    """Stands before a part and dies behind one of its calls."""

    def __init__(self, part: Any) -> None:
        self._part = part

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._part, name)
        boundary = BOUNDARIES.get(name)
        if boundary is None:
            return value

        async def call(*arguments: Any) -> Any:
            result = await value(*arguments)
            reached(boundary)
            return result

        return call


def around(part: Store | Any) -> Any:
    """What the composition root puts before the store and the action runner."""
    return Dying(part)


if __name__ == "__main__":
    configure()
    settings = load(Path(sys.argv[2]))
    run_loop(serve_project(settings, lambda channels: None, around))
