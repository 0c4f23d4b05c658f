"""What the checker finds beyond names: a flow that has the fault, and a near miss that has none."""

from typing import Any

import pytest

from bot.domain import consent as domain_consent
from bot.domain import sms
from bot.engine.apis import Api
from bot.engine.checker import Project, check
from bot.engine.checks import consent, messages
from bot.engine.checks.codes import CODES
from bot.engine.findings import Finding
from bot.engine.reader import read_flow

PROJECT = Project(
    actions=frozenset({"work"}),
    conditions=frozenset({"is_rich", "is_own"}),
    intents=frozenset({"affirm", "deny", "help", "human", "request_coupon", "opt_out"}),
    entities=frozenset({"name"}),
    slots=frozenset({"declared"}),
    processors=frozenset({"tidy", "f.own"}),
    tasks=frozenset({"register"}),
    apis={"sky": Api("sky", "1", frozenset({"city"}), frozenset({"clouds"}))},
    shared=frozenset({"open"}),
)
PASS = {"pass": True}
YES, NO = "is_user_reply_yes", "is_user_reply_no"


def found(*documents: Any, project: Project = PROJECT) -> list[Finding]:
    names = ["f", "g", "h"]
    return check([read_flow(d, names[i]) for i, d in enumerate(documents)], project)


def codes(*documents: Any) -> list[str]:
    return [finding.code for finding in found(*documents)]


def to(name: str, condition: Any = None, **more: Any) -> dict[str, Any]:
    return {"name": name, **({} if condition is None else {"condition": condition}), **more}


def fork(*conditions: Any, **more: Any) -> list[Any]:
    return [to("A", states=[to(f"S{i}", c) for i, c in enumerate(conditions)], **more)]


def number(op: str, value: Any) -> dict[str, Any]:
    return {"number": True, "op": op, "value": value}


def text(op: str, value: Any) -> dict[str, Any]:
    return {"text": True, "op": op, "value": value}


def slot(name: str, op: str, value: Any) -> dict[str, Any]:
    return {"slot": name, "op": op, "value": value}


def either(*parts: Any) -> dict[str, Any]:
    return {"any": list(parts)}


def both(*parts: Any) -> dict[str, Any]:
    return {"all": list(parts)}


def asking(condition: Any, **question: Any) -> list[Any]:
    """A state whose question is answered, and then a comparison."""
    return fork(condition, "always", collect={"slot": "x", **question})


def guarded(condition: Any, *states: Any, **slots: Any) -> dict[str, Any]:
    return {
        "invariants": [{"name": "it", "condition": condition}],
        "slots": {n: {"initial": v} for n, v in slots.items()},
        "states": list(states),
    }


def asked(label: str) -> list[Any]:
    return fork(YES, enter=[{"say": "Well?", "buttons": ["Yes", label]}])


