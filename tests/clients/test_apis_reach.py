"""No declared call reaches into the house, whichever way its address is written or found."""

import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bot.clients.api_connections import NotPublic, Sent, check, following, public_socket
from tests.clients.api_calls import Caller, calling
from tests.fakes.apis import FakeShop


@pytest.fixture
async def call() -> AsyncIterator[Caller]:
    async with calling() as it:
        yield it


@pytest.fixture
def shop(call: Caller) -> FakeShop:
    return call.shop


WRITINGS = [
    "127.0.0.1", "localhost", "LOCALHOST", "2130706433", "0x7f000001", "0x7f.0.0.1",
    "0177.0.0.1", "127.1", "127.0.1", "127.0.0.1.", "0", "0.0.0.0", "[::1]", "[::]",  # noqa: S104
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]", "127.0.0.2",
]  # fmt: skip


@pytest.mark.parametrize("host", WRITINGS)
async def test_loopback_is_refused_however_it_is_written(
    call: Caller, shop: FakeShop, host: str
) -> None:
    port = URL(shop.url).port
    result = await call(url=f"http://{host}:{port}/orders/A1", allow_private=False, retries=2)
    assert result.failed == "refused"
    assert result.shown["attempts"] == 1
    assert shop.seen == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_with_leave_it_is_reached(call: Caller, shop: FakeShop, host: str) -> None:
    port = URL(shop.url).port
    result = await call(url=f"http://{host}:{port}/orders/A1", allow_private=True)
    assert result.slots == {"status": "sent"}


async def test_a_connection_that_one_api_may_have_is_not_another_s(
    call: Caller, shop: FakeShop
) -> None:
    port = URL(shop.url).port
    url = f"http://localhost:{port}/orders/A1"
    assert (await call(url=url, allow_private=True)).failed is None
    assert (await call(url=url, allow_private=False)).failed == "refused"
    assert len(shop.seen) == 1


class Inside(AbstractResolver):
    """A name server of somebody else's, who points a name of his at our house."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        addresses = {"private.example": "10.0.0.1", "cloud.example": "169.254.169.254"}
        found = addresses.get(host, "127.0.0.1")
        return [
            ResolveResult(
                hostname=host, host=found, port=port, family=socket.AF_INET, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        pass


@pytest.mark.parametrize("name", ["shop.example", "private.example", "cloud.example"])
async def test_a_name_that_leads_inside(name: str) -> None:
    async with calling(Inside) as call:
        port = URL(call.shop.url).port
        result = await call(url=f"http://{name}:{port}/orders/A1", allow_private=False)
        assert result.failed == "refused"
        assert call.shop.seen == []


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "127.1"])
def test_no_socket_is_made_for_an_address_inside(address: str) -> None:
    with pytest.raises(NotPublic):
        public_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, 80)))
    public_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("8.8.8.8", 80))).close()


# Redirects.


async def test_redirects_within_the_server(call: Caller, shop: FakeShop) -> None:
    shop.faults.extend(["to /orders/A1", f"to {shop.url}/orders/A1", "307 A1"])
    auth = {"key": {"header": "X-Key", "value": "${SHOP_KEY}"}}
    assert (await call(auth=auth)).slots == {"status": "sent"}
    assert [seen.headers.get("X-Key") for seen in shop.seen] == ["k3y-of-the-shop"] * 4


async def test_no_more_than_three_redirects(call: Caller, shop: FakeShop) -> None:
    shop.faults.extend(["to /orders/A1"] * 4)
    result = await call(retries=2)
    assert (result.failed, result.shown["status"]) == ("status", 302)
    assert len(shop.seen) == 4


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "http://[::1]/",
        "http://2852039166/", "//192.168.0.1/", "file:///etc/passwd",
        "ftp://example.com/", "gopher://127.0.0.1/", "http://user:word@example.com/",
        "javascript:alert(1)", "http://[::ffff:10.0.0.1]/", "http://0300.0250.0.1/",
    ],
)  # fmt: skip
async def test_a_redirect_that_leads_inside(call: Caller, shop: FakeShop, target: str) -> None:
    shop.faults.append(f"to {target}")
    result = await call(retries=2)
    assert result.failed == "refused"
    assert len(shop.seen) == 1


async def test_leave_holds_for_the_named_server_alone(call: Caller, shop: FakeShop) -> None:
    async with FakeShop() as other:
        shop.faults.append(f"to {other.url}/orders/A1")
        assert (await call()).failed == "refused"
        assert other.seen == []


SENT = Sent(
    "POST",
    URL("https://shop.example/orders"),
    {"authorization": "Bearer t", "accept": "a", "x-key": "k", "idempotency-key": "i"},
    b"{}",
)


def test_another_host_gets_no_credentials() -> None:
    moved = following(SENT, 303, "https://other.example/x")
    assert moved == Sent("GET", URL("https://other.example/x"), {"accept": "a"})


@pytest.mark.parametrize(
    "location", ["https://other.example/", "https://shop.example:8443/", "http://shop.example/"]
)
def test_another_host_gets_no_body(location: str) -> None:
    with pytest.raises(NotPublic):
        following(SENT, 307, location)


def test_the_same_server_gets_all_again() -> None:
    moved = following(SENT, 308, "/elsewhere")
    assert moved == Sent("POST", URL("https://shop.example/elsewhere"), SENT.headers, b"{}")


@pytest.mark.parametrize("url", ["https:///x", "ws://example.com/", "https://u@example.com/"])
def test_addresses_that_nobody_may_have(url: str) -> None:
    with pytest.raises((NotPublic, ValueError)):
        check(URL(url), private=True)
