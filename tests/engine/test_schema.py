"""The published JSON Schema and the reader describe one language."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

import bot.engine
from bot.engine import reader
from bot.engine.collect_reader import COLLECT_KEYS
from bot.engine.conditions import OPERATORS, SUBJECTS
from bot.engine.flow import SlotType
from bot.engine.say_reader import SAY_KEYS
from bot.engine.slot_types import SLOT_TYPES
from bot.engine.step_reader import PROCESSING
from bot.engine.step_reader import STEPS as READ_STEPS
from bot.engine.trigger_reader import MATCHES
from tests.engine import strategies

SCHEMA = json.loads((Path(bot.engine.__file__).parent / "flow.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
SLOW = settings(
    max_examples=80, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


def reader_accepts(document: Any) -> bool:
    return reader.examine(document, "f")[0] is not None


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def _schemas(node: Any) -> list[dict[str, Any]]:
    below = node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    found = [schema for part in below for schema in _schemas(part)]
    return [*found, node] if isinstance(node, dict) else found


def test_its_examples_are_valid() -> None:
    with_examples = [s for s in _schemas(SCHEMA) if isinstance(s.get("examples"), list)]
    assert len(with_examples) > 20
    for schema in with_examples:
        for example in schema["examples"]:
            Draft202012Validator({**schema, "$defs": SCHEMA["$defs"]}).validate(example)


def test_objects_are_closed_and_described() -> None:
    for name, schema in SCHEMA["$defs"].items():
        assert "description" in schema, name
    for schema in _schemas(SCHEMA):
        if schema.get("type") == "object" and "properties" in schema and "description" in schema:
            assert schema["additionalProperties"] is False, schema["description"]


def test_it_knows_what_the_reader_knows() -> None:
    definitions = SCHEMA["$defs"]
    assert set(definitions["document"]["properties"]) == set(reader.DOCUMENT_KEYS)
    assert set(definitions["state"]["properties"]) == set(reader.STATE_KEYS)
    steps = [definitions.get(s.get("$ref", "")[8:], s) for s in definitions["step"]["anyOf"]]
    assert {s["required"][0] for s in steps if "required" in s} == set(READ_STEPS)
    processed = [definitions.get(s.get("$ref", "")[8:], s) for s in _processed(definitions)]
    assert {s["required"][0] for s in processed if "required" in s} == set(PROCESSING)
    assert set(definitions["collect"]["properties"]) == set(COLLECT_KEYS)
    assert set(definitions["collect"]["properties"]["type"]["enum"]) == set(get_args(SlotType))
    assert set(definitions["say_step"]["properties"]) == set(SAY_KEYS)
    assert set(definitions["slot"]["properties"]["type"]["enum"]) == set(SLOT_TYPES)
    assert set(definitions["trigger"]["properties"]["match"]["enum"]) == set(MATCHES)
    compared = {s["required"][0] for s in definitions["condition"]["anyOf"] if "required" in s}
    assert compared == {*SUBJECTS, "all", "any", "not", "expression"}
    assert set(definitions["operator"]["enum"]) == set(OPERATORS)
    kinds = {kind["required"][0] for kind in definitions["trigger"]["oneOf"]}
    assert kinds == set(reader.TRIGGER_KINDS)


def _processed(definitions: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = definitions["processed"]["anyOf"]
    return found


@SLOW
@given(strategies.documents)
def test_both_accept_every_valid_document(document: Any) -> None:
    flow, findings = reader.examine(document, "f")
    assert flow is not None, findings
    VALIDATOR.validate(document)


@SLOW
@given(strategies.damaged() | strategies.json_values)
def test_what_the_reader_accepts_the_schema_accepts(document: Any) -> None:
    if reader_accepts(document):
        VALIDATOR.validate(document)


def with_enter(step: Any) -> Any:
    return [{"name": "A", "enter": [step]}]


def with_condition(condition: Any) -> Any:
    return [{"name": "A", "states": [{"name": "B", "condition": condition}]}]


def with_key(key: str, value: Any) -> Any:
    return [{"name": "A", key: value}]


def document(**more: Any) -> Any:
    return {"states": [{"name": "A"}], **more}


STEPS: list[Any] = [
        None, 5, "", {}, [], {"sey": "x"}, {"say": 5}, {"say": ""}, {"say": None},
        {"say": "x", "action": "y"}, {"say": "x", "button": []}, {"say": "x", "buttons": "y"},
        {"say": "x", "buttons": [5]}, {"say": "x", "buttons": [{"payload": "y"}]},
        {"say": "x", "buttons": [{"title": "y", "payload": 5}]}, {"say": "x", "media": 5},
        {"say": "x", "media": [""]}, {"say": {}}, {"say": {"response": 5}},
        {"say": {"response": "x", "text": "y"}}, {"action": 5}, {"action": ""}, {"action": None},
        {"set": []}, {"set": "x"}, {"add_tag": 5}, {"add_tag": []}, {"add_tag": ""},
        {"add_tag": [5]}, {"remove_tag": {}}, {"note": 5}, {"email": "x"}, {"email": {}},
        {"email": {"subject": "x"}}, {"email": {"subject": "x", "text": "y", "cc": "z"}},
        {"wait": "soon"}, {"wait": 5}, {"wait": "10"}, {"wait": "-1m"}, {"wait": "1m30s"},
        {"start": True}, {"start": ""}, {"hand_over": False}, {"hand_over": 5}, {"hand_over": ""},
        {"end": False}, {"end": ""}, {"end": None}, {"end": True, "say": "x"},
        {"say": "x", "list": ["y"]}, {"say": "x", "list": {}}, {"say": "x", "list": {"rows": []}},
        {"say": "x", "list": {"rows": [5]}}, {"say": "x", "list": {"rows": ["y"], "title": "z"}},
        {"say": "x", "list": {"rows": ["y"]}, "buttons": ["z"]}, {"say": "", "list": {"rows": ["y"]}},
        {"say": "x", "list": {"rows": [{"description": "y"}]}},
        {"say": "", "location": {}}, {"say": "", "location": {"latitude": 91, "longitude": 0}},
        {"say": "", "location": {"latitude": 1}}, {"say": "", "location": "Oslo"},
        {"say": "", "location": {"latitude": True, "longitude": 0}},
        {"say": "", "template": {}}, {"say": "", "template": {"name": ""}}, {"say": "", "template": "x"},
        {"say": "", "template": {"name": "x", "parameters": "y"}},
        {"call": ""}, {"call": 5}, {"call": "x", "with": []}, {"call": "x", "save": ["y"]},
        {"call": "x", "save": {"y": 5}}, {"call": "x", "error": 5}, {"call": "x", "error": {}},
        {"call": "x", "error": {"goto": ""}}, {"call": "x", "error": {"goto": "A", "say": "y"}},
        {"call": "x", "error": [{"sey": "y"}]}, {"call": "x", "say": "y"}, {"call": "x", "goto": "A"},
        {"processor": ""}, {"processor": "x", "with": 5}, {"processor": "x", "args": {}},
        {"task": 5}, {"task": "x", "with": ["y"]},
        {"store": ""}, {"store": "x"}, {"store": "x", "values": []}, {"store": "x", "values": {}, "key": ""},
        {"set": {"x": {"expression": ""}}}, {"set": {"x": {"expression": 5}}},
]  # fmt: skip
CONDITIONS: list[Any] = [
        None, 5, "", [], {}, {"all": "x"}, {"all": []}, {"any": []}, {"all": [5]},
        {"all": ["x"], "any": ["y"]}, {"not": []}, {"not": None}, {"oops": "x"},
        {"intent": 5}, {"intent": ""}, {"intent": "x", "value": 0.5}, {"intent": "x", "op": "="},
        {"intent": "x", "op": ">="}, {"intent": "x", "op": ">=", "value": "y"},
        {"intent": "x", "op": ">=", "value": 2}, {"intent": "x", "op": ">=", "value": True},
        {"intent": "x", "op": "<", "value": 0.5}, {"intent": "x", "op": "exists", "value": 1},
        {"entity": 5}, {"tag": None}, {"event": []}, {"slot": {}}, {"slot": "x", "tag": "y"},
        {"slot": "x", "oops": 1}, {"slot": "x", "op": "~", "value": 1},
        {"slot": "x", "op": [], "value": 1}, {"slot": "x", "op": None}, {"slot": "x", "op": "="},
        {"slot": "x", "value": None}, {"slot": "x", "value": []}, {"slot": "x", "op": "<"},
        {"slot": "x", "op": "<", "value": True}, {"slot": "x", "op": "exists", "value": False},
        {"slot": "x", "op": "between", "value": 5}, {"slot": "x", "op": "between", "value": [1]},
        {"slot": "x", "op": "between", "value": [1, "z"]},
        {"slot": "x", "op": "between", "value": [False, True]},
        {"slot": "x", "op": "in", "value": "y"}, {"slot": "x", "op": "in", "value": []},
        {"slot": "x", "op": "in", "value": [None]}, {"text": "yes"}, {"text": False},
        {"expression": ""}, {"expression": 5}, {"expression": "true", "op": "exists"},
        {"global": ""}, {"global": 5}, {"global": "x", "op": "<"},
        {"number": 0}, {"number": False}, {"number": "1"}, {"number": 1.5},
]  # fmt: skip
OTHERWISE: list[Any] = [
        {"say": 5}, {"say": ""}, {"say": "x", "enter": []}, {"times": -1}, {"times": "2"},
        {"times": True}, {"then": 5},
]  # fmt: skip
TIMEOUTS: list[Any] = [
        {}, {"goto": "A"}, {"after": 5}, {"after": "soon"}, {"after": "1m", "goto": 5},
        {"after": "1m", "goto": ""}, {"after": "1m", "times": -1},
        {"after": "1m", "say": "x", "enter": []},
]  # fmt: skip
COLLECTS: list[Any] = [
    {},
    {"slot": ""},
    {"slot": 5},
    {"slot": "x", "type": "day"},
    {"slot": "x", "type": []},
    {"slot": "x", "type": "choice"},
    {"slot": "x", "type": "choice", "choices": []},
    {"slot": "x", "min": "1"},
    {"slot": "x", "max": True},
    {"slot": "x", "error": 5},
    {"slot": "x", "attempts": 0},
    {"slot": "x", "attempts": "3"},
    {"slot": "x", "exit_words": [5]},
    {"slot": "x", "pattern": ""},
    {"slot": "x", "pattern": 5},
    {"slot": "x", "field": "y"},
    {"field": ""},
    {"field": 5},
    {"slot": "x", "ask": 5},
    {"slot": "x", "ask": {}},
    {"slot": "x", "min_length": -1},
    {"slot": "x", "max_length": "9"},
    {"slot": "x", "valid": 5},
    {"slot": "x", "min": "2026-01-01"},
    {"slot": "x", "type": "date", "min": 5},
    {"slot": "x", "type": "choice", "choices": [5]},
    {"slot": "x", "type": "choice", "choices": [{"value": "y"}]},
    {"slot": "x", "type": "choice", "choices": [{"label": ""}]},
    {"slot": "x", "type": "choice", "choices": [{"label": "y", "value": 5}]},
    {"slot": "x", "type": "choice", "choices": [{"label": "y", "means": ""}]},
    {"slot": "x", "type": "choice", "choices": [{"label": "y", "words": [5]}]},
    {"slot": "x", "type": "choice", "choices": [{"label": "y", "number": 1}]},
]
PROCESSED: list[Any] = [
        None, 5, "", {}, [5], [""], {"say": "x"}, [{"action": "x"}], {"task": "x"},
        [{"processor": "x", "call": "y"}],
]  # fmt: skip
TRIGGERS: list[Any] = [
        None, 5, {}, {"keyword": True}, {"keyword": []}, {"keyword": ""}, {"keyword": 5},
        {"intent": True}, {"manual": False}, {"keyword": "x", "intent": "y"},
        {"keyword": "x", "match": "like"}, {"intent": "x", "match": "exact"}, {"keyword": "x", "match": None},
        {"schedule": "0 9 * * *"}, {"schedule": True, "audience": "always"},
        {"schedule": [], "audience": "always"}, {"intent": "x", "audience": "always"},
        {"schedule": "0 9 * * *", "audience": 5}, {"manual": True, "time_zone": "Europe/Oslo"},
        {"schedule": "0 9 * * *", "audience": "always", "time_zone": "half past"},
        {"schedule": "0 9 * * *", "audience": "always", "time_zone": None},
        {"keyword": "x", "when": 5}, {"keyword": "x", "interrupt": "no"}, {"key": "x"},
]  # fmt: skip
SLOTS: list[Any] = [
        None, "text", {"type": 5}, {"type": ""}, {"scope": "bot"}, {"scope": []}, {"oops": 1},
        {"type": "strin"}, {"type": []},
]  # fmt: skip
INVARIANTS: list[Any] = [
        None, 5, {}, "x", {"name": "x"}, {"condition": "always"}, {"name": "", "condition": "always"},
        {"name": "x", "condition": 5}, {"name": "x", "condition": "always", "says": "y"},
]  # fmt: skip
MISTAKES: list[Any] = [
    None, 5, "A", [], {}, {"states": []}, {"states": {}}, {"states": [5]}, [[]], [{}],
    [{"name": 5}], [{"name": ""}], [{"name": " "}], [{"name": "@A"}], [{"name": "A", "nme": 1}],
    *[document(**{key: None}) for key in
      ("oops", "flow", "title", "language", "version", "triggers", "slots", "apology", "otherwise",
       "expires_after", "$schema")],
    document(flow=""), document(expires_after="1 hour"), document(expires_after=60),
    *[with_key(key, value) for key in
      ("condition", "enter", "states", "otherwise", "timeout", "collect", "pass")
      for value in (None, 5, {"oops": 1})],
    with_key("pass", "yes"), with_key("states", {}), with_key("states", [{"name": "@"}]),
    *[with_key("states", [{"name": "@B", key: {}}]) for key in ("states", "timeout", "pass")],
    *[with_enter(step) for step in STEPS],
    *[with_condition(condition) for condition in CONDITIONS],
    *[with_key("otherwise", value) for value in OTHERWISE],
    *[with_key("timeout", value) for value in TIMEOUTS],
    *[with_key("collect", value) for value in COLLECTS],
    *[document(triggers=[value]) for value in TRIGGERS],
    *[document(slots={"x": value}) for value in SLOTS],
    *[document(invariants=[value]) for value in INVARIANTS],
    document(invariants={}), document(invariants=None),
    *[with_key(key, value) for key in ("pre", "post") for value in PROCESSED],
    with_key("states", [{"name": "@B", "pre": []}]),
]  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: json.dumps(mistake)[:90])
def test_both_refuse(mistake: Any) -> None:
    assert not reader_accepts(mistake)
    assert not VALIDATOR.is_valid(mistake)
