"""Slots that are used before anything has set them: a walk over all paths at once.

For each state the slots that are set on every way to it, as bits of a number; what one step sets is
added, what two ways do not both set is left out, until nothing changes any more.
"""

import re
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from bot.engine.checks.moves import Move, Ways
from bot.engine.checks.names import in_expression, placeholders, set_by
from bot.engine.checks.project import Checking
from bot.engine.checks.slot_names import ROOTS
from bot.engine.checks.walking import (
    beside,
    expressions_of,
    leaves,
    placed,
    steps,
    texts_of,
    worded,
)
from bot.engine.conditions import All, AnyOf, Compare, Computed, Condition, Not
from bot.engine.flow import State, Transition
from bot.engine.steps import Act, Call, Process, Split, Step, Wait
from bot.engine.templates import Placeholder, snake
from bot.engine.transcripts import Transcript

_ANSWERED = frozenset({"reply", "pass"})
_EITHER = re.compile(r"\|\||!|\?")
_GUARDED = re.compile(
    r"has\(\s*slots\.(\w+)\s*\)|['\"](\w+)['\"]\s+in\s+slots|slots\.(\w+)\s*[!=]=\s*null"
)


@dataclass
class _Flowing:
    """Which slots are surely set where; a slot is a bit."""

    c: Checking
    bits: Mapping[str, int]
    everything: int
    at: dict[str, int] = field(default_factory=dict)
    implied: dict[int, int] = field(default_factory=dict)

    @cached_property
    def ways(self) -> Ways:
        return self.c.explorer.ways

    @cached_property
    def by_snake(self) -> Mapping[str, str]:
        """Slots as templates write them."""
        return {snake(name): name for name in self.bits}

    def run(self) -> None:
        """Works out `at`: what is set when a session waits in a state."""
        flow = self.c.flow
        at_start = 0
        for name, slot in flow.slots.items():
            if slot.initial is not None:
                at_start |= self.bits.get(name, 0)
        self.at[flow.initial] = self.through(self.ways.start, self.pre(flow.initial, at_start))
        ahead = deque([flow.initial])
        waiting = {flow.initial}
        while ahead:
            name = ahead.popleft()
            waiting.discard(name)
            for move, mask in self.onward(name):
                before = self.at.get(move.target)
                after = mask if before is None else before & mask
                if after != before:
                    self.at[move.target] = after
                    if move.target not in waiting:
                        waiting.add(move.target)
                        ahead.append(move.target)

    def onward(self, name: str) -> Iterator[tuple[Move, int]]:
        """The moves from a state, with what is set behind each."""
        for move in self.ways.moves[name]:
            entering = self.pre(move.target, self.before(move))
            if self.ways.outcome(move.after).through:
                yield move, self.through(move.after, entering)
            for further in self.ways.after(move):
                # The call that failed stands somewhere in the list: what is sure is what was before.
                yield further, self.through(further.after, self.pre(further.target, entering))

    def before(self, move: Move) -> int:
        """What is set when the steps of a move begin."""
        mask = self.at.get(move.source, self.everything)
        state = self.c.flow.states[move.source]
        early = move.transition is not None and move.transition.before_answer
        if move.kind in _ANSWERED and not early:
            mask = self.answered(state, mask)
        return mask | (self.known(state, move.transition) if move.transition else 0)

    def known(self, state: State, transition: Transition) -> int:
        """Slots that must be there where a transition is taken: what it asks, and what one before it
        asks to be missing."""
        if id(transition) not in self.implied:
            missing = 0
            for other in state.transitions:
                self.implied[id(other)] = missing | self.bits_of(other.condition)
                if isinstance(other.condition, Not):
                    missing |= self.bits_of(other.condition.part)
        return self.implied[id(transition)]

    def bits_of(self, condition: Condition) -> int:
        """Slots that are there whenever a condition holds."""
        match condition:
            case Compare("slot", key) if condition.op != "!=":
                return self.bits.get(key, 0)
            case Computed(source) if not _EITHER.search(source):
                names = (name for root, name in in_expression(source) if root == "slots")
                return sum(self.bits.get(name, 0) for name in set(names))
            case All(parts):
                mask = 0
                for part in parts:
                    mask |= self.bits_of(part)
                return mask
            case AnyOf(parts):
                mask = self.everything
                for part in parts:
                    mask &= self.bits_of(part)
                return mask
        return 0

    def answered(self, state: State, mask: int) -> int:
        mask = self.through(f"{state.place}/post", mask)
        return mask | self.bits.get(state.collect.slot, 0) if state.collect else mask

    def pre(self, name: str, mask: int) -> int:
        return self.through(f"{self.c.flow.states[name].place}/pre", mask)

    def through(self, place: str, mask: int) -> int:
        """What is set behind a list; what comes after a wait may be overtaken by a reply."""
        for step, _ in placed(self.c.flow, place):
            if isinstance(step, Wait):
                break
            mask = self.step(step, mask)
        return mask

    def step(self, step: Step, mask: int) -> int:
        match step:
            case Act() | Process():
                return self.everything
            case Split(arms):
                found = [
                    self.through(a.place, mask) for a in arms if self.ways.outcome(a.place).through
                ]
                together = self.everything
                for one in found:
                    together &= one
                return together
        for name in set_by(step, self.c.known.project.apis):
            mask |= self.bits.get(name, 0)
        return mask


