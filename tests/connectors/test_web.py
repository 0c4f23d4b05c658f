"""The phone page's channel."""

from typing import Any

import aiohttp
import pytest

from connectors.channel import OutboundMessage, Sent, conversation_id
from connectors.web import WebConnector
from tests.connectors.conftest import Serve

PHONE = {"channel": "sms", "number": "+15550001", "text": "hi"}


async def test_takes_a_message(serve: Serve, client: aiohttp.ClientSession) -> None:
    host = await serve(WebConnector())
    body = {**PHONE, "message_id": "m-1", "payload": "/yes"}
    async with client.post(f"{host.url}/webhooks/web/webhook", json=body) as answer:
        thread = conversation_id("web", "web:phone", "web:sms:+15550001")
        assert answer.status == 202
        assert await answer.json() == {"conversation_id": thread, "message_id": "m-1"}
    [message] = host.messages
    assert (message.connector, message.address) == ("web", "web:sms:+15550001")
    assert (message.text, message.payload, message.provider_id) == ("hi", "/yes", "m-1")
    assert not message.wait


async def test_makes_an_id_where_the_page_gives_none(
    serve: Serve, client: aiohttp.ClientSession
) -> None:
    host = await serve(WebConnector())
    for _ in range(2):
        async with client.post(f"{host.url}/webhooks/web/webhook", json=PHONE) as answer:
            assert (await answer.json())["message_id"] == host.messages[-1].provider_id
    assert len({message.provider_id for message in host.messages}) == 2


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"number": "5550001"}, "number", "Write the number with + and its country code"),
        ({"number": "+1 555 0001"}, "number", "Write the number with +"),
        ({"number": "+1234567890123456"}, "number", "Write the number with +"),
        ({"number": "+١٥٥٥٠٠٠١"}, "number", "Write the number with +"),
        ({"number": 15550001}, "number", "string"),
        ({"channel": "fax"}, "channel", "'sms' or 'whatsapp'"),
        ({"text": None}, "text", "string"),
        ({"message_id": "x" * 256}, "message_id", "255"),
    ],
)
async def test_a_wrong_field_is_named(
    serve: Serve, client: aiohttp.ClientSession, change: dict[str, Any], field: str, words: str
) -> None:
    host = await serve(WebConnector())
    url = f"{host.url}/webhooks/web/webhook"
    async with client.post(url, json={**PHONE, **change}) as answer:
        problem = await answer.json(content_type="application/problem+json")
    assert answer.status == 400
    [error] = problem["errors"]
    assert error["field"] == field
    assert words in error["detail"]
    assert not host.stored


async def test_what_cannot_be_stored_is_503(serve: Serve, client: aiohttp.ClientSession) -> None:
    host = await serve(WebConnector())
    host.fill_disk()
    async with client.post(f"{host.url}/webhooks/web/webhook", json=PHONE) as answer:
        assert answer.status == 503


async def test_nothing_goes_to_a_provider() -> None:
    message = OutboundMessage("m1", "web", "web:sms:+15550001", "web:phone", "hi")
    assert await WebConnector.from_credentials({}).send(message) == Sent("m1", "delivered")
