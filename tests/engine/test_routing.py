"""Who answers a message."""

from typing import Any

import pytest

from bot.engine.advance import start
from bot.engine.conditions import ALWAYS, Condition, Named
from bot.engine.facts import Facts
from bot.engine.reader import read_flow
from bot.engine.routing import Begin, Continue, conditions_ahead, questions, route
from tests.engine.driver import reading


def flow(name: str, *triggers: Any, **state: Any) -> Any:
    document = {"flow": name, "triggers": list(triggers), "states": [{"name": "A", **state}]}
    return read_flow(document, name)


FLOWS = {
    f.name: f
    for f in (
        flow("intents", {"intent": "help"}),
        flow("words", {"keyword": ["Coupon!", "free  gift", "?"]}, {"intent": "help"}),
        flow(
            "urgent",
            {"keyword": "agent", "interrupt": True},
            {"intent": "human", "interrupt": True},
        ),
        flow("vip", {"keyword": "hello", "when": {"tag": "vip"}}),
        flow("first", {"event": "first_message"}),
        flow("asking", collect={"slot": "x", "exit_words": ["agent"]}),
        flow("default", condition="get_smth_from_user"),
    )
}


def routed(
    text: str, intent: str | None = None, sure: float = 1.0, active: str | None = None, **more: Any
) -> str | None:
    facts = Facts(
        "t", text=text, parse=reading(text, intent, sure), has_message=True,
        tags=frozenset(more.get("tags", ())),
    )  # fmt: skip
    session = start(FLOWS[active], "s", "c", "p", 0.0) if active else None
    found = route(
        facts,
        session,
        FLOWS.get(active or ""),
        FLOWS,
        more.get("default"),
        more.get("first", False),
    )
    match found:
        case Begin(begun, _, interrupts):
            return begun.name + ("!" if interrupts else "")
        case Continue():
            return "..."
    return None


@pytest.mark.parametrize(
    ("message", "answers"),
    [
        ({"text": " coupon."}, "words"),
        ({"text": "FREE gift"}, "words"),
        ({"text": "a coupon"}, None),
        ({"text": "..."}, None),
        ({"text": ""}, None),
        ({"text": "x", "intent": "help"}, "intents"),
        ({"text": "x", "intent": "help", "sure": 0.5}, None),
        ({"text": "coupon", "intent": "help"}, "words"),
        ({"text": "hello"}, None),
        ({"text": "hello", "tags": ["vip"]}, "vip"),
        ({"text": "hello", "first": True}, "first"),
        ({"text": "hello", "default": "default"}, "default"),
        ({"text": "hello", "default": "gone"}, None),
        ({"text": "coupon", "active": "vip"}, "..."),
        ({"text": "agent", "active": "vip"}, "urgent!"),
        ({"text": "agent", "active": "urgent"}, "..."),
        ({"text": "agent", "active": "asking"}, "..."),
        ({"text": "x", "intent": "human", "sure": 0.65, "active": "vip"}, "..."),
        ({"text": "x", "intent": "human", "sure": 0.7, "active": "vip"}, "urgent!"),
    ],
)
def test_route(message: dict[str, Any], answers: str | None) -> None:
    assert routed(**message) == answers


def test_conditions_ahead_reach_through_pass_states() -> None:
    chain = read_flow(
        [
            {
                "name": "A",
                "timeout": {"after": "1m", "goto": "T"},
                "states": [
                    {
                        "name": "B",
                        "condition": "b",
                        "pass": True,
                        "states": [
                            {
                                "name": "C",
                                "condition": "c",
                                "states": [{"name": "D", "condition": "d"}],
                            },
                            {"name": "@B", "condition": "again"},
                        ],
                    }
                ],
            },
            {"name": "T", "pass": True, "states": [{"name": "E", "condition": "t"}]},
        ],
        "f",
    )
    names = {c.name for c in conditions_ahead(chain, "A") if isinstance(c, Named)}
    assert names == {"b", "c", "again", "t"}
    assert conditions_ahead(chain, "gone") == []


def test_questions_are_the_python_conditions_that_exist() -> None:
    asked: list[Condition] = [
        Named("mine", "f.mine"),
        Named("both", "f.both"),
        Named("always", "f.always"),
        ALWAYS,
    ]
    known = frozenset({"mine", "both", "f.both", "always"})
    assert questions(asked, known) == {"mine", "f.both"}
