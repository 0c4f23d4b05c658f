"""Questions: what is an answer, how often they are asked, and the words that leave them."""

import contextlib
import json
from pathlib import Path
from typing import Any, get_args

import pytest

import bot.engine
from bot.engine.collecting import NotAccepted, answer
from bot.engine.flow import Collect, Option, SlotType
from bot.engine.parse import NOTHING_READ, Intent, Parse
from tests.engine.driver import Conversation
from tests.engine.test_semantics import say


def asking(**collect: Any) -> Conversation:
    question = {"slot": "answer", "error": "again?", **collect}
    flow = {"slots": {"answer": {}}, "states": [say("ASK", collect=question, states=[say("DONE")])]}
    return Conversation(flow).begin()


SIZES = {"type": "choice", "choices": ["Small", "Large", "Extra large", "No"]}


@pytest.mark.parametrize(
    ("question", "reply", "value"),
    [
        ({}, " some text ", "some text"),
        ({"type": "number"}, "I am 42", 42),
        ({"type": "number"}, "2,5 kg", 2.5),
        ({"type": "number"}, "twenty-one", 21),
        ({"type": "number"}, "10-15 people", 10),
        ({"type": "number", "min": 18, "max": 99}, "18", 18),
        ({"type": "email"}, "it is Ann@Example.ORG.", "ann@example.org"),
        ({"type": "phone"}, "call +1 (555) 000-0001 please", "+15550000001"),
        ({"type": "phone"}, "my number ........ 5550000", "5550000"),
        ({"type": "phone"}, "٥٥٥٠٠٠١", "5550001"),
        (SIZES, "small", "Small"),
        (SIZES, "2", "Large"),
        (SIZES, "the small one", "Small"),
        (SIZES, "no thanks", "No"),
    ],
)
def test_answers(question: dict[str, Any], reply: str, value: object) -> None:
    talk = asking(**question).says(reply)
    assert (talk.session.slots["answer"], talk.state) == (value, "DONE")


@pytest.mark.parametrize(
    ("question", "reply"),
    [
        ({}, "   "),
        ({"type": "number"}, "many"),
        ({"type": "number"}, "9" * 400),
        ({"type": "number", "min": 18}, "17"),
        ({"type": "number", "max": 99}, "100"),
        ({"type": "email"}, "ann at example"),
        ({"type": "phone"}, "12345"),
        ({"type": "phone"}, "1234567890123456"),
        ({"type": "name"}, "hm"),
        ({"type": "yes_no"}, "maybe"),
        (SIZES, "5"),
        (SIZES, "large, or rather small"),
        (SIZES, "I know nothing"),
        (SIZES, "casino"),
    ],
)
def test_what_is_no_answer(question: dict[str, Any], reply: str) -> None:
    talk = asking(**question).says(reply)
    assert (talk.session.slots["answer"], talk.state, talk.texts) == (None, "ASK", ["again?"])


def test_a_name_is_what_the_nlu_says() -> None:
    assert asking(type="name").says("call me Ann", name="Ann").session.slots["answer"] == "Ann"


@pytest.mark.parametrize(("intent", "value"), [("affirm", True), ("deny", False)])
def test_yes_and_no_are_what_the_nlu_says(intent: str, value: bool) -> None:
    assert asking(type="yes_no").says("well", intent).session.slots["answer"] is value
    assert asking(type="yes_no").says("well", intent, 0.5).state == "ASK"


def test_attempts_are_counted() -> None:
    talk = asking(type="number", attempts=2).says("x")
    assert (talk.status, talk.session.attempts) == ("active", 1)
    talk.says("x")
    assert (talk.texts, talk.session.ended_because) == ([], "attempts")


def test_after_the_last_attempt_otherwise_has_the_last_word() -> None:
    question = {"slot": "answer", "type": "number", "attempts": 1}
    flow = [say("ASK", collect=question, otherwise={"say": "hm", "then": [{"say": "bye"}]})]
    talk = Conversation(flow).begin().says("x")
    assert (talk.texts, talk.session.ended_because) == (["bye"], "not_understood")


