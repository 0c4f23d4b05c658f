"""Questions with choices, limits and conditions of their own; places and files as answers."""

from typing import Any

import pytest

from bot.engine.asking import intents_asked
from bot.engine.commands import SetSlot
from bot.engine.reader import read_flow
from tests.engine.driver import Conversation
from tests.engine.test_semantics import say

DRINKS = [
    {"label": {"en": "Tea", "es": "Té"}, "value": "tea", "words": ["cha", "infusion"]},
    {"label": {"en": "Coffee", "es": "Café"}, "value": "coffee", "means": "order_coffee"},
    {"label": {"en": "Tap water", "es": "Agua"}, "value": "water"},
]
DRINK = {"slot": "drink", "type": "choice", "choices": DRINKS, "error": "Which one?"}


def asking(question: dict[str, Any], **more: Any) -> Conversation:
    flow = {"language": "en", "states": [say("A", collect=question, states=[say("DONE")])]}
    return Conversation(flow, **more).begin()


def buttons(talk: Conversation) -> list[tuple[str, str]]:
    return [(b["title"], b["payload"]) for b in talk.messages[-1].buttons]


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ("Tea", "tea"),
        ("1", "tea"),
        ("2.", "coffee"),
        ("the third one", "water"),
        ("cha", "tea"),
        ("some infusion please", "tea"),
        ("tap wter", "water"),
        ("WATER", "water"),
        ("coffee", "coffee"),
    ],
)
def test_a_choice_is_meant_by_label_number_word_or_value(reply: str, value: str) -> None:
    assert asking(DRINK).says(reply).session.slots == {"drink": value}


@pytest.mark.parametrize("reply", ["4", "tea or coffee", "juice", "cha and coffee", "", "0"])
def test_what_is_no_choice(reply: str) -> None:
    talk = asking(DRINK).says(reply)
    assert (talk.texts, talk.session.slots) == (["Which one?"], {})


def test_a_choice_is_meant_by_its_intent() -> None:
    assert asking(DRINK).says("the usual", "order_coffee").session.slots == {"drink": "coffee"}
    assert asking(DRINK).says("the usual", "order_coffee", 0.3).session.slots == {}


def test_the_intents_of_choices_are_asked_for() -> None:
    assert "order_coffee" in intents_asked(read_flow([say("A", collect=DRINK)], "f"), "A")


def test_labels_are_those_of_the_contacts_language() -> None:
    spanish = asking({**DRINK, "ask": {"en": "What?", "es": "¿Qué?"}}, language="es-MX")
    assert spanish.messages[-1].text == "¿Qué?"
    assert buttons(spanish) == [("Té", "tea"), ("Café", "coffee"), ("Agua", "water")]
    assert spanish.says("agua").session.slots == {"drink": "water"}


def test_a_question_is_asked_behind_enter_with_its_choices() -> None:
    talk = asking({**DRINK, "ask": "What, {first_name}?"}, fields={"first_name": "Ann"})
    assert talk.texts == ["A", "What, Ann?"]
    assert buttons(talk) == [("Tea", "tea"), ("Coffee", "coffee"), ("Tap water", "water")]


def test_many_choices_are_a_list() -> None:
    question = {**DRINK, "ask": "What?", "choices": ["One", "Two", "Three", "Four"]}
    talk = asking(question)
    menu = talk.messages[-1].menu
    assert menu is not None
    assert menu["rows"][3] == {"title": "Four", "payload": "Four", "description": ""}
    assert talk.messages[-1].buttons == ()
    assert talk.says("4").session.slots == {"drink": "Four"}


def test_a_refused_answer_shows_the_choices_again() -> None:
    talk = asking({**DRINK, "ask": "What?"}).says("juice")
    assert (talk.texts, len(buttons(talk))) == (["Which one?"], 3)


def test_without_ask_nothing_is_shown_by_itself() -> None:
    talk = asking(DRINK)
    assert talk.texts == ["A"]
    assert talk.says("juice").messages[0].buttons == ()


def test_a_question_without_words_for_a_refusal_is_asked_again() -> None:
    talk = asking({"slot": "n", "type": "number", "ask": "How many?"}).says("some")
    assert talk.texts == ["How many?"]


def test_a_field_of_the_contact_takes_the_answer() -> None:
    question = {
        "field": "town",
        "valid": {"not": {"slot": "town", "value": "Nowhere"}},
        "error": "no",
    }
    talk = asking(question).says("Nowhere")
    assert (talk.texts, talk.fields) == (["no"], {})
    talk.says("Oslo")
    assert (talk.fields, talk.session.slots) == ({"town": "Oslo"}, {})
    assert talk.of(SetSlot) == [SetSlot("town", "Oslo", "contact")]


