"""No component raises, and what it finds are parts of the text, whatever the text is."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nlu.components.component import Component
from nlu.components.keyword_intent_classifier import KeywordIntentClassifier
from nlu.components.spacy_nlp import SpacyNLP, SpacyNLPOptions
from nlu.components.whitespace_tokenizer import WhitespaceTokenizer, WhitespaceTokenizerOptions
from nlu.message import Message
from nlu.payload import read_payload
from nlu.pipeline import Interpreter, to_rasa
from tests.nlu.reading import read_with

ANY = st.text(st.characters(), max_size=80)
SHORT = st.lists(
    st.sampled_from(
        [
            "to ",
            "Paris",
            "NEW",
            " york",
            ", ",
            "12345",
            "İ",
            "\u202e",
            "👍🏽",
            "\ud800",
            "\0",
            "ß",
            "北京",
        ]
    ),
    max_size=12,
).map("".join)
TEXTS = st.one_of(ANY, SHORT)
LONG = ("a" * 100_000, "!" * 100_000, " " * 100_000, "ab, " * 25_000, "\ud800" * 5_000, "/" * 9_000)
ALL = """
- name: SpacyNLP
  model: en
- name: {tokenizer}
  token_pattern: '[\\w]{{1,3}}'
- name: RegexFeaturizer
  use_word_boundaries: false
- name: LexicalSyntacticFeaturizer
- name: CountVectorsFeaturizer
- name: SpacyFeaturizer
- name: LogisticRegressionClassifier
- name: KeywordIntentClassifier
  case_sensitive: true
- name: CRFEntityExtractor
  split_entities_by_comma: true
- name: RegexEntityExtractor
  use_word_boundaries: false
- name: SpacyEntityExtractor
- name: EntitySynonymMapper
- name: ResponseSelector
- name: FallbackClassifier
"""


@pytest.fixture(scope="module", params=["SpacyTokenizer", "WhitespaceTokenizer"])
def reader(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Interpreter:
    project: Path = tmp_path_factory.mktemp("all")
    (project / "nlu" / "data").mkdir(parents=True)
    (project / "nlu" / "data" / "nlu.yml").write_text(DATA, "utf-8")
    return read_with(project, ALL.format(tokenizer=request.param))


DATA = """
nlu:
- intent: travel
  examples: |
    - to [Paris](city)
    - to [New York]{"entity": "city", "role": "destination"}
- intent: faq/hours
  examples: |
    - when
- intent: faq/price
  examples: |
    - how much
- lookup: city
  examples: |
    - 北京
    - New York
- regex: city
  examples: |
    - \\d{5}
"""


@settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(TEXTS)
def test_every_text_is_read(reader: Interpreter, text: str) -> None:
    parse = reader.parse(text)
    assert parse.text == text
    assert all(0 <= e.start < e.end <= len(text) for e in parse.entities)
    assert all(0.0 <= i.confidence <= 1.0 + 1e-6 for i in parse.ranking)
    assert to_rasa(parse)["text"] == text


@pytest.mark.parametrize("text", LONG, ids=lambda text: repr(text[:2]))
def test_long_texts_are_read(reader: Interpreter, text: str) -> None:
    assert reader.parse(text).text == text


@pytest.mark.parametrize(
    "component",
    [
        WhitespaceTokenizer(WhitespaceTokenizerOptions(), "en"),
        WhitespaceTokenizer(WhitespaceTokenizerOptions(token_pattern=r"\w{1,2}|\d"), "en"),
        KeywordIntentClassifier(KeywordIntentClassifier.Options(), "en"),
    ],
)
@given(text=TEXTS)
def test_tokens_are_parts_of_the_text(
    component: Component[WhitespaceTokenizerOptions], text: str
) -> None:
    message = Message(text)
    component.process(message)
    assert all(text[t.start : t.end] == t.text for t in message.tokens)
    places = [(t.start, t.end) for t in message.tokens]
    assert places == sorted(places)


SPACY = SpacyNLP(SpacyNLPOptions(model="xx"), "en")


@settings(deadline=None)
@given(TEXTS.filter(lambda text: not any("\ud800" <= c <= "\udfff" or c == "\0" for c in text)))
@example("İ" * 70)
def test_spacys_tokens_are_parts_of_the_text(text: str) -> None:
    message = Message(text)
    SPACY.process(message)
    assert message.analysis is not None
    assert all(text[t.start : t.end] == t.text for t in message.analysis.tokens)


@given(st.one_of(TEXTS, TEXTS.map("/affirm{}".__add__), TEXTS.map(lambda t: f'/a{{"b": "{t}"}}')))
def test_no_payload_raises(text: str) -> None:
    parse = read_payload(text, None)
    if parse is not None:
        assert all(0 <= e.start <= e.end <= len(text) for e in parse.entities)
        assert 0.0 <= parse.intent.confidence <= 1.0
