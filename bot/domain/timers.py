"""A row with a due time: what is to happen later for a session."""

from dataclasses import dataclass
from typing import Literal

TimerStatus = Literal["pending", "fired", "cancelled"]


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer of a session. The session's own value says what runs when it fires."""

    id: str
    contact_id: str
    conversation_id: str
    session_id: str
    name: str
    due_at: float
    created_at: float
    status: TimerStatus = "pending"
