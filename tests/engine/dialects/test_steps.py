"""The steps dialect: how steps lead to each other, and what is refused with its place."""

import copy
from typing import Any

import pytest

from bot.engine.dialects import origin
from bot.engine.dialects.steps import translate
from bot.engine.events import ActionReturned
from bot.engine.reader import DOCUMENT_KEYS, examine, read_flow
from tests.engine.driver import Conversation

Json = dict[str, Any]


def steps(*listed: Any, **more: Any) -> Json:
    return {"trigger": "go", "steps": list(listed), **more}


def conversation(*listed: Any, functions: Any = None, **more: Any) -> Conversation:
    return Conversation(steps(*listed, **more), functions=functions).begin()


def findings(document: Any) -> list[tuple[str, str]]:
    flow, found = examine(document, "f")
    errors = [(f.code, f.place) for f in found if f.severity == "error"]
    assert (flow is None) == bool(errors), found
    return errors


# What steps do


def test_steps_without_a_question_are_said_at_once_and_the_last_one_ends() -> None:
    it = conversation({"message": "One"}, {"message": "Two"}, {"message": "Three"})
    assert (it.texts, it.session.ended_because) == (["One", "Two", "Three"], "completed")
    assert it.entered == ["step 1", "step 2", "step 3"]


NAME = {"id": "name", "message": "Name?", "variable": "name"}
AGE = {"id": "age", "message": "Age?", "variable": "age", "type": "number"}
BYE = {"id": "bye", "message": "Bye {name}", "end": True}


def test_answers_go_to_variables() -> None:
    it = conversation(NAME, AGE, {"message": "{name} is {age}"})
    assert (it.texts, it.state) == (["Name?"], "name")
    assert it.says("Ann").texts == ["Age?"]
    assert it.says("old").texts == ["Age?"]
    assert it.says("34").texts == ["Ann is 34"]
    assert it.session.slots["age"] == 34


def test_a_last_question_ends_when_it_is_answered() -> None:
    it = conversation(NAME)
    assert it.says("Ann").session.ended_because == "completed"


def test_a_question_has_limits_an_error_and_a_number_of_attempts() -> None:
    it = conversation({**AGE, "min": 18, "max": 99, "error": "18 to 99", "attempts": 2}, BYE)
    assert it.says("7").texts == ["18 to 99"]
    assert it.says("8").session.ended_because == "not_understood"
    it = conversation({**NAME, "pattern": "[a-z]{4,}", "exit_words": ["later"]}, BYE)
    assert it.says("Ann").texts == ["Name?"]
    assert it.says("Later").session.ended_because == "exit_word"


def test_a_question_takes_the_type_its_slot_is_declared_for() -> None:
    it = conversation({"message": "?", "variable": "n"}, BYE, slots={"n": {"type": "number"}})
    assert it.says("five of 5").session.slots["n"] == 5


BUTTONS = {"text": "Which?", "buttons": ["Tea", {"title": "Coffee", "payload": "cup_2"}]}


@pytest.mark.parametrize(
    ("reply", "kept"), [("tea", "Tea"), ("2", "Coffee"), ("cup_2", "Coffee"), ("cofee", "Coffee")]
)
def test_buttons_are_choices(reply: str, kept: str) -> None:
    it = conversation({"message": BUTTONS, "variable": "cup"}, {"message": "{cup}"})
    assert [b["title"] for b in it.messages[0].buttons] == ["Tea", "Coffee"]
    assert it.says(reply).texts == [kept]


def test_yes_and_no_are_meant_not_spelt() -> None:
    asked = {"message": {"text": "Sure?", "buttons": ["Yes", "No"]}, "variable": "sure"}
    it = conversation(asked, {"message": "{sure}"})
    assert it.says("of course", "affirm").texts == ["Yes"]


def test_what_is_no_choice_is_shown_the_whole_message_again() -> None:
    it = conversation({"message": BUTTONS, "variable": "cup"}, BYE)
    first = it.messages
    assert it.says("beer").messages == first


