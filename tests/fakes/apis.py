"""A fake shop with an API: it keeps orders, gives tokens, and misbehaves on request.

    python -m tests.fakes.apis --port 5060 --fault late --fault html

Inside asyncio tests: `async with FakeShop() as shop: ...`; each fault spoils one request, in order.
"""

import argparse
import asyncio
import gzip
import json
from base64 import b64decode
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs

from aiohttp import web

CLIENT = ("parley", "cl:ient secret")
REFRESH = "refresh-1"
BOMB = 50_000_000
"""Bytes that a small answer unpacks to."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class FakeShop:
    """Orders by number at /orders; what `faults` holds is done instead, a request each.

    Faults: late, 429, 429 SECONDS, 500, 503 and any other status, html, endless, bomb, broken (gzip),
    brotli, half (a body that ends too early), hang up, deep, wrong json, long, empty, to URL, 307 URL.
    """

    def __init__(self, port: int = 0) -> None:
        self.orders: dict[str, dict[str, Any]] = {
            "A1": {
                "order": {"id": "A1", "status": "sent", "items": [{"name": "Tea", "price": 4.5}]}
            }
        }
        self.faults: deque[str] = deque()
        self.seen: list[Seen] = []
        self.tokens: list[str] = []
        self.good_tokens: set[str] = set()
        self.expires_in: Any = 3600
        self.token_fault: str | None = None
        self.refresh = REFRESH
        self.rotate = False
        self.url = ""
        self._port = port
        self._made: dict[str, dict[str, Any]] = {}
        self.arrived = asyncio.Event()
        self._released = asyncio.Event()
        self._runner: web.ServerRunner | None = None

    async def __aenter__(self) -> Self:
        self._runner = web.ServerRunner(web.Server(self._answer), shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._released.set()
        if self._runner is not None:
            await self._runner.cleanup()

    def paths(self) -> list[str]:
        """Method and path of every request, in order."""
        return [f"{seen.method} {seen.path}" for seen in self.seen]

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        self.seen.append(Seen(request.method, request.path_qs, request.headers.copy(), body))
        self.arrived.set()
        if request.path == "/token":
            return await self._token(request, body)
        if self.faults:
            return await self._spoil(request, self.faults.popleft())
        if request.path.startswith("/secured/"):
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            if scheme != "Bearer" or token not in self.good_tokens:
                return web.json_response({"error": "invalid_token"}, status=401)
        return self._order(request, body)

    def _order(self, request: web.BaseRequest, body: bytes) -> web.Response:
        if request.method == "POST":
            return self._new(request, body)
        order = self.orders.get(request.path.rpartition("/")[2])
        return web.json_response(order or {"error": "unknown"}, status=200 if order else 404)

    def _new(self, request: web.BaseRequest, body: bytes) -> web.Response:
        """A new order; the same Idempotency-Key gives the same one again."""
        key = request.headers.get("Idempotency-Key", "")
        made = self._made.get(key)
        if made is None:
            number = f"N{len(self.orders)}"
            said = json.loads(body) if request.content_type == "application/json" else {}
            made = {"order": {"id": number, "status": "new", **said}}
            self.orders[number] = made
            if key:
                self._made[key] = made
        return web.json_response(made, status=201)

    async def _token(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        await asyncio.sleep(0)
        if self.token_fault:
            return await self._spoil(request, self.token_fault)
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if not self._knows(request, form):
            return web.json_response({"error": "invalid_client"}, status=401)
        if form["grant_type"] == "refresh_token" and form.get("refresh_token") != self.refresh:
            return web.json_response({"error": "invalid_grant"}, status=400)
        token = f"token-{len(self.tokens) + 1}"
        self.tokens.append(token)
        self.good_tokens.add(token)
        said = {"access_token": token, "token_type": "Bearer", "expires_in": self.expires_in}
        if self.rotate:
            self.refresh = f"refresh-{len(self.tokens) + 1}"
            said["refresh_token"] = self.refresh
        return web.json_response(said)

    def _knows(self, request: web.BaseRequest, form: Mapping[str, str]) -> bool:
        given = request.headers.get("Authorization", "")
        if given.startswith("Basic "):
            pairs = b64decode(given[6:]).decode().split(":")
            return tuple(parse_qs(f"v={pair}")["v"][0] for pair in pairs) == CLIENT
        return (form.get("client_id"), form.get("client_secret")) == CLIENT

    async def _spoil(self, request: web.BaseRequest, fault: str) -> web.StreamResponse:
        kind, _, value = fault.partition(" ")
        if kind in ("to", "307"):
            status = 307 if kind == "307" else 302
            return web.Response(status=status, headers={"Location": value})
        if kind.isdecimal():
            headers = {"Retry-After": value} if value else {}
            return web.Response(status=int(kind), text="no", headers=headers)
        return await _FAULTS[fault](self, request)

    async def late(self, request: web.BaseRequest) -> web.StreamResponse:
        """Says nothing until the shop closes."""
        await self._released.wait()
        return web.Response()

    async def slow(self, request: web.BaseRequest) -> web.StreamResponse:
        """Begins an answer, and does not go on."""
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'{"order":')
        await self._released.wait()
        return response

    async def endless(self, request: web.BaseRequest) -> web.StreamResponse:
        """Spaces, which JSON may begin with, for as long as somebody reads."""
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        with suppress(ConnectionError):
            while not self._released.is_set():
                await response.write(b" " * 65_536)
        return response

    async def half(self, request: web.BaseRequest) -> web.StreamResponse:
        """Promises more than it sends."""
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b'{"order":')
        return await self.hang_up(request)

    async def hang_up(self, request: web.BaseRequest) -> web.StreamResponse:
        """Closes the connection without a word."""
        if request.transport is not None:
            request.transport.abort()
        return web.Response()


def _fixed(
    body: bytes, kind: str = "application/json", **headers: str
) -> Callable[[FakeShop, web.BaseRequest], Awaitable[web.StreamResponse]]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}

    async def answer(_shop: FakeShop, _request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=body, content_type=kind, headers=sent)

    return answer


_FAULTS: Mapping[str, Callable[[FakeShop, web.BaseRequest], Awaitable[web.StreamResponse]]] = {
    "late": FakeShop.late,
    "slow": FakeShop.slow,
    "endless": FakeShop.endless,
    "half": FakeShop.half,
    "hang up": FakeShop.hang_up,
    "html": _fixed(b"<!doctype html><title>Please log in</title>", "text/html"),
    "bomb": _fixed(gzip.compress(b" " * BOMB), Content_Encoding="gzip"),
    "packed": _fixed(gzip.compress(b'{"order": {"status": "packed"}}'), Content_Encoding="gzip"),
    "broken": _fixed(b"\x1f\x8bnothing", Content_Encoding="gzip"),
    "brotli": _fixed(b"\x0b\x02\x80", Content_Encoding="br"),
    "deep": _fixed(b"[" * 100_000),
    "wrong json": _fixed(b'{"order": NaN}'),
    "long": _fixed(json.dumps({"order": {"status": "x" * 200_000}}).encode()),
    "other": _fixed(b'{"error": "not here"}'),
    "list": _fixed(b'{"access_token": 7}'),
    "empty": _fixed(b""),
}


async def _serve(port: int, faults: list[str]) -> None:
    async with FakeShop(port) as shop:
        shop.faults.extend(faults)
        print(shop.url, flush=True)  # noqa: T201 - what who started it waits for
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=5060)
    parser.add_argument("--fault", action="append", default=[])
    chosen = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(chosen.port, chosen.fault))
