"""Files are fetched from the provider and the internet, and from nowhere inside the house."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from ipaddress import ip_address

import pytest
from aiohttp import web

from connectors.remote_files import Fetcher, is_public
from connectors.twilio import TwilioConnector

SECRET = {"Authorization": "Basic c2VjcmV0"}


class Provider:
    """Serves a file, and answers that lead elsewhere."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str | None]] = []
        self.url = ""

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.seen.append((request.path_qs, request.headers.get("Authorization")))
        if request.path == "/file":
            return web.Response(body=b"x" * 200_000, content_type="image/png")
        if request.path == "/circle":
            raise web.HTTPTemporaryRedirect("/circle")
        if request.path == "/to":
            raise web.HTTPTemporaryRedirect(request.query_string)
        return web.Response(status=int(request.path[1:]))


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    it = Provider()
    runner = web.ServerRunner(web.Server(it.answer))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    it.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield it
    await runner.cleanup()


@pytest.fixture
async def fetcher(provider: Provider) -> AsyncIterator[Fetcher]:
    it = Fetcher(provider.url, SECRET)
    await it.open()
    yield it
    await it.close()


async def content(fetcher: Fetcher | TwilioConnector, url: str) -> tuple[str, int]:
    content_type, chunks = await fetcher.fetch(url)
    async with aclosing(chunks):
        return content_type, sum([len(chunk) async for chunk in chunks])


async def test_a_file_of_the_provider_s_own(provider: Provider, fetcher: Fetcher) -> None:
    assert await content(fetcher, f"{provider.url}/file") == ("image/png", 200_000)
    assert provider.seen == [("/file", SECRET["Authorization"])]


async def test_redirects_within_the_provider_are_followed(
    provider: Provider, fetcher: Fetcher
) -> None:
    assert (await content(fetcher, f"{provider.url}/to?/file"))[1] == 200_000
    assert (await content(fetcher, f"{provider.url}/to?{provider.url}/file"))[1] == 200_000


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x", "ftp://example.com/x", "file:///etc/passwd", "https://",
        "https://127.0.0.1/x", "https://[::1]/x", "https://10.0.0.1/", "https://169.254.169.254/",
        "https://[::ffff:10.0.0.1]/", "https://2130706433/", "https://0x7f.1/", "https://127.1/",
        "https://localhost/x", "https://0.0.0.0/", "https://100.64.0.1/", "https://[fd00::1]/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("redirected", [False, True])
async def test_no_address_leads_inside(
    provider: Provider, fetcher: Fetcher, url: str, redirected: bool
) -> None:
    with pytest.raises(ValueError, match=r"."):
        await fetcher.fetch(f"{provider.url}/to?{url}" if redirected else url)


@pytest.mark.parametrize("url", ["", "x", "/file", "//example.com/x"])
async def test_what_is_no_whole_address_is_refused(fetcher: Fetcher, url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        await fetcher.fetch(url)


async def test_another_port_of_the_provider_s_machine_is_not_the_provider(
    provider: Provider,
) -> None:
    fetcher = Fetcher("http://127.0.0.1:1", SECRET)
    await fetcher.open()
    with pytest.raises(ValueError, match="only https"):
        await fetcher.fetch(f"{provider.url}/file")
    await fetcher.close()
    assert provider.seen == []


async def test_redirects_in_a_circle_end(provider: Provider, fetcher: Fetcher) -> None:
    with pytest.raises(ValueError, match="redirects"):
        await fetcher.fetch(f"{provider.url}/circle")


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, LookupError), (429, LookupError), (503, LookupError), (401, ValueError),
     (403, ValueError), (410, ValueError), (204, ValueError)],
)  # fmt: skip
async def test_what_an_answer_means(
    provider: Provider, fetcher: Fetcher, status: int, error: type[Exception]
) -> None:
    with pytest.raises(error, match=str(status)):
        await fetcher.fetch(f"{provider.url}/{status}")


async def test_a_provider_that_is_away_is_asked_again() -> None:
    fetcher = Fetcher("http://127.0.0.1:1", SECRET)
    with pytest.raises(LookupError, match="not open"):
        await fetcher.fetch("http://127.0.0.1:1/x")
    await fetcher.open()
    with pytest.raises(LookupError, match="cannot be reached"):
        await fetcher.fetch("http://127.0.0.1:1/x")
    await fetcher.close()


async def test_the_twilio_connector_fetches_with_its_credentials(provider: Provider) -> None:
    connector = TwilioConnector("AC1", "token", "+15550009", api_url=provider.url)
    await connector.open()
    assert (await content(connector, f"{provider.url}/file"))[1] == 200_000
    await connector.close()
    assert (provider.seen[0][1] or "").startswith("Basic ")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True), ("2606:2800:220:1::1", True), ("127.0.0.1", False),
        ("192.168.1.1", False), ("224.0.0.1", False), ("255.255.255.255", False),
        ("::ffff:93.184.216.34", True), ("::ffff:127.0.0.1", False), ("2002:7f00:1::", False),
        ("64:ff9b::a00:1", False), ("64:ff9b::5db8:d822", True), ("::", False),
    ],
)  # fmt: skip
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(ip_address(address)) is public
