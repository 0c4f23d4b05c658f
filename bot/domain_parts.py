"""Puts a domain together that is split over several files, as Rasa allows."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class Part(NamedTuple):
    """What one file says, checked to be of the domain's shape."""

    file: str
    document: Mapping[str, Any]


class Duplicate(NamedTuple):
    """A name that `file` lists again; what `first` says of it holds."""

    section: str
    name: str
    file: str
    first: str


def merged(parts: Iterable[Part]) -> tuple[dict[str, Any], list[Duplicate]]:
    """One document of all parts, and what stands in more than one of them."""
    document: dict[str, Any] = {}
    first: dict[tuple[str, str], str] = {}
    duplicates: list[Duplicate] = []
    for part in parts:
        new = set()
        for section, name in _names(part.document):
            place = first.setdefault((section, name), part.file)
            if place != part.file:
                duplicates.append(Duplicate(section, name, part.file, place))
            else:
                new.add((section, name))
        for section, value in part.document.items():
            _add(document, section, value, new)
    return document, duplicates


def _names(document: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for section, value in document.items():
        if isinstance(value, Mapping):
            yield from ((section, str(name)) for name in value)
        elif isinstance(value, list):
            yield from ((section, _name(item)) for item in value)


def _add(document: dict[str, Any], section: str, value: Any, new: set[tuple[str, str]]) -> None:
    if isinstance(value, Mapping):
        known = {name: of for name, of in value.items() if (section, str(name)) in new}
        document[section] = {**(document.get(section) or {}), **known}
    elif isinstance(value, list):
        listed = [item for item in value if (section, _name(item)) in new]
        document[section] = [*(document.get(section) or []), *listed]
    elif document.get(section) is None:
        document[section] = value


def _name(item: Any) -> str:
    """`greet`, or `greet: {use_entities: []}`."""
    return str(next(iter(item), "")) if isinstance(item, Mapping) else str(item)
