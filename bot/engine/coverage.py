"""Which conditions leave nothing to those behind them."""

import math
from bisect import bisect_right
from collections.abc import (
    Hashable,
    Iterable,
    Mapping,
    Sequence,
)
from typing import Any

from bot.engine.conditions import (
    ALWAYS,
    BUILT_IN,
    INTENT_CONFIDENCE,
    YES_NO_CONFIDENCE,
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

MOST_ALTERNATIVES = 16
"""Ways to satisfy one condition that are looked at one by one."""
MOST_PARTS = 8
"""Parts of an `all` of which each is compared on its own, the others being the same."""
_THE_SAME: Mapping[str, Compare] = {
    "user_wants_coupon": Compare("intent", "request_coupon", "exists", None),
    "user_wants_human": Compare("intent", "human", "exists", None),
    "user_asks_help": Compare("intent", "help", "exists", None),
    "user_reply_name": Compare("entity", "name", "exists", None),
    "user_reply_number": Compare("number", 1, "exists", None),
}
_NARROWER = {"is_user_reply_yes": "affirm", "is_user_reply_no": "deny"}


class Coverage:
    """What the conditions so far hold for, to find one that can no longer decide anything.

    `only_messages` says that nothing but a message is asked about, so that `get_smth_from_user`
    always holds; `own` are Python conditions, which may bear the name of a built-in one. What this
    finds is certain; it does not find everything.
    """

    def __init__(self, *, only_messages: bool, own: frozenset[str] = frozenset()) -> None:
        self.only_messages = only_messages
        self.own = own
        self.everything = ""
        self.messages = ""
        self.same: dict[Hashable, str] = {}
        self.together: dict[Hashable, list[tuple[frozenset[Hashable], str]]] = {}
        self.existing: dict[Hashable, str] = {}
        self.contained: dict[Hashable, list[tuple[str, str]]] = {}
        self.ranges: dict[Hashable, list[Range]] = {}

    def add(self, condition: Condition, label: str) -> None:
        """One more condition that is tried before those that follow."""
        condition = self.simple(condition)
        for alternative in alternatives(condition):
            self._add(alternative, label)

    def simple(self, condition: Condition) -> Condition:
        """The same condition in as few words as possible."""
        return _simple(condition, only_messages=self.only_messages, own=self.own)

    def _add(self, condition: Condition, label: str) -> None:
        self.same.setdefault(key_of(condition), label)
        match condition:
            case All(()):
                self.everything = self.everything or label
            case All(parts):
                keys = frozenset(key_of(part) for part in parts)
                self.together.setdefault(max(keys, key=hash), []).append((keys, label))
                for about, found in _in_context(parts):
                    self.ranges[about] = merged([*self.ranges.get(about, ()), *found])
            case AnyOf(parts):
                for part in parts:
                    self._add(part, label)
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
        if found := ranges_of(compare):
            self.ranges[about] = merged([*self.ranges.get(about, ()), *found])

    def covering(self, condition: Condition) -> str:
        """The label of a condition that holds whenever this one does; nothing where none does."""
        condition = self.simple(condition)
        if found := self._covering(condition):
            return found
        found_each = [self._covering(part) for part in alternatives(condition)]
        return found_each[0] if all(found_each) else ""

    def _covering(self, condition: Condition) -> str:
        if self.everything:
            return self.everything
        if self.messages and needs_message(condition):
            return self.messages
        if label := self.same.get(key_of(condition), ""):
            return label
        match condition:
            case Named(name) if name in _NARROWER and name not in self.own:
                return self.existing.get(("intent", _NARROWER[name]), "")
            case All(parts):
                return (
                    next(filter(None, map(self._covering, parts)), "")
                    or self._part_of(parts)
                    or self._within_context(parts)
                )
            case AnyOf(parts):
                labels = [self._covering(part) for part in parts]
                return labels[0] if labels and all(labels) else ""
            case Compare():
                return self._covering_compare(condition)
        return ""

    def _part_of(self, parts: tuple[Condition, ...]) -> str:
        keys = frozenset(key_of(part) for part in parts)
        return next(
            (
                label
                for key in keys
                for needed, label in self.together.get(key, ())
                if needed <= keys
            ),
            "",
        )

    def _within_context(self, parts: tuple[Condition, ...]) -> str:
        """Whether something before it holds that differs in one range alone, which is wider."""
        for about, ranges in _in_context(parts):
            if ranges and all(inside(part, self.ranges.get(about, ())) for part in ranges):
                return EARLIER
        return ""

    def _covering_compare(self, compare: Compare) -> str:
        about = (compare.subject, compare.key)
        values = _values(compare)
        points = [self._covering_value(compare, value) for value in values]
        if values and all(points):
            return points[0]
        ranges = ranges_of(compare)
        if about in self.existing and self._is_there(compare, ranges, values):
            return self.existing[about]
        if compare.subject == "text" and compare.op == "contains":
            return self._covering_text(about, compare.value)
        if ranges and all(inside(part, self.ranges.get(about, ())) for part in ranges):
            return EARLIER
        return ""

    def _covering_value(self, compare: Compare, value: Any) -> str:
        about = (compare.subject, compare.key)
        found = self.same.get((*about, "=", _comparable(compare, value)), "")
        if found or compare.subject != "text":
            return found
        return self._covering_text(about, value)

    def _covering_text(self, about: Hashable, value: Any) -> str:
        text = str(folded(value))
        return next((label for word, label in self.contained.get(about, ()) if word in text), "")

    def _is_there(self, compare: Compare, ranges: Sequence["Range"], values: list[Any]) -> bool:
        if compare.subject == "intent":
            yes_or_no = compare.key in ("affirm", "deny")
            least = YES_NO_CONFIDENCE if yes_or_no else INTENT_CONFIDENCE
            return compare.op == ">=" and compare.value >= least
        return bool(ranges) or (bool(values) and all(map(exists, values)))


EARLIER = "what stands before it"


def alternatives(condition: Condition) -> Sequence[Condition]:
    """The condition as parts of which one must hold: `any` in an `all` is drawn out of it."""
    match condition:
        case AnyOf(parts):
            found = [one for part in parts for one in alternatives(part)]
        case All(parts) if any(isinstance(part, AnyOf) for part in parts):
            terms: list[tuple[Condition, ...]] = [()]
            for part in parts:
                ways = alternatives(part)
                if len(terms) * len(ways) > MOST_ALTERNATIVES:
                    return (condition,)
                terms = [(*term, *_flat(way)) for term in terms for way in ways]
            found = [All(term) for term in terms]
        case _:
            return (condition,)
    return found


def _flat(condition: Condition) -> tuple[Condition, ...]:
    return condition.parts if isinstance(condition, All) else (condition,)


def _in_context(parts: tuple[Condition, ...]) -> list[tuple[Hashable, list["Range"]]]:
    """The ranges of an `all`, each with what else must hold."""
    if len(parts) > MOST_PARTS:
        return []
    found: list[tuple[Hashable, list[Range]]] = []
    for part in parts:
        if isinstance(part, Compare) and (ranges := ranges_of(part)):
            rest = frozenset(key_of(other) for other in parts if other is not part)
            found.append((((part.subject, part.key), rest), ranges))
    return found


def _simple(
    condition: Condition, *, only_messages: bool, own: frozenset[str] = frozenset()
) -> Condition:
    """The same condition without the parts that always hold and the lists that have one part."""
    match condition:
        case Named(name) if name in _THE_SAME and not own & {name, condition.scoped}:
            return _THE_SAME[name]
        case Named(name="always"):
            return ALWAYS
        case Named(name="get_smth_from_user") if only_messages:
            return ALWAYS
        case Not(Not(part)):
            return _simple(part, only_messages=only_messages, own=own)
        case Not(part):
            return Not(_simple(part, only_messages=only_messages, own=own))
        case All(parts) | AnyOf(parts):
            kind = type(condition)
            simple = [_simple(part, only_messages=only_messages, own=own) for part in parts]
            flat = [q for p in simple for q in (p.parts if isinstance(p, kind) else (p,))]
            if kind is AnyOf and ALWAYS in simple:
                return ALWAYS
            return flat[0] if len(flat) == 1 else kind(tuple(flat))
    return condition


def key_of(condition: Condition) -> Hashable:
    """Equal for conditions that say the same."""
    match condition:
        case Named(name):
            return name
        case All(parts) | AnyOf(parts):
            return (type(condition).__name__, frozenset(key_of(part) for part in parts))
        case Not(part):
            return ("Not", key_of(part))
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


def needs_message(condition: Condition) -> bool:
    match condition:
        case Named(name):
            return name in BUILT_IN and name != "always"
        case All(parts):
            return any(map(needs_message, parts))
        case AnyOf(parts):
            return all(map(needs_message, parts))
        case Compare(subject, _, op):
            return subject == "intent" or (subject in ("entity", "text", "number") and op != "!=")
    return False


# A range of numbers from one edge to the other. An edge is a number with -1 (just below it), 0 (at
# it) or 1 (just above it), so that open and closed ends compare as pairs do.
Edge = tuple[float, int]
Range = tuple[Edge, Edge]
_LOWEST: Edge = (-math.inf, 0)
_HIGHEST: Edge = (math.inf, 0)


def ranges_of(compare: Compare) -> list[Range]:
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


def merged(ranges: Iterable[Range]) -> list[Range]:
    """The same numbers in as few ranges as possible, in order."""
    merged: list[Range] = []
    for low, high in sorted(ranges):
        if merged and low <= (merged[-1][1][0], merged[-1][1][1] + 1):
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return merged


def inside(part: Range, merged: Sequence[Range]) -> bool:
    at = bisect_right(merged, (part[0], _HIGHEST)) - 1
    return at >= 0 and merged[at][0] <= part[0] and part[1] <= merged[at][1]
