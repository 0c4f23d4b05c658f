"""Each finding of the checker: the smallest flow that has it, and a near miss without it."""

import sys
from collections.abc import Callable
from typing import Any

import pytest

from bot.engine.checker import Project, check
from bot.engine.findings import Finding
from bot.engine.reader import examine, read_flow
from tests.engine.test_semantics import OPTIN

PROJECT = Project(
    actions=frozenset({"init", "ask_name", "greet_user_create_task", "say_np", "f.own"}),
    conditions=frozenset({"is_rich", "f.is_own"}),
    intents=frozenset({"affirm", "deny", "help", "request_coupon"}),
    entities=frozenset({"name", "city"}),
    slots=frozenset({"declared"}),
    responses=frozenset({"utter_hi", "f.utter_own"}),
)


def found(*documents: Any, project: Project = PROJECT) -> list[Finding]:
    flows = [read_flow(document, "f" if not i else f"f{i}") for i, document in enumerate(documents)]
    return check(flows, project)


def codes(*documents: Any) -> list[tuple[str, str]]:
    return [(finding.code, finding.place) for finding in found(*documents)]


def fork(*conditions: Any, **more: Any) -> Any:
    """A state with a way on for each condition."""
    states = [
        {"name": f"S{i}", **({} if condition is None else {"condition": condition})}
        for i, condition in enumerate(conditions)
    ]
    return [{"name": "A", "states": states, **more}]


def steps(*enter: Any) -> Any:
    return [{"name": "A", "enter": list(enter)}]


def number(op: str, value: Any) -> dict[str, Any]:
    return {"number": True, "op": op, "value": value}


def slot(op: str, value: Any) -> dict[str, Any]:
    return {"slot": "declared", "op": op, "value": value}


def test_the_example_of_the_design_has_exactly_one_finding() -> None:
    flow, findings = examine(OPTIN, "optin")
    assert flow is not None
    findings += check([flow], PROJECT)
    assert [(f.code, f.severity, f.place) for f in findings] == [
        ("undefined-link", "warning", "/0/states/0/states/0/name")
    ]
    assert "INITBG" in findings[0].reason


A, B = {"name": "A"}, {"name": "B"}
TO_B = {"name": "@B", "condition": "get_smth_from_user"}
PASS = {"pass": True}
ASKING = {"enter": {"say": "Which one?"}}

