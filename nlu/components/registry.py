"""All components by the name that config.yml gives them, and what to use for Rasa's others."""

from importlib import import_module
from typing import Any

from pydantic import ValidationError

from nlu.components.component import Component
from nlu.errors import PipelineError, nearest

# The module is imported when a pipeline names the component, so that one pays for what one uses.
COMPONENTS: dict[str, str] = {
    "CountVectorsFeaturizer": "count_vectors_featurizer",
    "EntitySynonymMapper": "entity_synonym_mapper",
    "FallbackClassifier": "fallback_classifier",
    "KeywordIntentClassifier": "keyword_intent_classifier",
    "LogisticRegressionClassifier": "logistic_regression_classifier",
    "NameEntityExtractor": "name_entity_extractor",
    "RegexEntityExtractor": "regex_entity_extractor",
    "RegexFeaturizer": "regex_featurizer",
    "ShortReplyClassifier": "short_reply_classifier",
    "SpacyTokenizer": "spacy_tokenizer",
    "WhitespaceTokenizer": "whitespace_tokenizer",
}

_CLASSIFIER = "LogisticRegressionClassifier over CountVectorsFeaturizer"
_ENTITIES = "RegexEntityExtractor for patterns and lists, NameEntityExtractor for names"
INSTEAD_OF_RASAS: dict[str, str] = {
    "ConveRTFeaturizer": "CountVectorsFeaturizer",
    "CRFEntityExtractor": _ENTITIES,
    "DIETClassifier": f"{_CLASSIFIER}; for entities, {_ENTITIES}",
    "DucklingEntityExtractor": "RegexEntityExtractor",
    "DucklingHTTPExtractor": "RegexEntityExtractor",
    "JiebaTokenizer": "SpacyTokenizer with `model: zh`",
    "LanguageModelFeaturizer": "CountVectorsFeaturizer",
    "LexicalSyntacticFeaturizer": "CountVectorsFeaturizer with `analyzer: char_wb`",
    "MitieEntityExtractor": _ENTITIES,
    "MitieFeaturizer": "CountVectorsFeaturizer",
    "MitieIntentClassifier": _CLASSIFIER,
    "MitieNLP": "no component: leave the line out",
    "MitieTokenizer": "WhitespaceTokenizer",
    "ResponseSelector": "responses in domain.yml, chosen by the flow; leave the line out",
    "SklearnIntentClassifier": _CLASSIFIER,
    "SpacyEntityExtractor": _ENTITIES,
    "SpacyFeaturizer": "CountVectorsFeaturizer",
    "SpacyNLP": "SpacyTokenizer with `model: xx`",
    "UnexpecTEDIntentPolicy": "no component: leave the line out",
}


def component_class(name: str) -> type[Component[Any]]:
    """The component of this name; PipelineError where there is none."""
    module = COMPONENTS.get(name)
    if module is None:
        raise _unknown(name)
    found: type[Component[Any]] = getattr(import_module(f"nlu.components.{module}"), name)
    return found


def build(name: str, options: dict[str, Any], language: str) -> tuple[Component[Any], list[str]]:
    """A component with its options, and a notice for each option that changes nothing here."""
    kind = component_class(name)
    ignored = sorted(set(options) & kind.ignored)
    taken = {key: value for key, value in options.items() if key not in kind.ignored}
    notices = [f"config.yml: {name} has no use for `{key}`" for key in ignored]
    for key in taken:
        if key not in kind.Options.model_fields:
            known = sorted(kind.Options.model_fields)
            expected = "one of " + ", ".join(known) if known else "no option"
            raise PipelineError(name, f"unknown option {key!r}", expected, nearest(key, known))
    try:
        return kind(kind.Options.model_validate(taken), language), notices
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        found = f"{where} is {str(first['input'])[:40]!r}"
        raise PipelineError(name, found, first["msg"]) from error


def _unknown(name: str) -> PipelineError:
    short = name.rsplit(".", 1)[-1]
    if short in INSTEAD_OF_RASAS:
        found = f"{short} is Rasa's and does not run here"
        return PipelineError(name, found, f"instead: {INSTEAD_OF_RASAS[short]}")
    expected = "one of " + ", ".join(COMPONENTS)
    return PipelineError(name, "unknown component", expected, nearest(name, COMPONENTS))
