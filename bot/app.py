"""The only place where all rooms meet: builds a project's parts, and takes them down again."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, cast

import structlog

from bot.clients.actions_http import HttpActions
from bot.clients.actions_in_process import InProcessActions
from bot.clients.apis import HttpApis
from bot.clients.flow_watch import State, saves, state_of
from bot.clients.mail import FileMail, SmtpMail
from bot.clients.media_files import MediaFiles
from bot.domain.contacts import PHONE_CHANNELS
from bot.domain.gate import Rate
from bot.domain.messages import Message
from bot.loaded_model import LoadedModel as LoadedModel
from bot.loop import settle_memory
from bot.project_check import examine_flows as examine_flows
from bot.project_check import examine_project, known_code, read_api
from bot.services.contact_queue import ContactQueue
from bot.services.contact_turns import ContactTurns
from bot.services.conversations import Conversations
from bot.services.deliveries import Deliveries, Sender
from bot.services.drafts import MAIL_CONNECTOR
from bot.services.flowbook import FlowBook
from bot.services.hub import Hub
from bot.services.ids import Ids
from bot.services.inbox import Inbox
from bot.services.media import Media, MediaSource
from bot.services.ports import ActionRunner, Clock, Locks, Store, Waker
from bot.services.publishing import Publishing
from bot.services.reloading import Reloading
from bot.services.reviews import Reviews
from bot.services.schedules import Schedules
from bot.services.starts import Origin, Starts
from bot.services.sweep import Sweep
from bot.services.turns import Bot, Turns
from bot.services.versions import Versions
from bot.settings import Settings
from bot.store.guard import single_process_guard
from bot.store.locks import DatabaseLocks, MemoryLocks, RedisLocks
from bot.store.memory import MemoryStore
from bot.store.schema import upgrade
from bot.store.sql import SqlStore
from bot.tasks.worker import Worker
from bot.web.access import Tokens, read_or_make_token
from bot.web.api import ApiContext
from bot.web.channels import ConnectorSender, Intake, connectors_for
from bot.web.health import Health, Metrics
from bot.web.rasa_api import RasaContext
from bot.web.server import Site, make_server, serve
from connectors.channel import Connector, conversation_id
from connectors.registry import CONNECTORS
from connectors.web.connector import SENDER as PHONE_PAGE
from nlu import pipeline
from nlu.training.reviewed import ReviewedExamples

log = structlog.get_logger(__name__)

MODEL_FOLDER = "models"
MEDIA_FOLDER = "media"
Around = Callable[[Any], Any]


class WallClock:
    """The time of this machine."""

    def now(self) -> float:
        return time.time()


@dataclass(slots=True)
class Parts:
    """Everything that a running Parley is made of."""

    settings: Settings
    store: Store
    locks: Locks
    reader: LoadedModel
    runner: ActionRunner
    flows: FlowBook
    publishing: Publishing
    reloading: Reloading
    seen: State
    versions: Versions
    hub: Hub
    ids: Ids
    clock: Clock
    connectors: Mapping[str, Connector]
    deliveries: Deliveries
    contact_turns: ContactTurns
    queue: ContactQueue
    inbox: Inbox
    intake: Intake
    sweep: Sweep
    files: MediaFiles
    metrics: Metrics
    closing: list[Any] = field(default_factory=list)

    async def close(self) -> None:
        """Gives back what was opened, the last first."""
        while self.closing:
            await self.closing.pop()()


def model_folder(settings: Settings) -> Path:
    """Where the trained model is kept."""
    return settings.var / MODEL_FOLDER


def action_runner(settings: Settings) -> ActionRunner:
    """The project's actions: in this process, or on the server that endpoints.yml names."""
    endpoint = settings.endpoints.action_endpoint
    if endpoint.url:
        return HttpActions(endpoint.url, settings.domain_document, timeout=endpoint.timeout)
    module = endpoint.actions_module or "actions"
    return InProcessActions(
        module, settings.project, settings.domain_document, timeout=endpoint.timeout
    )


