"""The part of config.yml that this room reads: `language` and `pipeline`."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nlu.components.component import Component
from nlu.components.own import blamed, content_of, source_of
from nlu.components.registry import build, is_own
from nlu.errors import PipelineError
from nlu.training.yaml_nodes import Node, Scalar, Source, is_null
from nlu.training.yaml_nodes import Sequence as Items


@dataclass(frozen=True, slots=True)
class Step:
    """One item of the pipeline as written, with its line in config.yml (0: it is not from there).

    `content` is the hash of the file of a project's own component, otherwise empty.
    """

    name: str
    options: dict[str, Any]
    content: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class PipelineConfig:
    """What to build, and for texts of which language; own components are found in `project`."""

    language: str
    steps: tuple[Step, ...]
    project: Path | None = field(default=None, compare=False)

    def as_json(self) -> dict[str, Any]:
        """For the fingerprint and the saved model."""
        return {"language": self.language, "pipeline": [_as_json(s) for s in self.steps]}


# ISO 639, with a region or the like behind it: `en`, `pt-BR`.
_CODE = re.compile(r"[a-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")

# What is not set in config.yml: the same as what ships there.
DEFAULT_STEPS = (
    Step("LanguageDetector", {}),
    Step("WhitespaceTokenizer", {}),
    Step("CountVectorsFeaturizer", {"analyzer": "word", "max_ngram": 2, "weight": 1.2}),
    Step(
        "CountVectorsFeaturizer",
        {"analyzer": "char_wb", "min_ngram": 2, "max_ngram": 5, "min_df": 2},
    ),
    Step("CountVectorsFeaturizer", {"analyzer": "word_pairs", "min_df": 2, "weight": 0.8}),
    Step("SklearnIntentClassifier", {}),
    Step("ShortReplyClassifier", {}),
    Step("OptOutClassifier", {}),
    Step("RegexEntityExtractor", {}),
    Step("NameEntityExtractor", {}),
    Step("EntitySynonymMapper", {}),
    Step("ValueEntityExtractor", {}),
    Step("FallbackClassifier", {}),
)


def read_config(project: Path) -> PipelineConfig:
    """Read `project/config.yml`; what it leaves out has a default."""
    path = project / "config.yml"
    if not path.exists():
        return PipelineConfig("en", DEFAULT_STEPS, project)
    source = Source(path, "config.yml")
    config, root = source.value(), source.root()
    if config is None or root is None:
        return PipelineConfig("en", DEFAULT_STEPS, project)
    if not isinstance(config, dict):
        raise PipelineError("", "the file is no mapping", "keys such as `language`, `pipeline`")
    nodes = {key: node for key, (node, _) in source.keys(root, "config.yml").items()}
    language = _language(config.get("language"), nodes.get("language"))
    others = _additional_languages(nodes.get("additional_languages"))
    pipeline, node = config.get("pipeline"), nodes.get("pipeline")
    if pipeline is None:
        return PipelineConfig(language, _telling_apart(DEFAULT_STEPS, others), project)
    if not isinstance(pipeline, list) or not pipeline:
        raise _no_list(pipeline, node.line if node else 0)
    lines = [part.line for part in node.parts] if isinstance(node, Items) else [0] * len(pipeline)
    steps = (_step(item, line, project) for item, line in zip(pipeline, lines, strict=True))
    return PipelineConfig(language, _telling_apart(steps, others), project)


def build_all(
    config: PipelineConfig, ordered: bool = True
) -> tuple[list[Component[Any]], list[str]]:
    """The components of a pipeline, untrained, and what the reader may want to know. Unless they
    are `ordered`, each may stand anywhere."""
    built: list[Component[Any]] = []
    every_notice: list[str] = []
    for step in config.steps:
        with at_line(step.line), blamed(step.name, "making it"):
            _check_content(step, config.project)
            component, notices = build(step.name, step.options, config.language, config.project)
        built.append(component)
        every_notice += notices
    return built, [*every_notice, *(_check_order(config.steps) if ordered else [])]


def check_own(config: PipelineConfig) -> None:
    """A saved model may have code of the project's run only where config.yml names it, too."""
    own = [step.name for step in config.steps if is_own(step.name)]
    if not own or config.project is None:
        return
    named = {step.name for step in read_config(config.project).steps}
    for name in own:
        if name not in named:
            raise PipelineError(name, "config.yml does not name it", "a model of this project")


def mistakes(config: PipelineConfig) -> list[PipelineError]:
    """All that is wrong with a pipeline: of each component its first mistake; where there is none,
    the first one of their order."""
    found: list[PipelineError] = []
    for step in config.steps:
        try:
            build_all(replace(config, steps=(step,)), ordered=False)
        except PipelineError as error:
            found.append(error)
    try:
        _ = found or _check_order(config.steps)
    except PipelineError as error:
        found.append(error)
    return found


def _as_json(step: Step) -> dict[str, Any]:
    written = {"name": step.name, "options": step.options}
    return {**written, "content": step.content} if step.content else written