TEA = {"type": "choice", "choices": ["Tea", "Coffee"]}
SET = {"set": {"x": 1}}
X: dict[str, Any] = {"x": {}}
SAY_X = [{"say": "{x}."}]
Case = tuple[str, Any, Any]
CASES: list[Case] = [
    # code, a flow that has it, a flow that has nothing
    ("unknown-processor", fork(YES, pre=["tydi"]), fork(YES, pre=["tidy", "own"])),
    ("unknown-task", fork(YES, enter=[{"task": "x"}]), fork(YES, enter=[{"task": "register"}])),
    ("unknown-api", fork(YES, enter=[{"call": "sea"}]),
     fork(YES, enter=[{"call": "sky", "with": {"city": "Oslo"}}])),
    ("unknown-parameter", fork(YES, enter=[{"call": "sky", "with": {"city": "O", "town": "O"}}]),
     fork(YES, enter=[{"call": "sky", "with": {"city": "O"}}])),
    ("missing-parameter", fork(YES, enter=[{"call": "sky"}]),
     fork(YES, enter=[{"call": "sky", "with": {"city": "O"}}])),
    ("unknown-result",
     fork(YES, enter=[{"call": "sky", "with": {"city": "O"}, "save": {"a": "sun"}}]),
     fork(YES, enter=[{"call": "sky", "with": {"city": "O"}, "save": {"a": "clouds"}},
                      {"say": "{a}."}])),
    ("unknown-global", fork({"global": "closed"}), fork({"global": "open"})),
    ("unknown-global", fork(YES, enter=[{"say": "{globals.shut}."}]),
     fork(YES, enter=[{"say": "{globals.open}."}])),
    ("unknown-global", fork({"expression": "globals.shut == 1"}),
     fork({"expression": "globals.open == 1"})),
    ("unknown-slot", fork({"expression": "slots.nix > 1"}), fork({"expression": "slots.name == 'A'"})),
    ("unknown-intent", fork(YES, collect={"slot": "x", "type": "choice", "choices": [
        {"label": "Tea", "means": "tee"}]}), fork(YES, collect={"slot": "x", "type": "choice",
                                                  "choices": [{"label": "Tea", "means": "help"}]})),
    ("unknown-language", [to("A", enter=[{"say": {"xq": "Hi"}}])],
     [to("A", enter=[{"say": {"pt-BR": "Oi"}}])]),
    # ways
    ("unreachable-state", [to("A", states=[to("B", enter=[{"end": True}], states=[to("C")])])],
     [to("A", states=[to("B", enter=[{"say": "Hi."}], states=[to("C")])])]),
    ("unreachable-state", [to("A"), to("B")],
     [to("A", enter=[{"call": "sky", "with": {"city": "O"}, "error": {"goto": "B"}}]), to("B")]),
    ("never-run",
     [to("A", states=[to("B", enter=[{"end": True}, {"say": "Hi."}])])],
     [to("A", states=[to("B", enter=[{"say": "Hi."}, {"end": True}])])]),
    ("never-run", [to("A", enter=[{"split": [{"enter": {"end": True}}, {"enter": {"end": "x"}}]},
                                  {"say": "Hi."}])],
     [to("A", enter=[{"split": [{"enter": {"end": True}}, {"enter": SET}]}, {"say": "Hi."}])]),
    ("never-run", fork(YES, enter=[{"wait": "2h"}, SET], timeout={"after": "1h", "goto": "S0"}),
     fork(YES, enter=[{"wait": "30m"}, SET], timeout={"after": "1h", "goto": "S0"})),
    ("dead-end", [to("A", enter=[{"say": "May we? YES or NO."}])],
     [to("A", enter=[{"say": "May we? We do it anyway."}])]),
    ("dead-end", [to("A", enter=[{"say": "Please reply YES to go on."}])],
     [to("A", enter=[{"say": "Text SUGAR for the next one."}])]),
    ("dead-end", [to("A", enter=[{"say": "Which?", "list": {"button": "Go", "rows": ["x", "y"]}}])],
     [to("A", enter=[{"say": "Done."}])]),
    ("no-way-out", [to("A", states=[to("E", NO), to("B", YES, states=[to("C", states=[to("@B")])])])],
     [to("A", states=[to("E", NO), to("B", YES, states=[to("C", states=[to("@B", YES), to("@E", NO)])])])]),
    ("dead-end",
     [to("A", timeout={"after": "1h", "say": "Send it.", "times": 2, "goto": "B"}), to("B")],
     [to("A", timeout={"after": "1h", "say": "Day one.", "times": 1, "goto": "B"}), to("B")]),
    ("no-way-out", [to("A", states=[to("E", NO), to("B", YES, states=[to("@B")])])],
     [to("A", states=[to("E", NO), to("B", YES, states=[to("@B")], otherwise={"say": "What?"})])]),
    # conditions
    ("shadowed", fork(number("<", 70), number("<", 54)), fork(number("<", 54), number("<", 70))),
    ("shadowed", fork({"intent": "affirm"}, YES), fork(YES, {"intent": "affirm"})),
    ("shadowed", fork("user_wants_human", {"intent": "human"}), fork("user_wants_human", YES)),
    ("shadowed", fork("user_reply_number", number(">", 3)), fork(number(">", 3), "user_reply_number")),
    ("shadowed", fork({"intent": "help"}, {"intent": "help", "op": ">=", "value": 0.8}),
     fork({"intent": "help"}, {"intent": "help", "op": ">=", "value": 0.3})),
    ("shadowed", fork(text("contains", "tea"), text("in", ["green tea", "tea"])),
     fork(text("in", ["green tea", "tea"]), text("contains", "tea"))),
    ("shadowed", fork(either(both({"tag": "mg"}, number("<", 70)), both({"tag": "mm"}, number("<", 4))),
                      either(both({"tag": "mg"}, number("<", 54)), both({"tag": "mm"}, number("<", 3)))),
     fork(either(both({"tag": "mg"}, number("<", 54)), both({"tag": "mm"}, number("<", 3))),
          either(both({"tag": "mg"}, number("<", 70)), both({"tag": "mm"}, number("<", 4))))),
    ("shadowed", fork(both({"tag": "a"}, either(number("<", 9), text("=", "x"))),
                      both({"tag": "a"}, number("<", 5))),
     fork(both({"tag": "a"}, number("<", 5)), both({"tag": "a"}, either(number("<", 9), text("=", "x"))))),
    ("overlapping", fork(number("between", [1, 10]), number("between", [7, 20])),
     fork(number("between", [1, 10]), number("between", [10, 20]))),
    ("overlapping", fork(number(">", 3), number("<", 9)), fork(number(">", 9), number("<", 9))),
    ("overlapping", fork(either(number("=", 2), text("contains", "a")),
                         either(number("=", 2), text("contains", "b"))),
     fork(either(number("=", 2), text("contains", "a")), either(number("=", 3), text("contains", "b")))),
    ("overlapping", fork(either({"intent": "help"}, {"intent": "human"}),
                         either({"intent": "human"}, {"intent": "deny"})),
     fork({"intent": "human"}, either({"intent": "human"}, {"intent": "deny"}))),
    ("overlapping", fork(either(both({"tag": "mg"}, number("between", [70, 130])), {"tag": "x"}),
                         either(both({"tag": "mg"}, number("between", [120, 180])), {"tag": "y"})),
     fork(either(both({"tag": "mg"}, number("between", [70, 130])), {"tag": "x"}),
          either(both({"tag": "mm"}, number("between", [120, 180])), {"tag": "y"}))),
    ("overlapping", fork(number("between", [1, 5]), either(number("=", 3), text("=", "x"))),
     fork(number("between", [1, 5]), either(number("=", 6), text("=", "x")))),
    ("never-holds", fork(both(number(">", 9), number("<", 5))), fork(both(number(">", 5), number("<", 9)))),
    ("never-holds", fork(both("is_rich", {"not": "is_rich"})), fork(both("is_rich", {"not": "is_own"}))),
    ("never-holds", fork(both(YES, NO)), fork(either(YES, NO))),
    ("never-holds", fork(both({"intent": "help"}, {"intent": "human"})), fork({"intent": "help"})),
    ("never-holds", fork(both(text("=", "a"), text("=", "b"))),
     fork(both(text("=", "a"), text("contains", "A")))),
    ("never-holds", fork(number("=", "5")), fork(number("=", 5))),
    ("never-holds", fork(text("=", "yes ")), fork(text("contains", "yes "))),
    ("never-holds", fork(text("=", 5)), fork(text("=", "5"))),
    ("never-holds", fork({"tag": "vip", "value": "yes"}), fork({"tag": "vip", "value": True})),
    ("never-holds", asking(slot("x", "=", "Tee"), **TEA), asking(slot("x", "=", "Tea"), **TEA)),
    ("never-holds", asking(slot("x", ">", 9), type="number", max=9),
     asking(slot("x", ">=", 9), type="number", max=9)),
    ("never-holds", asking(number("<", 1), type="number", min=1),
     asking(number("<=", 1), type="number", min=1)),
    ("never-holds", asking(slot("x", "=", "5"), type="number"), asking(slot("x", "=", 5), type="number")),
    ("never-holds", asking(slot("x", "=", "yes"), type="yes_no"),
     asking(slot("x", "=", True), type="yes_no")),
    ("never-holds", asking(slot("x", ">", 5)), asking(slot("x", "=", "five"))),
    ("never-holds", asking(slot("x", "<", "2026-01-01"), type="date", min="2026-06-01"),
     asking(slot("x", "<", "2026-07-01"), type="date", min="2026-06-01")),
    ("never-holds", [to("A", enter=[SET], states=[to("B", slot("x", "=", 2))])],
     [to("A", enter=[SET], states=[to("B", slot("x", "=", 1))])]),
    ("unanswered-choice", fork(slot("x", "=", "Tea"), collect={"slot": "x", **TEA}),
     fork(slot("x", "=", "Tea"), slot("x", "=", "Coffee"), collect={"slot": "x", **TEA})),
    ("unanswered-choice", fork(slot("x", "=", True), collect={"slot": "x", "type": "yes_no"}),
     fork(slot("x", "=", True), {"not": slot("x", "=", True)},
          collect={"slot": "x", "type": "yes_no"})),
    ("unanswered-choice",
     fork(slot("x", "<", 5), slot("x", ">", 6),
          collect={"slot": "x", "type": "number", "min": 1, "max": 9}),
     fork(slot("x", "<", 5), slot("x", ">=", 5),
          collect={"slot": "x", "type": "number", "min": 1, "max": 9})),
    ("ambiguous-choice", fork(None, collect={"slot": "x", **TEA, "exit_words": ["tea"]}),
     fork(None, collect={"slot": "x", **TEA, "exit_words": ["water"]})),
    # loops and waits
    ("endless-loop",
     [to("A", **PASS, states=[to("B", "is_rich", **PASS, states=[to("@A")]), to("Z")])],
     [to("A", **PASS, states=[to("B", {"tag": "x"}, enter=[{"remove_tag": "x"}], **PASS,
                                 states=[to("@A")]), to("Z")])]),
    ("endless-loop",
     [to("A", **PASS, states=[to("B", slot("declared", ">", 3)), to("@A", enter=[SET])])],
     [to("A", **PASS, states=[to("B", slot("declared", ">", 3)),
                              to("@A", enter=[{"set": {"declared": 9}}])])]),
    ("endless-loop", [to("A", **PASS, states=[to("@A", enter=[{"say": "Hi."}])])],
     [to("A", **PASS, states=[to("@A", enter=[{"say": "Hi."}, {"end": True}])])]),
    ("undecided", [to("A", states=[to("B", **PASS, states=[to("C", {"tag": "x"})])])],
     [to("A", states=[to("B", **PASS, states=[to("C", {"tag": "x"}), to("D", {"not": {"tag": "x"}})])])]),
    ("undecided", [to("A", **PASS, states=[to("C", slot("declared", "<", 5))])],
     [to("A", **PASS, states=[to("C", slot("declared", "<", 5)), to("D", slot("declared", ">=", 5))])]),
    ("undecided", [to("A", **PASS, states=[to("C", "is_rich")])],
     [to("A", enter=[{"say": "Which one?"}], **PASS, states=[to("C", "is_rich")])]),
    ("silent-loop", [to("A", timeout={"after": "1h", "goto": "B"}, states=[to("C")]),
                     to("B", **PASS, states=[to("@A")])],
     [to("A", timeout={"after": "1h", "goto": "B"}, states=[to("C")]),
      to("B", **PASS, states=[to("@C")])]),
    ("silent-loop", [to("A", **PASS, states=[to("@A", enter=[{"say": "Hi."}, {"wait": "1d"}])])],
     [to("A", **PASS, states=[to("@A", {"not": {"tag": "x"}},
                                 enter=[{"say": "Hi."}, {"wait": "1d"}, {"add_tag": "x"}]), to("Z")])]),
    ("waits-for-ever", fork(YES, timeout={"after": "99w", "goto": "S0"}),
     fork(YES, timeout={"after": "9w", "goto": "S0"})),
    ("waits-for-ever", fork(YES, enter=[{"wait": "99w"}, SET]), fork(YES, enter=[{"wait": "9w"}, SET])),
    ("waits-for-ever", {"expires_after": "99w", "states": fork(YES)},
     {"expires_after": "9w", "states": fork(YES)}),
    # slots
    ("unset-slot", {"slots": X, "states": [to("A", enter=SAY_X)]},
     {"slots": X, "states": [to("A", enter=[SET, *SAY_X])]}),
    ("unset-slot", {"slots": X, "states": [to("A", enter=SAY_X)]},
     {"slots": {"x": {"initial": 1}}, "states": [to("A", enter=SAY_X)]}),
    ("unset-slot", {"slots": X, "states": [to("A", enter=SAY_X)]},
     {"slots": X, "triggers": [{"manual": True}], "states": [to("A", enter=SAY_X)]}),
    ("unset-slot", {"slots": X, "states": [to("A", enter=SAY_X)]},
     {"slots": {"x": {"scope": "contact"}}, "states": [to("A", enter=SAY_X)]}),
    ("unset-slot", {"slots": X, "states": [to("A", enter=SAY_X)]},
     {"slots": X, "states": [to("A", enter=["work", *SAY_X])]}),
    ("unset-slot", [to("A", collect={"slot": "x"}, states=[to("B", NO, before_answer=True, enter=SAY_X)])],
     [to("A", collect={"slot": "x"}, states=[to("B", NO, enter=SAY_X)])]),
    ("unset-slot", [to("A", collect={"slot": "x"}, timeout={"after": "1h", "goto": "B"},
                       states=[to("@B", enter=SAY_X)]), to("B", enter=SAY_X)],
     [to("A", collect={"slot": "x"}, states=[to("@B", enter=SAY_X)]), to("B")]),
    ("unset-slot", [to("A", states=[to("@C", YES), to("B", NO, enter=[SET], states=[to("@C")])]),
                    to("C", states=[to("D", slot("x", ">", 0)), to("E")])],
     [to("A", states=[to("@C", YES, enter=[SET]), to("B", NO, enter=[SET], states=[to("@C")])]),
      to("C", states=[to("D", slot("x", ">", 0)), to("E")])]),
    ("unset-slot", [to("A", enter=[{"split": [{"enter": SET}, {"enter": {"add_tag": "x"}}]}, *SAY_X])],
     [to("A", enter=[{"split": [{"enter": SET}, {"enter": {"set": {"x": 2}}}]}, *SAY_X])]),
    ("unset-slot", [to("A", enter=[{"set": {"y": {"expression": "slots.x + 1"}}}],
                       states=[to("B", enter=[SET])])],
     [to("A", enter=[SET, {"set": {"y": {"expression": "slots.x + 1"}}}])]),
    ("unset-slot", [to("A", enter=[{"call": "sky", "with": {"city": "{x}"}}],
                       states=[to("B", enter=[SET])])],
     [to("A", enter=[SET, {"call": "sky", "with": {"city": "{x}"}}])]),
    ("unset-slot", {"slots": X, "states": [to("A", states=[to("B", YES, enter=[SET]),
                                                           to("C", NO, enter=SAY_X)])]},
     {"slots": X, "states": [to("A", states=[to("B", YES, enter=[SET]),
                                             to("C", {"slot": "x"}, enter=SAY_X)])]}),
    ("unset-slot", {"slots": X, "states": [to("A", states=[to("B", {"not": {"tag": "x"}}, enter=[SET]),
                                                           to("C", NO, enter=SAY_X)])]},
     {"slots": X, "states": [to("A", states=[to("B", {"not": {"slot": "x"}}, enter=[SET]),
                                             to("C", NO, enter=SAY_X)])]}),
    ("broken-invariant",
     guarded(slot("x", ">=", 1), to("A", states=[to("B", enter=[{"set": {"x": 0}}])]), x=1),
     guarded(slot("x", ">=", 1), to("A", states=[to("B", enter=[{"set": {"x": 2}}])]), x=1)),
    ("broken-invariant",
     guarded({"not": {"tag": "out"}}, to("A", states=[to("B", enter=[{"add_tag": "out"}])])),
     guarded({"not": {"tag": "out"}}, to("A", states=[to("B", enter=[{"add_tag": "in"}])]))),
    ("broken-invariant", guarded(slot("x", ">=", 1), to("A", states=[to("B")]), x=0),
     guarded(slot("x", ">=", 1), to("A", states=[to("B")]), x=1)),
    # messages
    ("message-too-long", [to("A", enter=[{"say": "a" * 1601}])], [to("A", enter=[{"say": "a" * 459}])]),
    ("many-segments", [to("A", enter=[{"say": "a" * 460}])], [to("A", enter=[{"say": "a" * 459}])]),
    ("many-segments", [to("A", enter=[{"say": "ж" * 202}])], [to("A", enter=[{"say": "ж" * 201}])]),
    ("too-many-buttons", fork(YES, enter=[{"say": "?", "buttons": list("abcd")}]),
     fork(YES, enter=[{"say": "?", "buttons": list("abc")}])),
    ("too-many-buttons",
     fork(YES, enter=[{"say": "?", "list": {"button": "x", "rows": list("abcdefghijk")}}]),
     fork(YES, enter=[{"say": "?", "list": {"button": "x", "rows": list("abcdefghij")}}])),
    ("title-too-long", asked("x" * 21), asked("x" * 20)),
    # consent
    ("stop-word", asked("Cancel"), asked("Cancel it")),
    ("stop-word", fork(text("=", "Stop.")), fork(text("=", "bus stop"))),
    ("stop-word", fork(text("contains", "unsubscribe")), fork(text("contains", "cancel"))),
    ("stop-word", fork({"expression": "text == 'stop'"}), fork({"expression": "text == 'stops'"})),
    ("stop-word", {"triggers": [{"keyword": "END"}], "states": [to("A")]},
     {"triggers": [{"keyword": "THE END"}], "states": [to("A")]}),
    ("stop-word", fork(None, collect={"slot": "x", "exit_words": ["quit"]}),
     fork(None, collect={"slot": "x", "exit_words": ["leave it"]})),
    ("help-word", fork(text("=", "help")), fork(text("contains", "help"))),
    ("opt-out-intent", fork({"intent": "opt_out"}), fork({"intent": "deny"})),
]  # fmt: skip


