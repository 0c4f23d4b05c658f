"""Drives a shipped flow by engine and actions alone, saving and reloading the session each step."""

import copy
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bot.clients.actions_in_process import InProcessActions
from bot.engine.advance import advance, start
from bot.engine.commands import (
    AddNote,
    AddTag,
    HandOverToHuman,
    RemoveTag,
    SendEmail,
    SendMessage,
    SetSlot,
)
from bot.engine.events import ActionReturned, Event, FlowStarted, MessageReceived, TimerFired
from bot.engine.facts import Facts, ResponseText
from bot.engine.findings import load_json
from bot.engine.flow import Flow
from bot.engine.parse import Entity, Intent, Parse
from bot.engine.reader import read_flow
from bot.engine.routing import conditions_ahead, questions
from bot.engine.run import Turn
from bot.engine.session import Session

ROOT = Path(__file__).resolve().parents[2]
DOMAIN: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text())
RESPONSES = {
    name: tuple(
        ResponseText(text=v.get("text", ""), buttons=tuple(v.get("buttons", ())))
        for v in variations
    )
    for name, variations in DOMAIN["responses"].items()
}
MEANINGS = {"yes": "affirm", "no": "deny", "thanks": "thanks", "coupon": "request_coupon"}


def shipped(name: str) -> Flow:
    """A flow of the folder flows/."""
    path = ROOT / "flows" / f"{name}.json"
    return read_flow(load_json(path.read_text(), str(path)), name)


def parse(text: str, name: str | None = None) -> Parse:
    """What the NLU layer would read in a short reply."""
    intent = Intent(MEANINGS.get(text.casefold(), "nlu_fallback"), 0.95)
    if name is None:
        return Parse(text, intent, (intent,))
    at = text.index(name)
    intent = Intent("inform_name", 0.95)
    return Parse(text, intent, (intent,), (Entity("name", name, at, at + len(name)),))


@dataclass
class Conversation:
    """One contact and the flow it is in; what was said and done since the last look."""

    flow: Flow
    runner: InProcessActions
    now: float = field(default_factory=time.time)
    fields: dict[str, Any] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    saved: str = ""
    said: list[str] = field(default_factory=list)
    mails: list[SendEmail] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    handed_over: bool = False
    turns: int = 0

    @property
    def session(self) -> Session:
        return Session.from_json(json.loads(self.saved))

    @property
    def state(self) -> str:
        return self.session.state

    def copied(self) -> "Conversation":
        """The same conversation, to be led elsewhere."""
        other = copy.copy(self)
        other.fields, other.tags = copy.deepcopy(self.fields), set(self.tags)
        other.said, other.mails, other.notes = [], [], []
        return other

    async def begin(self, text: str | None = None) -> list[str]:
        """The flow starts, by a message or by hand."""
        session = start(self.flow, f"s{self.turns}", "conversation", "contact", self.now)
        self._save(session)
        return await self._turn(FlowStarted("keyword"), parse(text) if text else None)

    async def says(self, text: str, read: Parse | None = None) -> list[str]:
        """The contact writes; answers what is said back."""
        return await self._turn(MessageReceived(), read or parse(text))

    async def waits(self, seconds: float) -> list[str]:
        """Time passes, and the timers that are due fire in their order."""
        until, said = self.now + seconds, []
        while due := [t for t in self.session.timers if t.due_at <= until]:
            timer = min(due, key=lambda t: t.due_at)
            self.now = timer.due_at
            said += await self._turn(TimerFired(timer.id), None)
        self.now = until
        return said

    async def _turn(self, event: Event, read: Parse | None) -> list[str]:
        self.turns += 1
        self.said = []
        await self._advance(event, read)
        return self.said

    async def _advance(self, event: Event, read: Parse | None) -> None:
        facts = await self._facts(read)
        for _ in range(10):
            turn = advance(self.flow, self.session, event, facts, self.now)
            self._save(turn.session)
            self._apply(turn)
            if turn.call is None:
                return
            result = await self.runner.run(turn.call.name, self._tracker(read), facts.key)
            event = ActionReturned(result.events, result.responses)
            facts = await self._facts(read)
        raise AssertionError("the turn does not end")

    async def _facts(self, read: Parse | None) -> Facts:
        known = await self.runner.conditions()
        wanted = questions(conditions_ahead(self.flow, self.state), known)
        return Facts(
            key=f"t{self.turns}",
            text=read.text if read else "",
            parse=read or Facts("").parse,
            has_message=read is not None,
            fields=dict(self.fields),
            tags=frozenset(self.tags),
            answers=await self.runner.ask(sorted(wanted), self._tracker(read)),
            responses=RESPONSES,
            actions=await self.runner.names(),
        )

    def _tracker(self, read: Parse | None) -> Mapping[str, Any]:
        read = read or Facts("").parse
        return {
            "sender_id": "conversation",
            "slots": {
                **dict.fromkeys(DOMAIN["slots"]),
                **self.fields,
                **self.session.slots,
                "tags": sorted(self.tags),
            },
            "latest_message": {
                "text": read.text,
                "intent": {"name": read.intent.name, "confidence": read.intent.confidence},
                "entities": [{"entity": e.entity, "value": e.value} for e in read.entities],
            },
            "events": [],
        }

    def _save(self, session: Session) -> None:
        self.saved = json.dumps(session.to_json())

    def _apply(self, turn: Turn) -> None:
        for command in turn.commands:
            match command:
                case SendMessage(text=text):
                    self.said.append(text)
                case SetSlot(name=name, value=value, scope="contact"):
                    self.fields[name] = value
                case AddTag(tag=tag):
                    self.tags.add(tag)
                case RemoveTag(tag=tag):
                    self.tags.discard(tag)
                case AddNote(text=text):
                    self.notes.append(text)
                case SendEmail():
                    self.mails.append(command)
                case HandOverToHuman():
                    self.handed_over = True
