"""Celery as the task queue: signals that something is to be drained, never the work itself.

State and due times live in SQL; a lost signal costs a moment, for the workers also sweep.
"""

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from celery import Celery, signals
from kombu import Exchange, Queue

from bot.app import Parts, open_parts
from bot.loop import new_event_loop, run_loop
from bot.services.contact_queue import ContactQueue
from bot.services.ports import StoreUnavailable
from bot.services.sweep import MESSAGES_AT_ONCE
from bot.settings import Settings, load

log = structlog.get_logger(__name__)

INBOUND, DUE = "parley.inbound", "parley.due"
"""What has just arrived, and what a sweep found: a backlog of the one is no wait for the other."""
TURNS = "parley.turns"
SCHEMES = frozenset({"redis", "rediss", "redis+socket", "amqp", "amqps"})

TICK_SECONDS = 0.5
LEASE_SECONDS = 5.0
"""When the process that looks for due contacts is killed, another one takes over after this."""
TAKE_OVER_SECONDS = 2.0
"""A contact that still waits so long after its signal is taken by the one who signalled."""
GRACE_SECONDS = 10.0
"""For turns to end when the worker stops; what is left then is picked up like after a kill."""
STOP_SECONDS = 15.0
"""Celery has waited for a broker's answer without end: a worker that was told to stop ends then."""
OPEN_AGAIN_SECONDS = 2.0
SIGNAL_SECONDS = 60.0
"""An older signal is thrown away: the sweep was there before. Clocks may differ by less."""
AWAY_SECONDS = 3.0
"""A broker that did not answer is left alone so long; signals meanwhile are not kept."""
CONTACTS_PER_SIGNAL = 20
SOCKET_SECONDS = 4.0


def make_celery(broker_url: str) -> Celery:
    """The app. A signal is taken in a moment, so it is acknowledged before it is followed."""
    app = Celery("parley", broker=broker_url)
    exchange = Exchange("parley", type="direct")
    app.conf.update(
        task_ignore_result=True,
        task_default_queue=INBOUND,
        task_default_delivery_mode="transient",
        # Each with its own key: without one, both queues would get every signal.
        task_queues=[Queue(name, exchange, routing_key=name) for name in (INBOUND, DUE)],
        worker_prefetch_multiplier=1,
        broker_connection_timeout=SOCKET_SECONDS,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options=(
            _redis_options() if broker_url.startswith("redis") else {"confirm_publish": True}
        ),
        # Of interest for late acknowledgements alone, but left unset it makes Celery warn.
        worker_cancel_long_running_tasks_on_connection_loss=True,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
    )
    return app


def _redis_options() -> dict[str, Any]:
    """A broker that fell silent is noticed, and signals taken by a dead worker come back soon."""
    return {
        "socket_connect_timeout": SOCKET_SECONDS,
        "socket_timeout": 2 * SOCKET_SECONDS,
        "visibility_timeout": 30,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
    }


@dataclass(slots=True)
class Signaller:
    """Tells the workers which contacts wait; whoever calls is never held up by the broker."""

    app: Celery
    queue: str
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "signals"))
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _waiting: dict[str, None] = field(default_factory=dict)
    _away_until: float = 0.0

    @property
    def away(self) -> bool:
        """Whether the broker did not answer just now."""
        return time.monotonic() < self._away_until

    def wake(self, contact_id: str) -> None:
        """Signals soon, together with those that are told meanwhile."""
        with self._guard:
            first = not self._waiting
            self._waiting[contact_id] = None
        if first:
            self._threads.submit(self._flush)

    def close(self) -> None:
        """Sends what waits, and ends the thread."""
        self._threads.shutdown()
        self.app.close()

    def _flush(self) -> None:
        with self._guard:
            waiting, self._waiting = list(self._waiting), {}
        for start in range(0, len(waiting), CONTACTS_PER_SIGNAL):
            if not self.away:
                self._send(waiting[start : start + CONTACTS_PER_SIGNAL])

    def _send(self, contact_ids: Sequence[str]) -> None:
        try:
            self.app.send_task(
                TURNS,
                args=[contact_ids],
                queue=self.queue,
                expires=SIGNAL_SECONDS,
                confirm_timeout=SOCKET_SECONDS,
                retry=True,  # once: the connection in the pool may have been lost meanwhile
                retry_policy={"max_retries": 1, "interval_start": 0},
            )
        except Exception as error:  # noqa: BLE001
            # The messages are stored: the workers' own sweep finds the contacts.
            self._away_until = time.monotonic() + AWAY_SECONDS
            log.warning("signal_not_sent", contacts=len(contact_ids), error=str(error))


def signaller(settings: Settings) -> Signaller:
    """The web process's end of the queue."""
    return Signaller(make_celery(broker(settings)), INBOUND)


def broker(settings: Settings) -> str:
    """The broker's address; ValueError where endpoints.yml does not go together."""
    url = settings.endpoints.task_queue.broker_url
    if not url:
        raise ValueError(
            "endpoints.yml: task_queue: broker_url is missing; celery needs redis://... or amqp://..."
        )
    if urlsplit(url).scheme not in SCHEMES:
        raise ValueError(
            "endpoints.yml: task_queue: broker_url must begin with redis:// or amqp://"
        )
    if settings.endpoints.lock_store.type == "in_memory":
        raise ValueError(
            "endpoints.yml: lock_store: type in_memory serves one process alone; "
            "a task_queue of type celery needs redis or database"
        )
    return url


