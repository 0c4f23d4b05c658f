"""A row with a due time: what is to happen later for a session."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

TimerStatus = Literal["pending", "fired", "cancelled"]


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer of a session. The session's own value says what runs when it fires.

    With `start` (see bot.domain.starts) it belongs to no session: it starts a flow. Then an empty
    `conversation_id` is for the contact's latest one.
    """

    id: str
    contact_id: str
    conversation_id: str
    session_id: str
    name: str
    due_at: float
    created_at: float
    status: TimerStatus = "pending"
    start: Mapping[str, Any] | None = None
