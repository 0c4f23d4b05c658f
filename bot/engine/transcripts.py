"""Conversations that show what a flow does: worked out by running it, as steps of a conversation test.

What nobody can know beforehand is made up, and the transcript says so: answers of Python conditions,
actions that do nothing, APIs that fail or give nothing. See docs/testing.md for the steps.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.engine import advance as engine
from bot.engine.checks.moves import Move, Ways, path
from bot.engine.commands import AddTag, CallAction, Record, RemoveTag, SetSlot
from bot.engine.conditions import Condition, Situation, holds
from bot.engine.events import ActionReturned, Event, FlowStarted, MessageReceived, TimerFired
from bot.engine.facts import Facts
from bot.engine.flow import Flow, State
from bot.engine.invariants import broken
from bot.engine.session import Session
from bot.engine.witnesses import Reply, World, any_reply, replies, wishes

CONTACT = "c"
"""Whose conversations are found: a split goes by it."""
STARTED = 1_767_603_600.0
"""Monday, 5 January 2026, 9:00 UTC."""
MOST_TURNS = 4_000
"""Turns that are tried for one flow: a transcript that takes more is left out."""
MOST_TRIED = 40
"""Messages that are tried for one move."""
LONGEST = 60
"""Moves: nobody reads a longer conversation."""
MOST_CALLS = 30
MOST_WORLDS = 4
"""Times that a way is tried again, each time with more that is so beforehand."""

Transcript = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Trail:
    """The steps so far, the last one first."""

    step: Mapping[str, Any]
    before: "Trail | None" = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a conversation stands, and what led there."""

    session: Session
    world: World
    fields: Mapping[str, Any]
    tags: frozenset[str]
    now: float
    trail: Trail | None = None
    turns: int = 0
    entered: tuple[str, ...] = ()
    called: frozenset[tuple[str, str]] = frozenset()
    broke: str | None = None

    @property
    def steps(self) -> list[Mapping[str, Any]]:
        found, trail = [], self.trail
        while trail is not None:
            found.append(trail.step)
            trail = trail.before
        return found[::-1]

    def said(self, step: Mapping[str, Any]) -> "Arrival":
        return replace(self, trail=Trail(step, self.trail))


