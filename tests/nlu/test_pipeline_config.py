"""config.yml's pipeline in Rasa's names; what a model says of how it was made."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from nlu.components.component import Component
from nlu.components.registry import (
    COMPONENTS,
    INSTEAD_OF_RASAS,
    RENAMED_BY_RASA,
    component_class,
)
from nlu.config import DEFAULT_STEPS, mistakes, read_config
from nlu.errors import NluError
from nlu.pipeline import ModelError, PipelineError, describe, load, save, train
from nlu.storage import FILE_NAME
from tests.nlu.reading import configured, read_with, taught

LEARNED = (
    "- name: WhitespaceTokenizer\n- name: CountVectorsFeaturizer\n"
    "- name: LogisticRegressionClassifier\n"
)
RASAS = (
    "WhitespaceTokenizer", "SpacyNLP", "SpacyTokenizer", "SpacyFeaturizer", "SpacyEntityExtractor",
    "RegexFeaturizer", "LexicalSyntacticFeaturizer", "CountVectorsFeaturizer",
    "LogisticRegressionClassifier", "SklearnIntentClassifier", "KeywordIntentClassifier",
    "CRFEntityExtractor", "RegexEntityExtractor", "EntitySynonymMapper", "FallbackClassifier",
    "ResponseSelector",
)  # fmt: skip


@pytest.mark.parametrize("name", RASAS)
def test_rasas_components_are_there(name: str) -> None:
    assert component_class(name).__name__ == name


@pytest.mark.parametrize("name", sorted(COMPONENTS))
def test_every_component_is_one_file_of_its_name(name: str) -> None:
    kind = component_class(name)
    assert issubclass(kind, Component)
    assert kind.__module__ == f"nlu.components.{COMPONENTS[name]}"
    assert (
        COMPONENTS[name]
        == re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
    )
    assert (kind.__doc__ or "").strip()


def test_what_stands_for_rasas_others_is_there() -> None:
    words = " ".join([*INSTEAD_OF_RASAS.values(), *RENAMED_BY_RASA.values()])
    kinds = "Classifier|Extractor|Featurizer|Tokenizer|Mapper|Selector|NLP"
    named = re.findall(rf"\b[A-Z]\w+(?:{kinds})\b", words)
    assert named
    assert set(named) <= set(COMPONENTS)
    assert not set(INSTEAD_OF_RASAS) & set(COMPONENTS)


@pytest.mark.parametrize("name", sorted(INSTEAD_OF_RASAS))
@pytest.mark.parametrize("prefix", ["", "rasa.nlu.classifiers.some_module."])
def test_rasas_others_are_answered_with_what_to_use(project: Path, name: str, prefix: str) -> None:
    with pytest.raises(PipelineError) as caught:
        train(configured(project, LEARNED + f"- name: {prefix}{name}\n  epochs: 5\n"))
    told = str(caught.value)
    assert told.startswith("config.yml:6, ")
    assert f"{name}: it is Rasa's" in told
    assert "instead" in told


@pytest.mark.parametrize("classifier", ["LogisticRegressionClassifier", "SklearnIntentClassifier"])
def test_featurizers_that_find_nothing_are_told(project: Path, classifier: str) -> None:
    steps = LEARNED.replace("LogisticRegressionClassifier", classifier)
    steps = steps.replace("Featurizer\n", "Featurizer\n  min_df: 500\n  mark_rare: false\n")
    with pytest.raises(PipelineError, match=f"{classifier}: .*find nothing in the examples"):
        train(configured(project, steps))


@pytest.mark.parametrize("name", sorted(RENAMED_BY_RASA))
def test_names_of_rasa_before_1_are_answered_with_todays(project: Path, name: str) -> None:
    with pytest.raises(PipelineError, match=RENAMED_BY_RASA[name]):
        train(configured(project, f"- name: {name}\n"))


def test_rasas_module_paths_name_its_components(project: Path) -> None:
    steps = (
        "- name: rasa.nlu.tokenizers.whitespace_tokenizer.WhitespaceTokenizer\n"
        "- name: rasa.nlu.featurizers.sparse_featurizer.CountVectorsFeaturizer\n"
        "- name: LogisticRegressionClassifier\n"
    )
    assert read_with(project, steps).parse("sure thing").intent.name == "affirm"


def test_a_version_may_be_named(project: Path) -> None:
    steps = LEARNED.replace("WhitespaceTokenizer", "WhitespaceTokenizer.v1")
    assert read_with(project, steps).parse("sure thing").intent.name == "affirm"
    with pytest.raises(PipelineError, match=r"no such version.*WhitespaceTokenizer\.v1"):
        train(configured(project, steps.replace(".v1", ".v7")))


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("pipeline: supervised_embeddings\n", ["config.yml:1", "supervised_embeddings", "template"]),
        ("language: en\npipeline: []\n", ["config.yml:2", "is empty", "the default"]),
        ("pipeline:\n- name: WhitespaceTokenizer\n- name: CountVectorsFeaturizer\n  min_ngram: 3\n",
         ["config.yml:3", "CountVectorsFeaturizer", "min_ngram of at most max_ngram"]),
        ("pipeline:\n- name: WhitespaceTokenizer\n- name: CountVectorsFeaturizer\n  analyzer: chars\n",
         ["config.yml:3", "Expected 'word', 'char',"]),
        ("pipeline:\n- name: WhitespaceTokenizer\n- name: CountVectorsFeaturizer\n  weight: .nan\n",
         ["config.yml:3", "weight is 'nan'"]),
        ("language: en\npipeline: 5\n", ["config.yml:2", "a list of components"]),
        ("pipeline:\n- name: WhitespaceTokenizer\n- nam: X\n", ["config.yml:3", "name: COMPONENT"]),
        ("pipeline:\n- name: [X]\n", ["config.yml:2"]),
        ("language: 5\n", ["config.yml:1", "language"]),
        ("language: english\n", ["config.yml:1", "'english'", "such as `en`"]),
        ("language: en\nadditional_languages: [es, Spanish]\n", ["config.yml:2", "'Spanish'"]),
        ("- a\n", ["config.yml", "mapping"]),
        ("pipeline:\n- name: whitespace\n", ["config.yml:2", "Did you mean 'WhitespaceTokenizer'"]),
        ("pipeline:\n- name: WhitespaceTokenizer\n\n- name: CountVectorFeaturizer\n",
         ["config.yml:4", "Did you mean 'CountVectorsFeaturizer'"]),
        ("pipeline:\n- name: WhitespaceTokenizer\n  token_pattern: '('\n", ["config.yml:2", "token_pattern"]),
        ("pipeline:\n- name: WhitespaceTokenizer\n  token_pattern: '(a+)+b'\n", ["repetition"]),
        ("pipeline:\n- name: ResponseSelector\n", ["config.yml:2", "no featurizer"]),
        ("pipeline:\n- name: CRFEntityExtractor\n", ["config.yml:2", "no tokenizer"]),
        ("pipeline:\n- name: WhitespaceTokenizer\n- name: LexicalSyntacticFeaturizer\n"
         "- name: LogisticRegressionClassifier\n", ["config.yml:4", "no featurizer"]),
        ("pipeline:\n- name: FallbackClassifier\n", ["no classifier"]),
        ("pipeline:\n- name: ''\n", ["config.yml:2"]),
        ("pipeline:\n- name: .\n", ["config.yml:2"]),
        ("pipeline:\n- name: ..a\n", ["config.yml:2"]),
        ("pipeline:\n- name: rasa.\n", ["config.yml:2"]),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_line_and_cure(project: Path, config: str, words: list[str]) -> None:
    (project / "config.yml").write_text(config, "utf-8")
    with pytest.raises(NluError) as caught:
        train(project)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "config", ["", "# nothing\n", "pipeline:\n", "policies: []\nrecipe: default.v1\n"]
)
def test_no_pipeline_is_the_default_one(project: Path, config: str) -> None:
    (project / "config.yml").write_text(config, "utf-8")
    read = read_config(project)
    assert (read.language, read.steps) == ("en", DEFAULT_STEPS)


def test_norwegian_is_a_language(project: Path) -> None:
    (project / "config.yml").write_text("language: no\n", "utf-8")
    assert read_config(project).language == "no"


def test_options_that_any_of_rasas_components_takes(project: Path) -> None:
    steps = LEARNED.replace("CountVectorsFeaturizer\n", "CountVectorsFeaturizer\n  alias: words\n")
    notices = taught(project, steps + "  featurizers: [words]\n").notices
    assert sum("has no use for" in notice for notice in notices) == 2


def test_lookups_may_be_parts_of_words(project: Path) -> None:
    data = "nlu:\n- lookup: city\n  examples: |\n    - 北京\n    - 北京东\n"
    (project / "nlu" / "data" / "more.yml").write_text(data, "utf-8")
    steps = LEARNED + "- name: RegexEntityExtractor\n"
    assert read_with(project, steps).parse("我在北京东住").entities == ()
    parse = read_with(project, steps + "  use_word_boundaries: false\n").parse("我在北京东住")
    assert [(e.value, e.start, e.end) for e in parse.entities] == [("北京东", 2, 5)]


def test_keywords_may_be_case_sensitive(project: Path) -> None:
    steps = "- name: KeywordIntentClassifier\n  case_sensitive: true\n- name: FallbackClassifier\n"
    reader = read_with(project, steps)
    assert reader.parse("well, sure thing!").intent.name == "affirm"
    assert reader.parse("SURE THING").intent.name == "nlu_fallback"


def test_all_mistakes_are_found_at_once(project: Path) -> None:
    steps = LEARNED.replace("  ", "") + "- name: DIETClassifier\n- name: Foo\n- name: MitieNLP\n"
    found = mistakes(read_config(configured(project, steps)))
    assert [(e.line, e.component) for e in found] == [
        (6, "DIETClassifier"),
        (7, "Foo"),
        (8, "MitieNLP"),
    ]
    assert mistakes(read_config(configured(project, LEARNED))) == []
    backwards = "- name: FallbackClassifier\n" + LEARNED
    assert [e.line for e in mistakes(read_config(configured(project, backwards)))] == [3]


# What a model says of how it was made.


def test_a_model_says_with_what_it_was_made(project: Path) -> None:
    model = taught(project, LEARNED)
    save(model, project / "models")
    said = describe(project / "models")
    assert said["fingerprint"] == model.fingerprint
    assert said["language"] == "en"
    assert [step["name"] for step in said["pipeline"]] == [
        "WhitespaceTokenizer", "CountVectorsFeaturizer", "LogisticRegressionClassifier",
    ]  # fmt: skip
    made = said["made_with"]
    assert {"parley", "python", "numpy", "scikit-learn", "spacy"} <= set(made)
    assert (
        made["components"][0]
        == f"WhitespaceTokenizer.v{component_class('WhitespaceTokenizer').version}"
    )
    json.dumps(said)


def test_describing_needs_a_model(project: Path) -> None:
    with pytest.raises(ModelError, match="parley train"):
        describe(project / "models")


def _changed(path: Path, made_with: Any) -> None:
    with zipfile.ZipFile(path) as archive:
        files = {e.filename: archive.read(e) for e in archive.infolist()}
    metadata = json.loads(files["metadata.json"])
    metadata["made_with"] = made_with
    files["metadata.json"] = json.dumps(metadata).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    ("made_with", "words"),
    [
        ({"parley": "0.0.9", "components": ["SpacyNLP.v9"]}, r"Parley 0\.0\.9.*SpacyNLP\.v9"),
        ({}, "older version"),
        ([], "cannot be read|damaged"),
        (None, "cannot be read|damaged"),
        ({"components": 5}, "older version"),
    ],
)  # fmt: skip
def test_a_model_of_other_components_is_refused(project: Path, made_with: Any, words: str) -> None:
    save(taught(project, LEARNED), project / "models")
    _changed(project / "models" / FILE_NAME, made_with)
    with pytest.raises(ModelError, match=f"(?:{words}).*parley train"):
        load(project / "models")
