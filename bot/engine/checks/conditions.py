"""Conditions that come too late, that nothing satisfies, or that take each other's messages."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.engine.checks.domains import Domain, answered, domains
from bot.engine.checks.project import Checking
from bot.engine.checks.walking import beside, conditions, node
from bot.engine.conditions import (
    OPERATORS,
    All,
    AnyOf,
    Compare,
    Condition,
    Named,
    Not,
    about_event,
    compared_in,
    folded,
)
from bot.engine.coverage import MOST_PARTS, Coverage, Range, alternatives, key_of, ranges_of
from bot.engine.flow import Collect, State, Transition
from bot.engine.witnesses import Reply, written
from bot.engine.wording import in_language

MOST_COMPARED = 300
"""Ranges of one state that are compared with each other: nobody's list of cases is longer."""


def shadows(c: Checking) -> None:
    """Ways that come behind one that always holds when they do."""
    own = c.known.project.conditions
    for state in c.flow.states.values():
        replies = Coverage(only_messages=not state.passes, own=own)
        events = Coverage(only_messages=False, own=own)
        for transition in state.transitions:
            coverage = events if about_event(transition.condition) else replies
            if earlier := coverage.covering(transition.condition):
                c.add("shadowed", node(transition), f"never taken: {earlier} always comes first",
                      "put the narrower condition first, or remove this one",
                      c.explorer.meant_for, state, transition.condition)  # fmt: skip
            else:
                coverage.add(transition.condition, repr(transition.target))


# Overlaps


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
                found.setdefault(about, _Asked(_subject(part))).values.update(_values(part))
            elif part.op in _ORDERING and not intent:
                found.setdefault(about, _Asked(_subject(part))).ranges.extend(ranges_of(part))
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


def _subject(compare: Compare) -> str:
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


# Conditions that nothing satisfies


def never_hold(c: Checking) -> None:
    """Contradictions, and comparisons with what a value never is."""
    known = domains(c.flow)
    known = {n: d for n, d in known.items() if n not in c.known.contact_slots}
    asked = _asked_at(c)
    for condition, place in conditions(c.flow):
        if place.startswith("/invariants/"):
            continue  # what breaks one is told of it
        here = dict(known)
        if (question := asked.get(place)) is not None:
            here.update(question)
        for reason, where in _impossible(condition, place, here):
            c.add("never-holds", where, reason, "mend the comparison, or remove this way")


def _asked_at(c: Checking) -> Mapping[str, Mapping[str, list[Domain]]]:
    """By the place of a transition's condition, what the state's own question has just set."""
    found: dict[str, Mapping[str, list[Domain]]] = {}
    for state in c.flow.states.values():
        question = state.collect
        if question is None or state.passes:
            continue
        slots: dict[str, list[Domain]] = {question.slot: [answered(question)]}
        if question.type == "number":
            slots[_NUMBER] = [answered(question)]
        for transition in state.transitions:
            if not about_event(transition.condition):
                place = beside(transition, "condition")
                if not transition.link:
                    place = f"{c.flow.states[transition.target].place}/condition"
                found[place] = slots
    return found


_NUMBER = "\0number"
_Found = tuple[str, str]


def _impossible(
    condition: Condition, place: str, known: Mapping[str, list[Domain]]
) -> Iterator[_Found]:
    """Why a condition never holds, and the part for which that is so.

    Of an `any` each part is looked at, as each is there for something; under a `not` nothing is.
    """
    match condition:
        case Compare():
            if reason := _never(condition, known):
                yield f"never holds: {reason}", place
        case AnyOf(parts):
            for i, part in enumerate(parts):
                yield from _impossible(part, f"{place}/any/{i}", known)
        case All(parts):
            if reason := _contradiction(parts):
                yield f"never holds: {reason}", place
                return
            for i, part in enumerate(parts):
                yield from _impossible(part, f"{place}/all/{i}", known)
        case Not(Named("always")) | Not(All(())):
            yield "never holds: 'always' always does", place


def _never(compare: Compare, known: Mapping[str, list[Domain]]) -> str:
    match compare.subject:
        case "slot":
            found = known.get(compare.key, ())
            reasons = [domain.refuses(compare) for domain in found]
            return f"of the slot {compare.key!r}, {reasons[0]}" if reasons and all(reasons) else ""
        case "number":
            found = known.get(_NUMBER, ()) if compare.key == 1 else ()
            reasons = [domain.refuses(compare) for domain in [Domain("number"), *found]]
            reason = next(filter(None, reasons), "")
            return f"of the number, {reason}" if reason else ""
        case "text":
            return _never_said(compare)
        case "tag" | "event" if compare.op != "exists":
            held = OPERATORS[compare.op]
            if not any(held(value, compare.value) for value in (True, False)):
                return f"whether there is a {compare.subject} is true or false"
    return ""


def _never_said(compare: Compare) -> str:
    if reason := Domain("text").refuses(compare):
        return f"of the text, {reason}"
    if compare.op in ("=", "in"):
        listed = compare.value if compare.op == "in" else [compare.value]
        texts = [value for value in listed if isinstance(value, str)]
        if texts and all(value != value.strip() for value in texts):
            return "a message is compared without the spaces around it"
    return ""


