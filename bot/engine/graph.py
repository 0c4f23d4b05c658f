"""A flow as a picture: its states as nodes of a tree, the ways between them as edges."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from bot.engine.conditions import All, AnyOf, Compare, Computed, Condition, Named, Not
from bot.engine.flow import Flow, State
from bot.engine.steps import (
    Act,
    Call,
    Email,
    End,
    HandOver,
    Note,
    Process,
    Say,
    SetSlots,
    Split,
    Start,
    Step,
    Store,
    Tag,
    Untag,
    Wait,
)
from bot.engine.wording import in_language

LONGEST_LABEL = 80
LONGEST_TEXT = 160
"""Characters: a picture has room for a hint, not for a text."""

WORDS: Mapping[str, str] = {
    "always": "",
    "get_smth_from_user": "any reply",
    "is_user_reply_yes": "yes",
    "is_user_reply_no": "no",
    "user_reply_name": "gives a name",
    "user_reply_number": "gives a number",
    "user_wants_coupon": "wants a coupon",
    "user_wants_human": "wants a person",
    "user_asks_help": "asks for help",
}
"""The built-in conditions as one says them."""

_UNITS = ((604800, "w"), (86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_ORDINALS = {1: "number", 2: "2nd number", 3: "3rd number"}


@dataclass(frozen=True, slots=True)
class Node:
    """A state. `parent` is the state that it is nested in, `order` its place among its siblings.

    `text` is how what it first says begins; `action` is the first enter method that it names,
    `asks` the slot that it collects and `choices` the labels of the answers. `does` are all its
    steps in a few words each.
    """

    id: str
    depth: int
    parent: str | None
    order: int
    final: bool
    defined: bool
    passes: bool
    text: str = ""
    action: str = ""
    asks: str = ""
    choices: tuple[str, ...] = ()
    does: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from one state to another; `label` is its condition, or the silence it waits for.

    An `error` is the way that a state goes where a declared HTTP call comes to nothing.
    """

    source: str
    target: str
    label: str
    link: bool = False
    kind: Literal["transition", "timeout", "error"] = "transition"


@dataclass(frozen=True, slots=True)
class SubFlow:
    """Another flow that a state starts; `returns` where the session waits until it is over."""

    source: str
    flow: str
    returns: bool


@dataclass(frozen=True, slots=True)
class Graph:
    """The picture of one version of a flow: parents stand before their children."""

    flow: str
    version: str
    initial: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    starts: tuple[SubFlow, ...] = ()
    title: str = ""

    def to_json(self) -> dict[str, Any]:
        """The graph as a JSON object."""
        return asdict(self)


def graph(flow: Flow) -> Graph:
    """The picture of a flow. A state that is nowhere defined hangs below the first link to it."""
    performed = _performed(flow)
    edges = tuple(
        edge for state in flow.states.values() for edge in _edges(state, performed[state.name])
    )
    parents = _parents(flow, edges)
    brought = _brought(flow)
    nodes = []
    placed: dict[str, int] = {}
    siblings: dict[str | None, int] = {}
    for name in _parents_first(flow, parents):
        parent = parents.get(name)
        placed[name] = placed[parent] + 1 if parent is not None else 0
        order = siblings.get(parent, 0)
        siblings[parent] = order + 1
        state = flow.states[name]
        steps = state.enter or brought.get(name, ())
        nodes.append(_node(state, steps, parent, placed[name], order))
    starts = dict.fromkeys(
        SubFlow(name, step.flow, step.returns is not None)
        for name, steps in performed.items()
        for step in steps
        if isinstance(step, Start)
    )
    return Graph(
        flow.name, flow.version, flow.initial, tuple(nodes), edges, tuple(starts), flow.title
    )


