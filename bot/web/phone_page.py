"""The phone page: a phone in the browser, and beside it what the bot makes of each message."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from pydantic import ValidationError
from sanic import Blueprint, HTTPResponse, Request
from sanic.exceptions import NotFound
from sanic.response import raw

from bot.domain.records import StoreUnavailable
from bot.engine.flow import Flow
from bot.engine.graph import graph
from bot.services.hub import Hub
from bot.services.phone import Reads, newest_event, settled, snapshot
from bot.services.pictures import Counts, Pictures
from connectors.answers import Refused, refusal
from connectors.web.connector import WebMessage, inbound_message

LOOK = 1.0
"""Seconds between looks at the log: another process may have written it."""
HEARTBEAT = 15.0
"""Seconds of silence after which a comment is sent: proxies close what is silent for 30 to 60."""

_FOLDER = Path(__file__).parent / "phone"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_PAGE = "index.html"
_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_PAGE_HEADERS = {
    **_HEADERS,
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
}


class _File:
    """One file of the page; the browser asks each time whether it has the current one."""

    def __init__(self, path: Path) -> None:
        self.body = path.read_bytes()
        self.content_type = _TYPES[path.suffix]
        self.etag = f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'

    def answer(self, request: Request, headers: Mapping[str, str]) -> HTTPResponse:
        headers = {**headers, "ETag": self.etag, "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == self.etag:
            return HTTPResponse(status=304, headers=headers)
        return HTTPResponse(self.body, headers=headers, content_type=self.content_type)


_FILES = {path.name: _File(path) for path in _FOLDER.iterdir() if path.suffix in _TYPES}


async def page(request: Request) -> HTTPResponse:
    """The page itself, for whatever address it is to be found at."""
    return _FILES[_PAGE].answer(request, _PAGE_HEADERS)


class PhoneStore(Reads, Counts, Protocol):
    """What the page reads: a conversation, and how many sessions went through a flow."""


def phone_blueprint(
    store: PhoneStore, hub: Hub, flows: Callable[[], Mapping[str, Flow]]
) -> Blueprint:
    """Everything below /phone. `flows` gives the flows of this moment by name."""
    stopping = asyncio.Event()
    pictures = Pictures(store)

    async def stream(request: Request) -> HTTPResponse | None:
        try:
            conversation_id = _conversation_id(request)
        except Refused as refused:
            return refusal(refused)
        await _stream(request, store, hub, conversation_id, stopping)
        return None

    async def list_flows(_: Request) -> HTTPResponse:
        return _json([_flow(flow) for _, flow in sorted(flows().items())])

    async def picture(_: Request, name: str) -> HTTPResponse:
        flow = flows().get(name)
        if flow is None:
            raise NotFound("There is no such flow")
        try:
            counts = await pictures.counts(name)
        except StoreUnavailable:
            counts = None  # The picture is worth having without them.
        drawn = await pictures.drawn(flow, counts, styled=False)
        headers = {**_HEADERS, "Cache-Control": "no-store"}
        return raw(drawn.encode(), content_type=_TYPES[".svg"], headers=headers)

    async def stop(*_: Any) -> None:
        stopping.set()

    blueprint = Blueprint("phone", url_prefix="/phone")
    blueprint.add_route(page, "/", methods=["GET"], name="page")
    blueprint.add_route(_static, "/static/<name:str>", methods=["GET"], name="static")
    blueprint.add_route(stream, "/stream", methods=["GET"], name="stream")
    blueprint.add_route(list_flows, "/flows", methods=["GET"], name="flows")
    blueprint.add_route(
        picture, "/flows/<name:str>/picture.svg", methods=["GET"], name="picture", unquote=True
    )
    blueprint.before_server_stop(stop)
    return blueprint


async def _static(request: Request, name: str) -> HTTPResponse:
    file = _FILES.get(name)
    if file is None or name == _PAGE:
        raise NotFound("The phone page has no such file")
    return file.answer(request, _HEADERS)


def _flow(flow: Flow) -> dict[str, Any]:
    keywords = [word for t in flow.triggers if t.kind == "keyword" for word in t.value]
    return {
        "name": flow.name,
        "title": flow.title or flow.name,
        "keywords": keywords,
        "graph": graph(flow).to_json(),
    }


def _conversation_id(request: Request) -> str:
    """The thread of the phone that the query names; raises Refused naming the wrong field."""
    # In a query + stands for a space, and a number written by hand begins with one.
    number = (request.args.get("number") or "").replace(" ", "+", 1)
    phone = {"channel": request.args.get("channel"), "number": number, "text": ""}
    try:
        return inbound_message(WebMessage.model_validate(phone, strict=True)).conversation_id
    except ValidationError as error:
        errors = [(".".join(map(str, e["loc"])), e["msg"]) for e in error.errors()]
        raise Refused("The query does not name a phone", errors) from error


async def _stream(
    request: Request, store: Reads, hub: Hub, conversation_id: str, stopping: asyncio.Event
) -> None:
    """Server-sent events until the client goes (Sanic then cancels this) or the server stops."""
    response = await request.respond(
        headers={**_HEADERS, "Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        content_type="text/event-stream; charset=utf-8",
    )
    clock = asyncio.get_running_loop().time
    spoke = clock()
    view = _View(store, conversation_id)
    changed = True
    while not stopping.is_set():
        # Listening starts before reading, so that no change falls between the two.
        listening = asyncio.create_task(hub.changed(conversation_id, timeout=LOOK))
        try:
            await asyncio.sleep(0)
            part = await view.news(changed)
            if part or clock() - spoke >= HEARTBEAT:
                await response.send(part or ": still here\n\n")
                spoke = clock()
            changed = await listening
        finally:
            listening.cancel()
    await response.eof()


class _View:
    """What one page was shown of a conversation."""

    def __init__(self, store: Reads, conversation_id: str) -> None:
        self.store, self.conversation_id = store, conversation_id
        self.newest: str | None = None
        self.settled = False
        self.sent = ""

    async def news(self, changed: bool) -> str:
        """The next event of the stream; nothing where the page shows what is there."""
        try:
            if self.settled and not changed:
                newest = await newest_event(self.store, self.conversation_id)
                if newest == self.newest:
                    return ""
            shown = await snapshot(self.store, self.conversation_id)
        except StoreUnavailable:
            self.settled = False
            return self._new(
                'event: trouble\ndata: {"reason": "The database does not answer."}\n\n'
            )
        self.newest = shown["log"][0]["id"] if shown["log"] else None
        self.settled = settled(shown)
        return self._new(f"event: snapshot\ndata: {_dumped(shown)}\n\n")

    def _new(self, part: str) -> str:
        if part == self.sent:
            return ""
        self.sent = part
        return part


def _json(value: Any) -> HTTPResponse:
    return HTTPResponse(
        _dumped(value),
        headers={**_HEADERS, "Cache-Control": "no-store"},
        content_type="application/json",
    )


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