def test_rows_of_a_list_are_choices() -> None:
    rows = ["Tea", {"title": "Coffee", "description": "black"}]
    listed = {"text": "Which?", "list": {"button": "Choose", "rows": rows}}
    it = conversation({"message": listed, "variable": "cup"}, {"message": "{cup}"})
    assert it.messages[0].menu is not None
    assert it.says("2").texts == ["Coffee"]


def test_buttons_may_be_mere_suggestions() -> None:
    it = conversation({"message": BUTTONS, "variable": "cup", "type": "text"}, {"message": "{cup}"})
    assert it.says("A beer").texts == ["A beer"]


def test_a_message_has_media_places_and_templates() -> None:
    it = conversation(
        {"message": {"text": "Look", "media": ["https://x.org/1.png"]}},
        {"message": {"location": {"latitude": 59.9, "longitude": 10.7, "name": "Here"}}},
        {"message": {"template": {"name": "hello", "parameters": ["{name}"]}}},
    )
    look, here, hello = it.messages
    assert (look.text, look.media) == ("Look", ("https://x.org/1.png",))
    assert here.location == {"latitude": 59.9, "longitude": 10.7, "name": "Here"}
    assert hello.template is not None
    assert hello.template["name"] == "hello"


def test_messages_by_language() -> None:
    document = steps({"message": {"en": "Hi", "es": "Hola"}})
    assert Conversation(document, language="es").begin().texts == ["Hola"]


SURE = {"message": "Sure?", "next": {"yes": "bye", "No": "name", "/help": "help", "maybe": "end"}}
HELP = {"id": "help", "message": "No help", "end": True}


@pytest.mark.parametrize(
    ("text", "intent", "state"),
    [("yep", "affirm", "bye"), ("nope", "deny", "name"), ("what?", "help", "help"),
     ("Maybe", None, "end")],
)  # fmt: skip
def test_the_next_step_by_answer(text: str, intent: str | None, state: str) -> None:
    it = conversation(SURE, NAME, BYE, HELP)
    assert (it.texts, it.state) == (["Sure?"], "step 1")
    assert it.says(text, intent).state == state


def test_an_answer_that_is_none_of_them_is_asked_for_again() -> None:
    it = conversation(SURE, NAME, BYE, HELP)
    assert (it.says("well").texts, it.state) == (["Sure?"], "step 1")
    it = conversation({**SURE, "error": "Yes or no?", "attempts": 2}, NAME, BYE, HELP)
    assert it.says("well").texts == ["Yes or no?"]
    assert it.says("well").session.ended_because == "not_understood"
    own = {"say": "Pardon?", "then": [{"say": "So long."}], "times": 1}
    it = conversation({**SURE, "error": "Yes or no?"}, NAME, BYE, HELP, otherwise=own)
    assert it.says("well").texts == ["Yes or no?"]
    assert it.says("well").texts == ["So long."]
    it = conversation(SURE, NAME, BYE, HELP, otherwise=own)
    assert it.says("well").texts == ["Pardon?"]


def test_the_answer_for_all_others_comes_last() -> None:
    it = conversation({"message": "Sure?", "next": {"*": "bye", "yes": "name"}}, NAME, BYE)
    assert it.yes().state == "name"
    it = conversation({"message": "Sure?", "next": {"*": "bye", "yes": "name"}}, NAME, BYE)
    assert it.says("hm").state == "bye"
    it = conversation({"message": "Ready?", "next": {"*": "end"}})
    assert (it.status, it.says("hm").status) == ("active", "ended")


def test_answers_of_a_question_are_its_values() -> None:
    cup = {"message": BUTTONS, "variable": "cup", "next": {"tea": "bye", "Coffee": "help"}}
    assert conversation(cup, HELP, BYE).says("cup_2").state == "help"
    sure = {
        "message": "?",
        "variable": "sure",
        "type": "yes_no",
        "next": {"yes": "bye", "no": "help"},
    }
    assert conversation(sure, HELP, BYE).no().state == "help"
    many = {**AGE, "next": {"3": "bye", "4.5": "help"}}
    assert conversation(many, HELP, BYE).says("four, 4.5").state in ("help", "age")
    assert conversation(many, HELP, BYE).says("3").state == "bye"


