"""Runs a flow in the engine in every way that a few messages, silences and answers can take it."""

import itertools
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.engine.advance import advance, start
from bot.engine.commands import (
    AddTag,
    RemoveTag,
    SendEmail,
    SendMessage,
    SetSlot,
    StartFlow,
)
from bot.engine.conditions import (
    BUILT_IN,
    All,
    AnyOf,
    Compare,
    Condition,
    Named,
    Not,
    compared_in,
    named_in,
)
from bot.engine.events import (
    ActionReturned,
    Event,
    FlowReturned,
    FlowStarted,
    MessageReceived,
    TimerFired,
)
from bot.engine.facts import Facts, ResponseText
from bot.engine.flow import Flow
from bot.engine.parse import Entity, Intent, Parse
from bot.engine.run import CONTACT_FIELDS
from bot.engine.session import Session

MOST_PLACES = 1500
"""Configurations of state, slots and tags: the flows of this bench have far fewer."""
START = 1_800_000_000.0
SILENCES = 40
"""So often a contact who never writes is waited for before the flow counts as endless."""
_INTENTS = {
    "is_user_reply_yes": "affirm",
    "is_user_reply_no": "deny",
    "user_wants_coupon": "request_coupon",
    "user_wants_human": "human",
    "user_asks_help": "help",
}


@dataclass(frozen=True)
class Stimulus:
    """What a contact may do in a state, and how the neighbours answer then."""

    text: str = "hm"
    intent: str | None = None
    entities: tuple[tuple[str, Any], ...] = ()
    answers: tuple[tuple[str, bool], ...] = ()
    tags: tuple[tuple[str, bool], ...] = ()
    fields: tuple[tuple[str, Any], ...] = ()


@dataclass
class Seen:
    """What was seen of a flow."""

    states: set[str] = field(default_factory=set)
    nowhere: set[str] = field(default_factory=set)
    ways: set[tuple[str, str]] = field(default_factory=set)
    said: set[str] = field(default_factory=set)
    last_words: set[str] = field(default_factory=set)
    called: set[tuple[str, str]] = field(default_factory=set)
    started: set[str] = field(default_factory=set)
    responses_missing: set[str] = field(default_factory=set)
    bare_calls: int = 0
    limits: bool = False
    silent_for_ever: bool = False
    stuck: set[str] = field(default_factory=set)
    chosen: dict[tuple[str, str, str], str] = field(default_factory=dict)


def explore(
    flow: Flow,
    names: "Names",
    *,
    language: str | None = None,
) -> Seen:
    """All that can be seen of the flow, where `names` is what exists around it."""
    return _Exploring(flow, names, language).run()


@dataclass(frozen=True)
class Names:
    """What exists around flows: nothing else can be called, answered or read."""

    actions: frozenset[str]
    conditions: frozenset[str]
    intents: frozenset[str]
    entities: frozenset[str]
    responses: frozenset[str]
    apis: frozenset[str] = frozenset()
    processors: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()


@dataclass
class _Place:
    session: Session
    tags: frozenset[str]
    fields: Mapping[str, Any]

    def key(self, compared: frozenset[str]) -> str:
        """Equal for two from which the flow goes on alike."""
        slots = {
            name: value if name in compared else value is not None
            for name, value in self.session.slots.items()
        }
        timers = len(self.session.timers)
        return json.dumps([self.session.state, slots, sorted(self.tags), timers], default=str)


