"""LogisticRegressionClassifier: the probability of each intent, from the featurizers' rows."""

import logging
import warnings
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from nlu.components.component import Component, Options, State
from nlu.components.feature_rows import joined, matrix
from nlu.components.linear_model import LinearModel, check_features, check_intents, per_intent
from nlu.message import Message
from nlu.training.examples import TrainingData

_log = logging.getLogger(__name__)
_SEED = 1
# With 1e-3 scikit-learn stops silently before the first step on balanced data.
_FINE = 1e-5


class LogisticRegressionClassifierOptions(Options):
    """Rasa's names; `C` is how closely to follow the examples."""

    C: float = Field(default=10.0, gt=0)
    max_iter: int = Field(default=1000, ge=1)
    tol: float = Field(default=_FINE, gt=0)
    solver: Literal["lbfgs", "newton-cg", "sag", "saga"] = "lbfgs"
    class_weight: Literal["balanced"] | None = "balanced"


class LogisticRegressionClassifier(Component[LogisticRegressionClassifierOptions]):
    """Trained by scikit-learn; a message is read with plain sums over its few features."""

    Options = LogisticRegressionClassifierOptions
    learns_from_messages = True
    learns_from = frozenset({"texts", "intents"})
    version = 2
    ignored = frozenset({"random_state", "ranking_length", "warm_start"})

    def __init__(self, options: LogisticRegressionClassifierOptions, language: str) -> None:
        super().__init__(options, language)
        self._model = LinearModel.untrained()

    def train(self, data: TrainingData, messages: Sequence[Message]) -> None:
        check_intents("LogisticRegressionClassifier", data)
        labels = [example.intent for example in data.examples]
        rows = matrix(messages)
        check_features("LogisticRegressionClassifier", rows)
        model = self._fit(rows, labels, self.options.tol)
        self._model = LinearModel.of(model.classes_.tolist(), *per_intent(model), temperature=1.0)

    def process(self, message: Message) -> None:
        message.ranking = self._model.rank(*joined(message.features))

    def state(self) -> State:
        return self._model.state()

    def restore(self, state: State) -> None:
        self._model = LinearModel.restored(state)

    def width(self) -> int:
        """How many features it was trained on."""
        return self._model.width()

    def _fit(self, rows: Any, labels: list[str], tol: float) -> Any:
        from sklearn.linear_model import LogisticRegression  # a second to import: only to train
        from threadpoolctl import threadpool_limits

        options = self.options
        model = LogisticRegression(
            C=options.C,
            max_iter=options.max_iter,
            tol=tol,
            solver=options.solver,
            class_weight=options.class_weight,
            random_state=_SEED,
        )
        # One thread adds in one order: the same data give the same model, to the byte.
        with threadpool_limits(limits=1), warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            model.fit(rows, labels)
        if int(model.n_iter_.max()) == 0 and tol > _FINE:
            _log.warning("the classifier learned nothing with tol %g: taking %g", tol, _FINE)
            return self._fit(rows, labels, _FINE)
        return model
