"""Watches a project's flows: tells of each burst of saves once it is over."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import structlog
from watchfiles import awatch

from bot.clients.flow_files import FOLDER

log = structlog.get_logger(__name__)

SETTLE_MILLISECONDS = 200
"""Editors write in steps: what was saved is looked at when so long nothing more was."""
LONGEST_BURST_MILLISECONDS = 2_000
LOOK_MILLISECONDS = 2_000
"""How often the files are looked at anyway: a folder that was replaced is no longer told of, nor is
one that another machine writes to."""

State = frozenset[tuple[str, int, int, int]]


def flow_files(project: Path) -> Iterator[Path]:
    """The files that are published: flows, API calls and global values."""
    folder = project / FOLDER
    yield from (it for it in folder.glob("*.json") if not it.name.startswith("_"))
    yield from (it for it in folder.glob("apis/*.json") if not it.name.startswith("_"))
    yield folder / "_globals.json"


def state_of(project: Path) -> State:
    """What the files look like from outside: it differs behind every save."""
    return frozenset(filter(None, map(_seen, flow_files(project))))


def _seen(path: Path) -> tuple[str, int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return str(path), found.st_mtime_ns, found.st_size, found.st_ino


async def saves(project: Path, known: State) -> AsyncIterator[None]:
    """Yields when the files are other than `known`, and after each burst of saves from then on."""
    while True:
        async for _ in _looks(project / FOLDER):
            now = await asyncio.to_thread(state_of, project)
            if now != known:
                known = now
                yield


async def _looks(folder: Path) -> AsyncIterator[None]:
    """A reason to look at the files: a save, or that some time has passed. Ends with the folder."""
    yield
    watched = await asyncio.to_thread(_identity, folder)
    if watched is None:
        await asyncio.sleep(LOOK_MILLISECONDS / 1000)
        return
    watching = awatch(
        folder,
        watch_filter=None,
        debounce=LONGEST_BURST_MILLISECONDS,
        step=SETTLE_MILLISECONDS,
        rust_timeout=LOOK_MILLISECONDS,
        yield_on_timeout=True,
    )
    async with contextlib.aclosing(watching):
        try:
            async for _ in watching:
                yield
                if await asyncio.to_thread(_identity, folder) != watched:
                    return
        except Exception as error:  # noqa: BLE001 - whatever it is, they are looked at again
            # The folder is gone, a name is no text, too many files are watched on this machine.
            log.warning("flows_not_watched", reason=repr(error))
            await asyncio.sleep(LOOK_MILLISECONDS / 1000)


def _identity(folder: Path) -> int | None:
    try:
        return folder.stat().st_ino
    except OSError:
        return None
