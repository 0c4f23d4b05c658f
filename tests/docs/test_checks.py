"""The page on the checker: every code has an example there that yields it."""

import json
import re
from collections.abc import Iterator

import pytest

from bot.engine.apis import Api
from bot.engine.checker import Project, check
from bot.engine.checks.codes import CODES
from bot.engine.reader import read_flow
from tests.docs.reading import ROOT

PAGE = (ROOT / "docs/checks.md").read_text(encoding="utf-8")
PROJECT = Project(
    actions=frozenset(),
    processors=frozenset(),
    tasks=frozenset(),
    intents=frozenset({"affirm", "opt_out"}),
    zones=frozenset({"Europe/Oslo"}),
    apis={"weather": Api("weather", "1", frozenset({"city"}), frozenset({"sky"}))},
)
MADE = {"message-too-long": [[{"name": "A", "enter": [{"say": "word " * 400}]}]]}
_SECTION = re.compile(r"^### (\S+)\n(.*?)(?=^##)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```json flow\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECTIONS = {match.group(1): match.group(2) for match in _SECTION.finditer(PAGE)}


def _examples(code: str) -> Iterator[object]:
    yield from MADE.get(code, ())
    yield from (json.loads(block) for block in _BLOCK.findall(SECTIONS[code]))


def test_the_page_has_all_codes_and_no_others() -> None:
    assert list(SECTIONS) == list(CODES)


@pytest.mark.parametrize("code", CODES)
def test_each_example_yields_its_finding(code: str) -> None:
    flows = [read_flow(document, f"example{i}") for i, document in enumerate(_examples(code))]
    findings = check(flows, PROJECT)
    assert {finding.code for finding in findings} == {code}
    assert {finding.severity for finding in findings} == {CODES[code].severity}
    assert CODES[code].severity.capitalize() + "." in SECTIONS[code]


def test_the_examples_are_short() -> None:
    assert all(len(block) < 700 for block in _BLOCK.findall(PAGE))