CASES: list[tuple[str, str, Any, Any]] = [
    # code, place, a flow that has it, a flow that has it not
    ("unknown-condition", "/0/states/0/condition", fork("is_rihc"), fork("is_rich")),
    ("unknown-condition", "/0/states/0/condition", fork("is_ow"), fork("is_own")),
    ("unknown-condition", "/0/states/0/condition/all/1/not",
     fork({"all": ["is_rich", {"not": "nobody"}]}), fork({"all": ["is_rich", {"not": "is_own"}]})),
    ("unknown-condition", "/triggers/0/when",
     {"states": [A], "triggers": [{"keyword": "x", "when": "nobody"}]},
     {"states": [A], "triggers": [{"keyword": "x", "when": "is_rich"}]}),
    ("unknown-action", "/0/enter", [{"name": "A", "enter": "inti"}],
     [{"name": "A", "enter": "init"}]),
    ("unknown-action", "/0/enter/0", steps("nothing"), steps("own", "utter_hi", "utter_own")),
    ("unknown-action", "/0/enter/0/action", steps({"action": "nothing"}),
     steps({"action": "init"})),
    ("unknown-action", "/0/states/0/enter",
     [{"name": "A", "states": [{**TO_B, "enter": "nothing"}]}, B],
     [{"name": "A", "states": [{**TO_B, "enter": "init"}]}, B]),
    ("unknown-response", "/0/enter/0/say/response", steps({"say": {"response": "utter_ho"}}),
     steps({"say": {"response": "utter_hi"}})),
    ("unknown-response", "/0/otherwise/say/response",
     fork("is_rich", otherwise={"say": {"response": "utter_ho"}}),
     fork("is_rich", otherwise={"say": {"response": "utter_hi"}})),
    ("unknown-intent", "/0/states/0/condition/intent", fork({"intent": "hepl"}),
     fork({"intent": "help"})),
    ("unknown-intent", "/triggers/0/intent",
     {"states": [A], "triggers": [{"intent": ["help", "hepl"]}]},
     {"states": [A], "triggers": [{"intent": ["help"]}]}),
    ("unknown-entity", "/0/states/0/condition/entity", fork({"entity": "town"}),
     fork({"entity": "city"})),
    ("unknown-flow", "/0/enter/0/start", steps({"start": "g"}),
     fork("is_rich", enter=[{"say": "Hi."}], otherwise={"then": {"start": "f"}})),
    ("unreachable-state", "/1/name", [A, B], [{**A, "states": [TO_B]}, B]),
    ("unreachable-state", "/1/name", [A, {**B, "states": [{"name": "C"}]}],
     [{**A, "timeout": {"after": "1m", "goto": "B"}}, {**B, "states": [{"name": "C"}]}]),
    ("unreachable-state", "/1/name",
     [A, {**B, "states": [{"name": "@C"}]}, {"name": "C", "states": [{"name": "@B"}]}],
     [{**A, "states": [TO_B]}, {**B, "states": [{"name": "@C"}]},
      {"name": "C", "states": [{"name": "@B"}]}]),
    ("never-used", "/1/enter", [{**A, "states": [TO_B]}, {**B, "enter": "init"}],
     [{**A, "states": [TO_B], "timeout": {"after": "1m", "goto": "B"}}, {**B, "enter": "init"}]),
    ("never-used", "/1/condition", [{**A, "states": [TO_B]}, {**B, "condition": "is_rich"}],
     [{**A, "condition": "is_rich", "states": [{"name": "@A"}]}]),
    ("dead-end", "/0/name", [{**A, "otherwise": {"say": "What?"}}],
     fork("is_rich", otherwise={"say": "What?"})),
    ("dead-end", "/0/name", [{**A, **ASKING}], [{**A, "enter": {"say": "That one."}}]),
    ("dead-end", "/0/name", [{**A, **ASKING}], [{**A, **ASKING, "collect": {"slot": "x"}}]),
    ("dead-end", "/0/name", steps({"say": "Well", "buttons": ["Yes"]}),
     steps({"say": "Well", "buttons": ["Yes"]}, {"say": "Bye."})),
    ("dead-end", "/0/name", steps({"say": "Why?"}), steps({"say": "Why?"}, {"hand_over": True})),
    ("dead-end", "/1/name", [{**A, "states": [{**TO_B, **ASKING}]}, B],
     [{**A, "states": [{**TO_B, **ASKING}]}, {**B, "states": [{"name": "@A"}]}]),
    ("dead-end", "/0/name", [{**A, **PASS}], fork("is_rich", None, **PASS)),
    ("endless-loop", "/0/pass", [{**A, **PASS, "states": [{"name": "@A"}]}],
     [{**A, **PASS, "states": [{**TO_B, "name": "@A", "enter": {"wait": "1m"}}]}]),
    ("endless-loop", "/0/pass",
     [{**A, **PASS, "states": [TO_B]}, {**B, **PASS, "states": [{"name": "@A"}]}],
     [{**A, **PASS, "states": [TO_B]}, {**B, "states": [{"name": "@A"}]}]),
    ("endless-loop", "/1/pass",
     [{**A, "states": [TO_B]}, {**B, **PASS, "states": [{"name": "@B"}]}],
     [{**A, "states": [TO_B]}, {**B, **PASS, "states": [{"name": "@A"}]}]),
    ("silent-loop", "/0/timeout/goto",
     fork("is_rich", timeout={"after": "1m", "goto": "A"}),
     fork("is_rich", timeout={"after": "1m", "goto": "S0"})),
    ("unknown-slot", "/0/states/0/condition/slot", fork({"slot": "delcared"}),
     fork({"slot": "declared"})),
    ("unknown-slot", "/0/states/0/condition/slot", fork({"slot": "firstName"}),
     fork({"slot": "first_name"})),
    ("unknown-slot", "/0/enter/0/say", steps({"say": "Hi {nmae}"}),
     steps({"say": "Hi {name} {{user.firstName}} {declared} {text}"})),
    ("unknown-slot", "/0/enter/0/buttons/1", steps({"say": "Hi", "buttons": ["x", "{y}"]},
                                                   {"say": "Bye."}),
     steps({"set": {"y": 1}}, {"say": "Hi", "buttons": ["x", "{y}"]}, {"say": "Bye."})),
    ("unknown-slot", "/0/enter/say", [{**A, "enter": {"say": "{age}"}}],
     [{**A, "enter": {"say": "{{age | default('?')}}"}, "collect": {"slot": "age"}}]),
    ("unknown-slot", "/0/otherwise/say", fork("is_rich", otherwise={"say": "{y}"}),
     fork("is_rich", otherwise={"say": "{email}"})),
    ("unknown-slot", "/0/enter/0/set/x~1y", steps({"set": {"x/y": "{z}"}}),
     steps({"set": {"x/y": "z"}})),
    ("unknown-slot", "/0/enter/0/note", steps({"note": "{z}"}), steps({"note": "{phone}"})),
    ("unknown-slot", "/0/enter/0/email/text",
     steps({"email": {"subject": "x", "text": "{z}"}}), steps({"email": {"subject": "", "text": ""}})),
    ("unknown-slot", "/0/collect/error", [{**A, "collect": {"slot": "x", "error": "{z}"}}],
     [{**A, "collect": {"slot": "x", "error": "{{x | default('?')}}"}}]),
    ("unknown-slot", "/apology", {"states": [A], "apology": "{z}"},
     {"states": [A], "apology": "{z}", "slots": {"z": {}}}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "place", "having", "near_miss"), CASES)
