"""The engine: one event in, the next session and the commands out. Pure."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from bot.engine import collecting
from bot.engine.commands import (
    AddNote,
    AddTag,
    CallAction,
    CancelTimer,
    Command,
    HandOverToHuman,
    Record,
    RemoveTag,
    ScheduleTimer,
    SendEmail,
    SendMessage,
    SetSlot,
    StartFlow,
)
from bot.engine.conditions import ALWAYS, Situation, about_event, holds
from bot.engine.events import ActionReturned, Event, FlowStarted, MessageReceived, TimerFired
from bot.engine.facts import Facts, ResponseText
from bot.engine.flow import Flow, Otherwise, State, Transition
from bot.engine.responses import values, variation, worded
from bot.engine.session import Pause, PendingTimer, Session, SessionStatus
from bot.engine.steps import (
    Act,
    Email,
    End,
    HandOver,
    Note,
    Say,
    SetSlots,
    Start,
    Step,
    Tag,
    Untag,
    Wait,
)
from bot.engine.templates import TemplateInvalid, render, snake

STEPS_PER_TURN = 100
"""A flow that passes through states in a circle would never wait for the contact."""
CALLS_PER_TURN = 20
"""Actions that ask for each other would keep the contact waiting without end."""
DEEPEST_VALUE = 50
"""Lists within lists of a slot's value: it is saved as JSON, whose writers have an end."""
LONGEST_REMINDER = 10 * 365 * 86400.0
"""Seconds ahead: what lies further is a mistake, and dates end with the year 9999."""
CONTACT_FIELDS = frozenset(
    {"first_name", "last_name", "name", "email", "phone", "language", "time_zone"}
)
"""Names that are the contact's wherever they are set, unless the flow declares otherwise."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The session after an event, and what is to be done, in order."""

    session: Session
    commands: tuple[Command, ...]

    @property
    def call(self) -> CallAction | None:
        """The action that the turn waits for: run it and come back with ActionReturned."""
        last = self.commands[-1] if self.commands else None
        return last if isinstance(last, CallAction) else None


def advance(flow: Flow, session: Session, event: Event, facts: Facts, now: float) -> Turn:
    """Moves the session by one event.

    `facts` carries the NLU parse and the answers of Python conditions, asked before; `now` is a
    Unix time in seconds. The result depends on the arguments alone.
    """
    run = _Run(flow, session, facts, now)
    if session.status == "ended":
        run.record("event_ignored", status=session.status)
        return Turn(session, tuple(run.commands))
    if not isinstance(event, ActionReturned):
        run.begin(event)
    _EVENTS[type(event)](run, event)
    return run.finish()


def apologise(flow: Flow, session: Session, facts: Facts, record: Record, now: float) -> Turn:
    """The turn of a failure: the session stays where it was, and the contact hears the apology."""
    try:
        text = render(flow.apology, values(session.slots, facts.fields, facts))
    except TemplateInvalid:
        text = flow.apology
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


