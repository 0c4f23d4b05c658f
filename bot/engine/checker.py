"""What is wrong or doubtful in flows that can be read: names, dead ends, shadows and circles."""

from collections import deque
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.engine.apis import Api
from bot.engine.conditions import (
    BUILT_IN,
    All,
    AnyOf,
    Compare,
    Computed,
    Condition,
    Named,
    Not,
    about_event,
)
from bot.engine.coverage import Coverage
from bot.engine.findings import Finding, escape, nearest
from bot.engine.flow import Flow, State, Transition
from bot.engine.routing import heard
from bot.engine.run import CONTACT_FIELDS
from bot.engine.steps import Act, Email, End, HandOver, Note, Say, SetSlots, Start, Step, Wait
from bot.engine.templates import names_in, snake
from bot.engine.wording import Text, versions

MOST_CURES = 100
"""Nearest names that are looked for: with more mistakes than that the list of names is wrong."""
ALWAYS_FILLED = frozenset({"text"})
"""Names that a template may use in every turn."""


@dataclass(frozen=True, slots=True)
class Project:
    """What exists around the flows. `actions` is None where nobody can say, as with a server that
    does not answer: action names are then not checked."""

    actions: frozenset[str] | None = None
    conditions: frozenset[str] = frozenset()
    intents: frozenset[str] = frozenset()
    entities: frozenset[str] = frozenset()
    slots: frozenset[str] = frozenset()
    responses: frozenset[str] = frozenset()
    processors: frozenset[str] | None = None
    tasks: frozenset[str] | None = None
    apis: Mapping[str, Api] = field(default_factory=dict)
    shared: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    """Kinds of address that messages go to, such as `sms` and `whatsapp`."""


def check(flows: Sequence[Flow], project: Project) -> list[Finding]:
    """The findings of all flows, each flow's in order; `file` is the name of the flow.

    What the reader found (undefined links among it) is not said again.
    """
    cures = _Cures()
    findings: list[Finding] = []
    known = _Known(project, flows, cures)
    seen: set[str] = set()
    for flow in flows:
        checking = _Checking(flow, known)
        _name_is_free(checking, seen)
        for part in _PARTS:
            part(checking)
        findings += checking.findings
    return findings + _collisions(flows) + _recursion(flows)


def _recursion(flows: Sequence[Flow]) -> list[Finding]:
    """Flows that wait for each other's end in a circle: none of them may ever come to it."""
    visits = {
        flow.name: sorted({
            step.flow
            for step, _ in _steps(flow)
            if isinstance(step, Start) and step.returns is not None
        })
        for flow in flows
    }  # fmt: skip
    known = {name: [to for to in ways if to in visits] for name, ways in visits.items()}
    findings = []
    for circle in _cycles(known):
        first = next(name for name in known if name in circle)
        names = ", ".join(repr(name) for name in sorted(circle)[:5])
        reason = f"waits for the return of itself, by way of {names}"
        cure = "take 'return' from one of these starts, or make sure that the circle ends"
        findings.append(Finding("recursive-flow", "warning", "", reason, cure, file=first))
    return findings


