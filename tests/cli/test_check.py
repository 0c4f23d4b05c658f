"""parley check as a user runs it: three formats, exit codes, and conversations that can be played."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from bot.cli.failing import show
from bot.cli.findings.conversations import conversation, write
from bot.cli.findings.formats import as_json, as_sarif
from bot.cli.findings.telling import lines_of
from bot.engine.findings import Finding
from tests.cli.commands import parley
from tests.conftest import ROOT

FINDING = Finding(
    "shadowed", "warning", "/0/states/1", "never taken", "put it first", "flows/my flow.json", 7,
    (
        {"contact": {"tags": ["vip"]}}, {"conditions": {"is_open": True}},
        {"actions": {"work": {}}}, {"apis": {"sky": {"fails": "timeout"}}}, {"start": "f"},
        {"user": "yes", "intent": "affirm"}, {"after": "24h"}, {"user": "7", "intent": "nlu_fallback"},
        {"state": "B"}, {"ended": "completed"},
    ),
)  # fmt: skip
PLAIN = Finding("json-syntax", "error", "", "not valid JSON", file="flows/x.json")


def test_a_transcript_is_told_in_words() -> None:
    assert list(lines_of(FINDING.transcript)) == [
        "a contact with tags: vip",
        "the condition is_open says yes",
        "actions that do nothing: work",
        "the API sky fails",
        "the flow f starts",
        "you: yes (intent affirm)",
        "24h pass",
        "you: 7",
        "now in B",
        "ended: completed",
    ]


def test_a_finding_is_shown_with_place_cure_and_transcript() -> None:
    console = Console(record=True, width=200)
    show(console, FINDING)
    text = console.export_text()
    assert text.startswith("warning flows/my flow.json:7 shadowed at /0/states/1: never taken\n")
    assert "put it first" in text
    assert "        you: yes (intent affirm)\n        24h pass\n" in text


def test_a_transcript_becomes_a_conversation(tmp_path: Path) -> None:
    assert conversation(FINDING) == {
        "name": "shadowed: never taken",
        "contact": {"tags": ["vip"]},
        "conditions": {"is_open": True},
        "actions": {"work": {}},
        "apis": {"sky": {"fails": "timeout"}},
        "flow": "f",
        "steps": [dict(step) for step in FINDING.transcript[5:]],
    }
    (tmp_path / "old-shadowed-1.finding.yml").write_text("old")
    paths = write(tmp_path, [FINDING, PLAIN, FINDING])
    assert [path.name for path in paths] == [
        "my-flow-shadowed-1.finding.yml", "my-flow-shadowed-2.finding.yml",
    ]  # fmt: skip
    assert sorted(tmp_path.iterdir()) == paths
    assert yaml.safe_load(paths[0].read_text()) == {"conversations": [conversation(FINDING)]}


def test_findings_as_json() -> None:
    first, second = json.loads(as_json([FINDING, PLAIN]))
    assert first["transcript"] == [dict(step) for step in FINDING.transcript]
    assert {key: value for key, value in second.items() if value} == {
        "code": "json-syntax", "severity": "error", "file": "flows/x.json",
        "reason": "not valid JSON",
    }  # fmt: skip


def test_findings_as_sarif() -> None:
    log = json.loads(as_sarif([FINDING, PLAIN]))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == ["json-syntax", "shadowed"]
    warning, error = run["results"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["message"]["text"]
    assert (warning["level"], error["level"]) == ("warning", "error")
    place = warning["locations"][0]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "flows/my%20flow.json"}, "region": {"startLine": 7},
    }  # fmt: skip
    assert place["logicalLocations"] == [{"fullyQualifiedName": "/0/states/1"}]
    (thread,) = warning["codeFlows"][0]["threadFlows"]
    said = [step["location"]["message"]["text"] for step in thread["locations"]]
    assert said == list(lines_of(FINDING.transcript))
    assert "codeFlows" not in error
    assert "region" not in error["locations"][0]["physicalLocation"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one doubtful flow, and what ships beside it."""
    for name in ("config.yml", "domain.yml", "credentials.yml", "endpoints.yml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    for name in ("actions", "nlu"):
        shutil.copytree(ROOT / name, tmp_path / name)
    config = (tmp_path / "config.yml").read_text().replace("default_flow: optin", "")
    (tmp_path / "config.yml").write_text(config)
    (tmp_path / "flows").mkdir()
    _flow(tmp_path, [{"number": True, "op": "<", "value": 9}, {"number": True, "value": 3}])
    return tmp_path


def _flow(project: Path, conditions: list[Any]) -> None:
    states = [{"name": f"S{i}", "condition": c} for i, c in enumerate(conditions)]
    (project / "flows/size.json").write_text(json.dumps([{"name": "A", "states": states}]))


def test_a_warning_is_no_failure_and_its_conversation_is_written(project: Path) -> None:
    done = parley(project, "check", "--transcripts", "found")
    assert done.returncode == 0, done.stdout
    assert "shadowed at /0/states/1" in done.stdout
    assert "        you: 3\n        now in S0\n" in done.stdout
    assert "parley shell --replay found/size-shadowed-1.finding.yml" in done.stdout
    assert (project / "found/size-shadowed-1.finding.yml").exists()


def test_an_error_is_a_failure_in_every_format(project: Path) -> None:
    _flow(project, ["is_user_reply_yess"])
    for form in ("text", "json", "sarif"):
        done = parley(project, "check", "--format", form)
        assert done.returncode == 1
        assert "unknown-condition" in done.stdout
        if form != "text":
            assert json.loads(done.stdout)
