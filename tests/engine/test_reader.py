"""Mistakes in documents: what is said, where, and in which line."""

import json
import time
from typing import Any

import pytest

from bot.engine.durations import duration
from bot.engine.findings import DefinitionInvalid, Finding, line_of, load_json, located, nearest
from bot.engine.reader import content_hash, examine, read_flow
from bot.engine.reading import (
    DEEPEST_CONDITION,
    DEEPEST_NESTING,
    LARGEST_DOCUMENT,
    MOST_FINDINGS,
)


def found(text: str) -> list[tuple[str, str, int | None]]:
    """Code, place and line of the findings in a JSON text."""
    try:
        findings = examine(load_json(text, "f.json"), "f")[1]
    except DefinitionInvalid as error:
        findings = list(error.findings)
    return [(f.code, f.place, f.line) for f in located(findings, "f.json", text)]


@pytest.mark.parametrize(
    ("text", "code", "place", "line"),
    [
        ("[\n{", "json-syntax", "", 2),
        ('[{"name": "A",\n "name": "B"}]', "json-key", "", 1),
        ('[{"name": NaN}]', "json-key", "", 1),
        ('[{"name": "A",\n "$comment": 1e999}]', "wrong-type", "/0/$comment", 2),
        ('[{"name": "A",\n "$comment": "\\u0000"}]', "wrong-text", "/0/$comment", 2),
        ('[{"name": "\\ud800"}]', "wrong-text", "/0/name", 1),
        ("5", "wrong-type", "", 1),
        ("[]", "no-states", "", 1),
        ('{"flow": "x"}', "no-states", "", 1),
        ('{"flow": "x",\n"states": []}', "no-states", "/states", 2),
        ('[{"name": "A"},\n 5]', "wrong-type", "/1", 2),
        ('[\n{"nmae": "A"}]', "no-name", "/0", 2),
        ('[{"name":\n 5}]', "no-name", "/0/name", 2),
        ('[{"name": "A",\n "emter": []}]', "unknown-key", "/0/emter", 2),
        ('[{"name": "A"},\n{"name":\n"A"}]', "duplicate-name", "/1/name", 3),
        ('[{"name":\n "@A"}]', "link-at-top", "/0/name", 2),
        ('[{"name": "A", "states": [\n{"name": "@"}]}]', "wrong-link", "/0/states/0/name", 2),
        ('[{"name": "A", "states": [{"name": "@A",\n"pass": true}]}]',
         "link-with-content", "/0/states/0/pass", 2),
        ('[{"name": "A", "states": [{"name":\n"@B"}]}]',
         "undefined-link", "/0/states/0/name", 2),
        ('[{"name": "A", "states": [{"name": "B"}, {"name":\n"@B"}]}]',
         "nested-link", "/0/states/1/name", 2),
        ('[{"name": "A", "timeout": {"after": "1m",\n"goto": "B"}}]',
         "undefined-link", "/0/timeout/goto", 2),
        ('[{"name": "A", "enter": ["x",\n{"sya": "y"}]}]', "unknown-step", "/0/enter/1", 2),
        ('[{"name": "A", "enter":\n{}}]', "unknown-step", "/0/enter", 2),
        ('[{"name": "A", "enter":\n5}]', "wrong-step", "/0/enter", 2),
        ('[{"name": "A", "enter": {"say":\n"Hi {name"}}]', "wrong-template", "/0/enter/say", 2),
        ('[{"name": "A", "enter": {"say":\n" "}}]', "empty-text", "/0/enter/say", 2),
        ('[{"name": "A", "enter": [{"wait":\n"soon"}]}]',
         "wrong-duration", "/0/enter/0/wait", 2),
        ('[{"name": "A", "enter": [{"wait":\n"999w"}]}]',
         "wrong-duration", "/0/enter/0/wait", 2),
        ('[{"name": "A", "enter": [{"add_tag":\n5}]}]', "wrong-type", "/0/enter/0/add_tag", 2),
        ('[{"name": "A", "enter": [{"add_tag": ["x",\n5]}]}]',
         "wrong-type", "/0/enter/0/add_tag/1", 2),
        ('[{"name": "A", "enter": [{"add_tag":\n[]}]}]',
         "empty-list", "/0/enter/0/add_tag", 2),
        ('[{"name": "A", "enter": [{"email":\n{"text": "x"}}]}]',
         "wrong-step", "/0/enter/0/email", 2),
        ('[{"name": "A", "otherwise": {"say":\n"{"}}]',
         "wrong-template", "/0/otherwise/say", 2),
        ('[{"name": "A", "otherwise": {"enter": "x",\n"say": "y"}}]',
         "say-and-enter", "/0/otherwise/say", 2),
        ('[{"name": "A", "otherwise": {"times":\n-1}}]',
         "wrong-number", "/0/otherwise/times", 2),
        ('[{"name": "A",\n"timeout": {}}]', "no-duration", "/0/timeout", 2),
        ('[{"name": "A", "timeout": {"after":\n"0s"}}]',
         "wrong-duration", "/0/timeout/after", 2),
        ('[{"name": "A",\n"collect": {"type": "text"}}]', "no-slot", "/0/collect", 2),
        ('[{"name": "A", "collect": {"slot": "x",\n"type": "int"}}]',
         "unknown-type", "/0/collect/type", 2),
        ('[{"name": "A",\n"collect": {"slot": "x", "type": "choice"}}]',
         "no-choices", "/0/collect", 2),
        ('[{"name": "A", "collect": {"slot": "x", "min": 9,\n"max": 1}}]',
         "wrong-number", "/0/collect/max", 2),
        ('[{"name": "A", "collect": {"slot": "x", "attempts":\ntrue}}]',
         "wrong-type", "/0/collect/attempts", 2),
        ('{"states": [{"name": "A"}], "triggers": [\n{"keyword": "x", "intent": "y"}]}',
         "wrong-trigger", "/triggers/0", 2),
        ('{"states": [{"name": "A"}], "slots": {"a/b": {\n"scope": "x"}}}',
         "unknown-scope", "/slots/a~1b/scope", 2),
        ('{"states": [{"name": "A"}],\n"apology": "{"}', "wrong-template", "/apology", 2),
        ('{"states": [{"name": "A"}],\n"flow": " "}', "empty-text", "/flow", 2),
        ('[{"name": "A", "condition":\n5}]', "wrong-condition", "/0/condition", 2),
        ('[{"name": "A", "condition": {"all":\n[]}}]',
         "empty-list", "/0/condition/all", 2),
        ('[{"name": "A", "condition": {"any": ["x",\n{"tga": "y"}]}}]',
         "wrong-condition", "/0/condition/any/1", 2),
        ('[{"name": "A", "condition": {"slot": "x",\n"op": "=>", "value": 1}}]',
         "unknown-operator", "/0/condition/op", 2),
        ('[{"name": "A", "condition": {"slot": "x",\n"op": ["="]}}]',
         "unknown-operator", "/0/condition/op", 2),
        ('[{"name": "A", "condition": {"text":\n"yes"}}]',
         "wrong-type", "/0/condition/text", 2),
        ('[{"name": "A", "condition": {"intent": "x",\n"op": ">=", "value": "y"}}]',
         "wrong-condition", "/0/condition/op", 2),
        ('[{"name": "A", "condition": {"slot": "x", "op": "between",\n"value": [9, 1]}}]',
         "wrong-number", "/0/condition/value", 2),
    ],
)  # fmt: skip
def test_one_mistake(text: str, code: str, place: str, line: int) -> None:
    assert found(text) == [(code, place, line)]


