"""Something that happened: the envelope of the append-only log."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the log. `type` is in the past tense; `at` is a Unix time in seconds.

    `causation_id` is what directly caused it (a message, a timer), `correlation_id` the first
    cause in the chain. Only `data` may hold personal data, so that it can be erased by itself.
    """

    id: str
    type: str
    at: float
    contact_id: str | None = None
    conversation_id: str | None = None
    session_id: str | None = None
    flow: str | None = None
    flow_version: str | None = None
    causation_id: str | None = None
    correlation_id: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
