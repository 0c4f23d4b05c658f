"""The project's data store: what flows keep beyond their sessions, in collections."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class DataRecord:
    """One record. Of two with the same collection and `key` the later one replaces the first."""

    id: str
    collection: str
    at: float
    values: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None
    contact_id: str = ""
    session_id: str = ""
    flow: str = ""
