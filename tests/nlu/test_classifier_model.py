"""The intent classifiers: what they learn, keep and say of their own certainty."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from nlu.calibration import (
    ENOUGH,
    UNMEASURED,
    cross_validated_margins,
    fitted_temperature,
    folds,
    softmax,
)
from nlu.components.component import Component, State
from nlu.components.feature_rows import joined, matrix, width
from nlu.components.linear_model import LinearModel
from nlu.config import PipelineConfig, Step, build_all
from nlu.errors import PipelineError
from nlu.interpreter import Interpreter
from nlu.message import Features, Message
from nlu.naive_bayes import naive_bayes_weights
from nlu.training.examples import Example, TrainingData

CLASSIFIERS = ["SklearnIntentClassifier", "LogisticRegressionClassifier"]
GRAMS = Step("CountVectorsFeaturizer", {"max_ngram": 2})
FRUIT = ["apple", "pear", "plum", "fig", "lemon", "melon", "grape", "cherry", "mango", "quince"]
PLACES = ["Rome", "Oslo", "Lima", "Cairo", "Delhi", "Paris", "Quito", "Tunis", "Accra", "Hanoi"]


def examples() -> TrainingData:
    wishes = [f"{please} {fruit}" for fruit in FRUIT for please in ("I want a", "give me the")]
    ways = [f"{how} {place}" for place in PLACES for how in ("drive to", "how far is")]
    return TrainingData([Example(t, "buy") for t in wishes] + [Example(t, "travel") for t in ways])


def learned(data: TrainingData, *steps: Step) -> list[Component[Any]]:
    components, _ = build_all(PipelineConfig("en", (Step("WhitespaceTokenizer", {}), *steps)))
    messages = [Message(example.text) for example in data.examples]
    for component in components:
        component.train(data, messages)
        for message in messages:
            component.process(message)
    return components


def reader(data: TrainingData, classifier: str, **options: object) -> Interpreter:
    return Interpreter(learned(data, GRAMS, Step(classifier, options)), "")


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_learns_and_is_sure_of_what_is_clear(classifier: str) -> None:
    reading = reader(examples(), classifier)
    parse = reading.parse("please give me a banana")
    assert parse.intent.name == "buy"
    assert parse.intent.confidence > 0.6
    assert reading.parse("how far is Bergen").intent.name == "travel"
    assert sum(intent.confidence for intent in parse.ranking) == pytest.approx(1.0)


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_what_is_saved_reads_as_what_was_trained(classifier: str) -> None:
    components = learned(examples(), GRAMS, Step(classifier, {}))
    fresh, _ = build_all(
        PipelineConfig("en", (Step("WhitespaceTokenizer", {}), GRAMS, Step(classifier, {})))
    )
    for old, new in zip(components, fresh, strict=True):
        new.restore(old.state())
    for text in ("give me Rome", "a pear", "?", ""):
        one, other = Message(text), Message(text)
        for old, new in zip(components, fresh, strict=True):
            old.process(one)
            new.process(other)
        assert one.ranking == other.ranking


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_one_intent_is_refused_with_what_to_do(classifier: str) -> None:
    data = TrainingData([Example("hello", "greet"), Example("hi", "greet")])
    with pytest.raises(PipelineError, match=r"one intent, 'greet'.*out_of_scope"):
        learned(data, GRAMS, Step(classifier, {}))


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_contradictory_labels_are_read_as_uncertain(classifier: str) -> None:
    both = [Example(text, intent) for text in FRUIT for intent in ("one", "other")]
    confidence = reader(TrainingData(both), classifier).parse("apple").intent.confidence
    assert confidence == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_two_examples_are_enough_to_train(classifier: str) -> None:
    data = TrainingData([Example("yes", "affirm"), Example("no", "deny")])
    parse = reader(data, classifier).parse("yes")
    assert parse.intent.name == "affirm"


def test_a_thousand_intents() -> None:
    data = TrainingData(
        [
            Example(f"{verb} thing{n}", f"intent{n:04}")
            for n in range(1000)
            for verb in ("do", "see")
        ]
    )
    parse = reader(data, "SklearnIntentClassifier").parse("do thing717")
    assert parse.intent.name == "intent0717"
    assert len(parse.ranking) == 1000


def test_confidence_is_the_share_that_is_right() -> None:
    """Labels that are right four times of five: no reading may claim much more than that."""
    generator = np.random.default_rng(7)
    words = [f"word{n}" for n in range(40)]
    shown = []
    for _ in range(1500):
        word = int(generator.integers(40))
        label = word % 2 if generator.random() < 0.8 else 1 - word % 2
        shown.append(Example(f"{words[word]} {words[int(generator.integers(40))]}", f"is{label}"))
    learnt, held = TrainingData(shown[:1000]), shown[1000:]
    reading = reader(learnt, "SklearnIntentClassifier")
    parses = [reading.parse(example.text) for example in held]
    right = np.mean([p.intent.name == e.intent for p, e in zip(parses, held, strict=True)])
    said = np.mean([p.intent.confidence for p in parses])
    assert said == pytest.approx(right, abs=0.06)


def test_of_several_c_the_best_is_taken() -> None:
    components = learned(
        examples(), GRAMS, Step("SklearnIntentClassifier", {"C": [1, 2, 5], "gamma": [0.1]})
    )
    assert components[-1].state().words("intents") == ["buy", "travel"]


def test_other_kernels_are_refused() -> None:
    with pytest.raises(PipelineError, match="linear"):
        learned(examples(), GRAMS, Step("SklearnIntentClassifier", {"kernels": ["rbf"]}))


def test_a_coarse_tolerance_does_not_leave_the_classifier_unlearned() -> None:
    reading = reader(examples(), "LogisticRegressionClassifier", tol=10.0)
    assert reading.parse("drive to Bern").intent.confidence > 0.6


# Word pairs.


def test_word_pairs_stand_in_one_message_however_far_apart() -> None:
    data = TrainingData([Example("send money home today", "a"), Example("hello there", "b")])
    pairs = learned(data, Step("CountVectorsFeaturizer", {"analyzer": "word_pairs"}))[-1]
    grams = pairs.state().words("grams")
    assert "home send" in grams
    assert "hello there" in grams
    assert "hello home" not in grams


def test_pairs_of_a_long_message_are_bounded() -> None:
    text = " ".join(f"w{n}" for n in range(400))
    data = TrainingData([Example(text, "a"), Example("other", "b")])
    pairs = learned(data, Step("CountVectorsFeaturizer", {"analyzer": "word_pairs"}))[-1]
    assert len(pairs.state().words("grams")) == 30 * 29 // 2


# Calibration.

LABELS = st.lists(st.integers(0, 4), min_size=6, max_size=40).map(lambda it: np.array(it, np.int64))


@given(LABELS, st.integers(2, 5))
def test_every_row_is_judged_once_and_never_by_what_learned_it(
    labels: np.ndarray, parts: int
) -> None:
    judged: list[int] = []
    for learn, judge in folds(labels, parts):
        assert not set(learn) & set(judge)
        judged += judge.tolist()
    assert sorted(judged) == list(range(len(labels)))


def test_labels_that_a_fold_did_not_learn_are_left_out() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 1, 2])
    seen: list[int] = []

    def fit(_learn: np.ndarray, judge: np.ndarray) -> np.ndarray:
        seen.extend(judge.tolist())
        return np.zeros((len(judge), 3))

    cross_validated_margins(labels, fit, 3)
    assert 8 not in seen
    assert sorted(seen) == list(range(8))


def test_no_more_is_fitted_than_is_needed() -> None:
    labels = np.arange(3 * ENOUGH + 3) % 2
    fits: list[int] = []

    def fit(learn: np.ndarray, judge: np.ndarray) -> np.ndarray:
        fits.append(len(learn))
        return np.zeros((len(judge), 2))

    margins, truths = cross_validated_margins(labels, fit, 3)
    assert fits == [2 * ENOUGH + 2]
    assert len(margins) == len(truths) == ENOUGH + 1


@pytest.mark.parametrize("temperature", [0.2, 0.5, 1.0])
def test_the_temperature_that_made_the_labels_is_found(temperature: float) -> None:
    generator = np.random.default_rng(3)
    margins = generator.normal(size=(6000, 4))
    shares = softmax(margins / temperature)
    labels = np.array([generator.choice(4, p=row) for row in shares])
    assert fitted_temperature(margins, labels) == pytest.approx(temperature, rel=0.1)


def test_too_few_examples_measure_nothing() -> None:
    assert fitted_temperature(np.zeros((3, 2)), np.zeros(3, np.int64)) == UNMEASURED


# Naive Bayes.


def test_naive_bayes_prefers_where_a_feature_is_frequent() -> None:
    rows = csr_matrix(np.array([[2, 0, 1], [3, 0, 0], [0, 2, 1]], np.float32))
    weights = naive_bayes_weights(rows, np.array([0, 0, 1]), 2)
    assert weights[0, 0] > 0 > weights[1, 0]
    assert weights[1, 1] > 0 > weights[0, 1]


def test_naive_bayes_leaves_columns_that_are_no_counts_alone() -> None:
    rows = csr_matrix(np.array([[1, -0.5], [0, 0.5]], np.float32))
    weights = naive_bayes_weights(rows, np.array([0, 1]), 2)
    assert not weights[:, 1].any()
    assert weights[:, 0].any()


# The model as it is kept.


def rows_of(*features: Features) -> tuple[np.ndarray, np.ndarray]:
    return joined(features)


def test_rows_stand_side_by_side() -> None:
    one, other = Features([2], [0.5], 3), Features([0, 1], [1.0, 2.0], 2)
    columns, values = rows_of(one, other)
    assert columns.tolist() == [2, 3, 4]
    assert values.tolist() == [0.5, 1.0, 2.0]
    assert width([one, other]) == 5
    dense = matrix([Message("x", features=[one, other])]).toarray()
    assert dense.tolist() == [[0, 0, 0.5, 1.0, 2.0]]


WEIGHTS = st.lists(
    st.lists(st.floats(-5, 5, width=32), min_size=3, max_size=3), min_size=2, max_size=5
)


@given(WEIGHTS)
def test_eight_bits_keep_the_scores(weights: Sequence[Sequence[float]]) -> None:
    """Each weight is off by half a step at the most, a step being 1/127 of the feature's largest."""
    exact = np.array(weights)
    names = [f"i{n}" for n in range(len(exact))]
    bias = np.zeros(len(exact))
    kept = LinearModel.of(names, exact, bias, temperature=1.0).state()
    restored = kept.arrays["weights"].T * kept.arrays["scales"]
    step = np.abs(exact).max(axis=0) / 127
    assert (np.abs(restored - exact) <= step / 2 + 1e-6).all()


def kept() -> State:
    return LinearModel.of(["a", "b"], np.ones((2, 3)), np.zeros(2), temperature=1.0).state()


@pytest.mark.parametrize(
    "changed",
    [
        {"weights": np.ones((3, 2), np.float32)},
        {"weights": np.ones((2, 2), np.int8)},
        {"scales": np.full(3, np.inf, np.float32)},
        {"bias": np.zeros(3, np.float32)},
    ],
)
def test_a_model_of_another_shape_is_refused(changed: dict[str, np.ndarray]) -> None:
    state = kept()
    with pytest.raises(ValueError, match="array"):
        LinearModel.restored(State(state.values, state.arrays | changed))


def test_a_model_of_fewer_than_two_intents_is_refused() -> None:
    state = kept()
    with pytest.raises(ValueError, match="two intents"):
        LinearModel.restored(State(state.values | {"intents": ["a"]}, state.arrays))
