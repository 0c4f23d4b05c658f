"""A flow started over HTTP in a real process that is killed: who is written to hears it once."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.e2e.server import OUR_NUMBER, TOKEN, Server, settle_after, until
from tests.fakes.twilio import FakeTwilio

NEW = "+15550123"
SHIPPED = {
    "triggers": [{"manual": True}, {"webhook": ["order-shipped"]}],
    "slots": {"order": {"type": "text"}, "thanks": {"type": "text"}},
    "states": [
        {"name": "SHIPPED",
         "enter": [{"store": "shipments", "key": "{order}", "values": {"order": "{order}"}},
                   {"say": "Your order {order} is on its way."}],
         "states": [{"name": "DONE", "condition": "always", "enter": [{"say": "You are welcome."}]}]}
    ],
}  # fmt: skip


@pytest.fixture
async def fake() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio(seed=2, list_delay=1.0) as it:
        yield it


@pytest.fixture
async def server(starter: Path, fake: FakeTwilio) -> AsyncIterator[Server]:
    settle_after(starter, 2.5)
    (starter / "flows" / "shipped.json").write_text(json.dumps(SHIPPED))
    async with Server(starter, fake) as it:
        fake.settings.webhook = it.url
        yield it


async def post(server: Server, path: str, body: Any, **headers: str) -> tuple[int, Any]:
    sent = {"Authorization": f"Bearer {TOKEN}", **headers}
    async with (
        aiohttp.ClientSession(headers=sent) as client,
        client.post(f"{server.url}/api/v1/{path}", json=body) as answer,
    ):
        return answer.status, await answer.json(content_type=None)


def heard(fake: FakeTwilio) -> list[tuple[str, str, str]]:
    """What the provider took from us: to, from, text."""
    return [
        (str(m["to"]), str(m["from"]), str(m["body"])) for m in fake.books.entries("outbound-api")
    ]


async def test_a_newcomer_is_written_to_once(server: Server, fake: FakeTwilio) -> None:
    body = {"address": f"sms:{NEW}", "slots": {"order": "17"}}
    key = {"Idempotency-Key": "order-17"}
    status, first = await post(server, "flows/shipped/start", body, **key)
    assert status == 202, first
    server.kill()
    server.spawn()
    await server.ready()
    assert await post(server, "flows/shipped/start", body, **key) == (202, first)
    await until(lambda: len(heard(fake)) >= 1, 30, "the message")
    assert heard(fake) == [(NEW, OUR_NUMBER, "Your order 17 is on its way.")]
    await fake.receive(NEW, OUR_NUMBER, "thanks")
    await until(lambda: len(heard(fake)) >= 2, 30, "the reply")
    assert [text for _, _, text in heard(fake)][1:] == ["You are welcome."]
    [contact] = await server.items("contacts")
    [record] = await server.items("records", collection="shipments")
    assert (record["key"], record["values"]) == ("17", {"order": "17"})
    assert record["contact_id"] == contact["id"]
    # Who has opted out is left alone.
    await fake.receive(NEW, OUR_NUMBER, "STOP")
    said = len(heard(fake))
    status, _ = await post(server, "hooks/order-shipped", {**body, "slots": {"order": "18"}})
    assert status == 202

    async def told() -> list[Any]:
        return await server.items("events", type="flow_not_started")

    for _ in range(100):
        if refused := await told():
            break
        await asyncio.sleep(0.1)
    assert refused[0]["data"]["reason"] == "the contact has opted out"
    assert not any("18" in text for _, _, text in heard(fake)[said:])
