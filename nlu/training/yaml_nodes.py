"""YAML as nodes that know their line, so that an error can name it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.reader import Reader

from nlu.errors import TrainingDataError, nearest
from nlu.training.text_files import read_text

MAX_DEPTH = 60
# Characters that aliases may stand for in all: a few lines of aliases of aliases can mean more
# than memory holds.
MAX_REPEATED = 2_000_000
# Breaks of a line to YAML 1.1, which would tear an example apart, and to nobody who writes one.
_OTHER_BREAKS = re.compile("[\x85\u2028\u2029]")
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{1,18}")
_BOOLEANS = {"true": True, "True": True, "false": False, "False": False}


@dataclass(slots=True)
class Scalar:
    """A text as it was written: `yes` stays the text "yes"."""

    value: str
    line: int
    style: str = ""


@dataclass(slots=True)
class Sequence:
    """A list."""

    line: int
    parts: list["Node"] = field(default_factory=list)


@dataclass(slots=True)
class Mapping:
    """Keys and values; `parts` holds them by turns."""

    line: int
    parts: list["Node"] = field(default_factory=list)

    def pairs(self) -> Iterator[tuple["Node", "Node"]]:
        """Each key with its value."""
        return zip(self.parts[::2], self.parts[1::2], strict=True)


Node = Scalar | Sequence | Mapping


class Source:
    """One YAML file: reads nodes out of it and words its errors."""

    def __init__(self, path: Path, shown_as: str) -> None:
        self.path = path
        self.name = shown_as

    def root(self) -> Node | None:
        """The document's root node; None where the file is empty."""
        text = _OTHER_BREAKS.sub(" ", read_text(self.path, self.name))
        try:
            return _Composer(self).compose(text)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            problem = " ".join(filter(None, (error.context, error.problem)))
            raise self.error(line, f"the YAML is broken: {problem}", _cure(problem)) from error
        except (yaml.YAMLError, RecursionError) as error:
            strange = Reader.NON_PRINTABLE.search(text)
            line = text.count("\n", 0, strange.start()) + 1 if strange else 1
            found = f"character {strange.group()!r}" if strange else str(error)
            raise self.error(line, f"the YAML is broken: {found}", "valid YAML") from error

    def value(self) -> object:
        """The document as plain values."""
        self.root()
        try:
            return yaml.load(read_text(self.path, self.name), Loader=yaml.CSafeLoader)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise self.error(1, f"the YAML is broken: {error}", "plain values") from error

    def error(
        self, line: int, found: str, expected: str, near: str | None = None
    ) -> TrainingDataError:
        """An error at this line of this file."""
        return TrainingDataError(self.name, line, found, expected, near)

    def keys(self, node: Node, what: str) -> dict[str, tuple[Node, int]]:
        """The keys of a mapping with their values and lines, each given once."""
        if not isinstance(node, Mapping):
            raise self.error(node.line, f"{what} is {kind_of(node)}", "a mapping of keys")
        found: dict[str, tuple[Node, int]] = {}
        for key_node, value in node.pairs():
            key = key_node.value if isinstance(key_node, Scalar) else kind_of(key_node)
            if key in found:
                raise self.error(
                    key_node.line, f"{key!r} is given twice in {what}", "each key once"
                )
            found[key] = (value, key_node.line)
        return found

    def mapping(self, node: Node, what: str, known: tuple[str, ...]) -> dict[str, tuple[Node, int]]:
        """As `keys`; refuses keys that are not known."""
        found = self.keys(node, what)
        for key, (_, line) in found.items():
            if key not in known:
                expected = "one of " + ", ".join(known)
                near = nearest(key, known)
                raise self.error(line, f"unknown key {key[:60]!r} in {what}", expected, near)
        return found

    def items(self, node: Node, what: str) -> Iterator[Node]:
        """The items of a list; nothing for null."""
        if is_null(node):
            return
        if not isinstance(node, Sequence):
            raise self.error(node.line, f"{what} is {kind_of(node)}", "a list")
        yield from node.parts

    def text(self, node: Node, what: str) -> str:
        """A scalar as it was written."""
        if not isinstance(node, Scalar):
            raise self.error(node.line, f"{what} is {kind_of(node)}", "a text")
        return node.value

    def plain(self, node: Node, typed: bool = False) -> Any:
        """A node as JSON values; scalars as written, or with `typed` as numbers and booleans."""
        if isinstance(node, Mapping):
            found = self.keys(node, "a mapping")
            return {key: self.plain(value, typed) for key, (value, _) in found.items()}
        if isinstance(node, Sequence):
            return [self.plain(part, typed) for part in node.parts]
        if is_null(node):
            return None
        return _typed(node) if typed and not node.style else node.value


