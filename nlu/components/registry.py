"""All components by the name that config.yml gives them, and what to use for Rasa's others."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from nlu.components.component import Component
from nlu.components.own import own_class
from nlu.errors import PipelineError, nearest

# The module is imported when a pipeline names the component, so that one pays for what one uses.
# An older version that is still kept stands here as `NAME.v1`.
COMPONENTS: dict[str, str] = {
    "CountVectorsFeaturizer": "count_vectors_featurizer",
    "CRFEntityExtractor": "crf_entity_extractor",
    "EntitySynonymMapper": "entity_synonym_mapper",
    "FallbackClassifier": "fallback_classifier",
    "KeywordIntentClassifier": "keyword_intent_classifier",
    "LanguageDetector": "language_detector",
    "LexicalSyntacticFeaturizer": "lexical_syntactic_featurizer",
    "LogisticRegressionClassifier": "logistic_regression_classifier",
    "NameEntityExtractor": "name_entity_extractor",
    "OptOutClassifier": "opt_out_classifier",
    "RegexEntityExtractor": "regex_entity_extractor",
    "RegexFeaturizer": "regex_featurizer",
    "ResponseSelector": "response_selector",
    "SentenceEmbeddingFeaturizer": "sentence_embedding_featurizer",
    "ShortReplyClassifier": "short_reply_classifier",
    "SklearnIntentClassifier": "sklearn_intent_classifier",
    "SpacyEntityExtractor": "spacy_entity_extractor",
    "SpacyFeaturizer": "spacy_featurizer",
    "SpacyNLP": "spacy_nlp",
    "SpacyTokenizer": "spacy_tokenizer",
    "ValueEntityExtractor": "value_entity_extractor",
    "WhitespaceTokenizer": "whitespace_tokenizer",
}

_CLASSIFIER = "LogisticRegressionClassifier over CountVectorsFeaturizer"
_ENTITIES = "CRFEntityExtractor for entities of your examples, RegexEntityExtractor for patterns"
_VALUES = (
    "ValueEntityExtractor for numbers, dates, money and the like, RegexEntityExtractor for patterns"
)
_EMBEDDINGS = "SentenceEmbeddingFeaturizer, or CountVectorsFeaturizer where nothing is downloaded"
_LEFT_OUT = "no component: leave the line out"
INSTEAD_OF_RASAS: dict[str, str] = {
    "BertTokenizer": "WhitespaceTokenizer",
    "ConveRTFeaturizer": _EMBEDDINGS,
    "ConveRTTokenizer": "WhitespaceTokenizer",
    "DIETClassifier": f"{_CLASSIFIER}; for entities, {_ENTITIES}",
    "DucklingEntityExtractor": _VALUES,
    "DucklingHTTPExtractor": _VALUES,
    "EmbeddingIntentClassifier": _CLASSIFIER,
    "HFTransformersNLP": f"{_LEFT_OUT}, and for its features use {_EMBEDDINGS}",
    "JiebaTokenizer": "SpacyTokenizer with `model: zh`",
    "LanguageModelFeaturizer": _EMBEDDINGS,
    "LanguageModelTokenizer": "WhitespaceTokenizer",
    "MitieEntityExtractor": _ENTITIES,
    "MitieFeaturizer": _EMBEDDINGS,
    "MitieIntentClassifier": _CLASSIFIER,
    "MitieNLP": _LEFT_OUT,
    "MitieTokenizer": "WhitespaceTokenizer",
    "NGramFeaturizer": "CountVectorsFeaturizer with `analyzer: char_wb`",
    "RegexMessageHandler": f"{_LEFT_OUT}: payloads are always understood",
    "UnexpecTEDIntentPolicy": _LEFT_OUT,
}
# The names of Rasa before 1.0, for the nearest of today's.
RENAMED_BY_RASA: dict[str, str] = {
    "intent_classifier_keyword": "KeywordIntentClassifier",
    "intent_classifier_sklearn": "SklearnIntentClassifier",
    "intent_classifier_tensorflow_embedding": "LogisticRegressionClassifier",
    "intent_entity_featurizer_regex": "RegexFeaturizer",
    "intent_featurizer_count_vectors": "CountVectorsFeaturizer",
    "intent_featurizer_spacy": "SpacyFeaturizer",
    "ner_crf": "CRFEntityExtractor",
    "ner_duckling_http": "ValueEntityExtractor",
    "ner_spacy": "SpacyEntityExtractor",
    "ner_synonyms": "EntitySynonymMapper",
    "nlp_spacy": "SpacyNLP",
    "tokenizer_spacy": "SpacyTokenizer",
    "tokenizer_whitespace": "WhitespaceTokenizer",
}
# What any of Rasa's components may carry.
_IGNORED_ANYWHERE = frozenset({"alias", "featurizers"})
_VERSION = re.compile(r"(?P<name>\w+)\.v(?P<version>\d{1,4})")


def is_own(name: str) -> bool:
    """Whether a name is that of a project's own component: module and class, neither Rasa's nor
    Parley's."""
    return "." in name and not name.startswith(("rasa.", "nlu.")) and not _VERSION.fullmatch(name)


def component_class(name: str, project: Path | None = None) -> type[Component[Any]]:
    """The component of this name; PipelineError where there is none."""
    if is_own(name):
        return own_class(name, project)
    versioned = _VERSION.fullmatch(name)
    if name in COMPONENTS or versioned is None:
        return _shipped(name, name.rpartition(".")[2])
    found = _shipped(name, versioned["name"])
    if found.version != int(versioned["version"]):
        kept = [k for k in COMPONENTS if k.startswith(f"{versioned['name']}.v")]
        known = [f"{versioned['name']}.v{found.version}", *kept]
        raise PipelineError(name, "there is no such version", "one of " + ", ".join(known))
    return found


def build(
    name: str, options: dict[str, Any], language: str, project: Path | None = None
) -> tuple[Component[Any], list[str]]:
    """A component with its options, and a notice for each option that changes nothing here."""
    kind = component_class(name, project)
    known = kind.Options.model_fields
    ignored = sorted(key for key in options if key in kind.ignored | _IGNORED_ANYWHERE - set(known))
    taken = {key: value for key, value in options.items() if key not in ignored}
    notices = [f"config.yml: {name} has no use for `{key}`" for key in ignored]
    for key in taken:
        if key not in known:
            names = sorted(known)
            expected = "one of " + ", ".join(names) if names else "no option"
            raise PipelineError(name, f"unknown option {key!r}", expected, nearest(key, names))
    try:
        return kind(kind.Options.model_validate(taken), language), notices
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        found = f"{where} is {str(first['input'])[:40]!r}" if where else "two options contradict"
        expected = first["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
        raise PipelineError(name, found, expected) from error


def _shipped(name: str, short: str) -> type[Component[Any]]:
    module = COMPONENTS.get(short)
    if module is None:
        raise _unknown(name, short)
    found: type[Component[Any]] = getattr(import_module(f"nlu.components.{module}"), short)
    return found


def _unknown(name: str, short: str) -> PipelineError:
    if short in INSTEAD_OF_RASAS:
        found = "it is Rasa's and does not run here"
        return PipelineError(name, found, f"instead: {INSTEAD_OF_RASAS[short]}")
    if short in RENAMED_BY_RASA:
        found = "that is a name of Rasa before 1.0"
        return PipelineError(name, found, f"instead: {RENAMED_BY_RASA[short]}")
    expected = "MODULE.CLASS of your own, or one of " + ", ".join(COMPONENTS)
    return PipelineError(name, "unknown component", expected, nearest(short, COMPONENTS))
