"""What flows of pages need."""

from __future__ import annotations

from typing import Any


def go_back(session: Any, message: Any, *, page: str, words: list[str]) -> None:
    """Leads to the previous page, where the reply asks for it; answers are kept."""
    if message.text.strip().casefold() in words:
        session.goto(page)