def test_a_misspelt_link_is_told_the_nearest_state() -> None:
    document = [{"name": "A", "states": [{"name": "@SECND"}]}, {"name": "SECOND"}]
    _, findings = examine(document, "f")
    assert findings[0].cure.startswith("did you mean 'SECOND'? Or define")


def test_all_mistakes_are_found_at_once() -> None:
    text = '[{"name": "A", "enter": 5},\n{"name": "B", "oops": 1,\n"pass": 2}]'
    assert [code for code, _, _ in found(text)] == ["wrong-step", "unknown-key", "wrong-type"]


def test_a_finding_says_file_line_reason_and_cure() -> None:
    text = '[{"name": "A",\n "emter": []}]'
    (finding,) = located(examine(json.loads(text), "f")[1], "flows/f.json", text)
    assert str(finding) == (
        "flows/f.json:2: error unknown-key at /0/emter: unknown key 'emter' (did you mean 'enter'?)"
    )


def nested(depth: int) -> list[dict[str, Any]]:
    states: list[dict[str, Any]] = []
    for number in range(depth, 0, -1):
        states = [{"name": f"S{number}", "states": states}]
    return states


def test_states_nest_to_a_limit() -> None:
    assert examine(nested(DEEPEST_NESTING - 1), "f")[1] == []
    assert [f.code for f in examine(nested(DEEPEST_NESTING), "f")[1]] == ["too-deep"]
    assert [f.code for f in examine(nested(5000), "f")[1]] == ["too-deep"]


def test_conditions_nest_to_a_limit() -> None:
    condition: Any = "always"
    for _ in range(DEEPEST_CONDITION):
        condition = {"not": condition}
    assert examine([{"name": "A", "condition": condition}], "f")[1] == []
    (finding,) = examine([{"name": "A", "condition": {"not": condition}}], "f")[1]
    assert finding.code == "too-deep"


