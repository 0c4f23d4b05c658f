"""What values a slot can have, as far as the flow itself decides it."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from bot.engine.checks.walking import steps
from bot.engine.conditions import OPERATORS, Compare
from bot.engine.coverage import Range, ranges_of
from bot.engine.flow import Collect, Flow
from bot.engine.steps import Act, Call, Expression, Process, SetSlots, Start

_KINDS = {
    "number": "number",
    "duration": "number",
    "money": "object",
    "yes_no": "truth value",
    "location": "object",
    "media": "object",
    "list": "list",
    "object": "object",
}
_ORDERING = ("<", "<=", ">", ">=", "between")


@dataclass(frozen=True, slots=True)
class Domain:
    """Values of one kind: `values` where they are few, `low` and `high` where they have limits."""

    kind: str
    values: frozenset[Any] | None = None
    low: float | str | None = None
    high: float | str | None = None

    def refuses(self, compare: Compare) -> str:
        """Why no value of these can satisfy a comparison; nothing where one can, or might."""
        if compare.op in ("exists", "!="):
            return ""
        if reason := self._of_another_kind(compare):
            return reason
        if self.values is not None:
            if not any(OPERATORS[compare.op](value, compare.value) for value in self.values):
                return f"it can only be {_listed(self.values)}"
            return ""
        return self._out_of_limits(compare)

    def _of_another_kind(self, compare: Compare) -> str:
        listed = compare.value if isinstance(compare.value, list | tuple) else [compare.value]
        kinds = {_kind_of(value) for value in listed}
        if compare.op == "contains":
            fits = self.kind == "list" or (self.kind == "text" and kinds == {"text"})
            return "" if fits else f"it is a {self.kind}, which contains nothing"
        if compare.op in _ORDERING and self.kind not in ("text", "number"):
            return f"it is a {self.kind}, which has no order"
        if self.kind not in kinds:
            return f"it is a {self.kind}, and is compared with a {' or '.join(sorted(kinds))}"
        return ""

    def _out_of_limits(self, compare: Compare) -> str:
        if self.kind == "text":
            return self._before_or_after(compare)
        if self.kind != "number" or (self.low is None and self.high is None):
            return ""
        low = self.low if isinstance(self.low, int | float) else -math.inf
        high = self.high if isinstance(self.high, int | float) else math.inf
        ranges = ranges_of(compare)
        if ranges and not any(_meet(part, ((low, 0), (high, 0))) for part in ranges):
            return f"it is {_limits(self.low, self.high)}"
        return ""

    def _before_or_after(self, compare: Compare) -> str:
        """Days and times in ISO 8601 sort as texts."""
        if not (isinstance(self.low, str) or isinstance(self.high, str)):
            return ""
        value = compare.value
        below = compare.op in ("<", "<=", "=") and isinstance(value, str)
        above = compare.op in (">", ">=", "=") and isinstance(value, str)
        if below and isinstance(self.low, str) and value < self.low:
            return f"it is {_limits(self.low, self.high)}"
        if above and isinstance(self.high, str) and value > self.high[: len(value)]:
            return f"it is {_limits(self.low, self.high)}"
        return ""


def _meet(one: Range, other: Range) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _limits(low: float | str | None, high: float | str | None) -> str:
    if low is None:
        return f"{high} at most"
    return f"{low} at least" if high is None else f"between {low} and {high}"


def _listed(values: Iterable[Any]) -> str:
    return " or ".join(sorted(map(repr, values))[:6])


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "truth value"
    return "number" if isinstance(value, int | float) else "text"


def answered(question: Collect) -> Domain:
    """What a question puts into its slot."""
    kind = _KINDS.get(question.type, "text")
    if question.choices and question.type in ("choice", "text"):
        return Domain("text", frozenset(option.value for option in question.choices))
    if question.type == "yes_no":
        return Domain(kind, frozenset({True, False}))
    return Domain(kind, None, question.minimum, question.maximum)


def domains(flow: Flow) -> dict[str, list[Domain]]:
    """The values of every slot that nothing but this flow sets, and only in ways that it shows."""
    found: dict[str, list[Domain]] = {}
    unsure = {name for name, slot in flow.slots.items() if slot.scope == "contact"}
    for state in flow.states.values():
        question = state.collect
        if question and question.scope == "slot":
            found.setdefault(question.slot, []).append(answered(question))
    for name, value in _given(flow):
        domain = _constant(value)
        if domain is None:
            unsure.add(name)
        else:
            found.setdefault(name, []).append(domain)
    for step, _ in steps(flow):
        if isinstance(step, Act | Process | Call):
            return {}
        if isinstance(step, Start):
            unsure.update(step.returns or ())
    for name, slot in flow.slots.items():
        # A declared type converts what is set: "3" becomes 3.
        kinds = {domain.kind for domain in found.get(name, ())}
        declared = _KINDS.get(slot.type, "text")
        if slot.type != "any" and kinds - {declared}:
            unsure.add(name)
    return {name: listed for name, listed in found.items() if name not in unsure}


def _given(flow: Flow) -> Iterator[tuple[str, Any]]:
    """Slots with the values that steps and declarations give them."""
    for step, _ in steps(flow):
        if isinstance(step, SetSlots):
            yield from step.values.items()
    yield from ((n, slot.initial) for n, slot in flow.slots.items() if slot.initial is not None)


def _constant(value: Any) -> Domain | None:
    """The domain of a value that is given; None where it is worked out."""
    if isinstance(value, Expression | dict | list) or value is None:
        return None
    if isinstance(value, str) and ("{" in value):
        return None
    return Domain(_kind_of(value), frozenset({value}))
