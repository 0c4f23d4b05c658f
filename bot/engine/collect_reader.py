"""Questions: the `collect` of a state, with its choices and limits."""

from collections.abc import Iterable, Mapping
from typing import Any, cast, get_args

from bot.engine.condition_reader import read_condition
from bot.engine.findings import nearest
from bot.engine.flow import Collect, Option, SlotType
from bot.engine.moments import MOMENTS, comparable
from bot.engine.reading import (
    Reading,
    read_name,
    read_pattern,
    read_template,
    read_texts,
    read_words,
    shown,
)
from bot.engine.wording import Text, versions

COLLECT_KEYS = (
    "$comment", "slot", "field", "type", "ask", "choices", "pattern", "min_length", "max_length",
    "min", "max", "valid", "error", "attempts", "exit_words",
)  # fmt: skip
MOST_CHOICES = 100
"""More are nobody's to read on a phone."""
_EXAMPLES = {"date": '"2026-12-31"', "time": '"17:30"', "datetime": '"2026-12-31T17:30"'}


def read_collect(r: Reading, node: Any, place: str) -> Collect | None:
    if not r.typed(node, dict, place, 'an object like {"slot": "age", "type": "number"}'):
        return None
    r.known_keys(node, COLLECT_KEYS, place)
    target = _target(r, node, place)
    if target is None:
        return None
    kind = node.get("type", "text")
    if not isinstance(kind, str) or kind not in get_args(SlotType):
        r.error("unknown-type", f"{place}/type", f"unknown type {shown(kind)}",
                nearest(str(kind), get_args(SlotType)))  # fmt: skip
        return None
    choices = _choices(r, node.get("choices", []), f"{place}/choices")
    if kind == "choice" and not choices:
        r.error("no-choices", place, "a question of type 'choice' needs 'choices'")
    shortest, longest = (_length(r, node, key, place) for key in ("min_length", "max_length"))
    if shortest is not None and longest is not None and shortest > longest:
        reason = "no text has at least 'min_length' and at most 'max_length' characters"
        r.error("wrong-number", f"{place}/max_length", reason)
    minimum, maximum = _limits(r, kind, node, place)
    return Collect(
        slot=node[target],
        type=cast(SlotType, kind),
        place=place,
        choices=choices,
        ask=_words(r, node, "ask", place),
        scope="field" if target == "field" else "slot",
        pattern=read_pattern(r, node["pattern"], f"{place}/pattern") if "pattern" in node else None,
        shortest=shortest,
        longest=longest,
        valid=read_condition(r, node["valid"], f"{place}/valid") if "valid" in node else None,
        minimum=minimum,
        maximum=maximum,
        error=_words(r, node, "error", place),
        attempts=r.count(node.get("attempts", 3), 1, f"{place}/attempts"),
        exit_words=frozenset(
            word.strip().casefold()
            for word in read_texts(r, node.get("exit_words", []), f"{place}/exit_words")
        ),
    )


def _target(r: Reading, node: Mapping[str, Any], place: str) -> str | None:
    """The key that says where the answer goes."""
    given = [key for key in ("slot", "field") if key in node]
    if len(given) == 1 and isinstance(node[given[0]], str) and node[given[0]].strip():
        return given[0]
    if len(given) == 2:
        r.error("slot-and-field", f"{place}/field", "give either 'slot' or 'field'")
    else:
        r.error("no-slot", place, "a question needs the 'slot' or 'field' its answer goes to")
    return None


def _words(r: Reading, node: Mapping[str, Any], key: str, place: str) -> Text | None:
    return read_words(r, node[key], f"{place}/{key}") if key in node else None


def _length(r: Reading, node: Mapping[str, Any], key: str, place: str) -> int | None:
    return r.count(node[key], 0, f"{place}/{key}") if key in node else None


