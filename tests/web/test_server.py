"""How the server ends: what is open is answered, and nothing new is taken."""

import asyncio
import errno
import signal
import socket
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from sanic import HTTPResponse, Request, Sanic
from sanic.response import text

from bot.web import server
from bot.web.server import serve


async def _slow(request: Request) -> HTTPResponse:
    await asyncio.sleep(float(request.args.get("seconds", "0")))
    return text("done")


class Probing(Sanic[Any, Any]):
    """An app that looks, while its routes are being made ready, whether its port takes anybody."""

    def finalize(self) -> None:
        with socket.socket() as probe:
            self.ctx.refused = probe.connect_ex(("127.0.0.1", self.ctx.port)) == errno.ECONNREFUSED
        super().finalize()


def _probing() -> Probing:
    return Probing(f"server-{uuid.uuid4().hex}", configure_logging=False)


@asynccontextmanager
async def serving(
    app: Probing | None = None,
) -> AsyncIterator[tuple[str, asyncio.Task[None]]]:
    """An app under `serve`, on a free port: its address, and what ends when the server has."""
    app = app or _probing()
    app.config.TOUCHUP = False
    app.add_route(_slow, "/slow", name="slow")
    with socket.create_server(("127.0.0.1", 0)) as free:
        app.ctx.port = port = free.getsockname()[1]
    ready = asyncio.Event()
    task = asyncio.create_task(serve(app, "127.0.0.1", port, ready.set))
    await asyncio.wait_for(ready.wait(), 10)
    try:
        yield f"http://127.0.0.1:{port}", task
    finally:
        if not task.done():
            signal.raise_signal(signal.SIGTERM)
        await asyncio.wait_for(task, 20)


async def _get(client: aiohttp.ClientSession, url: str) -> tuple[str, str | None]:
    async with client.get(url) as answer:
        return await answer.text(), answer.headers.get("Connection")


async def test_nobody_is_let_in_before_the_routes_are_ready() -> None:
    """Sanic would answer such a connection with errors for as long as it is kept."""
    app = _probing()
    async with serving(app) as (url, _), aiohttp.ClientSession() as client:
        assert app.ctx.refused
        assert await _get(client, f"{url}/slow") == ("done", "keep-alive")


async def test_an_open_request_is_answered_before_the_server_ends() -> None:
    async with serving() as (url, ends), aiohttp.ClientSession() as client:
        open_request = asyncio.create_task(_get(client, f"{url}/slow?seconds=1"))
        await asyncio.sleep(0.2)
        signal.raise_signal(signal.SIGTERM)
        await asyncio.sleep(0.1)
        assert not ends.done()
        async with aiohttp.ClientSession() as other:
            with pytest.raises(aiohttp.ClientConnectorError):
                await _get(other, f"{url}/slow")
        assert await open_request == ("done", "close")
        await asyncio.wait_for(ends, 1)


async def test_a_kept_connection_is_closed_at_once() -> None:
    async with serving() as (url, ends), aiohttp.ClientSession() as client:
        assert await _get(client, f"{url}/slow") == ("done", "keep-alive")
        signal.raise_signal(signal.SIGTERM)
        await asyncio.wait_for(ends, 1)
        with pytest.raises(aiohttp.ClientConnectionError):
            await _get(client, f"{url}/slow")


async def test_a_request_that_does_not_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "DRAIN_SECONDS", 0.3)
    async with serving() as (url, ends), aiohttp.ClientSession() as client:
        open_request = asyncio.create_task(_get(client, f"{url}/slow?seconds=30"))
        await asyncio.sleep(0.2)
        began = time.monotonic()
        signal.raise_signal(signal.SIGTERM)
        await asyncio.wait_for(ends, 2)
        assert time.monotonic() - began >= 0.3
        with pytest.raises(aiohttp.ClientError):
            await open_request
