"""Each component by itself, in a small project."""

from pathlib import Path

import pytest

from nlu.folding import fold, pieces
from nlu.message import Message
from nlu.pipeline import Interpreter, load, save, train

FEATURES = "- name: CountVectorsFeaturizer\n  max_ngram: 2\n"
LEARNED = FEATURES + "- name: LogisticRegressionClassifier\n"
WHITESPACE = "- name: WhitespaceTokenizer\n"


def read_with(project: Path, steps: str) -> Interpreter:
    (project / "config.yml").write_text(f"language: en\npipeline:\n{steps}", "utf-8")
    folder = project / "models"
    save(train(project), folder)
    return load(folder)


@pytest.mark.parametrize("tokenizer", [WHITESPACE, "- name: SpacyTokenizer\n  model: en\n"])
def test_either_tokenizer_feeds_the_classifier(project: Path, tokenizer: str) -> None:
    reader = read_with(project, tokenizer + LEARNED)
    assert reader.parse("I would like that").intent.name == "affirm"
    assert reader.parse("I would rather not").intent.name == "deny"


def test_spacy_cuts_words_by_the_rules_of_a_language() -> None:
    from nlu.components.spacy_tokenizer import SpacyTokenizer, SpacyTokenizerOptions

    message = Message("don't text me, I'm Mike! 👍")
    SpacyTokenizer(SpacyTokenizerOptions(model="en"), "en").process(message)
    assert [t.text for t in message.tokens] == [
        "do",
        "n't",
        "text",
        "me",
        ",",
        "I",
        "'m",
        "Mike",
        "!",
        "👍",
    ]
    assert all(message.text[t.start : t.end] == t.text for t in message.tokens)


def test_regex_features_count(project: Path) -> None:
    steps = WHITESPACE + "- name: RegexFeaturizer\n" + LEARNED
    assert read_with(project, steps).parse("Buenos Aires").intent.name == "inform_city"


def test_lookups_are_entities_where_the_data_mark_them(project: Path) -> None:
    steps = WHITESPACE + LEARNED + "- name: RegexEntityExtractor\n- name: EntitySynonymMapper\n"
    parse = read_with(project, steps).parse("from buenos aires to Rome 12345")
    assert [(e.entity, e.value, e.start, e.end) for e in parse.entities] == [
        ("city", "buenos aires", 5, 17),
        ("city", "Roma", 21, 25),
    ]


def test_regexes_are_entities_too(project: Path) -> None:
    data = project / "nlu" / "data" / "zip.yml"
    data.write_text("nlu:\n- intent: inform_city\n  examples: |\n    - in [10115](zip)\n", "utf-8")
    reader = read_with(project, WHITESPACE + LEARNED + "- name: RegexEntityExtractor\n")
    zip_code = reader.parse("it is 80331").entity("zip")
    assert zip_code is not None
    assert zip_code.value == "80331"


def test_keywords_decide(project: Path) -> None:
    reader = read_with(project, "- name: KeywordIntentClassifier\n- name: FallbackClassifier\n")
    assert reader.parse("well, SURE thing!").intent.name == "affirm"
    assert reader.parse("hm").intent.name == "nlu_fallback"


def test_fallback_below_the_threshold_and_between_two(project: Path) -> None:
    strict = WHITESPACE + LEARNED + "- name: FallbackClassifier\n  threshold: 0.999\n"
    parse = read_with(project, strict).parse("would I")
    assert parse.intent.name == "nlu_fallback"
    assert parse.ranking[1].name != "nlu_fallback"
    vague = WHITESPACE + LEARNED + (
        "- name: FallbackClassifier\n  threshold: 0.1\n  ambiguity_threshold: 0.9\n"
    )  # fmt: skip
    assert read_with(project, vague).parse("would I").intent.name == "nlu_fallback"


def test_a_project_may_give_a_short_reply_another_meaning(project: Path) -> None:
    data = project / "nlu" / "data" / "own.yml"
    data.write_text("nlu:\n- intent: inform_city\n  examples: |\n    - Nah\n    - nah\n", "utf-8")
    reader = read_with(project, WHITESPACE + LEARNED + "- name: ShortReplyClassifier\n")
    assert reader.parse("nah").intent.name == "inform_city"
    assert reader.parse("nope").intent.name == "deny"


def test_short_replies_of_intents_that_a_project_lacks_are_left_alone(project: Path) -> None:
    reader = read_with(project, WHITESPACE + LEARNED + "- name: ShortReplyClassifier\n")
    assert reader.parse("hello").metadata == {}


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Sí,  DON’T", "si, dont"),
        ("Ёлка", "елка"),
        ("آرِه", "اره"),
        ("ばい", "ばい"),
        ("ＯＫ", "ok"),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_pieces() -> None:
    assert pieces("Yes!! 👍🏽 好的") == ["yes", "👍", "好", "的"]
    assert pieces("हाँ है") == ["हां", "है"]