ADULT = {"when": {"slot": "age", "op": ">=", "value": 18}, "goto": "bye"}


def test_ways_by_condition_and_the_following_step_where_none_is_open() -> None:
    it = conversation({**AGE, "next": [ADULT]}, HELP, BYE)
    assert it.says("34").state == "bye"
    assert conversation({**AGE, "next": [ADULT]}, HELP, BYE).says("7").state == "help"
    last = conversation(BYE | {"end": True}, {**AGE, "next": [ADULT]})
    assert last.status == "ended"
    it = conversation({**AGE, "next": [ADULT, {"goto": "bye"}]}, HELP, BYE)
    assert it.says("7").state == "bye"
    it = conversation({"message": "Well?", "next": [{"when": "fine", "goto": "bye"}]}, HELP, BYE)
    assert (it.state, it.says("Fine").state) == ("step 1", "bye")


def test_a_last_question_with_ways_ends_where_none_is_open() -> None:
    again = {"when": {"slot": "age", "op": "<", "value": 18}, "goto": "age"}
    it = conversation({**AGE, "next": [again]})
    assert it.says("7").state == "age"
    assert (it.says("34").status, it.state) == ("ended", "end")


def test_a_step_without_a_message_decides_at_once() -> None:
    decide = {"id": "decide", "next": [ADULT, {"goto": "help"}]}
    assert conversation(AGE, decide, HELP, BYE).says("34").state == "bye"
    assert conversation(AGE, decide, HELP, BYE).says("7").state == "help"


def test_a_step_named_end_is_a_step() -> None:
    it = conversation({"message": "Go?", "next": {"yes": "end"}}, {"id": "end", "message": "Bye"})
    assert it.yes().texts == ["Bye"]


def test_processors_run_before_the_message_and_on_the_reply() -> None:
    it = conversation(
        {**NAME, "pre_processors": ["greet"],
         "post_processors": [{"processor": "tidy", "with": {"upper": True}}]},
        {"message": "Hello {name}"},
        functions={
            "greet": ActionReturned(responses=({"text": "Welcome"},)),
            "tidy": ActionReturned(({"event": "answer", "text": "ANN"},)),
        },
    )  # fmt: skip
    assert it.texts == ["Welcome", "Name?"]
    it.says("ann")
    assert it.calls[0].arguments == {"upper": True}
    assert it.called == ["tidy"]


def test_a_processor_refuses_the_reply() -> None:
    refused = ActionReturned(({"event": "refused", "text": "No digits, please."},))
    it = conversation({**NAME, "post_processors": "tidy"}, BYE, functions={"tidy": refused})
    assert (it.says("4nn").texts, it.state) == (["No digits, please."], "name")
    refused = ActionReturned(({"event": "refused", "text": ""},))
    it = conversation({**NAME, "post_processors": "tidy"}, BYE, functions={"tidy": refused})
    assert it.says("4nn").texts == ["Name?"]


@pytest.mark.parametrize(
    ("trigger", "words", "match"),
    [
        ("book", ("book",), "exact"),
        (["book", "table"], ("book", "table"), "exact"),
        ({"keyword": "book", "match": "contains"}, ("book",), "contains"),
    ],
)
def test_triggers(trigger: Any, words: tuple[str, ...], match: str) -> None:
    manual = {"manual": True}
    flow = read_flow({"trigger": trigger, "triggers": [manual], "steps": [BYE]}, "f")
    first, second = flow.triggers
    assert (first.kind, second.value, second.match) == ("manual", words, match)
    assert origin(second.place, flow.origins) == "/trigger"
    assert read_flow({"triggers": [], "steps": [BYE]}, "f").triggers == ()


