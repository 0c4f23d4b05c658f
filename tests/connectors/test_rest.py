"""The REST channel speaks as Rasa's does."""

import json
from typing import Any

import aiohttp
import pytest

from connectors.channel import (
    Button,
    Location,
    Media,
    Menu,
    OutboundMessage,
    Row,
    Sent,
    Template,
)
from connectors.rest import RestConnector
from tests.connectors.conftest import Serve


def reply(**content: Any) -> OutboundMessage:
    return OutboundMessage("m1", "rest", "rest:ann", "rest:bot", **content)


REPLIES = [
    reply(text="Hello"),
    reply(text="Pick", buttons=(Button("Yes", "/affirm"), Button("No"))),
    reply(media=(Media("https://example.com/a.jpg", "image/jpeg"), Media("https://e.com/b"))),
    reply(media=(Media("https://example.com/a.pdf", "application/pdf"),)),
    reply(custom={"a": 1}),
    reply(text="Which?", menu=Menu((Row("Tea", "tea", "green"), Row("Coffee")), "Choose")),
    reply(text="Here", location=Location(59.9, 10.7, "Our shop")),
    reply(text="Hi Ann", template=Template("reminder", "en", ("Ann",))),
    reply(template=Template("reminder")),
]
RASA = [
    {"recipient_id": "ann", "text": "Hello"},
    {
        "recipient_id": "ann",
        "text": "Pick",
        "buttons": [{"title": "Yes", "payload": "/affirm"}, {"title": "No", "payload": "No"}],
    },
    {"recipient_id": "ann", "image": "https://example.com/a.jpg"},
    {"recipient_id": "ann", "image": "https://e.com/b"},
    {"recipient_id": "ann", "attachment": "https://example.com/a.pdf"},
    {"recipient_id": "ann", "custom": {"a": 1}},
    {
        "recipient_id": "ann",
        "text": "Which?",
        "buttons": [{"title": "Tea", "payload": "tea"}, {"title": "Coffee", "payload": "Coffee"}],
    },
    {"recipient_id": "ann", "text": "Here"},
    {
        "recipient_id": "ann",
        "custom": {"location": {"latitude": 59.9, "longitude": 10.7, "name": "Our shop"}},
    },
    {"recipient_id": "ann", "text": "Hi Ann"},
    {"recipient_id": "ann", "custom": {"template": {"name": "reminder"}}},
]


async def test_answers_the_replies_in_rasas_shape(
    serve: Serve, client: aiohttp.ClientSession
) -> None:
    host = await serve(RestConnector())
    host.replies = REPLIES
    body = {"sender": "ann", "message": "hi\x00", "metadata": {"lang": "en", "message_id": "7"}}
    async with client.post(f"{host.url}/webhooks/rest/webhook", json=body) as answer:
        assert (answer.status, await answer.json()) == (200, RASA)
    [message] = host.messages
    assert message.wait
    assert (message.address, message.sender, message.text) == ("rest:ann", "rest:bot", "hi")
    assert (message.conversation_id, message.provider_id) == ("ann", "ann:7")
    assert message.metadata == {"lang": "en", "message_id": "7"}


async def test_streams_one_reply_a_line(serve: Serve, client: aiohttp.ClientSession) -> None:
    host = await serve(RestConnector())
    host.replies = REPLIES
    url = f"{host.url}/webhooks/rest/webhook?stream=true"
    async with client.post(url, json={"sender": "ann", "message": "hi"}) as answer:
        lines = (await answer.text()).splitlines()
        assert answer.content_type == "text/event-stream"
    assert [json.loads(line) for line in lines] == RASA


@pytest.mark.parametrize("sender", [{}, {"sender": None}, {"sender": ""}])
async def test_a_missing_sender_is_rasas_default(
    serve: Serve, client: aiohttp.ClientSession, sender: dict[str, str]
) -> None:
    host = await serve(RestConnector())
    url = f"{host.url}/webhooks/rest/webhook"
    async with client.post(url, json={"message": "hi", "input_channel": "x", **sender}) as answer:
        assert await answer.json() == []
    assert host.messages[0].conversation_id == "default"
    assert host.messages[0].metadata == {"input_channel": "x"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"sender": "ann"}', "message"),
        (b'{"message": null}', "message"),
        (b'{"message": 5}', "message"),
        (b'{"message": "hi", "sender": 5}', "sender"),
        (b'{"message": "hi", "sender": "%s"}' % (b"x" * 256), "sender"),
        (b'{"message": "hi", "metadata": []}', "metadata"),
        (b'{"message": "hi", "metadata": {"message_id": 5}}', "metadata.message_id"),
        (b'{"message": "hi", "metadata": {"a": NaN}}', None),
        (b'{"message": "hi", "metadata": {"a": 1e999}}', None),
        (b"[" * 100_000, None),
        (b"[]", None),
        (b"", None),
        (b"\xff", None),
    ],
)
async def test_a_wrong_body_is_told_by_field(
    serve: Serve, client: aiohttp.ClientSession, body: bytes, field: str | None
) -> None:
    host = await serve(RestConnector())
    async with client.post(f"{host.url}/webhooks/rest/webhook", data=body) as answer:
        problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, problem["status"]) == (400, 400)
    assert [error["field"] for error in problem["errors"]] == ([field] if field else [])
    assert not host.stored


async def test_what_cannot_be_stored_is_503(serve: Serve, client: aiohttp.ClientSession) -> None:
    host = await serve(RestConnector())
    host.fill_disk()
    async with client.post(f"{host.url}/webhooks/rest/webhook", json={"message": "hi"}) as answer:
        assert answer.status == 503


async def test_health(serve: Serve, client: aiohttp.ClientSession) -> None:
    host = await serve(RestConnector())
    async with client.get(f"{host.url}/webhooks/rest/") as answer:
        assert await answer.json() == {"status": "ok"}


async def test_a_reply_counts_as_delivered() -> None:
    assert await RestConnector().send(reply(text="x")) == Sent("m1", "delivered")
    assert await RestConnector().find(reply(text="x"), 0) == []


def test_takes_no_keys() -> None:
    assert RestConnector.from_credentials(None).name() == "rest"
    with pytest.raises(ValueError, match="rest: unknown key 'user'"):
        RestConnector.from_credentials({"user": "x"})
