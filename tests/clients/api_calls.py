"""Calls declared APIs at a fake shop, for tests."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver

from bot.clients.apis import HttpApis
from bot.engine.api_reader import examine
from bot.engine.apis import Api, ApiResult
from tests.fakes.apis import CLIENT, REFRESH, FakeShop

VARIABLES = {
    "SHOP_KEY": "k3y-of-the-shop",
    "SHOP_WORD": "w0rd of the shop",
    "CLIENT_ID": CLIENT[0],
    "CLIENT_SECRET": CLIENT[1],
    "REFRESH_TOKEN": REFRESH,
}
SAVE = {"status": "$.order.status"}


class Caller:
    """Calls what a document declares, at the shop; remembers how long it was to pause."""

    def __init__(
        self, shop: FakeShop, resolver: Callable[[], AbstractResolver], **options: float
    ) -> None:
        self.shop = shop
        self.now = 0.0
        self.pauses: list[float] = []
        self.apis = HttpApis(
            pause=self._pause, clock=lambda: self.now, resolver=resolver, **options
        )

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def api(self, **keys: Any) -> Api:
        document = {
            "url": f"{self.shop.url}/orders/{{order}}",
            "allow_private": True,
            "save": SAVE,
            **keys,
        }
        api, findings = examine(document, "shop", VARIABLES.get)
        assert api is not None, list(map(str, findings))
        return api

    async def __call__(
        self, values: Mapping[str, Any] | None = None, key: str = "turn:1", **keys: Any
    ) -> ApiResult:
        given = {"order": "A1"} if values is None else values
        return await self.apis.call(self.api(**keys), given, {}, key)


@asynccontextmanager
async def calling(
    resolver: Callable[[], AbstractResolver] = aiohttp.ThreadedResolver, **options: float
) -> AsyncIterator[Caller]:
    """A shop, and who calls it."""
    async with FakeShop() as shop:
        caller = Caller(shop, resolver, **options)
        yield caller
        await caller.apis.close()