def test_a_question_that_is_come_back_to_after_the_last_attempt_has_its_timeout() -> None:
    question = {"slot": "answer", "type": "number", "attempts": 1}
    last = {"say": "hm", "then": [{"start": "help", "return": True}]}
    timeout = {"after": "1h", "goto": "LATER"}
    flow = [say("ASK", collect=question, otherwise=last, timeout=timeout), say("LATER")]
    talk = Conversation(flow).begin().says("x")
    assert talk.status == "suspended"
    assert talk.fires("timeout").state == "LATER"


def test_without_an_error_of_its_own_a_question_is_repeated_by_otherwise() -> None:
    question = {"slot": "answer", "type": "number"}
    flow = [say("ASK", collect=question, otherwise={"say": "a number?"})]
    assert Conversation(flow).begin().says("x").texts == ["a number?"]


@pytest.mark.parametrize("reply", ["Enough", " enough ", "enough!", "?"])
def test_exit_words_leave_the_question(reply: str) -> None:
    talk = asking(type="number", exit_words=["ENOUGH ", "?"]).says(reply)
    assert talk.session.ended_because == "exit_word"


def test_a_question_without_a_way_on_ends_with_its_answer() -> None:
    talk = Conversation([say("ASK", collect={"slot": "answer"})]).begin()
    assert talk.status == "active"
    talk.says("so")
    assert (talk.session.slots["answer"], talk.session.ended_because) == ("so", "completed")


def test_a_contacts_own_slot_becomes_a_field() -> None:
    talk = Conversation([say("ASK", collect={"slot": "email", "type": "email"})]).begin()
    talk.says("ann@example.org")
    assert talk.fields == {"email": "ann@example.org"}
    assert "email" not in talk.session.slots


HERE = "-05:00"


def at(start: str, grain: str = "hour", to: str | None = None) -> dict[str, Any]:
    """A time as the NLU reads it."""
    value = {"value": f"2026-03-{start}:00{HERE}", "grain": grain}
    return value | ({"to": f"2026-03-{to}:00{HERE}"} if to else {})


MONEY = {"value": 5, "unit": "USD"}


@pytest.mark.parametrize(
    ("question", "reply", "entities", "value"),
    [
        ({"type": "number"}, "veintiuno", {"number": 21}, 21),
        ({"type": "number"}, "1.234 kg", {"quantity": {"value": 1234, "unit": "kilogram"}}, 1234),
        ({"type": "number"}, "at 5 for 2", {"number": 2}, 5),
        ({"type": "money"}, "5 bucks", {"amount-of-money": MONEY}, MONEY),
        ({"type": "money"}, "20", {}, {"value": 20, "unit": None}),
        ({"type": "money", "min": 1}, "$5", {"amount-of-money": MONEY}, MONEY),
        (
            {"type": "duration"},
            "2 hours",
            {"duration": {"value": 2, "unit": "hour", "seconds": 7200}},
            7200,
        ),
        ({"type": "date"}, "tmrw", {"time": at("05T00:00", "day")}, "2026-03-05"),
        ({"type": "date"}, "tmrw at 5", {"time": at("05T17:00")}, "2026-03-05"),
        ({"type": "date"}, "tmrw morning", {"time": at("05T06:00", to="05T12:00")}, "2026-03-05"),
        ({"type": "date"}, "on 2026-05-03", {}, "2026-05-03"),
        ({"type": "time"}, "5ish", {"time": at("04T17:00")}, "17:00"),
        ({"type": "time"}, "half past", {"time": "2026-03-04T17:30:00-05:00"}, "17:30"),
        ({"type": "time"}, "5", {}, "17:00"),
        ({"type": "time"}, "8", {}, "08:00"),
        ({"type": "time"}, "12 am", {}, "00:00"),
        ({"type": "time"}, "5:15 pm", {}, "17:15"),
        ({"type": "time"}, "cinco", {"number": 5}, "17:00"),
        ({"type": "datetime"}, "tmrw 5", {"time": at("05T17:00")}, "2026-03-05T17:00:00-05:00"),
        ({"type": "phone"}, "212 555 0123", {"phone-number": "+12125550123"}, "+12125550123"),
        ({"type": "email"}, "mine", {"email": "Ann@Example.org"}, "ann@example.org"),
        (SIZES, "la segunda", {"ordinal": 2}, "Large"),
        (SIZES, "dos", {"number": 2}, "Large"),
    ],
)
def test_what_the_nlu_found_is_the_answer(
    question: dict[str, Any], reply: str, entities: dict[str, Any], value: object
) -> None:
    talk = asking(**question).says(reply, **entities)
    assert (talk.session.slots["answer"], talk.state) == (value, "DONE")


