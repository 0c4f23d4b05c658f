"""The texts of a declared call: templates whose plain parts may be settings, and thereby secrets."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import quote

from bot.engine.templates import FILTERS, Placeholder, snake

HIDDEN = "***"
SHARED = "globals"
"""`{globals.x}` is a value that all flows share."""


@dataclass(frozen=True, slots=True)
class Plain:
    """What stands in a text as it is; a `secret` one came from a setting and is never shown."""

    text: str = field(repr=False)
    secret: bool = False


Template: TypeAlias = tuple[Plain | Placeholder, ...]


class ParameterInvalid(ValueError):
    """A value with which no request can be made; the reason names it, without its value."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The values of one call. With `hide` secrets and the parameters named in `secret` are hidden."""

    values: Mapping[str, Any]
    secret: frozenset[str] = frozenset()
    hide: bool = False

    def value(self, placeholder: Placeholder) -> Any:
        if self.hide and placeholder.path[0] in self.secret:
            return HIDDEN
        value: Any = self.values
        for word in placeholder.path:
            value = _member(value, word)
        for name, argument in placeholder.filters:
            value = FILTERS[name](value, argument)
        return value


def scope(
    values: Mapping[str, Any], shared: Mapping[str, Any], secret: frozenset[str] = frozenset()
) -> Scope:
    """The values by the names that templates have for them."""
    return Scope({**{snake(k): v for k, v in values.items()}, SHARED: shared}, secret)


def names_in(template: Template) -> frozenset[str]:
    """The parameters that a template takes."""
    return frozenset(p.path[0] for p in template if isinstance(p, Placeholder)) - {SHARED}


def is_value(template: Template) -> bool:
    """Whether it is one placeholder and nothing else: its value keeps its type then."""
    return len(template) == 1 and isinstance(template[0], Placeholder)


def fill(template: Template, within: Scope) -> str:
    """The text with its placeholders filled."""
    return "".join(
        _plain(part, within) if isinstance(part, Plain) else written(within.value(part))
        for part in template
    )


def fill_url(template: Template, within: Scope) -> str:
    """The address; values are percent-encoded whole, so that none adds a part or a parameter."""
    parts = []
    for part in template:
        if isinstance(part, Plain):
            parts.append(_plain(part, within))
            continue
        value = written(within.value(part))
        if not value:
            raise ParameterInvalid(f"{'.'.join(part.path)} has no value")
        parts.append(value if value == HIDDEN else quote(value, safe="", errors="replace"))
    return "".join(parts)


def fill_field(template: Template, within: Scope) -> list[str]:
    """The values of a query or form field: none for nothing, several for a list."""
    if not is_value(template):
        return [fill(template, within)]
    value = within.value(template[0])  # type: ignore[arg-type]  # is_value says so
    if isinstance(value, list | tuple):
        return [written(item) for item in value]
    return [] if value is None else [written(value)]


def fill_tree(tree: Any, within: Scope) -> Any:
    """A JSON value whose texts are templates."""
    if isinstance(tree, tuple):
        return within.value(tree[0]) if is_value(tree) else fill(tree, within)
    if isinstance(tree, dict):
        return {key: fill_tree(value, within) for key, value in tree.items()}
    if isinstance(tree, list):
        return [fill_tree(value, within) for value in tree]
    return tree


def written(value: Any) -> str:
    """A value as a request writes it: as in JSON, but texts without quotes and nothing for null."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _plain(part: Plain, within: Scope) -> str:
    return HIDDEN if part.secret and within.hide else part.text


def _member(value: Any, word: str) -> Any:
    if isinstance(value, Mapping):
        if word in value:
            return value[word]
        return next((value[key] for key in value if snake(str(key)) == word), None)
    if isinstance(value, list | tuple) and word.isdecimal() and len(word) < 7:
        return value[int(word)] if int(word) < len(value) else None
    return None
