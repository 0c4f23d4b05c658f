"""What an action answers, and how it fails, as values."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What an action answered: Rasa's events and responses."""

    events: tuple[Mapping[str, Any], ...] = ()
    responses: tuple[Mapping[str, Any], ...] = ()


class ActionFailed(Exception):
    """An action is unknown, refused, crashed or did not answer; the text says which and why."""

    def __init__(self, action: str, reason: str, *, unknown: bool = False) -> None:
        super().__init__(f"action {action!r}: {reason}")
        self.action, self.reason, self.unknown = action, reason, unknown


_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")


def keepable(value: Any) -> Any:
    """A JSON value as every database takes it: no NUL, no half of a surrogate pair, no NaN."""
    if isinstance(value, str):
        return _UNKEEPABLE.sub("", value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {keepable(key): keepable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [keepable(item) for item in value]
    return value
