"""Which conditions leave nothing to those behind them."""

import math
from bisect import bisect_right
from collections.abc import (
    Hashable,
    Iterable,
    Sequence,
)
from typing import Any

from bot.engine.conditions import (
    ALWAYS,
    BUILT_IN,
    All,
    AnyOf,
    Compare,
    Computed,
    Condition,
    Named,
    Not,
    exists,
    folded,
)


class Coverage:
    """What the conditions so far hold for, to find one that can no longer decide anything.

    `only_messages` says that nothing but a message is asked about, so that `get_smth_from_user`
    always holds. What this finds is certain; it does not find everything.
    """

    def __init__(self, *, only_messages: bool) -> None:
        self.only_messages = only_messages
        self.everything = ""
        self.messages = ""
        self.same: dict[Hashable, str] = {}
        self.together: dict[Hashable, list[tuple[frozenset[Hashable], str]]] = {}
        self.existing: dict[Hashable, str] = {}
        self.contained: dict[Hashable, list[tuple[str, str]]] = {}
        self.ranges: dict[Hashable, list[_Range]] = {}

    def add(self, condition: Condition, label: str) -> None:
        """One more condition that is tried before those that follow."""
        condition = _simple(condition, only_messages=self.only_messages)
        key = _key(condition)
        self.same.setdefault(key, label)
        match condition:
            case All(()):
                self.everything = self.everything or label
            case All(parts):
                keys = frozenset(_key(part) for part in parts)
                self.together.setdefault(max(keys, key=hash), []).append((keys, label))
            case AnyOf(parts):
                for part in parts:
                    self.add(part, label)
            case Named(name="get_smth_from_user"):
                self.messages = self.messages or label
            case Compare():
                self._add_compare(condition, label)

    def _add_compare(self, compare: Compare, label: str) -> None:
        about = (compare.subject, compare.key)
        for value in _values(compare):
            self.same.setdefault((*about, "=", _comparable(compare, value)), label)
        if compare.op == "exists":
            self.existing.setdefault(about, label)
        if compare.op == "contains" and compare.subject == "text":
            self.contained.setdefault(about, []).append((str(folded(compare.value)), label))
        if found := _ranges(compare):
            self.ranges[about] = _merged([*self.ranges.get(about, ()), *found])

    def covering(self, condition: Condition) -> str:
        """The label of a condition that holds whenever this one does; nothing where none does."""
        return self._covering(_simple(condition, only_messages=self.only_messages))

    def _covering(self, condition: Condition) -> str:
        if self.everything:
            return self.everything
        if self.messages and _needs_message(condition):
            return self.messages
        if label := self.same.get(_key(condition), ""):
            return label
        match condition:
            case All(parts):
                return next(filter(None, map(self._covering, parts)), "") or self._part_of(parts)
            case AnyOf(parts):
                labels = [self._covering(part) for part in parts]
                return labels[0] if labels and all(labels) else ""
            case Compare():
                return self._covering_compare(condition)
        return ""

    def _part_of(self, parts: tuple[Condition, ...]) -> str:
        keys = frozenset(_key(part) for part in parts)
        return next(
            (
                label
                for key in keys
                for needed, label in self.together.get(key, ())
                if needed <= keys
            ),
            "",
        )

    def _covering_compare(self, compare: Compare) -> str:
        about = (compare.subject, compare.key)
        values = _values(compare)
        points = [self.same.get((*about, "=", _comparable(compare, v)), "") for v in values]
        if values and all(points):
            return points[0]
        ranges = _ranges(compare)
        if about in self.existing and (ranges or (values and all(map(exists, values)))):
            return self.existing[about]
        if compare.subject == "text" and compare.op in ("=", "contains"):
            text = str(folded(compare.value))
            for word, label in self.contained.get(about, ()):
                if word in text:
                    return label
        if ranges and all(_inside(part, self.ranges.get(about, ())) for part in ranges):
            return "what stands before it"
        return ""


