"""What became better and what worse since another model, or since the last report."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import comb, erfc, sqrt
from typing import Any

SMALLEST_CHANGE = 0.005
"""Changes of an F1 below this are not told."""
LARGEST_EXACT = 1000
"""Readings that differ; above it the normal distribution serves."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a model read in one text."""

    text: str
    expected: str
    predicted: str
    confidence: float

    @property
    def right(self) -> bool:
        """Whether it was the right intent."""
        return self.expected == self.predicted


@dataclass(frozen=True, slots=True)
class Change:
    """A figure before and after."""

    name: str
    before: float
    after: float

    @property
    def difference(self) -> float:
        """How much more it is now."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Comparison:
    """`fixed` and `broken` pair each text's reading before with the one now.

    `chance` is the probability of a difference at least as large if both models were equally good
    (exact McNemar test); None where no text was read by both.
    """

    against: str
    figures: tuple[Change, ...]
    better: tuple[Change, ...]
    worse: tuple[Change, ...]
    fixed: tuple[tuple[Row, Row], ...]
    broken: tuple[tuple[Row, Row], ...]
    compared: int
    chance: float | None


def compare(
    against: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    rows_before: Sequence[Row],
    rows_after: Sequence[Row],
) -> Comparison:
    """From two summaries, as `report.summary` writes them, and the readings behind each."""
    pairs = list(_pairs(rows_before, rows_after))
    fixed = tuple((b, a) for b, a in pairs if a.right and not b.right)
    broken = tuple((b, a) for b, a in pairs if b.right and not a.right)
    changes = sorted(_f1_changes(before, after), key=lambda it: it.difference)
    return Comparison(
        against=against,
        figures=tuple(_figures(before, after)),
        better=tuple(it for it in reversed(changes) if it.difference >= SMALLEST_CHANGE),
        worse=tuple(it for it in changes if it.difference <= -SMALLEST_CHANGE),
        fixed=fixed,
        broken=broken,
        compared=len(pairs),
        chance=by_chance(len(fixed), len(broken)) if pairs else None,
    )


def by_chance(fixed: int, broken: int) -> float:
    """The two-sided exact McNemar test: how likely so unequal a split is by chance."""
    total, fewer = fixed + broken, min(fixed, broken)
    if not total:
        return 1.0
    if total > LARGEST_EXACT:
        return erfc((abs(fixed - broken) - 1) / sqrt(2 * total))
    tail = sum(comb(total, k) for k in range(fewer + 1))
    return min(1.0, float(2 * tail / 2**total))


def _pairs(before: Iterable[Row], after: Iterable[Row]) -> Iterable[tuple[Row, Row]]:
    """Readings of the same text with the same label; the n-th of each where a text repeats."""
    waiting: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in before:
        waiting[row.text, row.expected].append(row)
    for row in after:
        those = waiting[row.text, row.expected]
        if those:
            yield those.pop(0), row


def _figures(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[Change]:
    for name, value in after.items():
        old = before.get(name)
        if isinstance(value, float) and isinstance(old, float):
            yield Change(name, old, value)


def _f1_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[Change]:
    old, new = before.get("intents"), after.get("intents")
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return
    for name, score in new.items():
        if name in old:
            yield Change(name, float(old[name]["f1-score"]), float(score["f1-score"]))
