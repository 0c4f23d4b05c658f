"""Errors are problems: they say what to change, and never show our insides."""

import aiohttp
import pytest
from sanic import Blueprint, HTTPResponse, Request
from sanic.exceptions import SanicException, ServiceUnavailable
from sanic.response import text

from bot.domain.records import StoreUnavailable
from tests.web.conftest import BEARER, Call, served


async def test_an_unknown_path(call: Call) -> None:
    status, headers, body = await call("GET", "/api/v1/nothing", token=None)
    assert headers["Content-Type"] == "application/problem+json"
    assert (status, body["status"], body["title"]) == (404, 404, "Not Found")
    assert (body["type"], body["errors"]) == ("about:blank", [])
    assert "/api/v1/nothing" in body["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/api/v1/contacts", "GET"),
        ("POST", "/api/v1/contacts/x", "GET"),
        ("PATCH", "/conversations/x/tracker", "GET"),
        ("POST", "/healthz", "GET, HEAD"),
        ("GET", "/model", "PUT"),
    ],
)
async def test_a_wrong_method(call: Call, method: str, path: str, allowed: str) -> None:
    status, headers, body = await call(method, path)
    assert (status, headers["Allow"], body["status"]) == (405, allowed, 405)
    assert allowed in body["detail"]


async def test_our_own_mistakes_are_told_in_general_words(call: Call) -> None:
    status, headers, body = await call("GET", "/broken")
    assert (status, body["title"]) == (500, "Internal Server Error")
    assert headers["Content-Type"] == "application/problem+json"
    assert "secret" not in str(body)


async def test_too_large(call: Call) -> None:
    status, _, body = await call("POST", "/webhooks/twilio/webhook", data=b"x" * 200_000)
    assert (status, body["status"]) == (413, 413)


async def test_other_errors() -> None:
    async def away(_: Request) -> HTTPResponse:
        raise StoreUnavailable("password=hunter2")

    async def unavailable(_: Request) -> HTTPResponse:
        raise SanicException("internal words", status_code=502)

    async def slow(_: Request) -> HTTPResponse:
        raise ServiceUnavailable("Response Timeout")

    async def teapot(_: Request) -> HTTPResponse:
        raise SanicException("short and stout", status_code=418)

    async def fine(_: Request) -> HTTPResponse:
        return text("fine")

    blueprint = Blueprint("errors")
    for handler in (away, unavailable, slow, teapot, fine):
        blueprint.add_route(handler, f"/{handler.__name__}", name=handler.__name__)
    found = {}
    async with (
        served(blueprint) as url,
        aiohttp.ClientSession(headers=BEARER) as client,
    ):
        for name in ("away", "unavailable", "slow", "teapot"):
            async with client.get(f"{url}/{name}") as answer:
                found[name] = (answer.status, await answer.json(content_type=None))
                assert answer.content_type == "application/problem+json"
                if name == "away":
                    assert int(answer.headers["Retry-After"]) > 0
    assert [status for status, _ in found.values()] == [503, 500, 503, 418]
    assert "hunter2" not in str(found)
    assert "internal words" not in str(found)
    assert found["teapot"][1]["detail"] == "short and stout"
