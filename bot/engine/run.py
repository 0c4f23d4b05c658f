"""One call of `advance`: the session as it changes, and the commands so far."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.engine.commands import (
    AddTag,
    CallAction,
    CallKind,
    CancelTimer,
    Command,
    Record,
    RemoveTag,
    ScheduleTimer,
    SendMessage,
    SetSlot,
    StartFlow,
)
from bot.engine.conditions import Situation, holds, names
from bot.engine.events import Event, MessageReceived, TimerFired
from bot.engine.expressions import evaluate
from bot.engine.facts import Facts, ResponseText
from bot.engine.flow import Flow, State, Transition
from bot.engine.responses import values, variation, worded
from bot.engine.session import Ahead, Pause, PendingTimer, Session, SessionStatus, Visit
from bot.engine.slot_types import NotFitting, fitted
from bot.engine.steps import Expression
from bot.engine.templates import TemplateInvalid, render, snake
from bot.engine.wording import Text, in_language

STEPS_PER_TURN = 100
"""A flow that passes through states in a circle would never wait for the contact."""
CALLS_PER_TURN = 20
"""Actions that ask for each other would keep the contact waiting without end."""
LONGEST_KEY = 100
"""Characters of a turn's key in a timer's id: a timer that sets the next one would make it ever longer."""
CONTACT_FIELDS = frozenset(
    {"first_name", "last_name", "name", "profile_name", "email", "phone", "language", "time_zone"}
)
"""Names that are the contact's wherever they are set, unless the flow declares otherwise."""


TEXT_FIELDS = frozenset({"language", "time_zone"})
"""Fields of the contact that every turn reads: anything but a text would end them all."""


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


