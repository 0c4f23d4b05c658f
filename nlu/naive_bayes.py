"""Naive Bayes as the weights of a linear model, to be added to those of another.

A support vector machine looks for what parts the intents, Naive Bayes at how often each feature
goes with each; their sum reads better than either (Wang and Manning 2012, "Baselines and Bigrams").
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_SMOOTHING = 0.01


def naive_bayes_weights(rows: Any, labels: NDArray[np.int64], count: int) -> NDArray[np.float32]:
    """Weights of shape (intents, features) whose scores of `rows` deviate by 1, intents compared.

    `rows` is a sparse matrix, a row for each label below `count`. Columns with negative values,
    such as those of embeddings, are no counts: their weights are 0.
    """
    from scipy.sparse import csr_matrix

    ones = np.ones(len(labels), np.float32)
    shape = (count, len(labels))
    membership = csr_matrix((ones, (labels, np.arange(len(labels)))), shape=shape)
    counts = (membership @ rows).toarray().astype(np.float32)
    is_count = rows.min(axis=0).toarray().ravel() >= 0
    counts = np.where(is_count, counts, 0) + np.float32(_SMOOTHING)
    shares = np.log(counts / counts.sum(axis=1, keepdims=True))
    shares -= shares.mean(axis=0)
    shares[:, ~is_count] = 0
    scores = rows @ shares.T
    spread = float((scores - scores.mean(axis=1, keepdims=True)).std())
    return np.asarray(shares / spread if spread > 0 else shares, np.float32)
