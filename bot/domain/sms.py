"""A message as a channel shows it that has only text, and how many parts that has."""

from collections.abc import Mapping
from typing import Any

from bot.engine.segments import is_gsm as is_gsm
from bot.engine.segments import segments as segments


def as_text(text: str, content: Mapping[str, Any]) -> str:
    """What a message says where there is only text: its choices with their numbers, and its place.

    `content` is that of a Message. The connectors write the same lines.
    """
    menu = content.get("menu") or {}
    choices = [str(button.get("title", "")) for button in content.get("buttons") or ()]
    choices += [_row(row) for row in menu.get("rows") or ()]
    lines = [text] if text else []
    lines += [f"{number}. {choice}" for number, choice in enumerate(choices, 1)]
    return "\n".join([*lines, *_place(content.get("location") or {})])


def _row(row: Mapping[str, Any]) -> str:
    title, description = str(row.get("title", "")), row.get("description")
    return f"{title} - {description}" if description else title


def _place(location: Mapping[str, Any]) -> list[str]:
    if not location:
        return []
    point = f"{float(location['latitude']):.6f}/{float(location['longitude']):.6f}"
    latitude, longitude = point.split("/")
    link = f"https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}#map=17/{point}"
    return [*(str(location[key]) for key in ("name", "address") if location.get(key)), link]
