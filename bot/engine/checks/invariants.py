"""Invariants that the flow itself breaks on some path."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.engine.checks.domains import answered
from bot.engine.checks.project import Checking
from bot.engine.checks.walking import placed
from bot.engine.conditions import OPERATORS, All, AnyOf, Compare, Condition, Not
from bot.engine.coverage import ranges_of
from bot.engine.flow import Invariant, State
from bot.engine.steps import Act, Call, Expression, Process, SetSlots, Start, Tag, Untag, Wait
from bot.engine.transcripts import Transcript
from bot.engine.witnesses import Reply, written


@dataclass(slots=True)
class _Sure:
    """What is so for certain behind some steps."""

    slots: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, bool] = field(default_factory=dict)


def broken(c: Checking) -> None:
    """Steps, starts and answers after which an invariant does not hold; the turn is then undone."""
    for invariant in c.flow.invariants:
        if _at_start(c, invariant):
            continue
        _by_steps(c, invariant)
        _by_answers(c, invariant)


def _at_start(c: Checking, invariant: Invariant) -> bool:
    """An invariant that a fresh session breaks: no turn of it would ever stand."""
    flow = c.flow
    sure = _Sure({s.name: s.initial for s in flow.slots.values() if s.scope == "session"})
    state = flow.states[flow.initial]
    for place in (f"{state.place}/pre", f"{state.place}/enter"):
        if not _run(c, place, sure):
            return False
    if state.passes or _decided(invariant.condition, sure) is not False:
        return False
    _told(c, invariant, invariant.place, "is not so at the start: every turn would be undone",
          "give the slot an 'initial' value, or allow that there is none yet",
          _started, c)  # fmt: skip
    return True


def _started(c: Checking) -> Transcript:
    return ({"start": c.flow.name},)


def _by_steps(c: Checking, invariant: Invariant) -> None:
    for state in c.flow.states.values():
        for move in c.explorer.ways.moves[state.name]:
            sure = _Sure()
            if _run(c, move.after, sure) and _decided(invariant.condition, sure) is False:
                _told(c, invariant, move.after, "is broken by these steps",
                      "set what it allows, or mend the invariant", c.explorer.undone, move)  # fmt: skip


def _run(c: Checking, place: str, sure: _Sure) -> bool:
    """What a list makes sure; whether it is known at all."""
    for step, _ in placed(c.flow, place):
        match step:
            case SetSlots(values):
                for name, value in values.items():
                    if isinstance(value, Expression | dict | list) or (
                        isinstance(value, str) and "{" in value
                    ):
                        sure.slots.pop(name, None)
                    else:
                        sure.slots[name] = value
            case Tag(tags):
                sure.tags.update(dict.fromkeys(tags, True))
            case Untag(tags):
                sure.tags.update(dict.fromkeys(tags, False))
            case Act() | Process() | Call() | Start() | Wait():
                return False
    return True


def _decided(condition: Condition, sure: _Sure) -> bool | None:
    """Whether it holds by what is sure; None where more is needed to say."""
    match condition:
        case Compare("slot", key) if key in sure.slots:
            return OPERATORS[condition.op](sure.slots[key], condition.value)
        case Compare("tag", key) if key in sure.tags:
            return OPERATORS[condition.op](sure.tags[key], condition.value)
        case Not(part):
            found = _decided(part, sure)
            return None if found is None else not found
        case All(parts):
            decided = [_decided(part, sure) for part in parts]
            return False if False in decided else None if None in decided else True
        case AnyOf(parts):
            decided = [_decided(part, sure) for part in parts]
            return True if True in decided else None if None in decided else False
    return None


def _by_answers(c: Checking, invariant: Invariant) -> None:
    """Questions that take an answer which the invariant does not allow."""
    for state in c.flow.states.values():
        question = state.collect
        if question is None or question.valid is not None:
            continue
        for reply, value in _answers_of(state, invariant):
            if _decided(invariant.condition, _Sure({question.slot: value})) is False:
                _told(c, invariant, question.place, f"is broken by the answer {reply.text!r}",
                      "let the question refuse it: 'min', 'max', 'choices' or 'valid'",
                      _answering, c, state, reply)  # fmt: skip
                break


def _answers_of(state: State, invariant: Invariant) -> Iterator[tuple[Reply, Any]]:
    question = state.collect
    if question is None:
        return
    for option in question.choices:
        label = option.label if isinstance(option.label, str) else next(iter(option.label.values()))
        yield Reply(label), option.value
    if question.type == "number":
        domain = answered(question)
        for value in _numbers_near(invariant, question.slot):
            compare = Compare("slot", question.slot, "=", value)
            if not domain.refuses(compare):
                yield Reply(written(value)), value


def _numbers_near(invariant: Invariant, slot: str) -> list[float]:
    found: list[float] = []
    ahead = [invariant.condition]
    while ahead:
        condition = ahead.pop()
        match condition:
            case Compare("slot", key) if key == slot and condition.op != "exists":
                for low, high in ranges_of(condition):
                    edges = [e for e in (low[0], high[0]) if abs(e) != float("inf")]
                    found += [n for e in edges for n in (e - 1, e, e + 1)]
            case All(parts) | AnyOf(parts):
                ahead += parts
            case Not(part):
                ahead.append(part)
    return found


def _answering(c: Checking, state: State, reply: Reply) -> Transcript:
    steps: list[Mapping[str, Any]] = c.explorer.before(state.name)
    return (*steps, reply.step(), {"state": state.name}) if steps else ()


def _told(
    c: Checking, invariant: Invariant, place: str, what: str, cure: str,
    show: Callable[..., Transcript], *about: Any,
) -> None:  # fmt: skip
    c.add("broken-invariant", place, f"{invariant.name!r} {what}", cure, show, *about)


PARTS = (broken,)
