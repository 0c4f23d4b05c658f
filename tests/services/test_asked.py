"""A message is read as an answer to what the flow asked, and in the contact's time."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.engine.parse import Intent, Parse
from nlu.interpreter import restricted
from tests.services.world import World, flow, say

OFFER = flow(
    say("OFFER", "Want one?", states=[
        say("CODE", "Here: X1", condition="is_user_reply_yes"),
        say("NONE", "Fine.", condition="is_user_reply_no"),
    ]),
    keyword="coupon", expires_after="1h",
)  # fmt: skip
MHM = (Intent("affirm", 0.48), Intent("greet", 0.3), Intent("deny", 0.02))


@dataclass
class Listener:
    """Reads everything as a hummed yes, and remembers how it was asked."""

    heard: list[dict[str, Any]] = field(default_factory=list)

    def parse(self, text: str, language: str | None = None, **how: Any) -> Parse:
        self.heard.append(how)
        return restricted(Parse(text, Intent("nlu_fallback", 0.6), MHM), how["asked"])


async def project() -> tuple[World, Listener]:
    listener = Listener()
    return await World(reader=listener).open(offer=OFFER), listener  # type: ignore[arg-type]


async def test_what_was_asked_settles_a_weak_reading() -> None:
    world, listener = await project()
    await world.says("coupon")
    assert await world.says("mhm") == ["Here: X1"]
    assert [how["asked"] for how in listener.heard] == [frozenset(), {"affirm", "deny"}]
    received = (await world.events("message_received"))[-1]
    assert received.data["parse"]["asked_ranking"][0]["name"] == "affirm"
    assert received.data["parse"]["asked_share"] == 0.5


async def test_an_expired_question_asks_nothing() -> None:
    world, listener = await project()
    await world.says("coupon")
    await world.passes(7200)
    assert await world.says("mhm") == ["What?"]
    assert listener.heard[-1]["asked"] == frozenset()


async def test_the_contacts_own_time_is_told() -> None:
    world, listener = await project()
    await world.says("coupon")
    await world.set_contact(time_zone="Asia/Tehran")
    await world.says("mhm")
    first, second = (how["now"] for how in listener.heard)
    assert first.utcoffset() == timedelta(0)
    assert second.utcoffset() == timedelta(hours=3, minutes=30)
    assert datetime.timestamp(second) - datetime.timestamp(first) < 10
    await world.set_contact(time_zone="Nowhere/At all")
    await world.says("mhm")
    assert listener.heard[-1]["now"].utcoffset() == timedelta(0)
