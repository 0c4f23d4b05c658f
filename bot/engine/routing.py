"""Who answers a message: the session that waits, or the flow that it triggers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.engine.conditions import BUILT_IN, Condition, Situation, holds, named_in
from bot.engine.facts import Facts
from bot.engine.flow import Flow, Trigger
from bot.engine.keywords import heard, is_exit_word, is_said
from bot.engine.session import Session
from bot.engine.steps import Call, Process

__all__ = ["Begin", "Continue", "conditions_ahead", "heard", "questions", "route"]

TRIGGER_CONFIDENCE = 0.6
"""An intent below this starts no flow."""
INTERRUPT_CONFIDENCE = 0.7
"""Leaving a question that the contact was asked takes a surer reading."""


UNANSWERED = "unanswered"
"""The event of a message that no session, trigger or rule took."""


@dataclass(frozen=True, slots=True)
class Continue:
    """The active session takes the message."""

    session: Session


@dataclass(frozen=True, slots=True)
class Begin:
    """A flow starts; `interrupts` is the session that it puts aside."""

    flow: Flow
    trigger: str
    interrupts: Session | None = None


Route = Continue | Begin


def route(
    facts: Facts,
    active: Session | None,
    active_flow: Flow | None,
    flows: Mapping[str, Flow],
    default_flow: str | None,
    first_message: bool,
) -> Route | None:
    """Who takes a message that is no opt-out, opt-in or help word, and no human's to answer.

    The order: the waiting question's exit words, interrupts, the active session, triggers, the
    default flow. None where nobody does.
    """
    situation = _situation(facts, "first_message" if first_message else "message")
    if active and active_flow:
        if is_exit_word(facts.text, active_flow.states.get(active.state)):
            return Continue(active)
        for flow, trigger in _triggered(flows.values(), situation, INTERRUPT_CONFIDENCE):
            if trigger.interrupt and flow.name != active.flow:
                return Begin(flow, trigger.kind, interrupts=active)
        return Continue(active)
    for flow, trigger in _triggered(flows.values(), situation, TRIGGER_CONFIDENCE):
        return Begin(flow, trigger.kind)
    fallback = flows.get(default_flow) if default_flow else None
    if fallback and _takes_unanswered(fallback, situation):
        return Begin(fallback, "default")
    return None


def _takes_unanswered(flow: Flow, situation: Situation) -> bool:
    """Whether the default flow wants a message that nobody else answers.

    Its triggers for the event `unanswered` decide, where it has any: a contact who has been through
    the flow may be left out of it.
    """
    unanswered = replace(situation, event=UNANSWERED)
    own = [t for t in flow.triggers if t.kind == "event" and UNANSWERED in t.value]
    wanted = not own or any(holds(trigger.when, unanswered) for trigger in own)
    return wanted and holds(flow.states[flow.initial].condition, situation)


def questions(conditions: Iterable[Condition], known: frozenset[str]) -> frozenset[str]:
    """The Python conditions, out of those that exist, whose answers are needed."""
    wanted = set()
    for condition in conditions:
        for named in named_in(condition):
            if named.scoped in known:
                wanted.add(named.scoped)
            elif named.name in known and named.name not in BUILT_IN:
                wanted.add(named.name)
    return frozenset(wanted)


def conditions_ahead(flow: Flow, state: str) -> Sequence[Condition]:
    """The conditions that one event may meet from a state, through states marked `pass`."""
    found: list[Condition] = []
    seen: set[str] = set()
    ahead = [state, *_led_to(flow)]
    while ahead:
        here = flow.states.get(ahead.pop())
        if here is None or here.name in seen:
            continue
        seen.add(here.name)
        if here.collect and here.collect.valid is not None:
            found.append(here.collect.valid)
        for transition in here.transitions:
            found.append(transition.condition)
            target = flow.states.get(transition.target)
            if target and target.passes:
                ahead.append(target.name)
        if here.timeout and here.timeout.goto:
            goto = flow.states.get(here.timeout.goto)
            if goto and goto.passes:
                ahead.append(goto.name)
    return found


def _led_to(flow: Flow) -> Iterator[str]:
    """The states marked `pass` that a step or a function may lead to, from wherever."""
    steps = (step for steps in flow.step_lists.values() for step in steps)
    if any(isinstance(s, Process) or (isinstance(s, Call) and s.goto) for s in steps):
        yield from (state.name for state in flow.states.values() if state.passes)


def _situation(facts: Facts, event: str) -> Situation:
    return Situation(
        event=event,
        text=facts.text,
        parse=facts.parse,
        fields=facts.fields,
        tags=facts.tags,
        answers=facts.answers,
        wrote=facts.has_message,
        shared=facts.shared,
        seen=facts.seen,
    )


def _triggered(
    flows: Iterable[Flow], situation: Situation, confidence: float
) -> Iterable[tuple[Flow, Trigger]]:
    """Keywords of all flows before intents, intents before events; whole messages before parts."""
    for kind, exact in (("keyword", True), ("keyword", False), ("intent", True), ("event", True)):
        for flow in flows:
            for trigger in flow.triggers:
                wanted = trigger.kind == kind and (trigger.match == "exact") == exact
                if wanted and _fires(trigger, situation, confidence):
                    yield flow, trigger


def _fires(trigger: Trigger, situation: Situation, confidence: float) -> bool:
    match trigger.kind:
        case "keyword":
            fires = is_said(trigger, situation.text)
        case "intent":
            best = situation.parse.intent
            fires = best.name in trigger.value and best.confidence >= confidence
        case _:
            fires = situation.event in trigger.value
    return fires and holds(trigger.when, situation)