def senders(settings: Settings, connectors: Mapping[str, Connector]) -> dict[str, Sender]:
    """The ways out: one for each channel, and mail."""
    made: dict[str, Sender] = {}
    for name, connector in connectors.items():
        rate = settings.credentials.get(name, {}).get("messages_per_second")
        made[name] = ConnectorSender(connector, Rate(float(rate)) if rate else None)
    mail = settings.endpoints.mail
    address = mail.from_email or "parley@localhost"
    made[MAIL_CONNECTOR] = (
        SmtpMail(mail.url, address) if mail.url else FileMail(settings.var / "outbox", address)
    )
    return made


def media_sources(connectors: Mapping[str, Connector]) -> dict[str, MediaSource]:
    """The connectors that can fetch the files which their messages name."""
    able = {name: it for name, it in connectors.items() if hasattr(it, "fetch")}
    return cast(dict[str, MediaSource], able)


def locks_for(settings: Settings) -> Locks:
    """Who holds the lock of a contact, by endpoints.yml."""
    store = settings.endpoints.lock_store
    if store.type == "redis":
        return RedisLocks(store.url or "redis://127.0.0.1:6379/0")
    if store.type == "database":
        return DatabaseLocks(settings.database_url)
    return MemoryLocks()


async def open_parts(
    settings: Settings,
    waker: Waker | None = None,
    *,
    in_memory: bool = False,
    around: Around = lambda part: part,
    clock: Clock | None = None,
    publishes: bool = True,
) -> Parts:
    """Builds and opens all parts of a project whose model is trained.

    `waker` takes the turns elsewhere (Celery); without it they run in this process. `in_memory`:
    nothing is kept and no provider is spoken to. `around` may put something before the store, the
    action runner, the API calls and the reader. Without `publishes` the project's files count only
    where nothing was ever published. Raises DefinitionInvalid where they are wrong, and the errors of
    the parts that cannot be opened.
    """
    closing: list[Any] = []
    try:
        store, locks = await (_open_memory() if in_memory else _open_store(settings, closing))
        channels = {} if in_memory else settings.credentials
        return await _open(
            settings, around(store), locks, channels, waker, around, clock or WallClock(), closing,
            publishes,
        )  # fmt: skip
    except BaseException:
        while closing:
            await closing.pop()()
        raise


async def _open_memory() -> tuple[Store, Locks]:
    return MemoryStore(), MemoryLocks()


async def _open_store(settings: Settings, closing: list[Any]) -> tuple[Store, Locks]:
    settings.var.mkdir(parents=True, exist_ok=True)
    guard = await single_process_guard(
        settings.database_url, exclusive=settings.endpoints.lock_store.type == "in_memory"
    )
    closing.append(guard.release)
    await upgrade(settings.database_url)
    store = SqlStore(settings.database_url)
    await store.open()
    closing.append(store.close)
    locks = locks_for(settings)
    closing.append(locks.close)
    return store, locks


