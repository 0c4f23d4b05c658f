"""Rasa's entity markup: `I am [Mike](name)`, `[NYC](city:New York)`, `[LA]{"entity": "city"}`."""

import json
import re
from dataclasses import dataclass
from typing import Any

from bot.engine.parse import Entity

_MARKED = re.compile(r"\[(?P<text>[^\[\]\n]+)\](?:\((?P<short>[^()\n]+)\)|(?P<open>\{))")
_KEYS = ("entity", "value", "role", "group")


class MarkupError(ValueError):
    """Braces after a marked text that are not the JSON object they should be."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A line without its markup, and the entities that were marked."""

    text: str
    entities: tuple[Entity, ...]


def read_markup(line: str) -> Marked:
    """Take the markup out of a line; brackets that mark nothing stay."""
    plain, entities, position = "", [], 0
    for match in _MARKED.finditer(line):
        if match.start() < position:
            continue
        fields, end = _fields(line, match)
        plain += line[position : match.start()]
        start = len(plain)
        plain += match["text"]
        entities.append(_entity(fields, match["text"], start, len(plain)))
        position = end
    return Marked(plain + line[position:], tuple(entities))


def _fields(line: str, match: re.Match[str]) -> tuple[dict[str, Any], int]:
    if match["short"] is not None:
        entity, _, value = match["short"].partition(":")
        fields = {"entity": entity.strip()} | ({"value": value.strip()} if value else {})
        return fields, match.end()
    return _json_fields(line, match.start("open"))


def _json_fields(line: str, start: int) -> tuple[dict[str, Any], int]:
    try:
        fields, end = json.JSONDecoder().raw_decode(line, start)
    except (ValueError, RecursionError) as error:
        raise MarkupError(f"the braces after a marked text are not JSON ({error})") from error
    if not isinstance(fields, dict) or not isinstance(fields.get("entity"), str):
        raise MarkupError('the braces after a marked text lack "entity"')
    unknown = sorted(set(fields) - set(_KEYS))
    if unknown:
        raise MarkupError(f"unknown key {unknown[0]!r} in the braces after a marked text")
    return fields, end


def _entity(fields: dict[str, Any], text: str, start: int, end: int) -> Entity:
    role, group = fields.get("role"), fields.get("group")
    return Entity(
        entity=fields["entity"],
        value=fields.get("value", text),
        start=start,
        end=end,
        role=None if role is None else str(role),
        group=None if group is None else str(group),
    )
