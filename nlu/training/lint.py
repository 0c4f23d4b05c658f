"""What is odd in training data as a whole: told as notices, never refused."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from nlu.training.consistency import examine_entities
from nlu.training.examples import Example, TrainingData

# Names that have a meaning of their own in Rasa, and need no examples or no place in the domain.
RESERVED = frozenset(("nlu_fallback", "out_of_scope", "session_start", "restart", "back"))
_MANY_INTENTS = 500
_IMBALANCE = 10
_TOLD_AT_MOST = 5


def examine(data: TrainingData) -> None:
    """Add notices on examples, intents, entities, synonyms and responses."""
    _repetitions(data)
    _contradictions(data)
    _sizes(data)
    _against_domain(data)
    examine_entities(data)
    _unused_synonyms(data)
    _missing_responses(data)


def _repetitions(data: TrainingData) -> None:
    """The same text twice in one intent; in two languages it may stand twice."""
    seen: dict[tuple[str, str, str | None], Example] = {}
    for example in data.examples:
        key = (example.text, example.label, example.language)
        first = seen.setdefault(key, example)
        if first is not example:
            found = f"{_short(example.text)} is in {example.label!r} before, at {_at(first)}"
            data.notice("examples given twice in an intent", _at(example), found)


def _contradictions(data: TrainingData) -> None:
    """The same text in two intents: whatever is learned, one of them is wrong."""
    meant: dict[str, list[Example]] = defaultdict(list)
    for example in data.examples:
        others = meant[example.text.casefold()]
        first = next((e for e in others if _clash(e, example)), None)
        if first is not None:
            found = (
                f"{_short(example.text)} is {example.label} here and {first.label} in {_at(first)}"
            )
            data.notice("texts that stand in two intents", _at(example), found)
        if all(e.label != example.label or e.language != example.language for e in others):
            others.append(example)


def _clash(one: Example, other: Example) -> bool:
    languages = {one.language, other.language} - {None}
    return one.label != other.label and len(languages) < 2


def _sizes(data: TrainingData) -> None:
    """Too few examples of an intent, or far fewer than of the others."""
    labels = Counter(example.label for example in data.examples)
    for example in data.examples:
        if labels[example.label] == 1:
            found = f"intent {example.label!r} has one example; ten or more make it known"
            data.notice("intents with one example", _at(example), found)
    firsts = {example.intent: example for example in reversed(data.examples)}
    if len(firsts) > _MANY_INTENTS:
        found = f"{len(firsts)} intents: readings grow slow and unsure; put like ones together"
        data.notice("large sets of intents", _at(data.examples[0]), found)
    _imbalance(Counter(example.intent for example in data.examples), firsts, data)


def _imbalance(counts: Counter[str], firsts: dict[str, Example], data: TrainingData) -> None:
    # That which is no intent of the bot's may well be large.
    largest, most = max(
        ((intent, n) for intent, n in counts.items() if intent not in RESERVED),
        key=lambda pair: pair[1],
        default=("", 0),
    )
    small = sorted(
        (count, intent) for intent, count in counts.items() if count * _IMBALANCE <= most
    )
    if small:
        shown = ", ".join(f"{intent!r} ({count})" for count, intent in small[:_TOLD_AT_MOST])
        rest = f" and {len(small) - _TOLD_AT_MOST} more" if len(small) > _TOLD_AT_MOST else ""
        found = (
            f"imbalance: {largest!r} has {most} examples, {_IMBALANCE} times as many as "
            f"{shown}{rest}"
        )
        data.notice("imbalances", _at(firsts[small[0][1]]), found)


def _against_domain(data: TrainingData) -> None:
    """Names that only one of training data and domain knows."""
    domain = data.domain
    if not domain.files:
        return
    where, intents = domain.files[0], data.intents()
    for example in _first_by_intent(data):
        if example.intent not in domain.intents and example.intent not in RESERVED:
            found = f"intent {example.intent!r} is not in the domain"
            data.notice("intents that the domain lacks", _at(example), found)
    for intent in sorted(set(domain.intents) - set(intents) - RESERVED):
        if intent.split("/", 1)[0] not in intents and not intent.startswith("EXTERNAL"):
            found = f"intent {intent!r} of the domain has no examples"
            data.notice("intents of the domain without examples", where, found)
    told: set[str] = set()
    for example in data.examples:
        for e in example.entities:
            if e.entity not in domain.entities and e.entity not in told:
                told.add(e.entity)
                found = f"entity {e.entity!r} is not in the domain"
                data.notice("entities that the domain lacks", _at(example), found)


def _first_by_intent(data: TrainingData) -> Iterator[Example]:
    seen: set[str] = set()
    for example in data.examples:
        if example.intent not in seen:
            seen.add(example.intent)
            yield example


def _unused_synonyms(data: TrainingData) -> None:
    """Synonyms for a value that no entity can have: neither marked, nor listed, nor matched."""
    used = {
        str(text).casefold()
        for example in data.examples
        for e in example.entities
        for text in (e.value, example.text[e.start : e.end])
    }
    used.update(word.casefold() for words in data.lookups.values() for word in words)
    by_value: dict[str, list[str]] = defaultdict(list)
    for text, value in data.synonyms.items():
        by_value[value].append(text)
    expressions = [re.compile(p.expression, re.IGNORECASE) for p in data.patterns]
    for value, texts in by_value.items():
        said = [value, *texts]
        if any(text.casefold() in used for text in said):
            continue
        if not any(e.fullmatch(text[:100]) for text in said for e in expressions):
            found = f"synonym {value!r} is of no use: no entity is ever {_short(texts[0])}"
            place = data.synonym_places.get(texts[0], "nlu/data")
            data.notice("synonyms without use", place, found)


def _missing_responses(data: TrainingData) -> None:
    """Retrieval intents that nothing answers, where others are answered."""
    for example in _first_by_key(data):
        if f"utter_{example.response_key}" not in data.responses:
            found = f"no response 'utter_{example.response_key}' answers this intent"
            data.notice("retrieval intents without a response", _at(example), found)


def _first_by_key(data: TrainingData) -> Iterator[Example]:
    seen: set[str | None] = {None}
    for example in data.examples:
        if example.response_key not in seen:
            seen.add(example.response_key)
            yield example


def _short(text: str) -> str:
    return repr(text[:40])


def _at(example: Example) -> str:
    return f"{example.file}:{example.line}"
