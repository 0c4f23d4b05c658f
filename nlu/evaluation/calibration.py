"""Whether confidence means what it says: of readings at 0.8, four in five should be right."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nlu.evaluation.readings import Reading

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """The readings with a confidence above `low` and up to `high`; means are 0 where none is."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """`error` is the expected calibration error (Naeini et al. 2015, Guo et al. 2017), 0 to 1:
    the distance of confidence from accuracy, a bin weighted by its readings."""

    error: float
    largest: float
    bins: tuple[Bin, ...]


def calibration(readings: Sequence[Reading], bins: int = BINS) -> Calibration:
    """The reliability table over bins of equal width, and its expected and largest error."""
    return calibration_of([(it.confidence, it.right) for it in readings], bins)


def calibration_of(pairs: Iterable[tuple[float, bool]], bins: int = BINS) -> Calibration:
    """The same from pairs of confidence and whether that reading was right."""
    members: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for confidence, right in pairs:
        members[_bin(confidence, bins)].append((confidence, right))
    table = tuple(_summary(index, bins, them) for index, them in enumerate(members))
    total = sum(it.count for it in table)
    gaps = [(it.count, abs(it.confidence - it.accuracy)) for it in table if it.count]
    expected = sum(count * gap for count, gap in gaps) / total if total else 0.0
    return Calibration(expected, max((gap for _, gap in gaps), default=0.0), table)


def _bin(confidence: float, bins: int) -> int:
    """Bins are closed above, so that 1.0 has no bin of its own; 0 belongs to the first."""
    scaled = confidence * bins
    whole = int(scaled)
    return min(max(whole - (scaled == whole), 0), bins - 1)


def _summary(index: int, bins: int, members: Sequence[tuple[float, bool]]) -> Bin:
    count = len(members)
    return Bin(
        low=index / bins,
        high=(index + 1) / bins,
        count=count,
        confidence=sum(c for c, _ in members) / count if count else 0.0,
        accuracy=sum(right for _, right in members) / count if count else 0.0,
    )