class _Cures:
    """Nearest names, each looked for once."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], str] = {}

    def __call__(self, kind: str, word: str, known: Callable[[], Iterable[str]]) -> str:
        if (kind, word) not in self.found:
            if len(self.found) >= MOST_CURES:
                return ""
            self.found[kind, word] = nearest(word, known())
        return self.found[kind, word]


@dataclass(slots=True)
class _Known:
    """Names that mean something, for all flows."""

    project: Project
    flows: Sequence[Flow]
    cure: _Cures
    flow_names: frozenset[str] = field(init=False)
    contact_slots: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.flow_names = frozenset(flow.name for flow in self.flows)
        of_contact = (s.name for f in self.flows for s in f.slots.values() if s.scope == "contact")
        self.contact_slots = CONTACT_FIELDS | self.project.slots | frozenset(of_contact)


@dataclass(slots=True)
class _Checking:
    """One flow with what was found in it."""

    flow: Flow
    known: _Known
    findings: list[Finding] = field(default_factory=list)

    def add(
        self,
        code: str,
        severity: Literal["error", "warning"],
        place: str,
        reason: str,
        cure: str = "",
    ) -> None:
        self.findings.append(Finding(code, severity, place, reason, cure, file=self.flow.name))

    def unknown(self, kind: str, place: str, name: str, known: Collection[str]) -> None:
        """An error where a name is not among those known."""
        if name not in known:
            cure = self.known.cure(kind, name, lambda: known)
            self.add(f"unknown-{kind}", "error", place, f"unknown {kind} {name!r}", cure)

    def own(self, names: Iterable[str]) -> Iterator[str]:
        """Names as this flow may write them: FLOW.NAME is NAME here."""
        return (name.removeprefix(f"{self.flow.name}.") for name in names)


# Walking through a flow


def _conditions(flow: Flow) -> Iterator[tuple[Condition, str]]:
    """Every condition once, with its place."""
    for state in flow.states.values():
        if state.defined:
            yield state.condition, f"{state.place}/condition"
        for transition in state.transitions:
            if transition.link:
                yield transition.condition, _beside(transition, "condition")
    for trigger in flow.triggers:
        yield trigger.when, f"{trigger.place}/when"


def _beside(transition: Transition, key: str) -> str:
    return f"{transition.place.removesuffix('/enter')}/{key}"


def _leaves(condition: Condition, place: str) -> Iterator[tuple[Named | Compare, str]]:
    match condition:
        case Named() | Compare():
            yield condition, place
        case Computed():
            pass
        case All(parts) | AnyOf(parts):
            key = "all" if isinstance(condition, All) else "any"
            for index, part in enumerate(parts):
                yield from _leaves(part, f"{place}/{key}/{index}")
        case Not(part):
            yield from _leaves(part, f"{place}/not")


def _steps(flow: Flow) -> Iterator[tuple[Step, str]]:
    """Every step with its place in the definition."""
    for place, steps in flow.step_lists.items():
        written = _at(flow.definition, place)
        for index, step in enumerate(steps):
            if isinstance(written, list):
                yield step, f"{place}/{index}"
            else:
                # the short form: {"say": ...} without a list of steps
                yield step, place if written is not None else place.removesuffix("/enter")


def _at(definition: Any, pointer: str) -> Any:
    """What stands at a JSON pointer; None where nothing does."""
    for word in pointer.split("/")[1:]:
        if isinstance(definition, list) and word.isdigit() and int(word) < len(definition):
            definition = definition[int(word)]
        elif isinstance(definition, Mapping):
            definition = definition.get(word.replace("~1", "/").replace("~0", "~"))
        else:
            return None
    return definition


def _texts(flow: Flow) -> Iterator[tuple[str, str]]:
    """Every template with its place."""
    for text, place in _wordings(flow):
        yield from _worded(text, place)
    for step, place in _steps(flow):
        yield from _texts_of(step, place)


def _wordings(flow: Flow) -> Iterator[tuple[Text, str]]:
    """Every text that may be there in several languages, with its place."""
    for step, place in _steps(flow):
        match step:
            case Say():
                yield step.text, f"{place}/say"
                for i, button in enumerate(step.buttons):
                    yield button.title, f"{place}/buttons/{i}"
            case Email():
                yield step.subject, f"{place}/email/subject"
                yield step.text, f"{place}/email/text"
    for state in flow.states.values():
        if state.collect and state.collect.error:
            yield state.collect.error, f"{state.collect.place}/error"
    yield flow.apology, "/apology"


def _languages(c: _Checking) -> None:
    """A language that the flow speaks elsewhere: its contacts would read another one here."""
    several = [(text, at) for text, at in _wordings(c.flow) if isinstance(text, Mapping)]
    spoken = {language for text, _ in several for language in text}
    for text, place in several:
        if lacking := sorted(spoken - text.keys()):
            names = ", ".join(repr(language) for language in lacking)
            c.add("missing-language", "warning", place, f"no words in {names}",
                  "add them, or all contacts read the flow's own language here")  # fmt: skip


def _worded(text: Text, place: str) -> Iterator[tuple[str, str]]:
    return ((words, f"{place}{behind}") for behind, words in versions(text))


def _texts_of(step: Step, place: str) -> Iterator[tuple[str, str]]:
    match step:
        case Say():
            yield from ((media, f"{place}/media") for media in step.media)
        case SetSlots(values):
            for name, value in values.items():
                if isinstance(value, str):
                    yield value, f"{place}/set/{escape(name)}"
        case Note(text):
            yield text, f"{place}/note"
        case Email():
            yield step.to, f"{place}/email/to"


# Names


def _name_is_free(c: _Checking, seen: set[str]) -> None:
    if c.flow.name in seen:
        place = "/flow" if isinstance(c.flow.definition, Mapping) else ""
        reason = f"another file has a flow {c.flow.name!r}"
        c.add("duplicate-flow", "error", place, reason, "give one of them another name")
    seen.add(c.flow.name)


def _condition_names(c: _Checking) -> None:
    project = c.known.project
    known = project.conditions | BUILT_IN.keys()
    for condition, at in _conditions(c.flow):
        for leaf, place in _leaves(condition, at):
            if isinstance(leaf, Compare):
                if leaf.subject == "intent":
                    c.unknown("intent", f"{place}/intent", leaf.key, project.intents)
                elif leaf.subject == "entity":
                    c.unknown("entity", f"{place}/entity", leaf.key, project.entities)
            elif leaf.scoped not in known and leaf.name not in known:
                cure = c.known.cure("condition", leaf.scoped, lambda: c.own(known))
                reason = f"unknown condition {leaf.name!r}"
                c.add("unknown-condition", "error", place, reason, cure)
    for trigger in c.flow.triggers:
        if trigger.kind == "intent":
            for name in trigger.value:
                c.unknown("intent", f"{trigger.place}/intent", name, project.intents)


def _step_names(c: _Checking) -> None:
    for step, place in _steps(c.flow):
        match step:
            case Act(name):
                _action(c, name, place)
            case Say(response=str(name)):
                c.unknown("response", f"{place}/say/response", name, c.known.project.responses)
            case Start(name):
                c.unknown("flow", f"{place}/start", name, c.known.flow_names)


def _action(c: _Checking, name: str, place: str) -> None:
    actions = c.known.project.actions
    if actions is None:
        return
    known = actions | c.known.project.responses
    scoped = f"{c.flow.name}.{name}"
    if scoped in known or name in known:
        return
    if isinstance(_at(c.flow.definition, place), Mapping):
        place += "/action"
    cure = c.known.cure("action", scoped, lambda: c.own(known))
    c.add("unknown-action", "error", place, f"unknown action {name!r}", cure)


def _slot_names(c: _Checking) -> None:
    known = {*c.known.contact_slots, *c.flow.slots}
    for step, _ in _steps(c.flow):
        if isinstance(step, SetSlots):
            known.update(step.values)
        elif isinstance(step, Start) and step.returns:
            known.update(step.returns)
    known.update(state.collect.slot for state in c.flow.states.values() if state.collect)
    for condition, at in _conditions(c.flow):
        for leaf, place in _leaves(condition, at):
            if isinstance(leaf, Compare) and leaf.subject == "slot" and leaf.key not in known:
                _unset(c, leaf.key, f"{place}/slot", known)
    in_texts = ALWAYS_FILLED | {snake(name) for name in known}
    for text, place in _texts(c.flow):
        if "{" in text:
            for name in sorted(names_in(text) - in_texts):
                _unset(c, name, place, in_texts)


def _unset(c: _Checking, name: str, place: str, known: Iterable[str]) -> None:
    cure = c.known.cure(f"slot of {c.flow.name}", name, lambda: known)
    declare = f"declare {name!r} in 'slots' or in domain.yml"
    near = f"{cure} Or {declare}" if cure.startswith("did you mean") else declare
    c.add("unknown-slot", "warning", place, f"nothing sets the slot {name!r}", near)


# Ways through the flow


def _ways_on(state: State) -> Iterator[str]:
    yield from (transition.target for transition in state.transitions)
    if state.timeout and state.timeout.goto:
        yield state.timeout.goto


def _reachable(flow: Flow, first: str, seen: set[str]) -> None:
    """Adds to `seen` all that can be reached from a state."""
    ahead = deque([first])
    while ahead:
        name = ahead.popleft()
        if name not in seen:
            seen.add(name)
            ahead.extend(_ways_on(flow.states[name]))


def _unreachable(c: _Checking) -> None:
    seen: set[str] = set()
    _reachable(c.flow, c.flow.initial, seen)
    for state in c.flow.states.values():
        if state.name not in seen:
            c.add("unreachable-state", "warning", f"{state.place}/name",
                  f"no way leads to {state.name!r}",
                  f"link to it with '@{state.name}', or remove it")  # fmt: skip
            # what lies behind it is explained by it
            _reachable(c.flow, state.name, seen)


def _never_run(c: _Checking) -> None:
    """Of a link the link's own condition and `enter` run, not the target's."""
    flow = c.flow
    direct = {t.target for s in flow.states.values() for t in s.transitions if not t.link}
    entered = {s.timeout.goto for s in flow.states.values() if s.timeout}
    linked = {t.target for s in flow.states.values() for t in s.transitions if t.link}
    only_linked = linked - direct - {flow.initial}
    for name, state in flow.states.items():
        if name not in only_linked:
            continue
        node = _at(flow.definition, state.place) if state.defined else None
        if not isinstance(node, Mapping):
            continue
        for key in ("condition", "enter"):
            if key in node and not (key == "enter" and name in entered):
                c.add("never-used", "warning", f"{state.place}/{key}",
                      f"only links lead to {name!r}, and a link brings a {key!r} of its own",
                      f"move the {key!r} to the links")  # fmt: skip


def _dead_ends(c: _Checking) -> None:
    entering: dict[str, list[tuple[Step, ...]]] = {}
    for state in c.flow.states.values():
        entering.setdefault(state.name, []).append(state.enter)
        for transition in state.transitions:
            if transition.link:
                entering.setdefault(transition.target, []).append(transition.enter)
    for state in c.flow.states.values():
        if state.transitions or state.collect or not state.defined:
            continue
        if reason := _expects_more(state, entering[state.name]):
            c.add("dead-end", "warning", f"{state.place}/name", f"{state.name!r} {reason}",
                  "give it 'states', or 'collect' for an answer that goes into a slot")  # fmt: skip


def _expects_more(state: State, lists: Iterable[tuple[Step, ...]]) -> str:
    """Why a state without a way on does not look like an end."""
    if state.otherwise:
        return "answers what it does not understand, but there is nothing it understands"
    if state.passes:
        return "is marked 'pass', but nothing leads on"
    if any(_asks(steps) for steps in lists):
        return "asks something, but no reply leads on"
    return ""


def _asks(steps: tuple[Step, ...]) -> bool:
    """Whether the last word is a question. Nobody waits for its answer behind these steps."""
    if any(isinstance(step, End | Start | HandOver) for step in steps):
        return False
    said = [step for step in steps if isinstance(step, Say)]
    return bool(said) and (
        bool(said[-1].buttons)
        or any(words.rstrip().endswith(_QUESTIONS) for _, words in versions(said[-1].text))
    )


_QUESTIONS = ("?", "？", "؟", ";?")


def _shadows(c: _Checking) -> None:
    for state in c.flow.states.values():
        replies = Coverage(only_messages=not state.passes)
        events = Coverage(only_messages=False)
        for transition in state.transitions:
            coverage = events if about_event(transition.condition) else replies
            if earlier := coverage.covering(transition.condition):
                c.add("shadowed", "warning", transition.place.removesuffix("/enter"),
                      f"never taken: {earlier} always comes first",
                      "put the narrower condition first, or remove this one")  # fmt: skip
            else:
                coverage.add(transition.condition, repr(transition.target))


def _circles(c: _Checking) -> None:
    """Circles of states marked `pass`: no message can stop what no message drives."""
    flow = c.flow
    ways = {
        state.name: [
            transition.target
            for transition in state.transitions
            if flow.states[transition.target].passes and not _stops(transition.enter)
        ]
        for state in flow.states.values()
        if state.passes
    }
    for circle in _cycles(ways):
        first = _first(ways, circle)
        names = ", ".join(repr(name) for name in sorted(circle)[:5])
        c.add("endless-loop", "error", f"{flow.states[first].place}/pass",
              f"a circle of states that never waits for the contact: {names}",
              "take 'pass' from one of them, or let it 'wait'")  # fmt: skip


def _stops(steps: tuple[Step, ...]) -> bool:
    return any(
        isinstance(step, Wait | End) or (isinstance(step, Start) and step.returns is None)
        for step in steps
    )


def _cycles(ways: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """The circles of a graph: its strongly connected parts (Tarjan), without recursion."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    found: list[list[str]] = []
    for root in ways:
        if root in order:
            continue
        path = [(root, iter(ways[root]))]
        while path:
            name, ahead = path[-1]
            if name not in order:
                order[name] = low[name] = len(order)
                stack.append(name)
                on_stack.add(name)
            target = next(ahead, None)
            if target is None:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[name])
                if low[name] == order[name]:
                    found.append(_unstacked(stack, on_stack, name))
            elif target not in order:
                path.append((target, iter(ways[target])))
            elif target in on_stack:
                low[name] = min(low[name], order[target])
    return [part for part in found if len(part) > 1 or part[0] in ways[part[0]]]


