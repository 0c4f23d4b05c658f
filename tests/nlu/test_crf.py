"""The conditional random field: our reading against CRFsuite's own."""

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pycrfsuite
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.components.component import State
from nlu.crf import MAX_WEIGHT, Crf, train

Sample = tuple[list[list[list[str]]], list[list[str]]]
ODD = ["a:b", "line\nbreak", "\x00", "-->", "(0) x", "снег", "\u202e", ""]


def _sample(seed: int, labels: str = "OBIX", noise: float = 0.5) -> Sample:
    rolled = random.Random(seed)
    sequences, answers = [], []
    for _ in range(60):
        own = [rolled.choice(labels) for _ in range(rolled.randint(0, 9))]
        sequences.append(
            [
                [f"is{label}" if rolled.random() > noise else "odd", f"w{rolled.randint(0, 9)}"]
                for label in own
            ]
        )
        answers.append(own)
    return sequences, answers


def _crfsuites_own(
    folder: Path, sequences: Sequence[Sequence[Sequence[str]]], labels: Sequence[Sequence[str]]
) -> pycrfsuite.Tagger:
    parameters = {"c1": 0.1, "c2": 0.01, "max_iterations": 40}
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", params=parameters, verbose=False)
    for tokens, own in zip(sequences, labels, strict=True):
        if own:
            trainer.append(tokens, own)
    trainer.train(str(folder / "crf"))
    tagger = pycrfsuite.Tagger()
    tagger.open(str(folder / "crf"))
    return tagger


@pytest.mark.parametrize("noise", [0.1, 0.9])
def test_it_reads_as_crfsuite_does(tmp_path: Path, noise: float) -> None:
    sequences, labels = _sample(3, noise=noise)
    crf = train(sequences, labels, c1=0.1, c2=0.01, max_iterations=40)
    own = _crfsuites_own(tmp_path, sequences, labels)
    for tokens in [s for s in sequences if s] + [[["new"], ["isB", "new"], []]]:
        expected = own.tag(tokens)
        assert [label for label, _ in crf.tag(tokens)] == expected
        for at, (label, probability) in enumerate(crf.tag(tokens)):
            assert probability == pytest.approx(own.marginal(label, at), abs=1e-5)


def test_the_path_is_the_best_as_a_whole() -> None:
    # Each token by itself leans to A, and A never follows A.
    weights = np.array([[0.2, 0.0]], np.float32)
    transitions = np.array([[-9.0, 0.0], [0.0, -9.0]], np.float32)
    crf = Crf(["f"], ["A", "B"], weights, transitions)
    assert [label for label, _ in crf.tag([["f"]] * 3)] == ["A", "B", "A"]


def test_the_same_sequences_give_the_same_weights() -> None:
    one, other = (train(*_sample(7), c1=0.1, c2=0.1, max_iterations=30).state() for _ in range(2))
    assert one.values == other.values
    assert all(one.arrays[k].tobytes() == other.arrays[k].tobytes() for k in one.arrays)


def test_features_and_labels_may_be_any_text() -> None:
    sequences = [[[feature]] for feature in ODD] * 3
    labels = [[f"B-{feature}"] for feature in ODD] * 3
    crf = train(sequences, labels, c1=0.0, c2=0.01, max_iterations=100)
    assert [crf.tag([[feature]])[0][0] for feature in ODD] == [f"B-{f}" for f in ODD]


def test_a_saved_field_reads_as_the_trained_one() -> None:
    sequences, labels = _sample(5)
    crf = train(sequences, labels, c1=0.1, c2=0.1, max_iterations=30)
    loaded = Crf.from_state(crf.state())
    assert [loaded.tag(s) for s in sequences] == [crf.tag(s) for s in sequences]
    assert loaded.labels == crf.labels


def test_one_label_is_certain_and_no_token_is_nothing() -> None:
    crf = train([[["x"], ["y"]]], [["O", "O"]], c1=0.0, c2=0.1, max_iterations=5)
    assert crf.tag([["x"], ["new"]]) == [("O", 1.0), ("O", 1.0)]
    assert crf.tag([]) == []


@pytest.mark.parametrize(
    ("sequences", "labels"),
    [([], []), ([[]], [[]]), ([[["a"]]], [["O", "O"]]), ([[["a"]]], [])],
)
def test_what_cannot_be_learned_is_refused(
    sequences: list[list[list[str]]], labels: list[list[str]]
) -> None:
    with pytest.raises(ValueError, match=r"no token|length|shorter|longer"):
        train(sequences, labels, c1=0.0, c2=0.1, max_iterations=5)


def _state(**changes: object) -> State:
    state = Crf(["f"], ["A", "B"], np.ones((1, 2), np.float32), np.ones((2, 2), np.float32)).state()
    for name, value in changes.items():
        holder = state.arrays if name in state.arrays else state.values
        holder[name] = value  # type: ignore[assignment]
    return state


@pytest.mark.parametrize(
    "changes",
    [
        {"features": ["f", "f"]},
        {"features": "f"},
        {"labels": []},
        {"labels": ["A"]},
        {"weights": np.ones((2, 2), np.float32)},
        {"weights": np.ones((1, 2), np.float64)},
        {"weights": np.full((1, 2), MAX_WEIGHT * 2, np.float32)},
        {"transitions": np.full((2, 2), np.nan, np.float32)},
    ],
)
def test_a_foreign_state_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        Crf.from_state(_state(**changes))


@given(
    st.lists(st.lists(st.sampled_from(["a", "b", "c", "new"]), max_size=5), max_size=30),
    st.integers(0, 2**32 - 1),
)
def test_the_harshest_weights_allowed_give_probabilities(
    tokens: list[list[str]], seed: int
) -> None:
    rolled = np.random.default_rng(seed)
    weights = rolled.choice([-MAX_WEIGHT, 0.0, MAX_WEIGHT], (3, 4)).astype(np.float32)
    transitions = rolled.choice([-MAX_WEIGHT, MAX_WEIGHT], (4, 4)).astype(np.float32)
    tagged = Crf(["a", "b", "c"], list("OBIX"), weights, transitions).tag(tokens)
    assert len(tagged) == len(tokens)
    assert all(0.0 <= probability <= 1.0 for _, probability in tagged)
