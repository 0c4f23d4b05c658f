"""The services over a store in memory, a clock that is turned by hand, and scripted neighbours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.domain.actions import ActionFailed, ActionResult
from bot.domain.contacts import Contact, contact_id_for
from bot.domain.deliveries import Attempt, CannotAsk, Listed
from bot.domain.events import Event
from bot.domain.gate import Rate
from bot.domain.messages import Message
from bot.domain.records import Arrival, Report, TurnRecord
from bot.engine.facts import ResponseText
from bot.engine.parse import Intent, Parse
from bot.engine.reader import read_flow
from bot.engine.session import Session
from bot.services.contact_turns import ContactTurns
from bot.services.deliveries import Deliveries
from bot.services.flowbook import FlowBook
from bot.services.hub import Hub
from bot.services.ids import Ids
from bot.services.inbox import Inbox
from bot.services.sweep import Sweep
from bot.services.turns import Bot, Turns
from bot.store.locks import MemoryLocks
from bot.store.memory import MemoryStore
from connectors.channel import conversation_id

START = 1_790_000_000.0
OURS = "sms:+15550009"
ANN = "sms:+15550001"
ANN_ID = contact_id_for(ANN)
RESPONSES = {
    "utter_default": (ResponseText("What?"),),
    "utter_help": (ResponseText("Help."),),
    "utter_opted_out": (ResponseText("Goodbye."),),
    "utter_opted_in": (ResponseText("Welcome back."),),
}


@dataclass
class Clock:
    """Stands still until it is turned."""

    at: float = START

    def now(self) -> float:
        return self.at


@dataclass
class Reader:
    """Reads texts by a table of intents, each with its confidence."""

    table: dict[str, tuple[str, float]] = field(default_factory=dict)

    def parse(self, text: str, language: str | None = None, **_: Any) -> Parse:
        intent = Intent(*self.table.get(text, ("nlu_fallback", 0.0)))
        return Parse(text, intent, (intent,))


Answered = ActionResult | ActionFailed


@dataclass
class Runner:
    """Answers actions by a script: the last answer of a name stays."""

    script: dict[str, list[Answered]] = field(default_factory=dict)
    answers: dict[str, bool] = field(default_factory=dict)
    remote: bool = False
    calls: list[tuple[str, str]] = field(default_factory=list)
    trackers: list[Mapping[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    deaf: ActionFailed | None = None

    async def names(self) -> frozenset[str]:
        return frozenset(self.script)

    async def conditions(self) -> frozenset[str]:
        return frozenset(self.answers)

    async def run(self, name: str, tracker: Mapping[str, Any], key: str) -> ActionResult:
        self.calls.append((name, key))
        self.trackers.append(tracker)
        answers = self.script[name]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, ActionFailed):
            raise answer
        return answer

    async def ask(self, names: Sequence[str], tracker: Mapping[str, Any]) -> Mapping[str, bool]:
        self.asked.append(tuple(names))
        if self.deaf:
            raise self.deaf
        return {name: self.answers[name] for name in names}

    async def functions(self) -> Mapping[str, frozenset[str]]:
        return {"processor": frozenset(self.script), "task": frozenset(self.script)}

    async def call(
        self,
        kind: str,
        name: str,
        arguments: Mapping[str, Any],
        tracker: Mapping[str, Any],
        key: str,
    ) -> ActionResult:
        return await self.run(name, tracker, key)

    async def close(self) -> None: ...


@dataclass
class Provider:
    """A channel whose attempts go by a script, and which keeps books of what it took.

    Of a script's `unknown` the books say whether the message arrived: `unknown` it did, `lost` not.
    """

    clock: Clock
    script: list[Attempt | str] = field(default_factory=list)
    books: list[tuple[Message, str, float]] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    local: bool = False
    immediate: bool = True
    settle_after: float | None = 15.0
    rate: Rate | None = None
    deaf: int = 0
    seconds: float = 0.0

    async def send(self, message: Message) -> Attempt:
        self.tried.append(message.id)
        self.clock.at += self.seconds
        planned = self.script.pop(0) if self.script else "sent"
        if isinstance(planned, Attempt) and planned.kind != "unknown":
            return planned
        number = f"SM{len(self.books) + 1}"
        if planned == "lost":
            return Attempt("unknown", reason="silence")
        if planned == "broken":
            raise RuntimeError("a connector's bug")
        self.books.append((message, number, self.clock.at))
        return planned if isinstance(planned, Attempt) else Attempt("sent", number, segments=1)

    async def listing(self, message: Message, since: float) -> Sequence[Listed]:
        if self.deaf:
            self.deaf -= 1
            raise CannotAsk("the provider does not answer")
        return [
            Listed(number, sent.text, "sent", at)
            for sent, number, at in self.books
            if sent.address == message.address and at >= since
        ]

    @property
    def texts(self) -> list[str]:
        """What the phone shows, in order."""
        return [message.text for message, _, _ in self.books]


@dataclass
class Figures:
    """Counts what the services tell the meter."""

    told: list[tuple[str, str]] = field(default_factory=list)

    def received(self, connector: str) -> None:
        self.told.append(("received", connector))

    def turn(self, cause: str, seconds: float) -> None:
        assert seconds >= 0
        self.told.append(("turn", cause))

    def sent(self, connector: str, status: str) -> None:
        self.told.append((f"sent by {connector}", status))

    def action(self, outcome: str) -> None:
        self.told.append(("action", outcome))


class World:
    """One Parley without a process around it. Flows are definitions by name."""

    def __init__(
        self, *, runner: Runner | None = None, reader: Reader | None = None,
        store: MemoryStore | None = None, default_flow: str | None = None,
    ) -> None:  # fmt: skip
        self.clock, self.store = Clock(), store or MemoryStore()
        self.runner, self.reader = runner or Runner(), reader or Reader()
        self.provider = Provider(self.clock)
        self.mail = Provider(self.clock, immediate=False, settle_after=None)
        self.senders: dict[str, Any] = {"twilio": self.provider, "email": self.mail}
        self.figures = Figures()
        self.woken: list[str] = []
        self.default_flow = default_flow
        self.came = 0

    async def open(self, **flows: Any) -> "World":
        """Publishes the flows and puts the services together, as a process does at its start."""
        hub, self.ids = Hub(), Ids(self.clock)
        self.flows = FlowBook(self.store)
        await self.publish(**flows)
        bot = Bot(
            RESPONSES, {"declared": None}, self.default_flow, await self.runner.names(),
            await self.runner.conditions(),
        )  # fmt: skip
        self.turns = Turns(
            store=self.store, reader=self.reader, runner=self.runner, flows=self.flows, bot=bot,
            ids=self.ids, clock=self.clock, conversation_key=conversation_id, meter=self.figures,
        )  # fmt: skip
        self.deliveries = Deliveries(
            self.store, self.senders, self.ids, self.clock, hub, self, self.figures
        )
        self.opt_outs: list[Message] = []
        self.inbox = Inbox(self.store, self, self, self.figures)
        self.contact_turns = ContactTurns(
            self.store, MemoryLocks(), self.turns, self.deliveries, hub, self.ids, self.clock,
            self.inbox, self.figures,
        )  # fmt: skip
        self.sweep = Sweep(self.store, self.deliveries, self, self.clock)
        return self

    async def publish(self, **flows: Any) -> None:
        """Makes these the current flows."""
        await self.flows.publish(
            [read_flow(definition, name) for name, definition in flows.items()], self.clock.at
        )

    # what the services tell their neighbours

    def wake(self, contact_id: str) -> None:
        self.woken.append(contact_id)

    def provider_opt_out(self, message: Message) -> None:
        self.opt_outs.append(message)

    async def opt_out(self, message: Message) -> None:
        self.opt_outs.append(message)

    # what happens

    def message(self, text: str, address: str = ANN, **content: Any) -> Message:
        """An inbound message as a connector hands it over, a second after the last one."""
        self.came += 1
        self.clock.at += 1
        return Message(
            id=self.ids.new(), direction="in", connector="twilio",
            conversation_id=conversation_id("twilio", OURS, address),
            contact_id=contact_id_for(address), address=address, sender=OURS, status="pending",
            created_at=self.clock.at, text=text, content=content, provider_id=f"IN{self.came}",
        )  # fmt: skip

    async def arrives(self, text: str, address: str = ANN, **content: Any) -> str:
        """A message is filed; its turn is not taken yet."""
        return await self.inbox.receive(Arrival(self.message(text, address, **content)))

    async def says(self, text: str, address: str = ANN, **content: Any) -> list[str]:
        """A contact writes, and the turn is taken: answers what is said back."""
        message_id = await self.arrives(text, address, **content)
        await self.take_turns()
        return [m.text for m in await self.outbound() if m.turn_id == message_id]

    async def take_turns(self) -> None:
        """Takes the turns of all contacts that were woken, and writes the opt-outs."""
        while self.woken or self.opt_outs:
            if self.woken:
                await self.contact_turns.drain(self.woken.pop(0))
            else:
                await self.contact_turns.opt_out(self.opt_outs.pop(0), "provider")

    async def passes(self, seconds: float, steps: int = 1) -> None:
        """Time goes by, and the worker looks at what is due."""
        for _ in range(steps):
            self.clock.at += seconds / steps
            await self.sweep.once()
            await self.take_turns()

    async def report(
        self, message: Message, status: str, advice: Attempt | None = None, code: str | None = None
    ) -> None:
        """The provider tells what became of a message."""
        report = Report(
            "twilio", message.provider_id or "SM0", status, self.clock.at, message.id,
            code, event_id=self.ids.new(),
        )  # fmt: skip
        await self.inbox.report(report, advice)
        await self.take_turns()

    # what is there

    async def contact(self) -> Contact:
        found = await self.store.contact(ANN_ID)
        assert found is not None
        return found

    async def set_contact(self, **columns: Any) -> None:
        """Somebody edits the contact."""
        found = await self.contact()
        changed = replace(found, **columns, version=found.version + 1)
        await self.store.save(
            TurnRecord(f"edit-{changed.version}", self.clock.at, changed.id, contact=changed)
        )

    async def outbound(self) -> list[Message]:
        """All messages that were to go out, in the order of their ids."""
        page = await self.store.list_messages(1000, direction="out")
        return list(reversed(page.items))

    async def last(self) -> Message:
        """The message that was to go out last."""
        return (await self.outbound())[-1]

    async def statuses(self) -> list[str]:
        return [m.status for m in await self.outbound()]

    async def sessions(self) -> list[Session]:
        page = await self.store.list_sessions(1000)
        return list(reversed(page.items))

    async def events(self, type: str | None = None) -> list[Event]:
        page = await self.store.list_events(1000, type=type)
        return list(reversed(page.items))

    async def types(self) -> list[str]:
        return [event.type for event in await self.events()]


class Contended(MemoryStore):
    """Another process is quicker, so many times: it changes the contact before a turn is saved."""

    losses = 0

    async def save(self, turn: TurnRecord) -> bool:
        if self.losses:
            self.losses -= 1
            await self._meddle(turn.contact_id)
        return await super().save(turn)

    async def _meddle(self, contact_id: str) -> None:
        work = await self.load(contact_id, 0.0)
        assert work is not None
        fields = {**work.contact.fields, "meddled": self.losses}
        contact = Contact(
            work.contact.id, fields, work.contact.tags, version=work.contact.version + 1
        )
        sessions = tuple(_next(session) for session in work.sessions)
        await super().save(
            TurnRecord(f"other-{self.losses}", 0.0, contact_id, contact=contact, sessions=sessions)
        )


def _next(session: Session) -> Session:
    return Session.from_json({**session.to_json(), "revision": session.revision + 1})


def say(name: str, text: str | None = None, **more: Any) -> dict[str, Any]:
    """A state that says something, its name where nothing else is given."""
    return {"name": name, "enter": [{"say": text or name}], **more}


def flow(*states: Any, **more: Any) -> dict[str, Any]:
    """A flow's document; `keyword` starts it."""
    keyword = more.pop("keyword", None)
    triggers = [*([{"keyword": [keyword]}] if keyword else []), *more.pop("triggers", ())]
    return {"triggers": triggers, "states": list(states), **more}


def texts(*said: str) -> ActionResult:
    """What an action answers that says something."""
    return ActionResult(responses=tuple({"text": text} for text in said))
