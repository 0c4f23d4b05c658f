"""What the services count, so that none of them needs to know who keeps the figures."""

from typing import Protocol


class Meter(Protocol):
    """Keeps the figures of this process; a call must cost next to nothing."""

    def received(self, connector: str) -> None:
        """A message was filed."""

    def turn(self, cause: str, seconds: float) -> None:
        """A turn was saved; `cause` is "message" or "timer"."""

    def sent(self, connector: str, status: str) -> None:
        """An attempt to send ended in this status."""

    def action(self, outcome: str) -> None:
        """An action ended; `outcome` is "answered" or "failed"."""


class _Unmetered:
    """Keeps no figures."""

    def received(self, connector: str) -> None: ...
    def turn(self, cause: str, seconds: float) -> None: ...
    def sent(self, connector: str, status: str) -> None: ...
    def action(self, outcome: str) -> None: ...


UNMETERED: Meter = _Unmetered()