def test_the_author_keeps_what_was_written() -> None:
    document = steps(NAME, BYE, title="Names")
    flow = read_flow(copy.deepcopy(document), "f")
    assert (flow.source, flow.title, set(flow.states)) == (document, "Names", {"name", "bye"})
    assert origin("/states/0/states/0/enter/0/say", flow.origins) == "/steps/1/message"
    assert origin("/states/0/collect/slot", flow.origins) == "/steps/0/variable"


def test_places_within_a_message_are_kept() -> None:
    flow = read_flow(steps({"message": BUTTONS}, {"message": BUTTONS}), "f")
    assert origin("/states/0/enter/0/say", flow.origins) == "/steps/0/message/text"
    title = "/states/0/states/0/enter/0/buttons/1/title"
    assert origin(title, flow.origins) == "/steps/1/message/buttons/1/title"


def test_every_key_around_the_states_is_handed_on() -> None:
    around = set(DOCUMENT_KEYS) - {"states"}
    document = translate(steps(BYE, **dict.fromkeys(around, 1)), "f").document
    assert document is not None
    assert set(document) == {*around, "states"}


# What is refused


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"steps": [BYE]}, [("no-trigger", "")]),
        (steps(BYE, trigger=5), [("wrong-type", "/trigger")]),
        (steps(BYE, trigger=""), [("empty-text", "/trigger")]),
        (steps(BYE, trigger=[]), [("empty-list", "/trigger")]),
        (steps(BYE, trigger=["a", 5]), [("wrong-type", "/trigger/1")]),
        (
            steps(BYE, trigger={"keywrd": "x"}),
            [("unknown-key", "/trigger/keywrd"), ("wrong-trigger", "/trigger")],
        ),
        (
            steps(BYE, trigger={"keyword": "x", "match": "contain"}),
            [("unknown-match", "/trigger/match")],
        ),
        (steps(BYE, triggers=5), [("wrong-type", "/triggers")]),
        (steps(BYE, stps=[]), [("unknown-key", "/stps")]),
        ({"trigger": "x", "steps": 5}, [("no-steps", "/steps")]),
        (steps(), [("no-steps", "/steps")]),
        (steps(5), [("wrong-type", "/steps/0")]),
        (steps({"mesage": "x"}), [("unknown-key", "/steps/0/mesage")]),
        (steps({"id": 5}), [("wrong-type", "/steps/0/id")]),
        (steps({"id": "@a"}), [("wrong-id", "/steps/0/id")]),
        (steps(BYE, BYE), [("duplicate-name", "/steps/1/id")]),
        (
            steps({"message": 5}),
            [("wrong-type", "/steps/0/message"), ("empty-text", "/steps/0/message")],
        ),
        (steps({"message": ""}), [("empty-text", "/steps/0/message")]),
        (steps({"message": "{x"}), [("wrong-template", "/steps/0/message")]),
        (steps({"message": {"text": "{x"}}), [("wrong-template", "/steps/0/message/text")]),
        (
            steps({"message": {"text": "x", "button": []}}),
            [("unknown-key", "/steps/0/message/button")],
        ),
        (
            steps({"message": {"text": "x", "buttons": [5]}}),
            [("wrong-type", "/steps/0/message/buttons/0")],
        ),
        (
            steps({"message": {"text": {"response": "utter_x"}}}),
            [("wrong-type", "/steps/0/message")],
        ),
        (steps({"message": {"english": "x"}}), [("unknown-key", "/steps/0/message/english")]),
        (steps({"message": {}}), [("empty-text", "/steps/0/message")]),
        (steps({**NAME, "variable": 5}), [("wrong-type", "/steps/0/variable")]),
        (steps({**NAME, "type": "nmae"}), [("unknown-type", "/steps/0/type")]),
        (steps({**NAME, "type": "choice"}), [("no-choices", "/steps/0/type")]),
        (steps({"message": "x", "type": "text"}), [("no-variable", "/steps/0/type")]),
        (steps({"message": "x", "min": 1}), [("no-variable", "/steps/0/min")]),
        (steps({"message": "x", "error": "y"}), [("no-reply", "/steps/0/error")]),
        (steps({**NAME, "error": 5}), [("wrong-type", "/steps/0/error")]),
        (steps({**NAME, "attempts": 0}), [("wrong-number", "/steps/0/attempts")]),
        (steps({**AGE, "min": 5, "max": 1}), [("wrong-number", "/steps/0/max")]),
        (steps({**NAME, "pattern": "("}), [("wrong-pattern", "/steps/0/pattern")]),
        (steps({**NAME, "exit_words": [5]}), [("wrong-type", "/steps/0/exit_words/0")]),
        (steps({"variable": "x"}), [("no-message", "/steps/0")]),
        (steps({**NAME, "pre_processors": [5]}), [("wrong-step", "/steps/0/pre_processors/0")]),
        (
            steps({**NAME, "post_processors": {"say": "x"}}),
            [("wrong-step", "/steps/0/post_processors")],
        ),
        (
            steps({"message": "x", "post_processors": ["y"]}),
            [("no-reply", "/steps/0/post_processors")],
        ),
        (steps({**BYE, "end": False}), [("wrong-type", "/steps/0/end")]),
        (steps({**BYE, "next": "bye"}), [("end-and-next", "/steps/0/next")]),
        (steps({**NAME, "next": 5}), [("wrong-type", "/steps/0/next")]),
        (
            steps({**NAME, "next": ""}),
            [("empty-text", "/steps/0/next"), ("unknown-step", "/steps/0/next")],
        ),
        (steps({**NAME, "next": "nowhere"}), [("unknown-step", "/steps/0/next")]),
        (steps({**NAME, "next": {}}), [("empty-list", "/steps/0/next")]),
        (steps({**NAME, "next": {"x": 5}}), [("wrong-type", "/steps/0/next/x")]),
        (steps({**NAME, "next": {"x/y": "z"}}), [("unknown-step", "/steps/0/next/x~1y")]),
        (
            steps({**NAME, "next": {"x": "end", "X ": "end"}}),
            [("duplicate-answer", "/steps/0/next/X ")],
        ),
        (steps({**NAME, "next": {" ": "end"}}), [("empty-text", "/steps/0/next/ ")]),
        (steps({**AGE, "next": {"x": "end"}}), [("unknown-answer", "/steps/0/next/x")]),
        (
            steps({"message": BUTTONS, "variable": "x", "next": {"Te": "end"}}),
            [("unknown-answer", "/steps/0/next/Te")],
        ),
        (steps({"next": {"x": "end"}}), [("no-message", "/steps/0/next")]),
        (steps({**NAME, "next": []}), [("empty-list", "/steps/0/next")]),
        (steps({**NAME, "next": [5]}), [("wrong-type", "/steps/0/next/0")]),
        (steps({**NAME, "next": [{"when": "x"}]}), [("no-goto", "/steps/0/next/0")]),
        (steps({**NAME, "next": [{"goto": "x"}]}), [("unknown-step", "/steps/0/next/0")]),
        (
            steps({**NAME, "next": [{"goto": "end"}, {"goto": "end"}]}),
            [("unreachable-way", "/steps/0/next/1")],
        ),
        (
            steps({**NAME, "next": [{"when": {"slto": "x"}, "goto": "end"}]}),
            [("wrong-condition", "/steps/0/next/0/when")],
        ),
        (steps({"id": "a", "message": "x", "next": "a"}), [("endless-steps", "/steps/0")]),
        (
            steps({"id": "a", "message": "x"}, {"message": "y", "next": "a"}),
            [("endless-steps", "/steps/1")],
        ),
    ],
)
def test_mistakes_have_their_place(document: Any, expected: list[tuple[str, str]]) -> None:
    assert findings(document) == expected
