"""Reads `nlu/data/**/*.yml`: intents with examples, synonyms, regexes and lookups."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from nlu.errors import TrainingDataError
from nlu.training.examples import Example, Pattern, TrainingData
from nlu.training.markup import MarkupError, read_markup
from nlu.training.patterns import PatternError, check_pattern
from nlu.training.yaml_nodes import Source, is_null, line_of

_RASA_DOMAIN = ("intents", "entities", "slots", "actions", "forms", "templates", "session_config")
_RASA_OTHER = ("responses", "stories", "rules", "e2e_actions", "flows", "config")
_FILE_KEYS = ("version", "nlu", *_RASA_OTHER, *_RASA_DOMAIN)
_KINDS = ("intent", "synonym", "regex", "lookup")
_BLOCK_KEYS = (*_KINDS, "examples", "metadata")
_EXAMPLE_KEYS = ("text", "metadata")
_MAX_DEPTH = 4
_BLANK = " \t\r\n\u00a0"


@dataclass(frozen=True, slots=True)
class Line:
    """One example as written, where it stands, and the metadata beside it."""

    text: str
    number: int
    metadata: Any = None


def data_files(project: Path) -> list[Path]:
    """The YAML files with a project's training data, in a fixed order."""
    folder = project / "nlu" / "data"
    found = [p for suffix in ("*.yml", "*.yaml") for p in folder.rglob(suffix) if p.is_file()]
    return sorted(found, key=lambda p: p.relative_to(project).as_posix())


def read_project(project: Path) -> TrainingData:
    """All training data of a project, checked to be enough to train on."""
    data = TrainingData()
    for path in data_files(project):
        read_file(path, data, shown_as=path.relative_to(project).as_posix())
    if len(data.intents()) < 2:
        raise TrainingDataError(
            "nlu/data", 1, "fewer than two intents have examples", "examples of at least two"
        )
    _notice_contradictions(data)
    return data


def read_file(path: Path, data: TrainingData, shown_as: str | None = None) -> None:
    """Add one file's content to `data`."""
    source = Source(path, shown_as or str(path))
    root = source.root()
    if root is None or is_null(root):
        data.notices.append(f"{source.name}: the file is empty")
        return
    keys = source.mapping(root, "the file", _FILE_KEYS)
    if "nlu" not in keys:
        return
    for block in source.items(keys["nlu"][0], "nlu"):
        _read_block(source, block, data)


def _read_block(source: Source, node: yaml.Node, data: TrainingData) -> None:
    keys = source.mapping(node, "an item of nlu", _BLOCK_KEYS)
    kinds = [k for k in _KINDS if k in keys]
    if len(kinds) != 1:
        found = " and ".join(kinds) if kinds else "no kind of item"
        expected = "exactly one of " + ", ".join(_KINDS)
        raise source.error(line_of(node), f"an item of nlu has {found}", expected)
    kind = kinds[0]
    name_node, line = keys[kind]
    name = source.text(name_node, kind).strip()
    if not name or is_null(name_node):
        raise source.error(line, f"{kind} has no name", f"{kind}: NAME")
    lines = list(_lines(source, keys["examples"][0], data)) if "examples" in keys else []
    if not lines:
        data.notices.append(f"{source.name}:{line}: {kind} {name!r} has no examples")
    metadata = _plain(keys["metadata"][0]) if "metadata" in keys else None
    _ADDERS[kind](source, name, lines, data, metadata)


def _lines(source: Source, node: yaml.Node, data: TrainingData) -> Iterator[Line]:
    if is_null(node):
        return
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _list_item(source, item)
    elif isinstance(node, yaml.ScalarNode):
        yield from _block_lines(source, node, data)
    else:
        raise source.error(line_of(node), "examples is a mapping", "a block of lines `- text`")


def _list_item(source: Source, node: yaml.Node) -> Iterator[Line]:
    if isinstance(node, yaml.ScalarNode):
        text, metadata, line = source.text(node, "an example"), None, line_of(node)
    else:
        keys = source.mapping(node, "an example", _EXAMPLE_KEYS)
        if "text" not in keys:
            raise source.error(line_of(node), "an example without text", "text: the message")
        text, line = source.text(keys["text"][0], "text"), line_of(keys["text"][0])
        metadata = _plain(keys["metadata"][0]) if "metadata" in keys else None
    if text.strip(_BLANK):
        yield Line(text.strip(_BLANK), line, metadata)


def _block_lines(source: Source, node: yaml.ScalarNode, data: TrainingData) -> Iterator[Line]:
    literal = node.style == "|"
    first = line_of(node) + (1 if node.style in ("|", ">") else 0)
    if node.style == ">":
        data.notices.append(f"{source.name}:{first - 1}: `>` joins lines; write `examples: |`")
    for offset, raw in enumerate(str(node.value).split("\n")):
        number = first + (offset if literal else 0)
        if raw.startswith("-"):
            text = raw[1:].strip(_BLANK)
            if text:
                yield Line(text, number)
        elif raw.strip(_BLANK):
            shown = raw.strip(_BLANK)[:40]
            data.notices.append(f"{source.name}:{number}: skipped {shown!r}: no `- ` before it")


def _add_intent(
    source: Source, name: str, lines: list[Line], data: TrainingData, metadata: Any
) -> None:
    # A retrieval intent `faq/opening_hours` is the intent `faq`, as in Rasa.
    intent = name.split("/", 1)[0]
    for line in lines:
        try:
            marked = read_markup(line.text)
        except MarkupError as error:
            expected = '[text](entity) or [text]{"entity": "name"}'
            raise source.error(line.number, str(error), expected) from error
        own = line.metadata if line.metadata is not None else metadata
        data.examples.append(
            Example(marked.text, intent, marked.entities, own, source.name, line.number)
        )
        for e in marked.entities:
            text = marked.text[e.start : e.end]
            if e.value != text:
                data.synonyms[text] = str(e.value)


def _add_synonym(
    _source: Source, name: str, lines: list[Line], data: TrainingData, _metadata: Any
) -> None:
    data.synonyms.update({line.text: name for line in lines})


def _add_regex(
    source: Source, name: str, lines: list[Line], data: TrainingData, _metadata: Any
) -> None:
    for line in lines:
        try:
            check_pattern(line.text)
        except PatternError as error:
            raise source.error(line.number, str(error), "a regular expression") from error
        data.patterns.append(Pattern(name, line.text, source.name, line.number))


def _add_lookup(
    _source: Source, name: str, lines: list[Line], data: TrainingData, _metadata: Any
) -> None:
    data.lookups.setdefault(name, []).extend(line.text for line in lines)


_ADDERS = {
    "intent": _add_intent,
    "synonym": _add_synonym,
    "regex": _add_regex,
    "lookup": _add_lookup,
}


def _plain(node: yaml.Node, depth: int = 0) -> Any:
    """Metadata with scalars as written. Bounded in depth: aliases can make a node endless."""
    if depth > _MAX_DEPTH:
        return None
    if isinstance(node, yaml.MappingNode):
        return {str(k.value): _plain(v, depth + 1) for k, v in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(v, depth + 1) for v in node.value]
    return None if is_null(node) else node.value


def _notice_contradictions(data: TrainingData) -> None:
    meant: dict[str, Example] = {}
    for example in data.examples:
        first = meant.setdefault(example.text.casefold(), example)
        if first.intent != example.intent:
            data.notices.append(
                f"{example.file}:{example.line}: {example.text[:40]!r} is {example.intent} here "
                f"and {first.intent} in {first.file}:{first.line}"
            )
