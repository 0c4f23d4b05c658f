"""A project of its own for conversation tests, and what becomes of them when they are played."""

import asyncio
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.cli.conversations.coverage import Coverage, FlowCoverage
from bot.cli.conversations.playing import Outcome, play
from bot.cli.conversations.reading import read_file
from bot.cli.conversations.stage import open_stage
from bot.cli.init import PARTS
from bot.settings import load
from tests.conftest import ROOT

SURVEY: Mapping[str, Any] = {
    "flow": "survey",
    "triggers": [{"keyword": ["survey"], "when": {"not": {"tag": "asked"}}}],
    "expires_after": "1d",
    "slots": {"score": {"type": "text"}},
    "states": [
        {
            "name": "ASK",
            "enter": [{"say": "How was it, 1 to 5?", "buttons": ["1", "5"]}],
            "timeout": {"after": "1h", "say": "Still there?", "times": 1, "goto": "GONE"},
            "states": [
                {
                    "name": "GOOD",
                    "condition": {"number": True, "op": ">=", "value": 4},
                    "enter": [
                        {"set": {"score": "{text}"}},
                        {"say": "Great!"},
                        {"say": "See you, {first_name}."},
                        {"add_tag": "happy"},
                        {"store": "feedback", "values": {"score": "{text}"}},
                        {"email": {"subject": "A {text}", "text": "from {phone}"}},
                    ],
                },
                {
                    "name": "BAD",
                    "condition": {"all": [{"number": True, "op": "<", "value": 4}, "has_enough_readings"]},
                    "enter": ["optin.ask_name", {"hand_over": "unhappy"}],
                },
                {
                    "name": "SKY",
                    "condition": {"text": True, "op": "contains", "value": "sky"},
                    "enter": [{"call": "weather"}, {"say": "It is {sky}, {globals.name}."}],
                },
                {"name": "YES", "condition": "is_user_reply_yes", "enter": [{"say": "Yes to what?"}]},
                {
                    "name": "NAMED",
                    "condition": {"entity": "name"},
                    "enter": [{"wait": "10m"}, {"say": "Hello, and good night."}],
                },
            ],
        },
        {"name": "GONE", "enter": [{"say": "Bye."}, {"end": "silence"}]},
    ],
}  # fmt: skip
WEATHER = {"url": "https://weather.example.org/now", "save": {"sky": "$.sky"}}


def own_project(folder: Path, model: Path) -> Path:
    """What `parley init` makes, with the survey for its only flow."""
    for part in PARTS:
        source = ROOT / part
        if part == "flows":
            continue
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, folder / part)
    shutil.copytree(model, folder / "var" / "models")
    config = (folder / "config.yml").read_text("utf-8")
    (folder / "config.yml").write_text(config.replace("default_flow: optin", ""), "utf-8")
    (folder / "flows" / "apis").mkdir(parents=True)
    (folder / "flows" / "survey.json").write_text(json.dumps(SURVEY), "utf-8")
    (folder / "flows" / "apis" / "weather.json").write_text(json.dumps(WEATHER), "utf-8")
    return folder


def all_played(
    project: Path, text: str, *, to_the_end: bool = False
) -> tuple[dict[str, Outcome], Sequence[FlowCoverage]]:
    """The outcomes by name, and what was reached."""
    path = project / "flows" / "own.test.yml"
    path.write_text(text, "utf-8")
    conversations, findings = read_file(path, "flows/own.test.yml")
    assert not findings

    async def everything() -> tuple[dict[str, Outcome], Sequence[FlowCoverage]]:
        stage = await open_stage(load(project, {}))
        coverage = Coverage(stage.parts.flows.current)
        stage.parts.contact_turns.turns.seen = coverage.seen
        try:
            outcomes = {
                it.name: await play(stage, it, to_the_end=to_the_end, watch=coverage.watch)
                for it in conversations
            }
            return outcomes, coverage.all()
        finally:
            await stage.close()

    return asyncio.run(everything())