@pytest.mark.parametrize(("code", "having", "near_miss"), CASES)
def test_findings_of_one_flow(code: str, having: Any, near_miss: Any) -> None:
    assert set(codes(having)) == {code}
    assert codes(near_miss) == []


def flow(name: str, *states: Any, **more: Any) -> dict[str, Any]:
    return {"flow": name, "states": list(states), **more}


KEYWORD = {"keyword": "coupon"}
PAIRS: list[tuple[str, tuple[Any, ...], tuple[Any, ...]]] = [
    ("start-loop", (flow("f", to("A", enter=[{"start": "g"}])), flow("g", to("A", enter=[{"start": "f"}]))),
     (flow("f", to("A", enter=[{"start": "g"}])),
      flow("g", to("A", states=[to("B", enter=[{"start": "f"}])])))),
    ("start-loop", (flow("f", to("A", **PASS, states=[to("B", enter=[{"start": "f"}])])),),
     (flow("f", to("A", **PASS, states=[to("B", {"tag": "x"}, enter=[{"start": "f"}]), to("Z")])),)),
    ("recursive-flow",
     (flow("f", to("A", states=[to("B", enter=[{"start": "g", "return": True}])])),
      flow("g", to("A", states=[to("B", enter=[{"start": "f", "return": True}])]))),
     (flow("f", to("A", states=[to("B", enter=[{"start": "g", "return": True}])])),
      flow("g", to("A", states=[to("B", enter=[{"start": "f"}])])))),
    ("never-returns",
     (flow("f", to("A", enter=[{"start": "g", "return": True}])), flow("g", to("A", states=[to("@A")]))),
     (flow("f", to("A", enter=[{"start": "g", "return": True}])),
      flow("g", to("A", states=[to("@A", YES), to("B", NO)])))),
    ("unknown-return",
     (flow("f", to("A", enter=[{"start": "g", "return": ["y"]}])), flow("g", to("A", enter=[SET]))),
     (flow("f", to("A", enter=[{"start": "g", "return": ["x"]}])), flow("g", to("A", enter=[SET])))),
    ("trigger-taken",
     (flow("f", to("A"), triggers=[KEYWORD]), flow("g", to("A"), triggers=[KEYWORD])),
     (flow("f", to("A"), triggers=[{**KEYWORD, "when": {"tag": "x"}}]),
      flow("g", to("A"), triggers=[KEYWORD]))),
    ("trigger-taken",
     (flow("f", to("A"), triggers=[{**KEYWORD, "match": "contains"}]),
      flow("g", to("A"), triggers=[{"keyword": "my coupon", "match": "contains"}])),
     (flow("f", to("A"), triggers=[{"keyword": "my coupon", "match": "contains"}]),
      flow("g", to("A"), triggers=[{**KEYWORD, "match": "contains"}]))),
    ("trigger-taken",
     (flow("f", to("A"), triggers=[{**KEYWORD, "match": "contains"}]),
      flow("g", to("A"), triggers=[KEYWORD])),
     (flow("f", to("A"), triggers=[{**KEYWORD, "match": "contains"}]),
      flow("g", to("A"), triggers=[{"keyword": "my coupon"}]))),
    ("trigger-taken",
     (flow("f", to("A"), triggers=[KEYWORD]),
      flow("g", to("A"), triggers=[{"keyword": "coup(on|é)", "match": "regex"}])),
     (flow("f", to("A"), triggers=[KEYWORD]),
      flow("g", to("A"), triggers=[{"keyword": "^coup$", "match": "regex"}]))),
    ("trigger-taken",
     (flow("f", to("A"), triggers=[{"webhook": ["order"]}]),
      flow("g", to("A"), triggers=[{"webhook": ["order"]}])),
     (flow("f", to("A"), triggers=[{"webhook": True}]),
      flow("g", to("A"), triggers=[{"webhook": True}]))),
    ("trigger-taken",
     (flow("f", to("A"), triggers=[{"intent": "help"}]), flow("g", to("A"), triggers=[{"intent": "help"}])),
     (flow("f", to("A"), triggers=[{"schedule": "0 9 * * *", "audience": {"tag": "x"}}]),
      flow("g", to("A"), triggers=[{"schedule": "0 9 * * *", "audience": {"tag": "x"}}]))),
]  # fmt: skip