def _language(value: Any, node: Node | None) -> str:
    if value is None or node is None:
        return "en"
    if isinstance(value, bool) and isinstance(node, Scalar):
        return node.value  # `no` is Norwegian here
    return _code(str(value), node)


def _code(value: str, node: Node) -> str:
    if not _CODE.fullmatch(value):
        found = f"language is {value!r}"
        raise PipelineError("", found, "the code of a language, such as `en`", line=node.line)
    return value


def _additional_languages(node: Node | None) -> list[str]:
    """As written, so that `no` is Norwegian."""
    if node is None or is_null(node):
        return []
    parts = node.parts if isinstance(node, Items) else []
    codes = [part.value for part in parts if isinstance(part, Scalar) and part.value]
    if not isinstance(node, Items) or len(codes) < len(parts):
        found, expected = "additional_languages is no list of codes", "such as `[es, pt]`"
        raise PipelineError("", found, expected, line=node.line)
    return [_code(code, node) for code in codes]


def _telling_apart(steps: Iterable[Step], languages: list[str]) -> tuple[Step, ...]:
    """The steps, with these languages for the one that tells languages apart."""
    return tuple(
        replace(step, options={"languages": languages, **step.options})
        if languages and _short(step.name) == "LanguageDetector"
        else step
        for step in steps
    )


def _no_list(pipeline: Any, line: int) -> PipelineError:
    if isinstance(pipeline, str):
        found = f"{pipeline!r} names a template of Rasa 1"
        expected = "a list of components, or no `pipeline` at all for the default"
        return PipelineError("", found, expected, line=line)
    if pipeline in ([], {}):
        expected = "components, or no `pipeline` at all for the default"
        return PipelineError("", "pipeline is empty", expected, line=line)
    return PipelineError("", "pipeline is not a list", "a list of components", line=line)


def _step(item: Any, line: int, project: Path) -> Step:
    name = item.get("name") if isinstance(item, dict) else item
    if not isinstance(name, str):
        found = f"an item of pipeline is {str(item)[:60]!r}"
        raise PipelineError("", found, "`name: COMPONENT`", line=line)
    options = {str(k): v for k, v in item.items() if k != "name"} if isinstance(item, dict) else {}
    content = ""
    if is_own(name):
        with suppress(PipelineError):  # making the component tells it
            content = content_of(source_of(name, project))
    return Step(name, options, content, line)


def _check_content(step: Step, project: Path | None) -> None:
    """A project's own code is imported only if it is what the model was trained with."""
    if is_own(step.name) and content_of(source_of(step.name, project)) != step.content:
        found = "its file is not the one that the model was trained with"
        raise PipelineError(step.name, found, "the same file")


@contextmanager
def at_line(line: int) -> Iterator[None]:
    """Give the error the line of config.yml."""
    try:
        yield
    except PipelineError as error:
        error.line = error.line or line
        raise


# What each component needs to stand before it: by a part of its name, in words, and which to take.
_TOKENIZER = ("Tokenizer", "tokenizer", "WhitespaceTokenizer")
_FEATURIZER = ("Featurizer", "featurizer", "CountVectorsFeaturizer")
_SPACY = ("SpacyNLP", "SpacyNLP", "SpacyNLP with `model`, such as `en_core_web_md`")
_NEEDS = {
    "CountVectorsFeaturizer": _TOKENIZER,
    "CRFEntityExtractor": _TOKENIZER,
    "FallbackClassifier": ("Classifier", "classifier", "LogisticRegressionClassifier"),
    "LexicalSyntacticFeaturizer": _TOKENIZER,
    "LogisticRegressionClassifier": _FEATURIZER,
    "ResponseSelector": _FEATURIZER,
    "SklearnIntentClassifier": _FEATURIZER,
    "SpacyEntityExtractor": _SPACY,
    "SpacyFeaturizer": _SPACY,
}
# It has features of words alone, and these read features of the whole message.
_OF_WORDS = "LexicalSyntacticFeaturizer"


def _check_order(steps: Sequence[Step]) -> list[str]:
    """What each component needs must stand before it; a project's own may stand for anything.

    Gives notices of what stands in vain.
    """
    names = [_short(step.name) for step in steps]
    for position, (name, step) in enumerate(zip(names, steps, strict=True)):
        part, words, cure = _NEEDS.get(name, ("", "", ""))
        before = steps[:position]
        found = not part or any(part in n and n != _OF_WORDS for n in names[:position])
        if not found and not any(is_own(s.name) for s in before):
            missing = f"no {words} stands before it"
            raise PipelineError(step.name, missing, cure, line=step.line)
    if _OF_WORDS in names and "CRFEntityExtractor" not in names[names.index(_OF_WORDS) :]:
        return [f"config.yml: {_OF_WORDS} is of use only to a CRFEntityExtractor after it"]
    return []


def _short(name: str) -> str:
    """The component's name without a module of Rasa's and without a version."""
    last = name.rpartition(".")[2]
    return name.rpartition(".")[0] if last[:1] == "v" and last[1:].isdigit() else last
