"""The embedded worker: looks every moment for what is due, and hands it to the services."""

import asyncio
from dataclasses import dataclass

import structlog

from bot.services.sweep import Sweep

log = structlog.get_logger(__name__)

TICK_SECONDS = 0.5


@dataclass(slots=True)
class Worker:
    """Sweeps until it is cancelled; a failing sweep is logged and tried again."""

    sweep: Sweep
    tick: float = TICK_SECONDS

    async def run(self) -> None:
        """Never returns by itself."""
        while True:
            try:
                found = await self.sweep.once()
            except Exception:
                # The rows stay where they are; the next tick finds them again.
                log.exception("sweep_failed")
                found = 0
            await asyncio.sleep(0 if found else self.tick)
