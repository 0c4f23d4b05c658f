"""A session from one version of its flow to another. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.engine.flow import Flow
from bot.engine.session import Ahead, PendingTimer, Session, Visit

States = Mapping[str, str]
"""The states of the other version by those of this one, where they are called otherwise there."""


def moved(session: Session, source: Flow | None, target: Flow, states: States) -> Session | None:
    """The session in the target's version; None where its state does not exist there, or where it
    would wait for nothing there: it would hear the next message and not know what to do with it.

    Slots and what was learnt stay. A timer stays where its state does, and where what it goes on with
    can be found: the steps before it must be the same, those behind it may have changed. `source` is
    None where the old version cannot be read any more.
    """
    state = states.get(session.state, session.state)
    if state not in target.states:
        return None
    found = (_timer(timer, source, target, states) for timer in session.timers)
    timers = tuple(timer for timer in found if timer is not None)
    visit = _visit(session.visit, source, target, states)
    if target.states[state].final and not timers and visit is None:
        return None
    initial = {s.name: s.initial for s in target.slots.values() if s.scope == "session"}
    return replace(
        session,
        version=target.version,
        state=state,
        slots={**initial, **session.slots},
        timers=timers,
        pause=None,
        visit=visit,
    )


def _timer(
    timer: PendingTimer, source: Flow | None, target: Flow, states: States
) -> PendingTimer | None:
    state = states.get(timer.state, timer.state)
    if state not in target.states:
        return None
    if timer.kind == "timeout":
        return replace(timer, state=state) if target.states[state].timeout else None
    if not timer.resume:
        return replace(timer, state=state)
    place = _place(timer.resume, timer.step, source, target, states)
    if place is None:
        return None
    name = place if timer.name == timer.resume else timer.name
    ahead = _ahead(timer.ahead, source, target, states)
    return replace(timer, state=state, resume=place, name=name, ahead=ahead)


def _visit(visit: Visit | None, source: Flow | None, target: Flow, states: States) -> Visit | None:
    place = _place(visit.place, visit.step, source, target, states) if visit else None
    if visit is None or place is None:
        return None
    return replace(visit, place=place, ahead=_ahead(visit.ahead, source, target, states))


def _ahead(ahead: Ahead | None, source: Flow | None, target: Flow, states: States) -> Ahead | None:
    """What follows in the target; lists that cannot be found there are left out."""
    if ahead is None:
        return None
    found: list[Sequence[Any]] = []
    for kind, *rest in ahead:
        if kind == "goto":
            rest = [states.get(rest[0], rest[0])]
        elif kind == "list":
            place = _place(rest[0], rest[1], source, target, states)
            if place is None:
                continue
            rest[0] = place
        found.append([kind, *rest])
    return found


def _place(place: str, step: int, source: Flow | None, target: Flow, states: States) -> str | None:
    """Where the list of steps at `place` stands in the target; None where it has another beginning."""
    if source is None:
        return None
    name, below = _owner(place, source)
    if name is None:
        there = place
    elif (state := target.states.get(states.get(name, name))) is not None:
        there = state.place + below
    else:
        return None
    before, after = _steps(source.definition, place), _steps(target.definition, there)
    if before is None or after is None or step > len(after):
        return None
    return there if before[:step] == after[:step] else None


def _steps(document: Any, pointer: str) -> list[Any] | None:
    """The steps as they are written there, also a single one; None where there are none."""
    written = _at(document, pointer)
    return written if written is None or isinstance(written, list) else [written]


def _owner(place: str, flow: Flow) -> tuple[str | None, str]:
    """The state whose node holds the place, with the way down from there."""
    above = [s for s in flow.states.values() if s.defined and f"{place}/".startswith(f"{s.place}/")]
    if not above:
        return None, place
    nearest = max(above, key=lambda state: len(state.place))
    return nearest.name, place[len(nearest.place) :]


def _at(document: Any, pointer: str) -> Any:
    """The value at a JSON pointer; None where there is none."""
    for word in pointer.split("/")[1:]:
        key = word.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict):
            document = document.get(key)
        elif isinstance(document, list) and key.isdecimal() and int(key) < len(document):
            document = document[int(key)]
        else:
            return None
    return document
