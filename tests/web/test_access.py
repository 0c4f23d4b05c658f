"""Tokens, scopes, and what works without a token on loopback alone."""

import asyncio
import os
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sanic import Request

from bot.web.access import Tokens, loopback_only, read_or_make_token
from tests.web.conftest import ADMIN, Call

LOCAL = [
    ("POST", "/webhooks/rest/webhook"),
    ("POST", "/webhooks/web/webhook"),
    ("GET", "/phone/"),
    ("GET", "/phone/stream"),
    ("GET", "/metrics"),
]
OPEN = [
    ("GET", "/"),
    ("GET", "/version"),
    ("GET", "/status"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/api/v1/openapi.json"),
    ("POST", "/webhooks/twilio/webhook"),
]
GUARDED = [
    ("GET", "/api/v1/contacts"),
    ("GET", "/domain"),
    ("POST", "/model/parse"),
    ("PUT", "/model"),
    ("GET", "/conversations/x/tracker"),
    ("POST", "/conversations/x/messages"),
    ("GET", "/elsewhere"),
    ("GET", "/elsewhere/"),
]


@pytest.mark.parametrize(("method", "path"), OPEN + LOCAL)
async def test_open_to_a_program_here(call: Call, method: str, path: str) -> None:
    status, _, _ = await call(method, path, token=None)
    assert status == 200


@pytest.mark.parametrize(("method", "path"), OPEN)
async def test_open_to_everyone(call: Call, method: str, path: str) -> None:
    status, _, _ = await call(method, path, token=None, headers={"X-Forwarded-For": "1.2.3.4"})
    assert status == 200


@pytest.mark.parametrize(("method", "path"), GUARDED)
async def test_asks_for_a_token(call: Call, method: str, path: str) -> None:
    status, headers, body = await call(method, path, token=None)
    assert (status, headers["WWW-Authenticate"]) == (401, 'Bearer realm="parley"')
    assert body.get("status") == 401 or body["code"] == 401
    status, headers, _ = await call(method, path, token="wrong")
    assert status == 401
    assert "invalid_token" in headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "1.2.3.4"},
        {"Forwarded": "for=1.2.3.4"},
        {"X-Real-IP": "1.2.3.4"},
        {"X-Forwarded-Host": "chat.example.com"},
        {"Host": "chat.example.com"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
async def test_what_a_proxy_or_a_foreign_page_sends_is_not_from_here(
    call: Call, headers: dict[str, str]
) -> None:
    for method, path in LOCAL:
        status, _, _ = await call(method, path, token=None, headers=headers)
        assert status == 401
        status, _, _ = await call(method, path, token=ADMIN, headers=headers)
        assert status == 200


async def test_a_local_route_asks_for_its_scope_from_elsewhere(call: Call) -> None:
    far = {"X-Real-IP": "1.2.3.4"}
    assert (await call("GET", "/metrics", token="metrics:read", headers=far))[0] == 200
    assert (await call("GET", "/metrics", token="contacts:read", headers=far))[0] == 403


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        (f"/domain?token={ADMIN}", {}, 200),
        ("/domain?token=wrong", {}, 401),
        (f"/api/v1/contacts?token={ADMIN}", {}, 200),
        ("/domain", {"Authorization": f"bearer {ADMIN}"}, 200),
        ("/domain", {"Authorization": f"Basic {ADMIN}"}, 401),
        ("/domain", {"Authorization": "Bearer"}, 401),
        ("/domain", {"Authorization": "Bearer é"}, 401),
    ],
)
async def test_where_the_token_may_stand(
    call: Call, path: str, headers: dict[str, Any], status: int
) -> None:
    assert (await call("GET", path, token=None, headers=headers))[0] == status


async def test_the_body_of_a_parse_may_carry_the_token(call: Call) -> None:
    body = {"text": "hi", "token": ADMIN}
    assert (await call("POST", "/model/parse", token=None, json=body))[0] == 200
    others: list[Any] = [{"text": "hi", "token": "\ud800"}, {"text": "hi", "token": 5}, [], "x"]
    for wrong in others:
        assert (await call("POST", "/model/parse", token=None, json=wrong))[0] == 401
    path = "/conversations/x/messages"
    assert (await call("POST", path, token=None, json={**body, "sender": "user"}))[0] == 401


async def test_a_missing_scope_is_named(call: Call) -> None:
    status, headers, body = await call("GET", "/api/v1/contacts", token="messages:read")
    assert status == 403
    assert "contacts:read" in body["detail"]
    assert 'scope="contacts:read"' in headers["WWW-Authenticate"]
    assert (await call("GET", "/api/v1/messages", token="messages:read"))[0] == 200
    status, _, body = await call("GET", "/domain", token="messages:read")
    assert (status, body["reason"], body["code"]) == (403, "NotAuthorized", 403)


async def test_an_empty_admin_token_opens_nothing() -> None:
    assert await Tokens("").scopes("") is None


def test_a_token_is_not_shown() -> None:
    assert ADMIN not in repr(Tokens(ADMIN))


def request_from(ip: str, **headers: str) -> Request:
    made: Any = SimpleNamespace(ip=ip, headers=headers)
    found: Request = made
    return found


@pytest.mark.parametrize(
    ("ip", "host", "local"),
    [
        ("127.0.0.1", "127.0.0.1:5005", True),
        ("127.8.0.1", "localhost", True),
        ("::1", "[::1]:5005", True),
        ("::ffff:127.0.0.1", "bot.localhost:80", True),
        ("127.0.0.1", "0.0.0.0:5005", True),
        ("127.0.0.1", "localhost.evil.example", False),
        ("127.0.0.1", "", False),
        ("10.0.0.1", "localhost", False),
        ("::ffff:10.0.0.1", "localhost", False),
        ("", "localhost", False),
        ("0.0.0.0", "localhost", False),  # noqa: S104 - nobody's address
    ],
)
def test_loopback(ip: str, host: str, local: bool) -> None:
    assert loopback_only(request_from(ip, host=host)) is local


def test_the_token_file_is_private_from_its_first_moment(tmp_path: Path) -> None:
    path = tmp_path / "var" / "admin-token"
    before = os.umask(0)
    try:
        token = read_or_make_token(path)
    finally:
        os.umask(before)
    assert len(token) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_or_make_token(path) == token
    assert list(path.parent.iterdir()) == [path]


def test_a_token_file_that_others_could_read_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "admin-token"
    path.write_text("mine\n")
    path.chmod(0o644)
    assert read_or_make_token(path) == "mine"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_empty_token_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t").touch()
    with pytest.raises(ValueError, match="is empty"):
        read_or_make_token(tmp_path / "t")


async def test_all_who_start_at_once_get_the_same_token(tmp_path: Path) -> None:
    made = await asyncio.gather(
        *(asyncio.to_thread(read_or_make_token, tmp_path / "t") for _ in range(20))
    )
    assert len(set(made)) == 1
