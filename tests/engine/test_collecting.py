"""Questions: what is an answer, how often they are asked, and the words that leave them."""

from typing import Any

import pytest

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


def test_without_an_error_of_its_own_a_question_is_repeated_by_otherwise() -> None:
    question = {"slot": "answer", "type": "number"}
    flow = [say("ASK", collect=question, otherwise={"say": "a number?"})]
    assert Conversation(flow).begin().says("x").texts == ["a number?"]


@pytest.mark.parametrize("reply", ["Enough", " enough "])
def test_exit_words_leave_the_question(reply: str) -> None:
    talk = asking(type="number", exit_words=["ENOUGH "]).says(reply)
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
