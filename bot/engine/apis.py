"""The API dataset: declared HTTP calls, as values. What they send and read is worked out here, purely."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Api:
    """One declared HTTP call, from `flows/apis/NAME.json`.

    `parameters` are the names that its templates take from the step's `with`, `slots` those that its
    response mapping gives.
    """

    name: str
    version: str
    parameters: frozenset[str] = frozenset()
    slots: frozenset[str] = frozenset()
    definition: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ApiResult:
    """What became of a call. `failed` says why it came to nothing, in one word: `timeout`,
    `unreachable`, `refused` (an address that is not allowed), `auth`, `status`, `not_json`,
    `too_large`, `mapping`. `shown` is what the log keeps: method, URL, status, milliseconds, attempts,
    with all secrets redacted.
    """

    slots: Mapping[str, Any] = field(default_factory=dict)
    failed: str | None = None
    shown: Mapping[str, Any] = field(default_factory=dict)
