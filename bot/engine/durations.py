"""Durations as an author writes them: "30s", "10m", "24h", "2d", "1w"."""

import math
import re
from typing import Any

LONGEST_DURATION = 10 * 365 * 86400.0
"""Seconds: what lies further ahead is a mistake, and dates end with the year 9999."""
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)\s*(s|m|h|d|w)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def duration(text: Any) -> float | None:
    """Seconds of "30s", "10m", "24h", "2d" or "1w"; None for anything else."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    seconds = float(match.group(1)) * _SECONDS[match.group(2)] if match else math.inf
    return seconds if seconds <= LONGEST_DURATION else None
