"""The port every pipeline component fills."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from nlu.message import Message
from nlu.training.examples import TrainingData


class Options(BaseModel):
    """The keys a component takes in config.yml."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class NoOptions(Options):
    """A component without settings."""


OptionsT = TypeVar("OptionsT", bound=Options)


@dataclass(slots=True)
class State:
    """What a trained component remembers: JSON values and arrays of numbers, nothing else."""

    values: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)

    def array(self, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """The array `name`; raises ValueError where its type or shape is not what it should be."""
        found = self.arrays[name]
        if found.dtype != np.float32 or found.shape != shape:
            raise ValueError(f"array {name} is {found.dtype}{found.shape}, not float32{shape}")
        if not np.isfinite(found).all():
            raise ValueError(f"array {name} holds values that are not numbers")
        return found

    def words(self, name: str) -> list[str]:
        """The list of texts `name`; raises ValueError where it is anything else."""
        found = self.values[name]
        if not isinstance(found, list) or not all(isinstance(w, str) for w in found):
            raise ValueError(f"{name} is not a list of texts")
        return found


class Component(ABC, Generic[OptionsT]):
    """One step of the pipeline. `process` adds to the message; the rest is for those that learn."""

    Options: ClassVar[type[Options]] = NoOptions
    # Options of Rasa's component of this name that change nothing here: taken, with a notice.
    ignored: ClassVar[frozenset[str]] = frozenset()
    # Another version may read saved models of this one wrong: they are then refused.
    version: ClassVar[int] = 1
    # Whether `train` looks at the messages; where no later step does, they are not processed.
    learns_from_messages: ClassVar[bool] = False
    # What `train` takes from the data, of "texts", "intents", "languages" and "spans": where only
    # other parts of the data changed, what it learned before is still right. None: anything.
    learns_from: ClassVar[frozenset[str] | None] = None
    # Whether what it reads depends on the contact's time: such a component comes after all others,
    # and its findings are never kept for the next message of the same text.
    timely: ClassVar[bool] = False

    def __init__(self, options: OptionsT, language: str) -> None:
        self.options = options
        self.language = language

    def train(self, data: TrainingData, messages: Sequence[Message]) -> None:
        """Learn from the examples; `messages` are their texts, processed by the steps before."""

    def outside(self) -> str:
        """A hash of what it reads besides options and data, such as a pretrained model."""
        return ""

    @abstractmethod
    def process(self, message: Message) -> None:
        """Read the message and add what was found."""

    def state(self) -> State:
        """What to save."""
        return State()

    def restore(self, state: State) -> None:
        """Take back what was saved; raises KeyError, TypeError or ValueError if it is not that."""
