"""One inbound or outbound message, and the lattice on which delivery statuses join."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

InboundStatus = Literal["pending", "handled", "unroutable"]
OutboundStatus = Literal[
    "queued", "sending", "unknown", "accepted", "sent", "delivered", "undelivered", "failed",
    "read", "stopped",
]  # fmt: skip

UNSETTLED = ("queued", "sending", "unknown")
"""Outbound statuses in which it is not yet settled whether the provider has the message."""

RANK = {
    "queued": 0, "sending": 1, "unknown": 2, "accepted": 3, "sent": 4,
    "delivered": 5, "undelivered": 5, "failed": 5, "stopped": 5, "read": 6,
}  # fmt: skip
"""A report moves a message only to a higher rank, so late and repeated ones change nothing."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message of either direction. Times are Unix seconds.

    `content` holds what is not text. Of what we send: `buttons`, `media`, `custom`, `subject`. Of
    what came: `media`, `payload`, `profile_name`, `metadata`, `consent`, `provider_answers_keywords`.
    `error_code` and `error` say why it was stopped, failed or is waiting.
    """

    id: str
    direction: Literal["in", "out"]
    connector: str
    conversation_id: str
    contact_id: str
    address: str
    sender: str
    status: str
    created_at: float
    text: str = ""
    content: Mapping[str, Any] = field(default_factory=dict)
    provider_id: str | None = None
    turn_id: str | None = None
    session_id: str | None = None
    attempts: int = 0
    attempted_at: float | None = None
    due_at: float | None = None
    error_code: str | None = None
    error: str | None = None
    segments: int | None = None
    billed_segments: int | None = None


def is_unsettled(message: Message) -> bool:
    """Whether later messages of the conversation wait for this one.

    `unknown` without a due time is over in this sense: its provider cannot be asked what it has.
    """
    if message.status == "unknown":
        return message.due_at is not None
    return message.status in UNSETTLED


def join(current: str, reported: str) -> str:
    """The status after a report: never a lower rank, and the first of equals stays."""
    return reported if RANK[reported] > RANK[current] else current
