"""Drives the engine as the services do, saving and reloading the session after every step."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.engine.advance import advance, start
from bot.engine.commands import (
    AddTag,
    CallAction,
    Command,
    Record,
    RemoveTag,
    SendMessage,
    SetSlot,
)
from bot.engine.events import ActionReturned, Event, FlowStarted, MessageReceived, TimerFired
from bot.engine.facts import Facts, ResponseText
from bot.engine.flow import Flow
from bot.engine.parse import Entity, Intent, Parse
from bot.engine.reader import read_flow
from bot.engine.run import Turn
from bot.engine.session import Session

START = 1_800_000_000.0


def saved(session: Session) -> Session:
    """The session as it comes back from the database."""
    written = json.dumps(session.to_json(), allow_nan=False)
    loaded = Session.from_json(json.loads(written))
    assert json.dumps(loaded.to_json()) == written
    return loaded


def reading(
    text: str, intent: str | None = None, confidence: float = 1.0, **entities: Any
) -> Parse:
    """A parse with one intent and entities by name."""
    found = tuple(Entity(name, value, 0, len(text)) for name, value in entities.items())
    best = Intent(intent or "nlu_fallback", confidence if intent else 0.0)
    return Parse(text, best, (best,), found)


def _as_answered(parse: Parse | None, event: ActionReturned) -> Parse | None:
    """What a processor says that the reply is to be read as."""
    for item in event.events:
        if parse and isinstance(item, dict) and item.get("event") == "answer":
            text = item.get("text")
            return replace(parse, text=text) if isinstance(text, str) else parse
    return parse


class Conversation:
    """One session of a flow. `actions` are those that exist, with what each returns."""

    def __init__(
        self,
        definition: Any,
        *,
        name: str = "test",
        actions: Mapping[str, ActionReturned] | None = None,
        responses: Mapping[str, Sequence[ResponseText]] | None = None,
        answers: Mapping[str, bool] | None = None,
        fields: Mapping[str, Any] | None = None,
        tags: Sequence[str] = (),
        channel: str = "",
        functions: Mapping[str, ActionReturned] | None = None,
        apis: Mapping[str, ActionReturned] | None = None,
        shared: Mapping[str, Any] | None = None,
        language: str | None = None,
    ) -> None:
        self.flow: Flow = read_flow(definition, name)
        self.actions = dict(actions or {})
        self.functions, self.apis = dict(functions or {}), dict(apis or {})
        self.shared, self.language = dict(shared or {}), language
        self.location: Mapping[str, Any] | None = None
        self.media: tuple[Mapping[str, Any], ...] = ()
        self.calls: list[CallAction] = []
        self.responses = {key: tuple(texts) for key, texts in (responses or {}).items()}
        self.answers = dict(answers or {})
        self.fields = dict(fields or {})
        self.tags = set(tags)
        self.channel = channel
        self.now = START
        self.turns = 0
        self.called: list[str] = []
        self.commands: list[Command] = []
        self.session = start(self.flow, "s1", "sms:+15550001", "c1", self.now)

    # events

    def begin(self, parse: Parse | None = None) -> "Conversation":
        return self._turn(FlowStarted("manual"), parse)

    def says(
        self, text: str, intent: str | None = None, confidence: float = 1.0, **entities: Any
    ) -> "Conversation":
        parse = reading(text, intent, confidence, **entities)
        return self._turn(MessageReceived(), parse)

    def sends(
        self, *, location: Mapping[str, Any] | None = None, media: Sequence[Mapping[str, Any]] = ()
    ) -> "Conversation":
        """A message without a word."""
        self.location, self.media = location, tuple(media)
        self.says("")
        self.location, self.media = None, ()
        return self

    def yes(self) -> "Conversation":
        return self.says("yes", "affirm")

    def no(self) -> "Conversation":
        return self.says("no", "deny")

    def fires(self, name: str | None = None) -> "Conversation":
        """The next timer, or the one of that name, at its time."""
        due = sorted(self.session.timers, key=lambda timer: timer.due_at)
        timer = next(t for t in due if name in (None, t.name, t.kind))
        self.now = max(self.now, timer.due_at)
        return self._turn(TimerFired(timer.id), None)

    def fires_id(self, timer_id: str) -> "Conversation":
        return self._turn(TimerFired(timer_id), None)

    # what came of it

    @property
    def state(self) -> str:
        return self.session.state

    @property
    def status(self) -> str:
        return self.session.status

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.messages]

    @property
    def messages(self) -> list[SendMessage]:
        return [command for command in self.commands if isinstance(command, SendMessage)]

    @property
    def entered(self) -> list[str]:
        return [record.data["state"] for record in self.records("state_entered")]

    def records(self, type: str) -> list[Record]:
        return [c for c in self.commands if isinstance(c, Record) and c.type == type]

    def of(self, kind: type[Command]) -> list[Any]:
        return [command for command in self.commands if isinstance(command, kind)]

    # the services' part

    def _turn(self, event: Event, parse: Parse | None) -> "Conversation":
        self.turns += 1
        self.commands, self.called, self.calls = [], [], []
        key = f"turn-{self.turns}"
        while True:
            turn = self._advance(event, parse, key)
            self.commands += turn.commands
            for command in turn.commands:
                self._effect(command)
            self.session = saved(turn.session)
            if turn.call is None:
                assert self.session.pause is None
                return self
            self.called.append(turn.call.name)
            self.calls.append(turn.call)
            event = self._answer(turn.call)
            if self.session.pause and self.session.pause.reply_ahead:
                parse = _as_answered(parse, event)

    def _answer(self, call: CallAction) -> ActionReturned:
        known = {"action": self.actions, "api": self.apis}.get(call.kind, self.functions)
        return known.get(call.name, ActionReturned())

    def _advance(self, event: Event, parse: Parse | None, key: str) -> Turn:
        facts = Facts(
            key=key,
            text=parse.text if parse else "",
            parse=parse or reading(""),
            has_message=parse is not None,
            fields=dict(self.fields),
            tags=frozenset(self.tags),
            answers=self.answers,
            responses=self.responses,
            actions=frozenset(self.actions),
            channel=self.channel,
            shared=self.shared,
            language=self.language,
            location=self.location,
            media=self.media,
        )
        turn = advance(self.flow, self.session, event, facts, self.now)
        assert turn == advance(self.flow, self.session, event, facts, self.now), "not deterministic"
        calls = [c for c in turn.commands if isinstance(c, CallAction)]
        assert len(calls) <= 1
        assert not calls or turn.commands[-1] is calls[0]
        return turn

    def _effect(self, command: Command) -> None:
        match command:
            case SetSlot(name, value, "contact"):
                self.fields[name] = value
            case AddTag(tag):
                self.tags.add(tag)
            case RemoveTag(tag):
                self.tags.discard(tag)
