"""Circles that nobody's message drives: endless ones, and those that write to silence."""

from collections import deque
from collections.abc import Mapping, Sequence

from bot.engine.checks.moves import Move, Ways, cycles
from bot.engine.checks.project import Checking, found
from bot.engine.checks.walking import leaves, placed
from bot.engine.checks.ways import first_of, named
from bot.engine.conditions import Compare, Condition, Named
from bot.engine.coverage import needs_message
from bot.engine.findings import Finding
from bot.engine.steps import Act, Call, Process, SetSlots, Start, Tag, Untag
from bot.engine.transcripts import Transcript

_OPEN = frozenset({"slot", "tag", "global"})
SHOWN = 3
"""Silences that a transcript of a circle shows."""


def endless(c: Checking) -> None:
    """Circles of states marked `pass`, and of calls that fail: no message can stop what none drives."""
    moves = _going_on(c, _at_once(c))
    for circle in cycles(_targets(moves)):
        inside = set(circle)
        if _may_stop(c, [m for n in circle for m in moves[n] if m.target in inside]):
            continue
        first = first_of(c.flow.states, inside)
        state = c.flow.states[first]
        key = "pass" if state.passes else "name"
        c.add("endless-loop", f"{state.place}/{key}",
              f"a circle of states that never waits for the contact: {named(circle)}",
              "take 'pass' from one of them, or let it 'wait'",
              _shown_lap, c, first, inside, moves)  # fmt: skip


def silent(c: Checking) -> None:
    """Timeouts, and waits of passing states, that lead back to each other."""
    ways = c.explorer.ways
    untimed = _at_once(c)
    moves = {
        name: [*untimed.get(name, ()), *(m for m in ways.moves[name] if _timed(ways, m))]
        for name in c.flow.states
    }
    reported = {name for circle in cycles(_targets(_going_on(c, untimed))) for name in circle}
    for circle in cycles(_targets(moves)):
        inside = set(circle)
        ring = [m for n in circle for m in moves[n] if m.target in inside]
        if inside <= reported or not any(_timed(ways, m) for m in ring) or _may_stop(c, ring):
            continue
        if not any(_timed(ways, m) and not _asks(m) for m in ring):
            continue
        first = first_of(c.flow.states, inside)
        state = c.flow.states[first]
        place = (
            f"{state.place}/{'timeout/goto' if state.timeout and state.timeout.goto else 'name'}"
        )
        c.add("silent-loop", place,
              "timeouts that lead in a circle write to a silent contact for ever",
              "let one of them lead to a final state",
              c.explorer.silence, first, SHOWN * len(circle))  # fmt: skip


def _targets(moves: Mapping[str, Sequence[Move]]) -> dict[str, list[str]]:
    return {name: [m.target for m in listed if m.target in moves] for name, listed in moves.items()}


def _at_once(c: Checking) -> dict[str, list[Move]]:
    """The moves that need neither a message nor time: of states marked `pass`, and of failed calls."""
    ways = c.explorer.ways
    found_: dict[str, list[Move]] = {name: [] for name in c.flow.states}
    failing: dict[tuple[str, str], Move] = {}
    for name, listed in ways.moves.items():
        for move in listed:
            outcome = ways.outcome(move.after)
            goes_on = outcome.through and not outcome.waits and not outcome.visits
            if move.kind == "pass" and c.flow.states[name].passes and goes_on:
                found_[name].append(move)
            failing.update({(m.source, m.target): m for m in ways.after(move)})
    for (source, _), move in failing.items():
        found_[source].append(move)
    return found_


def _going_on(c: Checking, moves: Mapping[str, Sequence[Move]]) -> dict[str, list[Move]]:
    """Those of them that lead to where the same turn goes on."""
    states, ways = c.flow.states, c.explorer.ways
    return {
        name: [m for m in listed if states[m.target].passes or ways.outcome(m.after).gotos]
        for name, listed in moves.items()
    }


def _shown_lap(
    c: Checking, first: str, inside: set[str], moves: Mapping[str, Sequence[Move]]
) -> Transcript:
    return c.explorer.round(_lap(first, inside, moves))


def _lap(first: str, inside: set[str], moves: Mapping[str, Sequence[Move]]) -> list[Move]:
    """The shortest way from a state of a circle back to it."""
    came: dict[str, Move] = {}
    ahead = deque([first])
    while ahead and first not in came:
        for move in moves[ahead.popleft()]:
            if move.target in inside and move.target not in came:
                came[move.target] = move
                ahead.append(move.target)
    found_: list[Move] = []
    name = first
    while name in came and (not found_ or name != first):
        found_.append(came[name])
        name = came[name].source
    return found_[::-1]


