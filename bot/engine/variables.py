"""`${NAME}` and `${NAME:-default}`: how a setting is written. Its value is bot/settings.py's to read."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")

Lookup: TypeAlias = Callable[[str], str | None]
"""The value of a variable; None, or an empty text, where it is not set."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A variable with its value, which may be a secret; `given` is False where the default stands in."""

    name: str
    value: str | None = field(repr=False)
    given: bool = True


def settings_in(text: str, lookup: Lookup) -> Iterator[str | Setting]:
    """The parts of a text: what is plain, and its settings. A value of None is missing."""
    end = 0
    for match in VARIABLE.finditer(text):
        if plain := text[end : match.start()]:
            yield plain
        name, default = match.group(1), match.group(2)
        found = lookup(name)
        yield Setting(name, found or default, bool(found))
        end = match.end()
    if end < len(text):
        yield text[end:]
