"""The HTTP server: every blueprint in its place, on the loop that runs everything else too."""

import asyncio
import signal
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, text

from bot.web.access import Tokens, protect
from bot.web.api import ApiContext, api_blueprint
from bot.web.channels import Intake
from bot.web.health import Health, health_blueprint
from bot.web.phone_page import page, phone_blueprint
from bot.web.problems import answer_errors
from bot.web.rasa_api import RasaContext, rasa_blueprint
from connectors.channel import Connector

log = structlog.get_logger(__name__)

GREETING = "Hello from Rasa: 3.6.21 (Parley)"
LONGEST_ANSWER_SECONDS = 600.0
"""A training is answered when it is done."""
DRAIN_SECONDS = 10.0
"""For open requests to be answered when the process is told to stop; then they are cut off."""
LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Site:
    """What the server serves."""

    connectors: Mapping[str, Connector]
    intake: Intake
    tokens: Tokens
    api: ApiContext
    rasa: RasaContext
    health: Health
    largest_request: int


def make_server(site: Site) -> Sanic[Any, Any]:
    """The Sanic application, ready to be served."""
    app: Sanic[Any, Any] = Sanic(f"parley-{uuid.uuid4().hex}", configure_logging=False)
    app.config.REQUEST_MAX_SIZE = site.largest_request
    app.config.ACCESS_LOG = False
    app.config.RESPONSE_TIMEOUT = LONGEST_ANSWER_SECONDS
    app.config.FALLBACK_ERROR_FORMAT = "json"
    answer_errors(app)
    protect(app, site.tokens)
    for name, connector in site.connectors.items():
        routes = connector.blueprint(
            site.intake.message, on_status=site.intake.status, on_unroutable=site.intake.unroutable
        )
        app.blueprint(routes, url_prefix=f"/webhooks/{name}")
    app.blueprint(api_blueprint(site.api))
    app.blueprint(rasa_blueprint(site.rasa))
    app.blueprint(health_blueprint(site.health))
    app.blueprint(phone_blueprint(site.rasa.store, site.rasa.hub, site.api.flows))
    app.add_route(_root, "/", methods=["GET", "HEAD"], name="root")
    return app


async def _root(request: Request) -> HTTPResponse:
    """Rasa's greeting, and the phone page to a browser."""
    if "text/html" in request.headers.get("accept", ""):
        return await page(request)
    return text(GREETING)


async def serve(app: Sanic[Any, Any], host: str, port: int, ready: Callable[[], None]) -> None:
    """Serves until the process is told to stop, then lets open requests end.

    One process and one loop: Sanic's manager would leave orphans on the port when it is killed.
    """
    server: Any = await app.create_server(
        host=host,
        port=port,
        access_log=False,
        # Bound, but deaf until the routes are ready: a connection that were taken before
        # would be answered with errors for as long as it is kept.
        asyncio_server_kwargs={"start_serving": False},
    )
    if server is None:
        raise RuntimeError("the server could not be made")
    await server.startup()
    await server.start_serving()
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    ready()
    await stopped.wait()
    await server.before_stop()
    server.close()
    await _drain(app, server.connections)
    await server.wait_closed()
    await server.after_stop()


async def _drain(app: Sanic[Any, Any], connections: set[Any]) -> None:
    """Lets open requests end and takes no new ones, also not on connections that were kept."""
    app.config.KEEP_ALIVE = False
    loop = asyncio.get_running_loop()
    deadline = loop.time() + DRAIN_SECONDS
    while connections and loop.time() < deadline:
        for connection in tuple(connections):
            if connection.http is not None:
                connection.http.keep_alive = False  # its answer is its last
            if not connection.recv_buffer:  # else a request is there that has not begun yet
                connection.close_if_idle()
        await asyncio.sleep(LOOK_SECONDS)
    if connections:
        log.warning("requests_cut_off", connections=len(connections))
        for connection in tuple(connections):
            connection.abort()
        await asyncio.sleep(LOOK_SECONDS)  # for their handlers to notice