class _Exploring:
    def __init__(self, flow: Flow, names: Names, language: str | None) -> None:
        self.flow, self.names, self.language = flow, names, language
        self.responses = {name: (ResponseText(f"«{name}»"),) for name in names.responses}
        self.seen = Seen()
        self.turns = 0
        self.compared = frozenset(
            str(it.key)
            for state in flow.states.values()
            for way in state.transitions
            for it in compared_in(way.condition)
            if it.subject == "slot"
        )
        self.stimuli = list(dict.fromkeys(_possible(s, names) for s in _stimuli(flow)))

    def run(self) -> Seen:
        ahead = deque(self._begun())
        known = {place.key(self.compared) for place in ahead}
        while ahead and len(known) < MOST_PLACES:
            place = ahead.popleft()
            moved = False
            for following in self._following(place):
                moved = moved or following.session.state != place.session.state
                moved = moved or following.session.status == "ended"
                if (
                    following.session.status != "ended"
                    and following.key(self.compared) not in known
                ):
                    known.add(following.key(self.compared))
                    ahead.append(following)
            if not moved and place.session.status == "active":
                self.seen.stuck.add(place.session.state)
        return self.seen

    def _begun(self) -> Iterator[_Place]:
        for stimulus in self.stimuli:
            session = start(self.flow, "s1", "k1", "c1", START)
            yield from self._turn(_Place(session, frozenset(), {}), FlowStarted("manual"), stimulus)

    def _following(self, place: _Place) -> Iterator[_Place]:
        if place.session.status == "active":
            for stimulus in self.stimuli:
                yield from self._turn(place, MessageReceived(), stimulus)
        yield from self._silence(place)

    def _silence(self, place: _Place) -> Iterator[_Place]:
        """Fires what is due next, again and again."""
        here, said = place, 0
        for _ in range(SILENCES):
            timers = sorted(here.session.timers, key=lambda t: t.due_at)
            if not timers or here.session.status == "ended":
                return
            before = len(self.seen.last_words)
            results = list(self._turn(here, TimerFired(timers[0].id), None, timers[0].due_at))
            said += len(self.seen.last_words) >= before
            if not results:
                return
            here = results[0]
            yield here
        self.seen.silent_for_ever = said >= SILENCES

    def _turn(
        self, place: _Place, event: Event, stimulus: Stimulus | None, now: float = START
    ) -> Iterator[_Place]:
        """One turn with each way that its calls may be answered."""
        ahead: list[tuple[_Place, Event]] = [(place, event)]
        for _ in range(60):
            if not ahead:
                return
            here, happened = ahead.pop()
            after, more = self._advance(here, happened, stimulus, now)
            if more:
                ahead.extend((after, answer) for answer in more)
            else:
                yield after

    def _advance(
        self, place: _Place, event: Event, stimulus: Stimulus | None, now: float
    ) -> tuple[_Place, list[Event]]:
        self.turns += 1
        facts = self._facts(place, stimulus)
        before = place.session.state
        turn = advance(self.flow, place.session, event, facts, now)
        session = Session.from_json(json.loads(json.dumps(turn.session.to_json())))
        tags, fields = set(facts.tags), dict(facts.fields)
        words = []
        for command in turn.commands:
            match command:
                case SendMessage(text=text):
                    words.append(text)
                case SendEmail(text=text):
                    self.seen.said.add(text)
                case AddTag(tag=tag):
                    tags.add(tag)
                case RemoveTag(tag=tag):
                    tags.discard(tag)
                case SetSlot(name=name, value=value, scope="contact"):
                    fields[name] = value
                case StartFlow(name=name):
                    self.seen.started.add(name)
            self._recorded(command)
        self.seen.said.update(words)
        if words and session.status == "ended":
            self.seen.last_words.add(words[-1])
        if stimulus and session.state != before and event == MessageReceived():
            self.seen.chosen[before, stimulus.text, stimulus.intent or ""] = session.state
        self._entered(session)
        after = _Place(session, frozenset(tags), fields)
        if session.status == "ended" or turn.call is None:
            visit = session.visit
            if visit is None or session.status == "ended":
                return after, []
            slots = dict.fromkeys(visit.returns.values(), "back")
            return after, [FlowReturned(visit.flow, "completed", slots)]
        self.seen.called.add((turn.call.kind, turn.call.name))
        self.seen.bare_calls += turn.call.kind == "api" and not turn.call.arguments
        return after, list(self._answers(turn.call.kind, turn.call.name))

    def _answers(self, kind: str, name: str) -> Iterator[Event]:
        if kind != "api":
            yield ActionReturned()
            return
        yield ActionReturned(failed="timeout")
        for degrees in (1, 20):
            values = {"sky": "grey", "degrees": degrees}
            yield ActionReturned(
                [{"event": "slot", "name": n, "value": v} for n, v in values.items()]
            )

    def _recorded(self, command: Any) -> None:
        kind, data = getattr(command, "type", ""), getattr(command, "data", {})
        if kind == "limit_reached":
            self.seen.limits = True
        if kind == "response_unknown":
            self.seen.responses_missing.add(str(data.get("response")))
        if kind == "state_entered":
            self.seen.states.add(str(data["state"]))
            if data.get("left") is not None:
                self.seen.ways.add((str(data["left"]), str(data["state"])))

    def _entered(self, session: Session) -> None:
        state = self.flow.states[session.state]
        if not state.defined:
            self.seen.nowhere.add(state.name)

    def _facts(self, place: _Place, stimulus: Stimulus | None) -> Facts:
        tags, fields = set(place.tags), dict(place.fields)
        common = {
            "key": f"t{self.turns}",
            "responses": self.responses,
            "actions": self.names.actions,
            "language": self.language,
            "shared": dict.fromkeys(self.names.shared, "9 and 17"),
        }
        if stimulus is None:
            return Facts(tags=frozenset(tags), fields=fields, **common)  # type: ignore[arg-type]
        for tag, there in stimulus.tags:
            (tags.add if there else tags.discard)(tag)
        fields.update(stimulus.fields)
        best = Intent(stimulus.intent or "nlu_fallback", 1.0 if stimulus.intent else 0.0)
        entities = tuple(Entity(n, v, 0, len(stimulus.text)) for n, v in stimulus.entities)
        return Facts(
            text=stimulus.text,
            parse=Parse(stimulus.text, best, (best,), entities),
            has_message=True,
            tags=frozenset(tags),
            fields=fields,
            answers=dict(stimulus.answers),
            **common,  # type: ignore[arg-type]
        )


