"""Names as people are called."""

from __future__ import annotations

from typing import Any

LONGEST_NAME = 80
"""Characters; more is a message, and no name."""


def normalise_name(session: Any, message: Any) -> str | bool:
    """ "Ann Lee" of "  ann   lee " or "ANN LEE"; what has no letter is no name."""
    name = " ".join(message.text.split())
    if len(name) > LONGEST_NAME or not any(sign.isalpha() for sign in name):
        return False
    return name.title() if name.islower() or name.isupper() else name
