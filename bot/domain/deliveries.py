"""What follows from an attempt to send: pure, so that the retry table is a table."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.domain.messages import Message
from bot.domain.records import Outcome

MAX_ATTEMPTS = 8
"""With the delays below some two hours; after that a person has to look."""
FIRST_DELAY = 2.0
LONGEST_DELAY = 3600.0
CLOCK_SKEW = 5.0
"""Seconds by which a provider's clock, which counts whole seconds, may lag behind ours."""


class CannotAsk(Exception):
    """The provider did not answer what it has."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of handing a message to a provider.

    `sent`: it has it. `retry`: certainly not, try again. `unknown`: it may. `rejected`: never
    again. `opted_out`: the same, and the contact does not want to be texted.
    """

    kind: Literal["sent", "retry", "unknown", "rejected", "opted_out"]
    provider_id: str | None = None
    status: str = "accepted"
    segments: int | None = None
    code: str | None = None
    reason: str | None = None
    retry_after: float | None = None
    max_attempts: int | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A message of ours as the provider lists it; `created_at` is a Unix time in seconds."""

    provider_id: str
    text: str
    status: str
    created_at: float
    message_id: str | None = None
    error_code: str | None = None


def backoff(attempts: int, jitter: float) -> float:
    """Seconds until the next try: doubling, and spread by `jitter` (0 to 1)."""
    return float(min(FIRST_DELAY * 2 ** (attempts - 1), LONGEST_DELAY) * (0.5 + jitter))


def outcome(
    message: Message, attempt: Attempt, *, now: float, jitter: float, settle_at: float | None
) -> Outcome:
    """What is written after an attempt.

    `settle_at`: when the provider can be asked what it has; None where it cannot be asked, and the
    message stays `unknown` until a person decides.
    """
    refused = Outcome(message.id, "failed", now, error_code=attempt.code, error=attempt.reason)
    match attempt.kind:
        case "sent":
            return Outcome(
                message.id,
                attempt.status,
                now,
                provider_id=attempt.provider_id,
                billed_segments=attempt.segments,
            )
        case "unknown":
            return replace(refused, status="unknown", due_at=settle_at)
        case "retry" if message.attempts < (attempt.max_attempts or MAX_ATTEMPTS):
            delay = max(attempt.retry_after or 0.0, backoff(max(message.attempts, 1), jitter))
            return replace(refused, status="queued", due_at=now + delay)
        case _:
            return refused


def next_attempt(message: Message, advice: Attempt, now: float) -> Message | None:
    """The message that follows one which the carrier did not deliver; None where it was enough.

    A delivery that failed is never moved backwards: the next attempt is a message of its own.
    """
    first = str(message.content.get("retry_of") or message.id)
    number = int(message.content.get("attempt") or 1) + 1
    if number > (advice.max_attempts or MAX_ATTEMPTS) or message.content.get("confirms_opt_out"):
        return None
    # Sorted by when it is to go, it holds up no message that is written meanwhile.
    wait = advice.retry_after or FIRST_DELAY
    tail = hashlib.sha256(f"{first}:{number}".encode()).hexdigest()[:14]
    return replace(
        message,
        id=f"{int((message.created_at + wait) * 1000) << 24:018x}{tail}",
        status="queued",
        created_at=now,
        due_at=now + wait,
        content={**message.content, "retry_of": first, "attempt": number},
        provider_id=None,
        attempts=0,
        attempted_at=None,
        error_code=None,
        error=None,
        billed_segments=None,
    )


def found(message: Message, listed: Iterable[Listed], known: Collection[str]) -> Listed | None:
    """The listed message that an attempt of unknown outcome made, if it made one.

    By our own id where the provider brings it back; else the same text since the attempt, under an
    id that no other message of ours carries.
    """
    since = (message.attempted_at or message.created_at) - CLOCK_SKEW
    for candidate in listed:
        if candidate.message_id is not None:
            if candidate.message_id == message.id:
                return candidate
            continue
        fresh = candidate.created_at >= since and candidate.provider_id not in known
        if fresh and candidate.text == message.text:
            return candidate
    strangers = unclaimed(message, listed, known)
    content = message.content
    rendered_there = "content_sid" in (content.get("custom") or {}) or "template" in content
    return strangers[0] if rendered_there and len(strangers) == 1 else None


def unclaimed(
    message: Message, listed: Iterable[Listed], known: Collection[str]
) -> Sequence[Listed]:
    """Listed messages since the attempt that are nobody's: one of them may be this one, in words
    that the provider changed."""
    since = (message.attempted_at or message.created_at) - CLOCK_SKEW
    return [
        candidate
        for candidate in listed
        if candidate.message_id is None
        and candidate.provider_id not in known
        and candidate.created_at >= since
    ]