@pytest.mark.parametrize(
    ("question", "reply", "entities"),
    [
        ({"type": "money", "min": 6}, "$5", {"amount-of-money": MONEY}),
        ({"type": "money"}, "a lot", {}),
        ({"type": "duration"}, "5", {"number": 5}),
        ({"type": "duration"}, "long", {"duration": {"value": "long"}}),
        ({"type": "date"}, "at 5", {}),
        ({"type": "date"}, "next week", {"time": at("09T00:00", "week")}),
        ({"type": "date"}, "this weekend", {"time": at("07T00:00", "day", "09T00:00")}),
        ({"type": "date"}, "2026-13-01", {}),
        ({"type": "date"}, "soon", {"time": "soon"}),
        ({"type": "date"}, "soon", {"time": {"grain": "day"}}),
        ({"type": "time"}, "tomorrow", {"time": at("05T00:00", "day")}),
        ({"type": "time"}, "in the morning", {"time": at("05T06:00", to="05T12:00")}),
        ({"type": "time"}, "25", {}),
        ({"type": "time"}, "5 or 6", {}),
        ({"type": "time"}, "13 pm", {}),
        ({"type": "datetime"}, "tomorrow", {"time": at("05T00:00", "day")}),
        (SIZES, "el noveno", {"ordinal": 9}),
        (SIZES, "1 or 2", {"number": 1}),
    ],
)
def test_what_the_nlu_found_is_no_answer(
    question: dict[str, Any], reply: str, entities: dict[str, Any]
) -> None:
    talk = asking(**question).says(reply, **entities)
    assert (talk.session.slots["answer"], talk.state) == (None, "ASK")


def test_yes_may_be_clear_only_among_what_was_asked() -> None:
    parse = Parse("sure i guess", Intent("chat", 0.5), (Intent("chat", 0.5), Intent("affirm", 0.4)),
                  asked=(Intent("affirm", 0.97), Intent("deny", 0.03)), asked_share=0.45)  # fmt: skip
    assert answer(Collect("sure", "yes_no", ""), parse.text, parse) is True


@pytest.mark.parametrize(
    ("reply", "said", "holds"), [("doce", {"number": 12}, True), ("no", {}, False)]
)
def test_a_number_in_any_language_moves_the_flow(
    reply: str, said: dict[str, Any], holds: bool
) -> None:
    states = [say("ASK", states=[say("GOT", condition="user_reply_number")])]
    talk = Conversation(states).begin().says(reply, **said)
    assert (talk.state == "GOT") is holds


@pytest.mark.parametrize("kind", get_args(SlotType))
def test_every_type_is_in_the_schema_and_has_a_reader(kind: str) -> None:
    schema = json.loads((Path(bot.engine.__file__).parent / "flow.schema.json").read_text())
    assert kind in schema["$defs"]["collect"]["properties"]["type"]["enum"]
    question = Collect("x", kind, "", choices=(Option("a", "a"),))  # type: ignore[arg-type]
    with contextlib.suppress(NotAccepted):
        answer(question, "something", NOTHING_READ)