@dataclass(slots=True)
class Run:
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
    ahead: list[list[Any]] = field(default_factory=list)
    """What is still to be done in this state, the next one last; it survives a pause as JSON."""
    slots: dict[str, Any] = field(init=False)
    fields: dict[str, Any] = field(init=False)
    registry: dict[str, Any] = field(init=False)
    tags: set[str] = field(init=False)
    over: str | None = None
    called: tuple[str, CallKind] | None = None
    """What is called outside; the turn goes on when it has answered."""
    place: str = ""
    step: int = 0
    """The list whose step calls, and the index behind that step."""

    def __post_init__(self) -> None:
        self.slots = dict(self.session.slots)
        self.fields = dict(self.facts.fields)
        self.registry = dict(self.session.registry)
        self.tags = set(self.facts.tags)

    def begin(self, event: Event) -> None:
        """What a new turn forgets of the last one; a pause that outlived its turn is void."""
        status = self.session.status
        if status == "suspended" and not isinstance(event, TimerFired):
            status = "active"
        # A visit whose end was never told is over, too: the state itself answers.
        visit = None if isinstance(event, MessageReceived) else self.session.visit
        known = (None, status, visit)
        if known != (self.session.pause, self.session.status, self.session.visit):
            self.session = replace(self.session, pause=None, status=status, visit=visit)

    def pause(self) -> None:
        """Keeps what the rest of the turn needs to know when the action has returned."""
        if self.called is not None:
            name, kind = self.called
            arguments = {
                "kind": kind,
                "event": self.event,
                "steps": self.steps,
                "calls": self.calls,
                "timers": self.timers,
                "ahead": self.ahead,
            }
            self.session = replace(
                self.session, pause=Pause(self.place, self.step, name, arguments)
            )

    def visit(self, flow: str, place: str, step: int, returns: Mapping[str, str]) -> None:
        """Starts another flow and waits for its end."""
        visit = Visit(flow, place, step, returns, self.put_off())
        self.session = replace(self.session, visit=visit)
        self.do(StartFlow(flow))

    def put_off(self) -> list[list[Any]]:
        """What is still to be done, taken out of this turn.

        A reply that was still to be read is gone with its turn: the question is asked again.
        """
        ahead, self.ahead = self.ahead, []
        if ["answer"] in ahead:
            self.arm_timeout()
        return [["ask"] if part == ["answer"] else part for part in ahead]

    def take_up(self, ahead: Ahead | None) -> None:
        """What was put off; sessions of older versions kept none, and may always pass on."""
        self.ahead = [["pass"]] if ahead is None else [list(part) for part in ahead]

    def resume(self, pause: Pause) -> None:
        """Goes on counting where the turn stood."""
        self.event = str(pause.arguments.get("event", "message"))
        self.steps = int(pause.arguments.get("steps", 0))
        self.calls = int(pause.arguments.get("calls", 0))
        self.timers = int(pause.arguments.get("timers", 0))
        self.take_up(pause.arguments.get("ahead", ()))
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
            shared=self.facts.shared,
            registry=self.registry,
            seen=self.facts.seen,
        )

    def rendered(self, words: Text, extra: Mapping[str, Any] | None = None) -> str:
        """A text in the contact's language, filled in."""
        text = in_language(words, self.facts.language, self.flow.language)
        if "{" not in text and "}" not in text:
            return text
        named = values(self.slots, self.fields, self.facts, self.registry)
        if extra:
            named.update({snake(name): value for name, value in extra.items()})
        try:
            return render(text, named)
        except TemplateInvalid as error:
            self.record("template_failed", reason=str(error))
            return ""

    def valued(self, value: Any) -> Any:
        """What a step works with: texts are filled in, expressions worked out."""
        if isinstance(value, str):
            return self.rendered(value)
        if not isinstance(value, Expression):
            return value
        found = evaluate(value.source, names(self.situation()))
        if found is None:
            self.record("expression_failed", expression=value.source)
        return found

    def finish(self) -> Turn:
        reason = self._end_reason()
        status = "ended" if reason else self._status()
        session = replace(
            self.session,
            slots=self.slots,
            registry=self.registry,
            touched_at=self.now,
            status=status,
        )
        if reason:
            self.cancel(session.timers)
            self.record("session_ended", reason=reason)
            session = session.ended(reason)
        return Turn(session, tuple(self.commands))

    def _end_reason(self) -> str | None:
        if self.session.pause is not None or self.session.visit is not None:
            return None
        finished = self.over is None and self.state.final and not self.session.timers
        return "completed" if finished else self.over

    def _status(self) -> SessionStatus:
        if self.session.pause is not None:
            return self.session.status
        if self.session.visit is not None:
            return "suspended"
        if self.state.final:
            return "dormant"
        # A timer that fires while another flow talks does not take the conversation back.
        return "suspended" if self.session.status == "suspended" else "active"

    # moving

    def leave(self) -> None:
        """Timers, and a wait for another flow, belong to the state in which they began."""
        if self.session.timers:
            self.cancel(self.session.timers)
            self.session = replace(self.session, timers=())
        if self.session.visit:
            self.session = replace(self.session, visit=None)

    def cancel(self, timers: tuple[PendingTimer, ...]) -> None:
        for timer in timers:
            self.do(CancelTimer(timer.id))

    def chosen(self, *, before_answer: bool = False) -> Transition | None:
        """The way that is open; `before_answer` asks for those alone that do not wait for one."""
        situation = self.situation()
        ways = (t for t in self.state.transitions if t.before_answer or not before_answer)
        return next((t for t in ways if holds(t.condition, situation)), None)

    def reach_limit(self, limit: str = "steps_per_turn", value: int = STEPS_PER_TURN) -> None:
        self.record("limit_reached", limit=limit, value=value)
        self.send(SendMessage(text=self.rendered(self.flow.apology)))
        self.over = "limit"

    def call(
        self, name: str, kind: CallKind = "action", arguments: Mapping[str, Any] | None = None
    ) -> None:
        self.calls += 1
        if self.calls > CALLS_PER_TURN:
            self.reach_limit("calls_per_turn", CALLS_PER_TURN)
            return
        self.called = (name, kind)
        self.do(CallAction(name, kind, arguments or {}))

    # timers

    def wait(self, place: str, step: int, seconds: float) -> None:
        """The rest of a list runs later; a list that starts anew waits anew."""
        self.drop_timers(lambda timer: timer.kind == "wait" and timer.resume == place)
        self.schedule(place, seconds, kind="wait", resume=place, step=step, ahead=self.put_off())

    def schedule(self, name: str, seconds: float, **kind: Any) -> None:
        self.schedule_at(name, self.now + seconds, **kind)

    def schedule_at(self, name: str, due_at: float, **kind: Any) -> None:
        self.timers += 1
        timer = PendingTimer(
            id=f"{_short(self.facts.key)}.{self.timers}",
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
        self.cancel(dropped)
        kept = tuple(timer for timer in self.session.timers if timer not in dropped)
        self.session = replace(self.session, timers=kept)

    def arm_timeout(self) -> None:
        if self.state.timeout:
            self.schedule("timeout", self.state.timeout.after, kind="timeout")

    # texts

    def send(self, message: SendMessage) -> None:
        """Providers refuse a message that says nothing."""
        parts = (message.buttons, message.media, message.custom, message.menu, message.location)
        if message.text.strip() or message.template or any(parts):
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
        if declared is not None and declared.type != "any":
            try:
                value = fitted(declared.type, value)
            except NotFitting:
                self.record("slot_refused", slot=name, expected=declared.type)
                return
        of_contact = (
            declared.scope == "contact"
            if declared
            else name not in self.slots and (name in CONTACT_FIELDS or name in self.fields)
        )
        if of_contact:
            self.set_field(name, value)
        else:
            self.slots[name] = value
            self.do(SetSlot(name, value, "session"))

    def set_field(self, name: str, value: Any) -> None:
        """Sets a field of the contact."""
        if name in TEXT_FIELDS and not isinstance(value, str | None):
            self.record("slot_refused", slot=name, expected="text")
            return
        self.fields[name] = value
        if name == "language" and isinstance(value, str):
            self.facts = replace(self.facts, language=value)
        self.do(SetSlot(name, value, "contact"))

    def tag(self, tag: str) -> None:
        if tag not in self.tags:
            self.tags.add(tag)
            self.do(AddTag(tag))

    def untag(self, tag: str) -> None:
        if tag in self.tags:
            self.tags.discard(tag)
            self.do(RemoveTag(tag))


def _short(key: str) -> str:
    if len(key) <= LONGEST_KEY:
        return key
    return hashlib.sha256(key.encode()).hexdigest()[:32]
