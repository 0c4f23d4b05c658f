"""Whether the process lives, whether it can work, and its figures for Prometheus."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_answer

from bot.domain.records import StoreUnavailable
from bot.web.problems import FieldError, unavailable

log = structlog.get_logger(__name__)

F = TypeVar("F", Counter, Histogram)
Check = Callable[[], Awaitable[None]]
"""Returns where a part works; raises where it does not."""

CHECK_SECONDS = 3.0
"""Orchestrators give up on a probe after a few seconds; a part that hangs counts as down before."""


class Backlog(Protocol):
    """What the figures need of the store."""

    async def counts(self) -> Mapping[str, int]: ...
    async def ping(self) -> None: ...


class Metrics:
    """The figures of this process. Each app has its own, so that two in one process may live."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._children: dict[tuple[int, tuple[str, ...]], Any] = {}
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._received = Counter(
            "parley_messages_received", "Inbound messages filed", ["connector"],
            registry=self.registry,
        )  # fmt: skip
        self._turns = Histogram(
            "parley_turn_seconds", "Turns by their cause, and how long they took", ["cause"],
            registry=self.registry,
        )  # fmt: skip
        self._sends = Counter(
            "parley_sends", "Attempts to send, by their outcome", ["connector", "status"],
            registry=self.registry,
        )  # fmt: skip
        self._actions = Counter(
            "parley_actions", "Actions run, by their outcome", ["outcome"], registry=self.registry
        )
        self._backlog = Gauge(
            "parley_backlog", "Rows in the store that wait to be worked on", ["kind"],
            registry=self.registry,
        )  # fmt: skip
        self._store_up = Gauge(
            "parley_store_up", "Whether the database answered", registry=self.registry
        )

    def received(self, connector: str) -> None:
        """A message was filed."""
        self._child(self._received, connector).inc()

    def turn(self, cause: str, seconds: float) -> None:
        """A turn was saved; `cause` is "message" or "timer"."""
        self._child(self._turns, cause).observe(seconds)

    def sent(self, connector: str, status: str) -> None:
        """An attempt to send ended in this status."""
        self._child(self._sends, connector, status).inc()

    def action(self, outcome: str) -> None:
        """An action ended; `outcome` is "answered" or "failed"."""
        self._child(self._actions, outcome).inc()

    def _child(self, figure: F, *labels: str) -> F:
        """The figure for these labels; finding it anew costs more than counting."""
        key = (id(figure), labels)
        child: F | None = self._children.get(key)
        if child is None:
            child = self._children[key] = figure.labels(*labels)
        return child

    async def text(self, store: Backlog) -> bytes:
        """All figures in Prometheus' text format; those of the store are left out if it is away."""
        self._backlog.clear()
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                counts = await store.counts()
        except (StoreUnavailable, TimeoutError):
            self._store_up.set(0)
        else:
            self._store_up.set(1)
            for kind, waiting in counts.items():
                self._backlog.labels(kind).set(waiting)
        return generate_latest(self.registry)


@dataclass(frozen=True, slots=True)
class Health:
    """What the three pages look at. `checks` are further parts that must work, by name."""

    store: Backlog
    metrics: Metrics = field(default_factory=Metrics)
    checks: Mapping[str, Check] = field(default_factory=dict)


def health_blueprint(health: Health) -> Blueprint:
    """/healthz, /readyz and /metrics."""
    checks = {"database": health.store.ping, **health.checks}

    async def ready(_: Request) -> HTTPResponse:
        answers = await asyncio.gather(*(_down(name, check) for name, check in checks.items()))
        down = [name for name in answers if name is not None]
        if down:
            errors = [FieldError(name, "does not answer") for name in down]
            raise unavailable(f"Not ready: {', '.join(down)}", errors)
        return json_answer({"status": "ready"}, headers={"Cache-Control": "no-store"})

    async def metrics(_: Request) -> HTTPResponse:
        text = await health.metrics.text(health.store)
        return HTTPResponse(text, content_type=CONTENT_TYPE_LATEST)

    blueprint = Blueprint("health")
    blueprint.add_route(_alive, "/healthz", methods=["GET", "HEAD"], name="alive")
    blueprint.add_route(ready, "/readyz", methods=["GET", "HEAD"], name="ready")
    blueprint.add_route(metrics, "/metrics", methods=["GET"], name="metrics")
    return blueprint


async def _alive(_: Request) -> HTTPResponse:
    return json_answer({"status": "alive"}, headers={"Cache-Control": "no-store"})


async def _down(name: str, check: Check) -> str | None:
    """The part's name, where it does not work."""
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except Exception as error:  # noqa: BLE001 - whatever a part may raise, it is down
        log.warning("not_ready", part=name, reason=str(error) or type(error).__name__)
        return name
    return None
