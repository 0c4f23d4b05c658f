"""Messages that satisfy a condition: what somebody would have to write, and who to be."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import pairwise
from typing import Any

from bot.engine.conditions import (
    BUILT_IN,
    OPERATORS,
    All,
    AnyOf,
    Compare,
    Computed,
    Condition,
    Named,
    Not,
    compared_in,
    named_in,
)
from bot.engine.flow import Collect, State
from bot.engine.parse import FALLBACK_INTENT, Entity, Intent, Parse
from bot.engine.wording import in_language

MOST_TERMS = 32
"""Ways to satisfy one condition that are looked at."""
MOST_NUMBERS = 60
NAME = "Ann"
OTHER = "something else"
_INTENTS = {
    "is_user_reply_yes": "affirm",
    "is_user_reply_no": "deny",
    "user_wants_coupon": "request_coupon",
    "user_wants_human": "human",
    "user_asks_help": "help",
}
_SAID = {
    "affirm": "yes",
    "deny": "no",
    "request_coupon": "a coupon please",
    "human": "a person please",
}
_ANSWERS: Mapping[str, Sequence[str]] = {
    "text": ("hello",),
    "number": ("7", "1"),
    "money": ("7", "1"),
    "date": ("2026-03-05",),
    "time": ("17:30",),
    "email": ("ann@example.com",),
    "phone": ("+15550100200",),
}


@dataclass(frozen=True, slots=True)
class Reply:
    """A message as a transcript writes it; `intent` None leaves it to the NLU."""

    text: str
    intent: str | None = None
    entities: Mapping[str, Any] = field(default_factory=dict)

    def parse(self) -> Parse:
        """What the NLU is to have read."""
        best = Intent(self.intent or FALLBACK_INTENT, 1.0 if self.intent else 0.0)
        found = tuple(Entity(n, v, 0, len(self.text)) for n, v in self.entities.items())
        return Parse(self.text, best, (best,), found)

    def step(self) -> dict[str, Any]:
        """The step of a conversation test."""
        said: dict[str, Any] = {"user": self.text}
        if self.intent is not None:
            said["intent"] = self.intent
        if self.entities:
            said["entities"] = dict(self.entities)
        return said


@dataclass(frozen=True, slots=True)
class World:
    """What is so before anybody writes: the contact, Python's answers, global values, APIs."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    answers: Mapping[str, bool] = field(default_factory=dict)
    shared: Mapping[str, Any] = field(default_factory=dict)
    failing: frozenset[str] = frozenset()

    def __add__(self, other: "World") -> "World":
        return World(
            {**self.fields, **other.fields},
            self.tags | other.tags,
            {**self.answers, **other.answers},
            {**self.shared, **other.shared},
            self.failing | other.failing,
        )

    def has(self, other: "World") -> bool:
        """Whether the other asks for nothing that is not so here."""
        return self + other == self


@dataclass(frozen=True, slots=True)
class Wish:
    """One way to satisfy a condition: the world and the message that it takes."""

    world: World = World()
    text: str | None = None
    within: tuple[str, ...] = ()
    numbers: tuple[tuple[int, float], ...] = ()
    intent: str | None = None
    entities: tuple[tuple[str, Any], ...] = ()
    slots: tuple[tuple[str, Any], ...] = ()

    def __add__(self, other: "Wish") -> "Wish":
        return Wish(
            self.world + other.world,
            other.text if other.text is not None else self.text,
            (*self.within, *other.within),
            (*self.numbers, *other.numbers),
            other.intent or self.intent,
            (*self.entities, *other.entities),
            (*self.slots, *other.slots),
        )

    def reply(self) -> Reply:
        """The message."""
        entities = dict(self.entities)
        if self.text is not None:
            return Reply(self.text, self.intent, entities)
        numbers = [written(n) for _, n in sorted(dict(self.numbers).items())]
        words = [*self.within, *numbers, *(str(v) for v in entities.values())]
        plain = _SAID.get(self.intent or "", "" if words else OTHER)
        return Reply(" ".join([*words, *([plain] if plain else [])]), self.intent, entities)


