"""Turns a classifier's margins into probabilities that mean what they say.

A temperature is fitted to margins of examples that the classifier was not taught (Guo et al. 2017,
"On Calibration of Modern Neural Networks").
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Margins = NDArray[np.float64]
Labels = NDArray[np.int64]
# (training rows, their labels, rows to judge) -> margins, shape (rows to judge, number of intents)
Fit = Callable[[NDArray[np.int64], NDArray[np.int64]], Margins]

# For linear margins of a few examples, too few to measure it: between a guess and a certainty.
UNMEASURED = 0.3
_FEWEST = 20
# One number is fitted: more rows than these would not change it.
ENOUGH = 2500
_BOUNDS = (0.02, 5.0)


def softmax(margins: NDArray[Any]) -> NDArray[Any]:
    """Shares of 1 along the last axis."""
    raised = np.exp(margins - margins.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def folds(labels: Labels, parts: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Rows to learn from and rows to judge, each part with its share of every label."""
    order = np.argsort(labels, kind="stable")
    part_of = np.empty(len(labels), np.int64)
    part_of[order] = np.arange(len(labels)) % parts
    for part in range(parts):
        yield np.flatnonzero(part_of != part), np.flatnonzero(part_of == part)


def cross_validated_margins(labels: Labels, fit: Fit, parts: int) -> tuple[Margins, Labels]:
    """What `fit(rows to learn, rows to judge)` says of rows it did not learn, and their labels.

    Rows whose label is not among those to learn say nothing and are left out; where a part of the
    rows is enough to measure by, the other parts are not fitted.
    """
    margins: list[Margins] = []
    truths: list[Labels] = []
    for learned, judged in folds(labels, parts):
        known = judged[np.isin(labels[judged], labels[learned])]
        if len(known) and len(np.unique(labels[learned])) > 1:
            margins.append(fit(learned, known))
            truths.append(labels[known])
        if sum(map(len, truths)) >= ENOUGH:
            break
    if not margins:
        return np.zeros((0, 1)), np.zeros(0, np.int64)
    return np.concatenate(margins), np.concatenate(truths)


def fitted_temperature(margins: Margins, labels: Labels) -> float:
    """The divisor of the margins under which the labels are the most likely."""
    if len(labels) < _FEWEST:
        return UNMEASURED
    from scipy.optimize import minimize_scalar

    rows = np.arange(len(labels))
    centred = margins - margins.max(axis=1, keepdims=True)

    def surprise(log_temperature: float) -> float:
        scaled = centred / np.exp(log_temperature)
        shares = np.log(np.exp(scaled).sum(axis=1))
        return float(np.mean(shares - scaled[rows, labels]))

    low, high = np.log(_BOUNDS)
    found = minimize_scalar(surprise, bounds=(low, high), method="bounded")
    return float(np.exp(found.x))
