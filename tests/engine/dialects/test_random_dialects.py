"""Random pages and steps: what is valid runs to an end, what is broken is refused with its place."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.engine.checker import Project, check
from bot.engine.dialects import origin
from bot.engine.events import ActionReturned
from bot.engine.findings import DefinitionInvalid, load_json
from bot.engine.reader import examine
from bot.engine.reading import MOST_FINDINGS
from tests.engine.dialects.strategies import below, damaged, pages_documents, steps_documents
from tests.engine.driver import Conversation
from tests.engine.strategies import json_values

SLOW = settings(
    max_examples=60, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
documents = pages_documents() | steps_documents()
replies = st.sampled_from(["1", "tea", "7", "back", "yes", "no", "fine", "cup", "", "34 or 35"])
answers = st.sampled_from(
    [
        ActionReturned(),
        ActionReturned(failed="timeout"),
        ActionReturned(({"event": "goto", "state": "Page 0"},)),
        ActionReturned(({"event": "goto", "state": "s1"}, {"event": "answer", "text": "tea"})),
        ActionReturned(({"event": "refused", "text": ""},), ({"text": "One moment"},)),
    ]
)


@SLOW
@given(documents, st.lists(replies, max_size=8), answers)
def test_what_is_valid_is_read_and_runs(
    document: Any, said: list[str], answer: ActionReturned
) -> None:
    flow, findings = examine(document, "f")
    assert flow is not None, findings
    functions = dict.fromkeys(("work", "tidy"), answer)
    it = Conversation(document, functions=functions, apis={"weather": answer}).begin()
    for text in said:
        if it.status != "active":
            break
        it.says(text, {"yes": "affirm", "no": "deny"}.get(text))
        assert it.session.state in flow.states


@SLOW
@given(documents)
def test_every_part_of_the_native_form_has_its_origin(document: Any) -> None:
    flow, findings = examine(document, "f")
    assert flow is not None, findings
    written = set(below(document))
    for place in below(flow.definition):
        assert origin(place, flow.origins) in written
    for index in range(len(flow.definition["states"])):
        assert origin(f"/states/{index}", flow.origins).split("/")[1] in ("pages", "steps")


@SLOW
@given(damaged(documents) | json_values.map(lambda v: {"pages": v, "steps": v}))
def test_what_is_broken_is_refused_with_a_place_of_the_author(document: Any) -> None:
    flow, findings = examine(document, "f")
    errors = [finding for finding in findings if finding.severity == "error"]
    assert (flow is None) == bool(errors)
    written = set(below(document))
    for finding in findings:
        assert finding.place in written, finding
        assert finding.reason


@SLOW
@given(documents)
def test_what_the_checker_finds_has_a_place_of_the_author(document: Any) -> None:
    flow, _ = examine(document, "f")
    assert flow is not None
    written = set(below(document))
    for finding in check([flow], Project()):
        assert {finding.place, origin(finding.place, flow.origins)} & written, finding


@pytest.mark.parametrize(
    "document",
    [
        {"pages": [{"title": "A", "pageType": "text", "message": "x" * 10_000_000}]},
        {"pages": [{"title": f"P{i}", "pageType": "text", "message": "x"} for i in range(200_000)]},
        {"trigger": "go", "steps": [{"message": "x" * 10_000_000}]},
        {"trigger": "go", "steps": [{"message": "x"}] * 1_000_000},
    ],
)
def test_a_file_of_ten_megabytes_is_refused(document: Any) -> None:
    flow, (finding,) = examine(document, "f")
    assert (flow, finding.code) == (None, "too-large")


def test_a_message_that_many_lead_to_is_no_small_document() -> None:
    many = [{"numberOnScreen": i, "label": f"L{i}", "next_page": "B"} for i in range(60)]
    long = {"title": "B", "pageType": "text", "message": "x" * 100_000}
    ask = {"title": "A", "pageType": "options", "message": "?", "options": many}
    flow, (finding,) = examine({"pages": [ask, long]}, "f")
    assert (flow, finding.code, finding.place) == (None, "too-large", "")


@pytest.mark.parametrize("key", ["pages", "steps"])
def test_deep_nesting_is_refused(key: str) -> None:
    deep: Any = "x"
    for _ in range(5000):
        deep = [deep] if key == "pages" else {"all": [deep]}
    flow, (finding,) = examine({"trigger": "go", key: deep}, "f")
    assert (flow, finding.code) == (None, "too-deep")
    text = '{"pages": ' + "[" * 100_000 + "]" * 100_000 + "}"
    with pytest.raises(DefinitionInvalid, match="too-deep"):
        load_json(text, "f.json")
    deep = "x"
    for _ in range(60):
        deep = {"not": deep}
    step = {"message": "x", "next": [{"when": deep, "goto": "end"}]}
    flow, findings = examine({"trigger": "go", "steps": [step]}, "f")
    assert flow is None
    assert findings[0].code == "too-deep"
    assert findings[0].place.startswith("/steps/0/next/0/when")


def test_a_thousand_pages_are_read_at_once() -> None:
    ask = {"pageType": "options", "message": "Which?"}
    many = [
        {**ask, "title": f"P{i}", "options": [
            {"numberOnScreen": n, "label": f"L{n}", "next_page": f"P{(i + n) % 1000}"} for n in (1, 2, 3)
        ]}
        for i in range(1000)
    ]  # fmt: skip
    flow, findings = examine(json.loads(json.dumps({"pages": many})), "f")
    assert flow is not None, findings
    assert len(flow.states) == 1000


def _page(i: int, next_page: str) -> dict[str, Any]:
    page = {"title": f"P{i}", "pageType": "apiCall", "task": "api:x", "next_page": next_page}
    return {**page, "error_page": "P0"}


MANY = 10_000


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"pages": [_page(i, f"Q{i}") for i in range(MANY)]}, "unknown-page"),
        ({"pages": [_page(i, f"P{(i + 1) % MANY}") for i in range(MANY)]}, "endless-pages"),
        ({"pages": [_page(0, "P0")] * MANY}, "duplicate-name"),
        ({"trigger": "x", "steps": [{"message": "{", "next": "x"}] * MANY}, "wrong-template"),
        ({"trigger": "x", "steps": [{"message": "x", "next": "x"}] * MANY}, "unknown-step"),
        (
            {"trigger": "x", "steps": [
                {"id": "a", "message": {"text": "x", "media": ["x" * 50] * 10_000}},
                *([{"message": "x", "variable": "x", "next": "a"}] * MANY)]},
            "too-large",
        ),
    ],
)  # fmt: skip
def test_a_hostile_document_makes_no_endless_work(document: Any, code: str) -> None:
    flow, findings = examine(document, "f")
    assert flow is None
    assert findings[0].code == code
    assert len(findings) <= MOST_FINDINGS