@dataclass(slots=True)
class _Run:
    """One call of `advance`: the session as it changes, and the commands so far."""

    flow: Flow
    session: Session
    facts: Facts
    now: float
    commands: list[Command] = field(default_factory=list)
    event: str = "message"
    steps: int = 0
    calls: int = 0
    timers: int = 0
    slots: dict[str, Any] = field(init=False)
    fields: dict[str, Any] = field(init=False)
    tags: set[str] = field(init=False)
    over: str | None = None

    def __post_init__(self) -> None:
        self.slots = dict(self.session.slots)
        self.fields = dict(self.facts.fields)
        self.tags = set(self.facts.tags)

    def begin(self, event: Event) -> None:
        """What a new turn forgets of the last one; a pause that outlived its turn is void."""
        status = self.session.status
        if status == "suspended" and not isinstance(event, TimerFired):
            status = "active"
        if self.session.pause is not None or status != self.session.status:
            self.session = replace(self.session, pause=None, status=status)

    def pause(self, place: str, step: int, *, passing: bool) -> None:
        """Keeps what the rest of the turn needs to know when the action has returned."""
        if self.session.pause is not None:
            arguments = {
                "passing": passing,
                "event": self.event,
                "steps": self.steps,
                "calls": self.calls,
                "timers": self.timers,
            }
            pause = replace(self.session.pause, place=place, step=step, arguments=arguments)
            self.session = replace(self.session, pause=pause)

    def resume(self, pause: Pause) -> None:
        """Goes on counting where the turn stood."""
        self.event = str(pause.arguments.get("event", "message"))
        self.steps = int(pause.arguments.get("steps", 0))
        self.calls = int(pause.arguments.get("calls", 0))
        self.timers = int(pause.arguments.get("timers", 0))
        self.session = replace(self.session, pause=None)

    @property
    def state(self) -> State:
        return self.flow.states[self.session.state]

    def do(self, command: Command) -> None:
        self.commands.append(command)

    def record(self, type: str, **data: Any) -> None:
        self.do(Record(type, data))

    def situation(self) -> Situation:
        return Situation(
            event=self.event,
            text=self.facts.text,
            parse=self.facts.parse,
            slots=self.slots,
            fields=self.fields,
            tags=frozenset(self.tags),
            answers=self.facts.answers,
            wrote=self.facts.has_message,
        )

    def rendered(self, text: str, extra: Mapping[str, Any] | None = None) -> str:
        named = values(self.slots, self.fields, self.facts)
        if extra:
            named.update({snake(name): value for name, value in extra.items()})
        try:
            return render(text, named)
        except TemplateInvalid as error:
            self.record("template_failed", reason=str(error))
            return ""

    def finish(self) -> Turn:
        reason = self._end_reason()
        status = "ended" if reason else self._status()
        session = replace(self.session, slots=self.slots, touched_at=self.now, status=status)
        if reason:
            self._cancel(session.timers)
            self.record("session_ended", reason=reason)
            session = session.ended(reason)
        return Turn(session, tuple(self.commands))

    def _end_reason(self) -> str | None:
        if self.session.pause is not None:
            return None
        finished = self.over is None and self.state.final and not self.session.timers
        return "completed" if finished else self.over

    def _status(self) -> SessionStatus:
        if self.session.pause is not None:
            return self.session.status
        if self.state.final:
            return "dormant"
        # A timer that fires while another flow talks does not take the conversation back.
        return "suspended" if self.session.status == "suspended" else "active"

    # moving

    def enter(self, transition: Transition) -> None:
        """Takes a transition: its target is the state before its steps run."""
        self.steps += 1
        if self.steps > STEPS_PER_TURN:
            self.reach_limit()
            return
        self.leave()
        left = self.session.state
        self.session = replace(self.session, state=transition.target, attempts=0, silences=0)
        self.record("state_entered", state=transition.target, left=left)
        self.arm_timeout()
        self.run_list(transition.place, 0, passing=True)

    def leave(self) -> None:
        """Timers belong to the state in which they were set."""
        if self.session.timers:
            self._cancel(self.session.timers)
            self.session = replace(self.session, timers=())

    def _cancel(self, timers: tuple[PendingTimer, ...]) -> None:
        for timer in timers:
            self.do(CancelTimer(timer.id))

    def pass_on(self) -> None:
        """From a state marked `pass` the same event may lead on at once."""
        if self.over is not None or not self.state.passes:
            return
        transition = self.chosen()
        if transition:
            self.enter(transition)

    def chosen(self) -> Transition | None:
        situation = self.situation()
        return next((t for t in self.state.transitions if holds(t.condition, situation)), None)

    def go_to(self, target: str) -> None:
        state = self.flow.states[target]
        place = f"{state.place}/enter" if state.defined else ""
        self.enter(Transition(target, ALWAYS, state.enter, place))

    # steps

    def run_list(self, place: str, first: int, *, passing: bool) -> None:
        """Runs the steps of a list from one on, until it ends, waits or calls an action."""
        for index, step in enumerate(self.flow.step_lists.get(place, ())[first:], first):
            self.steps += 1
            if self.steps > STEPS_PER_TURN:
                self.reach_limit()
                return
            if isinstance(step, Wait):
                self.wait(place, index + 1, step.seconds)
                return
            _STEPS[type(step)](self, step)
            if self.session.pause is not None:
                self.pause(place, index + 1, passing=passing)
                return
            if self.over is not None:
                return
        if passing:
            self.pass_on()

    def reach_limit(self, limit: str = "steps_per_turn", value: int = STEPS_PER_TURN) -> None:
        self.record("limit_reached", limit=limit, value=value)
        self.send(SendMessage(text=self.rendered(self.flow.apology)))
        self.over = "limit"

    def call(self, name: str) -> None:
        self.calls += 1
        if self.calls > CALLS_PER_TURN:
            self.reach_limit("calls_per_turn", CALLS_PER_TURN)
            return
        self.session = replace(self.session, pause=Pause(place="", step=0, action=name))
        self.do(CallAction(name))

    # timers

    def wait(self, place: str, step: int, seconds: float) -> None:
        """The rest of a list runs later; a list that starts anew waits anew."""
        self.drop_timers(lambda timer: timer.kind == "wait" and timer.resume == place)
        self.schedule(place, seconds, kind="wait", resume=place, step=step)

    def schedule(self, name: str, seconds: float, **kind: Any) -> None:
        self.schedule_at(name, self.now + seconds, **kind)

    def schedule_at(self, name: str, due_at: float, **kind: Any) -> None:
        self.timers += 1
        timer = PendingTimer(
            id=f"{self.facts.key}.{self.timers}",
            name=name,
            state=self.session.state,
            due_at=due_at,
            **kind,
        )
        self.session = replace(self.session, timers=(*self.session.timers, timer))
        self.do(ScheduleTimer(timer.id, name, due_at))

    def drop_timers(self, unwanted: Callable[[PendingTimer], bool]) -> None:
        dropped = tuple(timer for timer in self.session.timers if unwanted(timer))
        if not dropped:
            return
        self._cancel(dropped)
        kept = tuple(timer for timer in self.session.timers if timer not in dropped)
        self.session = replace(self.session, timers=kept)

    def arm_timeout(self) -> None:
        if self.state.timeout:
            self.schedule("timeout", self.state.timeout.after, kind="timeout")

    # texts

    def send(self, message: SendMessage) -> None:
        """Providers refuse a message that says nothing."""
        if message.text.strip() or message.buttons or message.media or message.custom:
            self.do(message)
        else:
            self.record("message_empty", state=self.session.state)

    def worded(self, response: ResponseText, extra: Mapping[str, Any]) -> SendMessage:
        """The message of a response, with `extra` values for its placeholders."""
        return worded(response, lambda text: self.rendered(text, extra))

    def variation(self, name: str) -> ResponseText | None:
        """The variation of a response that suits this turn."""
        return variation(name, self.facts)

    def set_slot(self, name: str, value: Any) -> None:
        declared = self.flow.slots.get(name)
        of_contact = (
            declared.scope == "contact"
            if declared
            else name not in self.slots and (name in CONTACT_FIELDS or name in self.fields)
        )
        if of_contact:
            self.fields[name] = value
            self.do(SetSlot(name, value, "contact"))
        else:
            self.slots[name] = value
            self.do(SetSlot(name, value, "session"))

    def tag(self, tag: str) -> None:
        if tag not in self.tags:
            self.tags.add(tag)
            self.do(AddTag(tag))

    def untag(self, tag: str) -> None:
        if tag in self.tags:
            self.tags.discard(tag)
            self.do(RemoveTag(tag))


