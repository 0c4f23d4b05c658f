"""Scores of entities: found exactly, or at least in part (after SemEval-2013, task 9)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bot.engine.parse import Entity
from nlu.evaluation.readings import Reading
from nlu.evaluation.scores import Score, score

Kind = Literal["partial", "missed", "spurious"]
HALF = 0.5
"""What a find that overlaps the right span is worth."""


@dataclass(frozen=True, slots=True)
class EntityScore:
    """`exact` counts the right span and entity alone; `partial` an overlap as half a find."""

    exact: Score
    partial: Score


@dataclass(frozen=True, slots=True)
class EntityError:
    """What went wrong with one entity: one of the two is None where it was missed or spurious."""

    text: str
    kind: Kind
    expected: Entity | None
    predicted: Entity | None


@dataclass(frozen=True, slots=True)
class EntityScores:
    """Per entity, over all (micro), and what was found that the data never annotates."""

    per_entity: Mapping[str, EntityScore]
    overall: EntityScore
    unannotated: Mapping[str, int]
    errors: tuple[EntityError, ...]


@dataclass(slots=True)
class _Counts:
    exact: Counter[str] = field(default_factory=Counter)
    partial: Counter[str] = field(default_factory=Counter)
    expected: Counter[str] = field(default_factory=Counter)
    predicted: Counter[str] = field(default_factory=Counter)

    def score(self, name: str) -> EntityScore:
        return _scored(
            self.exact[name], self.partial[name], self.predicted[name], self.expected[name]
        )

    def overall(self) -> EntityScore:
        totals = (self.exact, self.partial, self.predicted, self.expected)
        return _scored(*(counts.total() for counts in totals))


def entity_scores(readings: Sequence[Reading]) -> EntityScores | None:
    """None where the data annotates no entity. Entities it never annotates are counted apart."""
    annotated = {e.entity for it in readings for e in it.case.entities}
    if not annotated:
        return None
    counts, errors, other = _Counts(), list[EntityError](), Counter[str]()
    for reading in readings:
        # Two extractors that agree have found one thing.
        found = list({_place(e): e for e in reading.entities if e.entity in annotated}.values())
        other.update(e.entity for e in reading.entities if e.entity not in annotated)
        errors.extend(_compare(reading.case.text, reading.case.entities, found, counts))
    per_entity = {name: counts.score(name) for name in sorted(annotated)}
    return EntityScores(per_entity, counts.overall(), dict(sorted(other.items())), tuple(errors))


def _scored(exact: int, partial: int, predicted: int, expected: int) -> EntityScore:
    half = exact + HALF * partial
    precision = half / predicted if predicted else 0.0
    recall = half / expected if expected else 0.0
    both = precision + recall
    f1 = 2 * precision * recall / both if both else 0.0
    return EntityScore(score(exact, predicted, expected), Score(precision, recall, f1, expected))


def _compare(
    text: str, expected: Sequence[Entity], found: Sequence[Entity], counts: _Counts
) -> Iterator[EntityError]:
    """Pairs each right entity with one that was found: the same span first, then by overlap."""
    counts.expected.update(e.entity for e in expected)
    counts.predicted.update(e.entity for e in found)
    left, unpaired = list(found), list[Entity]()
    for right in expected:
        same = next((e for e in left if _place(e) == _place(right)), None)
        if same is None:
            unpaired.append(right)
        else:
            left.remove(same)
            counts.exact[right.entity] += 1
    for right in unpaired:
        near = max((e for e in left if _overlap(e, right)), key=lambda e: _overlap(e, right),
                   default=None)  # fmt: skip
        if near is None:
            yield EntityError(text, "missed", right, None)
        else:
            left.remove(near)
            counts.partial[right.entity] += 1
            yield EntityError(text, "partial", right, near)
    yield from (EntityError(text, "spurious", None, e) for e in left)


def _place(e: Entity) -> tuple[str, int, int]:
    return e.entity, e.start, e.end


def _overlap(a: Entity, b: Entity) -> int:
    """Characters that two entities of one name share."""
    return max(0, min(a.end, b.end) - max(a.start, b.start)) if a.entity == b.entity else 0
