"""Cross-validation: every example is read by a model that was trained without it."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count

from nlu.components.own import guarded
from nlu.config import PipelineConfig, build_all
from nlu.evaluation.cases import EvaluationError, cases_from
from nlu.evaluation.readings import Reading, read_all
from nlu.folding import fold
from nlu.interpreter import Interpreter
from nlu.message import Message
from nlu.training.examples import Example, TrainingData

Progress = Callable[[str, float], None]
FEWEST = 2


def cross_validate(
    config: PipelineConfig, data: TrainingData, folds: int, seed: int, progress: Progress
) -> list[Reading]:
    """The readings of all examples, in the order of the data; `progress` is told a share of 1.

    Raises EvaluationError where the data cannot be divided so.
    """
    parts = divide(data.examples, folds, seed)
    readings: dict[int, Reading] = {}
    for number, part in enumerate(parts):
        progress(f"fold {number + 1} of {folds}: training", number / folds)
        model = trained(config, without(data, part))
        progress(f"fold {number + 1} of {folds}: reading", (number + 0.8) / folds)
        held = replace(data, examples=[data.examples[index] for index in part])
        readings.update(zip(part, read_all(model, cases_from(held)), strict=True))
    progress("done", 1.0)
    return [readings[index] for index in sorted(readings)]


def divide(examples: Sequence[Example], folds: int, seed: int) -> list[list[int]]:
    """Indices of the examples in `folds` parts, each with its share of every intent.

    The same seed divides in the same way. A text that stands twice stays in one part: else the
    model would have been taught what it is asked.
    """
    if folds < FEWEST:
        raise EvaluationError(f"cross-validation needs at least {FEWEST} folds, not {folds}")
    parts: list[list[int]] = [[] for _ in range(folds)]
    dealt = count()
    for groups in _by_intent(examples).values():
        for key in sorted(groups, key=lambda text: _shuffled(text, seed)):
            parts[next(dealt) % folds].extend(groups[key])
    if any(not part for part in parts):
        raise EvaluationError(
            f"{folds} folds need at least {folds} different examples; there are {next(dealt)}"
        )
    return [sorted(part) for part in parts]


def without(data: TrainingData, left_out: Sequence[int]) -> TrainingData:
    """The training data without some of its examples."""
    out = frozenset(left_out)
    kept = [example for index, example in enumerate(data.examples) if index not in out]
    if len({example.intent for example in kept}) < FEWEST:
        raise EvaluationError(
            "a fold is left with examples of fewer than two intents: use fewer folds or more data"
        )
    return replace(data, examples=kept)


def trained(config: PipelineConfig, data: TrainingData) -> Interpreter:
    """The pipeline, taught this data."""
    components, _ = build_all(config)
    messages = [Message(example.text, config.language) for example in data.examples]
    for position, component in enumerate(components):
        component.train(data, messages)
        if any(later.learns_from_messages for later in components[position + 1 :]):
            for message in messages:
                component.process(message)
    return Interpreter(guarded(components), "")


def _by_intent(examples: Sequence[Example]) -> dict[str, dict[str, list[int]]]:
    """Indices by intent and folded text; a text of two intents belongs to the first of them."""
    home: dict[str, str] = {}
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for index, example in enumerate(examples):
        text = fold(example.text)
        found[home.setdefault(text, example.intent)][text].append(index)
    return {intent: found[intent] for intent in sorted(found)}


def _shuffled(text: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}\0{text}".encode("utf-8", "surrogatepass")).digest()


def single_examples(data: TrainingData) -> Iterator[str]:
    """Intents with one example: no model is ever asked for what it was taught of them."""
    texts: dict[str, set[str]] = defaultdict(set)
    for example in data.examples:
        texts[example.intent].add(fold(example.text))
    yield from (intent for intent, those in sorted(texts.items()) if len(those) == 1)
