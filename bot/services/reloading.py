"""Hot reload: what is saved is checked as at the start, and published only where nothing is wrong."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from bot.engine.findings import Finding
from bot.services.ports import Clock, StoreUnavailable
from bot.services.publishing import Examined, Publishing

log = structlog.get_logger(__name__)

AGAIN_SECONDS = 2.0
"""After a publication for which the database did not answer."""
LOGGED = 20
"""Errors of one save that are logged each by itself."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the files are not what is current: the errors that were found at that time."""

    at: float
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class Reloading:
    """Takes the project's files anew when they are saved. `examine` reads and checks them all."""

    examine: Callable[[], Awaitable[Examined]]
    publishing: Publishing
    clock: Clock
    refusal: Refusal | None = field(default=None, init=False)
    """The newest one; None where the files are what is current."""

    async def follow(self, saves: AsyncIterator[None]) -> None:
        """Takes the files anew after each save, for as long as there may be one."""
        async for _ in saves:
            await self._take()

    async def reload(self) -> bool:
        """Whether the files are what is current now; if not, nothing has changed."""
        found = await self.examine()
        if found.errors:
            self._refuse(found.errors)
            return False
        await self.publishing.publish(found)
        if self.refusal:
            self.refusal = None
            log.info("flows_accepted_again")
        return True

    async def _take(self) -> None:
        """Reloads, again and again where the database does not answer."""
        while True:
            try:
                await self.reload()
                return
            except StoreUnavailable as error:
                log.warning("database_away", error=str(error))
                await asyncio.sleep(AGAIN_SECONDS)
            except Exception:
                # A defect of ours in reading or checking: what is current stays so.
                log.exception("reload_failed")
                return

    def _refuse(self, errors: tuple[Finding, ...]) -> None:
        self.refusal = Refusal(self.clock.now(), errors)
        for it in errors[:LOGGED]:
            log.error("flows_refused", told=str(it))
        if len(errors) > LOGGED:
            log.error("flows_refused", told=f"and {len(errors) - LOGGED} more; see parley check")
