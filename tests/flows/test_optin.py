"""The opt-in flow, in whole conversations."""

import json
from collections.abc import Callable

import pytest

from tests.flows.driver import ROOT, Conversation, parse

Make = Callable[[str], Conversation]
DAY = 86400.0


async def test_yes_name_and_a_question_the_day_after(conversation: Make) -> None:
    talk = conversation("optin")
    (question,) = await talk.begin("hi")
    assert "YES or NO" in question
    assert await talk.says("yes") == ["Great! What is your name?"]
    assert talk.state == "OY1"
    (greeting,) = await talk.says("I'm Mike Smith", parse("I'm Mike Smith", "Mike Smith"))
    assert greeting.startswith("Nice to meet you, Mike!")
    assert talk.fields == {"first_name": "Mike", "name": "Mike Smith"}
    assert talk.tags == {"opted_in"}
    assert (talk.state, talk.session.status) == ("INITBG", "dormant")

    assert await talk.waits(DAY - 60) == []
    (how,) = await talk.waits(120)
    assert how.startswith("Hello Mike, how is it going?")
    assert (talk.session.status, talk.session.ended_because) == ("ended", "completed")


async def test_a_no_is_taken(conversation: Make) -> None:
    talk = conversation("optin")
    talk.tags = {"vip"}
    await talk.begin("hi")
    (reply,) = await talk.says("no")
    assert reply.startswith("No problem")
    assert talk.tags == {"vip", "declined"}
    assert (talk.state, talk.session.status) == ("ON1", "ended")


async def test_asks_again_twice_and_then_says_goodbye(conversation: Make) -> None:
    talk = conversation("optin")
    await talk.begin("hi")
    for _ in range(2):
        assert await talk.says("blue") == [
            "Sorry, I did not get that. Could you say it in other words?"
        ]
        assert (talk.state, talk.session.status) == ("OPTIN", "active")
    (goodbye,) = await talk.says("green")
    assert "JOIN" in goodbye
    assert talk.session.ended_because == "not_understood"
    assert talk.tags == set()


async def test_a_reprompt_does_not_use_up_the_next_question(conversation: Make) -> None:
    talk = conversation("optin")
    await talk.begin("hi")
    await talk.says("blue")
    await talk.says("yes")
    await talk.says("blue")
    await talk.says("blue")
    assert (talk.state, talk.session.status) == ("OY1", "active")
    await talk.says("Ann", parse("Ann", "Ann"))
    assert talk.fields["first_name"] == "Ann"


async def test_who_has_opted_in_is_known(conversation: Make) -> None:
    talk = conversation("optin")
    talk.tags, talk.fields = {"opted_in"}, {"first_name": "Mike"}
    (question,) = await talk.begin("hello again")
    assert question.startswith("Good to hear from you, Mike!")


def test_its_states_are_the_documented_example() -> None:
    document = json.loads((ROOT / "flows" / "optin.json").read_text())
    assert document["states"] == [
        {"name": "OPTIN", "condition": "get_smth_from_user", "enter": "init", "states": [
            {"name": "OY1", "condition": "is_user_reply_yes", "enter": "ask_name", "states": [
                {"name": "@INITBG", "condition": "user_reply_name",
                 "enter": "greet_user_create_task"}]},
            {"name": "ON1", "condition": "is_user_reply_no", "enter": "say_np"}]}
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["{email}", "{{user.email}}", "Bobby'); DROP TABLE--"])
async def test_a_name_is_text_and_no_template(conversation: Make, name: str) -> None:
    talk = conversation("optin")
    talk.fields["email"] = "secret@example.com"
    await talk.begin("hi")
    await talk.says("yes")
    (greeting,) = await talk.says(name, parse(name, name))
    assert "secret@example.com" not in greeting
    assert talk.fields["name"] == name
