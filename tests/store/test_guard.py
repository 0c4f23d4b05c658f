"""In-memory locks and a second process do not go together."""

import subprocess
import sys

import pytest

from bot.store.guard import AlreadyRunning, single_process_guard

HOLD = """
import asyncio, sys
from bot.store.guard import single_process_guard

async def hold():
    guard = await single_process_guard(sys.argv[1], exclusive=True)
    print("held", flush=True)
    await asyncio.sleep(60)

asyncio.run(hold())
"""


@pytest.mark.parametrize(("first", "second"), [(True, True), (True, False), (False, True)])
async def test_exclusive_is_alone(url: str, first: bool, second: bool) -> None:
    held = await single_process_guard(url, first)
    with pytest.raises(AlreadyRunning, match="in-memory locks"):
        await single_process_guard(url, second, patience=0.1)
    await held.release()
    again = await single_process_guard(url, second)
    await again.release()


async def test_processes_with_shared_locks_share(url: str) -> None:
    guards = [await single_process_guard(url, exclusive=False) for _ in range(3)]
    for guard in guards:
        await guard.release()


async def test_a_killed_process_leaves_nothing(url: str) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, url], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(AlreadyRunning):
            await single_process_guard(url, exclusive=True, patience=0.1)
        process.kill()
        held = await single_process_guard(url, exclusive=True)
        await held.release()
