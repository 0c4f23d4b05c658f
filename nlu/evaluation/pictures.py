"""Pictures of an evaluation as PNG. The only place that needs matplotlib, which loads slowly."""

import io
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nlu.evaluation.calibration import Calibration
from nlu.evaluation.readings import Reading
from nlu.evaluation.scores import IntentScores

MOST_INTENTS = 32
"""More rows than this cannot be read: then the most confused are shown, the rest as one."""
LONGEST_LABEL = 28
OTHERS = "(all others)"
DOTS_PER_INCH = 110
RIGHT, WRONG, INK, FAINT = "#2f7d4f", "#c0392b", "#22282e", "#9aa4ae"
Matrix = NDArray[np.int64]


def confusion_matrix(scores: IntentScores) -> bytes:
    """Expected intents as rows, predicted ones as columns; of many, those that are confused most."""
    labels, left_out = _shown(scores)
    counts = _counted(scores.confusion, labels, others=left_out > 0)
    names = [*labels, OTHERS] if left_out else labels
    size = len(names)
    side = min(max(0.42 * size, 3.2), 16.0)
    figure = _figure(side + 3.4, side + 2.8)
    axes = figure.subplots()
    _cells(axes, counts, font=_font(size))
    shown = [_label(name) for name in names]
    font = _font(size) + 1
    axes.set_xticks(range(size), shown, rotation=45, ha="right", rotation_mode="anchor",
                    fontsize=font)  # fmt: skip
    axes.set_yticks(range(size), shown, fontsize=font)
    axes.set_xlabel("predicted", color=INK, fontsize=11)
    axes.set_ylabel("expected", color=INK, fontsize=11)
    title = f"Confusion of {size} intents"
    if left_out:
        title = f"The {len(labels)} most confused of {len(labels) + left_out} intents"
    axes.set_title(title, loc="left", color=INK, fontsize=13, pad=24)
    axes.annotate(
        "green: right; red: wrong, by its share of the row",
        xy=(0, 1), xycoords="axes fraction", xytext=(0, 8), textcoords="offset points",
        color=FAINT, fontsize=9,
    )  # fmt: skip
    return _png(figure)


def confidence_histogram(readings: Sequence[Reading]) -> bytes:
    """How sure the model was where it was right, and where it was wrong."""
    figure = _figure(7.5, 4.2)
    axes = figure.subplots()
    right = [it.confidence for it in readings if it.right]
    wrong = [it.confidence for it in readings if not it.right]
    edges = np.linspace(0, 1, 26)
    axes.hist(right, bins=list(edges), color=RIGHT, alpha=0.85, label=f"right: {len(right):,}")
    below = np.histogram(wrong, bins=edges)[0]
    axes.bar(edges[:-1], -below, width=np.diff(edges), align="edge", color=WRONG, alpha=0.85,
             label=f"wrong: {len(wrong):,}")  # fmt: skip
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.set_xlim(0, 1)
    axes.yaxis.set_major_formatter(lambda value, _: f"{abs(value):,.0f}")
    axes.set_xlabel("confidence", color=INK)
    axes.set_ylabel("messages", color=INK)
    axes.set_title("How sure the model was", loc="left", color=INK, fontsize=13)
    axes.legend(frameon=False, loc="upper left")
    _plain(axes)
    return _png(figure)


def reliability(found: Calibration) -> bytes:
    """Accuracy over confidence: on the diagonal, confidence means what it says."""
    figure = _figure(5.2, 5.0)
    axes = figure.subplots()
    bins = [it for it in found.bins if it.count]
    total = sum(it.count for it in bins)
    axes.plot([0, 1], [0, 1], color=FAINT, linestyle="--", linewidth=1)
    for it in bins:
        middle, width = (it.low + it.high) / 2, (it.high - it.low) * 0.92
        axes.bar(middle, it.accuracy, width=width, color=RIGHT, alpha=0.25)
        axes.plot([it.confidence] * 2, [it.confidence, it.accuracy], color=WRONG, linewidth=1.5)
    axes.scatter([it.confidence for it in bins], [it.accuracy for it in bins], color=RIGHT,
                 s=[20 + 280 * it.count / total for it in bins], zorder=3, clip_on=False)  # fmt: skip
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("confidence", color=INK)
    axes.set_ylabel("share that was right", color=INK)
    title = f"Calibration: expected error {found.error:.3f}"
    axes.set_title(title, loc="left", color=INK, fontsize=13)
    _plain(axes)
    return _png(figure)


