"""Connections to servers that a project's APIs name: to the internet, and into the house only on leave.

What is checked is what is connected to: names are resolved once, and every socket is made for an
address that has been looked at.
"""

import socket
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bot.engine.api_addresses import is_address, is_public

MOST_CONNECTIONS, MOST_TO_ONE = 200, 50
"""At once, in each pool: a server that does not answer keeps no place from the others."""
CHUNK = 65_536
ENCODINGS = "gzip, deflate"
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_EVERYWHERE = ("accept", "user-agent")
"""Headers that another host may see."""
_UNPACKED = frozenset({"", "identity"})
_PACKED = frozenset({"gzip", "x-gzip", "deflate"})
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


class NotPublic(OSError):
    """An address that is not one of the internet's, or is none at all."""


class TooLarge(Exception):
    """A body with more bytes than are allowed, packed or unpacked."""


class NotUnpacked(Exception):
    """A body in an encoding that was not asked for, or one that is broken."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it goes to one address."""

    method: str
    url: URL
    headers: dict[str, str]
    content: bytes | None = None


class Connections:
    """Two pools: one that reaches public addresses alone, and one for APIs that may be private.

    `resolver` makes what looks names up for the first.
    """

    def __init__(self, resolver: Callable[[], AbstractResolver] = aiohttp.ThreadedResolver) -> None:
        self._resolver = resolver
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    def send(self, sent: Sent, *, private: bool) -> "aiohttp.client._RequestContextManager":
        """The request, to be entered; redirects are not followed. Raises NotPublic for an address
        that is refused before anything is looked up."""
        check(sent.url, private=private)
        return self._session(private).request(
            sent.method,
            sent.url,
            headers={**sent.headers, "accept-encoding": ENCODINGS},
            data=sent.content,
            allow_redirects=False,
        )

    async def close(self) -> None:
        """Closes the connections."""
        while self._sessions:
            await self._sessions.popitem()[1].close()

    def _session(self, private: bool) -> aiohttp.ClientSession:
        if private not in self._sessions:
            guards: Any = {} if private else {
                "resolver": _Public(self._resolver()), "socket_factory": public_socket,
            }  # fmt: skip
            self._sessions[private] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=MOST_CONNECTIONS, limit_per_host=MOST_TO_ONE, **guards
                ),
                timeout=aiohttp.ClientTimeout(total=None),
                cookie_jar=aiohttp.DummyCookieJar(),
                # What is small on the wire may be large when it is unpacked.
                auto_decompress=False,
            )
        return self._sessions[private]


def check(url: URL, *, private: bool) -> None:
    """Raises NotPublic where no request may go."""
    if url.scheme not in ("http", "https"):
        raise NotPublic(f"{url.scheme or 'no scheme'}: only http and https are spoken")
    if url.user is not None or url.password is not None:
        raise NotPublic("a user name or password in the address")
    host = url.raw_host
    if not host:
        raise NotPublic("the address names no host")
    if not private and is_address(host) and not is_public(host):
        raise NotPublic(f"{host} is not a public address")


def following(sent: Sent, status: int, location: str) -> Sent:
    """The request that a redirect leads to. Another origin gets neither credentials nor a body.

    Raises NotPublic where it must not lead, ValueError for what is no address.
    """
    url = sent.url.join(URL(location))
    if sent.url.scheme == "https" and url.scheme != "https":
        raise NotPublic("a redirect from https to something else")
    method, headers, content = sent.method, sent.headers, sent.content
    if status == 303 or (status in (301, 302) and method == "POST"):
        method, content = "GET", None
        headers = {name: value for name, value in headers.items() if name != "content-type"}
    if not url.host or url.scheme not in ("http", "https"):
        raise NotPublic(f"a redirect to {url.scheme or 'no'} address")
    if url.origin() != sent.url.origin():
        if content is not None:
            raise NotPublic("a redirect of what is sent to another server")
        headers = {name: headers[name] for name in _EVERYWHERE if name in headers}
    return Sent(method, url, headers, content)


async def read(response: aiohttp.ClientResponse, largest: int) -> bytes:
    """The body, unpacked. Raises TooLarge as soon as it is, and NotUnpacked."""
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding in _UNPACKED:
        unpack = None
    elif encoding in _PACKED:
        unpack = zlib.decompressobj(_GZIP_OR_ZLIB)
    else:
        raise NotUnpacked(f"packed with {encoding:.20}")
    parts: list[bytes] = []
    received = size = 0
    async for part in response.content.iter_chunked(CHUNK):
        received += len(part)
        if unpack is not None:
            part = _unpacked(unpack, part, largest - size)
        size += len(part)
        if max(size, received) > largest:
            raise TooLarge
        parts.append(part)
    return b"".join(parts)


def _unpacked(unpack: "zlib._Decompress", part: bytes, room: int) -> bytes:
    try:
        # One byte more than there is room for tells that it is too much.
        return unpack.decompress(part, room + 1)
    except zlib.error:
        raise NotUnpacked("broken") from None


class _Public(AbstractResolver):
    """Resolves names to public addresses alone."""

    def __init__(self, resolver: AbstractResolver) -> None:
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        public = [one for one in found if is_public(one["host"])]
        if not public:
            raise NotPublic(f"{host} leads to no public address")
        return public

    async def close(self) -> None:
        await self._resolver.close()


def public_socket(info: "aiohttp.AddrInfoType") -> socket.socket:
    """The last door: whatever led here, the address itself is looked at."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise NotPublic(f"{address[0]} is not a public address")
    return socket.socket(family, kind, protocol)


def refusal(error: BaseException | None) -> NotPublic | None:
    """What refused the address, however deep the client has wrapped it."""
    for _ in range(5):
        if error is None or isinstance(error, NotPublic):
            return error
        error = getattr(error, "os_error", None) or error.__cause__ or error.__context__
    return None
