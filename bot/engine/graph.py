"""A flow as a picture: its states as nodes of a tree, the ways between them as edges."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from bot.engine.conditions import All, AnyOf, Compare, Computed, Condition, Named, Not
from bot.engine.flow import Flow, State
from bot.engine.steps import Act, HandOver, Say, Split, Start, Step
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
    `asks` the slot that it collects.
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


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from one state to another; `label` is its condition, or the silence it waits for."""

    source: str
    target: str
    label: str
    link: bool = False
    kind: Literal["transition", "timeout"] = "transition"


@dataclass(frozen=True, slots=True)
class Graph:
    """The picture of one version of a flow: parents stand before their children."""

    flow: str
    version: str
    initial: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def to_json(self) -> dict[str, Any]:
        """The graph as a JSON object."""
        return asdict(self)


def graph(flow: Flow) -> Graph:
    """The picture of a flow. A state that is nowhere defined hangs below the first link to it."""
    edges = tuple(edge for state in flow.states.values() for edge in _edges(state))
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
    return Graph(flow.name, flow.version, flow.initial, tuple(nodes), edges)


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


def _edges(state: State) -> Iterable[Edge]:
    for way in state.transitions:
        label = _short(described(way.condition), LONGEST_LABEL)
        yield Edge(state.name, way.target, label, way.link)
    if state.timeout and state.timeout.goto:
        label = f"after {spoken_duration(state.timeout.after)}"
        yield Edge(state.name, state.timeout.goto, label, link=True, kind="timeout")


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
        text=_short(next((_said(s) for s in steps if _said(s)), ""), LONGEST_TEXT),
        action=next((_named(s) for s in steps if _named(s)), ""),
        asks=state.collect.slot if state.collect else "",
    )


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


def _named(step: Step) -> str:
    match step:
        case Act(name):
            return name
        case Say(response=str(name)):
            return name
        case Start(flow):
            return f"start {flow}"
        case Split(arms):
            return "split: " + ", ".join(arm.name for arm in arms)
        case HandOver():
            return "hand over"
        case _:
            return ""


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