def unset(c: Checking) -> None:
    """Uses of a session's slots that nothing has set on some way."""
    tracked = sorted(_tracked(c))
    if not tracked:
        return
    bits = {name: 1 << i for i, name in enumerate(tracked)}
    flowing = _Flowing(c, bits, (1 << len(tracked)) - 1)
    flowing.run()
    told: set[tuple[str, str]] = set()
    for name, place, state, move in _uses(flowing):
        if (name, place) not in told:
            told.add((name, place))
            c.add("unset-slot", place, f"nothing has set the slot {name!r} on some way here",
                  "set it on every way, give it 'initial', or write | default('...')",
                  _without, flowing, name, state, move)  # fmt: skip


def _tracked(c: Checking) -> set[str]:
    """Slots of the session that the flow sets; the contact's may be there from before.

    Who starts a flow by hand or by a webhook may give declared slots: those that nothing else sets
    are there for that.
    """
    flow = c.flow
    found: set[str] = set()
    for step, _ in steps(flow):
        found.update(set_by(step, c.known.project.apis))
    for state in flow.states.values():
        if state.collect and state.collect.scope == "slot":
            found.add(state.collect.slot)
    if not any(trigger.kind in _GIVING for trigger in flow.triggers):
        found.update(name for name, slot in flow.slots.items() if slot.scope == "session")
    of_contact = {n for n in c.known.contact_slots if n not in flow.slots}
    declared = {n for n, slot in flow.slots.items() if slot.scope == "contact"}
    return found - of_contact - declared - {"call_error"}


_GIVING = frozenset({"manual", "webhook"})


_Use = tuple[str, str, str, Move | None]


def _uses(f: _Flowing) -> Iterator[_Use]:
    """Every use of a slot that is not surely set: slot, place, state, and the move it belongs to."""
    flow = f.c.flow
    at_start = 0
    for name, slot in flow.slots.items():
        at_start |= f.bits.get(name, 0) if slot.initial is not None else 0
    start = f.pre(flow.initial, at_start)
    yield from ((n, p, flow.initial, None) for n, p in _in_list(f, f.ways.start, start))
    shared = f.everything
    for name, mask in f.at.items():
        state = flow.states[name]
        if not state.otherwise:
            shared &= mask
        for n, p in _in_state(f, state, mask):
            yield n, p, name, None
        yield from _in_moves(f, state, mask)
    if flow.otherwise:
        for place in (f"{flow.otherwise.place}/enter", f"{flow.otherwise.place}/then"):
            yield from ((n, p, flow.initial, None) for n, p in _in_list(f, place, shared))


def _in_moves(f: _Flowing, state: State, mask: int) -> Iterator[_Use]:
    catches_all = any(_is_sure(t) for t in state.transitions)
    guarded = {
        leaf.key
        for t in state.transitions
        for leaf, _ in leaves(t.condition, "")
        if isinstance(leaf, Compare) and leaf.subject == "slot" and leaf.op in ("exists", "!=")
    }
    for move in f.ways.moves[state.name]:
        if move.transition is not None:
            seen = f.answered(state, mask) if move.kind in _ANSWERED else mask
            for n, p in _in_condition(f, move.transition, seen, guarded, lenient=catches_all):
                yield n, p, state.name, None
        entering = f.pre(move.target, f.before(move))
        for n, p in _in_list(f, move.after, entering):
            yield n, p, state.name, move


def _is_sure(transition: Transition) -> bool:
    return transition.condition == All(()) or not any(
        isinstance(leaf, Compare | Computed) for leaf, _ in leaves(transition.condition, "")
    )


