"""ResponseSelector: which response of a retrieval intent (`faq/hours`, `faq/prices`) answers."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import Field

from bot.engine.parse import Intent
from nlu.components.component import Component, Options, State
from nlu.components.feature_rows import joined, matrix, width
from nlu.components.linear_model import LinearModel, check_features
from nlu.components.rasa_options import NEURAL
from nlu.message import Message
from nlu.training.examples import TrainingData

DEFAULT = "default"


class ResponseSelectorOptions(Options):
    """`retrieval_intent`: choose among its responses alone, otherwise among those of all.
    `C` is how closely to follow the examples."""

    retrieval_intent: str | None = None
    ranking_length: int = Field(default=10, ge=0)
    C: float = Field(default=10.0, gt=0)


class ResponseSelector(Component[ResponseSelectorOptions]):
    """Logistic regression over the featurizers' rows. It writes `response_selector` as Rasa does."""

    Options = ResponseSelectorOptions
    learns_from_messages = True
    ignored = NEURAL | {"use_text_as_label"}

    def __init__(self, options: ResponseSelectorOptions, language: str) -> None:
        super().__init__(options, language)
        self._retrieval_intents: list[str] = []
        self._responses: dict[str, list[dict[str, Any]]] = {}
        self._model: LinearModel | None = None
        self._width = 0

    def train(self, data: TrainingData, messages: Sequence[Message]) -> None:
        self._retrieval_intents = sorted({e.intent for e in data.examples if e.response_key})
        own = self.options.retrieval_intent
        taught = [
            (example.response_key, message)
            for example, message in zip(data.examples, messages, strict=True)
            if example.response_key and own in (None, example.intent)
        ]
        if not taught:
            data.notices.append(
                f"config.yml: ResponseSelector found no example of {own or 'a retrieval intent'}"
            )
            return
        keys = sorted({key for key, _ in taught})
        self._responses = {key: data.responses.get(utter_action(key), []) for key in keys}
        if len(keys) > 1:
            answers = [key for key, _ in taught]
            self._model = _fitted([m for _, m in taught], answers, keys, self.options.C)
            self._width = self._model.width()

    def process(self, message: Message) -> None:
        selected = message.metadata.setdefault("response_selector", {})
        selected["all_retrieval_intents"] = self._retrieval_intents
        selected[self.options.retrieval_intent or DEFAULT] = self._selection(message)

    def state(self) -> State:
        values = {
            "retrieval_intents": self._retrieval_intents,
            "responses": self._responses,
            "model": None,
        }
        if self._model is None:
            return State(values)
        kept = self._model.state()
        return State({**values, "model": kept.values}, kept.arrays)

    def restore(self, state: State) -> None:
        self._retrieval_intents = state.words("retrieval_intents")
        self._responses = _checked(state.values["responses"])
        if state.values["model"] is None and len(self._responses) > 1:
            raise ValueError("there are responses, and nothing to choose them by")
        if state.values["model"] is not None:
            self._model = LinearModel.restored(State(state.values["model"], state.arrays))
            self._width = self._model.width()

    def _selection(self, message: Message) -> dict[str, Any]:
        ranking = self._ranking(message)
        key = ranking[0].name if ranking else None
        return {
            "response": {
                "responses": self._responses.get(key) if key else None,
                "confidence": ranking[0].confidence if ranking else 0.0,
                "intent_response_key": key,
                "utter_action": utter_action(key),
            },
            "ranking": [
                {"confidence": one.confidence, "intent_response_key": one.name}
                for one in ranking[: self.options.ranking_length or None]
            ],
        }

    def _ranking(self, message: Message) -> list[Intent]:
        """The keys, the most likely first; a single one is certain."""
        if self._model is None:
            return [Intent(key, 1.0) for key in self._responses]
        if width(message.features) != self._width:
            return []
        return self._model.rank(*joined(message.features))


def utter_action(key: str | None) -> str:
    """The name of the response that belongs to a key: `utter_faq/hours`."""
    return f"utter_{key}"


def _fitted(
    messages: Sequence[Message], keys: list[str], known: list[str], c: float
) -> LinearModel:
    from sklearn.linear_model import LogisticRegression  # a second to import: only to train
    from threadpoolctl import threadpool_limits

    model = LogisticRegression(C=c, max_iter=1000, tol=1e-5, class_weight="balanced")
    # One thread adds in one order: the same data give the same model, to the byte.
    rows = matrix(messages)
    check_features("ResponseSelector", rows)
    with threadpool_limits(limits=1):
        model.fit(rows.astype(np.float64), keys)
    weights, bias = model.coef_, model.intercept_
    if len(weights) == 1:  # scikit-learn keeps a single row where there are two keys
        weights, bias = np.vstack([-weights / 2, weights / 2]), np.concatenate([-bias, bias]) / 2
    return LinearModel.of(known, weights, bias, temperature=1.0)


def _checked(responses: Any) -> dict[str, list[dict[str, Any]]]:
    listed = isinstance(responses, Mapping) and all(
        isinstance(own, list) and all(isinstance(one, dict) for one in own)
        for own in responses.values()
    )
    if not listed:
        raise ValueError("responses are no lists of variations")
    return dict(responses)
