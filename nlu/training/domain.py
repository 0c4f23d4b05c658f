"""Reads what training data must agree with in the domain: intents, entities and responses."""

from pathlib import Path
from typing import Any

from nlu.training.blocks import Target
from nlu.training.examples import TrainingData
from nlu.training.lookups import LookupFiles
from nlu.training.yaml_nodes import Mapping, Node, Scalar, Source, is_null
from nlu.training.yaml_reader import read_responses

_FILES = ("domain.yml", "domain.yaml")
_FOLDER = "domain"
# As they are called now, and as they were in Rasa 1.
_RESPONSES = ("responses", "templates")


def domain_files(project: Path) -> list[Path]:
    """`domain.yml` and all that stands below `domain/`, in a fixed order."""
    below = [p for suffix in ("*.yml", "*.yaml") for p in (project / _FOLDER).rglob(suffix)]
    found = [project / name for name in _FILES] + sorted(below)
    root = project.resolve()
    return [path for path in found if path.is_file() and path.resolve().is_relative_to(root)]


def read_domain(project: Path, data: TrainingData) -> None:
    """Add the domain's names and responses, put together from all its files."""
    for path in domain_files(project):
        name = path.relative_to(project).as_posix()
        _read_file(Source(path, name), Target(data, name, LookupFiles(project)))


def _read_file(source: Source, target: Target) -> None:
    root = source.root()
    target.data.domain.files.append(source.name)
    if root is None or is_null(root):
        return
    keys = source.keys(root, "the domain")
    for key, known in (
        ("intents", target.data.domain.intents),
        ("entities", target.data.domain.entities),
    ):
        if key in keys:
            _read_names(source, keys[key][0], key, known, target)
    for key in _RESPONSES:
        if key in keys:
            node, line = keys[key]
            for name, variations in read_responses(source, node):
                target.add_responses(name, variations, line)


def _read_names(
    source: Source, node: Node, what: str, known: dict[str, dict[str, Any]], target: Target
) -> None:
    for item in source.items(node, what):
        for name, options in _named(source, item, what):
            if name in known:
                found = f"{name!r} is listed more than once in the domain's {what}"
                target.data.notice("names listed twice in the domain", target.at(item.line), found)
            known[name] = known.get(name, {}) | options


def _named(source: Source, item: Node, what: str) -> list[tuple[str, dict[str, Any]]]:
    """`greet`, or `greet: {use_entities: []}`."""
    if isinstance(item, Scalar):
        return [(item.value.strip(), {})] if item.value.strip() else []
    if not isinstance(item, Mapping):
        raise source.error(item.line, f"an item of {what} is a list", "a name")
    found = source.keys(item, f"an item of {what}")
    plain = {name: source.plain(node, typed=True) for name, (node, _) in found.items()}
    return [(name, value if isinstance(value, dict) else {}) for name, value in plain.items()]