def wishes(condition: Condition, edges: Sequence[float] = ()) -> Iterator[Wish]:
    """Ways to satisfy a condition, the likeliest first; who uses one must see whether it does.

    `edges` are numbers near which another condition may begin.
    """
    for term in _terms(condition, positive=True)[:MOST_TERMS]:
        choices = [list(_wishes_of(leaf, positive, edges)) or [Wish()] for leaf, positive in term]
        if not choices:
            yield Wish()
            continue
        first = [options[0] for options in choices]
        yield reduce(Wish.__add__, first, Wish())
        for index, options in enumerate(choices):
            for option in options[1:]:
                yield reduce(Wish.__add__, [*first[:index], option, *first[index + 1 :]], Wish())


_Leaf = Named | Compare | Computed


def _terms(condition: Condition, *, positive: bool) -> list[list[tuple[_Leaf, bool]]]:
    """The condition as alternatives of parts that must hold (or not) together; a part of them where
    there are very many."""
    match condition:
        case Not(part):
            return _terms(part, positive=not positive)
        case All(parts) | AnyOf(parts) if isinstance(condition, All) == positive:
            found: list[list[tuple[_Leaf, bool]]] = [[]]
            for part in parts:
                more = _terms(part, positive=positive)
                found = [[*one, *other] for one in found for other in more][:MOST_TERMS]
            return found
        case All(parts) | AnyOf(parts):
            return [term for part in parts for term in _terms(part, positive=positive)][:MOST_TERMS]
        case _:
            return [[(condition, positive)]]


def _wishes_of(leaf: _Leaf, positive: bool, edges: Sequence[float]) -> Iterator[Wish]:
    match leaf:
        case Named(name):
            if name not in BUILT_IN:
                yield Wish(World(answers={name: positive}))
            elif positive:
                yield from _built_in(name)
        case Computed():
            pass
        case Compare():
            yield from (_compared(leaf, edges) if positive else _denied(leaf))


def _built_in(name: str) -> Iterator[Wish]:
    if name == "user_reply_name":
        yield Wish(entities=(("name", NAME),), intent="inform_name")
    elif name == "user_reply_number":
        yield Wish(numbers=((1, 7.0),))
    elif name in _INTENTS:
        yield Wish(intent=_INTENTS[name])
    else:
        yield Wish()


def _denied(compare: Compare) -> Iterator[Wish]:
    """What it takes that a comparison does not hold: most often nothing."""
    yield Wish()
    if compare.subject == "slot" and compare.op == "=" and isinstance(compare.value, str):
        yield Wish(slots=((compare.key, OTHER),))


def _compared(compare: Compare, edges: Sequence[float]) -> Iterator[Wish]:
    key, values = compare.key, list(accepted(compare, edges))
    match compare.subject:
        case "intent":
            yield Wish(intent=key)
        case "entity":
            yield from (Wish(entities=((key, value),)) for value in values)
        case "slot":
            yield from (Wish(World(fields={key: value}), slots=((key, value),)) for value in values)
        case "global":
            yield from (Wish(World(shared={key: value})) for value in values)
        case "tag":
            yield Wish(World(tags=frozenset({key}))) if compare.value is not False else Wish()
        case "text" if compare.op == "contains":
            yield Wish(within=(str(compare.value),))
        case "text":
            yield from (Wish(text=str(value)) for value in values)
        case "number":
            numbers = (v for v in values if isinstance(v, int | float))
            yield from (Wish(numbers=((key, float(v)),)) for v in numbers)
        case _:
            yield Wish()


def accepted(compare: Compare, edges: Sequence[float] = ()) -> Iterator[Any]:
    """Values that a comparison accepts, whole numbers first."""
    listed = compare.value if isinstance(compare.value, list | tuple) else [compare.value]
    given: list[Any] = list(listed)
    if compare.op == "exists":
        given = [7 if compare.subject == "number" else NAME]
    numbers = [v for v in listed if isinstance(v, int | float) and not isinstance(v, bool)]
    if numbers:
        given += _near([*numbers, *edges][:MOST_NUMBERS])
    elif compare.op in ("<", ">", "!="):
        given += ["!", "~~~", OTHER]
    held = OPERATORS[compare.op]
    fitting = [v for v in given if held(v, compare.value)]
    yield from sorted(fitting, key=lambda v: isinstance(v, float) and not v.is_integer())


