"""Scores of intents: how often each was right, what it was taken for, and what thresholds do."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nlu.evaluation.readings import Reading

THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and their harmonic mean, 0 to 1, over `support` cases."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class IntentScores:
    """All scores of one evaluation. `confusion` counts (right, predicted)."""

    accuracy: float
    macro: Score
    weighted: Score
    per_intent: Mapping[str, Score]
    confusion: Mapping[tuple[str, str], int]

    def confused_with(self, intent: str) -> dict[str, int]:
        """What the intent was wrongly taken for, and how often; the most frequent first."""
        wrong = {p: n for (r, p), n in self.confusion.items() if r == intent and p != intent}
        return dict(sorted(wrong.items(), key=lambda it: (-it[1], it[0])))


def score(hits: int, predicted: int, expected: int) -> Score:
    """From counts: hits, how often it was predicted, how often it was right to."""
    precision = hits / predicted if predicted else 0.0
    recall = hits / expected if expected else 0.0
    both = precision + recall
    return Score(precision, recall, 2 * precision * recall / both if both else 0.0, expected)


def intent_scores(readings: Iterable[Reading]) -> IntentScores:
    """Scores over all readings; as in scikit-learn, every label that occurs counts in the macro."""
    confusion = Counter((it.case.intent, it.predicted) for it in readings)
    expected: Counter[str] = Counter()
    predicted: Counter[str] = Counter()
    for (right, said), count in confusion.items():
        expected[right] += count
        predicted[said] += count
    labels = sorted({*expected, *predicted})
    per_intent = {
        name: score(confusion[name, name], predicted[name], expected[name]) for name in labels
    }
    total = expected.total()
    hits = sum(confusion[name, name] for name in labels)
    return IntentScores(
        accuracy=hits / total if total else 0.0,
        macro=_mean(per_intent, dict.fromkeys(labels, 1), total),
        weighted=_mean(per_intent, expected, total),
        per_intent=per_intent,
        confusion=dict(confusion),
    )


def _mean(per_intent: Mapping[str, Score], weights: Mapping[str, int], support: int) -> Score:
    total = sum(weights.get(name, 0) for name in per_intent)

    def of(values: Mapping[str, float]) -> float:
        return sum(values[n] * weights.get(n, 0) for n in values) / total if total else 0.0

    return Score(
        of({n: s.precision for n, s in per_intent.items()}),
        of({n: s.recall for n, s in per_intent.items()}),
        of({n: s.f1 for n, s in per_intent.items()}),
        support,
    )


@dataclass(frozen=True, slots=True)
class Trade:
    """What a threshold costs and brings: shares of all cases. `wrong` ones would move a flow."""

    threshold: float
    answered: float
    wrong: float
    precision: float


def threshold_table(
    readings: Sequence[Reading], thresholds: Iterable[float] = THRESHOLDS
) -> list[Trade]:
    """For each threshold how many cases would be answered, and how many of them wrongly."""
    table = []
    for threshold in thresholds:
        answered = [it for it in readings if it.confidence >= threshold]
        wrong = sum(not it.right for it in answered)
        share = len(answered) / len(readings) if readings else 0.0
        precision = 1 - wrong / len(answered) if answered else 0.0
        table.append(Trade(threshold, share, wrong / len(readings) if readings else 0.0, precision))
    return table


@dataclass(frozen=True, slots=True)
class ScopeScores:
    """How messages that none of the intents answers are told from the others.

    `recall`: share of those messages that were read as out of scope or refused; `false_alarms`: share
    of all others that were; `precision`: share of those so read that are out of scope.
    """

    recall: float
    precision: float
    false_alarms: float
    support: int


def scope_scores(readings: Iterable[Reading]) -> ScopeScores | None:
    """None where no case is labelled out of scope."""
    found: Counter[tuple[bool, bool]] = Counter(
        (it.case.out_of_scope, it.out_of_scope) for it in readings
    )
    outside = found[True, True] + found[True, False]
    inside = found[False, True] + found[False, False]
    if not outside:
        return None
    scores = score(found[True, True], found[True, True] + found[False, True], outside)
    alarms = found[False, True] / inside if inside else 0.0
    return ScopeScores(scores.recall, scores.precision, alarms, outside)
