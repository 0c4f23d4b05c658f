"""YAML as nodes that know their line, so that an error can name it."""

from collections.abc import Iterator
from pathlib import Path

import yaml

from nlu.errors import TrainingDataError, nearest

MAX_DEPTH = 60
MAX_BYTES = 32 * 1024 * 1024


class Source:
    """One YAML file: reads nodes out of it and words its errors."""

    def __init__(self, path: Path, shown_as: str) -> None:
        self.path = path
        self.name = shown_as

    def root(self) -> yaml.Node | None:
        """The document's root node; None where the file is empty."""
        text = self._text()
        try:
            self._check_depth(text)
            return yaml.compose(text, Loader=yaml.CSafeLoader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            problem = " ".join(filter(None, (error.context, error.problem)))
            raise self.error(line, f"the YAML is broken: {problem}", "valid YAML") from error
        except (yaml.YAMLError, RecursionError) as error:
            raise self.error(1, f"the YAML is broken: {error}", "valid YAML") from error

    def value(self) -> object:
        """The document as plain values."""
        self.root()
        try:
            return yaml.load(self._text(), Loader=yaml.CSafeLoader)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise self.error(1, f"the YAML is broken: {error}", "plain values") from error

    def error(
        self, line: int, found: str, expected: str, near: str | None = None
    ) -> TrainingDataError:
        """An error at this line of this file."""
        return TrainingDataError(self.name, line, found, expected, near)

    def _check_depth(self, text: str) -> None:
        """libyaml's composer recurses without a limit and would bring the process down."""
        depth = 0
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > MAX_DEPTH:
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise self.error(line, f"the YAML is nested {depth} deep", f"at most {MAX_DEPTH}")

    def _text(self) -> str:
        try:
            raw = self.path.read_bytes()
        except OSError as error:
            raise self.error(1, f"the file cannot be read ({error})", "a file") from error
        if len(raw) > MAX_BYTES:
            raise self.error(1, f"{len(raw)} bytes", f"at most {MAX_BYTES} bytes")
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            raise self.error(line, "the text is not UTF-8", "a file in UTF-8") from error

    def mapping(
        self, node: yaml.Node, what: str, known: tuple[str, ...]
    ) -> dict[str, tuple[yaml.Node, int]]:
        """The keys of a mapping with their values and lines; refuses keys that are not known."""
        if not isinstance(node, yaml.MappingNode):
            raise self.error(line_of(node), f"{what} is {kind_of(node)}", "a mapping of keys")
        found: dict[str, tuple[yaml.Node, int]] = {}
        for key_node, value in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else kind_of(key_node)
            line = line_of(key_node)
            if key not in known:
                expected = "one of " + ", ".join(known)
                raise self.error(
                    line, f"unknown key {key!r} in {what}", expected, nearest(key, known)
                )
            if key in found:
                raise self.error(line, f"{key!r} is given twice in {what}", "each key once")
            found[key] = (value, line)
        return found

    def items(self, node: yaml.Node, what: str) -> Iterator[yaml.Node]:
        """The items of a list; nothing for null."""
        if is_null(node):
            return
        if not isinstance(node, yaml.SequenceNode):
            raise self.error(line_of(node), f"{what} is {kind_of(node)}", "a list")
        yield from node.value

    def text(self, node: yaml.Node, what: str) -> str:
        """A scalar as it was written: `yes` stays the text "yes"."""
        if not isinstance(node, yaml.ScalarNode):
            raise self.error(line_of(node), f"{what} is {kind_of(node)}", "a text")
        return str(node.value)


def line_of(node: yaml.Node) -> int:
    """The line, counted from 1, on which a node begins."""
    return int(node.start_mark.line) + 1


def is_null(node: yaml.Node) -> bool:
    """Whether a key was left without a value."""
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def kind_of(node: yaml.Node) -> str:
    """What a node is, in the words of an error."""
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return "empty" if is_null(node) else f"the text {str(node.value)[:40]!r}"
