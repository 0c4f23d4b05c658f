"""Ways of one state that take each other's messages, compared as sets."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from bot.engine.checks.project import Checking
from bot.engine.checks.walking import node
from bot.engine.conditions import (
    All,
    Compare,
    Condition,
    about_event,
    folded,
)
from bot.engine.coverage import MOST_PARTS, Coverage, Range, alternatives, key_of, ranges_of
from bot.engine.flow import Transition
from bot.engine.witnesses import written

MOST_COMPARED = 300
"""Ranges of one state that are compared with each other: nobody's list of cases is longer."""


@dataclass(slots=True)
class _Taken:
    """What the ways before one take of one subject, beside the same other conditions."""

    ranges: list[tuple[Range, Transition]] = field(default_factory=list)
    values: dict[Hashable, tuple[set[Hashable], Transition]] = field(default_factory=dict)


@dataclass(slots=True)
class _Asked:
    """What one condition takes of one subject."""

    what: str
    ranges: list[Range] = field(default_factory=list)
    values: set[Hashable] = field(default_factory=set)


def overlaps(c: Checking) -> None:
    """Two ways of one state to different states that take the same message.

    A list from the narrow to the broad is what order is for, and ranges that touch in one number are
    how people write them: neither is told.
    """
    own = c.known.project.conditions
    for state in c.flow.states.values():
        if len(state.transitions) < 2:
            continue
        coverage = Coverage(only_messages=not state.passes, own=own)
        taken: dict[Hashable, _Taken] = {}
        for transition in state.transitions:
            if about_event(transition.condition):
                continue
            asked = _asked(coverage.simple(transition.condition))
            found = (_common(a, taken.get(key), transition) for key, a in asked.items())
            common = next(filter(None, found), None)
            if common is not None and not coverage.covering(transition.condition):
                earlier, example = common
                both = All((earlier.condition, transition.condition))
                c.add("overlapping", node(transition),
                      f"{example} is also what leads to {earlier.target!r}, which comes first",
                      "let each value lead to one state only",
                      c.explorer.meant_for, state, both)  # fmt: skip
            coverage.add(transition.condition, repr(transition.target))
            for key, a in asked.items():
                _take(a, taken.setdefault(key, _Taken()), transition)


def _asked(condition: Condition) -> Mapping[Hashable, _Asked]:
    """What a condition asks about, by subject and by what else must hold."""
    found: dict[Hashable, _Asked] = {}
    for term in alternatives(condition):
        parts = term.parts if isinstance(term, All) else (term,)
        if len(parts) > MOST_PARTS:
            continue
        for part in parts:
            if not isinstance(part, Compare):
                continue
            rest = frozenset(key_of(other) for other in parts if other is not part)
            intent = part.subject == "intent"
            about = (part.subject, None if intent else part.key, rest)
            if intent and part.op == "exists":
                found.setdefault(about, _Asked("the intent")).values.add((False, part.key))
            elif part.op in ("=", "in"):
                found.setdefault(about, _Asked(subject(part))).values.update(_values(part))
            elif part.op in _ORDERING and not intent:
                found.setdefault(about, _Asked(subject(part))).ranges.extend(ranges_of(part))
    return found


_ORDERING = ("<", "<=", ">", ">=", "between")


def _values(compare: Compare) -> set[Hashable]:
    listed = compare.value if compare.op == "in" else [compare.value]
    folds = compare.subject == "text"
    return {(isinstance(v, bool), folded(v) if folds else v) for v in listed}


def _take(asked: _Asked, taken: _Taken, transition: Transition) -> None:
    if len(taken.ranges) < MOST_COMPARED:
        taken.ranges += [(one, transition) for one in asked.ranges]
    for value in asked.values:
        taken.values.setdefault(value, (asked.values, transition))


_Common = tuple[Transition, str]


def _common(asked: _Asked, taken: _Taken | None, transition: Transition) -> _Common | None:
    """An earlier way to another state that takes a part of what is asked for."""
    if taken is None:
        return None
    points = [_point(value) for value in asked.values if _point(value) is not None]
    for other, earlier in taken.ranges:
        if earlier.target == transition.target:
            continue
        for one in asked.ranges:
            if _cross(one, other):
                return earlier, f"{asked.what} {_between(one, other)}"
        for point in points:
            if point is not None and _holds(other, point):
                return earlier, f"{asked.what} {written(point[0][0])}"
    for value in sorted(asked.values, key=repr):
        if value in taken.values:
            values, earlier = taken.values[value]
            if earlier.target != transition.target and not values < asked.values:
                shown = value[1] if isinstance(value, tuple) else value
                return earlier, f"{asked.what} {shown!r}"
    return None


def _point(value: Hashable) -> Range | None:
    plain = value[1] if isinstance(value, tuple) and not value[0] else None
    return ((plain, 0), (plain, 0)) if isinstance(plain, int | float) else None


def subject(compare: Compare) -> str:
    """What a comparison is about, in words."""
    if compare.subject in ("text", "number"):
        return f"the {compare.subject}"
    return f"the {compare.subject} {compare.key!r}:"


def _cross(one: Range, other: Range) -> bool:
    """Whether the later range has more than one number that the earlier one takes, and is no
    broader one behind a narrow one."""
    low, high = max(one[0], other[0]), min(one[1], other[1])
    return low[0] < high[0] and not _holds(one, other)


def _holds(outer: Range, inner: Range) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _between(one: Range, other: Range) -> str:
    """A number in both, a whole one if there is any."""
    low, high = max(one[0], other[0]), min(one[1], other[1])
    if low[0] == float("-inf"):
        return written(high[0] - 1)
    if high[0] == float("inf"):
        return written(low[0] + 1)
    if low[1] == 0:
        return written(low[0])
    return written(high[0] if high[1] == 0 else (low[0] + high[0]) / 2)


PARTS = (overlaps,)
