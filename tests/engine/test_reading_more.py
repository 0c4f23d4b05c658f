"""Findings about questions, calls, triggers, slots and expressions: each with its place and cure."""

from typing import Any

import pytest

from bot.engine.reader import examine


def state(**node: Any) -> Any:
    return {"states": [{"name": "A", **node}]}


def collect(**question: Any) -> Any:
    return state(collect={"slot": "x", **question})


def step(node: Any) -> Any:
    return state(enter=[node])


def trigger(**node: Any) -> Any:
    return {"triggers": [node], "states": [{"name": "A"}]}


def chosen(*choices: Any) -> Any:
    return collect(type="choice", choices=list(choices))


DEEP: Any = {"say": "x"}
for _ in range(30):
    DEEP = {"call": "x", "error": DEEP}


@pytest.mark.parametrize(
    ("document", "code", "place", "told"),
    [
        (collect(pattern="(a"), "wrong-pattern", "/states/0/collect/pattern", "missing )"),
        (collect(pattern=r"(a)\1"), "wrong-pattern", "/states/0/collect/pattern", "RE2"),
        (collect(pattern="x" * 501), "wrong-pattern", "/states/0/collect/pattern", "500"),
        (collect(min_length=3, max_length=2), "wrong-number", "/states/0/collect/max_length", ""),
        (collect(type="dat"), "unknown-type", "/states/0/collect/type", "date"),
        (collect(type="date", min="2026-02-30"), "wrong-type", "/states/0/collect/min", "ISO"),
        (
            collect(type="date", min="2026-02-02", max="2026-01-01"),
            "wrong-number",
            "/states/0/collect/max",
            "",
        ),
        (collect(field="y"), "slot-and-field", "/states/0/collect/field", "either"),
        (collect(ask="{"), "wrong-template", "/states/0/collect/ask", "brace"),
        (
            collect(valid={"slot": "x", "op": "~"}),
            "unknown-operator",
            "/states/0/collect/valid/op",
            "",
        ),
        (collect(minlength=1), "unknown-key", "/states/0/collect/minlength", "min_length"),
        (chosen("Tea", " tea"), "duplicate-choice", "/states/0/collect/choices/1", "label"),
        (
            chosen("Tea", {"label": "Té", "value": "TEA"}),
            "duplicate-choice",
            "/states/0/collect/choices/1",
            "value",
        ),
        (
            chosen({"label": "a", "words": ["x"]}, {"label": "b", "words": ["X"]}),
            "duplicate-choice",
            "/states/0/collect/choices/1",
            "word",
        ),
        (
            chosen({"label": "a", "means": "x"}, {"label": "b", "means": "x"}),
            "duplicate-choice",
            "/states/0/collect/choices/1",
            "intent",
        ),
        (chosen({"lable": "a"}), "wrong-choice", "/states/0/collect/choices/0", "label"),
        (chosen("2", "1"), "ambiguous-number", "/states/0/collect/choices/0", "number"),
        (
            chosen(*map(str, range(200, 301))),
            "too-many-choices",
            "/states/0/collect/choices",
            "100",
        ),
        (
            step({"set": {"x": {"expression": "1 +"}}}),
            "wrong-expression",
            "/states/0/enter/0/set/x/expression",
            "",
        ),
        (step({"call": "w", "with": {"x": "{"}}), "wrong-template", "/states/0/enter/0/with/x", ""),
        (
            step({"call": "w", "error": {"goto": "NOWHERE"}}),
            "undefined-link",
            "/states/0/enter/0/error/goto",
            "",
        ),
        (step({"call": "w", "eror": []}), "unknown-key", "/states/0/enter/0/eror", "error"),
        (step({"store": "s"}), "no-values", "/states/0/enter/0", "values"),
        (step({"proces": "x"}), "unknown-step", "/states/0/enter/0", "processor"),
        (step({"say": "x", "lst": {}}), "unknown-key", "/states/0/enter/0/lst", "list"),
        (
            step({"say": "", "location": {"latitude": 91, "longitude": 0}}),
            "wrong-location",
            "/states/0/enter/0/location",
            "-90",
        ),
        (
            step({"say": "x", "list": {"rows": []}}),
            "wrong-list",
            "/states/0/enter/0/list/rows",
            "1 to 100",
        ),
        (step(DEEP), "too-deep", None, "20 lists"),
        (state(pre=[{"say": "x"}]), "wrong-step", "/states/0/pre/0", "processor"),
        (state(post=5), "wrong-step", "/states/0/post", "processor"),
        (
            state(states=[{"name": "@A", "pre": "x"}]),
            "link-with-content",
            "/states/0/states/0/pre",
            "",
        ),
        (trigger(keyword="(a", match="regex"), "wrong-pattern", "/triggers/0/keyword", ""),
        (trigger(keyword="a", match="contain"), "unknown-match", "/triggers/0/match", "contains"),
        (trigger(intent="a", match="exact"), "unknown-key", "/triggers/0/match", ""),
        (
            trigger(schedule="9 o'clock", audience="always"),
            "wrong-schedule",
            "/triggers/0/schedule",
            "five fields",
        ),
        (
            trigger(schedule="* * * * * *", audience="always"),
            "wrong-schedule",
            "/triggers/0/schedule",
            "five fields",
        ),
        (trigger(schedule="0 9 * * *"), "no-audience", "/triggers/0", "subscriber"),
        (
            trigger(schedule="0 9 * * *", audience={"intent": "x"}),
            "wrong-audience",
            "/triggers/0/audience",
            "intent",
        ),
        (
            trigger(schedule="0 9 * * *", audience="mine"),
            "wrong-audience",
            "/triggers/0/audience",
            "mine",
        ),
        (
            trigger(schedule="0 9 * * *", audience="always", time_zone="Oslo time"),
            "unknown-zone",
            "/triggers/0/time_zone",
            "Europe/Oslo",
        ),
        (
            {"slots": {"n": {"type": "nubmer"}}, "states": [{"name": "A"}]},
            "unknown-type",
            "/slots/n/type",
            "number",
        ),
        (
            {"slots": {"n": {"type": "number", "initial": "x"}}, "states": [{"name": "A"}]},
            "wrong-value",
            "/slots/n/initial",
            "number",
        ),
        (
            {"invariants": [{"name": "a", "condition": "always"}] * 2, "states": [{"name": "A"}]},
            "duplicate-name",
            "/invariants/0/name",
            "twice",
        ),
        (
            {"invariants": [{"name": "a", "condition": "mine"}], "states": [{"name": "A"}]},
            "wrong-invariant",
            "/invariants/0/condition",
            "comparison",
        ),
        (
            state(states=[{"name": "B", "condition": {"expression": "age > 1"}}]),
            "wrong-expression",
            "/states/0/states/0/condition/expression",
            "slots",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(
    document: Any, code: str, place: str | None, told: str
) -> None:
    _, findings = examine(document, "f")
    found = [f for f in findings if f.code == code and place in (None, f.place)]
    assert found, findings
    assert told in f"{found[0].reason} {found[0].cure}"


@pytest.mark.parametrize("source", ["text == 'x'", "intent == 'x' || 'vip' in tags"])
def test_an_audience_knows_no_message(source: str) -> None:
    document = trigger(schedule="0 9 * * *", audience={"expression": source})
    assert [f.code for f in examine(document, "f")[1]] == ["wrong-audience"]
    fine = trigger(schedule="0 9 * * *", audience={"expression": "'vip' in tags"})
    assert examine(fine, "f")[1] == []


def test_a_template_without_a_text_is_told() -> None:
    found = examine(step({"say": "", "template": {"name": "reminder"}}), "f")[1]
    assert [(f.code, f.severity) for f in found] == [("no-text", "warning")]


def test_a_value_that_is_the_number_of_another_choice_is_told() -> None:
    doubtful = chosen({"label": "None", "value": "0"}, {"label": "One", "value": "1"})
    assert [f.code for f in examine(doubtful, "f")[1]] == ["ambiguous-number"]


def test_a_number_as_a_label_of_its_own_place_is_no_mistake() -> None:
    assert examine(chosen("1", "2", "10"), "f")[1] == []


def test_initial_values_are_made_fit() -> None:
    flow, _ = examine(
        {"slots": {"n": {"type": "number", "initial": "3"}}, "states": [{"name": "A"}]}, "f"
    )
    assert flow is not None
    assert flow.slots["n"].initial == 3