@pytest.mark.parametrize(("code", "having", "near_miss"), PAIRS)
def test_findings_of_several_flows(code: str, having: Any, near_miss: Any) -> None:
    assert set(codes(*having)) == {code}
    assert codes(*near_miss) == []


def test_severities_are_those_of_the_catalogue() -> None:
    for _, having, _ in CASES:
        for finding in found(having):
            assert finding.severity == CODES[finding.code].severity
            assert finding.reason
            assert finding.cure or finding.code.startswith("unknown-")


def test_the_words_of_consent_are_those_that_are_honoured() -> None:
    assert consent.STOP_WORDS == domain_consent.STOP_WORDS
    assert consent.HELP_WORDS == domain_consent.HELP_WORDS
    for word in (" Stop! ", "opt-out", "ＳＴＯＰ", "cancel it"):
        assert (consent.plain(word) in consent.STOP_WORDS) == (
            domain_consent.keyword(word) == "stop"
        )


@pytest.mark.parametrize(
    "words", ["a" * 160, "a" * 161, "a" * 152 + "€" + "a" * 152, "ж" * 71, "😀" * 67, "", "é à ç"]
)
def test_segments_are_counted_as_they_are_billed(words: str) -> None:
    assert messages.measure(words).segments == sms.segments(words)


def test_templates_count_as_at_least() -> None:
    (finding,) = found([to("A", enter=[{"say": "a" * 470 + "{name}"}])])
    assert finding.reason == "at least 4 segments as SMS"