def _contradiction(parts: Iterable[Condition]) -> str:
    """Why these cannot hold together."""
    flat = list(_flattened(parts))
    keys = {key_of(part) for part in flat}
    for part in flat:
        if isinstance(part, Not) and key_of(part.part) in keys:
            return "a part of it is also denied"
    names = {part.name for part in flat if isinstance(part, Named)}
    if {"is_user_reply_yes", "is_user_reply_no"} <= names:
        return "nobody says yes and no at once"
    compares = [part for part in flat if isinstance(part, Compare)]
    intents = {part.key for part in compares if part.subject == "intent"}
    if len(intents) > 1:
        return f"a message has one intent, not {' and '.join(map(repr, sorted(intents)))}"
    groups: dict[Hashable, list[Compare]] = {}
    for part in compares:
        groups.setdefault((part.subject, part.key), []).append(part)
    return next(filter(None, (_apart(group) for group in groups.values())), "")


def _flattened(parts: Iterable[Condition]) -> Iterator[Condition]:
    for part in parts:
        if isinstance(part, All):
            yield from _flattened(part.parts)
        else:
            yield part


def _apart(group: list[Compare]) -> str:
    """Why several comparisons of one thing cannot hold together."""
    if len(group) < 2:
        return ""
    what = _subject(group[0]).removesuffix(":")
    points = [c for c in group if c.op in ("=", "in")]
    if points:
        first = points[0]
        listed = first.value if first.op == "in" else [first.value]
        if not any(all(_accepts(other, value) for other in group) for value in listed):
            return f"no value of {what} satisfies all of it"
        return ""
    low: tuple[float, int] = (float("-inf"), 0)
    high: tuple[float, int] = (float("inf"), 0)
    for compare in group:
        ranges = ranges_of(compare) if compare.op != "exists" else []
        if len(ranges) == 1:
            low, high = max(low, ranges[0][0]), min(high, ranges[0][1])
    return f"no value of {what} satisfies all of it" if low > high else ""


def _accepts(compare: Compare, value: Any) -> bool:
    if compare.subject == "text":
        return OPERATORS[compare.op](folded(value), folded(compare.value))
    return OPERATORS[compare.op](value, compare.value)


# Answers


def answers(c: Checking) -> None:
    """Answers that a question takes and no way on does, and choices that an exit word takes away."""
    for state in c.flow.states.values():
        question = state.collect
        if question is None:
            continue
        for i, option in enumerate(question.choices):
            labels = [option.label] if isinstance(option.label, str) else option.label.values()
            for words in (*labels, *option.words):
                if words.strip().casefold() in question.exit_words:
                    c.add("ambiguous-choice", f"{question.place}/choices/{i}",
                          f"{words!r} is an exit word as well",
                          "take it from one of the two")  # fmt: skip
        if not _decides_alone(state, question.slot):
            continue
        told: set[str] = set()
        for place, value, reply in _taken_answers(c, state, question):
            if place not in told and all(
                _decided(t.condition, question.slot, value) is False for t in _replies(state)
            ):
                told.add(place)
                shown = reply.text if question.type == "yes_no" else value
                c.add("unanswered-choice", place, f"no way on takes the answer {shown!r}",
                      "give it a way, or a last way on without a condition",
                      c.explorer.shown, state.name, reply)  # fmt: skip


def _replies(state: State) -> list[Transition]:
    return [t for t in state.transitions if not about_event(t.condition)]


def _decides_alone(state: State, slot: str) -> bool:
    """Whether all ways on ask about this slot, and nothing else."""
    found = _replies(state)
    return bool(found) and all(_is_about(t.condition, slot) for t in found)


def _is_about(condition: Condition, slot: str) -> bool:
    match condition:
        case Compare("slot", key):
            return bool(key == slot)
        case All(parts) | AnyOf(parts):
            return bool(parts) and all(_is_about(part, slot) for part in parts)
        case Not(part):
            return _is_about(part, slot)
    return False


def _taken_answers(
    c: Checking, state: State, question: Collect
) -> Iterator[tuple[str, Any, Reply]]:
    """Answers that a question takes, with where it says so; of numbers those at the edges of
    conditions, where nothing else answers what is not understood."""
    for i, option in enumerate(question.choices):
        place = f"{question.place}/choices/{i}"
        yield place, option.value, Reply(in_language(option.label))
    if question.type == "yes_no":
        yield question.place, True, Reply("yes", "affirm")
        yield question.place, False, Reply("no", "deny")
    limited = question.minimum is not None and question.maximum is not None
    if question.type == "number" and limited and not (state.otherwise or c.flow.otherwise):
        domain = answered(question)
        for value in _whole_numbers(state):
            if not domain.refuses(Compare("slot", question.slot, "=", value)):
                yield question.place, value, Reply(written(value))


def _whole_numbers(state: State) -> list[int]:
    """Whole numbers at, below and above those that the state's conditions name."""
    edges = {
        int(edge[0])
        for t in _replies(state)
        for compare in compared_in(t.condition)
        for part in ranges_of(compare)
        for edge in part
        if abs(edge[0]) < 1e9
    }
    return sorted({n for edge in edges for n in (edge - 1, edge, edge + 1)})[:MOST_COMPARED]


def _decided(condition: Condition, slot: str, value: Any) -> bool | None:
    """Whether it holds where a slot has this value; None where that is not all it asks."""
    match condition:
        case Compare("slot", key) if key == slot:
            return OPERATORS[condition.op](value, condition.value)
        case Not(part):
            found = _decided(part, slot, value)
            return None if found is None else not found
        case All(parts):
            decided = [_decided(part, slot, value) for part in parts]
            return False if False in decided else None if None in decided else True
        case AnyOf(parts):
            decided = [_decided(part, slot, value) for part in parts]
            return True if True in decided else None if None in decided else False
    return None


PARTS: tuple[Callable[[Checking], None], ...] = (shadows, overlaps, never_hold, answers)