async def _open(
    settings: Settings,
    store: Store,
    locks: Locks,
    channels: Mapping[str, Mapping[str, Any]],
    waker: Waker | None,
    around: Around,
    clock: Clock,
    closing: list[Any],
    publishes: bool,
) -> Parts:
    hub, ids, meter = Hub(), Ids(clock), Metrics()
    runner = around(action_runner(settings))
    closing.append(runner.close)
    apis = HttpApis()
    closing.append(apis.close)
    # Before they are read: what is saved from here on is looked at again.
    seen = await asyncio.to_thread(state_of, settings.project)
    flows = FlowBook(store)
    publishing = Publishing(
        store=store, book=flows, ids=ids, clock=clock, read_api=partial(read_api, settings)
    )
    if publishes or not await publishing.look():
        await publishing.publish(await examine_project(settings, runner))
    connectors = connectors_for(
        channels or {"web": {}}, CONNECTORS, settings.endpoints.server.public_url, _unknown_channel
    )
    for connector in connectors.values():
        await connector.open()
        closing.append(connector.close)
    model = LoadedModel(model_folder(settings), settings.project, domain_intents(settings))
    reader = around(model)
    turns = Turns(
        store=store,
        reader=reader,
        runner=runner,
        flows=flows,
        bot=await _bot(settings, runner),
        ids=ids,
        clock=clock,
        conversation_key=conversation_id,
        apis=around(apis),
        meter=meter,
    )
    deliveries = Deliveries(store, senders(settings, connectors), ids, clock, hub, meter=meter)
    contact_turns = ContactTurns(store, locks, turns, deliveries, hub, ids, clock, meter=meter)
    queue = ContactQueue(contact_turns.drain)
    closing.append(queue.idle)
    deliveries.consent = _ProviderOptOuts(contact_turns, queue)
    inbox = Inbox(store, waker or queue, deliveries.consent, meter)
    contact_turns.inbox = inbox
    files = MediaFiles(settings.var / MEDIA_FOLDER)
    media = Media(store, files, media_sources(connectors), ids, clock, ids.new())
    closing.append(media.close)
    return Parts(
        settings=settings,
        store=store,
        locks=locks,
        reader=reader,
        runner=runner,
        flows=flows,
        publishing=publishing,
        reloading=Reloading(partial(examine_project, settings, runner), publishing, clock),
        seen=seen,
        versions=Versions(store, flows, turns, contact_turns, ids, clock),
        hub=hub,
        ids=ids,
        clock=clock,
        connectors=connectors,
        deliveries=deliveries,
        contact_turns=contact_turns,
        queue=queue,
        inbox=inbox,
        intake=Intake(inbox, ids, clock, connectors),
        sweep=Sweep(
            store,
            deliveries,
            waker or queue,
            clock,
            media,
            Schedules(store, lambda: flows.current, ids, clock, ids.new(), lambda: flows.shared),
        ),
        files=files,
        metrics=meter,
        closing=closing,
    )


async def _bot(settings: Settings, runner: ActionRunner) -> Bot:
    code = await known_code(runner)
    return Bot(
        responses=settings.responses,
        declared_slots={
            name: slot.get("initial_value") for name, slot in settings.domain.slots.items()
        },
        default_flow=settings.config.default_flow,
        actions=code.actions,
        conditions=code.conditions,
    )


def domain_intents(settings: Settings) -> frozenset[str]:
    """The intents that the domain lists."""
    listed = settings.domain_document.get("intents") or ()
    return frozenset(str(n) for it in listed for n in (it if isinstance(it, dict) else [it]))


def declared_slots(settings: Settings) -> dict[str, Any]:
    """The slots of the domain with their first values."""
    return {name: slot.get("initial_value") for name, slot in settings.domain.slots.items()}


def _unknown_channel(name: str) -> None:
    log.warning("unknown_channel", section=name, known=sorted(CONNECTORS))


@dataclass(frozen=True, slots=True)
class _ProviderOptOuts:
    """Writes an opt-out behind the turn that met it: that turn still holds the contact's lock."""

    turns: ContactTurns
    queue: ContactQueue

    def provider_opt_out(self, message: Message) -> None:
        self.queue.later(self.opt_out(message))

    async def opt_out(self, message: Message) -> None:
        await self.turns.opt_out(message, "provider")


def starts_for(parts: Parts) -> Starts:
    """Requests from outside to start flows."""
    return Starts(
        store=parts.store,
        locks=parts.locks,
        flows=lambda: parts.flows.current,
        ids=parts.ids,
        clock=parts.clock,
        waker=parts.inbox.waker,
        conversation_key=conversation_id,
        origins=origins(parts.connectors),
    )


