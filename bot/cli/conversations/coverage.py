"""What conversation tests reached: states entered, transitions taken, conditions seen both ways."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.cli.conversations.expecting import Came
from bot.engine.conditions import ALWAYS, All, AnyOf, Condition, Named, Not
from bot.engine.flow import Flow, State, Transition
from bot.engine.steps import Call

TRIGGERS = "triggers"
"""Where conditions of triggers are asked, in place of a state."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way from a state to another: a transition, or that of a timeout or of a call that fails."""

    source: str
    target: str
    place: str
    label: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A condition, or a part of one, with how often it came out true and false.

    One that `always` holds need not be seen false.
    """

    source: str
    place: str
    label: str
    true: int = 0
    false: int = 0
    always: bool = False

    @property
    def whole(self) -> bool:
        return bool(self.true and (self.false or self.always))

    @property
    def missing(self) -> str:
        """How it was never seen; nothing where it was seen both ways."""
        never = [] if self.true else ["true"]
        never += [] if self.false or self.always else ["false"]
        return f"never {' or '.join(never)}" if never else ""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    reached: int
    all: int

    @property
    def percent(self) -> float:
        return 100.0 * self.reached / self.all if self.all else 100.0


@dataclass(frozen=True, slots=True)
class FlowCoverage:
    """What of one flow was reached, and how often."""

    flow: Flow
    states: Mapping[str, int]
    ways: Sequence[tuple[Way, int]]
    decisions: Sequence[Decision]

    @property
    def shares(self) -> Mapping[str, Share]:
        return {
            "states": Share(sum(map(bool, self.states.values())), len(self.states)),
            "transitions": Share(sum(bool(n) for _, n in self.ways), len(self.ways)),
            "conditions": Share(sum(d.whole for d in self.decisions), len(self.decisions)),
        }

    @property
    def percent(self) -> float:
        """Of states, transitions and conditions together."""
        shares = self.shares.values()
        return Share(sum(it.reached for it in shares), sum(it.all for it in shares)).percent

    @property
    def entered(self) -> bool:
        return any(self.states.values())

    def missing(self) -> Iterator[str]:
        """What was not reached, one line each."""
        for name, count in self.states.items():
            if not count:
                yield f"state {name} was never entered"
        for way, count in self.ways:
            if not count:
                yield f"{way.source} -> {way.target} was never taken: {way.label}"
        for it in self.decisions:
            if it.missing:
                yield f"in {it.source} {it.missing}: {it.label}"


@dataclass(frozen=True, slots=True)
class _Place:
    flow: str
    place: str
    transition: Transition | None
    source: str


@dataclass(slots=True)
class Coverage:
    """Listens while conversations are played. `flows` are those that new sessions start on."""

    flows: Mapping[str, Flow]
    _states: Counter[tuple[str, str]] = field(default_factory=Counter)
    _ways: Counter[tuple[str, str]] = field(default_factory=Counter)
    _decided: Counter[tuple[str, str, bool]] = field(default_factory=Counter)
    _places: dict[int, _Place] = field(default_factory=dict)
    _held: list[_Place] = field(default_factory=list)

    def __post_init__(self) -> None:
        for flow in self.flows.values():
            for source, condition, place, leads in _conditions(flow):
                self._places[id(condition)] = _Place(flow.name, place, leads, source)

    def seen(self, condition: Condition, decided: bool) -> None:
        """A condition was decided; known ones are counted at their place."""
        here = self._places.get(id(condition))
        if here is None:
            return
        self._decided[here.flow, here.place, decided] += 1
        if decided and here.transition:
            self._held.append(here)

    def watch(self, came: Came) -> None:
        """What came of a step: the states that were entered, and the ways that led there."""
        held, self._held = self._held, []
        for event in came.happened.events:
            flow = self.flows.get(event.flow or "")
            if event.type == "state_entered" and flow:
                self._entered(flow, event.data, held)

    def _entered(self, flow: Flow, data: Mapping[str, Any], held: list[_Place]) -> None:
        state, left = str(data.get("state")), data.get("left")
        self._states[flow.name, state] += 1
        source = flow.states.get(str(left))
        if source is None:
            return
        for n, here in enumerate(held):
            taken = here.transition
            if here.flow == flow.name and taken and here.source == left and taken.target == state:
                del held[: n + 1]
                self._ways[flow.name, taken.place] += 1
                return
        certain = [t for t in source.transitions if t.condition is ALWAYS and t.target == state]
        if certain:
            self._ways[flow.name, certain[0].place] += 1
        elif source.timeout and source.timeout.goto == state:
            self._ways[flow.name, source.timeout.place] += 1
        else:
            for way in _failures(flow):
                self._ways[flow.name, way.place] += (way.source, way.target) == (left, state)

    def of(self, flow: Flow) -> FlowCoverage:
        """What of a flow was reached."""
        return FlowCoverage(
            flow,
            {name: self._states[flow.name, name] for name in flow.states},
            [(way, self._ways[flow.name, way.place]) for way in _ways(flow)],
            [
                Decision(
                    source,
                    place,
                    label_at(flow, place),
                    self._decided[flow.name, place, True],
                    self._decided[flow.name, place, False],
                    _always(flow.states.get(source), condition),
                )
                for source, condition, place, _ in _conditions(flow)
            ],
        )

    def all(self) -> list[FlowCoverage]:
        """Every flow, by name."""
        return [self.of(flow) for _, flow in sorted(self.flows.items())]


def _ways(flow: Flow) -> Iterator[Way]:
    for state in flow.states.values():
        for it in state.transitions:
            yield Way(state.name, it.target, it.place, label_at(flow, _condition_place(it)))
        if state.timeout and state.timeout.goto:
            yield Way(state.name, state.timeout.goto, state.timeout.place, "after silence")
    yield from _failures(flow)


def _failures(flow: Flow) -> Iterator[Way]:
    """The ways that calls go which fail."""
    for place, steps in flow.step_lists.items():
        for step in steps:
            if isinstance(step, Call) and step.goto:
                label = f"where the API {step.api} fails"
                yield Way(_owner(flow, place), step.goto, step.place, label)


def _owner(flow: Flow, place: str) -> str:
    """The state in which the steps at a place run: that of the nearest node above them."""
    nodes = [(state.place, state.name) for state in flow.states.values()]
    nodes += [(it.place, it.target) for state in flow.states.values() for it in state.transitions]
    above = [it for it in nodes if place == it[0] or place.startswith(f"{it[0]}/")]
    return max(above, key=lambda it: len(it[0]), default=("", flow.initial))[1]


def _conditions(flow: Flow) -> Iterator[tuple[str, Condition, str, Transition | None]]:
    """Every condition and part of one: where it is asked, its place, the transition that it opens."""
    for source, whole, where, transition in _asked(flow):
        for condition, place in _parts(whole, where):
            if condition is not ALWAYS:
                yield source, condition, place, transition if place == where else None


def _asked(flow: Flow) -> Iterator[tuple[str, Condition, str, Transition | None]]:
    """The whole conditions of triggers, questions and transitions.

    Whom a schedule is for is asked of all contacts at once, and is not among them.
    """
    for trigger in flow.triggers:
        if trigger.kind != "schedule":
            yield TRIGGERS, trigger.when, f"{trigger.place}/when", None
    for state in flow.states.values():
        if state.collect and state.collect.valid is not None:
            yield state.name, state.collect.valid, f"{state.collect.place}/valid", None
        for it in state.transitions:
            yield state.name, it.condition, _condition_place(it), it


def _always(state: State | None, condition: Condition) -> bool:
    """Whether a condition cannot come out false; a state that waits is led on by messages alone."""
    name = condition.name if isinstance(condition, Named) else ""
    waits = state is not None and not state.passes
    return name == "always" or (name == "get_smth_from_user" and waits)


def _condition_place(transition: Transition) -> str:
    """Where the transition's condition is written: beside its list of steps."""
    return f"{transition.place.removesuffix('/enter')}/condition"


def _parts(condition: Condition, place: str) -> Iterator[tuple[Condition, str]]:
    yield condition, place
    inside: Iterable[tuple[Condition, str]] = ()
    match condition:
        case All(parts):
            inside = ((part, f"{place}/all/{n}") for n, part in enumerate(parts))
        case AnyOf(parts):
            inside = ((part, f"{place}/any/{n}") for n, part in enumerate(parts))
        case Not(part):
            inside = ((part, f"{place}/not"),)
    for part, below in inside:
        yield from _parts(part, below)


def label_at(flow: Flow, place: str) -> str:
    """What is written at a place of the definition, as JSON; `always` where nothing is."""
    node = flow.definition
    for word in place.split("/")[1:]:
        word = word.replace("~1", "/").replace("~0", "~")
        try:
            node = node[int(word)] if isinstance(node, list) else node[word]
        except (KeyError, IndexError, ValueError, TypeError):
            return "always"
    return node if isinstance(node, str) else json.dumps(node, ensure_ascii=False)
