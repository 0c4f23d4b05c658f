"""The face of this room: train a project's model, save and load it, read with it."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nlu.components.component import Component
from nlu.config import PipelineConfig, Step, build_all, read_config
from nlu.errors import ModelError, NluError, PipelineError, TrainingDataError
from nlu.interpreter import Interpreter
from nlu.message import Message
from nlu.rasa_json import to_rasa
from nlu.storage import Saved, read, read_fingerprint, write
from nlu.training.reader import data_files, read_project

__all__ = [
    "Interpreter",
    "ModelError",
    "NluError",
    "PipelineError",
    "TrainedModel",
    "TrainingDataError",
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
    """A pipeline that has learned. `notices` are oddities of the data and settings."""

    config: PipelineConfig
    components: Sequence[Component[Any]]
    fingerprint: str
    intents: tuple[str, ...]
    examples: int
    notices: tuple[str, ...] = field(default=())

    def interpreter(self) -> Interpreter:
        """Read with this model without saving it first."""
        return Interpreter(self.components, self.fingerprint)


def train(project: Path, progress: Progress | None = None) -> TrainedModel:
    """Learn from `project/config.yml` and `project/nlu/data`. The same files, the same model."""
    told = progress or _tell_nobody
    told("reading the data", 0.0)
    config = read_config(project)
    made_of = fingerprint(project)
    data = read_project(project)
    components, notices = build_all(config)
    messages = [Message(e.text, config.language) for e in data.examples]
    for position, (step, component) in enumerate(zip(config.steps, components, strict=True)):
        told(f"training {step.name}", 0.1 + 0.9 * position / len(components))
        component.train(data, messages)
        if any(later.learns_from_messages for later in components[position + 1 :]):
            for message in messages:
                component.process(message)
    told("done", 1.0)
    every_notice = (*data.notices, *notices)
    intents = tuple(data.intents())
    return TrainedModel(config, components, made_of, intents, len(messages), every_notice)


def save(model: TrainedModel, folder: Path) -> Path:
    """Write the model into `folder`, in one step; the path of the file."""
    states = [component.state() for component in model.components]
    return write(Saved(model.config.as_json(), model.fingerprint, states), folder)


def load(folder: Path) -> Interpreter:
    """The model in `folder`, ready to read; ModelError says what is wrong and what to do."""
    saved = read(folder)
    try:
        steps = tuple(Step(s["name"], dict(s["options"])) for s in saved.config["pipeline"])
        components, _ = build_all(PipelineConfig(str(saved.config["language"]), steps))
        for component, state in zip(components, saved.states, strict=True):
            component.restore(state)
        _check_widths(components)
    except (PipelineError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(str(folder), f"the model is damaged ({error})") from error
    return Interpreter(components, saved.fingerprint)


def fingerprint(project: Path) -> str:
    """A hash of all that decides what `train` would make: settings, data and this code."""
    seen = hashlib.sha256()
    config = json.dumps(read_config(project).as_json(), sort_keys=True, default=str)
    seen.update(config.encode())
    for root, paths in ((project, data_files(project)), (_CODE, _code_files())):
        for path in paths:
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            seen.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return seen.hexdigest()


def is_current(folder: Path, project: Path) -> bool:
    """Whether the model in `folder` is what `train(project)` would make."""
    try:
        return read_fingerprint(folder) == fingerprint(project)
    except ModelError:
        return False


def _check_widths(components: Sequence[Component[Any]]) -> None:
    """Read once: a classifier whose weights do not fit the featurizers before it shows here."""
    message = Message("hello")
    for component in components:
        expected = getattr(component, "width", None)
        if expected is not None and expected() != sum(f.width for f in message.features):
            raise ValueError("weights and features differ in number")
        component.process(message)


def _code_files() -> list[Path]:
    folders = [_CODE, *(_CODE / name for name in ("components", "names", "training"))]
    return [p for f in folders for p in sorted(f.iterdir()) if p.suffix in (".py", ".yml")]


def _tell_nobody(_step: str, _share: float) -> None:
    return None
