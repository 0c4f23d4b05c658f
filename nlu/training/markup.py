"""Rasa's entity markup: `I am [Mike](name)`, `[NYC](city:New York)`, `[LA]{"entity": "city"}`."""

import json
import re
from dataclasses import dataclass
from typing import Any

from bot.engine.parse import Entity

# Bounded, so that a line of nothing but brackets is read in linear time.
_MARKED = re.compile(
    r"\[(?P<text>[^\[\]]{1,2000})\]"
    r"(?:\((?P<short>[^)\n]{1,500})\)|(?P<object>(?=\{))|(?P<list>(?=\[\{)))"
)
_KEYS = ("entity", "value", "role", "group")
_LINK = re.compile(r"(?:https?|ftp|mailto|tel):\S")
_TYPO = re.compile(
    r"\([^()\[\]\n]{1,80}\)\([^()\[\]\n]{1,80}\)"
    r"|\[[^\[\]()\n]{1,80}\]\([^()\[\]\n]{1,80}(?:\]|$)"
    r"|\[[^\[\]()\n]{1,80}[)\]]\([^()\[\]\n]{1,80}\)"
)
_DECODER = json.JSONDecoder()


class MarkupError(ValueError):
    """Braces after a marked text that are not the JSON object they should be."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A line without its markup, and the entities that were marked."""

    text: str
    entities: tuple[Entity, ...]


def read_markup(line: str) -> Marked:
    """Take the markup out of a line; brackets that mark nothing stay, as does a link to a page."""
    if "[" not in line:
        return Marked(line, ())
    parts: list[str] = []
    entities: list[Entity] = []
    position = length = 0
    for match in _MARKED.finditer(line):
        if match.start() < position:
            continue
        marked, end = _marks(line, match)
        if not marked:
            continue
        before, text = line[position : match.start()], match["text"]
        start = length + len(before)
        length = start + len(text)
        parts += (before, text)
        entities += (_entity(fields, text, start, length) for fields in marked)
        position = end
    return Marked("".join(parts) + line[position:], tuple(entities))


def seeming_markup(text: str) -> str | None:
    """What is left in a text that looks like markup with a slip: `(Igor)(name)`, `[425](number]`."""
    if not any(sign in text for sign in ("](", ")(")):
        return None
    match = _TYPO.search(text)
    return match.group() if match else None


def _marks(line: str, match: re.Match[str]) -> tuple[list[dict[str, Any]], int]:
    """What a match says of its text, and where its markup ends; nothing where it marks nothing."""
    if match["short"] is not None:
        return _short(match["short"]), match.end()
    found, end = _json(line, match.end())
    if match["list"] is None:
        return [_checked(found)], end
    return [_checked(fields) for fields in found], end


def _short(written: str) -> list[dict[str, Any]]:
    entity, _, value = written.partition(":")
    if not entity.strip() or _LINK.match(written):
        return []
    fields = {"entity": entity.strip()}
    return [fields | {"value": value.strip()} if value.strip() else fields]


def _json(line: str, start: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(line, start)
    except (ValueError, RecursionError) as error:
        raise MarkupError(f"the braces after a marked text are not JSON ({error})") from error


def _checked(fields: Any) -> dict[str, Any]:
    entity = fields.get("entity") if isinstance(fields, dict) else None
    if not isinstance(entity, str) or not entity.strip():
        raise MarkupError('the braces after a marked text lack "entity"')
    unknown = sorted(set(fields) - set(_KEYS))
    if unknown:
        raise MarkupError(f"unknown key {unknown[0]!r} in the braces after a marked text")
    return dict(fields)


def _entity(fields: dict[str, Any], text: str, start: int, end: int) -> Entity:
    role, group, value = fields.get("role"), fields.get("group"), fields.get("value")
    return Entity(
        entity=fields["entity"].strip(),
        value=text if value is None else value,
        start=start,
        end=end,
        role=None if role is None else str(role),
        group=None if group is None else str(group),
    )
