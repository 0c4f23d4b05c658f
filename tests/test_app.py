"""What the composition root says of a project before it runs."""

from pathlib import Path

from bot.app import action_runner, examine_flows
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
