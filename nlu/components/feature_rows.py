"""The featurizers' rows side by side: one row for a message, one sparse matrix for many."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlu.message import Features, Message

Columns = NDArray[np.int32]
Values = NDArray[np.float32]


def joined(rows: Sequence[Features]) -> tuple[Columns, Values]:
    """The columns that are not zero, and their values."""
    columns: list[int] = []
    values: list[float] = []
    width = 0
    for row in rows:
        columns += [column + width for column in row.columns] if width else row.columns
        values += row.values
        width += row.width
    return np.array(columns, np.int32), np.array(values, np.float32)


def width(rows: Sequence[Features]) -> int:
    """How many columns there are."""
    return sum(row.width for row in rows)


def matrix(messages: Sequence[Message]) -> Any:
    """A scipy csr_matrix of float32, a row for each message."""
    from scipy.sparse import csr_matrix

    rows = [joined(message.features) for message in messages]
    starts = np.cumsum([0, *(len(columns) for columns, _ in rows)], dtype=np.int64)
    columns = np.concatenate([c for c, _ in rows])
    values = np.concatenate([v for _, v in rows])
    shape = (len(rows), width(messages[0].features))
    found = csr_matrix((values, columns, starts), shape=shape)
    found.sort_indices()
    return found