# Events


def _started(run: _Run, event: FlowStarted) -> None:
    run.event = "message" if run.facts.has_message else "start"
    run.record("flow_started", trigger=event.trigger)
    run.record("state_entered", state=run.session.state, left=None)
    run.arm_timeout()
    run.run_list(f"{run.state.place}/enter", 0, passing=True)


def _received(run: _Run, _: MessageReceived) -> None:
    run.drop_timers(lambda timer: timer.until_message or timer.kind == "timeout")
    if run.session.status == "dormant":
        run.record("event_ignored", status="dormant")
        return
    if run.session.silences:
        run.session = replace(run.session, silences=0)
    if not _collected(run, run.state):
        return
    transition = run.chosen()
    if transition:
        run.enter(transition)
    elif run.state.collect and not run.state.transitions:
        run.over = "completed"
    else:
        run.arm_timeout()
        _answer_otherwise(run)


def _collected(run: _Run, state: State) -> bool:
    """Whether the reply answers the state's question; if not, the contact is told."""
    question = state.collect
    if question is None:
        return True
    if run.facts.text.strip().casefold() in question.exit_words:
        run.over = "exit_word"
        return False
    try:
        value = collecting.answer(question, run.facts.text, run.facts.parse)
    except collecting.NotAccepted:
        _refuse(run, question.error, question.attempts)
        return False
    run.set_slot(question.slot, value)
    return True


