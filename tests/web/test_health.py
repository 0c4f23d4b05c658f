"""Alive, ready, and figures."""

import asyncio

import aiohttp
import pytest

from bot.domain.records import StoreUnavailable
from bot.store.memory import MemoryStore
from bot.web import health as health_module
from bot.web.health import Health, health_blueprint
from tests.web.conftest import Call, Web, served


class BrokenStore(MemoryStore):
    """A database that is away."""

    async def ping(self) -> None:
        raise StoreUnavailable("no route to db.internal")

    async def counts(self) -> dict[str, int]:
        raise StoreUnavailable("no route to db.internal")


async def test_alive_and_ready(call: Call) -> None:
    assert (await call("GET", "/healthz", token=None))[2] == {"status": "alive"}
    assert (await call("GET", "/readyz", token=None))[2] == {"status": "ready"}


async def test_figures(call: Call, web: Web) -> None:
    assert web.health is not None
    await web.arrive("waits")
    web.health.metrics.received("twilio")
    web.health.metrics.turn("message", 0.02)
    web.health.metrics.sent("twilio", "accepted")
    web.health.metrics.action("answered")
    status, headers, body = await call("GET", "/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=")
    for line in (
        'parley_backlog{kind="pending_inbound"} 1.0',
        'parley_backlog{kind="unsettled_outbound"} 0.0',
        'parley_messages_received_total{connector="twilio"} 1.0',
        'parley_turn_seconds_count{cause="message"} 1.0',
        'parley_sends_total{connector="twilio",status="accepted"} 1.0',
        'parley_actions_total{outcome="answered"} 1.0',
        "parley_store_up 1.0",
    ):
        assert line in body


async def test_names_what_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_module, "CHECK_SECONDS", 0.05)

    async def hangs() -> None:
        await asyncio.sleep(60)

    async def works() -> None:
        return None

    health = Health(BrokenStore(), checks={"redis": hangs, "mail": works})
    async with served(health_blueprint(health)) as url, aiohttp.ClientSession() as client:
        async with client.get(f"{url}/readyz") as answer:
            body = await answer.json(content_type=None)
            assert (answer.status, answer.content_type) == (503, "application/problem+json")
        assert [error["field"] for error in body["errors"]] == ["database", "redis"]
        assert "internal" not in str(body)
        async with client.get(f"{url}/healthz") as answer:
            assert answer.status == 200
        async with client.get(f"{url}/metrics") as answer:
            figures = await answer.text()
    assert "parley_store_up 0.0" in figures
    assert "parley_backlog{" not in figures
