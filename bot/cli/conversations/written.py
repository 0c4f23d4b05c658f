"""YAML as plain values, with the lines at which each of them stands."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from bot.engine.findings import DefinitionInvalid, Finding
from bot.engine.reading import LARGEST_DOCUMENT

Path = tuple[str | int, ...]

MOST_VALUES = 200_000
"""A few lines of aliases can stand for millions of values."""
DEEPEST = 60


@dataclass(frozen=True, slots=True)
class Span:
    """Where a value is written: lines count from 1, columns from 0; `last` is the line of its end."""

    line: int
    column: int
    last: int
    end: int


@dataclass(slots=True)
class Written:
    """A document's value; `spans` and `raw` (a scalar's own letters) by path."""

    file: str
    text: str
    value: Any = None
    spans: dict[Path, Span] = field(default_factory=dict)
    raw: dict[Path, str] = field(default_factory=dict)
    keys: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int | None:
        """The line of a value, else of what should hold it."""
        for length in range(len(path), -1, -1):
            here = path[:length]
            if here in self.keys:
                return self.keys[here]
            if here in self.spans:
                return self.spans[here].line
        return None

    def finding(self, path: Path, reason: str, cure: str = "", code: str = "test") -> Finding:
        """A finding on the value at a path."""
        place = "".join(f"/{word}" for word in path)
        return Finding(code, "error", place, reason, cure, file=self.file, line=self.line(path))


def read_written(text: str, file: str) -> Written:
    """The document; raises DefinitionInvalid with the line of a mistake in the YAML."""
    if len(text) > LARGEST_DOCUMENT:
        raise _invalid(file, None, f"larger than {LARGEST_DOCUMENT:,} characters")
    try:
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = f"not valid YAML: {error.problem or error.context}"
        raise _invalid(file, mark.line + 1 if mark else None, reason) from None
    except yaml.YAMLError as error:
        raise _invalid(file, None, f"not valid YAML: {error}") from None
    except RecursionError:
        raise _invalid(file, None, "nested too deeply to be read") from None
    written = Written(file, text)
    if node is not None:
        written.value = _Reading(written).value(node, (), 0)
    return written


def _invalid(file: str, line: int | None, reason: str) -> DefinitionInvalid:
    return DefinitionInvalid([Finding("yaml", "error", "", reason, file=file, line=line)])


@dataclass(slots=True)
class _Reading:
    written: Written
    count: int = 0

    def value(self, node: yaml.Node, path: Path, depth: int) -> Any:
        self.count += 1
        if self.count > MOST_VALUES or depth > DEEPEST:
            reason = f"more than {MOST_VALUES:,} values, or more than {DEEPEST} within each other"
            raise _invalid(self.written.file, node.start_mark.line + 1, reason)
        start, end = node.start_mark, node.end_mark
        self.written.spans[path] = Span(start.line + 1, start.column, end.line + 1, end.column)
        if isinstance(node, yaml.MappingNode):
            return dict(self._members(node, path, depth))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(it, (*path, n), depth + 1) for n, it in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)  # noqa: S101 - YAML has these three
        self.written.raw[path] = node.value
        try:
            return _scalar(node)
        except ValueError:
            line, reason = start.line + 1, f"no number that can be read: {node.value:.40}"
            raise _invalid(self.written.file, line, reason) from None

    def _members(self, node: yaml.MappingNode, path: Path, depth: int) -> Iterator[tuple[str, Any]]:
        known: set[str] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise _invalid(self.written.file, line, "a key must be a word")
            if key.value in known:
                raise _invalid(self.written.file, line, f"the key {key.value!r} stands twice")
            known.add(key.value)
            self.written.keys[*path, key.value] = line
            yield key.value, self.value(value, (*path, key.value), depth + 1)


def _scalar(node: yaml.ScalarNode) -> Any:
    """As YAML 1.2 reads it: yes, no, dates and times of day are texts."""
    kind, text = node.tag.rpartition(":")[2], node.value
    if kind == "null":
        return None
    if kind == "bool" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if kind in ("int", "float") and ":" not in text:
        constructor = yaml.constructor.SafeConstructor()
        read = constructor.construct_yaml_int if kind == "int" else constructor.construct_yaml_float
        return read(node)
    return text
