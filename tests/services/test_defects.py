"""What a defect of ours, or a value that cannot be kept, does to a contact: no more than one turn."""

from typing import Any

import pytest

from bot.domain.actions import ActionResult, keepable
from bot.domain.deliveries import Attempt, Listed, found, unclaimed
from bot.domain.records import StoreUnavailable, TurnRecord
from bot.engine.flow import APOLOGY
from bot.engine.parse import Parse
from bot.store.memory import MemoryStore
from tests.domain.test_deliveries import message
from tests.services.world import Reader, Runner, World, flow, say

WELCOME = flow(say("HELLO", "Hi.", states=[say("MORE", "And?", condition="get_smth_from_user")]))


class BrokenReader(Reader):
    """A reader with a defect."""

    def parse(self, text: str, language: str | None = None, **_: Any) -> Parse:
        raise RuntimeError("no reading today")


class Refusing(MemoryStore):
    """A database that refuses a certain text, as PostgreSQL refuses NUL."""

    async def save(self, turn: TurnRecord) -> bool:
        if any("refused" in m.text for m in turn.messages):
            raise StoreUnavailable("invalid byte sequence")
        return await super().save(turn)


async def opened(reader: Reader | None = None, **flows: Any) -> World:
    world = World(reader=reader or Reader(), default_flow="welcome")
    return await world.open(**{"welcome": WELCOME, **flows})


async def test_a_turn_that_cannot_be_made_is_told_once() -> None:
    world = await opened(BrokenReader())
    assert await world.says("hello") == [APOLOGY]
    (event,) = await world.events("turn_failed")
    assert "no reading today" in str(event.data["reason"])
    assert (await world.statuses())[0] != "pending"


async def test_a_stop_word_is_honoured_whatever_is_broken() -> None:
    world = await opened(BrokenReader())
    assert await world.says("STOP") == ["Goodbye."]
    assert (await world.contact()).opted_out
    assert await world.says("hello") == []


async def test_what_the_database_refuses_costs_one_turn_and_no_more() -> None:
    refused = flow(say("ONE", "this is refused"), keyword="bad")
    world = World(default_flow="welcome")
    world.store = Refusing()
    await world.open(welcome=WELCOME, refused=refused)
    assert await world.says("bad") == [APOLOGY]
    assert await world.says("hello") == ["Hi."]


async def test_what_no_database_keeps_is_taken_out_of_an_answer() -> None:
    answer = ActionResult(
        ({"event": "slot", "name": "mood", "value": [float("nan"), "a\x00b"]},),
        ({"text": "half an emoji \ud83d, and NUL \x00."},),
    )
    world = World(runner=Runner({"tell": [answer]}), default_flow="welcome")
    await world.open(welcome=flow({"name": "ONE", "enter": "tell"}, {"name": "TWO"}))
    assert await world.says("hello") == ["half an emoji , and NUL ."]
    assert keepable({"a\x00": [float("inf"), ("x\udfff",)]}) == {"a": [None, ["x"]]}


async def test_nothing_is_sent_behind_a_stop_that_waits() -> None:
    world = await opened()
    for text in ("hello", "STOP"):
        await world.arrives(text)
    await world.take_turns()
    assert world.provider.texts == ["Goodbye."]


async def test_nothing_queued_is_sent_before_what_came_in_is_heard() -> None:
    world = await opened()
    world.provider.script = [Attempt("retry", retry_after=1.0)]
    await world.says("hello")
    world.woken.clear()
    await world.arrives("STOP")
    world.clock.at += 60
    assert await world.store.claim_due(world.clock.at, 10, 60.0) == []


@pytest.mark.parametrize(
    "content", [{"custom": {"content_sid": "HX1"}}, {"template": {"name": "HX1"}}]
)
async def test_a_message_in_other_words_is_not_sent_again(content: dict[str, Any]) -> None:
    listed = [Listed("SM1", "Sent from a trial account - hello", "sent", 101.0)]
    assert found(message(), listed, set()) is None
    assert unclaimed(message(), listed, set()) == listed
    template = message(content=content, text="")
    assert found(template, listed, set()) == listed[0]
    assert unclaimed(message(), listed, {"SM1"}) == []
