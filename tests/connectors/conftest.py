"""A host for a connector: a real Sanic app on loopback that keeps what it is handed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from sanic import Blueprint

from connectors.channel import (
    Connector,
    InboundMessage,
    NotStored,
    OutboundMessage,
    StatusReport,
    Unroutable,
)
from tests.serving import listening, new_app


@dataclass
class Host:
    """The app around a connector, with all that came through."""

    url: str = ""
    messages: list[InboundMessage] = field(default_factory=list)
    statuses: list[StatusReport] = field(default_factory=list)
    unroutable: list[Unroutable] = field(default_factory=list)
    replies: list[OutboundMessage] = field(default_factory=list)
    broken: Exception | None = None
    before_storing: Callable[[], Awaitable[None]] | None = None

    async def on_new_message(self, message: InboundMessage) -> list[OutboundMessage]:
        if self.before_storing:
            await self.before_storing()
        self._store(self.messages, message)
        return self.replies

    async def on_status(self, report: StatusReport) -> None:
        self._store(self.statuses, report)

    async def on_unroutable(self, request: Unroutable) -> None:
        self._store(self.unroutable, request)

    def _store(self, shelf: list[Any], item: object) -> None:
        if self.broken:
            raise self.broken
        shelf.append(item)

    def fill_disk(self) -> None:
        """From now on nothing can be stored."""
        self.broken = NotStored("disk full")

    @property
    def stored(self) -> int:
        return len(self.messages) + len(self.statuses) + len(self.unroutable)


Serve = Callable[..., Awaitable[Host]]


@asynccontextmanager
async def served(blueprint: Blueprint, prefix: str) -> AsyncIterator[str]:
    """A Sanic app with these routes alone; gives its address."""
    app = new_app("host")
    app.blueprint(blueprint, url_prefix=prefix)
    async with listening(app) as address:
        yield address


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serves a connector: `host = await serve(connector)`."""
    async with AsyncExitStack() as stack:

        async def start(connector: Connector, prefix: str = "") -> Host:
            host = Host()
            blueprint = connector.blueprint(
                host.on_new_message, on_status=host.on_status, on_unroutable=host.on_unroutable
            )
            prefix = prefix or f"/webhooks/{connector.name()}"
            host.url = await stack.enter_async_context(served(blueprint, prefix))
            return host

        yield start


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session