def _refuse(run: _Run, error: str | None, attempts: int) -> None:
    run.session = replace(run.session, attempts=run.session.attempts + 1)
    run.record("answer_refused", attempt=run.session.attempts)
    if run.session.attempts >= attempts:
        _give_up(run)
        return
    run.arm_timeout()
    if error:
        run.send(SendMessage(text=run.rendered(error)))
    elif (otherwise := run.state.otherwise or run.flow.otherwise) is not None:
        run.run_list(f"{otherwise.place}/enter", 0, passing=False)


def _give_up(run: _Run) -> None:
    otherwise = run.state.otherwise or run.flow.otherwise
    if otherwise is None:
        run.over = "attempts"
        return
    _last_word(run, otherwise)


def _answer_otherwise(run: _Run) -> None:
    otherwise = run.state.otherwise or run.flow.otherwise
    if otherwise is None:
        run.record("reply_not_understood", state=run.session.state)
        return
    run.session = replace(run.session, attempts=run.session.attempts + 1)
    run.record("reply_not_understood", state=run.session.state, attempt=run.session.attempts)
    if run.session.attempts > otherwise.times:
        _last_word(run, otherwise)
    else:
        run.run_list(f"{otherwise.place}/enter", 0, passing=False)


def _last_word(run: _Run, otherwise: Otherwise) -> None:
    run.run_list(f"{otherwise.place}/then", 0, passing=False)


def _fired(run: _Run, event: TimerFired) -> None:
    timer = next((t for t in run.session.timers if t.id == event.timer_id), None)
    if timer is None or timer.state != run.session.state:
        run.record("timer_ignored", timer=event.timer_id)
        return
    kept = tuple(t for t in run.session.timers if t.id != timer.id)
    run.session = replace(run.session, timers=kept)
    run.event = timer.name
    run.record("timer_fired", timer=timer.id, name=timer.name, state=timer.state)
    _TIMERS[timer.kind](run, timer)


def _timed_out(run: _Run, timer: PendingTimer) -> None:
    timeout = run.state.timeout
    if timeout is None:
        return
    run.session = replace(run.session, silences=run.session.silences + 1)
    if run.session.silences <= timeout.times:
        run.arm_timeout()
        run.run_list(f"{timeout.place}/enter", 0, passing=False)
    elif timeout.goto:
        run.go_to(timeout.goto)
    else:
        run.over = "timeout"


def _waited(run: _Run, timer: PendingTimer) -> None:
    run.run_list(timer.resume, timer.step, passing=True)


def _reminded(run: _Run, timer: PendingTimer) -> None:
    """A transition that asks for this event is taken; else the enter method of that name runs."""
    situation = run.situation()
    for transition in run.state.transitions:
        if about_event(transition.condition) and holds(transition.condition, situation):
            run.enter(transition)
            return
    if _known(run, timer.name):
        _act(run, Act(timer.name))
        run.pause("", 0, passing=False)
    else:
        run.record("timer_unanswered", name=timer.name)


