"""What the composition root says of a project before it runs."""

import json
from pathlib import Path

import pytest

from bot.app import action_runner, examine_flows, open_parts
from bot.engine.findings import DefinitionInvalid
from bot.settings import load


async def test_a_default_flow_that_cannot_be_read_is_told_of_once(starter: Path) -> None:
    flow = starter / "flows" / "optin.json"
    flow.write_text(flow.read_text().replace('"times"', '"tmes"'))
    assert await errors(starter) == [("flows/optin.json", "unknown-key")]


async def test_a_default_flow_that_is_nowhere_is_told_of(starter: Path) -> None:
    (starter / "flows" / "optin.json").unlink()
    assert await errors(starter) == [("config.yml", "unknown-flow")]


async def errors(project: Path) -> list[tuple[str, str]]:
    """File and code of each error that is found."""
    settings = load(project, {})
    runner = action_runner(settings)
    try:
        _, findings = await examine_flows(settings, runner)
    finally:
        await runner.close()
    return [(it.file, it.code) for it in findings if it.severity == "error"]


async def test_all_that_is_published_is_examined(starter: Path) -> None:
    flows = starter / "flows"
    (flows / "apis").mkdir(exist_ok=True)
    (flows / "apis" / "weather.json").write_text('{"method": "GET"}')
    (flows / "_globals.json").write_text('{"two words": 1}')
    (flows / "_draft.json").write_text("{")
    (flows / "other.test.yml").write_text("{")
    found = await errors(starter)
    assert {file for file, _ in found} == {"flows/apis/weather.json", "flows/_globals.json"}


async def test_flows_may_name_what_is_there(starter: Path) -> None:
    (starter / "flows" / "_globals.json").write_text('{"open": true}')
    said = {"enter": {"say": "Open: {globals.open}"}, "name": "A",
            "states": [{"name": "B", "condition": {"global": "open", "op": "=", "value": True}}]}  # fmt: skip
    (starter / "flows" / "hours.json").write_text(json.dumps([said]))
    assert await errors(starter) == []


async def test_a_worker_takes_what_is_published_whatever_its_files_say(starter: Path) -> None:
    settings = load(starter, {})
    parts = await open_parts(settings)
    published = {name: flow.version for name, flow in parts.flows.current.items()}
    await parts.close()
    (starter / "flows" / "optin.json").write_text("{")
    with pytest.raises(DefinitionInvalid):
        await open_parts(settings)
    worker = await open_parts(settings, publishes=False)
    assert {name: flow.version for name, flow in worker.flows.current.items()} == published
    await worker.close()


async def test_a_worker_that_is_first_publishes(starter: Path) -> None:
    worker = await open_parts(load(starter, {}), publishes=False)
    assert "optin" in worker.flows.current
    assert await worker.store.newest_number() == 1
    await worker.close()