@pytest.mark.parametrize("opening", ["[", '{"$comment":', '[{"name":"A","$comment":'])
def test_no_depth_breaks_the_reader(opening: str) -> None:
    """A comment as deep as the parser allows once broke the version's hash."""
    for depth in (300, 900, 5000, 100_000):
        closing = "]" if opening == "[" else "}" if opening.startswith("{") else "}]"
        assert found(opening * depth + "1" + closing * depth)


def test_a_document_has_a_largest_size() -> None:
    text = "x" * (LARGEST_DOCUMENT + 1)
    (finding,) = examine([{"name": "A", "$comment": text}], "f")[1]
    assert finding.code == "too-large"


def test_many_keys_are_read_in_no_time() -> None:
    """Looking for the repeated one took the square of their number once."""
    keys = ", ".join(f'"k{i}": 1' for i in range(50_000))
    began = time.process_time()
    assert found(f'{{{keys}, "k49999": 2}}') == [("json-key", "", 1)]
    assert time.process_time() - began < 2


def test_findings_have_an_end() -> None:
    document = [{"name": "A", **{f"key{i}": 1 for i in range(20_000)}}]
    assert len(examine(document, "f")[1]) == MOST_FINDINGS


@pytest.mark.parametrize(
    "document", [[{1: 2}], {None: 1}, {"states": [{"name": "A", 5: 1}]}, [{"name": {1, 2}}], b"x"]
)
def test_what_no_json_can_be_is_refused(document: Any) -> None:
    flow, findings = examine(document, "f")
    assert flow is None
    assert findings[0].severity == "error"


def test_comments_are_allowed_everywhere() -> None:
    note: dict[str, Any] = {"$comment": ["anything", {"at": "all"}]}
    document = {
        **note,
        "triggers": [{"keyword": "x", "when": {"not": {"tag": "y", **note}, **note}, **note}],
        "slots": {"s": {"type": "any", **note}},
        "otherwise": {"say": "x", **note},
        "states": [
            {
                "name": "A",
                "condition": {"all": ["always"], **note},
                "enter": [
                    {"say": {"response": "x", **note}, **note},
                    {"say": "x", "buttons": [{"title": "y", **note}], **note},
                    {"email": {"subject": "x", "text": "y", **note}, **note},
                    *({key: "1m", **note} for key in ("wait", "note", "action", "start", "end")),
                    {"set": {"s": 1}, **note},
                    {"hand_over": True, **note},
                    {"add_tag": "x", **note},
                    {"remove_tag": "x", **note},
                ],
                "timeout": {"after": "1m", **note},
                "collect": {"slot": "s", **note},
                "states": [{"name": "@A", **note}],
                **note,
            }
        ],
    }
    assert examine(document, "f")[1] == []
    assert read_flow(document, "f").definition == document


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("10m", 600), ("1.5h", 5400), ("24 h", 86400), ("2d", 172800), ("1w", 604800),
     ("0s", 0), ("", None), ("10", None), ("m", None), ("-1m", None), ("1m 30s", None), (60, None),
     (True, None), (None, None), ("٣m", None), ("3650d", 315360000), ("3651d", None),
     ("999999999w", None)],
)  # fmt: skip
def test_durations(text: Any, seconds: float | None) -> None:
    assert duration(text) == seconds


def test_a_version_is_the_content() -> None:
    one, two = json.loads('{"a": 1, "b": 2}'), json.loads('{"b": 2, "a": 1}')
    assert content_hash(one) == content_hash(two) != content_hash({"a": 1, "b": 3})


TEXT = '{\n "a/b": [1,\n  {"c~": "x]}",\n "d": []}],\n "e": 5}'


@pytest.mark.parametrize(
    ("pointer", "line"),
    [("", 1), ("/a~1b", 2), ("/a~1b/0", 2), ("/a~1b/1", 3), ("/a~1b/1/c~0", 3), ("/a~1b/1/d", 4),
     ("/e", 5), ("/f", None), ("/a~1b/9", None), ("/a~1b/x", None), ("/e/0", None),
     ("/a~1b/1/d/0", None), ("/a~1b/-1", None)],
)  # fmt: skip
def test_line_of(pointer: str, line: int | None) -> None:
    assert line_of(TEXT, pointer) == line


def test_what_is_missing_is_shown_at_what_should_hold_it() -> None:
    (finding,) = located([Finding("x", "error", "/a~1b/1/zzz/0", "gone")], "f", TEXT)
    assert finding.line == 3


def test_nearest_names_one_or_lists_a_few() -> None:
    assert nearest("sya", ["say", "set"]) == "did you mean 'say'?"
    assert nearest("q", ["b", "a"]) == "known: a, b"
    assert nearest("q", []) == ""
    assert nearest("q", map(str, range(1000, 3000))).endswith(", ...")
