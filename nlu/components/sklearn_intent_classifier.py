"""SklearnIntentClassifier: a linear support vector machine whose margins become probabilities."""

import warnings
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from nlu.calibration import Labels, Margins, cross_validated_margins, fitted_temperature
from nlu.components.component import Component, Options, State
from nlu.components.feature_rows import joined, matrix
from nlu.components.linear_model import LinearModel, check_features, check_intents, per_intent
from nlu.message import Message
from nlu.naive_bayes import naive_bayes_weights
from nlu.training.examples import TrainingData

_FOLDS = 3
_SEED = 1
# The margin of an intent of which a fold has no example: that of a clear no.
_ABSENT = -1.0


class SklearnIntentClassifierOptions(Options):
    """Rasa's names. Of several `C` (how closely to follow the examples), the one that scores best
    by `scoring_function` in cross-validation is taken, of equals the smallest. `naive_bayes` is the
    share of Naive Bayes that is added to the machine's margins.
    """

    C: list[float] = Field(default=[0.5], min_length=1)
    kernels: list[Literal["linear"]] = Field(default=["linear"], min_length=1)
    max_cross_validation_folds: int = Field(default=_FOLDS, ge=2)
    scoring_function: Literal["accuracy", "f1_macro", "f1_micro", "f1_weighted"] = "f1_weighted"
    class_weight: Literal["balanced"] | None = None
    max_iter: int = Field(default=1000, ge=1)
    tol: float = Field(default=1e-4, gt=0)
    naive_bayes: float = Field(default=0.3, ge=0)


class SklearnIntentClassifier(Component[SklearnIntentClassifierOptions]):
    """Trained by scikit-learn; a message is read with plain sums over its few features."""

    Options = SklearnIntentClassifierOptions
    learns_from_messages = True
    learns_from = frozenset({"texts", "intents"})
    version = 2
    ignored = frozenset({"gamma", "num_threads"})

    def __init__(self, options: SklearnIntentClassifierOptions, language: str) -> None:
        super().__init__(options, language)
        self._model = LinearModel.untrained()

    def train(self, data: TrainingData, messages: Sequence[Message]) -> None:
        check_intents("SklearnIntentClassifier", data)
        names, numbers = np.unique([e.intent for e in data.examples], return_inverse=True)
        labels = numbers.astype(np.int64)
        rows = matrix(messages)
        check_features("SklearnIntentClassifier", rows)
        c, temperature = self._chosen(rows, labels)
        _, weights, bias = self._fit(rows, labels, c)
        self._model = LinearModel.of(names.tolist(), weights, bias, temperature)

    def process(self, message: Message) -> None:
        message.ranking = self._model.rank(*joined(message.features))

    def state(self) -> State:
        return self._model.state()

    def restore(self, state: State) -> None:
        self._model = LinearModel.restored(state)

    def width(self) -> int:
        """How many features it was trained on."""
        return self._model.width()

    def _chosen(self, rows: Any, labels: Labels) -> tuple[float, float]:
        """The C that scores best on examples left out, and the temperature of its margins."""
        best = (-np.inf, 0.0, 0.0)
        for c in sorted(self.options.C):
            margins, truths = self._left_out(rows, labels, c)
            temperature = fitted_temperature(margins, truths)
            many = len(self.options.C) > 1
            score = _score(self.options.scoring_function, margins, truths) if many else 0.0
            if score > best[0]:
                best = (score, c, temperature)
        return best[1], best[2]

    def _left_out(self, rows: Any, labels: Labels, c: float) -> tuple[Margins, Labels]:
        count = int(labels.max()) + 1

        def fit(learned: NDArray[np.int64], judged: NDArray[np.int64]) -> Margins:
            known, weights, bias = self._fit(rows[learned], labels[learned], c)
            margins = np.full((len(judged), count), _ABSENT)
            margins[:, known] = rows[judged] @ weights.T + bias
            return margins

        return cross_validated_margins(labels, fit, self.options.max_cross_validation_folds)

    def _fit(
        self, rows: Any, labels: Labels, c: float
    ) -> tuple[Labels, NDArray[Any], NDArray[Any]]:
        """The labels that occur, and for each of them weights and bias."""
        from sklearn.svm import LinearSVC  # a second to import: only to train

        options = self.options
        model = LinearSVC(
            C=c,
            class_weight=options.class_weight,
            max_iter=options.max_iter,
            tol=options.tol,
            random_state=_SEED,
        )
        with warnings.catch_warnings():
            # Margins that are not quite final are good enough: the calibration knows them as such.
            # Nor do many intents of few examples make this a regression.
            warnings.simplefilter("ignore", UserWarning)
            model.fit(rows, labels)
        known, numbers = np.unique(labels, return_inverse=True)
        weights, bias = per_intent(model)
        if options.naive_bayes:
            shares = naive_bayes_weights(rows, numbers, len(known))
            weights = weights + options.naive_bayes * shares
        return known, weights, bias


def _score(function: str, margins: Margins, labels: Labels) -> float:
    from sklearn.metrics import accuracy_score, f1_score

    predicted = margins.argmax(axis=1)
    if function == "accuracy":
        return float(accuracy_score(labels, predicted))
    average = function.removeprefix("f1_")
    return float(f1_score(labels, predicted, average=average, zero_division=0.0))
