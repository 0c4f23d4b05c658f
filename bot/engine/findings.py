"""What is wrong, or doubtful, in a definition: code, place, reason and cure."""

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from json.decoder import JSONDecoder
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `place` is a JSON pointer into the file; `line` counts from 1."""

    code: str
    severity: Literal["error", "warning"]
    place: str
    reason: str
    cure: str = ""
    file: str = ""
    line: int | None = None
    transcript: tuple[Mapping[str, Any], ...] = ()
    """A conversation that shows it, as the steps of a conversation test (see docs/testing.md)."""

    def __str__(self) -> str:
        where = self.file + (f":{self.line}" if self.line else "")
        cure = f" ({self.cure})" if self.cure else ""
        at = f" at {self.place}" if self.place else ""
        return f"{where}: {self.severity} {self.code}{at}: {self.reason}{cure}".lstrip(": ")


class DefinitionInvalid(Exception):
    """A definition that cannot be loaded, with all that is wrong in it."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(map(str, self.findings)))


MOST_CHOICES = 20
"""Names that a cure lists where none is near."""


def nearest(word: str, known: Iterable[str]) -> str:
    """A cure that names the nearest valid choice, or all where none is near."""
    choices = sorted(known)
    close = difflib.get_close_matches(word[:100], choices, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    more = ", ..." if len(choices) > MOST_CHOICES else ""
    return f"known: {', '.join(choices[:MOST_CHOICES])}{more}" if choices else ""


_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = JSONDecoder()


def line_of(text: str, pointer: str) -> int | None:
    """The line at which the value of a JSON pointer starts in a JSON text."""
    try:
        position = _walk(text, [_unescape(word) for word in pointer.split("/")[1:]])
    except (ValueError, IndexError, KeyError, RecursionError):
        return None
    return text.count("\n", 0, position) + 1


def located(findings: Iterable[Finding], file: str, text: str) -> tuple[Finding, ...]:
    """The findings with file and line filled in; what is missing is shown at what should hold it."""
    return tuple(
        replace(finding, file=file, line=finding.line or _nearest_line(text, finding.place))
        for finding in findings
    )


def _nearest_line(text: str, place: str) -> int | None:
    while (line := line_of(text, place)) is None and place:
        place = place.rpartition("/")[0]
    return line


def load_json(text: str, file: str) -> Any:
    """The document; raises DefinitionInvalid with the line of a syntax error or a repeated key."""
    try:
        return json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        reason = f"not valid JSON: {error.msg} (column {error.colno})"
        raise DefinitionInvalid(
            [Finding("json-syntax", "error", "", reason, file=file, line=error.lineno)]
        ) from None
    except RecursionError:
        raise DefinitionInvalid(
            [Finding("too-deep", "error", "", "nested too deeply to be read", file=file)]
        ) from None
    except ValueError as error:
        raise DefinitionInvalid([Finding("json-key", "error", "", str(error), file=file)]) from None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"the key {name!r} stands twice in one object")
        found[name] = value
    return found


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _unescape(word: str) -> str:
    return word.replace("~1", "/").replace("~0", "~")


def escape(word: str) -> str:
    """A key as a word of a JSON pointer."""
    return word.replace("~", "~0").replace("/", "~1")


def _walk(text: str, words: list[str]) -> int:
    position = _skip(text, 0)
    for word in words:
        step = _member if text[position] == "{" else _item
        position = step(text, position, word)
    return position


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _member(text: str, position: int, word: str) -> int:
    if text[position] != "{":
        raise KeyError(word)
    position = _skip(text, position + 1)
    while text[position] == '"':
        key, end = _DECODER.raw_decode(text, position)
        start = _skip(text, _skip(text, end) + 1)
        if key == word:
            return start
        position = _skip(text, _skip(text, _DECODER.raw_decode(text, start)[1]) + 1)
    raise KeyError(word)


def _item(text: str, position: int, word: str) -> int:
    if text[position] != "[" or not word.isdecimal():
        raise KeyError(word)
    position = _skip(text, position + 1)
    for _ in range(int(word)):
        position = _skip(text, _skip(text, _DECODER.raw_decode(text, position)[1]) + 1)
    if text[position] in "]}":
        raise KeyError(word)
    return position
