"""Answers that a question takes and no way on does."""

from collections.abc import Iterator
from typing import Any

from bot.engine.checks.domains import answered
from bot.engine.checks.project import Checking
from bot.engine.conditions import (
    OPERATORS,
    All,
    AnyOf,
    Compare,
    Condition,
    Not,
    about_event,
    compared_in,
)
from bot.engine.coverage import ranges_of
from bot.engine.flow import Collect, State, Transition
from bot.engine.witnesses import Reply, written
from bot.engine.wording import in_language

MOST_EDGES = 300
"""Numbers of one state that are tried."""


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
    return sorted({n for edge in edges for n in (edge - 1, edge, edge + 1)})[:MOST_EDGES]


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


PARTS = (answers,)