def _simple(condition: Condition, *, only_messages: bool) -> Condition:
    """The same condition without the parts that always hold and the lists that have one part."""
    match condition:
        case Named(name="always"):
            return ALWAYS
        case Named(name="get_smth_from_user") if only_messages:
            return ALWAYS
        case Not(Not(part)):
            return _simple(part, only_messages=only_messages)
        case All(parts) | AnyOf(parts):
            kind = type(condition)
            simple = [_simple(part, only_messages=only_messages) for part in parts]
            flat = [q for p in simple for q in (p.parts if isinstance(p, kind) else (p,))]
            if kind is AnyOf and ALWAYS in simple:
                return ALWAYS
            return flat[0] if len(flat) == 1 else kind(tuple(flat))
    return condition


def _key(condition: Condition) -> Hashable:
    """Equal for conditions that say the same."""
    match condition:
        case Named(name):
            return name
        case All(parts) | AnyOf(parts):
            return (type(condition).__name__, frozenset(_key(part) for part in parts))
        case Not(part):
            return ("Not", _key(part))
        case Compare(subject, key, op, value):
            listed = value if isinstance(value, list | tuple) else [value]
            return (subject, key, op, *(_comparable(condition, part) for part in listed))
        case Computed(source):
            return ("expression", source)


def _comparable(compare: Compare, value: Any) -> Hashable:
    """A value that is equal exactly where the comparison finds it equal: true is not 1."""
    return (isinstance(value, bool), folded(value) if compare.subject == "text" else value)


def _values(compare: Compare) -> list[Any]:
    """The values of which it accepts one, where these are all it accepts."""
    if compare.op == "in":
        return list(compare.value)
    return [compare.value] if compare.op == "=" else []


def _needs_message(condition: Condition) -> bool:
    match condition:
        case Named(name):
            return name in BUILT_IN and name != "always"
        case All(parts):
            return any(map(_needs_message, parts))
        case AnyOf(parts):
            return all(map(_needs_message, parts))
        case Compare(subject, _, op):
            return subject == "intent" or (subject in ("entity", "text", "number") and op != "!=")
    return False


# A range of numbers from one edge to the other. An edge is a number with -1 (just below it), 0 (at
# it) or 1 (just above it), so that open and closed ends compare as pairs do.
_Edge = tuple[float, int]
_Range = tuple[_Edge, _Edge]
_LOWEST: _Edge = (-math.inf, 0)
_HIGHEST: _Edge = (math.inf, 0)


def _ranges(compare: Compare) -> list[_Range]:
    """The numbers that a comparison accepts; none where it is not about numbers alone."""
    value = compare.value
    if compare.op == "exists":
        return [(_LOWEST, _HIGHEST)] if compare.subject == "number" else []
    listed = value if isinstance(value, list | tuple) else [value]
    if any(isinstance(v, bool) or not isinstance(v, int | float) for v in listed):
        return []
    match compare.op:
        case "=" | "in":
            return [((v, 0), (v, 0)) for v in listed]
        case "between":
            return [((value[0], 0), (value[1], 0))]
        case "<" | "<=":
            return [(_LOWEST, (value, -1 if compare.op == "<" else 0))]
        case ">" | ">=":
            return [((value, 1 if compare.op == ">" else 0), _HIGHEST)]
    return []


def _merged(ranges: Iterable[_Range]) -> list[_Range]:
    """The same numbers in as few ranges as possible, in order."""
    merged: list[_Range] = []
    for low, high in sorted(ranges):
        if merged and low <= (merged[-1][1][0], merged[-1][1][1] + 1):
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return merged


def _inside(part: _Range, merged: Sequence[_Range]) -> bool:
    at = bisect_right(merged, (part[0], _HIGHEST)) - 1
    return at >= 0 and merged[at][0] <= part[0] and part[1] <= merged[at][1]
