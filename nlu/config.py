"""The part of config.yml that this room reads: `language` and `pipeline`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlu.components.component import Component
from nlu.components.registry import build
from nlu.errors import PipelineError
from nlu.training.yaml_nodes import Source


@dataclass(frozen=True, slots=True)
class Step:
    """One item of the pipeline as written."""

    name: str
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PipelineConfig:
    """What to build, and for texts of which language."""

    language: str
    steps: tuple[Step, ...]

    def as_json(self) -> dict[str, Any]:
        """For the fingerprint and the saved model."""
        steps = [{"name": s.name, "options": s.options} for s in self.steps]
        return {"language": self.language, "pipeline": steps}


# What is not set in config.yml: the same as what ships there.
DEFAULT_STEPS = (
    Step("SpacyTokenizer", {}),
    Step("CountVectorsFeaturizer", {"analyzer": "word", "max_ngram": 2, "weight": 1.5}),
    Step(
        "CountVectorsFeaturizer",
        {"analyzer": "char_wb", "min_ngram": 2, "max_ngram": 5, "min_df": 2},
    ),
    Step("LogisticRegressionClassifier", {"C": 10.0}),
    Step("ShortReplyClassifier", {}),
    Step("RegexEntityExtractor", {}),
    Step("NameEntityExtractor", {}),
    Step("EntitySynonymMapper", {}),
    Step("FallbackClassifier", {}),
)


def read_config(project: Path) -> PipelineConfig:
    """Read `project/config.yml`; what it leaves out has a default."""
    path = project / "config.yml"
    if not path.exists():
        return PipelineConfig("en", DEFAULT_STEPS)
    loaded = Source(path, "config.yml").value()
    config = loaded if isinstance(loaded, dict) else {}
    pipeline = config.get("pipeline")
    language = config.get("language") or "en"
    if not isinstance(language, str):
        raise PipelineError("", f"language is {language!r}", "the code of a language, such as `en`")
    if pipeline is None:
        return PipelineConfig(language, DEFAULT_STEPS)
    if not isinstance(pipeline, list) or not pipeline:
        raise PipelineError("", "pipeline is not a list", "a list of components")
    return PipelineConfig(language, tuple(_step(item) for item in pipeline))


def build_all(config: PipelineConfig) -> tuple[list[Component[Any]], list[str]]:
    """The components of a pipeline, untrained, and what the reader may want to know."""
    built = [build(step.name, step.options, config.language) for step in config.steps]
    _check_order([step.name for step in config.steps])
    return [component for component, _ in built], [n for _, notices in built for n in notices]


def _step(item: Any) -> Step:
    if isinstance(item, str):
        return Step(item, {})
    if not isinstance(item, dict) or not isinstance(item.get("name"), str):
        raise PipelineError("", f"an item of pipeline is {str(item)[:60]!r}", "`name: COMPONENT`")
    return Step(item["name"], {str(k): v for k, v in item.items() if k != "name"})


def _check_order(names: list[str]) -> None:
    """What each component needs must stand before it."""
    for position, name in enumerate(names):
        before = names[:position]
        if name == "LogisticRegressionClassifier" and not any("Featurizer" in n for n in before):
            raise PipelineError(name, "no featurizer stands before it", "CountVectorsFeaturizer")
        if name == "CountVectorsFeaturizer" and not any("Tokenizer" in n for n in before):
            raise PipelineError(name, "no tokenizer stands before it", "WhitespaceTokenizer")
        if name == "FallbackClassifier" and not any("Classifier" in n for n in before):
            raise PipelineError(
                name, "no classifier stands before it", "LogisticRegressionClassifier"
            )