def origins(connectors: Mapping[str, Connector]) -> list[Origin]:
    """Our own senders, with which a conversation may begin: by connector and kind of address."""
    found = [
        Origin(name, channel, it.default_sender(channel))
        for name, it in connectors.items()
        if hasattr(it, "default_sender")
        for channel in sorted(PHONE_CHANNELS)
    ]
    return [*found, *(Origin(name, name, PHONE_PAGE) for name in connectors if name == "web")]


def reviews_for(settings: Settings, store: Store, clock: Clock) -> Reviews:
    """Messages to be labelled; those that are accepted go into the project's training data."""
    wanted = settings.config.review
    examples = ReviewedExamples(settings.project)
    return Reviews(store, examples, clock, collect=wanted.collect, days=wanted.days)


@contextlib.asynccontextmanager
async def open_reviews(settings: Settings) -> AsyncIterator[Reviews]:
    """Reviews by themselves, beside a server that may be running on the same database."""
    settings.var.mkdir(parents=True, exist_ok=True)
    await upgrade(settings.database_url)
    store = SqlStore(settings.database_url)
    await store.open()
    try:
        yield reviews_for(settings, store, WallClock())
    finally:
        await store.close()


def site_for(parts: Parts, admin_token: str) -> Site:
    """What the web server serves of these parts."""
    tokens = Tokens(admin_token)
    return Site(
        connectors=parts.connectors,
        intake=parts.intake,
        tokens=tokens,
        api=ApiContext(
            parts.store,
            lambda: parts.flows.current,
            tokens,
            parts.files,
            reviews_for(parts.settings, parts.store, parts.clock),
            parts.publishing,
            parts.versions,
            lambda: parts.reloading.refusal,
            starts=starts_for(parts),
        ),
        rasa=RasaContext(
            store=parts.store,
            hub=parts.hub,
            inbox=parts.inbox,
            ids=parts.ids,
            clock=parts.clock,
            reader=parts.reader,
            conversations=Conversations(
                store=parts.store,
                locks=parts.locks,
                flows=parts.flows,
                ids=parts.ids,
                clock=parts.clock,
                hub=parts.hub,
                declared_slots=declared_slots(parts.settings),
                conversation_key=conversation_id,
            ),
            tokens=tokens,
            to_rasa=pipeline.to_rasa,
            domain=lambda: parts.settings.domain_document,
            model=parts.reader.described,
            load_model=parts.reader.load,
            train_model=parts.reader.train,
            trainings=lambda: parts.reader.trainings,
        ),
        health=Health(parts.store, parts.metrics),
        largest_request=parts.settings.endpoints.server.request_max_bytes,
    )


async def serve_project(
    settings: Settings,
    ready: Callable[[Sequence[str]], None],
    around: Around = lambda part: part,
) -> None:
    """Web server, turns and worker in this process, until it is told to stop.

    `ready` is told the channels that are on. With Celery the turns and the worker are elsewhere.
    """
    elsewhere = _elsewhere(settings)
    parts = await open_parts(settings, elsewhere, around=around)
    beside = [
        parts.publishing.follow(),
        parts.reloading.follow(saves(settings.project, parts.seen)),
        *([] if elsewhere else [Worker(parts.sweep).run()]),
    ]
    tasks = [asyncio.create_task(it) for it in beside]
    token = settings.endpoints.access.admin_token or read_or_make_token(
        settings.var / "admin-token"
    )
    try:
        app = make_server(site_for(parts, token))
        settle_memory()
        await serve(app, settings.host, settings.port, lambda: ready(sorted(parts.connectors)))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await parts.close()


def _elsewhere(settings: Settings) -> Waker | None:
    if settings.endpoints.task_queue.type != "celery":
        return None
    # Imported here, because the Celery app itself is built from this module's parts.
    from bot.tasks.celery import signaller

    return signaller(settings)


def celery_worker(project: Path) -> Any:
    """The Celery app with its tasks, for `parley worker`."""
    from bot.tasks.celery import make_worker

    return make_worker(project)
