"""The scores against scikit-learn's, and against cases counted by hand."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

from bot.engine.parse import Entity, Intent, Parse
from nlu.evaluation.calibration import calibration_of
from nlu.evaluation.cases import Case
from nlu.evaluation.comparison import LARGEST_EXACT, Row, by_chance, compare
from nlu.evaluation.entity_scores import entity_scores
from nlu.evaluation.evaluation import evaluate
from nlu.evaluation.readings import Reading, reading_of
from nlu.evaluation.scores import intent_scores, threshold_table

LABELS = ["affirm", "deny", "greet", "thanks", ""]


def reading(right: str, said: str, confidence: float = 0.5, **fields: Any) -> Reading:
    return Reading(Case(f"a text of {right}", right), said, confidence, **fields)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1))
def test_intent_scores_are_those_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    scores = intent_scores([reading(right, said) for right, said in pairs])
    rights, saids = [right for right, _ in pairs], [said for _, said in pairs]
    labels = sorted({*rights, *saids})
    assert scores.accuracy == pytest.approx(accuracy_score(rights, saids))
    assert list(scores.per_intent) == labels
    for average, found in (("macro", scores.macro), ("weighted", scores.weighted)):
        expected = precision_recall_fscore_support(
            rights, saids, average=average, zero_division=0, labels=labels
        )
        assert (found.precision, found.recall, found.f1) == pytest.approx(expected[:3])
    each = precision_recall_fscore_support(
        rights, saids, average=None, zero_division=0, labels=labels
    )
    for name, *expected in zip(labels, *each, strict=True):
        its = scores.per_intent[name]
        assert [its.precision, its.recall, its.f1, its.support] == pytest.approx(expected)
    matrix = confusion_matrix(rights, saids, labels=LABELS)
    for row, right in enumerate(LABELS):
        for column, said in enumerate(LABELS):
            assert scores.confusion.get((right, said), 0) == matrix[row][column]


def test_of_nothing_all_scores_are_zero() -> None:
    scores = intent_scores([])
    assert (scores.accuracy, scores.macro.f1, scores.weighted.f1) == (0.0, 0.0, 0.0)
    assert calibration_of([]).error == 0.0
    assert entity_scores([]) is None


def test_what_an_intent_is_taken_for_is_listed_by_how_often() -> None:
    said = ["deny", "greet", "greet", "affirm", "thanks", "thanks"]
    scores = intent_scores([reading("affirm", it) for it in said])
    assert list(scores.confused_with("affirm").items()) == [
        ("greet", 2), ("thanks", 2), ("deny", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pairs", "error", "largest"),
    [
        ([(0.75, True), (0.75, True), (0.75, True), (0.75, False)], 0.0, 0.0),
        ([(1.0, True), (1.0, False)], 0.5, 0.5),
        ([(0.9, False)], 0.9, 0.9),
        ([(0.05, False), (0.05, False), (0.95, True), (0.95, True)], 0.05, 0.05),
        # Two bins of different weight: 3/4 of a gap of 0.2, 1/4 of a gap of 0.6.
        ([(0.8, True), (0.8, True), (0.8, True), (0.4, True)], 0.75 * 0.2 + 0.25 * 0.6, 0.6),
        # A border belongs to the bin below it; 0 to the first.
        ([(0.1, True), (0.0, False)], 0.45, 0.45),
    ],
)
def test_calibration_of_hand_made_cases(
    pairs: list[tuple[float, bool]], error: float, largest: float
) -> None:
    found = calibration_of(pairs)
    assert found.error == pytest.approx(error)
    assert found.largest == pytest.approx(largest)
    assert sum(it.count for it in found.bins) == len(pairs)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_every_confidence_lies_in_its_bin(pairs: list[tuple[float, bool]]) -> None:
    found = calibration_of(pairs)
    assert sum(it.count for it in found.bins) == len(pairs)
    assert 0 <= found.error <= found.largest + 1e-9 <= 1 + 2e-9
    for it in found.bins:
        inside = [c for c, _ in pairs if it.low < c <= it.high or (c == 0 and it.low == 0)]
        # Borders that no binary fraction is: 0.3 as a text and 3 / 10 may differ by an ulp.
        near = [c for c, _ in pairs if min(abs(c - it.low), abs(c - it.high)) < 1e-12]
        assert abs(len(inside) - it.count) <= len(near)


def test_a_threshold_trades_answers_for_errors() -> None:
    readings = [
        reading("affirm", "affirm", 0.9), reading("affirm", "deny", 0.7),
        reading("deny", "deny", 0.5), reading("deny", "affirm", 0.3),
    ]  # fmt: skip
    table = {it.threshold: it for it in threshold_table(readings, (0.0, 0.5, 0.8, 1.0))}
    assert (table[0.0].answered, table[0.0].wrong, table[0.0].precision) == (1.0, 0.5, 0.5)
    assert (table[0.5].answered, table[0.5].wrong) == (0.75, 0.25)
    assert table[0.5].precision == pytest.approx(2 / 3)
    assert (table[0.8].answered, table[0.8].wrong, table[0.8].precision) == (0.25, 0.0, 1.0)
    assert (table[1.0].answered, table[1.0].precision) == (0.0, 0.0)


# what counts as predicted


def parse(*ranking: tuple[str, float], **fields: Any) -> Parse:
    intents = tuple(Intent(*it) for it in ranking)
    return Parse("hm", intents[0], intents, **fields)


def test_a_fallback_is_undone_but_remembered() -> None:
    found = reading_of(Case("hm", "deny"), parse(("nlu_fallback", 0.6), ("deny", 0.4)))
    assert (found.predicted, found.confidence, found.refused, found.right) == (
        "deny", 0.4, True, True,
    )  # fmt: skip
    sure = reading_of(Case("hm", "deny"), parse(("deny", 0.8), ("affirm", 0.2)))
    assert (sure.refused, sure.ranked) == (False, frozenset({"deny", "affirm"}))
    empty = reading_of(Case("hm", "deny"), parse(("nlu_fallback", 1.0)))
    assert (empty.predicted, empty.confidence, empty.refused) == ("", 0.0, True)


def test_what_was_asked_for_is_chosen_among() -> None:
    ranked = parse(("greet", 0.6), ("deny", 0.3), asked=(Intent("deny", 0.9),))
    assert reading_of(Case("hm", "deny"), ranked, restricted=True).right
    nothing = reading_of(Case("hm", "deny"), parse(("greet", 0.9)), restricted=True)
    assert nothing.predicted == ""


def scoped(right: str, said: str, *, refused: bool = False, known: str = "") -> Reading:
    ranked = frozenset(("affirm", "deny", *([known] if known else [])))
    return Reading(Case("t", right), said, 0.5, refused, ranked=ranked)


def test_out_of_scope_without_an_intent_for_it() -> None:
    found = evaluate([
        scoped("affirm", "affirm"), scoped("affirm", "deny", refused=True),
        scoped("oos", "affirm", refused=True), scoped("out_of_scope", "deny"),
    ])  # fmt: skip
    assert found.scope is not None
    assert (found.scope.recall, found.scope.precision, found.scope.false_alarms) == (0.5, 0.5, 0.5)
    assert found.scope.support == 2
    assert (found.accuracy, found.accuracy_in_scope, len(found.readings)) == (0.5, 0.5, 2)
    assert (found.answered, found.answered_right, found.unknown) == (0.5, 1.0, ())


def test_out_of_scope_with_an_intent_for_it_under_another_name() -> None:
    known = "out_of_scope"
    found = evaluate([
        scoped("affirm", "affirm", known=known), scoped("oos", "out_of_scope", known=known),
        scoped("oos", "affirm", known=known),
    ])  # fmt: skip
    assert found.scope is not None
    assert (found.scope.recall, found.accuracy_in_scope) == (0.5, 1.0)
    assert found.accuracy == pytest.approx(2 / 3)
    assert found.intents.per_intent["out_of_scope"].recall == 0.5


def test_labels_that_the_model_never_ranks_are_unknown() -> None:
    found = evaluate(
        [scoped("affirm", "affirm"), scoped("ask_price", "deny"), scoped("oos", "deny")]
    )
    assert found.unknown == ("ask_price",)


# entities


def span(start: int, end: int, name: str = "name") -> Entity:
    return Entity(name, "x", start, end)


@pytest.mark.parametrize(
    ("expected", "found", "exact", "partial", "kinds"),
    [
        ([span(0, 4)], [span(0, 4)], (1, 1), (1, 1), []),
        ([span(0, 4)], [], (0, 0), (0, 0), ["missed"]),
        ([span(0, 4)], [span(0, 9)], (0, 0), (0.5, 0.5), ["partial"]),
        ([span(0, 4)], [span(4, 9)], (0, 0), (0, 0), ["missed", "spurious"]),
        ([span(0, 4)], [span(0, 4), span(6, 9)], (0.5, 1), (0.5, 1), ["spurious"]),
        # One find in two halves: only one of them counts.
        ([span(0, 9)], [span(0, 4), span(5, 9)], (0, 0), (0.25, 0.5), ["partial", "spurious"]),
        # The exact one is paired first, though another overlaps as well.
        ([span(0, 4), span(3, 9)], [span(3, 9)], (1, 0.5), (1, 0.5), ["missed"]),
        # Of two that overlap, the nearer one.
        ([span(0, 9)], [span(8, 12), span(0, 8)], (0, 0), (0.25, 0.5), ["partial", "spurious"]),
        # Two extractors that agree have found one thing.
        ([span(0, 4)], [span(0, 4), span(0, 4)], (1, 1), (1, 1), []),
        ([span(0, 4)], [span(0, 4, "city")], (0, 0), (0, 0), ["missed"]),
    ],
)
def test_entities_are_scored_exactly_and_in_part(
    expected: list[Entity],
    found: list[Entity],
    exact: tuple[float, float],
    partial: tuple[float, float],
    kinds: list[str],
) -> None:
    case = Case("0123456789ab", "inform", tuple(expected))
    scores = entity_scores([Reading(case, "inform", 1.0, entities=tuple(found))])
    assert scores is not None
    its = scores.per_entity["name"]
    assert (its.exact.precision, its.exact.recall) == pytest.approx(exact)
    assert (its.partial.precision, its.partial.recall) == pytest.approx(partial)
    assert sorted(error.kind for error in scores.errors) == sorted(kinds)
    assert scores.overall == its


def test_entities_that_the_data_never_marks_are_counted_apart() -> None:
    case = Case("Bob, 12", "inform", (span(0, 3),))
    scores = entity_scores(
        [Reading(case, "inform", 1.0, entities=(span(0, 3), span(5, 7, "number")))]
    )
    assert scores is not None
    assert scores.unannotated == {"number": 1}
    assert scores.overall.exact.f1 == 1.0


# comparison


def row(text: str, said: str, expected: str = "affirm") -> Row:
    return Row(text, expected, said, 0.5)


def test_what_became_better_and_worse() -> None:
    old = {"accuracy": 0.5, "cases": 3, "intents": {"affirm": {"f1-score": 0.5},
           "deny": {"f1-score": 0.9}, "gone": {"f1-score": 1.0}}}  # fmt: skip
    new = {"accuracy": 0.75, "cases": 4, "intents": {"affirm": {"f1-score": 0.75},
           "deny": {"f1-score": 0.8}, "new": {"f1-score": 0.1}}}  # fmt: skip
    before = [row("a", "deny"), row("b", "affirm"), row("c", "deny"), row("c", "affirm")]
    after = [row("a", "affirm"), row("b", "deny"), row("c", "deny"), row("d", "deny")]
    found = compare("old", old, new, before, after)
    assert [(it.name, it.difference) for it in found.figures] == [("accuracy", 0.25)]
    assert [it.name for it in found.better] == ["affirm"]
    assert [it.name for it in found.worse] == ["deny"]
    assert [now.text for _, now in found.fixed] == ["a"]
    assert [now.text for _, now in found.broken] == ["b"]
    assert (found.compared, found.chance) == (3, 1.0)
    assert compare("old", {}, new, [], after).chance is None


@pytest.mark.parametrize(
    ("fixed", "broken", "chance"),
    [(0, 0, 1.0), (1, 0, 1.0), (5, 0, 2 / 32), (0, 6, 2 / 64), (9, 1, 22 / 1024)],
)
def test_a_difference_may_be_by_chance(fixed: int, broken: int, chance: float) -> None:
    assert by_chance(fixed, broken) == pytest.approx(chance)


def test_many_differences_are_judged_by_the_normal_distribution() -> None:
    half = LARGEST_EXACT // 2
    assert by_chance(half + 20, half - 20) == pytest.approx(
        by_chance(half + 21, half - 20), rel=0.2
    )
    assert math.isclose(by_chance(600_000, 600_000), 1.0, abs_tol=0.01)