def test_findings_of_one_flow(code: str, place: str, having: Any, near_miss: Any) -> None:
    assert codes(having) == [(code, place)]
    assert codes(near_miss) == []


SHADOWS: list[tuple[list[Any], list[Any], dict[str, Any]]] = [
    # conditions of which the last is never reached, and some of which it is; more of the state
    (["always", "is_rich"], ["is_rich", "always"], {}),
    ([None, "is_rich"], ["is_rich", None], {}),
    (["get_smth_from_user", "is_rich"], ["is_rich", "get_smth_from_user"], {}),
    (["get_smth_from_user", slot("=", 1)], [{"event": "x"}, slot("=", 1)], {}),
    (["get_smth_from_user", "is_user_reply_yes"], ["get_smth_from_user", "is_rich"], PASS),
    (["get_smth_from_user", number(">", 1)], ["get_smth_from_user", slot("=", 1)], PASS),
    (["is_rich", "is_rich"], ["is_rich", "is_own"], {}),
    ([{"any": ["is_rich", "is_own"]}, "is_own"], [{"all": ["is_rich", "is_own"]}, "is_own"], {}),
    (["is_rich", "is_own", {"any": ["is_own", "is_rich"]}],
     ["is_rich", {"any": ["is_own", "is_rich"]}], {}),
    (["is_rich", {"all": ["is_own", "is_rich"]}], ["is_rich", {"any": ["is_own", "is_rich"]}], {}),
    ([{"all": ["is_rich", "is_own"]}, {"all": ["is_own", "user_reply_name", "is_rich"]}],
     [{"all": ["is_rich", "is_own"]}, {"all": ["is_own", "user_reply_name"]}], {}),
    ([{"not": "is_rich"}, {"not": {"not": {"not": "is_rich"}}}], [{"not": "is_rich"}, "is_rich"],
     {}),
    ([{"any": ["is_rich", "always"]}, "is_own"], [{"any": ["is_rich"]}, "is_own"], {}),
    ([{"all": ["get_smth_from_user", "is_rich"]}, "is_rich"],
     [{"all": ["get_smth_from_user", "is_rich"]}, "is_rich"], PASS),
    ([number("<", 5), number("=", 3)], [number("<", 5), number("=", 5)], {}),
    ([number("<=", 5), number("=", 5)], [number("<", 5), number("<=", 5)], {}),
    ([number("between", [1, 9]), number("between", [2, 9])],
     [number("between", [1, 9]), number("between", [2, 9.5])], {}),
    ([number("<", 5), number(">=", 5), number("between", [4, 6])],
     [number("<", 5), number(">", 5), number("between", [4, 6])], {}),
    ([number("<", 5), number(">", 5), number("=", 5), {"number": True}],
     [number("<", 5), number(">", 5), {"number": True}], {}),
    ([number("in", [1, 2, 3]), number("=", 2)], [number("in", [1, 3]), number("=", 2)], {}),
    ([number("=", 1), number("=", 2), number("in", [1, 2])], [number("=", 1), number("in", [1, 2])],
     {}),
    ([{"number": True}, number("<", 5)], [{"number": 2}, number("<", 5)], {}),
    ([{"slot": "declared"}, slot("=", "x")], [{"slot": "declared"}, slot("=", False)], {}),
    ([slot("=", 1), slot("=", 1.0)], [slot("=", 1), slot("=", True)], {}),
    ([slot("<", 5), slot(">=", 5), slot("=", 5)], [slot("<", 5), slot(">=", 5),
                                                  {"slot": "declared"}], {}),
    ([{"text": True, "value": "Yes"}, {"text": True, "value": "yes"}],
     [slot("=", "Yes"), slot("=", "yes")], {}),
    ([{"text": True, "op": "contains", "value": "price"}, {"text": True, "value": "the Price"}],
     [slot("contains", "price"), slot("=", "the price")], {}),
    ([{"event": "x"}, {"event": "x"}], [{"event": "x"}, {"event": "y"}], {}),
]  # fmt: skip


@pytest.mark.parametrize(("shadowed", "tried", "more"), SHADOWS)
def test_shadowed_transitions(shadowed: list[Any], tried: list[Any], more: dict[str, Any]) -> None:
    assert not {code for code, _ in codes(fork(*tried, **more))} - {"overlapping"}
    if shadowed == tried:
        return
    place = f"/0/states/{len(shadowed) - 1}"
    assert codes(fork(*shadowed, **more)) == [("shadowed", place)]