def _limits(
    r: Reading, kind: str, node: Mapping[str, Any], place: str
) -> tuple[float | str | None, float | str | None]:
    """The least and the greatest value: numbers, or days and times in ISO 8601."""
    least, greatest = (_limit(r, kind, node, key, place) for key in ("min", "max"))
    if least is not None and greatest is not None and least > greatest:  # type: ignore[operator]
        r.error("wrong-number", f"{place}/max", "nothing is at least 'min' and at most 'max'")
    return least, greatest


def _limit(
    r: Reading, kind: str, node: Mapping[str, Any], key: str, place: str
) -> float | str | None:
    if key not in node:
        return None
    value, place = node[key], f"{place}/{key}"
    if kind not in MOMENTS:
        return value if r.typed(value, (int, float), place, "a number") else None
    try:
        return comparable(kind, value)
    except (TypeError, ValueError):
        r.error("wrong-type", place, f"expected a {kind} in ISO 8601, found {shown(value)}",
                f"for example {_EXAMPLES[kind]}")  # fmt: skip
        return None


# Choices


def _choices(r: Reading, nodes: Any, place: str) -> tuple[Option, ...]:
    bare = isinstance(nodes, str)
    nodes = [nodes] if bare else nodes
    if not r.typed(nodes, list, place, "a list of choices"):
        return ()
    if len(nodes) > MOST_CHOICES:
        r.error("too-many-choices", place, f"more than {MOST_CHOICES} choices",
                "ask in two steps")  # fmt: skip
        return ()
    read = [_option(r, node, place if bare else f"{place}/{i}") for i, node in enumerate(nodes)]
    found = tuple(option for option in read if option)
    _told_apart(r, found, place)
    return found


def _option(r: Reading, node: Any, place: str) -> Option | None:
    if isinstance(node, str):
        return Option(node, node) if r.text(node, place, "a choice") else None
    if not r.typed(node, dict, place, 'a text or {"label": ..., "value": ...}'):
        return None
    r.known_keys(node, ("label", "value", "words", "means", "$comment"), place)
    if "label" not in node:
        r.error("wrong-choice", place, "a choice needs a 'label'")
        return None
    label = _label(r, node["label"], f"{place}/label")
    value = node.get("value", _first(label))
    if not r.text(value, f"{place}/value", "a text") or not label:
        return None
    means = node.get("means")
    if "means" in node and not r.text(means, f"{place}/means", "an intent"):
        means = None
    return Option(label, value, read_texts(r, node.get("words", []), f"{place}/words"), means)


def _label(r: Reading, value: Any, place: str) -> Text:
    if isinstance(value, dict):
        return read_words(r, value, place)
    return read_template(r, value, place) if read_name(r, value, place) else ""


def _first(label: Text) -> str:
    return next((words for _, words in versions(label)), "")


def _told_apart(r: Reading, options: tuple[Option, ...], place: str) -> None:
    """Refuses choices that one and the same reply would mean."""
    for index, option in enumerate(options):
        before = options[:index]
        for found, what in _shared(option, before):
            r.error("duplicate-choice", f"{place}/{index}", f"the {what} {found!r} is there twice",
                    "one reply can mean one choice only")  # fmt: skip
    numbers = [str(number) for number in range(1, len(options) + 1)]
    for index, option in enumerate(options):
        for label in dict.fromkeys((*dict(versions(option.label)).values(), option.value)):
            if label in numbers and label != str(index + 1):
                r.warning("ambiguous-number", f"{place}/{index}",
                          f"{label!r} is also the number of another choice",
                          "it wins over the number; give them another order or value")  # fmt: skip


def _shared(option: Option, before: Iterable[Option]) -> list[tuple[str, str]]:
    """What an option has in common with one before it."""
    found = []
    for other in before:
        theirs = dict(versions(other.label))
        found += [
            (label, "label")
            for code, label in versions(option.label)
            if code in theirs and _same(label, theirs[code])
        ]
        if _same(option.value, other.value):
            found.append((option.value, "value"))
        words = {word.strip().casefold() for word in other.words}
        found += [(word, "word") for word in option.words if word.strip().casefold() in words]
        if option.means and option.means == other.means:
            found.append((option.means, "intent"))
    return found[:1]


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()
