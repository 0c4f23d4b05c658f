"""What of an earlier training is still right: a component with the same options, code and inputs
as in the model already there need not learn again."""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nlu.components.component import Component, State
from nlu.config import PipelineConfig
from nlu.errors import ModelError
from nlu.storage import read
from nlu.training.examples import TrainingData

_PARTS: dict[str, Callable[[TrainingData], Any]] = {
    "texts": lambda data: [e.text for e in data.examples],
    "intents": lambda data: [e.intent for e in data.examples],
    "languages": lambda data: [e.language for e in data.examples],
    "spans": lambda data: [[(s.start, s.end) for s in e.entities] for e in data.examples],
}


def part_fingerprints(
    config: PipelineConfig, components: Sequence[Component[Any]], data: TrainingData, code: str
) -> list[str]:
    """For each component a hash of all that decides what it learns; `code` stands for the code and
    the versions of the libraries."""
    whole = _hash(repr((data.examples, data.synonyms, data.patterns, data.lookups, data.responses)))
    parts = {name: _hash(json.dumps(part(data))) for name, part in _PARTS.items()}
    found: list[str] = []
    for written, component in zip(config.as_json()["pipeline"], components, strict=True):
        if type(component).train is Component.train:
            inputs = []
        elif component.learns_from is None:
            inputs = [whole]
        else:
            inputs = [parts[name] for name in sorted(component.learns_from)]
        # Messages carry what all the components before have read from them.
        before = found if component.learns_from_messages else []
        decides = [code, config.language, written, component.outside(), inputs, before]
        found.append(_hash(json.dumps(decides, sort_keys=True, default=str)))
    return found


def reusable_states(previous: Path | None, parts: Sequence[str]) -> list[State | None]:
    """For each component what the model in `previous` remembers, if that is still right."""
    try:
        saved = read(previous) if previous is not None else None
    except ModelError:
        saved = None
    known = dict(zip(saved.parts, saved.states, strict=False)) if saved else {}
    return [known.get(part) for part in parts]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
