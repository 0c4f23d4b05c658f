"""Tells live pages in this process that a conversation changed. The truth stays in the store."""

import asyncio
from collections import defaultdict


class Hub:
    """Wakes those who wait for a conversation; a missed call costs them one poll, nothing more."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    def publish(self, conversation_id: str) -> None:
        """Wakes all who wait for the conversation."""
        for waiter in self._waiting.get(conversation_id, ()):
            waiter.set()

    async def changed(self, conversation_id: str, timeout: float) -> bool:
        """Waits for the next change, at most `timeout` seconds; whether there was one."""
        waiter = asyncio.Event()
        self._waiting[conversation_id].add(waiter)
        try:
            async with asyncio.timeout(timeout):
                await waiter.wait()
            return True
        except TimeoutError:
            return False
        finally:
            self._waiting[conversation_id].discard(waiter)
            if not self._waiting[conversation_id]:
                del self._waiting[conversation_id]