def _in_state(f: _Flowing, state: State, mask: int) -> Iterator[tuple[str, str]]:
    lists = [f"{state.place}/post"]
    if state.otherwise:
        lists += [f"{state.otherwise.place}/enter", f"{state.otherwise.place}/then"]
    if state.timeout:
        lists.append(f"{state.timeout.place}/enter")
    for place in lists:
        yield from _in_list(f, place, mask)
    question = state.collect
    if question:
        for text, key in ((question.ask, "ask"), (question.error, "error")):
            for words, place in worded(text or "", f"{question.place}/{key}"):
                yield from _in_text(f, words, place, mask)


def _in_list(f: _Flowing, place: str, mask: int) -> Iterator[tuple[str, str]]:
    for step, where in placed(f.c.flow, place):
        for text, at in texts_of(step, where):
            yield from _in_text(f, text, at, mask)
        for source, at in expressions_of(step, where):
            yield from _in_source(f, source, at, mask)
        if isinstance(step, Split):
            for arm in step.arms:
                yield from _in_list(f, arm.place, mask)
        elif isinstance(step, Call) and step.failed:
            yield from _in_list(f, step.failed, mask | f.bits.get("call_error", 0))
        mask = f.step(step, mask)


def _in_text(f: _Flowing, text: str, place: str, mask: int) -> Iterator[tuple[str, str]]:
    if "{" not in text:
        return
    for holder in placeholders(text):
        name = _slot_of(f, holder)
        if name is not None and not mask & f.bits[name]:
            yield name, place


def _slot_of(f: _Flowing, holder: Placeholder) -> str | None:
    """The slot that a placeholder shows, where it says nothing for a missing one."""
    if any(name == "default" for name, _ in holder.filters):
        return None
    return f.by_snake.get(holder.path[0]) if holder.path[0] not in ROOTS else None


def _in_source(f: _Flowing, source: str, place: str, mask: int) -> Iterator[tuple[str, str]]:
    guarded = {name for names in _GUARDED.findall(source) for name in names}
    for root, name in in_expression(source):
        if root == "slots" and name in f.bits and name not in guarded and not mask & f.bits[name]:
            yield name, place


def _in_condition(
    f: _Flowing, transition: Transition, mask: int, guarded: Collection[str], *, lenient: bool
) -> Iterator[tuple[str, str]]:
    """Slots that a condition compares; asking whether there is one is what one does before."""
    place = beside(transition, "condition")
    for leaf, where in _positive(transition.condition, place):
        if isinstance(leaf, Computed):
            yield from _in_source(f, leaf.source, where, mask)
        elif leaf.subject == "slot" and leaf.key in f.bits and leaf.key not in guarded:
            flag = leaf.op in ("=", "in") and (lenient or isinstance(leaf.value, bool))
            if leaf.op not in ("exists", "!=") and not flag and not mask & f.bits[leaf.key]:
                yield leaf.key, f"{where}/slot"


def _positive(condition: Condition, place: str) -> Iterator[tuple[Compare | Computed, str]]:
    match condition:
        case Compare() | Computed():
            yield condition, place
        case All(parts) | AnyOf(parts):
            key = "all" if isinstance(condition, All) else "any"
            for i, part in enumerate(parts):
                yield from _positive(part, f"{place}/{key}/{i}")
        case Not():
            return


def _without(f: _Flowing, name: str, state: str, last: Move | None) -> Transcript:
    """A conversation to a state, and one move further, that goes round what sets the slot."""
    bit = f.bits[name]
    came: dict[str, Move | None] = {}
    start = f.pre(f.c.flow.initial, 0)
    declared = f.c.flow.slots.get(name)
    if (declared and declared.initial is not None) or f.through(f.ways.start, start) & bit:
        if last is None and state == f.c.flow.initial:
            return f.c.explorer.to(state)
        return ()
    came[f.c.flow.initial] = None
    ahead = deque([f.c.flow.initial])
    while ahead and state not in came:
        here = ahead.popleft()
        for move in f.ways.moves[here]:
            if move.target in came or not f.ways.outcome(move.after).through:
                continue
            state_ = f.c.flow.states[move.source]
            mask = f.answered(state_, 0) if move.kind in _ANSWERED else 0
            mask |= f.known(state_, move.transition) if move.transition else 0
            if not f.through(move.after, f.pre(move.target, mask)) & bit:
                came[move.target] = move
                ahead.append(move.target)
    if state not in came:
        return ()
    moves: list[Move] = [last] if last else []
    while (move_ := came[state]) is not None:
        moves.append(move_)
        state = move_.source
    return f.c.explorer.along(moves[::-1])


PARTS = (unset,)
