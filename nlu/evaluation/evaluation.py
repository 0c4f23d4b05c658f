"""All that is known of a model after it has read the cases."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nlu.evaluation.calibration import Calibration, calibration
from nlu.evaluation.cases import OUT_OF_SCOPE
from nlu.evaluation.entity_scores import EntityScores, entity_scores
from nlu.evaluation.readings import Reading, known_intents, one_label_out_of_scope
from nlu.evaluation.scores import (
    IntentScores,
    ScopeScores,
    Trade,
    intent_scores,
    scope_scores,
    threshold_table,
)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores of one model on one set of cases.

    `readings` are those whose intent is scored: all, but for messages out of scope where the model
    has no intent for them (`scope` tells of these). `accuracy_in_scope` leaves them out in any case.
    `answered` is the share that reached the model's own threshold, `answered_right` how many of those
    were right.
    """

    readings: tuple[Reading, ...]
    intents: IntentScores
    accuracy_in_scope: float
    answered: float
    answered_right: float
    calibration: Calibration
    thresholds: tuple[Trade, ...]
    scope: ScopeScores | None
    entities: EntityScores | None
    unknown: tuple[str, ...]

    @property
    def accuracy(self) -> float:
        """The share of intents that were right; where all is out of scope, what was told so."""
        if self.readings or self.scope is None:
            return self.intents.accuracy
        return self.scope.recall

    @property
    def errors(self) -> list[Reading]:
        """The wrong readings, the surest first: these would do most harm."""
        wrong = (it for it in self.readings if not it.right)
        return sorted(wrong, key=lambda it: (-it.confidence, it.case.text))


def evaluate(readings: Sequence[Reading]) -> Evaluation:
    """Count everything."""
    known = known_intents(readings)
    cases = one_label_out_of_scope((it.case for it in readings), known)
    labelled = [replace(it, case=case) for it, case in zip(readings, cases, strict=True)]
    scored = [it for it in labelled if not it.case.out_of_scope or it.case.intent in known]
    answered = [it for it in scored if not it.refused]
    within = [it for it in scored if not it.case.out_of_scope]
    return Evaluation(
        readings=tuple(scored),
        intents=intent_scores(scored),
        accuracy_in_scope=_share_right(within),
        answered=len(answered) / len(scored) if scored else 0.0,
        answered_right=_share_right(answered),
        calibration=calibration(scored),
        thresholds=tuple(threshold_table(scored)),
        scope=scope_scores(labelled),
        entities=entity_scores(labelled),
        unknown=unknown_intents(labelled),
    )


def unknown_intents(readings: Sequence[Reading]) -> tuple[str, ...]:
    """Labels that the model never ranked; those for out of scope need not be known."""
    known = known_intents(readings)
    labels = {it.case.intent for it in readings}
    return tuple(sorted(labels - known - frozenset(OUT_OF_SCOPE)))


def _share_right(readings: Sequence[Reading]) -> float:
    return sum(it.right for it in readings) / len(readings) if readings else 0.0
