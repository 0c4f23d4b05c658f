"""Steps and whole conversations as YAML."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.cli.conversations.format import NUMBER, Person

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_@./-]*")
_RESERVED = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def rewrite(path: Path, text: str) -> None:
    """Writes a text file, with the line ends that it had before."""
    windows = path.exists() and b"\r\n" in path.read_bytes()
    path.write_text(text, encoding="utf-8", newline="\r\n" if windows else "\n")


def scalar(value: Any) -> str:
    """A value on one line; JSON's texts, lists and objects are YAML's too."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _RESERVED:
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def flowing(value: Any) -> str:
    """A mapping or list on one line, its keys without quotes."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(k)}: {flowing(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Set):
        value = sorted(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flowing, value)) + "]"
    return scalar(value)


def quoted(text: str) -> str:
    """A text as it is said, always in quotes."""
    return json.dumps(text, ensure_ascii=False)


def step_lines(kind: str, value: Any, beside: Mapping[str, Any] | None = None) -> list[str]:
    """A step as lines, the first of which begins with its dash."""
    lines = [f"- {kind}: {_value(kind, value)}"]
    lines += [f"  {key}: {flowing(it)}" for key, it in (beside or {}).items()]
    return lines


def _value(kind: str, value: Any) -> str:
    if kind == "user":
        return quoted(str(value or ""))
    if kind == "bot":
        messages = [message(it) for it in value]
        return messages[0] if len(messages) == 1 else f"[{', '.join(messages)}]"
    return flowing(value)


def message(expected: Mapping[str, Any]) -> str:
    """An expected message: its text alone where nothing else is expected."""
    return quoted(str(expected["text"])) if set(expected) == {"text"} else flowing(expected)


def conversation_lines(
    name: str, person: Person, at: float, steps: Iterable[list[str]]
) -> Iterator[str]:
    """A conversation as an item of `conversations`."""
    yield f"  - name: {quoted(name)}"
    given = {
        "channel": person.channel,
        **({"number": person.number} if person.number != NUMBER else {}),
        **({"language": person.language} if person.language else {}),
        **({"time_zone": person.time_zone} if person.time_zone else {}),
        **({"fields": dict(person.fields)} if person.fields else {}),
        **({"tags": sorted(person.tags)} if person.tags else {}),
    }
    yield f"    contact: {flowing(given)}"
    yield f"    at: {datetime.fromtimestamp(at, UTC).replace(tzinfo=None).isoformat()}"
    yield "    steps:"
    for lines in steps:
        yield from (f"      {line}" for line in lines)