@dataclass
class Explorer:
    """Finds conversations in one flow. `flows` are those that it may start, by name."""

    flow: Flow
    ways: Ways
    left: int = MOST_TURNS
    arrivals: dict[str, Arrival | None] = field(default_factory=dict)

    # what the checker asks for

    def to(self, state: str) -> Transcript:
        """A conversation that ends in a state; empty where none is found."""
        arrival = self.arrival(state)
        return self.told(arrival) if arrival else ()

    def along(self, moves: Sequence[Move]) -> Transcript:
        """A conversation that goes these ways."""
        arrival = self._walked(moves)
        return self.told(arrival) if arrival else ()

    def meant_for(self, state: State, condition: Condition) -> Transcript:
        """A conversation in which a message satisfies a condition of a state, and where it leads."""
        arrival = self.arrival(state.name)
        if arrival is None or arrival.session.state != state.name:
            return ()
        for reply, world in self._tried(state, condition):
            there = self._with(arrival, world, state.name)
            if there is None or not holds(condition, self._situation(there, state, reply)):
                continue
            after = self._message(there, reply)
            if after is not None:
                return self.told(after)
        return ()

    def silence(self, state: str, times: int) -> Transcript:
        """A conversation that reaches a state, and then nobody writes while timers fire."""
        arrival = self.arrival(state)
        for _ in range(times):
            arrival = self._fire(arrival) if arrival else None
        return self.told(arrival) if arrival else ()

    def shown(self, state: str, *replies_: Reply) -> Transcript:
        """A conversation that reaches a state and goes on with these messages."""
        arrival = self.arrival(state)
        for reply in replies_:
            arrival = self._message(arrival, reply) if arrival else None
        return self.told(arrival) if arrival else ()

    def before(self, state: str) -> list[Mapping[str, Any]]:
        """The steps to a state without those that say where it is."""
        return [step for step in self.to(state) if not step.keys() & {"state", "ended"}]

    def round(self, moves: Sequence[Move]) -> Transcript:
        """A conversation that goes to where these moves begin, and then along them."""
        before = path(self.ways, moves[0].source) if moves else None
        return self.along([*before, *moves]) if before is not None else ()

    def undone(self, move: Move) -> Transcript:
        """A conversation whose last turn breaks an invariant, so that it changes nothing."""
        arrival = self.arrival(move.source)
        if arrival is None or arrival.session.state != move.source:
            return ()
        after, _ = self._follow(arrival, move, breaking=True)
        if after is None:
            return ()
        return (*self._head(after), *after.steps, {"state": move.source})

    def told(self, arrival: Arrival) -> Transcript:
        """The transcript of a conversation, with where it stands at the end."""
        session = arrival.session
        end: list[Mapping[str, Any]] = [{"state": session.state}]
        if session.status == "ended":
            end.append({"ended": session.ended_because})
        return (*self._head(arrival), *arrival.steps, *end)

    # conversations

    def arrival(self, state: str) -> Arrival | None:
        """The conversation that a shortest way makes; None where none is found."""
        if state not in self.arrivals:
            self.arrivals[state] = None
            self.arrivals[state] = self._arrive(state)
        return self.arrivals[state]

    def _arrive(self, state: str) -> Arrival | None:
        moves = path(self.ways, state)
        return self._walked(moves) if moves is not None else None

    def _walked(self, moves: Sequence[Move]) -> Arrival | None:
        """The conversation that takes these moves, in a world that allows them."""
        if len(moves) > LONGEST:
            return None
        world = World()
        for move in moves:
            if move.kind == "pass" and move.transition:
                world += next(wishes(move.transition.condition)).world
            elif move.kind == "goto":
                world += World(failing=frozenset({"*"}))
        for _ in range(MOST_WORLDS):
            arrival, wanted = self._walk(moves, world)
            if arrival is not None or wanted is None or world.has(wanted):
                return arrival
            world += wanted
        return None

    def _walk(self, moves: Sequence[Move], world: World) -> tuple[Arrival | None, World | None]:
        """The conversation; where it is stuck, what would have to be so besides."""
        arrival = self._begin(world)
        ahead = list(moves)
        if arrival is None:
            return None, None
        entered = list(arrival.entered[1:])
        while ahead:
            if entered:
                if entered.pop(0) != ahead.pop(0).target:
                    return None, None
                continue
            following, wanted = self._follow(arrival, ahead[0])
            if following is None:
                return None, wanted
            arrival, entered = following, list(following.entered)
        return arrival, None

    def _follow(
        self, arrival: Arrival, move: Move, *, breaking: bool = False
    ) -> tuple[Arrival | None, World | None]:
        """One more turn, which takes this move first; one that breaks an invariant where wanted."""
        if move.kind in ("timeout", "goto", "event") or move.transition is None:
            for _ in range(20):
                fired = self._fire(arrival)
                if fired is None:
                    return None, None
                if fired.entered:
                    return (fired if fired.entered[0] == move.target else None), None
                arrival = fired
            return None, None
        state = self.flow.states[move.source]
        wanted: World | None = None
        for reply, world in self._tried(state, move.transition.condition):
            if not arrival.world.has(world):
                wanted = wanted or world
                continue
            after = self._message(arrival, reply, breaking=breaking)
            if after is not None and after.entered[:1] == (move.target,):
                return after, None
        if move.kind == "pass" and (fired := self._fire(arrival)) is not None and fired.entered:
            return (fired if fired.entered[0] == move.target else None), wanted
        return None, wanted

    def _tried(self, state: State, condition: Condition) -> Iterator[tuple[Reply, World]]:
        seen: set[str] = set()
        for reply, world in replies(state, condition):
            key = repr((reply, world))
            if key not in seen:
                seen.add(key)
                yield reply, world
            if len(seen) >= MOST_TRIED:
                return
        yield from ((reply, World()) for reply in any_reply(state))

    def _with(self, arrival: Arrival, world: World, state: str) -> Arrival | None:
        """The same arrival in a world in which more is so."""
        if arrival.world.has(world):
            return arrival
        moves = path(self.ways, state)
        if moves is None:
            return None
        found, _ = self._walk(moves, arrival.world + world)
        return found if found and found.session.state == state else None

    def _situation(self, arrival: Arrival, state: State, reply: Reply) -> Situation:
        slots = dict(arrival.session.slots)
        fields = dict(arrival.fields)
        if state.collect:
            after = self._message(arrival, reply)
            if after is not None:
                slots = dict(after.session.slots)
                fields = dict(after.fields)
        return Situation(
            event="message",
            text=reply.text,
            parse=reply.parse(),
            slots=slots,
            fields=fields,
            tags=arrival.tags,
            answers=arrival.world.answers,
            wrote=True,
            shared=arrival.world.shared,
            registry=arrival.session.registry,
        )

    # turns

    def _begin(self, world: World) -> Arrival | None:
        session = engine.start(self.flow, "s", "sms:+15550001", CONTACT, STARTED)
        start = Arrival(session, world, world.fields, world.tags, STARTED)
        return _stands(self._turn(start, FlowStarted("manual"), None))

    def _message(self, arrival: Arrival, reply: Reply, *, breaking: bool = False) -> Arrival | None:
        if arrival.session.status != "active":
            return None
        after = self._turn(arrival.said(reply.step()), MessageReceived(), reply)
        if breaking:
            return after if after is not None and after.broke else None
        return _stands(after)

    def _fire(self, arrival: Arrival) -> Arrival | None:
        """The next timer, at its time."""
        due = sorted(arrival.session.timers, key=lambda timer: timer.due_at)
        if not due:
            return None
        seconds = max(0.0, due[0].due_at - arrival.now)
        later = replace(arrival.said({"after": lasting(seconds)}), now=arrival.now + seconds)
        return _stands(self._turn(later, TimerFired(due[0].id), None))

    def _turn(self, arrival: Arrival, event: Event, reply: Reply | None) -> Arrival | None:
        """All that one event causes; None where the tries are used up."""
        self.left -= 1
        if self.left < 0:
            return None
        fields, tags = dict(arrival.fields), set(arrival.tags)
        session, entered, called = arrival.session, list[str](), set(arrival.called)
        for _ in range(MOST_CALLS):
            facts = self._facts(arrival, fields, tags, reply)
            turn = engine.advance(self.flow, session, event, facts, arrival.now)
            session = turn.session
            for command in turn.commands:
                match command:
                    case SetSlot(name, value, "contact"):
                        fields[name] = value
                    case AddTag(tag):
                        tags.add(tag)
                    case RemoveTag(tag):
                        tags.discard(tag)
                    case Record("state_entered", data):
                        entered.append(data["state"])
            if turn.call is None:
                break
            called.add((turn.call.kind, turn.call.name))
            event = _returned(turn.call, arrival.world)
        facts = self._facts(arrival, fields, tags, reply)
        guard = broken(self.flow, session, facts, arrival.now)
        return replace(
            arrival,
            session=session,
            fields=fields,
            tags=frozenset(tags),
            turns=arrival.turns + 1,
            entered=tuple(entered),
            called=frozenset(called),
            broke=guard.name if guard else None,
        )

    def _facts(
        self, arrival: Arrival, fields: Mapping[str, Any], tags: set[str], reply: Reply | None
    ) -> Facts:
        key = f"turn-{arrival.turns}"
        known = Facts(
            key=key,
            fields=dict(fields),
            tags=frozenset(tags),
            answers=arrival.world.answers,
            shared=arrival.world.shared,
        )
        if reply is None:
            return known
        return replace(known, text=reply.text, parse=reply.parse(), has_message=True)

    def _head(self, arrival: Arrival) -> list[Mapping[str, Any]]:
        """What is so before the first step."""
        world, found = arrival.world, list[Mapping[str, Any]]()
        contact: dict[str, Any] = {}
        if world.fields:
            contact["fields"] = dict(world.fields)
        if world.tags:
            contact["tags"] = sorted(world.tags)
        if contact:
            found.append({"contact": contact})
        if world.shared:
            found.append({"globals": dict(world.shared)})
        if world.answers:
            found.append({"conditions": dict(world.answers)})
        actions: dict[str, Any] = {n: {} for kind, n in sorted(arrival.called) if kind != "api"}
        if actions:
            found.append({"actions": actions})
        outcome: dict[str, Any] = {"fails": "timeout"} if world.failing else {"slots": {}}
        apis: dict[str, Any] = {n: outcome for kind, n in sorted(arrival.called) if kind == "api"}
        if apis:
            found.append({"apis": apis})
        found.append({"start": self.flow.name})
        return found


def _stands(arrival: Arrival | None) -> Arrival | None:
    """Nothing where the turn broke an invariant: it is undone."""
    return None if arrival is None or arrival.broke else arrival


def _returned(call: CallAction, world: World) -> ActionReturned:
    fails = call.kind == "api" and bool(world.failing)
    return ActionReturned(failed="timeout" if fails else None)


def lasting(seconds: float) -> str:
    """A duration as flows write it: `24h`, `10m`."""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0 and (unit != "d" or seconds > 86400):
            return f"{int(seconds // size)}{unit}"
    return f"{seconds:g}s"
