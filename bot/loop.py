"""The event loop that everything runs on: uvloop where it is there."""

import asyncio
import gc
from collections.abc import Coroutine
from typing import Any

try:
    import uvloop
except ImportError:  # pragma: no cover - Windows has none
    new_event_loop = asyncio.new_event_loop
else:
    new_event_loop = uvloop.new_event_loop


YOUNG_OBJECTS = 10_000
"""Allocations between two rounds of the garbage collector; a turn makes some hundreds."""


def settle_memory() -> None:
    """What start-up made stays for good: takes it out of the garbage collector's rounds, which
    would otherwise walk through it again and again, for a tenth of a second each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 50)


def run_loop(main: Coroutine[Any, Any, None]) -> None:
    """Runs the coroutine to its end."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(main)
