"""LogisticRegressionClassifier: the probability of each intent, from the featurizers' rows."""

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.engine.parse import Intent
from nlu.components.component import Component, Options, State
from nlu.message import Features, Message, by_confidence
from nlu.training.examples import TrainingData

_log = logging.getLogger(__name__)


class LogisticRegressionClassifierOptions(Options):
    """Rasa's names; `C` is how closely to follow the examples."""

    C: float = 10.0
    max_iter: int = 1000
    # With 1e-3 scikit-learn stops silently before the first step on balanced data.
    tol: float = 1e-5
    class_weight: str | None = "balanced"


class LogisticRegressionClassifier(Component[LogisticRegressionClassifierOptions]):
    """Trained by scikit-learn; a message is read with plain sums over its few features."""

    Options = LogisticRegressionClassifierOptions
    learns_from_messages = True
    ignored = frozenset({"random_state", "solver", "ranking_length", "warm_start"})

    def __init__(self, options: LogisticRegressionClassifierOptions, language: str) -> None:
        super().__init__(options, language)
        self._intents: list[str] = []
        self._weights: NDArray[np.float32] = np.zeros((0, 0), np.float32)
        self._bias: NDArray[np.float32] = np.zeros(0, np.float32)

    def train(self, data: TrainingData, messages: Sequence[Message]) -> None:
        labels = [example.intent for example in data.examples]
        self._intents = sorted(set(labels))
        rows = [_joined(message.features) for message in messages]
        model = _fit(_matrix(rows), labels, self.options)
        weights, bias = _per_intent(model)
        self._weights = np.ascontiguousarray(weights.T, np.float32)
        self._bias = bias.astype(np.float32)

    def process(self, message: Message) -> None:
        row = _joined(message.features)
        scores = self._bias
        if row.columns:
            values = np.array(row.values, np.float32)
            scores = scores + values @ self._weights[row.columns]
        raised = np.exp(scores - scores.max())
        shares = (raised / raised.sum()).tolist()
        message.ranking = by_confidence(
            [Intent(name, share) for name, share in zip(self._intents, shares, strict=True)]
        )

    def state(self) -> State:
        values = {"intents": self._intents, "features": len(self._weights)}
        return State(values, {"weights": self._weights, "bias": self._bias})

    def restore(self, state: State) -> None:
        self._intents = state.words("intents")
        shape = (int(state.values["features"]), len(self._intents))
        if len(self._intents) < 2:
            raise ValueError("fewer than two intents")
        self._weights = state.array("weights", shape)
        self._bias = state.array("bias", shape[1:])

    def width(self) -> int:
        """How many features it was trained on."""
        return len(self._weights)


def _joined(rows: Sequence[Features]) -> Features:
    """The featurizers' rows side by side."""
    columns: list[int] = []
    values: list[float] = []
    width = 0
    for row in rows:
        columns += [column + width for column in row.columns] if width else row.columns
        values += row.values
        width += row.width
    return Features(columns, values, width)


def _matrix(rows: Sequence[Features]) -> Any:
    from scipy.sparse import csr_matrix

    starts = np.cumsum([0, *(len(row.columns) for row in rows)])
    columns = np.array([c for row in rows for c in row.columns], np.int32)
    values = np.array([v for row in rows for v in row.values], np.float64)
    matrix = csr_matrix((values, columns, starts), shape=(len(rows), rows[0].width))
    matrix.sort_indices()
    return matrix


def _fit(matrix: Any, labels: list[str], options: LogisticRegressionClassifierOptions) -> Any:
    from sklearn.linear_model import LogisticRegression  # a second to import: only to train
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    model = LogisticRegression(
        C=options.C,
        max_iter=options.max_iter,
        tol=options.tol,
        class_weight=options.class_weight,
    )
    # One thread adds in one order: the same data give the same model, to the byte.
    with threadpool_limits(limits=1):
        model.fit(matrix, labels)
    if int(model.n_iter_.max()) == 0:
        _log.warning("the classifier learned nothing: lower `tol`")
    return model


def _per_intent(model: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """A row of weights for every intent; scikit-learn keeps a single one where there are two."""
    weights, bias = model.coef_, model.intercept_
    if len(weights) > 1:
        return weights, bias
    return np.vstack([-weights / 2, weights / 2]), np.concatenate([-bias / 2, bias / 2])
