"""The last gate before any send, whoever asks: pure, so that one table of cases shows it all."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """`stop` is why the message must not go; `wait_until` (Unix time) when it may be tried."""

    stop: str | None = None
    wait_until: float | None = None


ALLOWED = Verdict()


SLACK = 0.001
"""Units by which a bucket may fall short: a wait too short for the clock would never end."""


@dataclass(slots=True)
class Rate:
    """A sender's budget: `per_second` units, saved up for at most one second (a token bucket)."""

    per_second: float
    tokens: float = 0.0
    at: float = 0.0

    def take(self, units: int, now: float) -> float:
        """Takes the units; answers 0, or how many seconds to wait where there are not enough.

        A message larger than a second's budget goes when the bucket is full.
        """
        full = max(self.per_second, 1.0)
        self.tokens = (
            min(full, self.tokens + (now - self.at) * self.per_second) if self.at else full
        )
        self.at = now
        needed = min(float(units), full)
        if self.tokens >= needed - SLACK:
            self.tokens -= units
            return 0.0
        return (needed - self.tokens) / self.per_second


def verdict(*, opted_out: bool, confirms_opt_out: bool, wait: float, now: float) -> Verdict:
    """Whether a message may go now.

    The one confirmation of an opt-out is the only text that a contact who opted out still gets
    (47 CFR 64.1200(a)(12)).
    """
    if opted_out and not confirms_opt_out:
        return Verdict(stop="opted_out")
    if wait > 0:
        return Verdict(wait_until=now + wait)
    return ALLOWED
