"""Cross-validation: who is asked was not taught, and the same seed divides in the same way."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.config import PipelineConfig, Step
from nlu.evaluation.cases import EvaluationError
from nlu.evaluation.evaluation import evaluate
from nlu.evaluation.folds import cross_validate, divide, single_examples, without
from nlu.training.examples import Example, TrainingData

CONFIG = PipelineConfig(
    "en",
    (
        Step("WhitespaceTokenizer", {}),
        Step("CountVectorsFeaturizer", {}),
        Step("LogisticRegressionClassifier", {}),
    ),
)
EXAMPLES = st.lists(
    st.builds(
        Example,
        text=st.text(alphabet="abc ", min_size=1, max_size=3),
        intent=st.sampled_from(["affirm", "deny", "greet"]),
    ),
    min_size=12,
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(EXAMPLES, st.integers(2, 4), st.integers(0, 5))
def test_every_example_is_in_one_part_and_no_text_in_two(
    examples: list[Example], folds: int, seed: int
) -> None:
    try:
        parts = divide(examples, folds, seed)
    except EvaluationError:
        assert len({example.text.casefold().strip() for example in examples}) <= folds
        return
    assert sorted(index for part in parts for index in part) == list(range(len(examples)))
    assert divide(examples, folds, seed) == parts
    texts = [{" ".join(examples[index].text.split()) for index in part} for part in parts]
    assert sum(len(part) for part in texts) == len(set.union(*texts))


def test_every_part_has_its_share_of_every_intent() -> None:
    examples = [Example(f"yes {n}", "affirm") for n in range(40)]
    examples += [Example(f"no {n}", "deny") for n in range(10)]
    for part in divide(examples, 5, seed=1):
        assert Counter(examples[index].intent for index in part) == {"affirm": 8, "deny": 2}
    assert divide(examples, 5, seed=1) != divide(examples, 5, seed=2)


@pytest.mark.parametrize(("folds", "told"), [(1, "at least 2 folds"), (4, "at least 4 different")])
def test_what_cannot_be_divided_is_refused(folds: int, told: str) -> None:
    examples = [Example("yes", "affirm"), Example("no", "deny"), Example("YES", "affirm")]
    with pytest.raises(EvaluationError, match=told):
        divide(examples, folds, seed=0)


def test_a_fold_needs_two_intents_to_learn() -> None:
    data = TrainingData(examples=[Example("yes", "affirm"), Example("no", "deny")])
    with pytest.raises(EvaluationError, match="fewer than two intents"):
        without(data, [0])


def test_intents_with_one_example_are_told() -> None:
    texts = [("yes", "affirm"), ("YES", "affirm"), ("no", "deny"), ("nope", "deny")]
    data = TrainingData(examples=[Example(*it) for it in texts])
    assert list(single_examples(data)) == ["affirm"]


def test_nobody_is_asked_what_was_taught() -> None:
    # Each text has a word of its own that no other has: who was taught it would know it.
    data = TrainingData(
        examples=[
            Example(f"{word} w{n}", intent)
            for intent, word in (("affirm", "yes"), ("deny", "no"))
            for n in range(12)
        ]
        + [Example(f"odd{n}", ("affirm", "deny")[n % 2]) for n in range(4)]
    )
    told: list[tuple[str, float]] = []
    readings = cross_validate(CONFIG, data, 4, 0, lambda what, share: told.append((what, share)))
    assert [it.case.text for it in readings] == [e.text for e in data.examples]
    assert all(it.right for it in readings[:24])
    assert evaluate(readings).accuracy >= 24 / 28
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    again = cross_validate(CONFIG, data, 4, 0, lambda what, share: None)
    assert again == readings


def test_the_data_of_a_project_are_divided(project: Path) -> None:
    from nlu.training.reader import read_project

    readings = cross_validate(CONFIG, read_project(project), 3, 7, lambda what, share: None)
    assert len(readings) == 9
