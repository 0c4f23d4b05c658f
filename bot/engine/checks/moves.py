"""The ways between a flow's states: what a list of steps may come to, and where each way leads."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from bot.engine.checks.walking import placed
from bot.engine.conditions import about_event
from bot.engine.flow import Flow, State, Transition
from bot.engine.steps import Call, End, Split, Start, Wait


@dataclass(frozen=True, slots=True)
class Outcome:
    """What may come of a list of steps.

    `through`: the steps behind it, or the state, may be reached. `waits`: not without a pause first.
    `gotos`: states that a failed call leads to; `starts`: flows that are started for good.
    """

    through: bool = True
    waits: bool = False
    gotos: tuple[tuple[str, str], ...] = ()
    starts: tuple[str, ...] = ()
    visits: tuple[str, ...] = ()


_NOTHING = Outcome()


@dataclass(frozen=True, slots=True)
class Move:
    """A way from one state to another. `after` is the list that runs, by its place.

    `reply`: a message. `pass`: at once. `timeout`: silence. `goto`: a call that failed.
    """

    kind: Literal["reply", "pass", "timeout", "goto", "event"]
    source: str
    target: str
    after: str
    transition: Transition | None = None


@dataclass
class Ways:
    """The ways of one flow, worked out once."""

    flow: Flow
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def outcome(self, place: str) -> Outcome:
        """Of the list at a place."""
        if place not in self.outcomes:
            self.outcomes[place] = _NOTHING  # a list cannot hold itself
            self.outcomes[place] = self._outcome(place)
        return self.outcomes[place]

    def _outcome(self, place: str) -> Outcome:
        waits = False
        gotos: list[tuple[str, str]] = []
        starts: list[str] = []
        visits: list[str] = []
        for step, at_ in placed(self.flow, place):
            match step:
                case End():
                    return Outcome(False, waits, tuple(gotos), tuple(starts), tuple(visits))
                case Start(name, None):
                    starts.append(name)
                    return Outcome(False, waits, tuple(gotos), tuple(starts), tuple(visits))
                case Start(name):
                    visits.append(name)
                case Wait():
                    waits = True
                case Call():
                    failed = self.outcome(step.failed) if step.failed else _NOTHING
                    gotos += failed.gotos
                    starts += failed.starts
                    if step.goto and failed.through:
                        gotos.append((step.goto, at_))
                case Split(arms):
                    ways = [self.outcome(arm.place) for arm in arms]
                    for way in ways:
                        gotos += way.gotos
                        starts += way.starts
                        visits += way.visits
                    waits = waits or all(way.waits or not way.through for way in ways)
                    if not any(way.through for way in ways):
                        return Outcome(False, waits, tuple(gotos), tuple(starts), tuple(visits))
        return Outcome(True, waits, tuple(gotos), tuple(starts), tuple(visits))

    def lists_of(self, state: State) -> Iterator[str]:
        """The lists that may run while a session stands in a state, without moving it first."""
        if otherwise := state.otherwise or self.flow.otherwise:
            yield f"{otherwise.place}/enter"
            yield f"{otherwise.place}/then"
        if state.timeout:
            yield f"{state.timeout.place}/enter"
        yield f"{state.place}/pre"
        yield f"{state.place}/post"

    @cached_property
    def start(self) -> str:
        """The list that runs on starting."""
        return f"{self.flow.states[self.flow.initial].place}/enter"

    @cached_property
    def moves(self) -> Mapping[str, Sequence[Move]]:
        """The ways on from each state, by its name."""
        return {name: tuple(self._moves(state)) for name, state in self.flow.states.items()}

    def _moves(self, state: State) -> Iterator[Move]:
        for transition in state.transitions:
            kind: Literal["reply", "pass", "event"] = "pass" if state.passes else "reply"
            if about_event(transition.condition):
                kind = "event"
            yield Move(kind, state.name, transition.target, transition.place, transition)
        if state.timeout and state.timeout.goto:
            target = self.flow.states[state.timeout.goto]
            yield Move("timeout", state.name, target.name, f"{target.place}/enter")
        for place in self.lists_of(state):
            yield from self._gotos(state.name, place)
        if state.name == self.flow.initial:
            yield from self._gotos(state.name, self.start)

    def after(self, move: Move) -> Iterator[Move]:
        """The ways on that the list of a move may open, from the state that it leads to."""
        return self._gotos(move.target, move.after)

    def _gotos(self, source: str, place: str) -> Iterator[Move]:
        for name, _ in self.outcome(place).gotos:
            target = self.flow.states.get(name)
            if target is not None:
                yield Move("goto", source, name, f"{target.place}/enter")

    @cached_property
    def reached(self) -> Mapping[str, Move | None]:
        """Every state that can be reached, with the move that first leads to it (breadth first)."""
        found: dict[str, Move | None] = {self.flow.initial: None}
        stays: set[str] = set()
        ahead = deque(self._gotos(self.flow.initial, self.start))
        if self.outcome(self.start).through:
            stays.add(self.flow.initial)
            ahead.extend(self.moves[self.flow.initial])
        taken: set[tuple[str, str]] = set()
        while ahead:
            move = ahead.popleft()
            found.setdefault(move.target, move)
            if (move.target, move.after) in taken:
                continue
            taken.add((move.target, move.after))
            ahead.extend(self.after(move))
            if move.target not in stays and self.outcome(move.after).through:
                stays.add(move.target)
                ahead.extend(self.moves[move.target])
        return found


def path(ways: Ways, target: str) -> list[Move] | None:
    """The moves of a shortest way from the start to a state; None where no way leads there."""
    if target not in ways.reached:
        return None
    found: list[Move] = []
    while (move := ways.reached[target]) is not None:
        found.append(move)
        target = move.source
        if len(found) > len(ways.flow.states):
            return None
    return found[::-1]


# Circles


def cycles(ways: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """The circles of a graph: its strongly connected parts (Tarjan), without recursion."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    parts: list[list[str]] = []
    for root in ways:
        if root in order:
            continue
        path_ = [(root, iter(ways[root]))]
        while path_:
            name, ahead = path_[-1]
            if name not in order:
                order[name] = low[name] = len(order)
                stack.append(name)
                on_stack.add(name)
            target = next(ahead, None)
            if target is None:
                path_.pop()
                if path_:
                    low[path_[-1][0]] = min(low[path_[-1][0]], low[name])
                if low[name] == order[name]:
                    parts.append(_unstacked(stack, on_stack, name))
            elif target not in order:
                path_.append((target, iter(ways.get(target, ()))))
            elif target in on_stack:
                low[name] = min(low[name], order[target])
    return [part for part in parts if len(part) > 1 or part[0] in ways.get(part[0], ())]


def _unstacked(stack: list[str], on_stack: set[str], last: str) -> list[str]:
    part: list[str] = []
    while not part or part[-1] != last:
        part.append(stack.pop())
        on_stack.discard(part[-1])
    return part