def described(condition: Condition) -> str:
    """A condition in a few words; nothing for one that always holds."""
    match condition:
        case Named(name):
            return WORDS[name] if name in WORDS else name.replace("_", " ")
        case All(parts):
            return _joined(parts, " and ")
        case AnyOf(parts):
            return _joined(parts, " or ")
        case Not(part):
            inner = described(part)
            return f"not ({inner})" if " and " in inner or " or " in inner else f"not {inner}"
        case Compare():
            return _compared(condition)
        case Computed(source):
            return source


def spoken_duration(seconds: float) -> str:
    """`90000` as "1 d 1 h"."""
    left = round(seconds)
    words = []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count:
            words.append(f"{count} {unit}")
    return " ".join(words) or "0 s"


def _edges(state: State, steps: Iterable[Step]) -> Iterable[Edge]:
    for way in state.transitions:
        label = _short(described(way.condition), LONGEST_LABEL)
        yield Edge(state.name, way.target, label, way.link)
    if state.timeout and state.timeout.goto:
        label = f"after {spoken_duration(state.timeout.after)}"
        yield Edge(state.name, state.timeout.goto, label, link=True, kind="timeout")
    failing = ((step.goto, step.api) for step in steps if isinstance(step, Call) and step.goto)
    for target, api in dict.fromkeys(failing):
        label = _short(f"{api} fails", LONGEST_LABEL)
        yield Edge(state.name, target, label, link=True, kind="error")


def _performed(flow: Flow) -> Mapping[str, tuple[Step, ...]]:
    """All steps that may run while a session stands in a state, by the state."""
    lists: dict[str, list[Sequence[Step]]] = {name: [] for name in flow.states}
    for state in flow.states.values():
        lists[state.name] += [state.pre, state.enter, state.post]
        for spoken in (state.otherwise, state.timeout):
            lists[state.name].append(spoken.enter if spoken else ())
        lists[state.name].append(state.otherwise.then if state.otherwise else ())
        for way in state.transitions:
            lists[way.target].append(way.enter)
    return {
        name: tuple(step for steps in found for step in _with_inner(flow, steps))
        for name, found in lists.items()
    }


def _with_inner(flow: Flow, steps: Sequence[Step]) -> Iterable[Step]:
    """The steps, and those of the lists within them."""
    for step in steps:
        yield step
        match step:
            case Split(arms):
                places: Iterable[str | None] = [arm.place for arm in arms]
            case Call():
                places = [step.failed]
            case _:
                places = ()
        for place in places:
            yield from _with_inner(flow, flow.step_lists.get(place or "", ()))


def _parents(flow: Flow, edges: Iterable[Edge]) -> Mapping[str, str]:
    parents: dict[str, str] = {}
    for edge in edges:
        if not edge.link or not flow.states[edge.target].defined:
            parents.setdefault(edge.target, edge.source)
    return parents


def _parents_first(flow: Flow, parents: Mapping[str, str]) -> Iterable[str]:
    """States in the order in which the definition is read from top to bottom."""
    children: dict[str, list[str]] = {}
    for child, parent in parents.items():
        children.setdefault(parent, []).append(child)
    ahead = [name for name in reversed(list(flow.states)) if name not in parents]
    while ahead:
        name = ahead.pop()
        yield name
        ahead.extend(reversed(children.get(name, ())))


def _node(
    state: State, steps: tuple[Step, ...], parent: str | None, depth: int, order: int
) -> Node:
    return Node(
        id=state.name,
        depth=depth,
        parent=parent,
        order=order,
        final=state.final,
        defined=state.defined,
        passes=state.passes,
        text=_short(next((_said(s) for s in steps if _said(s)), "") or _asked(state), LONGEST_TEXT),
        action=next((_named(s) for s in steps if _named(s)), ""),
        asks=state.collect.slot if state.collect else "",
        choices=_choices(state),
        does=tuple(dict.fromkeys(done for step in (*state.pre, *steps) if (done := _done(step)))),
    )


def _choices(state: State) -> tuple[str, ...]:
    asked = state.collect.choices if state.collect else ()
    return tuple(_short(in_language(option.label), LONGEST_LABEL) for option in asked)