def _returned(run: _Run, event: ActionReturned) -> None:
    pause = run.session.pause
    if pause is None:
        run.record("action_result_ignored")
        return
    run.resume(pause)
    for response in event.responses:
        if isinstance(response, Mapping):
            _utter(run, response)
    follow_up = None
    for item in event.events:
        if isinstance(item, Mapping):
            follow_up = _apply(run, item) or follow_up
    passing = bool(pause.arguments.get("passing"))
    if follow_up and run.over is None:
        _act(run, Act(follow_up))
        run.pause(pause.place, pause.step, passing=passing)
    if run.session.pause is None and run.over is None:
        run.run_list(pause.place, pause.step, passing=passing)


# Rasa's responses and events


_PARTS = frozenset(
    {"text", "response", "template", "buttons", "elements", "custom", "image", "attachment"}
)
"""Keys of a response that are the message; all others are values for its placeholders."""


def _utter(run: _Run, response: Mapping[str, Any]) -> None:
    """One message, as in Rasa: that of the named response, with the parts that are given beside."""
    name = response.get("response") or response.get("template")
    worded = SendMessage()
    if name:
        variation = run.variation(str(name))
        if variation is None:
            run.record("response_unknown", response=name)
        else:
            extra = {key: value for key, value in response.items() if key not in _PARTS}
            worded = run.worded(variation, extra)
    custom = response.get("custom")
    message = SendMessage(
        str(response.get("text") or worded.text),
        (*worded.buttons, *_buttons(response.get("buttons"))),
        tuple(str(response[k]) for k in ("image", "attachment") if response.get(k)) or worded.media,
        custom if isinstance(custom, Mapping) and custom else worded.custom,
    )
    if message != SendMessage():
        run.send(message)


def _buttons(given: Any) -> tuple[Mapping[str, str], ...]:
    return tuple(
        {"title": str(button.get("title", "")), "payload": str(button.get("payload") or "")}
        for button in (given if isinstance(given, list | tuple) else ())
        if isinstance(button, Mapping)
    )


def _apply(run: _Run, event: Mapping[str, Any]) -> str | None:
    """Applies one of Rasa's events; answers the action that is to follow, if it is one of those."""
    match event.get("event"):
        case "slot":
            _slot_event(run, event.get("name"), event.get("value"))
        case "reminder":
            _reminder_event(run, event)
        case "cancel_reminder":
            _cancel_reminder_event(run, event.get("name"), event.get("intent"))
        case "pause":
            run.do(HandOverToHuman("asked for by an action"))
        case "reset_slots":
            declared = run.flow.slots
            run.slots = {n: declared[n].initial if n in declared else None for n in run.slots}
        case "restart" | "session_ended":
            run.over = "ended_by_action"
        case "followup" if event.get("name") == "action_listen":
            pass
        case "followup" if event.get("name"):
            return str(event["name"])
        case kind:
            run.record("action_event_ignored", event=kind)
    return None


def _slot_event(run: _Run, name: Any, value: Any) -> None:
    if not isinstance(name, str) or not name or not _storable(value):
        run.record("slot_refused", slot=str(name))
        return
    if name != "tags":
        run.set_slot(name, value)
        return
    tags = [value] if isinstance(value, str) else value or []
    if not isinstance(tags, list | tuple):
        run.record("slot_refused", slot=name)
        return
    wanted = {str(tag) for tag in tags}
    for tag in sorted(wanted - run.tags):
        run.tag(tag)
    for tag in sorted(run.tags - wanted):
        run.untag(tag)


def _storable(value: Any) -> bool:
    """Whether a value can be saved: JSON knows no infinity, and its writers no endless depth."""
    ahead = [(value, 1)]
    while ahead:
        part, depth = ahead.pop()
        if depth > DEEPEST_VALUE or (isinstance(part, float) and not math.isfinite(part)):
            return False
        if isinstance(part, Mapping):
            ahead.extend((below, depth + 1) for below in part.values())
        elif isinstance(part, list | tuple):
            ahead.extend((below, depth + 1) for below in part)
    return True


