"""Conditions of a flow, from JSON."""

from collections.abc import Mapping
from typing import Any

from bot.engine.conditions import (
    ALWAYS,
    OPERATORS,
    SUBJECTS,
    All,
    AnyOf,
    Compare,
    Computed,
    Condition,
    Named,
    Not,
)
from bot.engine.findings import nearest
from bot.engine.reading import DEEPEST_CONDITION, SCALARS, Reading, read_expression, shown


def read_optional_condition(r: Reading, node: Mapping[str, Any], place: str) -> Condition:
    return (
        read_condition(r, node["condition"], f"{place}/condition")
        if "condition" in node
        else ALWAYS
    )


def read_condition(r: Reading, node: Any, place: str, depth: int = 0) -> Condition:
    if depth > DEEPEST_CONDITION:
        reason = f"more than {DEEPEST_CONDITION} conditions within each other"
        r.error("too-deep", place, reason, "give a part of it a name in actions/conditions.py")
        return ALWAYS
    if isinstance(node, str) and node.strip():
        return Named(node, f"{r.flow}.{node}")
    if not isinstance(node, dict):
        r.error("wrong-condition", place, f"expected a condition, found {shown(node)}",
                'a name, {"all": [...]}, or {"intent": ...} and the like')  # fmt: skip
        return ALWAYS
    for key, make in (("all", All), ("any", AnyOf)):
        if key in node:
            r.known_keys(node, (key, "$comment"), place)
            parts = node[key]
            if not r.typed(parts, list, f"{place}/{key}", "a list of conditions"):
                return ALWAYS
            if not parts:
                r.error("empty-list", f"{place}/{key}", "expected at least one condition")
            return make(
                tuple(
                    read_condition(r, p, f"{place}/{key}/{i}", depth + 1)
                    for i, p in enumerate(parts)
                )
            )
    if "not" in node:
        r.known_keys(node, ("not", "$comment"), place)
        return Not(read_condition(r, node["not"], f"{place}/not", depth + 1))
    if "expression" in node:
        r.known_keys(node, ("expression", "$comment"), place)
        source = read_expression(r, node["expression"], f"{place}/expression")
        return ALWAYS if source is None else Computed(source)
    return _comparison(r, node, place)


def _comparison(r: Reading, node: Mapping[str, Any], place: str) -> Condition:
    subjects = [subject for subject in SUBJECTS if subject in node]
    if len(subjects) != 1:
        r.error("wrong-condition", place, "a comparison has exactly one subject",
                f"one of {', '.join(SUBJECTS)}, or all, any, not, expression")  # fmt: skip
        return ALWAYS
    subject = subjects[0]
    r.known_keys(node, (subject, "op", "value", "$comment"), place)
    op = node.get("op", "=" if "value" in node else "exists")
    if not isinstance(op, str) or op not in OPERATORS:
        r.error("unknown-operator", f"{place}/op", f"unknown operator {shown(op)}",
                nearest(str(op), OPERATORS))  # fmt: skip
        return ALWAYS
    if not _operand(r, op, node, place):
        return ALWAYS
    value = node.get("value")
    if subject == "intent" and not _sure_enough(r, op, value, place):
        return ALWAYS
    key = _subject_key(r, subject, node[subject], place)
    return ALWAYS if key is None else Compare(subject, key, op, value)


def _subject_key(r: Reading, subject: str, key: Any, place: str) -> Any:
    """What a comparison looks at; None where that is a mistake."""
    place = f"{place}/{subject}"
    if subject == "number":
        key = 1 if key is True else key
        if isinstance(key, bool) or not isinstance(key, int) or key < 1:
            r.error("wrong-type", place, "expected true, or which number: 1, 2, ...")
            return None
        return key
    if subject == "text":
        if key is not True:
            r.error("wrong-type", place, f"expected true, found {shown(key)}",
                    '{"text": true, "op": "=", "value": "..."} compares the text')  # fmt: skip
            return None
        return True
    return key if r.text(key, place, "a name") else None


def _sure_enough(r: Reading, op: str, value: Any, place: str) -> bool:
    """An intent is asked for as it is, or with a confidence of its own."""
    if op == "exists":
        return True
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if op == ">=" and number and 0 <= value <= 1:
        return True
    r.error("wrong-condition", f"{place}/op", "an intent is compared with a confidence only",
            '{"intent": "..."} or {"intent": "...", "op": ">=", "value": 0.8}')  # fmt: skip
    return False


def _operand(r: Reading, op: str, node: Mapping[str, Any], place: str) -> bool:
    if op == "exists":
        if "value" in node:
            r.error("wrong-condition", f"{place}/value", "'exists' compares with nothing",
                    "write {\"not\": ...} for what is missing")  # fmt: skip
        return "value" not in node
    if "value" not in node:
        r.error("wrong-condition", place, f"{op!r} needs a 'value' to compare with")
        return False
    value, place = node["value"], f"{place}/value"
    match op:
        case "between":
            return _range(r, value, place)
        case "in":
            return _listed(r, value, place)
        case "<" | "<=" | ">" | ">=" if isinstance(value, bool):
            r.error("wrong-type", place, "expected a number or a text")
            return False
        case _:
            return r.typed(value, SCALARS, place, "a value to compare with")


def _range(r: Reading, value: Any, place: str) -> bool:
    if (
        not isinstance(value, list)
        or len(value) != 2
        or any(isinstance(v, bool) or not isinstance(v, (int, float, str)) for v in value)
        or isinstance(value[0], str) != isinstance(value[1], str)
    ):
        r.error("wrong-type", place, "'between' needs [from, to]")
        return False
    if value[0] > value[1]:
        r.error("wrong-number", place, "nothing lies between these, the first is the greater")
        return False
    return True


def _listed(r: Reading, value: Any, place: str) -> bool:
    if not r.typed(value, list, place, "a list of values"):
        return False
    if not value:
        r.error("empty-list", place, "expected at least one value")
    right = [r.typed(v, SCALARS, f"{place}/{i}", "a value") for i, v in enumerate(value)]
    return all(right)
