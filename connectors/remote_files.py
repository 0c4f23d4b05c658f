"""Fetches a file from an address that came from outside, and from nowhere inside the house."""

import socket
from collections.abc import AsyncGenerator, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

MOST_REDIRECTS = 5
CHUNK = 65_536
SECONDS = 60.0

_TRANSLATED = ip_network("64:ff9b::/96")
"""NAT64: the last four bytes are an IPv4 address, which may be any."""


class Fetcher:
    """`home` is the provider's own address: alone it may be private, or plain http.

    `secrets` are the headers for the provider, and `hosts` those who get them beside `home`.
    """

    def __init__(self, home: str, secrets: Mapping[str, str], hosts: tuple[str, ...] = ()) -> None:
        self._home, self._secrets, self._hosts = _origin(home), dict(secrets), hosts
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Makes the client, inside the running loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=8, resolver=_Outside(self._home)),
                timeout=aiohttp.ClientTimeout(total=SECONDS, connect=SECONDS / 4),
                cookie_jar=aiohttp.DummyCookieJar(),
                # What is small on the wire may be large when it is unpacked.
                headers={"Accept-Encoding": "identity"},
                auto_decompress=False,
            )

    async def close(self) -> None:
        """Closes its connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def fetch(self, url: str) -> tuple[str, AsyncGenerator[bytes, None]]:
        """(content type, chunks). ValueError: never; LookupError: perhaps later.

        Who takes the chunks closes them (`aclosing`).
        """
        if self._session is None:
            raise LookupError("The connector is not open")
        response = await self._answer(self._session, _url(url))
        chunks = _chunks(response)
        await anext(chunks)  # from here on closing it gives the connection back
        return response.content_type, chunks

    async def _answer(self, session: aiohttp.ClientSession, url: URL) -> aiohttp.ClientResponse:
        for _ in range(MOST_REDIRECTS):
            self._check(url)
            try:
                response = await session.get(url, allow_redirects=False, headers=self._headers(url))
            except _Inside as error:
                raise ValueError(str(error)) from error
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                inside = error.__cause__ or error.__context__
                if isinstance(inside, _Inside):
                    raise ValueError(str(inside)) from error
                raise LookupError(f"{url.host} cannot be reached: {error!r}") from error
            following = self._following(url, response)
            if following is None:
                return response
            url = following
        raise ValueError(f"more than {MOST_REDIRECTS} redirects")

    def _following(self, url: URL, response: aiohttp.ClientResponse) -> URL | None:
        """Where the answer points on; None where it is the file itself."""
        if response.status == 200:
            return None
        response.close()
        if response.status in (301, 302, 303, 307, 308):
            return url.join(_url(response.headers.get("Location", "")))
        told = f"{url.host} answered {response.status}"
        if response.status in (404, 408, 425, 429) or response.status >= 500:
            # A file may be there a moment later than the message that names it.
            raise LookupError(told)
        raise ValueError(told)

    def _check(self, url: URL) -> None:
        if url.origin() == self._home:
            return
        if url.scheme != "https":
            raise ValueError(f"{url.scheme or 'no'} address: only https is fetched")
        if url.host is None:
            raise ValueError("the address names no host")
        literal = _literal(url.host)
        if literal is not None and not is_public(literal):
            raise ValueError(f"{url.host} is not a public address")

    def _headers(self, url: URL) -> dict[str, str]:
        known = url.origin() == self._home or (url.scheme == "https" and url.host in self._hosts)
        return self._secrets if known else {}


class _Inside(OSError):
    """A name that leads to an address inside the house."""


class _Outside(AbstractResolver):
    """Resolves names to public addresses alone; what was checked is what is connected to."""

    def __init__(self, home: URL | None) -> None:
        self._home = home
        self._resolver = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if self._home is not None and (host, port) == (self._home.host, self._home.port):
            return found
        public = [one for one in found if is_public(ip_address(one["host"].partition("%")[0]))]
        if not public:
            raise _Inside(f"{host} leads to no public address")
        return public

    async def close(self) -> None:
        await self._resolver.close()


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address is reached over the internet, also where it carries another within."""
    if isinstance(address, IPv6Address):
        within: Any = address.ipv4_mapped or address.sixtofour
        if within is None and address.teredo:
            within = address.teredo[1]
        if within is None and address in _TRANSLATED:
            within = IPv4Address(int(address) & 0xFFFFFFFF)
        if within is not None:
            return is_public(within)
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        # 127.1, 0x7f000001 and 2130706433 are addresses to the system, too.
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def _origin(home: str) -> URL | None:
    try:
        return URL(home).origin()
    except ValueError:
        # Sending tells what is wrong with it; from there nothing comes.
        return None


def _url(text: str) -> URL:
    try:
        return URL(text)
    except (ValueError, TypeError) as error:
        raise ValueError("not an address") from error


async def _chunks(response: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
    try:
        yield b""
        async for chunk in response.content.iter_chunked(CHUNK):
            yield chunk
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise LookupError(f"the file broke off: {error!r}") from error
    finally:
        response.close()
