"""OAuth 2: one token for many calls, a new one when it is no longer good."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.engine.apis import ApiResult
from tests.clients.api_calls import Caller, calling
from tests.fakes.apis import FakeShop


@pytest.fixture
async def call() -> AsyncIterator[Caller]:
    async with calling() as it:
        yield it


@pytest.fixture
def shop(call: Caller) -> FakeShop:
    return call.shop


async def secured(call: Caller, key: str = "turn:1", **keys: Any) -> ApiResult:
    """A call that needs a token; `keys` are of oauth2."""
    oauth2 = {
        "grant": "client_credentials",
        "token_url": f"{call.shop.url}/token",
        "client_id": "${CLIENT_ID}",
        "client_secret": "${CLIENT_SECRET}",
        **keys,
    }
    return await call(key=key, url=f"{call.shop.url}/secured/A1", auth={"oauth2": oauth2})


TOKEN, ORDER = "POST /token", "GET /secured/A1"


@pytest.mark.parametrize("client_in", ["header", "form"])
async def test_a_token_is_fetched_and_kept(call: Caller, shop: FakeShop, client_in: str) -> None:
    for _ in range(2):
        result = await secured(call, client_in=client_in, scope="orders")
        assert result.slots == {"status": "sent"}
    assert shop.paths() == [TOKEN, ORDER, ORDER]
    assert b"scope=orders" in shop.seen[0].body
    assert (b"client_secret" in shop.seen[0].body) == (client_in == "form")


async def test_many_calls_wait_for_one_token(call: Caller, shop: FakeShop) -> None:
    results = await asyncio.gather(*(secured(call, f"turn:{i}") for i in range(50)))
    assert all(result.slots == {"status": "sent"} for result in results)
    assert shop.paths().count(TOKEN) == 1


async def test_a_token_at_its_end_is_not_used(call: Caller, shop: FakeShop) -> None:
    shop.expires_in = 100
    await secured(call)
    call.now = 69.0
    await secured(call)
    assert shop.paths().count(TOKEN) == 1
    call.now = 71.0
    await secured(call)
    assert shop.paths().count(TOKEN) == 2


@pytest.mark.parametrize("said", [None, "soon", -5, "60"])
async def test_an_end_that_says_nothing(call: Caller, shop: FakeShop, said: Any) -> None:
    shop.expires_in = said
    assert (await secured(call)).slots == {"status": "sent"}


async def test_a_token_that_is_refused_is_fetched_anew_once(call: Caller, shop: FakeShop) -> None:
    await secured(call)
    shop.good_tokens.clear()
    result = await secured(call)
    assert result.slots == {"status": "sent"}
    assert result.shown["attempts"] == 2
    assert shop.paths() == [TOKEN, ORDER, ORDER, TOKEN, ORDER]


async def test_a_new_token_that_is_refused_too(call: Caller, shop: FakeShop) -> None:
    shop.faults.extend(["401", "401"])
    result = await secured(call)
    assert result.failed == "auth"
    assert shop.paths() == [TOKEN, ORDER, TOKEN, ORDER]


@pytest.mark.parametrize(
    "fault", ["401", "500", "html", "endless", "bomb", "list", "empty", "hang up", "to /elsewhere"]
)
async def test_no_token(call: Caller, shop: FakeShop, fault: str) -> None:
    shop.token_fault = fault
    result = await secured(call)
    assert result.failed == "auth"
    assert ORDER not in shop.paths()
    shop.token_fault = None
    assert (await secured(call)).slots == {"status": "sent"}


async def test_a_wrong_secret(call: Caller, shop: FakeShop) -> None:
    result = await secured(call, client_secret="${SHOP_WORD}")
    assert result.failed == "auth"
    assert result.shown["reason"] == "no token: its server answers 401"
    assert "w0rd" not in str(result)


async def test_a_refresh_token(call: Caller, shop: FakeShop) -> None:
    shop.rotate = True
    keys = {"grant": "refresh_token", "refresh_token": "${REFRESH_TOKEN}"}
    assert (await secured(call, **keys)).slots == {"status": "sent"}
    shop.good_tokens.clear()
    assert (await secured(call, **keys)).slots == {"status": "sent"}
    assert [b"refresh-1" in seen.body for seen in shop.seen if seen.path == "/token"] == [
        True,
        False,
    ]


async def test_a_call_that_is_given_up_leaves_the_token_to_others(
    call: Caller, shop: FakeShop
) -> None:
    first = asyncio.create_task(secured(call))
    second = asyncio.create_task(secured(call, "turn:2"))
    await shop.arrived.wait()
    first.cancel()
    assert (await second).slots == {"status": "sent"}
    assert shop.paths().count(TOKEN) == 1


async def test_tokens_come_from_the_internet_too(call: Caller, shop: FakeShop) -> None:
    oauth2 = {
        "token_url": f"{shop.url}/token",
        "client_id": "${CLIENT_ID}",
        "client_secret": "${CLIENT_SECRET}",
    }
    result = await call(
        url="https://shop.example/", auth={"oauth2": oauth2}, allow_private=False, save={}
    )
    assert result.failed == "refused"
    assert shop.seen == []


async def test_the_token_is_shown_nowhere(call: Caller, shop: FakeShop) -> None:
    assert "token-1" not in str(await secured(call))
    api = call.api(auth={"bearer": "${SHOP_KEY}"})
    assert "k3y" not in repr(api)