def _reminder_event(run: _Run, event: Mapping[str, Any]) -> None:
    due_at = _unix_time(event.get("date_time"))
    name = str(event.get("intent") or event.get("name") or "")
    if due_at is None or due_at > run.now + LONGEST_REMINDER or not name:
        run.record("reminder_refused", name=name, date_time=str(event.get("date_time")))
        return
    label = str(event.get("name") or name)
    run.drop_timers(lambda t: t.kind == "reminder" and t.label == label)
    unless_message = bool(event.get("kill_on_user_msg"))
    run.schedule_at(name, max(due_at, run.now), until_message=unless_message, label=label)


def _unix_time(written: Any) -> float | None:
    try:
        due = datetime.fromisoformat(str(written))
    except ValueError:
        return None
    return (due if due.tzinfo else due.replace(tzinfo=UTC)).timestamp()


def _cancel_reminder_event(run: _Run, name: Any, intent: Any) -> None:
    """Cancels the reminders that have the name and the intent, where these are given."""
    run.drop_timers(
        lambda timer: (
            timer.kind == "reminder"
            and (not name or timer.label == name)
            and (not intent or timer.name == intent)
        )
    )


# Steps


def _say(run: _Run, step: Say) -> None:
    buttons = tuple({"title": run.rendered(b.title), "payload": b.payload} for b in step.buttons)
    media = tuple(url for m in step.media if (url := run.rendered(m)))
    message = SendMessage(run.rendered(step.text), buttons, media)
    if step.response:
        variation = run.variation(step.response)
        if variation is None:
            run.record("response_unknown", response=step.response)
            return
        worded = run.worded(variation, {})
        message = replace(
            worded, buttons=(*worded.buttons, *buttons), media=(*worded.media, *media)
        )
    run.send(message)


def _known(run: _Run, name: str) -> bool:
    """Whether an action or a response may have that name."""
    names = {f"{run.flow.name}.{name}", name}
    actions = run.facts.actions
    return actions is None or bool(names & actions) or any(n in run.facts.responses for n in names)


def _act(run: _Run, step: Act) -> None:
    scoped = f"{run.flow.name}.{step.name}"
    # Where nobody knows the actions, a response of that name is the best that is known.
    known = run.facts.actions or frozenset()
    for name in (scoped, step.name):
        if name in known:
            run.call(name)
            return
    for name in (scoped, step.name):
        if name in run.facts.responses:
            _utter(run, {"response": name})
            return
    run.call(step.name)


def _set(run: _Run, step: SetSlots) -> None:
    for name, value in step.values.items():
        run.set_slot(name, run.rendered(value) if isinstance(value, str) else value)


def _tag(run: _Run, step: Tag) -> None:
    for tag in step.tags:
        run.tag(tag)


def _untag(run: _Run, step: Untag) -> None:
    for tag in step.tags:
        run.untag(tag)


def _note(run: _Run, step: Note) -> None:
    run.do(AddNote(run.rendered(step.text)))


def _email(run: _Run, step: Email) -> None:
    run.do(SendEmail(run.rendered(step.to), run.rendered(step.subject), run.rendered(step.text)))


def _start(run: _Run, step: Start) -> None:
    run.over = "started_another"
    run.do(StartFlow(step.flow))


def _hand_over(run: _Run, step: HandOver) -> None:
    run.do(HandOverToHuman(step.reason))


def _end(run: _Run, step: End) -> None:
    run.over = step.reason


_EVENTS: Mapping[type[Event], Callable[[_Run, Any], None]] = {
    FlowStarted: _started,
    MessageReceived: _received,
    TimerFired: _fired,
    ActionReturned: _returned,
}
_TIMERS: Mapping[str, Callable[[_Run, PendingTimer], None]] = {
    "timeout": _timed_out,
    "wait": _waited,
    "reminder": _reminded,
}
_STEPS: Mapping[type[Step], Callable[[_Run, Any], None]] = {
    Say: _say,
    Act: _act,
    SetSlots: _set,
    Tag: _tag,
    Untag: _untag,
    Note: _note,
    Email: _email,
    Start: _start,
    HandOver: _hand_over,
    End: _end,
}
