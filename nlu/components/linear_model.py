"""A linear model as it is kept and read: whole numbers of eight bits, a scale for every feature."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.engine.parse import Intent
from nlu.calibration import softmax
from nlu.components.component import State
from nlu.components.feature_rows import Columns, Values
from nlu.errors import PipelineError
from nlu.message import by_confidence
from nlu.training.examples import TrainingData

_LARGEST = 127


class LinearModel:
    """Probabilities of intents from sparse rows. It reads the same trained and loaded."""

    def __init__(
        self,
        intents: Sequence[str],
        weights: NDArray[np.int8],
        scales: NDArray[np.float32],
        bias: NDArray[np.float32],
    ) -> None:
        self._intents = list(intents)
        self._weights = weights
        self._scales = scales
        self._bias = bias

    @classmethod
    def untrained(cls) -> "LinearModel":
        """It knows no intent."""
        return cls([], np.zeros((0, 0), np.int8), np.zeros(0, np.float32), np.zeros(0, np.float32))

    @classmethod
    def of(
        cls, intents: Sequence[str], weights: NDArray[Any], bias: NDArray[Any], temperature: float
    ) -> "LinearModel":
        """From weights of shape (intents, features), as scikit-learn has them."""
        divided = np.ascontiguousarray((weights / temperature).T, np.float32)
        scales = np.abs(divided).max(axis=1) / np.float32(_LARGEST)
        scales[scales == 0] = 1
        whole = np.rint(divided / scales[:, None]).astype(np.int8)
        return cls(intents, whole, scales, (bias / temperature).astype(np.float32))

    def rank(self, columns: Columns, values: Values) -> list[Intent]:
        """All intents, the most likely first."""
        scores = self._bias
        if len(columns):
            weighed = values * self._scales[columns]
            scores = scores + weighed @ self._weights[columns].astype(np.float32)
        shares = softmax(scores).tolist()
        return by_confidence([Intent(n, s) for n, s in zip(self._intents, shares, strict=True)])

    def width(self) -> int:
        """How many features it was trained on."""
        return len(self._weights)

    def state(self) -> State:
        arrays: dict[str, NDArray[Any]] = {
            "weights": self._weights,
            "scales": self._scales,
            "bias": self._bias,
        }
        return State({"intents": self._intents, "features": len(self._weights)}, arrays)

    @classmethod
    def restored(cls, state: State) -> "LinearModel":
        """What `state` saved; KeyError or ValueError where it is something else."""
        intents = state.words("intents")
        if len(intents) < 2:
            raise ValueError("fewer than two intents")
        shape = (int(state.values["features"]), len(intents))
        weights = state.arrays["weights"]
        if weights.dtype != np.int8 or weights.shape != shape:
            raise ValueError(f"array weights is {weights.dtype}{weights.shape}, not int8{shape}")
        scales, bias = state.array("scales", shape[:1]), state.array("bias", shape[1:])
        return cls(intents, weights, scales, bias)


def check_intents(component: str, data: TrainingData) -> None:
    """PipelineError where there are fewer than two intents to choose from."""
    intents = data.intents()
    if len(intents) < 2:
        found = (
            f"the data have one intent, {intents[0]!r}" if intents else "the data have no intent"
        )
        raise PipelineError(component, found, "examples of another one, such as out_of_scope")


def check_features(component: str, rows: Any) -> None:
    """PipelineError where the featurizers gave nothing to learn from; `rows` is what they gave."""
    if not rows.shape[1]:
        found = "the featurizers before it find nothing in the examples"
        raise PipelineError(component, found, "featurizers whose options fit the examples")


def per_intent(model: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """A row of weights for every intent; scikit-learn keeps a single one where there are two."""
    weights, bias = model.coef_, np.atleast_1d(model.intercept_)
    if len(weights) > 1:
        return weights, bias
    return np.vstack([-weights / 2, weights / 2]), np.concatenate([-bias / 2, bias / 2])
