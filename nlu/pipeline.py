"""The face of this room: train a project's model, save and load it, read with it."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from nlu.components.component import Component, State
from nlu.components.own import blamed, guarded
from nlu.components.registry import build, component_class, is_own
from nlu.config import PipelineConfig, Step, at_line, build_all, check_own, read_config
from nlu.errors import ModelError, NluError, PipelineError, TrainingDataError
from nlu.interpreter import Interpreter
from nlu.made_with import check, libraries, made_with, versioned
from nlu.message import Message
from nlu.rasa_json import to_rasa
from nlu.reuse import part_fingerprints, reusable_states
from nlu.storage import Saved, read, read_fingerprint, read_metadata, write
from nlu.training.examples import TrainingData
from nlu.training.reader import data_files, read_project, require_intents

__all__ = [
    "Interpreter",
    "ModelError",
    "NluError",
    "PipelineError",
    "TrainedModel",
    "TrainingDataError",
    "describe",
    "fingerprint",
    "is_current",
    "load",
    "save",
    "to_rasa",
    "train",
]

Progress = Callable[[str, float], None]
_CODE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A pipeline that has learned. `notices` are oddities of the data and settings; `reused` is the
    number of components that were taken from the previous model."""

    config: PipelineConfig
    components: Sequence[Component[Any]]
    fingerprint: str
    intents: tuple[str, ...]
    examples: int
    parts: tuple[str, ...]
    reused: int
    notices: tuple[str, ...] = field(default=())

    def interpreter(self) -> Interpreter:
        """Read with this model without saving it first."""
        return Interpreter(guarded(self.components), self.fingerprint)


def train(
    project: Path, progress: Progress | None = None, *, previous: Path | None = None
) -> TrainedModel:
    """Learn from `project/config.yml` and its training data. The same files, the same model.

    What has not changed since is taken from the model in `previous`, if there is one.
    """
    told = progress or _tell_nobody
    told("reading the data", 0.0)
    config = read_config(project)
    made_of = fingerprint(project)
    data = read_project(project)
    require_intents(data)
    components, notices = build_all(config)
    parts = part_fingerprints(config, components, data, _code())
    states = reusable_states(previous, parts)
    _learn(config, components, states, data, told)
    told("done", 1.0)
    return TrainedModel(
        config,
        components,
        made_of,
        tuple(data.intents()),
        len(data.examples),
        tuple(parts),
        sum(state is not None for state in states),
        (*data.notices, *notices),
    )


def _learn(
    config: PipelineConfig,
    components: Sequence[Component[Any]],
    states: Sequence[State | None],
    data: TrainingData,
    told: Progress,
) -> None:
    """Train each component, or give it its state where there is one already."""
    messages = [Message(e.text, e.language or config.language) for e in data.examples]
    # Messages are read for those that learn from them.
    learners = [
        position
        for position, (component, state) in enumerate(zip(components, states, strict=True))
        if component.learns_from_messages and state is None
    ]
    last = max(learners, default=-1)
    for position, (step, component) in enumerate(zip(config.steps, components, strict=True)):
        state = states[position]
        doing = "training" if state is None else "keeping"
        told(f"{doing} {step.name}", 0.1 + 0.9 * position / len(components))
        with blamed(step.name, "its training"):
            if state is None:
                component.train(data, messages)
            else:
                component.restore(state)
            if position < last:
                for message in messages:
                    component.process(message)


def save(model: TrainedModel, folder: Path) -> Path:
    """Write the model into `folder`, in one step; the path of the file."""
    states = [component.state() for component in model.components]
    made = made_with([step.name for step in model.config.steps], model.components)
    config = model.config.as_json()
    return write(Saved(config, model.fingerprint, states, made, list(model.parts)), folder)


def describe(folder: Path) -> dict[str, Any]:
    """What the model in `folder` says of itself: `fingerprint`, `language`, `pipeline`, and
    `made_with`, the versions that made it. ModelError where there is no model."""
    metadata = read_metadata(folder)
    config = metadata["config"]
    if not isinstance(config, dict):
        raise ModelError(str(folder), "the file is not a model of Parley")
    own = {"fingerprint": metadata["fingerprint"], "made_with": metadata["made_with"]}
    return {**config, **own}


def load(
    folder: Path, project: Path | None = None, intents: Collection[str] | None = None
) -> Interpreter:
    """The model in `folder`, ready to read; ModelError says what is wrong and what to do.

    In `project` the components of its own are found. A payload such as `/affirm` may name one of
    `intents`, or any where they are not given.
    """
    saved = read(folder)
    try:
        steps = tuple(
            Step(str(s["name"]), dict(s["options"]), s.get("content", ""))
            for s in saved.config["pipeline"]
        )
        config = PipelineConfig(str(saved.config["language"]), steps, project)
        check_own(config)
        components, _ = build_all(config)
        check(saved.made_with, versioned([step.name for step in steps], components))
        for step, component, state in zip(steps, components, saved.states, strict=True):
            with blamed(step.name, "its loading"):
                component.restore(state)
        reading = guarded(components)
        _check_widths(components, reading)
    except (PipelineError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(str(folder), f"the model cannot be read ({error})") from error
    return Interpreter(reading, saved.fingerprint, intents)


def fingerprint(project: Path) -> str:
    """A hash of all that decides what `train` would make: settings, data and this code."""
    config = read_config(project)
    seen = hashlib.sha256(_code().encode())
    seen.update(json.dumps(config.as_json(), sort_keys=True, default=str).encode())
    for outside in _outside(config):
        seen.update(outside.encode())
    for path in data_files(project):
        seen.update(_content(path, project))
    return seen.hexdigest()


def is_current(folder: Path, project: Path) -> bool:
    """Whether the model in `folder` is what `train(project)` would make."""
    try:
        return read_fingerprint(folder) == fingerprint(project)
    except ModelError:
        return False


def _check_widths(components: Sequence[Component[Any]], reading: Sequence[Component[Any]]) -> None:
    """Read once: a classifier whose weights do not fit the featurizers before it shows here."""
    message = Message("hello")
    for component, reader in zip(components, reading, strict=True):
        expected = getattr(component, "width", None)
        if expected is not None and expected() != sum(f.width for f in message.features):
            raise ValueError("weights and features differ in number")
        reader.process(message)


def _outside(config: PipelineConfig) -> Iterator[str]:
    """What components read besides options and data."""
    for step in config.steps:
        if is_own(step.name):
            continue
        with at_line(step.line):
            if component_class(step.name).outside is not Component.outside:
                yield build(step.name, step.options, config.language)[0].outside()


@cache
def _code() -> str:
    """A hash of this room's code and of the versions of the libraries that it learns with."""
    seen = hashlib.sha256(json.dumps(libraries()).encode())
    for path in sorted(_CODE.rglob("*")):
        if path.suffix in (".py", ".yml") and path.relative_to(_CODE).parts[0] != "data":
            seen.update(_content(path, _CODE))
    return seen.hexdigest()


def _content(path: Path, root: Path) -> bytes:
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"{path.relative_to(root).as_posix()} {content}\n".encode()


def _tell_nobody(_step: str, _share: float) -> None:
    return None