def _first(names: Iterable[str], part: Iterable[str]) -> str:
    """The one of them that stands first in the document."""
    among = set(part)
    return next(name for name in names if name in among)


def _unstacked(stack: list[str], on_stack: set[str], last: str) -> list[str]:
    part: list[str] = []
    while not part or part[-1] != last:
        part.append(stack.pop())
        on_stack.discard(part[-1])
    return part


def _silent_circles(c: _Checking) -> None:
    """Timeouts that lead back to each other would write to a silent contact for ever."""
    goto = {s.name: s.timeout.goto for s in c.flow.states.values() if s.timeout and s.timeout.goto}
    for circle in _cycles({name: [to] if to in goto else [] for name, to in goto.items()}):
        first = _first(goto, circle)
        c.add("silent-loop", "warning", f"{c.flow.states[first].place}/timeout/goto",
              "timeouts that lead in a circle write to a silent contact for ever",
              "let one of them lead to a final state")  # fmt: skip


_PARTS: Sequence[Callable[[_Checking], None]] = (
    _condition_names,
    _step_names,
    _slot_names,
    _languages,
    _unreachable,
    _never_run,
    _dead_ends,
    _shadows,
    _circles,
    _silent_circles,
)


# Triggers of several flows


def _collisions(flows: Sequence[Flow]) -> list[Finding]:
    """Triggers that an earlier flow always takes; flows are asked in order."""
    findings = []
    taken: dict[tuple[str, str], list[tuple[str, Coverage]]] = {}
    for flow in flows:
        for trigger in flow.triggers:
            if trigger.kind not in ("keyword", "intent"):
                continue
            for value in trigger.value:
                key = (trigger.kind, heard(value) if trigger.kind == "keyword" else value)
                first = next(
                    (
                        name
                        for name, coverage in taken.get(key, ())
                        if name != flow.name and coverage.covering(trigger.when)
                    ),
                    None,
                )
                if first is not None:
                    reason = f"the {trigger.kind} {value!r} starts the flow {first!r} already"
                    cure = "tell the two apart with 'when'"
                    place = f"{trigger.place}/{trigger.kind}"
                    findings.append(
                        Finding("trigger-taken", "warning", place, reason, cure, file=flow.name)
                    )
                coverage = Coverage(only_messages=True)
                coverage.add(trigger.when, flow.name)
                taken.setdefault(key, []).append((flow.name, coverage))
    return findings
