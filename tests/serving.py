"""A Sanic app on loopback, for tests that speak real HTTP to some routes alone."""

import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sanic import Sanic


def new_app(name: str) -> Sanic[Any, Any]:
    """An app; there may be several in a process."""
    app: Sanic[Any, Any] = Sanic(f"{name}-{uuid.uuid4().hex}", configure_logging=False)
    # It rewrites Sanic's own methods once a process: a second app would find them gone.
    app.config.TOUCHUP = False
    return app


@asynccontextmanager
async def listening(app: Sanic[Any, Any]) -> AsyncIterator[str]:
    """Serves the app on a port of its own; gives its address."""
    # Sanic takes port 0 for none given.
    address = socket.create_server(("127.0.0.1", 0))
    # Its server is not typed.
    server: Any = await app.create_server(
        sock=address, return_asyncio_server=True, access_log=False
    )
    await server.startup()
    await server.before_start()
    await server.start_serving()
    try:
        yield f"http://127.0.0.1:{address.getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()
        await server.after_stop()