def _near(numbers: Iterable[float]) -> list[float]:
    """Numbers at, beside and between those given."""
    edges = sorted({float(n) for n in numbers if math.isfinite(n) and abs(n) < 1e15})
    between = [(a + b) / 2 for a, b in pairwise(edges)]
    whole = [float(math.ceil(a)) for a in between]
    return [*edges, *(n + 1 for n in edges), *(n - 1 for n in edges), *whole, *between]


def written(number: float) -> str:
    """A number as somebody types it."""
    return str(int(number)) if float(number).is_integer() else str(number)


# Replies to a state


def replies(state: State, condition: Condition) -> Iterator[tuple[Reply, World]]:
    """Messages that may satisfy a condition of a state, with what must be so besides."""
    edges = _edges(state)
    asks_intent = _mentions_intents(state)
    for wish in wishes(condition, edges):
        for reply in _answering(state.collect, wish):
            if reply.intent is None and asks_intent:
                reply = replace(reply, intent=FALLBACK_INTENT)
            yield reply, wish.world


def _answering(question: Collect | None, wish: Wish) -> Iterator[Reply]:
    """The message of a wish, and answers to the state's question that fulfil it."""
    if question is None:
        yield wish.reply()
        return
    value = dict(wish.slots).get(question.slot)
    if value is not None:
        yield from _saying(question, value)
    if wish != Wish(wish.world):
        yield wish.reply()
    yield from answers(question)


def _saying(question: Collect, value: Any) -> Iterator[Reply]:
    """How one answers a question so that its slot has this value."""
    if isinstance(value, bool):
        yield Reply("yes", "affirm") if value else Reply("no", "deny")
    elif isinstance(value, int | float):
        yield Reply(written(value))
    elif question.choices:
        yield from (
            Reply(in_language(option.label)) for option in question.choices if option.value == value
        )
    elif question.type == "name":
        yield Reply(str(value), "inform_name", {"name": value})
    else:
        yield Reply(str(value))


def answers(question: Collect) -> Iterator[Reply]:
    """Answers that a question is likely to take."""
    if question.choices:
        yield from (Reply(in_language(option.label)) for option in question.choices[:20])
    match question.type:
        case "yes_no":
            yield from (Reply("yes", "affirm"), Reply("no", "deny"))
        case "name":
            yield Reply(NAME, "inform_name", {"name": NAME})
        case "duration":
            yield Reply(
                "2 hours", None, {"duration": {"value": 2, "unit": "hour", "seconds": 7200}}
            )
        case "datetime":
            yield Reply("tomorrow at 9", None, {"time": {"value": "2026-03-05T09:00:00+00:00"}})
        case "number" | "money":
            limits = [n for n in (question.minimum, question.maximum) if isinstance(n, int | float)]
            yield from (Reply(written(n)) for n in _near(limits)[:6])
        case "date" | "time":
            limits_ = (question.minimum, question.maximum)
            yield from (Reply(str(limit)) for limit in limits_ if limit is not None)
    yield from map(Reply, _ANSWERS.get(question.type, ()))
    if question.shortest:
        yield Reply("x" * question.shortest)


def any_reply(state: State) -> Iterator[Reply]:
    """What the state is likely to take as some answer, and what it is not."""
    if state.collect:
        yield from answers(state.collect)
    yield Reply(OTHER, FALLBACK_INTENT)


def _edges(state: State) -> list[float]:
    """The numbers at which the state's conditions begin and end."""
    found: list[float] = []
    for transition in state.transitions[:100]:
        for compare in compared_in(transition.condition):
            value = compare.value
            listed = value if isinstance(value, list | tuple) else [value]
            found += [v for v in listed if isinstance(v, int | float) and not isinstance(v, bool)]
    return sorted(set(found))[:MOST_NUMBERS]


def _mentions_intents(state: State) -> bool:
    """Whether the NLU's reading may decide: a transcript then says what it is."""
    conditions = [transition.condition for transition in state.transitions]
    return any(
        any(named.name in _INTENTS for named in named_in(condition))
        or any(compare.subject == "intent" for compare in compared_in(condition))
        for condition in conditions[:200]
    )