def _shown(scores: IntentScores) -> tuple[list[str], int]:
    """The intents to show and how many are left out; where all fit, all."""
    names = sorted(scores.per_intent)
    if len(names) <= MOST_INTENTS:
        return names, 0
    errors: Counter[str] = Counter()
    for (right, said), count in scores.confusion.items():
        if right != said:
            errors[right] += count
            errors[said] += count
    ranked = sorted(errors, key=lambda name: (-errors[name], name))[: MOST_INTENTS - 1]
    labels = _neighbours(ranked, scores.confusion) or names[: MOST_INTENTS - 1]
    return labels, len(names) - len(labels)


def _neighbours(names: Sequence[str], confusion: Mapping[tuple[str, str], int]) -> list[str]:
    """In an order in which intents that are taken for each other stand together."""
    left, ordered = list(names), list[str]()

    def shared(a: str, b: str) -> int:
        return confusion.get((a, b), 0) + confusion.get((b, a), 0)

    while left:
        nearest: Callable[[str], int] = (
            (lambda name: shared(ordered[-1], name)) if ordered else (lambda name: 0)
        )
        chosen = max(left, key=nearest)
        left.remove(chosen)
        ordered.append(chosen)
    return ordered


def _counted(
    confusion: Mapping[tuple[str, str], int], labels: Sequence[str], *, others: bool
) -> Matrix:
    place = {name: index for index, name in enumerate(labels)}
    size = len(labels) + others
    counts: Matrix = np.zeros((size, size), dtype=np.int64)
    for (right, said), count in confusion.items():
        counts[place.get(right, len(labels)), place.get(said, len(labels))] += count
    return counts


def _cells(axes: Axes, counts: Matrix, font: float) -> None:
    """Coloured by the share of the row; the root makes few errors visible beside many hits."""
    rows = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, rows, out=np.zeros(counts.shape), where=rows > 0)
    strength = np.sqrt(shares)
    image = np.ones((*counts.shape, 3))
    for colour, mask in ((RIGHT, np.eye(len(counts), dtype=bool)), (WRONG, None)):
        where = ~np.eye(len(counts), dtype=bool) if mask is None else mask
        rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        image[where] = 1 - strength[where][:, None] * (1 - rgb)
    axes.imshow(image, interpolation="nearest", aspect="equal")
    for row, column in zip(*np.nonzero(counts), strict=True):
        dark = strength[row, column] > 0.6
        axes.text(column, row, f"{counts[row, column]}", ha="center", va="center", fontsize=font,
                  color="white" if dark else INK)  # fmt: skip
    size = len(counts)
    axes.set_xticks(np.arange(size + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(size + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="#e3e7ea", linewidth=0.6)
    axes.tick_params(which="both", length=0, colors=INK)
    for side in axes.spines.values():
        side.set_visible(False)


def _font(size: int) -> float:
    return 9.0 if size <= 16 else 8.5


def _label(name: str) -> str:
    name = name or "(nothing)"
    # A dollar would begin a formula.
    short = name if len(name) <= LONGEST_LABEL else name[: LONGEST_LABEL - 1] + "…"
    return short.replace("$", r"\$")


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), dpi=DOTS_PER_INCH, layout="constrained")
    FigureCanvasAgg(figure)
    figure.patch.set_facecolor("white")
    return figure


def _plain(axes: Axes) -> None:
    axes.tick_params(colors=INK)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _png(figure: Figure) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings():
        # A letter that the font lacks is drawn as a box.
        warnings.filterwarnings("ignore", message="Glyph")
        # Without the software's name the same figures make the same bytes.
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