# What to try: whatever makes one of the flow's conditions true


def _stimuli(flow: Flow) -> Iterator[Stimulus]:
    yield Stimulus()
    yield Stimulus("yes", "affirm")
    yield Stimulus("no", "deny")
    for state in flow.states.values():
        question = state.collect
        if question is not None:
            yield from (Stimulus(option.value) for option in question.choices)
            limits = [n for n in (question.minimum, question.maximum) if isinstance(n, int | float)]
            yield from (Stimulus(_written(n)) for n in limits)
        for way in state.transitions:
            yield from itertools.islice(_satisfying(way.condition, True), 40)
            for it in compared_in(way.condition):
                if it.subject == "slot":
                    # Slots are filled by answers: each edge of a comparison, and its neighbours.
                    yield from (Stimulus(_written(value)) for value in _around(it))
    for name in {n.name for s in flow.states.values() for w in s.transitions
                 for n in named_in(w.condition) if n.name not in BUILT_IN}:  # fmt: skip
        yield Stimulus(answers=((name, True),))


def _possible(stimulus: Stimulus, names: Names) -> Stimulus:
    """What is left of it where nobody answers or reads what does not exist."""
    known = {*names.intents, *_INTENTS.values(), "affirm", "deny", "inform_name"}
    return replace(
        stimulus,
        intent=stimulus.intent if stimulus.intent in known else None,
        entities=tuple(e for e in stimulus.entities if e[0] in names.entities),
        answers=tuple(a for a in stimulus.answers if a[0] in names.conditions),
    )


def _satisfying(condition: Condition, wanted: bool) -> Iterator[Stimulus]:
    match condition:
        case Named(name):
            yield from _named(name, wanted)
        case Compare():
            yield from _compared(condition, wanted)
        case Not(part):
            yield from _satisfying(part, not wanted)
        case All(parts) | AnyOf(parts):
            if isinstance(condition, All) == wanted:
                ways = [list(itertools.islice(_satisfying(p, wanted), 6)) for p in parts]
                yield from map(_joined, itertools.product(*ways))
            else:
                for part in parts:
                    yield from _satisfying(part, wanted)


def _named(name: str, wanted: bool) -> Iterator[Stimulus]:
    if name == "user_reply_name":
        yield Stimulus("Ann", "inform_name", (("name", "Ann"),)) if wanted else Stimulus()
    elif name == "user_reply_number":
        yield Stimulus("7") if wanted else Stimulus()
    elif name in _INTENTS:
        yield Stimulus(name, _INTENTS[name]) if wanted else Stimulus()
    elif name in BUILT_IN:
        yield Stimulus()
    else:
        yield Stimulus(answers=((name, wanted),))


def _compared(it: Compare, wanted: bool) -> Iterator[Stimulus]:
    key = str(it.key)
    match it.subject:
        case "intent":
            yield Stimulus(key, key) if wanted else Stimulus()
        case "entity":
            values = list(_around(it)) or ["x"]
            yield from (Stimulus(_written(v), entities=((key, v),)) for v in values)
            yield Stimulus()
        case "tag":
            there = it.value is not False if it.op == "=" else True
            yield Stimulus(tags=((key, there == wanted),))
        case "slot":
            values = [*_around(it), "x"] if it.op == "exists" else list(_around(it))
            known = key in CONTACT_FIELDS
            yield from (Stimulus(_written(v), fields=((key, v),) if known else ()) for v in values)
            yield Stimulus()
        case "number" | "text":
            yield from (Stimulus(_written(v)) for v in _around(it))
            yield Stimulus()


def _around(it: Compare) -> Iterator[Any]:
    listed = it.value if isinstance(it.value, list | tuple) else [it.value]
    for value in listed:
        if isinstance(value, bool) or value is None:
            continue
        yield value
        if isinstance(value, int | float):
            yield value - 1
            yield value + 1


def _written(value: Any) -> str:
    return str(value)


def _joined(parts: Iterable[Stimulus]) -> Stimulus:
    made = Stimulus()
    for part in parts:
        made = replace(
            made,
            text=part.text if part.text != "hm" else made.text,
            intent=part.intent or made.intent,
            entities=(*made.entities, *part.entities),
            answers=(*made.answers, *part.answers),
            tags=(*made.tags, *part.tags),
            fields=(*made.fields, *part.fields),
        )
    return made