@dataclass(slots=True)
class Spread:
    """Spreads what one process's sweep found over all, and takes what stays behind itself.

    So due contacts do not depend on the broker, nor on a worker that stopped listening to it.
    """

    signals: Signaller
    queue: ContactQueue
    _told: dict[str, float] = field(default_factory=dict)

    def wake(self, contact_id: str) -> None:
        """Called once a look for each contact that waits."""
        now = time.monotonic()
        told = self._told.setdefault(contact_id, now)
        if self.signals.away or now - told > TAKE_OVER_SECONDS:
            self.queue.wake(contact_id)
        elif told == now:
            self.signals.wake(contact_id)

    def forget(self) -> None:
        """Forgets whom it told long ago."""
        oldest = time.monotonic() - 2 * TAKE_OVER_SECONDS
        self._told = {id_: told for id_, told in self._told.items() if told > oldest}


class Process:
    """One worker process: its own loop in its own thread, for as long as it lives.

    Made behind the fork, so it shares no connection. It sweeps by itself: nothing due waits for
    the broker. Messages are claimed row by row, by as many processes as there are; contacts cannot
    be claimed, so that of all processes one looks for them, by a lease, and tells the others.
    """

    def __init__(self, settings: Settings, app: Celery) -> None:
        self._settings = settings
        self._signals = Signaller(app, DUE)
        self._loop = new_event_loop()
        self._stopping = asyncio.Event()
        self._queue: ContactQueue | None = None
        self._thread = threading.Thread(target=self._run, name="parley", daemon=True)
        self._thread.start()

    def take_turns(self, contact_ids: Sequence[str]) -> None:
        """Begins the contacts' turns; were they cut short, the sweep would find them again."""
        if self._queue is not None:
            for contact_id in contact_ids:
                self._loop.call_soon_threadsafe(self._queue.wake, contact_id)

    def close(self) -> None:
        """Lets the turns end and gives everything back."""
        with contextlib.suppress(RuntimeError):  # the loop has ended already
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(GRACE_SECONDS)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())
        self._signals.close()

    async def _serve(self) -> None:
        parts = await self._opened()
        if parts is None:
            return
        following = asyncio.create_task(parts.publishing.follow())
        try:
            self._queue = parts.queue
            await self._sweep_until_stopped(parts)
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            await parts.close()
            log.info("worker_process_ended")

    async def _opened(self) -> Parts | None:
        """The parts, as soon as the database answers; None where the worker stops before."""
        while not self._stopping.is_set():
            try:
                return await open_parts(self._settings, publishes=False)
            except Exception as error:  # noqa: BLE001
                # A process that ended here would only be started again, and again.
                log.warning("worker_process_not_open", error=str(error))
                await self._pause(OPEN_AGAIN_SECONDS)
        return None

    async def _sweep_until_stopped(self, parts: Parts) -> None:
        spread, owner = Spread(self._signals, parts.queue), parts.ids.new()
        sweep = replace(parts.sweep, waker=spread)
        log.info("worker_process_ready")
        while not self._stopping.is_set():
            found = 0
            try:
                if await parts.store.lease("sweep", owner, parts.clock.now(), LEASE_SECONDS):
                    spread.forget()
                    found = await sweep.once()
                else:
                    found = await parts.deliveries.run_due(MESSAGES_AT_ONCE)
            except StoreUnavailable as error:
                # The rows stay where they are; the next look finds them again.
                log.warning("database_away", error=str(error))
            except Exception:
                log.exception("sweep_failed")
            if not found:
                await self._pause(TICK_SECONDS)
        with contextlib.suppress(StoreUnavailable):  # given back, so that nobody waits for its end
            await parts.store.lease("sweep", owner, parts.clock.now(), 0.0)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()


def make_worker(project: Path) -> Celery:
    """The app with its task, for `parley worker`. Raises where the project cannot be opened."""
    settings = load(project)
    app = make_celery(broker(settings))
    # What is wrong with the project is told here, before there are processes to be held up by it.
    run_loop(_examine(settings))
    process: list[Process] = []

    def started(**_: Any) -> None:
        process.append(Process(settings, app))

    def stopped(**_: Any) -> None:
        if process:
            process.pop().close()

    def ready(sender: Any, **_: Any) -> None:
        # Celery looks whether it is to stop when something happens: see to it that something does.
        sender.timer.call_repeatedly(1.0, lambda: None)

    def stopping(**_: Any) -> None:
        forced = threading.Timer(STOP_SECONDS, _end_now)
        forced.daemon = True
        forced.start()

    def take_turns(contact_ids: list[str]) -> None:
        process[0].take_turns(contact_ids)

    signals.worker_process_init.connect(started, weak=False)
    signals.worker_process_shutdown.connect(stopped, weak=False)
    signals.worker_ready.connect(ready, weak=False)
    signals.worker_shutting_down.connect(stopping, weak=False)
    app.task(name=TURNS)(take_turns)
    return app


def _end_now() -> None:
    """Nothing is lost: what is not done is in the database, and signals are only signals."""
    log.warning("worker_stop_forced", seconds=STOP_SECONDS)
    os._exit(0)


async def _examine(settings: Settings) -> None:
    """Opens everything once, and gives it back before the processes are forked."""
    await (await open_parts(settings, publishes=False)).close()
