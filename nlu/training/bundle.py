"""A whole project in one YAML document, as Rasa's `POST /model/train` takes it."""

import shutil
from pathlib import Path
from typing import Any

import yaml

from nlu.errors import TrainingDataError
from nlu.training.yaml_nodes import Source

NAME = "body"
_CONFIG = ("language", "pipeline")
_DATA = ("version", "nlu", "responses")
# What Rasa trains from it beyond reading messages.
_NOT_NEEDED = ("stories", "rules", "policies", "recipe", "assistant_id", "forms", "session_config")


def unpack(body: bytes, folder: Path, project: Path) -> None:
    """Write the document's parts where a project has them; without a pipeline, `project`'s own.

    Raises TrainingDataError where it is no such document.
    """
    written = folder / "body.yml"
    written.write_bytes(body)
    source = Source(written, NAME)
    root = source.root()
    keys = source.keys(root, NAME) if root is not None else {}
    if "nlu" not in keys:
        raise TrainingDataError(NAME, 1, "there is no `nlu`", "training data under the key `nlu`")
    document = {name: source.plain(node, typed=True) for name, (node, _) in keys.items()}
    written.unlink()
    data = folder / "nlu" / "data"
    data.mkdir(parents=True)
    _write(data / "nlu.yml", {k: v for k, v in document.items() if k in _DATA})
    if any(name in document for name in _CONFIG):
        _write(folder / "config.yml", {k: v for k, v in document.items() if k in _CONFIG})
    elif (project / "config.yml").exists():
        shutil.copyfile(project / "config.yml", folder / "config.yml")
    others = {*_CONFIG, *_DATA, *_NOT_NEEDED}
    domain = {k: v for k, v in document.items() if k not in others}
    if domain:
        _write(folder / "domain.yml", domain)


def _write(path: Path, document: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), "utf-8")
