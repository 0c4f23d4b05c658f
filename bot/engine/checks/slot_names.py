"""Slots that nothing sets and nobody declares."""

import difflib
from collections.abc import Iterable

from bot.engine.checks.names import in_expression, placeholders, set_by
from bot.engine.checks.project import Checking
from bot.engine.checks.walking import conditions, expressions_of, leaves, steps, texts
from bot.engine.conditions import Compare, Computed
from bot.engine.steps import Process
from bot.engine.templates import snake

ALWAYS_FILLED = frozenset({"text"})
"""Names that a template may use in every turn."""
ROOTS = frozenset({"globals", "registry"})
MISSPELT = 0.85
"""How alike two names are, 0 to 1, of which one is taken for a slip of the other."""


def slot_names(c: Checking) -> None:
    """Slots that nothing sets and nobody declares.

    A function of the project may set any: in a flow that calls one only misspelt names are told.
    """
    known = {*c.known.contact_slots, *c.flow.slots}
    for step, _ in steps(c.flow):
        known.update(set_by(step, c.known.project.apis))
    known.update(state.collect.slot for state in c.flow.states.values() if state.collect)
    _in_conditions(c, known)
    in_texts = ALWAYS_FILLED | ROOTS | {snake(name) for name in known}
    for text, place in texts(c.flow):
        if "{" in text:
            for name in sorted({p.path[0] for p in placeholders(text)} - in_texts):
                _unknown(c, name, place, in_texts)
    for step, where in steps(c.flow):
        for source, place in expressions_of(step, where):
            _unknown_in(c, source, place, known)


def _in_conditions(c: Checking, known: set[str]) -> None:
    for condition, where in conditions(c.flow):
        if where.endswith("/audience"):
            continue  # about contacts, who may have any field
        for leaf, place in leaves(condition, where):
            match leaf:
                case Compare("slot", key) if key not in known:
                    _unknown(c, key, f"{place}/slot", known)
                case Computed(source):
                    _unknown_in(c, source, place, known)


def _unknown_in(c: Checking, source: str, place: str, known: set[str]) -> None:
    for root, name in in_expression(source):
        if root == "slots" and name not in known:
            _unknown(c, name, place, known)


def _unknown(c: Checking, name: str, place: str, known: Iterable[str]) -> None:
    anything = any(isinstance(step, Process) for step, _ in steps(c.flow))
    if anything and not difflib.get_close_matches(name, known, 1, MISSPELT):
        return
    cure = c.known.cure(f"slot of {c.flow.name}", name, lambda: known)
    declare = f"declare {name!r} in 'slots' or in domain.yml"
    near = f"{cure} Or {declare}" if cure.startswith("did you mean") else declare
    c.add("unknown-slot", place, f"nothing sets the slot {name!r}", near)


PARTS = (slot_names,)