@pytest.mark.parametrize(
    ("question", "good", "bad"),
    [
        ({"pattern": "[a-z]{2}[0-9]+"}, "AB12", "AB12!"),
        ({"min_length": 2}, "ab", "a"),
        ({"max_length": 3}, " abc ", "abcd"),
        ({"type": "number", "pattern": "[0-9]+"}, "12", "12 or so"),
        ({"type": "date", "min": "2026-03-01"}, "2026-03-01", "2026-02-28"),
        ({"type": "date", "max": "2026-03-01"}, "2026-03-01", "2026-03-02"),
        ({"type": "time", "min": "08:00", "max": "17:30"}, "17:30", "17:31"),
        ({"valid": {"slot": "x", "op": "in", "value": ["a", "b"]}}, "a", "c"),
        ({"type": "number", "valid": {"expression": "slots.x % 2 == 0"}}, "4", "3"),
    ],
)
def test_limits(question: dict[str, Any], good: str, bad: str) -> None:
    question = {"slot": "x", "error": "again", **question}
    assert asking(question).says(good).state == "DONE"
    refused = asking(question).says(bad)
    assert (refused.texts, refused.session.slots) == (["again"], {})


@pytest.mark.parametrize(
    ("when", "state"), [("2026-01-05T12:00:00+01:00", "DONE"), ("2026-01-05T08:59:59-08:00", "A")]
)
def test_days_with_times_go_by_the_contacts_own_clock(when: str, state: str) -> None:
    question = {"slot": "x", "type": "datetime", "min": "2026-01-05T09:00"}
    time = {"value": when, "grain": "minute"}
    assert asking(question).says("then", time=time).state == state


def test_an_answer_that_its_slot_cannot_hold_is_none() -> None:
    question = {"slot": "n", "type": "text", "error": "digits!"}
    flow = {"slots": {"n": {"type": "number"}}, "states": [say("A", collect=question)]}
    talk = Conversation(flow).begin().says("many")
    assert talk.texts == ["digits!"]
    assert talk.says("12").session.slots == {"n": 12}


def test_a_place_is_an_answer() -> None:
    place = {"latitude": 59.9, "longitude": 10.7, "name": "Shop"}
    talk = asking({"slot": "where", "type": "location", "error": "a place!"}).says("Oslo")
    assert talk.texts == ["a place!"]
    assert talk.sends(location=place).session.slots == {"where": place}


def test_the_first_file_is_an_answer() -> None:
    files = [{"url": "https://e.org/a", "content_type": "image/png"}, {"url": "https://e.org/b"}]
    talk = asking({"slot": "photo", "type": "media", "error": "a photo!"}).says("here")
    assert talk.texts == ["a photo!"]
    assert talk.sends(media=files).session.slots == {"photo": files[0]}


def test_places_lists_and_templates_are_said() -> None:
    steps = [
        {"say": "", "location": {"latitude": "{lat}", "longitude": 10.7, "name": "{who}"}},
        {"say": "Hi", "list": {"button": {"en": "Open", "es": "Abrir"}, "rows": [
            "Tea", {"title": "Coffee", "payload": "c", "description": "{who}'s"}]}},
        {"say": "Hi {who}", "template": {"name": "hello", "parameters": ["{who}"]}},
        {"say": "", "location": {"latitude": "{nowhere}", "longitude": 10.7}},
    ]  # fmt: skip
    talk = Conversation(
        [{"name": "A", "enter": steps}], fields={"lat": 59.9, "who": "Ann"}, language="es"
    )
    place, menu, template = talk.begin().messages
    assert place.location == {"latitude": 59.9, "longitude": 10.7, "name": "Ann"}
    assert menu.menu == {"button": "Abrir", "rows": [
        {"title": "Tea", "payload": "", "description": ""},
        {"title": "Coffee", "payload": "c", "description": "Ann's"}]}  # fmt: skip
    assert template.template == {"name": "hello", "language": "es", "parameters": ["Ann"]}
    assert template.text == "Hi Ann"
    assert len(talk.records("location_refused")) == len(talk.records("message_empty")) == 1


def test_choices_that_all_have_a_number_are_not_counted() -> None:
    numbered = [{"label": "Fresh", "words": ["2"]}, {"label": "Old", "words": ["0"]}]
    question = {**DRINK, "choices": numbered}
    assert asking(question).says("two").session.slots == {"drink": "Fresh"}
    assert asking(question).says("number 0").session.slots == {"drink": "Old"}
    assert asking(question).says("one").session.slots == {}
    assert asking({**DRINK, "choices": [*numbered, "Ripe"]}).says("one").session.slots == {
        "drink": "Fresh"
    }


def before_answer(flag: bool = True) -> Conversation:
    way = {"text": True, "op": "in", "value": ["help"]}
    question = say("A", collect={"slot": "who", "type": "text"}, post=["tidy"], states=[
        {"name": "HELP", "condition": way, "enter": [{"say": "Call us."}], "before_answer": flag},
        say("DONE"),
    ])  # fmt: skip
    return Conversation({"states": [question]}).begin()


def test_a_way_before_the_answer_leaves_the_question() -> None:
    talk = before_answer().says("Help")
    assert (talk.texts, talk.calls, talk.session.slots) == (["Call us."], [], {})
    talk = before_answer().says("Ann")
    assert (talk.texts, talk.session.slots) == (["DONE"], {"who": "Ann"})


def test_other_ways_wait_for_the_answer() -> None:
    assert before_answer(False).says("Help").session.slots == {"who": "Help"}


def test_a_way_before_the_answer_is_tried_first_wherever_it_stands() -> None:
    flow = read_flow(
        [say("A", states=[say("B"), {**say("C"), "before_answer": True}, say("D")])], "f"
    )
    assert [way.target for way in flow.states["A"].transitions] == ["C", "B", "D"]
