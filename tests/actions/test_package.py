"""The shipped package runs alike in process and on a rasa-sdk server, as the domain lists it."""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.clients.actions_http import HttpActions
from bot.clients.actions_in_process import InProcessActions
from tests.clients.conftest import Runner, serve
from tests.clients.test_runners import tracker
from tests.flows.driver import DOMAIN, ROOT


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from serve(ROOT, "actions", tmp_path_factory.mktemp("server") / "log")


@pytest.fixture(params=["in_process", "http"])
async def runner(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Runner]:
    monkeypatch.setattr(sys, "path", list(sys.path))
    made: Runner = (
        InProcessActions("actions", Path(ROOT), DOMAIN)
        if request.param == "in_process"
        else HttpActions(request.getfixturevalue("server"), DOMAIN)
    )
    yield made
    await made.close()


async def test_the_domain_lists_its_actions(runner: Runner) -> None:
    assert await runner.names() == set(DOMAIN["actions"])


async def test_its_conditions_are_found(runner: Runner) -> None:
    assert await runner.conditions() == {"has_enough_readings", "is_low_repeatedly"}
    assert await runner.ask(["is_low_repeatedly"], tracker()) == {"is_low_repeatedly": False}


async def test_a_contact_is_greeted(runner: Runner) -> None:
    seen = tracker()
    seen["latest_message"]["entities"] = [{"entity": "name", "value": "Mike"}]
    result = await runner.run("optin.greet_user_create_task", seen, "k")
    assert result.responses[0]["first_name"] == "Mike"
    assert {e.get("name"): e.get("value") for e in result.events}["tags"] == ["opted_in"]
