"""Declared slots and invariants of a document."""

from collections.abc import Mapping
from typing import Any

from bot.engine.condition_reader import read_condition
from bot.engine.conditions import named_in
from bot.engine.findings import escape, nearest
from bot.engine.flow import Invariant, Slot
from bot.engine.reading import Reading, shown
from bot.engine.slot_types import SLOT_TYPES, NotFitting, fitted

SCOPES = ("session", "contact")


def read_slots(r: Reading, nodes: Any) -> dict[str, Slot]:
    if not r.typed(nodes, dict, "/slots", "an object of slots by name"):
        return {}
    read = (_slot(r, name, node, f"/slots/{escape(name)}") for name, node in nodes.items())
    return {slot.name: slot for slot in read if slot}


def _slot(r: Reading, name: str, node: Any, place: str) -> Slot | None:
    if not r.typed(node, dict, place, 'an object like {"type": "number"}'):
        return None
    r.known_keys(node, ("type", "scope", "initial", "$comment"), place)
    kind, scope = node.get("type", "any"), node.get("scope", "session")
    if scope not in SCOPES:
        r.error("unknown-scope", f"{place}/scope", f"unknown scope {scope!r}",
                nearest(str(scope), SCOPES))  # fmt: skip
    if not isinstance(kind, str) or kind not in SLOT_TYPES:
        r.error("unknown-type", f"{place}/type", f"unknown type {shown(kind)}",
                nearest(str(kind), SLOT_TYPES))  # fmt: skip
        return Slot(name)
    return Slot(name, kind, scope, _initial(r, kind, node, place))


def _initial(r: Reading, kind: str, node: Mapping[str, Any], place: str) -> Any:
    try:
        return fitted(kind, node.get("initial"))
    except NotFitting:
        reason = f"{shown(node['initial'])} is no value of the type {kind!r}"
        r.error("wrong-value", f"{place}/initial", reason)
        return None


def read_invariants(r: Reading, nodes: Any) -> tuple[Invariant, ...]:
    if not r.typed(nodes, list, "/invariants", "a list of invariants"):
        return ()
    read = [_invariant(r, node, f"/invariants/{i}") for i, node in enumerate(nodes)]
    found = tuple(invariant for invariant in read if invariant)
    names = [invariant.name for invariant in found]
    for invariant in found:
        if names.count(invariant.name) > 1:
            reason = f"the name {invariant.name!r} is there twice"
            r.error("duplicate-name", f"{invariant.place}/name", reason)
    return found


def _invariant(r: Reading, node: Any, place: str) -> Invariant | None:
    expected = 'an invariant like {"name": "adult", "condition": {...}}'
    if not r.typed(node, dict, place, expected):
        return None
    r.known_keys(node, ("name", "condition", "$comment"), place)
    for key in ("name", "condition"):
        if key not in node:
            r.error("wrong-invariant", place, f"an invariant needs {key!r}", expected)
            return None
    if not r.text(node["name"], f"{place}/name", "a name"):
        return None
    condition = read_condition(r, node["condition"], f"{place}/condition")
    for named in named_in(condition):
        # Its answer is from before the turn, and says nothing about what the turn has done.
        if named.name != "always":
            r.error("wrong-invariant", f"{place}/condition",
                    f"{named.name!r} is no comparison, and is not asked again after the turn",
                    "compare slots, tags and global values, or write an expression")  # fmt: skip
    return Invariant(node["name"], condition, place)
