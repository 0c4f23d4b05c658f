"""How high everything stands: as near to its neighbours as their order and sizes allow.

The library spaces all vertices alike, but a state is higher than a label, and a passing line has no
height at all. So its order is kept, and the heights are worked out anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

SWEEPS = 14
"""From left to right and back; after so many hardly anything moves any more."""
ROOM, SHARE = 6.5, 0.65
"""Pixels kept free between two, and the part of its height that each has to itself above and below
its middle: more than half, for a state's counts hang over its lower side."""
PASSING, LEADING = 6.0, 100.0
"""How much more a passing line pulls, and what leads to one place only: they are to be straight."""
NEAR = 48.0
"""Pixels: so far a label goes to stand before its state, and no further from its own."""


@dataclass(slots=True)
class _Block:
    """Neighbours in a column that push against each other and so move together."""

    weight: float
    wanted: float
    count: int

    @property
    def mean(self) -> float:
        return self.wanted / self.weight


def settled(
    columns: Sequence[Sequence[int]],
    edges: Iterable[tuple[int, int]],
    heights: Mapping[int, float],
    rows: Mapping[int, float],
) -> dict[int, float]:
    """The middle of each vertex. `columns` hold them from the top down; an edge leads to the next
    column. `heights` are in pixels, those of passing lines are missing. `rows` is where to begin."""
    left: dict[int, list[int]] = {}
    right: dict[int, list[int]] = {}
    for source, target in edges:
        right.setdefault(source, []).append(target)
        left.setdefault(target, []).append(source)
    middles = dict(rows)
    for sweep in range(SWEEPS):
        last = sweep >= SWEEPS - 2
        onward = sweep % 2 == 0
        for column in columns if onward else reversed(columns):
            wanted = []
            for vertex in column:
                near = (left if onward else right).get(vertex, [])
                if last or not near:
                    near = [*left.get(vertex, ()), *right.get(vertex, ())]
                wanted.append(_mean(middles, near) if near else middles[vertex])
            middles.update(zip(column, _apart(column, wanted, heights), strict=True))
    _straighten(columns, left, right, heights, middles)
    return middles


def _straighten(
    columns: Sequence[Sequence[int]],
    left: Mapping[int, Sequence[int]],
    right: Mapping[int, Sequence[int]],
    heights: Mapping[int, float],
    middles: dict[int, float],
) -> None:
    """What leads to one neighbour only, and alone, stands on its height, unless that is far off."""
    for column in reversed(columns):
        wanted, weights = [], []
        for vertex in column:
            behind = right.get(vertex, ())
            leads = len(behind) == 1 and len(left[behind[0]]) == 1
            leads = leads and abs(middles[behind[0]] - middles[vertex]) < NEAR
            wanted.append(middles[behind[0]] if leads else middles[vertex])
            weights.append(LEADING if leads else 1.0)
        middles.update(zip(column, _apart(column, wanted, heights, weights), strict=True))


def _mean(middles: Mapping[int, float], near: Sequence[int]) -> float:
    return sum(middles[vertex] for vertex in near) / len(near)


def _apart(
    column: Sequence[int],
    wanted: Sequence[float],
    heights: Mapping[int, float],
    weights: Sequence[float] | None = None,
) -> Iterable[float]:
    """The middles nearest to those wanted (by least squares) at which nothing overlaps."""
    offsets = [0.0]
    for above, below in pairwise(column):
        offsets.append(offsets[-1] + _distance(heights.get(above), heights.get(below)))
    blocks: list[_Block] = []
    pulls = weights or [1.0 if vertex in heights else PASSING for vertex in column]
    for weight, middle, offset in zip(pulls, wanted, offsets, strict=True):
        blocks.append(_Block(weight, (middle - offset) * weight, 1))
        while len(blocks) > 1 and blocks[-2].mean > blocks[-1].mean:
            pushed = blocks.pop()
            blocks[-1].weight += pushed.weight
            blocks[-1].wanted += pushed.wanted
            blocks[-1].count += pushed.count
    moved = [block.mean for block in blocks for _ in range(block.count)]
    return [start + offset for start, offset in zip(moved, offsets, strict=True)]


def _distance(above: float | None, below: float | None) -> float:
    return ((above or 0.0) + (below or 0.0)) * SHARE + ROOM
