"""SpacyNLP and what stands on it, with small spaCy models that the tests make themselves."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy

from nlu.components.spacy_nlp import SpacyNLP, SpacyNLPOptions
from nlu.message import Message
from nlu.pipeline import ModelError, PipelineError, load, save
from tests.nlu.reading import read_with, taught

WORDS = {
    "yes": [1.0, 0.0, 0.0],
    "certainly": [0.9, 0.1, 0.0],
    "no": [0.0, 1.0, 0.0],
    "hardly": [0.1, 0.9, 0.0],
    "berlin": [0.0, 0.0, 1.0],
}
LEARNED = "- name: SpacyTokenizer\n- name: SpacyFeaturizer\n- name: LogisticRegressionClassifier\n"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder with word vectors and a rule for places."""
    nlp = spacy.blank("en")
    for word, vector in WORDS.items():
        nlp.vocab.set_vector(word, np.array(vector, np.float32))  # type: ignore[arg-type]
    ruler: Any = nlp.add_pipe("entity_ruler")
    places, days = ("GPE", "berlin"), ("DAY", "monday")
    ruler.add_patterns([{"label": label, "pattern": text} for label, text in (places, days)])
    nlp.meta["name"], nlp.meta["version"] = "small", "1.0.0"
    nlp.to_disk(tmp_path / "small")
    return tmp_path / "small"


def _nlp(model: Path, more: str = "") -> str:
    return f"- name: SpacyNLP\n  model: {model}\n{more}"


def test_vectors_teach_words_that_no_example_has(project: Path, model: Path) -> None:
    reader = read_with(project, _nlp(model) + LEARNED)
    assert reader.parse("certainly").intent.name == "affirm"
    assert reader.parse("hardly").intent.name == "deny"


@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_a_text_without_known_words_is_read(project: Path, model: Path, pooling: str) -> None:
    learned = LEARNED.replace("SpacyFeaturizer\n", f"SpacyFeaturizer\n  pooling: {pooling}\n")
    reader = read_with(project, _nlp(model) + learned)
    assert reader.parse("Golombecki").intent.name
    assert reader.parse("yes Golombecki").intent.name == "affirm"


def test_entities_are_spacys_in_the_writers_spelling(project: Path, model: Path) -> None:
    steps = _nlp(model) + LEARNED + "- name: SpacyEntityExtractor\n  dimensions: [GPE]\n"
    parse = read_with(project, steps).parse("on Monday to  BERLIN!")
    assert [(e.entity, e.value, e.start, e.end, e.extractor) for e in parse.entities] == [
        ("GPE", "BERLIN", 14, 20, "SpacyEntityExtractor")
    ]


def test_all_dimensions_where_none_are_named(project: Path, model: Path) -> None:
    steps = _nlp(model) + LEARNED + "- name: SpacyEntityExtractor\n"
    parse = read_with(project, steps).parse("monday berlin")
    assert [e.entity for e in parse.entities] == ["DAY", "GPE"]


def test_case_may_matter(project: Path, model: Path) -> None:
    steps = _nlp(model, "  case_sensitive: true\n") + LEARNED + "- name: SpacyEntityExtractor\n"
    reader = read_with(project, steps)
    assert reader.parse("BERLIN").entities == ()
    assert len(reader.parse("berlin").entities) == 1


@pytest.mark.parametrize("named", ["  model: xx\n", ""])
def test_the_code_of_a_language_is_a_blank_model(project: Path, named: str) -> None:
    steps = (
        f"- name: SpacyNLP\n{named}- name: SpacyTokenizer\n- name: CountVectorsFeaturizer\n"
        "- name: SpacyFeaturizer\n- name: LogisticRegressionClassifier\n"
    )
    assert read_with(project, steps).parse("sure thing").intent.name == "affirm"


def test_a_capital_that_grows_keeps_the_offsets() -> None:
    component = SpacyNLP(SpacyNLPOptions(model="en"), "en")
    message = Message("İİİ Berlin " + "." * 500 + " x")
    component.process(message)
    assert message.analysis is not None
    assert [t.text for t in message.analysis.tokens[:2]] == ["İİİ", "Berlin"]
    assert all(message.text[t.start : t.end] == t.text for t in message.analysis.tokens)


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ("- name: SpacyNLP\n  model: en_core_web_md\n", ["config.yml:3", "spacy download en_core_web_md"]),
        ("- name: SpacyNLP\n  model: zz\n", ["zz", "`xx`"]),
        ("- name: SpacyNLP\n  model: pip\n", ["'pip'"]),
        ("- name: SpacyFeaturizer\n", ["no SpacyNLP stands before it"]),
        ("- name: SpacyEntityExtractor\n", ["no SpacyNLP stands before it"]),
    ],
)  # fmt: skip
def test_what_is_missing_is_said(project: Path, steps: str, words: list[str]) -> None:
    with pytest.raises(PipelineError) as caught:
        taught(project, steps)
    for word in words:
        assert word in str(caught.value)


def test_a_folder_that_is_no_model(project: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(PipelineError, match="cannot be loaded"):
        taught(project, _nlp(tmp_path / "empty"))


def test_another_version_of_the_spacy_model_is_refused(project: Path, model: Path) -> None:
    save(taught(project, _nlp(model) + LEARNED), project / "models")
    meta = model / "meta.json"
    meta.write_text(meta.read_text("utf-8").replace("1.0.0", "2.0.0"), "utf-8")
    with pytest.raises(ModelError, match=r"1\.0\.0.*2\.0\.0.*parley train"):
        load(project / "models", project)
