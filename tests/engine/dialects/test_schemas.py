"""The published schemas of the dialects and their translators describe the same."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

import bot.engine
from bot.engine.dialects.native import DOCUMENT_KEYS
from bot.engine.dialects.pages_reader import OPTION_KEYS, PAGE_KEYS, PAGE_TYPES
from bot.engine.dialects.steps_reader import MESSAGE_KEYS, STEP_KEYS
from bot.engine.flow import SlotType
from bot.engine.reader import examine
from tests.engine.dialects.strategies import damaged, pages_documents, steps_documents

ENGINE = Path(bot.engine.__file__).parent
SLOW = settings(
    max_examples=40, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


def resource(path: Path) -> Resource[Any]:
    return Resource.from_contents(json.loads(path.read_text(encoding="utf-8")))


FLOW = resource(ENGINE / "flow.schema.json")
FILES = {name: ENGINE / "dialects" / f"{name}.schema.json" for name in ("pages", "steps")}
SCHEMAS = {name: json.loads(path.read_text(encoding="utf-8")) for name, path in FILES.items()}
# As an editor finds them: by the paths of the files.
REGISTRY: Registry[Any] = Registry().with_resources(
    [
        ((ENGINE / "flow.schema.json").as_uri(), FLOW),
        ("urn:parley:flow", FLOW),
        *((path.as_uri(), resource(path)) for path in FILES.values()),
    ]
)
VALIDATORS = {
    name: Draft202012Validator({"$ref": path.as_uri()}, registry=REGISTRY)
    for name, path in FILES.items()
}


def both(name: str, document: Any) -> tuple[bool, bool]:
    """Whether the translator accepts, and whether the schema does."""
    return examine(document, "f")[0] is not None, VALIDATORS[name].is_valid(document)


@pytest.mark.parametrize("name", FILES)
def test_they_are_schemas_with_valid_examples(name: str) -> None:
    schema = SCHEMAS[name]
    Draft202012Validator.check_schema(schema)
    assert all(both(name, example) == (True, True) for example in schema["examples"])
    for part, definition in schema["$defs"].items():
        assert definition["description"], part
        reference = {"$ref": f"{FILES[name].as_uri()}#/$defs/{part}"}
        for example in definition["examples"]:
            Draft202012Validator(reference, registry=REGISTRY).validate(example)


def test_they_know_what_the_translators_know() -> None:
    pages, steps = SCHEMAS["pages"], SCHEMAS["steps"]
    assert set(pages["properties"]) == {*DOCUMENT_KEYS, "pages", "back_words"}
    assert set(pages["$defs"]["page"]["properties"]) == set(PAGE_KEYS)
    assert set(pages["$defs"]["page"]["properties"]["pageType"]["enum"]) == set(PAGE_TYPES)
    assert set(pages["$defs"]["option"]["properties"]) == set(OPTION_KEYS)
    assert set(steps["properties"]) == {*DOCUMENT_KEYS, "trigger", "steps"}
    assert set(steps["$defs"]["step"]["properties"]) == set(STEP_KEYS)
    assert set(steps["$defs"]["step"]["properties"]["type"]["enum"]) == set(get_args(SlotType))
    assert set(steps["$defs"]["message"]["anyOf"][2]["properties"]) == set(MESSAGE_KEYS)


@SLOW
@given(pages_documents())
def test_both_accept_valid_pages(document: Any) -> None:
    VALIDATORS["pages"].validate(document)
    assert both("pages", document) == (True, True)


@SLOW
@given(steps_documents())
def test_both_accept_valid_steps(document: Any) -> None:
    VALIDATORS["steps"].validate(document)
    assert both("steps", document) == (True, True)


@SLOW
@given(damaged(pages_documents()))
def test_what_the_translator_accepts_of_pages_the_schema_accepts(document: Any) -> None:
    if isinstance(document, dict) and "pages" in document and examine(document, "f")[0]:
        VALIDATORS["pages"].validate(document)


@SLOW
@given(damaged(steps_documents()))
def test_what_the_translator_accepts_of_steps_the_schema_accepts(document: Any) -> None:
    if isinstance(document, dict) and "pages" not in document and examine(document, "f")[0]:
        VALIDATORS["steps"].validate(document)


PAGE = {"title": "A", "pageType": "text", "message": "x"}
ASKING = {"title": "A", "pageType": "collect", "message": "x", "fieldName": "y", "next_page": "A"}
OPTION = {"numberOnScreen": 1, "label": "x", "next_page": "A"}
CHOOSING = {"title": "A", "pageType": "options", "message": "x", "options": [OPTION]}
CALLING = {"title": "A", "pageType": "apiCall", "task": "api:x", "next_page": "B"}
WRONG_PAGES: list[Any] = [
    None, 5, [], {}, {**PAGE, "title": 5}, {**PAGE, "title": " "}, {**PAGE, "title": "@A"},
    {**PAGE, "pageType": "texts"}, {**PAGE, "message": None}, {**PAGE, "message": 5},
    {**PAGE, "content": {"english": "x"}}, {**PAGE, "extra": 1}, {**PAGE, "fieldName": "x"},
    {**PAGE, "options": [OPTION]}, {**PAGE, "isInitialScreen": "yes"}, {**PAGE, "prev": 5},
    {**PAGE, "isToPerfomTask": True}, {**PAGE, "task": "api:x"}, {**PAGE, "error_page": "A"},
    {**ASKING, "fieldName": None}, {**ASKING, "fieldName": 5}, {**ASKING, "next_page": ""},
    {**CHOOSING, "options": []}, {**CHOOSING, "options": "x"}, {**CHOOSING, "options": [5]},
    {**CHOOSING, "options": [{**OPTION, "next_page": None}]},
    {**CHOOSING, "options": [{**OPTION, "numberOnScreen": "one"}]},
    {**CHOOSING, "options": [{**OPTION, "numberOnScreen": 1000}]},
    {**CHOOSING, "options": [{**OPTION, "numberOnScreen": True}]},
    {**CHOOSING, "options": [{**OPTION, "label": ""}]},
    {**CHOOSING, "options": [{**OPTION, "label": 5}]},
    {**CHOOSING, "options": [{**OPTION, "lable": "x"}]},
    {**CALLING, "task": "api: "}, {**CALLING, "task": None}, {**CALLING, "next_page": None},
]  # fmt: skip


@pytest.mark.parametrize("page", WRONG_PAGES, ids=json.dumps)
def test_both_refuse_wrong_pages(page: Any) -> None:
    other = {**PAGE, "title": "B"}
    assert both("pages", {"pages": [page, other]}) == (False, False)


@pytest.mark.parametrize(
    "more", [{"pages": []}, {"pages": 5}, {"back_words": []}, {"x": 1}, {"slots": 5}, {"title": 5}]
)
def test_both_refuse_wrong_documents_of_pages(more: Any) -> None:
    assert both("pages", {"pages": [PAGE], **more}) == (False, False)


STEP = {"message": "x", "variable": "y"}
WRONG_STEPS: list[Any] = [
    None, 5, [], {**STEP, "id": 5}, {**STEP, "id": "@x"}, {**STEP, "message": 5},
    {**STEP, "message": ""}, {**STEP, "message": {}}, {**STEP, "message": {"text": ""}},
    {**STEP, "message": {"text": "x", "button": []}}, {**STEP, "message": {"english": "x"}},
    {**STEP, "message": {"text": "x", "buttons": ["y"], "list": {"button": "z", "rows": ["y"]}}},
    {**STEP, "variable": 5}, {**STEP, "type": "txet"}, {"variable": "y"},
    {"message": "x", "type": "text"}, {"message": "x", "min": 1}, {"message": "x", "pattern": "y"},
    {**STEP, "error": 5}, {**STEP, "attempts": 0}, {**STEP, "exit_words": [5]},
    {**STEP, "min": []}, {**STEP, "pattern": 5}, {**STEP, "pre_processors": 5},
    {**STEP, "post_processors": [{"say": "x"}]}, {**STEP, "end": False},
    {**STEP, "end": True, "next": "end"}, {**STEP, "next": 5}, {**STEP, "next": ""},
    {**STEP, "next": {}}, {**STEP, "next": {"x": 5}}, {**STEP, "next": {" ": "end"}},
    {**STEP, "next": []}, {**STEP, "next": [{}]}, {**STEP, "next": [{"goto": 5}]},
    {**STEP, "next": [{"when": 5, "goto": "end"}]},
    {**STEP, "next": [{"when": {"slto": "x"}, "goto": "end"}]},
    {"next": {"x": "end"}}, {**STEP, "nxt": "end"},
]  # fmt: skip


@pytest.mark.parametrize("step", WRONG_STEPS, ids=json.dumps)
def test_both_refuse_wrong_steps(step: Any) -> None:
    assert both("steps", {"trigger": "go", "steps": [step]}) == (False, False)


@pytest.mark.parametrize(
    "more",
    [{"steps": []}, {"steps": 5}, {"trigger": 5}, {"trigger": []}, {"trigger": {"keywrd": "x"}},
     {"trigger": ""}, {"x": 1}, {"slots": 5}],
)  # fmt: skip
def test_both_refuse_wrong_documents_of_steps(more: Any) -> None:
    assert both("steps", {"trigger": "go", "steps": [STEP], **more}) == (False, False)


def test_the_shipped_examples_are_valid() -> None:
    for name, file in (("pages", "membership.json"), ("steps", "pizza.json")):
        document = json.loads((ENGINE.parents[1] / "flows" / file).read_text(encoding="utf-8"))
        assert both(name, document) == (True, True)
