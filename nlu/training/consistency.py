"""Entities that are marked in one place and not in another, or marked as something else."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from nlu.training.examples import Example, TrainingData

_WORD = re.compile(r"\w+(?:['\u2019]\w+)?")
Words = tuple[str, ...]


@dataclass(slots=True)
class _Marked:
    """How one text is marked: the count of each entity, an example of each, the intents it is in."""

    text: str
    entities: Counter[str] = field(default_factory=Counter)
    first: dict[str, Example] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)
    intents: set[str] = field(default_factory=set)


def examine_entities(data: TrainingData) -> None:
    """Note texts that are marked as two entities, and texts that are marked only sometimes."""
    marked = _marked_texts(data)
    for found in marked.values():
        if len(found.entities) > 1:
            _tell_of_two(found, data)
    _tell_of_unmarked(marked, data)


def _marked_texts(data: TrainingData) -> dict[Words, _Marked]:
    marked: dict[Words, _Marked] = {}
    for example in data.examples:
        for e in example.entities:
            text = example.text[e.start : e.end]
            words = _words(text)
            if not words:
                continue
            found = marked.setdefault(words, _Marked(text))
            found.entities[e.entity] += 1
            found.first.setdefault(e.entity, example)
            found.written.add(text)
            found.intents.add(example.intent)
    return marked


def _tell_of_two(found: _Marked, data: TrainingData) -> None:
    (usual, _), *others = found.entities.most_common()
    for other, _ in others:
        example, first = found.first[other], found.first[usual]
        # Rasa allows several entities on the same span of one example.
        if example is not first:
            told = (
                f"{found.text[:40]!r} is marked {other!r} here and {usual!r} in "
                f"{first.file}:{first.line}"
            )
            data.notice("texts marked as two entities", _at(example), told)


def _tell_of_unmarked(marked: dict[Words, _Marked], data: TrainingData) -> None:
    by_first_word: dict[str, list[Words]] = defaultdict(list)
    for words in sorted(marked, key=len, reverse=True):
        by_first_word[words[0]].append(words)
    told: set[Words] = set()
    for example in data.examples:
        for words, written in _mentions(example, by_first_word):
            found = marked[words]
            # In another intent and in other capitals it may well be another word.
            alike = example.intent in found.intents or written in found.written
            if alike and words not in told:
                told.add(words)
                _tell(example, written, found, data)


def _tell(example: Example, written: str, found: _Marked, data: TrainingData) -> None:
    usual = found.entities.most_common(1)[0][0]
    first = found.first[usual]
    told = (
        f"{written[:40]!r} is not marked here, and is marked {usual!r} in {first.file}:{first.line}"
    )
    data.notice("texts marked in some examples only", _at(example), told)


def _mentions(
    example: Example, by_first_word: dict[str, list[Words]]
) -> Iterator[tuple[Words, str]]:
    """The longest texts, of those that are marked somewhere, that stand here unmarked."""
    spans = [(m.group().casefold(), m.start(), m.end()) for m in _WORD.finditer(example.text)]
    for position, (word, start, _) in enumerate(spans):
        for words in by_first_word.get(word, ()):
            last = position + len(words) - 1
            if last >= len(spans) or tuple(w for w, _, _ in spans[position : last + 1]) != words:
                continue
            end = spans[last][2]
            if not any(e.start < end and start < e.end for e in example.entities):
                yield words, example.text[start:end]
            break


def _words(text: str) -> Words:
    return tuple(_WORD.findall(text.casefold()))


def _at(example: Example) -> str:
    return f"{example.file}:{example.line}"
