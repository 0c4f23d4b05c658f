"""A save is told once it is over, and nothing else is."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.clients.flow_watch import State, saves, state_of


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "flows" / "apis").mkdir(parents=True)
    (tmp_path / "flows" / "talk.json").write_text("[]")
    return tmp_path


@pytest.fixture
async def told(project: Path) -> AsyncIterator["asyncio.Queue[str]"]:
    """What the file said each time that a save was told."""
    seen: asyncio.Queue[str] = asyncio.Queue()

    async def watch() -> None:
        async for _ in saves(project, state_of(project)):
            path = project / "flows" / "talk.json"
            seen.put_nowait(path.read_text() if path.exists() else "gone")

    task = asyncio.create_task(watch())
    await asyncio.sleep(0.5)
    yield seen
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def one(told: "asyncio.Queue[str]") -> str:
    return await asyncio.wait_for(told.get(), 20)


async def test_a_save_in_steps_is_told_once(project: Path, told: "asyncio.Queue[str]") -> None:
    path = project / "flows" / "talk.json"
    with path.open("w") as file:
        for part in ("[", '{"name": ', '"A"}', "]"):
            file.write(part)
            file.flush()
            await asyncio.sleep(0.02)
    assert await one(told) == '[{"name": "A"}]'
    assert told.empty()


async def test_a_file_that_takes_another_ones_place(
    project: Path, told: "asyncio.Queue[str]"
) -> None:
    path = project / "flows" / "talk.json"
    path.with_suffix(".new").write_text("[1]")
    os.replace(path.with_suffix(".new"), path)
    assert await one(told) == "[1]"
    path.unlink()
    assert await one(told) == "gone"


async def test_what_is_no_flow_is_not_told(project: Path, told: "asyncio.Queue[str]") -> None:
    for name in ("talk.test.yml", "_draft.json", ".talk.json.swp", "apis/_x.json", "4913"):
        (project / "flows" / name).write_text("x")
    for name in ("_globals.json", "apis/weather.json", "talk.json"):
        (project / "flows" / name).write_text("{}")
        assert await one(told) == ("{}" if name == "talk.json" else "[]")
        assert told.empty()


async def test_a_name_that_is_no_text_does_not_end_the_watch(
    project: Path, told: "asyncio.Queue[str]"
) -> None:
    strange = os.fsencode(project / "flows") + b"/x\xff.json"
    Path(os.fsdecode(strange)).write_text("{}")
    assert await one(told) == "[]"
    Path(os.fsdecode(strange)).unlink()
    assert await one(told) == "[]"
    (project / "flows" / "talk.json").write_text("[2]")
    assert await one(told) == "[2]"


async def first(project: Path, known: State) -> None:
    """Returns when a save is told."""
    async for _ in saves(project, known):
        return


async def test_what_was_saved_before_the_watch_began_is_told(project: Path) -> None:
    before = state_of(project)
    (project / "flows" / "talk.json").write_text("[2]")
    await asyncio.wait_for(first(project, before), 20)


async def test_a_folder_that_comes_later(tmp_path: Path) -> None:
    waiting = asyncio.create_task(first(tmp_path, state_of(tmp_path)))
    await asyncio.sleep(0.1)
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "talk.json").write_text("[]")
    await asyncio.wait_for(waiting, 20)
