"""The project's data store: what flows keep beyond their sessions, in collections."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

LONGEST_COLLECTION, LONGEST_KEY = 64, 300
COLLECTION = rf"[A-Za-z0-9_-]{{1,{LONGEST_COLLECTION}}}"
"""The names that a collection may have, as a regular expression."""


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


def is_collection(name: str) -> bool:
    """Whether a collection may be called so."""
    return re.fullmatch(COLLECTION, name) is not None


def why_refused(collection: str, key: str | None) -> str | None:
    """What is wrong with where a record is to go; None where nothing is."""
    if not is_collection(collection):
        return f"a collection is named by letters, digits, _ and -, at most {LONGEST_COLLECTION}"
    if key is not None and len(key) > LONGEST_KEY:
        return f"a key has at most {LONGEST_KEY} characters"
    return None


def replaced(first: DataRecord, later: DataRecord) -> DataRecord:
    """What is left of two with the same key: the later one, under the id of the first."""
    return replace(later, id=first.id) if later.at >= first.at else first


def merged(records: Iterable[DataRecord]) -> list[DataRecord]:
    """The records with each key once, in an order that is the same for all who write them."""
    kept: dict[tuple[str, str, str], DataRecord] = {}
    for it in records:
        place = (it.collection, it.key or "", "" if it.key is not None else it.id)
        kept[place] = replaced(kept[place], it) if place in kept else it
    return [kept[place] for place in sorted(kept)]
