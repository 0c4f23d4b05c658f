"""The shipped flows of pages and of steps through the services, with their real Python functions."""

import json
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.clients.actions_http import HttpActions
from bot.clients.actions_in_process import InProcessActions
from tests.clients.conftest import serve
from tests.flows.driver import DOMAIN, ROOT
from tests.services.world import Reader, World

READER = Reader({"yes": ("affirm", 1.0), "no": ("deny", 1.0)})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from serve(ROOT, "actions", tmp_path_factory.mktemp("server") / "log")


@pytest.fixture(params=["in_process", "http"])
async def runner(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Any]:
    monkeypatch.setattr(sys, "path", list(sys.path))
    made: Any = (
        InProcessActions("actions", Path(ROOT), DOMAIN)
        if request.param == "in_process"
        else HttpActions(request.getfixturevalue("server"), DOMAIN)
    )
    yield made
    await made.close()


async def opened(runner: Any, name: str) -> World:
    definition = json.loads((Path(ROOT) / "flows" / f"{name}.json").read_text(encoding="utf-8"))
    return await World(runner=runner, reader=READER).open(**{name: definition})


async def test_a_contact_joins_by_pages(runner: Any) -> None:
    world = await opened(runner, "membership")
    *_, asked = await world.says("tennis")
    assert asked == "What is your first name?"
    await world.says("Ann")
    assert await world.says("back") == ["What is your first name?"]
    assert (await world.contact()).fields["first_name"] == "Ann"
    assert await world.says("Anna") == ["How old are you, Anna?"]
    await world.says("17")
    [confirm] = await world.says("1")
    assert confirm.startswith("Full membership is 120 EUR a year.\nShall we sign you up, Anna?")
    *_, done = await world.says("1")
    assert done == "You are a member now, Anna.\nSee you on court!"
    contact = await world.contact()
    assert contact.tags == {"member"}
    assert (await world.types()).count("task_ran") == 2
    assert "action_failed" not in await world.types()


async def test_an_order_is_taken_by_steps(runner: Any) -> None:
    world = await opened(runner, "pizza")
    await world.says("order pizza")
    assert await world.says("Diavola") == ["How many of them?"]
    await world.says("3")
    assert await world.says("!!") == ["What name is the order for?"]
    await world.says("ann lee")
    assert await world.says("park") == ["That is no postcode. One looks like SW1A 1AA."]
    [confirm] = await world.says("m11ae")
    assert confirm == "3 x Diavola to M1 1AE for Ann Lee: 33.00 GBP. Is that right?"
    [session] = await world.sessions()
    assert session.registry == {"free_delivery": True}
    assert await world.says("yes") == ["Thank you, Ann Lee! It will be there in 40 minutes."]
    [session] = await world.sessions()
    assert (session.status, session.registry) == ("ended", {})


async def test_a_function_that_fails_leaves_the_session_where_it_was(runner: Any) -> None:
    definition = {
        "trigger": "go",
        "apology": "Sorry.",
        "steps": [
            {"message": "Country?", "variable": "country"},
            {"message": "Postcode?", "variable": "code", "post_processors": [
                {"processor": "normalise_postcode", "with": {"country": "{country}"}}]},
        ],
    }  # fmt: skip
    world = await World(runner=runner, reader=READER).open(f=definition)
    await world.says("go")
    await world.says("Nowhere")
    assert await world.says("1234") == ["Sorry."]
    [session] = await world.sessions()
    assert (session.status, session.state) == ("active", "step 2")
    [failed] = await world.events("action_failed")
    assert failed.data["name"] == "normalise_postcode"
    assert "KeyError: 'Nowhere'" in failed.data["reason"]
