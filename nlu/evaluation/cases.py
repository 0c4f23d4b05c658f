"""What a model is evaluated on: texts with the intent and entities that are right for them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.engine.parse import Entity
from nlu.errors import NluError
from nlu.training.examples import TrainingData
from nlu.training.reader import SUFFIXES, read_path

OUT_OF_SCOPE = ("out_of_scope", "oos")
"""Labels that say: none of the intents is meant."""
ROWS = ".jsonl"
LARGEST_LINE = 1_000_000


class EvaluationError(NluError):
    """Something that keeps a model from being evaluated; its text says what to do."""


@dataclass(frozen=True, slots=True)
class Case:
    """One text with what is right. `language` is a code such as `en`, where it is known."""

    text: str
    intent: str
    entities: tuple[Entity, ...] = ()
    language: str | None = None

    @property
    def out_of_scope(self) -> bool:
        """Whether no intent is the right answer."""
        return self.intent in OUT_OF_SCOPE


def read_cases(path: Path) -> list[Case]:
    """The cases of a file or folder: Rasa's training data, or rows of JSON.

    Raises EvaluationError for what is missing or empty, TrainingDataError for what is wrong.
    """
    rows = [case for file in _row_files(path) for case in _rows(file)]
    cases = rows if _is_rows(path) else [*cases_from(_training_data(path)), *rows]
    if not cases:
        raise EvaluationError(f"{path}: there are no examples in it")
    return cases


def read_training_data(path: Path) -> TrainingData:
    """A file or folder of Rasa's training data, with its synonyms, patterns and lookups."""
    if any(_row_files(path)):
        raise EvaluationError(f"{path}: cross-validation trains, so it needs Rasa's training data")
    return _training_data(path)


def cases_from(data: TrainingData) -> list[Case]:
    """The examples of training data as cases."""
    return [Case(e.text, e.intent, e.entities, e.language) for e in data.examples]


def renamed(cases: list[Case], names: Mapping[str, str]) -> list[Case]:
    """The same cases with other names for intents and entities."""

    def entity(it: Entity) -> Entity:
        return replace(it, entity=names.get(it.entity, it.entity))

    return [
        replace(
            case,
            intent=names.get(case.intent, case.intent),
            entities=tuple(entity(it) for it in case.entities),
        )
        for case in cases
    ]


def _row_files(path: Path) -> list[Path]:
    if not path.exists():
        raise EvaluationError(f"{path}: there is no such file or folder")
    if path.is_dir():
        return sorted(file for file in path.rglob(f"*{ROWS}") if file.is_file())
    return [path] if _is_rows(path) else []


def _is_rows(path: Path) -> bool:
    return path.suffix == ROWS and not path.is_dir()


def _training_data(path: Path) -> TrainingData:
    if path.is_file() and path.suffix not in SUFFIXES:
        known = ", ".join((*SUFFIXES, ROWS))
        raise EvaluationError(f"{path}: the kind of file is not known; readable are {known}")
    return read_path(path)


def _rows(file: Path) -> Iterator[Case]:
    try:
        lines = file.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{file}: the file cannot be read ({error})") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield _row(line)
            except (ValueError, RecursionError) as error:
                raise EvaluationError(f"{file}:{number}: {error}") from error


def _row(line: str) -> Case:
    if len(line) > LARGEST_LINE:
        raise ValueError(f"a line of more than {LARGEST_LINE:,} characters")
    row = json.loads(line)
    if not isinstance(row, dict):
        raise ValueError('a row is an object such as {"text": "hi", "intent": "greet"}')
    text, intent, language = row.get("text"), row.get("intent"), row.get("lang")
    if not isinstance(text, str) or not isinstance(intent, str) or not intent:
        raise ValueError("a row needs the texts `text` and `intent`")
    entities = row.get("entities") or []
    if not isinstance(entities, list):
        raise ValueError("`entities` is not a list")
    known = language if isinstance(language, str) and language else None
    # Of a retrieval intent `faq/hours` the model ranks `faq`.
    base = intent.partition("/")[0] or intent
    return Case(text, base, tuple(_entity(it, text) for it in entities), known)


def _entity(row: Any, text: str) -> Entity:
    if not isinstance(row, dict) or not isinstance(row.get("entity"), str):
        raise ValueError("an entity is an object with `entity`, `start` and `end`")
    start, end = row.get("start"), row.get("end")
    if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(text)):
        raise ValueError(f"the entity {row['entity']!r} does not lie within the text")
    return Entity(row["entity"], row.get("value", text[start:end]), start, end)
