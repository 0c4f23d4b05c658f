"""SpacyFeaturizer: the vector of the text, from the word vectors of the spaCy model."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nlu.components.component import Component, Options, State
from nlu.message import Features, Message
from nlu.training.examples import TrainingData


class SpacyFeaturizerOptions(Options):
    """`pooling`: the mean or the maximum over the words that have a vector; `weight` multiplies a
    vector of length 1."""

    pooling: Literal["mean", "max"] = "mean"
    weight: float = 1.0


class SpacyFeaturizer(Component[SpacyFeaturizerOptions]):
    """A dense row, as wide as the model's vectors; of no width where it has none."""

    Options = SpacyFeaturizerOptions
    learns_from_messages = True
    learns_from = frozenset({"texts"})

    def __init__(self, options: SpacyFeaturizerOptions, language: str) -> None:
        super().__init__(options, language)
        self._width = 0

    def train(self, data: TrainingData, messages: Sequence[Message]) -> None:
        """How wide the model's vectors are."""
        del data
        analyses = (message.analysis for message in messages)
        self._width = max((a.vectors.shape[1] for a in analyses if a is not None), default=0)

    def process(self, message: Message) -> None:
        analysis = message.analysis
        pooled = None
        if analysis is not None and analysis.vectors.shape[1] == self._width:
            pooled = self._pooled(analysis.vectors)
        values = [] if pooled is None else pooled.tolist()
        message.features.append(Features(list(range(len(values))), values, self._width))

    def state(self) -> State:
        return State({"width": self._width})

    def restore(self, state: State) -> None:
        width = state.values["width"]
        if not isinstance(width, int) or not 0 <= width <= 100_000:
            raise ValueError("the width of the vectors is no width")
        self._width = width

    def _pooled(self, vectors: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """The text's vector with the length of `weight`; None where no word has one."""
        known = vectors[vectors.any(axis=1)]
        if not len(known):
            return None
        pooled = known.mean(axis=0) if self.options.pooling == "mean" else known.max(axis=0)
        length = float(np.linalg.norm(pooled))
        scaled: NDArray[np.float32] = pooled * (self.options.weight / length) if length else pooled
        return scaled