def test_a_reminders_transition_is_not_shadowed_by_replies() -> None:
    assert codes(fork("get_smth_from_user", {"event": "EXTERNAL_due"})) == []
    assert codes(fork("always", {"event": "EXTERNAL_due"})) == []


def test_unknown_actions_are_passed_over_where_nobody_knows_them() -> None:
    flow = steps("nothing", {"action": "nothing"})
    assert found(flow, project=Project()) == []
    assert len(found(flow, project=Project(actions=frozenset()))) == 2


def test_findings_name_the_nearest_valid_choice_and_the_flow() -> None:
    (finding,) = found(fork("is_rihc"))
    assert (finding.severity, finding.file) == ("error", "f")
    assert finding.cure == "did you mean 'is_rich'?"
    assert found(fork("is_onw"))[0].cure == "did you mean 'is_own'?"
    assert "'declared'" in found(fork({"slot": "delcared"}))[0].cure


def triggered(name: str, *triggers: Any) -> Any:
    return {"flow": name, "states": [A], "triggers": list(triggers)}


@pytest.mark.parametrize(
    ("one", "two", "collide"),
    [
        ({"keyword": "Coupon!"}, {"keyword": ["x", " coupon"]}, True),
        ({"keyword": "coupon"}, {"keyword": "coupons"}, False),
        ({"keyword": "deny"}, {"intent": "deny"}, False),
        ({"intent": "help"}, {"intent": ["deny", "help"]}, True),
        ({"intent": "help"}, {"intent": "help", "when": "is_rich"}, True),
        ({"intent": "help", "when": "is_rich"}, {"intent": "help"}, False),
        ({"intent": "help", "when": "is_rich"}, {"intent": "help", "when": "is_rich"}, True),
        ({"intent": "help", "when": "is_rich"}, {"intent": "help", "when": {"tag": "x"}}, False),
        ({"event": "order"}, {"event": "order"}, False),
    ],
)
def test_triggers_of_two_flows(one: Any, two: Any, collide: bool) -> None:
    findings = found(triggered("one", one), triggered("two", two))
    assert [(f.code, f.file) for f in findings] == ([("trigger-taken", "two")] if collide else [])
    if collide:
        assert "'one'" in findings[0].reason


def test_a_flow_may_repeat_its_own_trigger() -> None:
    assert codes(triggered("one", {"keyword": "x"}, {"keyword": "X"})) == []


def test_two_flows_of_one_name() -> None:
    assert codes(triggered("one"), triggered("two")) == []
    assert codes(triggered("one"), triggered("one")) == [("duplicate-flow", "/flow")]
    flows = [read_flow([A], "one"), read_flow([B], "one")]
    assert [(f.code, f.place) for f in check(flows, PROJECT)] == [("duplicate-flow", "")]


def test_a_flow_may_start_another_and_use_its_contact_slots() -> None:
    one = {**triggered("one"), "states": steps({"start": "two"})}
    two = {**triggered("two"), "slots": {"shoe_size": {"scope": "contact"}, "mine": {}}}
    assert codes(one, two) == []
    three = {**triggered("three"), "states": steps({"say": "{shoe_size} {mine}"})}
    assert [f.reason for f in found(two, three)] == ["nothing sets the slot 'mine'"]


def _chain(count: int) -> Any:
    """Top-level states in a row."""
    return [
        {
            "name": f"S{i}",
            "pass": True,
            "states": [
                {
                    "name": f"@S{(i + 1) % count}",
                    "condition": {"slot": f"s{i}", "value": i},
                    "enter": ["unknown", {"say": f"{{u{i}}}"}],
                },
                {"name": f"@S{i // 2}", "condition": f"unknown_{i}", "enter": {"start": "nowhere"}},
            ],
        }
        for i in range(count)
    ]


def _fan(count: int) -> Any:
    """One state with ways on of many kinds."""
    kinds: list[Callable[[int], Any]] = [
        lambda i: number("between", [i, i + 0.5]),
        lambda i: {"all": ["is_rich", {"text": True, "op": "contains", "value": f"w{i}"}]},
        lambda i: {"text": True, "op": "contains", "value": f"w{i}x"},
        lambda i: {"any": [f"unknown_{i}", slot("=", i)]},
    ]
    return fork(*[kinds[i % 4](i) for i in range(count)])


def _work(document: Any) -> int:
    """How many functions the checking of a flow calls."""
    known = frozenset(f"name_{i}" for i in range(300))
    flow, count = read_flow(document, "f"), 0

    def called(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(called)
    try:
        check([flow], Project(known, known, known, known, known, known))
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("make", [_chain, _fan])
def test_ten_times_the_states_are_some_ten_times_the_work(make: Any) -> None:
    assert _work(make(1000)) < 20 * _work(make(100))