def test_the_one_character_that_is_dear_is_named() -> None:
    (finding,) = found([to("A", enter=[{"say": "a" * 300 + "’"}])])
    assert (finding.code, finding.reason) == (
        "many-segments",
        "5 segments as SMS, as '’' is not in the GSM alphabet",
    )
    assert finding.cure == "without '’' it takes less than half as many"


def test_only_the_channels_of_the_project_are_looked_at() -> None:
    long = [to("A", enter=[{"say": "a" * 1700}])]
    whatsapp = Project(channels=frozenset({"whatsapp"}))
    assert [f.code for f in found(long, project=whatsapp)] == []
    assert [f.code for f in found(long, project=Project(channels=frozenset({"sms"})))] == [
        "message-too-long"
    ]
    assert [f.code for f in found(long, project=Project(channels=frozenset({"web"})))] == [
        "message-too-long"
    ]


def test_a_flow_of_steps_refuses_a_trigger_that_is_taken() -> None:
    first = flow("coupon", to("A"), triggers=[KEYWORD])
    second = {"flow": "voucher", "trigger": "coupon", "steps": [{"message": "Here it is."}]}
    (finding,) = found(first, second)
    assert (finding.code, finding.severity) == ("trigger-refused", "error")
    assert "'coupon'" in finding.reason


def test_a_condition_of_ones_own_may_bear_a_built_in_name() -> None:
    own = Project(conditions=frozenset({"user_wants_human"}), intents=frozenset({"human"}))
    assert found(fork("user_wants_human", {"intent": "human"}), project=own) == []
