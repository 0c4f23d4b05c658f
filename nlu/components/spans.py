"""Spans of tokens as labels of single tokens, and back: plain, or BILOU (Ratinov, Roth 2009)."""

from collections.abc import Sequence
from dataclasses import dataclass

OUTSIDE = "O"


@dataclass(frozen=True, slots=True)
class Span:
    """The tokens from `first` to `last`, both within; `confidence` is that of the weakest."""

    name: str
    first: int
    last: int
    confidence: float


def labels_of(names: Sequence[str], owners: Sequence[int], *, bilou: bool) -> list[str]:
    """The labels of tokens: begin, inside, last, outside, unit. `owners` tells two neighbours of
    the same name apart: a number for each span."""
    if not bilou:
        return list(names)
    labels = []
    for at, name in enumerate(names):
        begins = at == 0 or owners[at - 1] != owners[at]
        ends = at + 1 == len(names) or owners[at + 1] != owners[at]
        mark = ("U" if ends else "B") if begins else ("L" if ends else "I")
        labels.append(OUTSIDE if name == OUTSIDE else f"{mark}-{name}")
    return labels


def spans_of(tagged: Sequence[tuple[str, float]], *, bilou: bool) -> list[Span]:
    """The spans that labels with their probabilities tell; labels that do not fit are forgiven."""
    spans: list[Span] = []
    open_until = -1
    for at, (label, probability) in enumerate(tagged):
        if label == OUTSIDE:
            continue
        mark, name = (label[:1], label[2:]) if bilou else ("I", label)
        last = spans[-1] if spans else None
        goes_on = last is not None and last.last == at - 1 and last.name == name
        if last is not None and goes_on and mark in "IL" and open_until == at - 1:
            spans[-1] = Span(name, last.first, at, min(last.confidence, probability))
        else:
            spans.append(Span(name, at, at, probability))
        open_until = at if mark in "BI" else -1
    return spans