def _timed(ways: Ways, move: Move) -> bool:
    """Whether a move comes with time alone."""
    outcome = ways.outcome(move.after)
    if not outcome.through or outcome.visits:
        # What another flow does is told of that flow.
        return False
    if move.kind == "timeout":
        return True
    return move.kind == "pass" and outcome.waits and not _asks(move)


def _asks(move: Move) -> bool:
    """Whether a move needs a message, which a timer does not bring."""
    return move.transition is not None and needs_message(move.transition.condition)


def _may_stop(c: Checking, ring: Sequence[Move]) -> bool:
    """Whether a step on the circle may change what a way on from it asks: a way round, or out.

    Of states that wait nothing is asked, as nobody writes.
    """
    sources = {move.source for move in ring if move.kind == "pass"}
    asked = {
        name
        for source in sources
        for transition in c.flow.states[source].transitions
        for name in _asked(transition.condition)
    }
    return bool(asked) and any(_changes(c, move.after, asked) for move in ring)


def _asked(condition: Condition) -> set[tuple[str, str]]:
    found_: set[tuple[str, str]] = set()
    for leaf, _ in leaves(condition, ""):
        match leaf:
            case Compare(subject, key) if subject in _OPEN:
                found_.add((subject, str(key)))
            case Compare():
                pass
            case Named(name):
                if name not in _ALWAYS_SO:
                    found_.add(("named", name))
            case _:
                found_.add(("expression", ""))
    return found_


_ALWAYS_SO = frozenset({"always", "get_smth_from_user"})


def _changes(c: Checking, place: str, asked: set[tuple[str, str]]) -> bool:
    opaque = any(kind in ("named", "expression") for kind, _ in asked)
    for step, _ in placed(c.flow, place):
        match step:
            case Act() | Process() | Call():
                return True
            case SetSlots(values):
                if opaque or any(("slot", name) in asked for name in values):
                    return True
            case Tag(tags) | Untag(tags):
                if opaque or any(("tag", tag) in asked for tag in tags):
                    return True
            case Start(returns=dict() as returns):
                if opaque or any(("slot", name) in asked for name in returns):
                    return True
    return False


# Flows that start each other


def starts(ways: Mapping[str, Ways]) -> list[Finding]:
    """Flows that start each other on entering, before the contact is heard."""
    at_once = {name: sorted(_started_at_once(way) & ways.keys()) for name, way in ways.items()}
    findings = []
    for circle in cycles(at_once):
        first = first_of(ways, circle)
        way = ways[first]
        place = way.flow.states[way.flow.initial].place
        reason = f"flows that start each other before anybody is heard: {named(circle)}"
        cure = "let one of them wait for a message first"
        findings.append(
            found("start-loop", first, f"{place}/name", reason, cure, [{"start": first}])
        )
    return findings


def _started_at_once(ways: Ways) -> set[str]:
    """The flows that a flow starts in its first turn, without a condition that may be false."""
    outcome = ways.outcome(ways.start)
    started = {*outcome.starts, *outcome.visits}
    seen, name = {ways.flow.initial}, ways.flow.initial
    while outcome.through and not outcome.waits and ways.flow.states[name].passes:
        state = ways.flow.states[name]
        sure = next((t for t in state.transitions if not _asked(t.condition)
                     and not needs_message(t.condition)), None)  # fmt: skip
        if sure is None or sure.target in seen or sure is not state.transitions[0]:
            break
        outcome = ways.outcome(sure.place)
        started |= {*outcome.starts, *outcome.visits}
        name = sure.target
        seen.add(name)
    return started


def recursion(ways: Mapping[str, Ways]) -> list[Finding]:
    """Flows that wait for each other's end in a circle: none of them may ever come to it."""
    at_once = {name: sorted(_started_at_once(way) & ways.keys()) for name, way in ways.items()}
    told = {name for circle in cycles(at_once) for name in circle}
    visits = {name: sorted(_visited(way) & ways.keys()) for name, way in ways.items()}
    findings = []
    for circle in cycles(visits):
        if set(circle) <= told:
            continue
        first = first_of(ways, circle)
        reason = f"waits for the return of itself, by way of {named(circle)}"
        cure = "take 'return' from one of these starts, or make sure that the circle ends"
        findings.append(found("recursive-flow", first, "", reason, cure, [{"start": first}]))
    return findings


def _visited(ways: Ways) -> set[str]:
    return {
        step.flow
        for place in ways.flow.step_lists
        for step, _ in placed(ways.flow, place)
        if isinstance(step, Start) and step.returns is not None
    }


PARTS = (endless, silent)
ACROSS = (starts, recursion)
