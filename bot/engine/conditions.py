"""Predicates on a turn: built-in names, declarative comparisons, and answers of Python functions."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.engine.expressions import evaluate
from bot.engine.numbers import numbers_said
from bot.engine.parse import NOTHING_READ, Parse

YES_NO_CONFIDENCE = 0.6
"""Below this a yes or a no is a guess, and a guess must not move a flow."""
INTENT_CONFIDENCE = 0.5
"""The same for the other intents, whose mistakes cost less."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What conditions see. `event` is "message", "start", or the name of the timer that fired."""

    event: str
    text: str = ""
    parse: Parse = NOTHING_READ
    slots: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    answers: Mapping[str, bool] = field(default_factory=dict)
    wrote: bool = False
    shared: Mapping[str, Any] = field(default_factory=dict)
    registry: Mapping[str, Any] = field(default_factory=dict)
    seen: Callable[["Condition", bool], None] | None = None
    """Told of every condition that is decided, whole and part: tests measure coverage by it."""

    def slot(self, name: str) -> Any:
        """The session's value of a slot, else the contact's."""
        return self.slots[name] if name in self.slots else self.fields.get(name)


@dataclass(frozen=True, slots=True)
class Named:
    """A condition by name. `scoped` is FLOW.NAME, which wins where it exists."""

    name: str
    scoped: str


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: "Condition"


@dataclass(frozen=True, slots=True)
class Compare:
    """`{"slot": "age", "op": ">=", "value": 18}`; `subject` is the first key, `key` its value."""

    subject: str
    key: Any
    op: str
    value: Any


@dataclass(frozen=True, slots=True)
class Computed:
    """`{"expression": "slots.age >= 18 && 'vip' in tags"}`: holds where it comes to true."""

    source: str


Condition = Named | All | AnyOf | Not | Compare | Computed
ALWAYS = All(())


def _wrote(situation: Situation) -> bool:
    return situation.wrote


def _means(intent: str, threshold: float) -> Callable[[Situation], bool]:
    def holds(situation: Situation) -> bool:
        return situation.wrote and situation.parse.means(intent, threshold)

    return holds


def _is_yes(situation: Situation) -> bool:
    parse = situation.parse
    more = parse.confidence("affirm") > parse.confidence("deny")
    return situation.wrote and more and parse.means("affirm", YES_NO_CONFIDENCE)


def _is_no(situation: Situation) -> bool:
    parse = situation.parse
    more = parse.confidence("deny") > parse.confidence("affirm")
    return situation.wrote and more and parse.means("deny", YES_NO_CONFIDENCE)


def _gave_name(situation: Situation) -> bool:
    return situation.wrote and situation.parse.entity("name") is not None


def _gave_number(situation: Situation) -> bool:
    return situation.wrote and bool(numbers_said(situation.text, situation.parse))


BUILT_IN: Mapping[str, Callable[[Situation], bool]] = {
    "always": lambda _: True,
    "get_smth_from_user": _wrote,
    "is_user_reply_yes": _is_yes,
    "is_user_reply_no": _is_no,
    "user_reply_name": _gave_name,
    "user_reply_number": _gave_number,
    "user_wants_coupon": _means("request_coupon", INTENT_CONFIDENCE),
    "user_wants_human": _means("human", INTENT_CONFIDENCE),
    "user_asks_help": _means("help", INTENT_CONFIDENCE),
}

MARKS = " .!?¡¿。؟۔।॥։።"
"""What stands before or behind a sentence."""
SUBJECTS = ("intent", "entity", "slot", "tag", "event", "text", "number", "global")
OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: _equal(a, b),
    "!=": lambda a, b: not _equal(a, b),
    "<": lambda a, b: _ordered(a, b) and a < b,
    "<=": lambda a, b: _ordered(a, b) and a <= b,
    ">": lambda a, b: _ordered(a, b) and a > b,
    ">=": lambda a, b: _ordered(a, b) and a >= b,
    "between": lambda a, b: _ordered(a, b[0]) and _ordered(a, b[1]) and b[0] <= a <= b[1],
    "in": lambda a, b: any(_equal(a, item) for item in b),
    "contains": lambda a, b: _contains(a, b),
    "exists": lambda a, _: exists(a),
}


def exists(value: Any) -> bool:
    """Whether there is something: 0 is, nothing, false and an empty text are not."""
    return value is not None and value is not False and value != ""


def _equal(a: Any, b: Any) -> bool:
    """Equality in which, unlike Python's, true is not 1."""
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def _ordered(a: Any, b: Any) -> bool:
    if isinstance(a, bool) or isinstance(b, bool):
        return False
    numeric = (int, float)
    return (isinstance(a, numeric) and isinstance(b, numeric)) or (
        isinstance(a, str) and isinstance(b, str)
    )


