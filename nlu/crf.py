"""A linear-chain conditional random field: the most likely labels of a sequence of tokens.

CRFsuite learns the weights (Okazaki 2007, http://www.chokkan.org/software/crfsuite/). Reading is
done here, so that a saved field is lists of texts and arrays of numbers: no native code parses a
model file.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlu.components.component import State

Tokens = Sequence[Sequence[str]]
"""The features of each token of one sequence."""

# Learned weights stay far below. Within it no sum of a sequence under- or overflows.
MAX_WEIGHT = 100.0


class Crf:
    """A trained field. Safe to share between threads."""

    def __init__(
        self,
        features: Sequence[str],
        labels: Sequence[str],
        weights: NDArray[np.float32],
        transitions: NDArray[np.float32],
    ) -> None:
        """`weights` has the shape (features, labels), `transitions` (from label, to label)."""
        self._features = list(features)
        self._labels = list(labels)
        self._weights = weights
        self._transitions = transitions
        self._rows = {feature: row for row, feature in enumerate(self._features)}
        # A last row of zeros stands for what is unknown: every token has at least one row.
        self._padded = np.vstack([weights, np.zeros((1, len(labels)), np.float32)])
        self._steps = transitions.astype(np.float64)
        self._moves = np.exp(self._steps - self._steps.max())

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels that it can give."""
        return tuple(self._labels)

    def tag(self, features: Tokens) -> list[tuple[str, float]]:
        """The labels of the most likely path, each with its marginal probability (0 to 1)."""
        if not features:
            return []
        scores = self._scores(features)
        marginals = self._marginals(scores)
        path = self._path(scores, marginals)
        shares = marginals[np.arange(len(path)), path].tolist()
        return [(self._labels[at], min(1.0, p)) for at, p in zip(path, shares, strict=True)]

    def state(self) -> State:
        """What to save."""
        values = {"features": self._features, "labels": self._labels}
        return State(values, {"weights": self._weights, "transitions": self._transitions})

    @classmethod
    def from_state(cls, state: State) -> "Crf":
        """What was saved; raises KeyError, TypeError or ValueError where it is not that."""
        features, labels = state.words("features"), state.words("labels")
        if not labels or len(set(features)) != len(features):
            raise ValueError("no labels, or a feature is listed twice")
        weights = state.array("weights", (len(features), len(labels)))
        transitions = state.array("transitions", (len(labels), len(labels)))
        if max(_largest(weights), _largest(transitions)) > MAX_WEIGHT:
            raise ValueError(f"a weight is beyond {MAX_WEIGHT}")
        return cls(features, labels, weights, transitions)

    def _scores(self, features: Tokens) -> NDArray[np.float64]:
        """How well each label suits each token by itself, shape (tokens, labels)."""
        unknown, get = len(self._features), self._rows.get
        rows: list[int] = []
        starts: list[int] = []
        for token in features:
            starts.append(len(rows))
            rows.append(unknown)
            rows += [row for row in map(get, token) if row is not None]
        summed: NDArray[np.float64] = np.add.reduceat(
            self._padded[rows], starts, axis=0, dtype=np.float64
        )
        return summed

    def _marginals(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """The probability of each label at each token, by the forward-backward algorithm."""
        suits = np.exp(scores - scores.max(axis=1, keepdims=True))
        before = np.empty_like(suits)
        after = np.ones_like(suits)
        running = before[0] = suits[0]
        for at in range(1, len(suits)):
            running = running.dot(self._moves) * suits[at]
            running /= running.sum()
            before[at] = running
        running = after[-1]
        for at in range(len(suits) - 1, 0, -1):
            running = self._moves.dot(running * suits[at])
            running /= running.sum()
            after[at - 1] = running
        both: NDArray[np.float64] = before * after
        both /= both.sum(axis=1, keepdims=True)
        return both

    def _path(self, scores: NDArray[np.float64], marginals: NDArray[np.float64]) -> list[int]:
        """The most likely sequence of labels as a whole."""
        likely = marginals.argmax(axis=1)
        # A path fails where one of its labels does: if that is less likely than not, it is the best.
        if (1.0 - marginals.max(axis=1)).sum() < 0.5:
            return [int(label) for label in likely]
        return self._viterbi(scores)

    def _viterbi(self, scores: NDArray[np.float64]) -> list[int]:
        best = scores[0]
        came_from = []
        for row in scores[1:]:
            ways = best[:, None] + self._steps
            came_from.append(ways.argmax(axis=0))
            best = ways.max(axis=0) + row
        path = [int(best.argmax())]
        for origins in reversed(came_from):
            path.append(int(origins[path[-1]]))
        return path[::-1]


def train(
    sequences: Sequence[Tokens],
    labels: Sequence[Sequence[str]],
    *,
    c1: float,
    c2: float,
    max_iterations: int,
) -> Crf:
    """Learn from sequences with their labels; the same sequences give the same field.

    `c1` and `c2` are the penalties on the absolute and on the squared weights. Raises ValueError
    where no sequence has a token, or a sequence and its labels differ in length.
    """
    if any(len(tokens) != len(own) for tokens, own in zip(sequences, labels, strict=True)):
        raise ValueError("a sequence and its labels differ in length")
    if not any(labels):
        raise ValueError("no token to learn from")
    names = list(dict.fromkeys(label for own in labels for label in own))
    known = list(dict.fromkeys(f for tokens in sequences for token in tokens for f in token))
    learned = _learned(sequences, labels, _numbered(known), _numbered(names), {
        "c1": c1, "c2": c2, "max_iterations": max_iterations,
    })  # fmt: skip
    weights = np.zeros((len(known), len(names)), np.float32)
    transitions = np.zeros((len(names), len(names)), np.float32)
    for (feature, label), weight in learned.state_features.items():
        weights[int(feature), int(label)] = weight
    for (one, other), weight in learned.transitions.items():
        transitions[int(one), int(other)] = weight
    useful = np.flatnonzero(weights.any(axis=1))
    kept = [known[row] for row in useful]
    return Crf(kept, names, _limited(weights[useful]), _limited(transitions))


def _learned(
    sequences: Sequence[Tokens],
    labels: Sequence[Sequence[str]],
    features: dict[str, str],
    names: dict[str, str],
    penalties: dict[str, float],
) -> Any:
    """CRFsuite's own dump. It sees numbers for names: its dump could not hold every text."""
    import pycrfsuite  # only to train

    trainer = pycrfsuite.Trainer(algorithm="lbfgs", params=penalties, verbose=False)
    for tokens, own in zip(sequences, labels, strict=True):
        if own:
            rows = [[features[f] for f in token] for token in tokens]
            trainer.append(rows, [names[label] for label in own])
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "crf")
        trainer.train(path)
        tagger = pycrfsuite.Tagger()
        tagger.open(path)
        dump = tagger.info()
        tagger.close()
    return dump


def _numbered(words: Sequence[str]) -> dict[str, str]:
    return {word: str(number) for number, word in enumerate(words)}


def _limited(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    limited: NDArray[np.float32] = np.clip(weights, -MAX_WEIGHT, MAX_WEIGHT)
    return limited


def _largest(weights: NDArray[np.float32]) -> float:
    return float(np.abs(weights).max(initial=0.0))
