"""The engine: one event in, the next session and the commands out. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from bot.engine.action_results import api_answered, apply, utter
from bot.engine.answering import refuse
from bot.engine.commands import Record, SendMessage
from bot.engine.conditions import about_event, holds
from bot.engine.events import (
    ActionReturned,
    Event,
    FlowReturned,
    FlowStarted,
    MessageReceived,
    TimerFired,
)
from bot.engine.facts import Facts
from bot.engine.flow import Flow
from bot.engine.keywords import is_exit_word
from bot.engine.performing import act, enter, entered, go_to, known
from bot.engine.progress import go_on
from bot.engine.responses import values
from bot.engine.run import Run, Turn
from bot.engine.session import PendingTimer, Session
from bot.engine.steps import Act
from bot.engine.templates import TemplateInvalid, render
from bot.engine.wording import in_language


def advance(flow: Flow, session: Session, event: Event, facts: Facts, now: float) -> Turn:
    """Moves the session by one event.

    `facts` carries the NLU parse and the answers of Python conditions, asked before; `now` is a
    Unix time in seconds. The result depends on the arguments alone.
    """
    run = Run(flow, session, facts, now)
    if session.status == "ended":
        run.record("event_ignored", status=session.status)
        return Turn(session, tuple(run.commands))
    if not isinstance(event, ActionReturned):
        run.begin(event)
    _EVENTS[type(event)](run, event)
    go_on(run)
    return run.finish()


def apologise(flow: Flow, session: Session, facts: Facts, record: Record, now: float) -> Turn:
    """The turn of a failure: the session stays where it was, and the contact hears the apology."""
    words = in_language(flow.apology, facts.language, flow.language)
    try:
        text = render(words, values(session.slots, facts.fields, facts, session.registry))
    except TemplateInvalid:
        text = words
    return Turn(replace(session, touched_at=now), (record, SendMessage(text=text)))


def start(
    flow: Flow, session_id: str, conversation_id: str, contact_id: str, now: float
) -> Session:
    """A new session of the flow, before its FlowStarted."""
    return Session(
        id=session_id,
        flow=flow.name,
        version=flow.version,
        state=flow.initial,
        conversation_id=conversation_id,
        contact_id=contact_id,
        slots={s.name: s.initial for s in flow.slots.values() if s.scope == "session"},
        started_at=now,
        touched_at=now,
    )


def _started(run: Run, event: FlowStarted) -> None:
    run.event = "message" if run.facts.has_message else "start"
    run.record("flow_started", trigger=event.trigger)
    run.record("state_entered", state=run.session.state, left=None)
    run.arm_timeout()
    entered(run, f"{run.state.place}/enter")


def _received(run: Run, _: MessageReceived) -> None:
    run.drop_timers(lambda timer: timer.until_message or timer.kind == "timeout")
    if run.session.status == "dormant":
        run.record("event_ignored", status="dormant")
        return
    if run.session.silences:
        run.session = replace(run.session, silences=0)
    if is_exit_word(run.facts.text, run.state):
        run.over = "exit_word"
        return
    if way := run.chosen(before_answer=True):
        enter(run, way)
        return
    run.ahead = [["answer"]]
    if run.state.post:
        run.ahead.append(["list", f"{run.state.place}/post", 0])


def _fired(run: Run, event: TimerFired) -> None:
    timer = next((t for t in run.session.timers if t.id == event.timer_id), None)
    if timer is None or timer.state != run.session.state:
        run.record("timer_ignored", timer=event.timer_id)
        return
    kept = tuple(t for t in run.session.timers if t.id != timer.id)
    run.session = replace(run.session, timers=kept)
    run.event = timer.name
    run.record("timer_fired", timer=timer.id, name=timer.name, state=timer.state)
    _TIMERS[timer.kind](run, timer)


def _timed_out(run: Run, timer: PendingTimer) -> None:
    timeout = run.state.timeout
    if timeout is None:
        return
    run.session = replace(run.session, silences=run.session.silences + 1)
    if run.session.silences <= timeout.times:
        run.arm_timeout()
        run.ahead = [["list", f"{timeout.place}/enter", 0]]
    elif timeout.goto:
        go_to(run, timeout.goto)
    else:
        run.over = "timeout"


def _waited(run: Run, timer: PendingTimer) -> None:
    run.take_up(timer.ahead)
    run.ahead.append(["list", timer.resume, timer.step])


def _reminded(run: Run, timer: PendingTimer) -> None:
    """A transition that asks for this event is taken; else the enter method of that name runs."""
    situation = run.situation()
    for transition in run.state.transitions:
        if about_event(transition.condition) and holds(transition.condition, situation):
            enter(run, transition)
            return
    if known(run, timer.name):
        act(run, Act(timer.name))
    else:
        run.record("timer_unanswered", name=timer.name)


def _returned(run: Run, event: ActionReturned) -> None:
    pause = run.session.pause
    if pause is None:
        run.record("action_result_ignored")
        return
    run.resume(pause)
    for response in event.responses:
        if isinstance(response, Mapping):
            utter(run, response)
    events = [item for item in event.events if isinstance(item, Mapping)]
    if pause.arguments.get("kind") == "api":
        api_answered(run, pause, events, event.failed)
        return
    refused = follow_up = None
    for item in events:
        if item.get("event") == "refused" and pause.reply_ahead:
            refused = str(item.get("text") or "")
        else:
            follow_up = apply(run, item) or follow_up
    if refused is not None:
        run.ahead = []
        refuse(run, refused)
    elif follow_up and run.over is None:
        act(run, Act(follow_up))


def _flow_returned(run: Run, event: FlowReturned) -> None:
    visit = run.session.visit
    if visit is None or visit.flow != event.flow:
        run.record("event_ignored", status=run.session.status)
        return
    run.session = replace(run.session, visit=None, status="active")
    run.event = "returned"
    run.record("flow_returned", flow=event.flow, reason=event.reason)
    for here, there in visit.returns.items():
        if there in event.slots:
            run.set_slot(here, event.slots[there])
    run.take_up(visit.ahead)
    run.ahead.append(["list", visit.place, visit.step])


_EVENTS: Mapping[type[Event], Callable[[Run, Any], None]] = {
    FlowStarted: _started,
    MessageReceived: _received,
    TimerFired: _fired,
    ActionReturned: _returned,
    FlowReturned: _flow_returned,
}
_TIMERS: Mapping[str, Callable[[Run, PendingTimer], None]] = {
    "timeout": _timed_out,
    "wait": _waited,
    "reminder": _reminded,
}
