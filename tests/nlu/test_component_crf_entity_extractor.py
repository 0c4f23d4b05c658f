"""CRFEntityExtractor and LexicalSyntacticFeaturizer."""

from pathlib import Path

import pytest

from nlu.components.crf_entity_extractor import CRFEntityExtractor, CRFEntityExtractorOptions
from nlu.components.spans import Span, labels_of, spans_of
from nlu.components.token_features import features_of_tokens
from nlu.components.whitespace_tokenizer import whitespace_tokens
from nlu.message import Message
from nlu.pipeline import Interpreter, PipelineError
from tests.nlu.reading import read_with, taught

TRIPS = """
nlu:
- intent: travel
  examples: |
    - from [Berlin]{"entity": "city", "role": "departure"} to [Rome]{"entity": "city", "role": "destination"}
    - from [Paris]{"entity": "city", "role": "departure"} to [Oslo]{"entity": "city", "role": "destination"}
    - to [Ulm]{"entity": "city", "role": "destination"} from [New York]{"entity": "city", "role": "departure"}
    - from [San Jose]{"entity": "city", "role": "departure"} please
    - to [Prague]{"entity": "city", "role": "destination"}, thanks
- intent: order
  examples: |
    - a [small](size) tea
    - one [large](size) tea please
    - a [small]{"entity": "size", "group": "1"} tea and a [large]{"entity": "size", "group": "2"} coffee
    - a [large]{"entity": "size", "group": "1"} tea and a [small]{"entity": "size", "group": "2"} coffee
    - tea please
    - with [milk](extra), [sugar](extra) and [lemon](extra)
    - with [sugar, milk](extra)
"""
STEPS = (
    "- name: WhitespaceTokenizer\n- name: CountVectorsFeaturizer\n"
    "- name: LogisticRegressionClassifier\n"
)


@pytest.fixture
def trips(project: Path) -> Path:
    (project / "nlu" / "data" / "nlu.yml").write_text(TRIPS, "utf-8")
    return project


def _found(reader: Interpreter, text: str) -> list[tuple[str, str, str | None, str | None]]:
    parse = reader.parse(text)
    assert all(text[e.start : e.end] == e.value for e in parse.entities)
    assert all(0.0 < e.confidence <= 1.0 for e in parse.entities)
    assert {e.extractor for e in parse.entities} <= {"CRFEntityExtractor"}
    return [(e.entity, e.value, e.role, e.group) for e in parse.entities]


@pytest.mark.parametrize("flag", ["true", "false"])
def test_entities_have_roles(trips: Path, flag: str) -> None:
    reader = read_with(trips, STEPS + f"- name: CRFEntityExtractor\n  BILOU_flag: {flag}\n")
    assert _found(reader, "from San Jose to Lisbon please") == [
        ("city", "San Jose", "departure", None),
        ("city", "Lisbon", "destination", None),
    ]


def test_entities_have_groups(trips: Path) -> None:
    reader = read_with(trips, STEPS + "- name: CRFEntityExtractor\n")
    assert [(value, group) for _, value, _, group in _found(reader, "a small tea and a large coffee")] == [
        ("small", "1"), ("large", "2"),
    ]  # fmt: skip


def test_a_comma_ends_an_entity_where_it_should(trips: Path) -> None:
    splitting = STEPS + "- name: CRFEntityExtractor\n"
    values = [v for _, v, _, _ in _found(read_with(trips, splitting), "with sugar, milk")]
    assert values == ["sugar", "milk"]
    whole = splitting + "  split_entities_by_comma:\n    extra: false\n"
    values = [v for _, v, _, _ in _found(read_with(trips, whole), "with sugar, milk")]
    assert values == ["sugar, milk"]


def test_a_trained_model_reads_as_the_saved_one(trips: Path) -> None:
    steps = STEPS + "- name: CRFEntityExtractor\n"
    text = "from Berlin to Rome"
    trained = taught(trips, steps).interpreter().parse(text)
    assert read_with(trips, steps).parse(text) == trained
    assert len(trained.entities) == 2


def test_without_marked_entities_nothing_is_found(project: Path) -> None:
    data = "nlu:\n- intent: a\n  examples: |\n    - one\n- intent: b\n  examples: |\n    - two\n"
    (project / "nlu" / "data" / "nlu.yml").write_text(data, "utf-8")
    assert read_with(project, STEPS + "- name: CRFEntityExtractor\n").parse("one").entities == ()