class _Composer:
    """Builds nodes from the parser's events, without recursion.

    libyaml's own composer recurses without a limit and would bring the process down.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._root: Node | None = None
        self._open: list[Sequence | Mapping] = []
        self._anchors: dict[str, Node] = {}
        self._extents: dict[int, tuple[int, int]] = {}
        self._repeated = 0

    def compose(self, text: str) -> Node | None:
        """The root node; None where there is no document."""
        event: Any
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            kind = type(event)
            if kind is yaml.ScalarEvent:
                line = event.start_mark.line + 1
                self._add(event, Scalar(event.value, line, event.style or ""))
            elif kind is yaml.MappingStartEvent:
                self._begin(event, Mapping(event.start_mark.line + 1))
            elif kind is yaml.SequenceStartEvent:
                self._begin(event, Sequence(event.start_mark.line + 1))
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self._open.pop()
            elif kind is yaml.AliasEvent:
                self._repeat(event)
            elif kind is yaml.DocumentStartEvent and self._root is not None:
                line = event.start_mark.line + 1
                raise self._source.error(line, "a second document in the file", "one document")
        return self._root

    def _add(self, event: Any, node: Node) -> None:
        if event.anchor:
            self._anchors[event.anchor] = node
        self._place(node)

    def _begin(self, event: Any, node: Sequence | Mapping) -> None:
        self._add(event, node)
        self._open.append(node)
        self._check_depth(len(self._open), node.line)

    def _repeat(self, event: Any) -> None:
        line = event.start_mark.line + 1
        node = self._anchors.get(event.anchor)
        if node is None:
            raise self._source.error(line, f"unknown alias *{event.anchor}", "an anchor before it")
        if any(node is outer for outer in self._open):
            raise self._source.error(line, f"*{event.anchor} holds itself", "a finite value")
        size, height = self._extent(node)
        self._check_depth(len(self._open) + height, line)
        self._repeated += size
        if self._repeated > MAX_REPEATED:
            raise self._source.error(line, "aliases make the file too large", "fewer aliases")
        self._place(node)

    def _check_depth(self, depth: int, line: int) -> None:
        if depth > MAX_DEPTH:
            found = f"the YAML is nested {depth} deep"
            raise self._source.error(line, found, f"at most {MAX_DEPTH}")

    def _place(self, node: Node) -> None:
        if self._open:
            self._open[-1].parts.append(node)
        else:
            self._root = node

    def _extent(self, node: Node) -> tuple[int, int]:
        """Characters and nodes that a node stands for, aliases written out, and its height."""
        if isinstance(node, Scalar):
            return len(node.value) + 1, 0
        extent = self._extents.get(id(node))
        if extent is None:
            parts = [self._extent(part) for part in node.parts]
            height = 1 + max((h for _, h in parts), default=0)
            extent = self._extents[id(node)] = 1 + sum(size for size, _ in parts), height
        return extent


def is_null(node: Node) -> bool:
    """Whether a key was left without a value."""
    return isinstance(node, Scalar) and not node.style and node.value in _NULLS


def kind_of(node: Node) -> str:
    """What a node is, in the words of an error."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    return "empty" if is_null(node) else f"the text {node.value[:40]!r}"


def _typed(node: Scalar) -> Any:
    text = node.value
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _cure(problem: str) -> str:
    if "cannot start any token" in problem:
        return "spaces for indentation, and quotes around a text that begins with a sign"
    if "mapping values are not allowed" in problem:
        return "a block `examples: |`, or quotes around a text with a colon"
    return "valid YAML, with every example indented deeper than `examples: |`"
