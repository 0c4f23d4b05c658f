"""Conditions that come too late, that nothing satisfies, or that take each other's messages."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any

from bot.engine.checks.domains import Domain, answered, domains
from bot.engine.checks.overlaps import subject
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
    folded,
)
from bot.engine.coverage import Coverage, key_of, ranges_of


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
            if not transition.before_answer and not about_event(transition.condition):
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
    what = subject(group[0]).removesuffix(":")
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


PARTS: tuple[Callable[[Checking], None], ...] = (shadows, never_hold)
