"""The HTTP API on a real server on loopback, over a store in memory with a few rows."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import text

from bot.domain.contacts import contact_id_for
from bot.domain.events import Event
from bot.domain.messages import Message
from bot.domain.records import Arrival, Outcome, TurnRecord
from bot.engine.apis import Api
from bot.engine.parse import Intent, Parse
from bot.engine.reader import read_flow
from bot.engine.session import PendingTimer, Session
from bot.services.contact_turns import ContactTurns
from bot.services.conversations import Conversations
from bot.services.deliveries import Deliveries
from bot.services.flowbook import FlowBook
from bot.services.hub import Hub
from bot.services.ids import Ids
from bot.services.inbox import Inbox
from bot.services.publishing import Examined, Publishing
from bot.services.reloading import Refusal
from bot.services.reviews import Reviews
from bot.services.starts import Origin, Starts
from bot.services.turns import Bot, Turns
from bot.services.versions import Versions
from bot.store.locks import MemoryLocks
from bot.store.memory import MemoryStore
from bot.web.access import Tokens, protect
from bot.web.api import ApiContext, api_blueprint
from bot.web.health import Health, health_blueprint
from bot.web.problems import answer_errors
from bot.web.rasa_api import ModelRefused, RasaContext, rasa_blueprint
from connectors.channel import conversation_id
from nlu.rasa_json import to_rasa
from tests.services.world import Clock, Provider, Runner
from tests.serving import listening, new_app

ADMIN = "admin-token"
BEARER = {"Authorization": f"Bearer {ADMIN}"}
FLOW = read_flow(
    {"flow": "coupon", "title": "Spring", "triggers": [{"keyword": ["coupon"]}],
     "slots": {"size": {}}, "states": [
        {"name": "OFFER", "enter": {"say": "Want it?"}, "states": [
            {"name": "CODE", "condition": "is_user_reply_yes"}]}]},
    "coupon",
)  # fmt: skip
DOMAIN = {"version": "3.1", "intents": ["greet", {"affirm": {}}], "slots": {"size": {}}}
ANN = "sms:+15550001"


@dataclass
class HandClock:
    """A clock that goes on by a second each time it is looked at."""

    at: float = 1_790_000_000.5

    def now(self) -> float:
        self.at += 1
        return self.at


@dataclass
class GreetingReader:
    """Reads a greeting in everything."""

    def parse(self, text: str, language: str | None = None, **_: Any) -> Parse:
        return Parse(text, Intent("greet", 0.9), (Intent("greet", 0.9),))


@dataclass
class Echo:
    """Stands in for the turns: says every message back."""

    store: MemoryStore
    ids: Ids
    clock: HandClock
    inbox: Inbox | None = None
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def wake(self, contact_id: str) -> None:
        task = asyncio.create_task(self._answer(contact_id))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _answer(self, contact_id: str) -> None:
        work = await self.store.load(contact_id, self.clock.now())
        assert work is not None
        for message in work.messages:
            reply = self._reply(message)
            record = TurnRecord(
                message.id, reply.created_at, contact_id, claims_message=message.id,
                messages=(reply,), events=(heard(self.ids, message),),
            )  # fmt: skip
            assert await self.store.save(record)
            assert self.inbox is not None
            self.inbox.answered(message.id, (reply,))

    def _reply(self, to: Message) -> Message:
        return Message(
            id=self.ids.new(), direction="out", connector=to.connector,
            conversation_id=to.conversation_id, contact_id=to.contact_id, address=to.address,
            sender=to.sender, status="delivered", created_at=self.clock.now(),
            text=f"You said {to.text}", turn_id=to.id,
        )  # fmt: skip


def heard(ids: Ids, message: Message, session_id: str | None = None) -> Event:
    """The event of a message that came."""
    read = {"intent": {"name": "greet", "confidence": 0.9}, "intent_ranking": [], "entities": []}
    return Event(
        id=ids.new(), type="message_received", at=message.created_at,
        contact_id=message.contact_id, conversation_id=message.conversation_id,
        session_id=session_id, causation_id=message.id, correlation_id=message.id,
        data={"text": message.text, "channel": "sms", "parse": read},
    )  # fmt: skip


class Book:
    """Tokens by hand: the token `a:read b:read` has just these scopes."""

    async def scopes(self, token: str) -> frozenset[str] | None:
        return frozenset(token.split()) if ":" in token else None


@dataclass
class Notebook:
    """Keeps the examples that are accepted; `refuses` is raised instead."""

    examples: list[tuple[str, str]] = field(default_factory=list)
    refuses: Exception | None = None

    def add(self, text: str, intent: str) -> bool:
        if self.refuses:
            raise self.refuses
        self.examples.append((text, intent))
        return True


@dataclass
class Web:
    """The parts behind the server, and its address."""

    clock: HandClock = field(default_factory=HandClock)
    store: MemoryStore = field(default_factory=MemoryStore)
    url: str = ""
    loaded: list[str | None] = field(default_factory=list)
    notebook: Notebook = field(default_factory=Notebook)
    model: Mapping[str, Any] | None = None
    health: Health | None = None
    refusal: Refusal | None = None

    def __post_init__(self) -> None:
        self.ids = Ids(self.clock)
        self.echo = Echo(self.store, self.ids, self.clock)
        self.inbox = self.echo.inbox = Inbox(self.store, self.echo)
        self.flows = FlowBook(self.store)
        self.tokens = Tokens(ADMIN, Book())
        self.model = {"model_file": "models/one.zip", "model_id": "abc"}
        self.health = Health(self.store)

    def api(self) -> ApiContext:
        reviews = Reviews(self.store, self.notebook, self.clock, collect=True, days=30)
        return ApiContext(
            self.store, lambda: self.flows.current, self.tokens, reviews=reviews,
            publishing=self.publishing(), versions=self.versions(), refusal=lambda: self.refusal,
            starts=self.starts(),
        )  # fmt: skip

    def starts(self) -> Starts:
        origins = [
            Origin("twilio", channel, f"{channel}:+15559999") for channel in ("sms", "whatsapp")
        ]
        return Starts(
            self.store, MemoryLocks(), lambda: self.flows.current, self.ids, self.clock, self.echo,
            conversation_id, origins,
        )  # fmt: skip

    def publishing(self) -> Publishing:
        def no_api(name: str, definition: str) -> Api:
            raise AssertionError(f"nobody has published {name}")

        return Publishing(
            store=self.store, book=self.flows, ids=self.ids, clock=self.clock, read_api=no_api
        )

    def versions(self) -> Versions:
        turns = Turns(
            store=self.store, reader=GreetingReader(), runner=Runner(), flows=self.flows,
            bot=Bot({}, {}, None, frozenset(), frozenset()), ids=self.ids, clock=self.clock,
            conversation_key=conversation_id,
        )  # fmt: skip
        senders: dict[str, Any] = {"twilio": Provider(Clock())}
        deliveries = Deliveries(self.store, senders, self.ids, self.clock, Hub())
        taken = ContactTurns(
            self.store, MemoryLocks(), turns, deliveries, Hub(), self.ids, self.clock
        )
        return Versions(self.store, self.flows, turns, taken, self.ids, self.clock)

    def rasa(self) -> RasaContext:
        hub = Hub()
        conversations = Conversations(
            self.store, MemoryLocks(), self.flows, self.ids, self.clock, hub,
            {"size": None}, conversation_id,
        )  # fmt: skip
        return RasaContext(
            store=self.store, hub=hub, inbox=self.inbox, ids=self.ids, clock=self.clock,
            reader=GreetingReader(), conversations=conversations, tokens=self.tokens,
            to_rasa=to_rasa, domain=lambda: DOMAIN, model=lambda: self.model,
            load_model=self.load_model,
        )  # fmt: skip

    async def load_model(self, file: str | None) -> None:
        if file == "none.zip":
            raise ModelRefused("there is no such file")
        self.loaded.append(file)

    async def arrive(self, text: str, address: str = ANN) -> Message:
        """Files a message that nobody has answered yet."""
        message = Message(
            id=self.ids.new(), direction="in", connector="twilio",
            conversation_id=thread_of(address), contact_id=contact_id_for(address),
            address=address, sender="sms:+15559999", status="pending",
            created_at=self.clock.now(), text=text, provider_id=uuid.uuid4().hex,
        )  # fmt: skip
        await self.store.accept(Arrival(message))
        return message

    async def seed(self) -> None:
        """Three contacts; Ann is in the middle of a flow."""
        await self.flows.publish([FLOW], self.clock.now())
        for address in (ANN, "whatsapp:+15550002", "telegram:42"):
            await self._turn(await self.arrive("coupon", address))
        await self.publishing().publish(Examined([FLOW]))

    async def _turn(self, message: Message) -> None:
        now = self.clock.now()
        session = Session(
            self.ids.new(), FLOW.name, FLOW.version, "OFFER", message.conversation_id,
            message.contact_id, slots={"size": "L"}, revision=1, started_at=message.created_at,
            touched_at=now, timers=(PendingTimer(self.ids.new(), "later", "OFFER", now + 60),),
        )  # fmt: skip
        reply = self.echo._reply(message)
        shared: dict[str, Any] = {
            "at": now, "contact_id": message.contact_id,
            "conversation_id": message.conversation_id, "session_id": session.id,
            "flow": FLOW.name, "flow_version": FLOW.version, "causation_id": message.id,
        }  # fmt: skip
        events = (
            heard(self.ids, message),
            Event(id=self.ids.new(), type="flow_started", **shared),
            Event(
                id=self.ids.new(), type="slot_set", data={"name": "size", "value": "L"}, **shared
            ),
            Event(id=self.ids.new(), type="message_queued", data={"text": "Want it?"}, **shared),
        )
        record = TurnRecord(
            message.id, now, message.contact_id, claims_message=message.id, sessions=(session,),
            messages=(reply,), events=events, tags_added=("lead",),
        )  # fmt: skip
        assert await self.store.save(record)
        await self.store.mark(Outcome(reply.id, "delivered", now, provider_id="SM1"))


def thread_of(address: str) -> str:
    """The conversation of an address with our one sender."""
    return conversation_id("twilio", "sms:+15559999", address)


def doors() -> Blueprint:
    """Routes as other blueprints have them, that say only that they were reached."""

    async def reached(_: Request) -> HTTPResponse:
        return text("reached")

    async def broken(_: Request) -> HTTPResponse:
        raise KeyError("the secret reason")

    blueprint = Blueprint("doors")
    for place, path in enumerate(
        ("/webhooks/rest/webhook", "/webhooks/web/webhook", "/webhooks/twilio/webhook")
    ):
        blueprint.add_route(reached, path, methods=["POST"], name=f"webhook{place}")
    blueprint.add_route(reached, "/phone/", name="phone")
    blueprint.add_route(reached, "/phone/stream", name="stream")
    blueprint.add_route(reached, "/elsewhere", name="elsewhere")
    blueprint.add_route(reached, "/", name="root")
    blueprint.add_route(broken, "/broken", name="broken")
    return blueprint


@asynccontextmanager
async def served(*blueprints: Blueprint, tokens: Any = None) -> AsyncIterator[str]:
    """An app with these routes, its errors and its guard; gives its address."""
    app = new_app("web")
    app.config.REQUEST_MAX_SIZE = 100_000
    answer_errors(app)
    protect(app, tokens or Tokens(ADMIN))
    for blueprint in blueprints:
        app.blueprint(blueprint)
    async with listening(app) as address:
        yield address


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    """The whole API with its seed."""
    site = Web()
    await site.seed()
    assert site.health is not None
    async with served(
        api_blueprint(site.api()), rasa_blueprint(site.rasa()), health_blueprint(site.health),
        doors(), tokens=site.tokens,
    ) as site.url:  # fmt: skip
        yield site


Answered = tuple[int, Mapping[str, str], Any]
Call = Callable[..., Awaitable[Answered]]


@pytest.fixture
async def call(web: Web) -> AsyncIterator[Call]:
    """`status, headers, body = await call("GET", "/path", token=...)`."""
    async with aiohttp.ClientSession() as session:

        async def send(
            method: str, path: str, *, token: str | None = ADMIN, headers: Any = None, **given: Any
        ) -> Answered:
            sent = {**({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
            async with session.request(method, web.url + path, headers=sent, **given) as answer:
                is_json = "json" in answer.content_type
                body = await (answer.json(content_type=None) if is_json else answer.text())
                return answer.status, answer.headers, body

        yield send