def _contains(a: Any, b: Any) -> bool:
    if isinstance(a, str) and isinstance(b, str):
        return b.casefold() in a.casefold()
    return isinstance(a, list | tuple) and b in a


def holds(condition: Condition, situation: Situation) -> bool:
    """Whether the condition is true of the situation."""
    decided = _holds(condition, situation)
    if situation.seen is not None:
        situation.seen(condition, decided)
    return decided


def _holds(condition: Condition, situation: Situation) -> bool:
    match condition:
        case Named(name, scoped):
            return _named(name, scoped, situation)
        case All(parts):
            return all(holds(part, situation) for part in parts)
        case AnyOf(parts):
            return any(holds(part, situation) for part in parts)
        case Not(part):
            return not holds(part, situation)
        case Compare():
            return _compare(condition, situation)
        case Computed(source):
            return evaluate(source, names(situation)) is True


def names(situation: Situation) -> dict[str, Any]:
    """What expressions may name."""
    return {
        "slots": {**situation.fields, **situation.slots},
        "contact": situation.fields,
        "globals": situation.shared,
        "registry": situation.registry,
        "tags": sorted(situation.tags),
        "text": situation.text,
        "intent": situation.parse.intent.name,
        "event": situation.event,
    }


def _named(name: str, scoped: str, situation: Situation) -> bool:
    for candidate in (scoped, name):
        if candidate in situation.answers:
            return situation.answers[candidate]
        if candidate in BUILT_IN:
            return BUILT_IN[candidate](situation)
    return False


def _compare(condition: Compare, situation: Situation) -> bool:
    if condition.subject == "intent":
        return situation.wrote and _intended(condition, situation.parse)
    value, subject = condition.value, _subject(condition, situation)
    if condition.subject == "text":
        # Nobody types the capitals of a flow's author, and many end with a mark of their own.
        value = folded(value)
        if condition.op in ("=", "!=", "in"):
            value, subject = _unmarked(value), _unmarked(subject)
    return OPERATORS[condition.op](subject, value)


def _unmarked(value: Any) -> Any:
    """A text, or each text of a list, without the marks around it, unless it is nothing else."""
    if isinstance(value, list | tuple):
        return [_unmarked(item) for item in value]
    return value.strip(MARKS) or value if isinstance(value, str) else value


def _intended(condition: Compare, parse: Parse) -> bool:
    """A confidence that the flow's author set is one of the open reading."""
    if condition.op == ">=":
        return parse.confidence(condition.key) >= float(condition.value)
    return means_intent(parse, condition.key)


def means_intent(parse: Parse, intent: str) -> bool:
    """Whether the message means it, with the confidence that is asked for everywhere."""
    yes_or_no = intent in ("affirm", "deny")
    return parse.means(intent, YES_NO_CONFIDENCE if yes_or_no else INTENT_CONFIDENCE)


def folded(value: Any) -> Any:
    """A text, or each text of a list, without its capitals."""
    if isinstance(value, list | tuple):
        return [folded(item) for item in value]
    return value.casefold() if isinstance(value, str) else value


def _subject(condition: Compare, situation: Situation) -> Any:
    key = condition.key
    match condition.subject:
        case "entity":
            found = situation.parse.entity(key) if situation.wrote else None
            return found.value if found else None
        case "slot":
            return situation.slot(key)
        case "global":
            return situation.shared.get(key)
        case "tag":
            return key in situation.tags
        case "event":
            return situation.event == key
        case "text":
            return folded(situation.text.strip()) if situation.wrote else None
        case _:
            found_numbers = numbers_said(situation.text, situation.parse) if situation.wrote else ()
            return found_numbers[key - 1] if len(found_numbers) >= key else None


def named_in(condition: Condition) -> Iterator[Named]:
    """Every condition that is referred to by name."""
    match condition:
        case Named():
            yield condition
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from named_in(part)
        case Not(part):
            yield from named_in(part)


def compared_in(condition: Condition) -> Iterator[Compare]:
    """Every declarative comparison."""
    match condition:
        case Compare():
            yield condition
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from compared_in(part)
        case Not(part):
            yield from compared_in(part)


def computed_in(condition: Condition) -> Iterator[Computed]:
    """Every expression."""
    match condition:
        case Computed():
            yield condition
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from computed_in(part)
        case Not(part):
            yield from computed_in(part)


def about_event(condition: Condition) -> bool:
    """Whether the condition asks which event happened, so that a timer may satisfy it."""
    return any(compare.subject == "event" for compare in compared_in(condition))
