"""Calls from a flow, through all services: whatever the server does, the conversation goes on."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.engine.api_reader import examine
from bot.engine.apis import Api
from bot.services.contact_turns import ContactTurns
from bot.services.hub import Hub
from bot.services.turns import Bot, Turns
from bot.store.locks import MemoryLocks
from bot.store.memory import MemoryStore
from connectors.channel import conversation_id
from tests.clients.api_calls import Caller, calling
from tests.fakes.apis import FakeShop
from tests.services.world import RESPONSES, Contended, Reader, World

FLOWS = Path(__file__).resolve().parents[2] / "flows"
FLOW = json.loads((FLOWS / "parcel.json").read_text())
CALL = json.loads((FLOWS / "apis" / "parcel.json").read_text())
NUMBER = "A1234"
PATH = f"GET /orders/{NUMBER}/parcel"


@pytest.fixture
async def call() -> AsyncIterator[Caller]:
    async with calling() as it:
        it.shop.orders["parcel"] = CALL["sample"]
        yield it


@pytest.fixture
def shop(call: Caller) -> FakeShop:
    return call.shop


def parcel(shop: FakeShop, **keys: Any) -> Api:
    document = {**CALL, "allow_private": True, **keys}
    api, findings = examine(document, "parcel", {"PARCEL_API_URL": shop.url}.get)
    assert api is not None, findings
    return api


async def opened(call: Caller, api: Api, store: MemoryStore | None = None) -> World:
    """The services, with the shipped flow and its call at the fake shop."""
    reader = Reader({"yes": ("affirm", 0.9), "no": ("deny", 0.9)})
    world = await World(reader=reader, store=store).open(parcel=FLOW)
    world.flows.apis = {api.name: api}
    turns = Turns(
        store=world.store, reader=world.reader, runner=world.runner, flows=world.flows,
        bot=Bot(RESPONSES, {}, None, frozenset(), frozenset()), ids=world.ids, clock=world.clock,
        conversation_key=conversation_id, apis=call.apis,
    )  # fmt: skip
    world.contact_turns = ContactTurns(
        world.store, MemoryLocks(), turns, world.deliveries, Hub(), world.ids, world.clock,
        world.inbox, world.figures,
    )  # fmt: skip
    return world


async def asked(world: World) -> list[str]:
    """What is said to somebody who asks for the parcel of an order."""
    await world.says("parcel")
    return await world.says(NUMBER)


async def test_the_answer_is_told(call: Caller, shop: FakeShop) -> None:
    world = await opened(call, parcel(shop))
    said = await asked(world)
    assert said == [
        f"The parcel of your order {NUMBER} was last seen in Oslo. "
        "It should be with you on 2026-05-04."
    ]
    assert shop.paths() == [PATH]
    [event] = await world.events("api_called")
    assert event.data["name"] == "parcel"
    assert (event.data["status"], event.data["attempts"]) == (200, 1)
    assert event.data["url"] == f"{shop.url}/orders/{NUMBER}/parcel"
    assert "failed" not in event.data


FAILURES = {
    "late": "timeout", "slow": "timeout", "html": "not_json", "500": "status",
    "endless": "too_large", "bomb": "too_large", "401": "auth", "half": "unreachable",
    "to http://169.254.169.254/": "refused",
}  # fmt: skip


@pytest.mark.parametrize("fault", FAILURES)
async def test_the_error_branch_is_taken(call: Caller, shop: FakeShop, fault: str) -> None:
    shop.faults.extend([fault] * 4)
    world = await opened(call, parcel(shop, timeout="0.3s" if fault in ("late", "slow") else "20s"))
    [said] = await asked(world)
    assert said.startswith("I cannot look up parcels at the moment.")
    [session] = await world.sessions()
    assert (session.status, session.state) == ("active", "NOT_REACHED")
    assert session.slots["call_error"] == FAILURES[fault]
    [event] = await world.events("api_called")
    assert event.data["failed"] == FAILURES[fault]
    # The session is alive: the next answer is heard.
    [said] = await world.says("yes")
    assert said.startswith("A colleague will look")


async def test_an_expired_token_that_is_not_renewed(call: Caller, shop: FakeShop) -> None:
    shop.token_fault = "400"
    auth = {
        "oauth2": {"token_url": f"{shop.url}/token", "client_id": "me", "client_secret": "${X:-x}"}
    }
    world = await opened(call, parcel(shop, auth=auth))
    [said] = await asked(world)
    assert said.startswith("I cannot look up parcels")
    assert (await world.sessions())[0].slots["call_error"] == "auth"


async def test_after_a_failure_a_good_answer_clears_it(call: Caller, shop: FakeShop) -> None:
    shop.faults.append("500")
    world = await opened(call, parcel(shop))
    await asked(world)
    await world.says("no")
    [said] = await asked(world)
    assert "Oslo" in said
    assert (await world.sessions())[-1].slots.get("call_error") is None


async def test_a_turn_that_is_taken_again_does_not_call_again(call: Caller, shop: FakeShop) -> None:
    store = Contended()
    world = await opened(call, parcel(shop), store)
    await world.says("parcel")
    store.losses = 1
    [said] = await world.says(NUMBER)
    assert "Oslo" in said
    assert shop.paths() == [PATH]