def test_patterns_and_neighbours_are_features(project: Path) -> None:
    component = CRFEntityExtractor(CRFEntityExtractorOptions(), "en")
    message = Message("to New York", tokens=whitespace_tokens("to New York"))
    message.token_features["pattern"] = [[], ["city"], ["city"]]
    features = features_of_tokens(message, component.options.features)
    assert "0:pattern:city" in features[1]
    assert {"-1:low:to", "0:low:new", "1:low:york", "0:title:True", "0:prefix2:Ne"} <= set(
        features[1]
    )
    assert "BOS" in features[0]
    assert "EOS" in features[2]


def test_parts_of_speech_come_from_spacy() -> None:
    message = Message("big cat", tokens=whitespace_tokens("big cat"))
    message.token_features["pos"] = [["ADJ"], ["NOUN"]]
    assert features_of_tokens(message, [["pos", "pos2"]]) == [
        ["0:pos:ADJ", "0:pos2:AD", "BOS"],
        ["0:pos:NOUN", "0:pos2:NO", "EOS"],
    ]


def test_lexical_features_reach_the_crf(trips: Path) -> None:
    crf = "- name: CRFEntityExtractor\n  features: [[bias]]\n"
    lexical = "- name: LexicalSyntacticFeaturizer\n  features: [[low], [title], []]\n"
    blind, seeing = read_with(trips, STEPS + crf), read_with(trips, STEPS + lexical + crf)
    assert _found(blind, "from Lisbon") == []
    assert [v for _, v, _, _ in _found(seeing, "from Lisbon")] == ["Lisbon"]


def test_lexical_features_without_a_crf_are_told(project: Path) -> None:
    model = taught(project, "- name: WhitespaceTokenizer\n- name: LexicalSyntacticFeaturizer\n"
                   "- name: CountVectorsFeaturizer\n- name: LogisticRegressionClassifier\n")  # fmt: skip
    assert any("LexicalSyntacticFeaturizer" in notice for notice in model.notices)


def test_a_window_may_have_one_more_list_before() -> None:
    message = Message("a b c", tokens=whitespace_tokens("a b c"))
    assert features_of_tokens(message, [["low"], ["low"], [], []])[2] == [
        "-2:low:a",
        "-1:low:b",
        "EOS",
    ]


def test_dense_features_are_taken_with_a_notice(trips: Path) -> None:
    crf = "- name: CRFEntityExtractor\n  features: [[low, text_dense_features]]\n"
    assert any("text_dense_features" in notice for notice in taught(trips, STEPS + crf).notices)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("features: [[low], [low]]", "odd number"),
        ("features: [[lower]]", "unknown feature 'lower'"),
        ("features: low", "features"),
        ("max_iterations: 0", "max_iterations"),
        ("L1_c: -1.0", "L1_c"),
        ("BILOU_tag: true", "BILOU_flag"),
    ],
)
def test_options_are_checked(trips: Path, options: str, words: str) -> None:
    with pytest.raises(PipelineError, match=words):
        taught(trips, STEPS + f"- name: CRFEntityExtractor\n  {options}\n")


@pytest.mark.parametrize("bilou", [True, False])
def test_labels_tell_the_spans_again(bilou: bool) -> None:
    names, owners = ["O", "x", "x", "y", "O", "x"], [-1, 0, 0, 1, -1, 2]
    labels = labels_of(names, owners, bilou=bilou)
    assert spans_of([(label, 1.0) for label in labels], bilou=bilou) == [
        Span("x", 1, 2, 1.0), Span("y", 3, 3, 1.0), Span("x", 5, 5, 1.0),
    ]  # fmt: skip


def test_two_neighbours_of_one_name_stay_two_with_bilou() -> None:
    labels = labels_of(["x", "x", "x"], [0, 0, 1], bilou=True)
    assert labels == ["B-x", "L-x", "U-x"]
    spans = spans_of([(label, 1.0) for label in labels], bilou=True)
    assert [(s.first, s.last) for s in spans] == [(0, 1), (2, 2)]


def test_labels_that_do_not_fit_are_forgiven() -> None:
    tagged = [("I-x", 0.9), ("L-x", 0.5), ("I-y", 0.7), ("O", 1.0), ("B-y", 0.6)]
    assert spans_of(tagged, bilou=True) == [
        Span("x", 0, 1, 0.5), Span("y", 2, 2, 0.7), Span("y", 4, 4, 0.6),
    ]  # fmt: skip