def _brought(flow: Flow) -> Mapping[str, tuple[Step, ...]]:
    """What the first link with steps runs: a state reached only by links has none of its own."""
    brought: dict[str, tuple[Step, ...]] = {}
    for state in flow.states.values():
        for way in state.transitions:
            if way.link and way.enter:
                brought.setdefault(way.target, way.enter)
    return brought


def _said(step: Step) -> str:
    return in_language(step.text).strip() if isinstance(step, Say) else ""


def _asked(state: State) -> str:
    return in_language(state.collect.ask or "").strip() if state.collect else ""


def _named(step: Step) -> str:
    """The step by its name, where it has one: what a state without words is known by."""
    match step:
        case Act(name):
            return name
        case Say(response=str(name)):
            return name
        case Start(flow, returns):
            return f"start {flow}" if returns is None else f"start {flow} and come back"
        case Split(arms):
            return "split: " + ", ".join(arm.name for arm in arms)
        case HandOver():
            return "hand over"
        case Call(api):
            return f"call {api}"
        case Process(name, kind):
            return name if kind == "processor" else f"task {name}"
        case Store(collection):
            return f"store in {collection}"
        case _:
            return ""


def _done(step: Step) -> str:
    """The step in a few words; nothing for one that only speaks."""
    match step:
        case SetSlots(values):
            return "set " + ", ".join(values)
        case Tag(tags):
            return "tag " + ", ".join(tags)
        case Untag(tags):
            return "untag " + ", ".join(tags)
        case Note():
            return "write a note"
        case Email():
            return "send an e-mail"
        case Wait(seconds):
            return f"wait {spoken_duration(seconds)}"
        case End():
            return "end the session"
        case Say() if shown := _shown(step):
            return f"show {shown}"
        case _:
            return _named(step)


def _shown(step: Say) -> str:
    """What a message holds besides its text."""
    parts = {
        "buttons": step.buttons, "media": step.media, "a list": step.menu,
        "a location": step.location, "a template": step.template,
    }  # fmt: skip
    return ", ".join(word for word, given in parts.items() if given)


def _joined(parts: Iterable[Condition], word: str) -> str:
    other = " or " if word == " and " else " and "
    texts = [text for part in parts if (text := described(part))]
    if len(texts) == 1:
        return texts[0]
    return word.join(f"({text})" if other in text else text for text in texts)


def _compared(it: Compare) -> str:
    key = str(it.key).replace("_", " ")
    compared = "" if it.op == "exists" else _operation(it.op, it.value)
    match it.subject:
        case "intent":
            return f"means {key}" + (f" {compared}" if it.op == ">=" else "")
        case "entity":
            return f"{key} {compared}" if compared else f"gives {key}"
        case "tag":
            wanted = it.value if it.op == "=" else it.value is False
            return f"tagged {key}" if it.op == "exists" or wanted else f"not tagged {key}"
        case "event":
            return f"on {key}"
        case "text":
            return f"text {compared}" if compared else "any text"
        case "global":
            return f"shared {key} {compared}" if compared else f"shared {key} is known"
        case "number":
            number = _ORDINALS.get(it.key, f"{it.key}th number")
            return f"{number} {compared}" if compared else f"gives {number}"
        case _:
            return f"{key} {compared}" if compared else f"{key} is known"


def _operation(op: str, value: Any) -> str:
    match op:
        case "between":
            return f"from {_value(value[0])} to {_value(value[1])}"
        case "in":
            return f"is {' / '.join(map(_value, value))}"
        case "contains":
            return f"has {_value(value)}"
        case "<=":
            return f"≤ {_value(value)}"
        case ">=":
            return f"≥ {_value(value)}"
        case "!=":
            return f"≠ {_value(value)}"
        case _:
            return f"{op} {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"“{value}”" if isinstance(value, str) else str(value)


def _short(text: str, longest: int) -> str:
    words = " ".join(text.split())
    return words if len(words) <= longest else words[: longest - 1].rstrip() + "…"
