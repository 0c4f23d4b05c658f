"""States that are to decide at once and may decide nothing: the contact waits, and hears no more."""

from collections.abc import Iterator

from bot.engine.checks.project import Checking
from bot.engine.conditions import (
    ALWAYS,
    BUILT_IN,
    All,
    AnyOf,
    Compare,
    Condition,
    Named,
    Not,
    about_event,
    compared_in,
    named_in,
)
from bot.engine.coverage import Coverage, key_of, needs_message
from bot.engine.flow import Flow, State
from bot.engine.steps import Act, Call, Process, Say, Split, Start, Step

_FAR = 1e15
"""Beyond every number that a slot holds."""


def undecided(c: Checking) -> None:
    """States marked `pass` whose ways need not hold, where no reply would change that."""
    for state in c.flow.states.values():
        if not state.passes or not state.transitions or state.collect or state.timeout:
            continue
        conditions = [way.condition for way in state.transitions]
        if any(needs_message(it) or about_event(it) for it in conditions):
            continue
        if any(map(_may_ask_python, conditions)) and _is_spoken_to(c.flow, state):
            continue
        if not _complete(conditions, c.known.project.conditions):
            c.add("undecided", f"{state.place}/states",
                  f"none of the ways of {state.name!r} need hold, and then nothing happens",
                  "add a last way without a condition",
                  c.explorer.to, state.name)  # fmt: skip


def _complete(conditions: list[Condition], own: frozenset[str]) -> bool:
    """Whether one of them always holds, as far as one can see."""
    coverage = Coverage(only_messages=False, own=own)
    for condition in conditions:
        coverage.add(condition, "one of them")
    if coverage.covering(ALWAYS):
        return True
    keys = {key_of(coverage.simple(condition)) for condition in conditions}
    if any(key_of(coverage.simple(Not(condition))) in keys for condition in conditions):
        return True
    slots = {it.key for condition in conditions for it in compared_in(condition)
             if it.subject == "slot"}  # fmt: skip
    return any(_whole(coverage, slot) for slot in slots) or _turned(conditions)


def _whole(coverage: Coverage, slot: str) -> bool:
    """Whether every number, or every value that there is, leads on."""
    numbers = Compare("slot", slot, "between", [-_FAR, _FAR])
    return bool(
        coverage.covering(numbers) or coverage.covering(Compare("slot", slot, "exists", None))
    )


def _turned(conditions: list[Condition]) -> bool:
    """Whether two of them are a comparison and its opposite."""
    found = {(it.subject, it.key, str(it.value), it.op) for it in conditions
             if isinstance(it, Compare)}  # fmt: skip
    return any((s, k, v, "!=") in found for s, k, v, op in found if op == "=")


def _may_ask_python(condition: Condition) -> bool:
    """A function of the project may look at the message, and so may what is worked out."""
    names = any(named.name not in BUILT_IN for named in named_in(condition))
    return names or not isinstance(condition, Named | Compare | All | AnyOf | Not)


def _is_spoken_to(flow: Flow, state: State) -> bool:
    """Whether every way in says something, so that a reply may be what is waited for."""
    return all(any(map(_speaks, steps)) for steps in _ways_in(flow, state))


def _ways_in(flow: Flow, state: State) -> Iterator[tuple[Step, ...]]:
    if state.name == flow.initial:
        yield state.enter
    for other in flow.states.values():
        yield from (way.enter for way in other.transitions if way.target == state.name)
        if other.timeout and other.timeout.goto == state.name:
            yield state.enter


def _speaks(step: Step) -> bool:
    return isinstance(step, Say | Act | Process | Split | Start | Call)


PARTS = (undecided,)
