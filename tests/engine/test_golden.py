"""Whole conversations as data: a flow, what is given, the inputs, and all that comes of them."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from bot.engine.commands import Command
from bot.engine.events import ActionReturned
from bot.engine.facts import ResponseText
from tests.engine.conftest import Golden
from tests.engine.driver import Conversation, reading

CASES = sorted((Path(__file__).parent / "golden").glob("*.json"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_golden(path: Path, golden: Golden) -> None:
    case = json.loads(path.read_text())
    talk = _conversation(case)
    found = []
    for given in case["inputs"]:
        _input(talk, given)
        found.append(
            {
                "commands": [_written(command) for command in talk.commands],
                "session": json.loads(json.dumps(talk.session.to_json())),
            }
        )
    golden(path, found)


def test_there_are_cases() -> None:
    assert len(CASES) >= 10


def _conversation(case: dict[str, Any]) -> Conversation:
    given = case.get("given", {})
    return Conversation(
        case["flow"],
        name="golden",
        actions=_outside(given, "actions"),
        functions=_outside(given, "functions"),
        apis=_outside(given, "apis"),
        responses={
            name: [ResponseText(**text) for text in texts]
            for name, texts in given.get("responses", {}).items()
        },
        answers=given.get("answers"),
        fields=given.get("fields"),
        tags=given.get("tags", ()),
        channel=given.get("channel", ""),
    )


def _outside(given: dict[str, Any], kind: str) -> dict[str, ActionReturned]:
    return {name: ActionReturned(**answer) for name, answer in given.get(kind, {}).items()}


def _input(talk: Conversation, given: dict[str, Any]) -> None:
    match given:
        case {"timer": name}:
            talk.fires(name)
        case {"start": True}:
            talk.begin()
        case {"start": text}:
            talk.begin(reading(text))
        case {"text": text, **parse}:
            entities = parse.get("entities", {})
            talk.says(text, parse.get("intent"), parse.get("confidence", 1.0), **entities)
        case _:
            raise AssertionError(f"no input: {given}")


def _written(command: Command) -> dict[str, Any]:
    """A command without the fields that say nothing."""
    fields = {
        part.name: value
        for part in dataclasses.fields(command)
        if (value := getattr(command, part.name)) not in (None, "", ())
    }
    written: dict[str, Any] = json.loads(json.dumps({type(command).__name__: fields}))
    return written
