"""Texts with placeholders: `{name}` and `{{path.to.value | filter}}`.

A missing value gives its default or nothing; `{{'{{'}}` writes a brace. Never Python's format,
which would let a text reach into objects.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_PLACEHOLDER = re.compile(
    r"\{\{((?:'[^']*+'|\"[^\"]*+\"|[^'\"{}])*+)\}\}|\{([^{}]*+)\}",
)
_BETWEEN_FILTERS = re.compile(r"((?:'[^']*+'|\"[^\"]*+\"|[^'\"|])*+)(?:\||$)")
LONGEST_PLACEHOLDER = 300
"""Characters between the braces."""
_PATH = re.compile(r"[^\W\d]\w*(?:\.\w+)*")
_FILTER = re.compile(r"(\w+)(?:\s*[:(]\s*(?:'([^']*)'|\"([^\"]*)\"|([\w.]+))\s*\)?)?")
_QUOTED = re.compile(r"\s*(?:'([^']*)'|\"([^\"]*)\")\s*")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

FILTERS: Mapping[str, Callable[[Any, str], Any]] = {
    "default": lambda value, fallback: fallback if value in (None, "") else value,
    "upper": lambda value, _: _text(value).upper(),
    "lower": lambda value, _: _text(value).lower(),
    "title": lambda value, _: _text(value).title(),
    "capitalize": lambda value, _: _text(value).capitalize(),
    "trim": lambda value, _: _text(value).strip(),
    "first": lambda value, _: (_text(value).split() or [""])[0],
    "round": lambda value, digits: (
        round(value, int(digits or 0)) if isinstance(value, float) else value
    ),
}
ROOTS = frozenset({"user", "contact", "session", "slots", "slot"})
"""First words of a path that only say where to look: `{{user.first_name}}` is `{first_name}`."""


class TemplateInvalid(ValueError):
    """A text whose placeholders cannot be read."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A path to a value with the filters it goes through."""

    path: tuple[str, ...]
    filters: tuple[tuple[str, str], ...] = ()


@lru_cache(maxsize=4096)
def compiled(text: str) -> tuple[str | Placeholder, ...]:
    """The parts of a template; raises TemplateInvalid with the placeholder and the cure."""
    parts: list[str | Placeholder] = []
    end = 0
    for match in _PLACEHOLDER.finditer(text):
        parts.append(_plain(text[end : match.start()]))
        inner = match.group(1) if match.group(1) is not None else match.group(2)
        parts.append(_placeholder(inner, match.group(0)))
        end = match.end()
    parts.append(_plain(text[end:]))
    return tuple(part for part in parts if part != "")


def render(text: str, values: Mapping[str, Any]) -> str:
    """The text with its placeholders filled from `values` (names in snake_case)."""
    if "{" not in text and "}" not in text:
        return text
    return "".join(
        part if isinstance(part, str) else _fill(part, values) for part in compiled(text)
    )


def names_in(text: str) -> frozenset[str]:
    """The first names of all paths in a template, roots left out."""
    return frozenset(part.path[0] for part in compiled(text) if isinstance(part, Placeholder))


@lru_cache(maxsize=4096)
def snake(name: str) -> str:
    """`firstName` and `first_name` are the same name."""
    return _CAMEL.sub("_", name).lower()


def _plain(text: str) -> str:
    if "{" in text or "}" in text:
        raise TemplateInvalid(f"a brace without its partner in {text.strip()[:60]!r}: " + _CURE)
    return text


_CURE = "write {name} or {{path | filter}}; a brace for the reader is {{'{'}}"


def _placeholder(inner: str, written: str) -> str | Placeholder:
    if len(inner) > LONGEST_PLACEHOLDER:
        raise TemplateInvalid(f"{written[:60]!r} is too long for a placeholder: {_CURE}")
    if quoted := _QUOTED.fullmatch(inner):
        return quoted.group(1) or quoted.group(2) or ""
    head, *filters = _split(inner, written)
    if not _PATH.fullmatch(head.strip()):
        raise TemplateInvalid(f"{written!r} is no placeholder: {_CURE}")
    path = tuple(snake(word) for word in head.strip().split("."))
    if len(path) > 1 and path[0] in ROOTS:
        path = path[1:]
    return Placeholder(path, tuple(_filter(f, written) for f in filters))


def _split(inner: str, written: str) -> list[str]:
    """The path and the filters; a bar within quotes belongs to a text."""
    words, end = [], -1
    while end < len(inner):
        match = _BETWEEN_FILTERS.match(inner, end + 1)
        if match is None:
            raise TemplateInvalid(f"a quote without its partner in {written!r}: {_CURE}")
        words.append(match.group(1))
        end = match.end(1)
    return words


def _filter(written: str, placeholder: str) -> tuple[str, str]:
    match = _FILTER.fullmatch(written.strip())
    if not match or match.group(1) not in FILTERS:
        known = ", ".join(sorted(FILTERS))
        raise TemplateInvalid(f"unknown filter in {placeholder!r}; known ones: {known}")
    argument = next((g for g in match.groups()[1:] if g is not None), "")
    if match.group(1) == "round" and not re.fullmatch(r"[0-9]?", argument):
        raise TemplateInvalid(f"'round' takes a number of digits, 0 to 9, in {placeholder!r}")
    return match.group(1), argument


def _fill(placeholder: Placeholder, values: Mapping[str, Any]) -> str:
    value: Any = values
    for word in placeholder.path:
        value = _member(value, word)
    for name, argument in placeholder.filters:
        value = FILTERS[name](value, argument)
    return _text(value)


def _member(value: Any, word: str) -> Any:
    if isinstance(value, Mapping):
        if word in value:
            return value[word]
        return next((value[key] for key in value if snake(str(key)) == word), None)
    if isinstance(value, list | tuple) and re.fullmatch("[0-9]{1,6}", word):
        return value[int(word)] if int(word) < len(value) else None
    return None


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list | tuple):
        return ", ".join(_text(item) for item in value)
    return str(value)
