"""Slots that nothing sets and nobody declares."""

import difflib
from collections.abc import Collection
from dataclasses import dataclass

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
MOST_COMPARED = 200
"""Names of one flow that are compared with all that are known."""


def slot_names(c: Checking) -> None:
    """Slots that nothing sets and nobody declares.

    A function of the project may set any: in a flow that calls one only misspelt names are told.
    """
    known = {*c.known.contact_slots, *c.flow.slots}
    of_functions = False
    for step, _ in steps(c.flow):
        known.update(set_by(step, c.known.project.apis))
        of_functions = of_functions or isinstance(step, Process)
    known.update(state.collect.slot for state in c.flow.states.values() if state.collect)
    search = _Search(c, known, of_functions)
    search.in_conditions()
    search.in_texts()
    search.in_expressions()


@dataclass(slots=True)
class _Search:
    """Looks at every place of a flow that names a slot."""

    c: Checking
    known: set[str]
    of_functions: bool
    compared: int = 0

    def in_conditions(self) -> None:
        for condition, where in conditions(self.c.flow):
            if where.endswith("/audience"):
                continue  # about contacts, who may have any field
            for leaf, place in leaves(condition, where):
                match leaf:
                    case Compare("slot", key) if key not in self.known:
                        self.unknown(key, f"{place}/slot", self.known)
                    case Computed(source):
                        self.in_source(source, place)

    def in_texts(self) -> None:
        filled = ALWAYS_FILLED | ROOTS | {snake(name) for name in self.known}
        for text, place in texts(self.c.flow):
            if "{" in text:
                for name in sorted({p.path[0] for p in placeholders(text)} - filled):
                    self.unknown(name, place, filled)

    def in_expressions(self) -> None:
        for step, where in steps(self.c.flow):
            for source, place in expressions_of(step, where):
                self.in_source(source, place)

    def in_source(self, source: str, place: str) -> None:
        for root, name in in_expression(source):
            if root == "slots" and name not in self.known:
                self.unknown(name, place, self.known)

    def unknown(self, name: str, place: str, known: Collection[str]) -> None:
        if self.of_functions and not self.is_misspelt(name, known):
            return
        cure = self.c.known.cure(f"slot of {self.c.flow.name}", name, lambda: known)
        declare = f"declare {name!r} in 'slots' or in domain.yml"
        near = f"{cure} Or {declare}" if cure.startswith("did you mean") else declare
        self.c.add("unknown-slot", place, f"nothing sets the slot {name!r}", near)

    def is_misspelt(self, name: str, known: Collection[str]) -> bool:
        self.compared += 1
        if self.compared > MOST_COMPARED:
            return False
        return bool(difflib.get_close_matches(name, known, 1, MISSPELT))


PARTS = (slot_names,)
