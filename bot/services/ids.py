"""Ids that sort by the time they were made, as 32 hex digits (after UUID version 7, RFC 9562)."""

import secrets

from bot.services.ports import Clock


class Ids:
    """Makes ids; within a process each is larger than the one before."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0
        self._process = secrets.token_hex(7)

    def restart(self, process: str) -> None:
        """Counts anew as another process, which 14 hex digits name: the same ids again, for tests."""
        self._last, self._process = 0, process

    def new(self) -> str:
        """48 bits of milliseconds, 24 that count on within one, 56 that name the process."""
        self._last = max(int(self._clock.now() * 1000) << 24, self._last + 1)
        return f"{self._last:018x}{self._process}"
