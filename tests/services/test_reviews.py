"""What is collected for labelling, and what becomes of a decision."""

import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.domain.reviews import Review
from bot.engine.parse import Entity, Intent, Parse
from bot.services import reviews as module
from bot.services.reviews import IntentRefused, ReviewDecided, Reviews, ReviewUnknown
from tests.services.world import World, flow, say

NAME = re.compile(r"\b(Mike|Olga)\b")
ASK = flow(
    say("ASK", "Would you like a coupon?", states=[
        say("CODE", "Here: X1", condition="is_user_reply_yes"),
        say("BYE", "As you like", condition="is_user_reply_no"),
        {"name": "PERSON", "condition": "user_wants_human", "enter": [{"hand_over": "asked"}]},
    ]),
    keyword="coupon", otherwise={"say": "Pardon?", "times": 3},
)  # fmt: skip
DAY = flow(
    {"name": "DAY", "enter": [{"say": "Which day?"}],
     "collect": {"slot": "day", "type": "text"},
     "states": [say("DONE", "See you", condition="always")]},
    keyword="visit",
)  # fmt: skip


@dataclass
class ThinkingReader:
    """Reads by a table; what is not in it is nothing, though it might be `affirm`. Finds names."""

    table: dict[str, tuple[str, float]] = field(default_factory=dict)

    def parse(self, text: str, language: str | None = None, **_: Any) -> Parse:
        guess = (Intent("affirm", 0.4), Intent("deny", 0.3), Intent("greet", 0.2))
        names = tuple(Entity("name", m[0], *m.span()) for m in NAME.finditer(text))
        if text in self.table:
            top = Intent(*self.table[text])
            return Parse(text, top, (top, *guess), names)
        top = Intent("nlu_fallback", 0.6)
        return Parse(text, top, (top, *guess), names)


@dataclass
class Notebook:
    """Keeps the examples that it is given."""

    examples: list[tuple[str, str]] = field(default_factory=list)
    full: bool = False

    def add(self, text: str, intent: str) -> bool:
        if self.full:
            raise OSError(28, "No space left on device")
        self.examples.append((text, intent))
        return True


READINGS = {
    "yes": ("affirm", 0.95), "no": ("deny", 0.95), "sure": ("greet", 0.9), "hi": ("greet", 0.9),
    "a person": ("human", 0.95), "leave me alone": ("opt_out", 0.95), "nah": ("affirm", 0.9),
}  # fmt: skip


async def opened() -> World:
    reader: Any = ThinkingReader(dict(READINGS))
    return await World(reader=reader).open(ask=ASK, day=DAY)


def reviews_of(
    world: World, examples: Notebook | None = None, *, collect: bool = True, days: float = 30
) -> Reviews:
    return Reviews(world.store, examples or Notebook(), world.clock, collect=collect, days=days)


async def collected(world: World, **options: Any) -> dict[str, Review]:
    page = await reviews_of(world, **options).page(100, None, None)
    return {it.text: it for it in page.items}


async def test_what_nobody_could_read_is_collected_with_its_place() -> None:
    world = await opened()
    await world.says("coupon")
    assert await world.says("purple mostly") == ["Pardon?"]
    it = (await collected(world))["purple mostly"]
    assert (it.reason, it.status, it.count) == ("unsure", "pending", 1)
    assert (it.flow, it.state, it.asked) == ("ask", "ASK", "Would you like a coupon?")
    assert it.guess == "affirm"
    assert it.ranking == (("affirm", 0.4), ("deny", 0.3))
    assert it.decided_at is None
    # The question stays the same, though the flow said something else meanwhile.
    assert await world.says("green mostly") == ["Pardon?"]
    assert (await collected(world))["green mostly"].asked == "Would you like a coupon?"


async def test_the_same_words_are_one_review_and_counted_once() -> None:
    world = await opened()
    for address in ("sms:+15550001", "sms:+15550002"):
        await world.says("coupon", address)
        await world.says("purple mostly", address)
    for _ in range(3):
        assert (await collected(world))["purple mostly"].count == 2
    await world.passes(600)
    await world.says("purple mostly")
    assert (await collected(world))["purple mostly"].count == 3


async def test_a_sure_reading_that_the_flow_took_is_not_collected() -> None:
    world = await opened()
    await world.says("coupon")
    assert await world.says("yes") == ["Here: X1"]
    assert "yes" not in await collected(world)


async def test_a_reply_that_was_reprompted_is_collected_once_the_next_one_moved() -> None:
    world = await opened()
    await world.says("coupon")
    assert await world.says("sure") == ["Pardon?"]
    assert "sure" not in await collected(world)
    await world.says("yes")
    it = (await collected(world))["sure"]
    assert (it.reason, it.guess, it.ranking[0]) == ("reprompted", "affirm", ("greet", 0.9))


async def test_a_correction_that_comes_late_corrects_nothing() -> None:
    world = await opened()
    await world.says("coupon")
    await world.says("sure")
    world.clock.at += 3599 + 10
    await world.says("coupon")
    await world.says("yes")
    assert "sure" not in await collected(world)


@pytest.mark.parametrize(
    ("leaves", "reason", "guess"),
    [("leave me alone", "opted_out", "opt_out"), ("STOP", "opted_out", "affirm"),
     ("a person", "handed_over", "human")],
)  # fmt: skip
async def test_what_came_right_before_the_contact_left_is_collected(
    leaves: str, reason: str, guess: str
) -> None:
    world = await opened()
    await world.says("coupon")
    if leaves != "a person":
        await world.says("nah")
    else:
        await world.says("hi")
    await world.says(leaves)
    found = await collected(world)
    it = found["hi" if leaves == "a person" else "nah"]
    assert (it.reason, it.guess) == (reason, guess)
    assert leaves not in found


async def test_what_is_no_matter_of_reading_is_left_out() -> None:
    world = await opened()
    await world.says("visit")
    await world.says("next tuesday at the old place")  # fills in a slot
    await world.says("/affirm")
    await world.says("HELP")
    await world.says("x" * 301)
    await world.says("coupon", payload="/inform")
    await world.says("STOP")
    await world.says("who is this")  # opted out: nobody reads it
    found = await collected(world)
    assert "next tuesday at the old place" not in found
    assert {"/affirm", "HELP", "STOP", "who is this", "x" * 301} & set(found) == set()


async def test_who_wrote_it_cannot_be_told() -> None:
    world = await opened()
    await world.says("coupon")
    await world.set_contact(fields={"first_name": "Olga", "email": "olga@example.org", "n": "yep"})
    await world.says("tell Mike: +1 (555) 010-2030 or m.x@example.org, yep")
    await world.says("greetings from Olga")
    found = await collected(world)
    assert set(found) == {"tell [name]: [phone] or [email], yep", "greetings from [name]"}
    for it in found.values():
        shown = f"{it.text} {it.asked} {it.reading}"
        assert not re.search(r"Mike|Olga|@|\d{5}", shown)


async def test_a_name_in_what_was_said_before_is_taken_out_too() -> None:
    greet = flow(
        say("NAME", "Your name?", states=[
            {"name": "HELLO", "condition": "always", "enter": [
                {"say": "Hello Mike, a coupon?"}], "states": [
                say("YES", "Fine", condition="is_user_reply_yes")]}]),
        keyword="hey", otherwise={"say": "Pardon?"},
    )  # fmt: skip
    reader: Any = ThinkingReader({"Mike": ("inform_name", 0.9)})
    world = await World(reader=reader).open(greet=greet)
    await world.says("hey")
    await world.says("Mike")
    await world.says("purple")
    assert (await collected(world))["purple"].asked == "Hello [name], a coupon?"


async def test_collecting_can_be_off() -> None:
    world = await opened()
    await world.says("coupon")
    await world.says("purple")
    assert await collected(world, collect=False) == {}
    assert await world.store.reviews_position() is None
    assert "purple" in await collected(world)


async def test_what_is_too_old_is_not_read() -> None:
    world = await opened()
    await world.says("coupon")
    await world.says("purple")
    world.clock.at += 3 * 86_400
    await world.says("coupon")
    await world.says("green")
    assert set(await collected(world, days=2)) == {"green"}


async def test_a_long_log_is_read_in_pieces_and_nothing_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_EVENTS", 60)
    monkeypatch.setattr(module, "UNSETTLED_EVENTS", 20)
    monkeypatch.setattr(module, "PAGE", 25)
    world = await opened()
    for number in range(40):
        await world.says("coupon", f"sms:+1555000{number:02}")
        await world.says(f"purple {'x' * number}", f"sms:+1555000{number:02}")
    world.clock.at += 120
    reviews = reviews_of(world)
    calls = 1
    while await reviews.collect():
        calls += 1
        assert calls < 40
    page = await world.store.list_reviews(100)
    assert len(page.items) == 40
    assert all(it.count == 1 for it in page.items)
    assert calls > 3


# decisions


async def one(world: World, examples: Notebook) -> tuple[Reviews, str]:
    await world.says("coupon")
    await world.says("purple")
    reviews = reviews_of(world, examples)
    page = await reviews.page(10, None, "pending")
    return reviews, next(it.id for it in page.items if it.text == "purple")


@pytest.mark.parametrize(("intent", "meant"), [(None, "affirm"), ("deny", "deny")])
async def test_accepting_makes_an_example(intent: str | None, meant: str) -> None:
    world, examples = await opened(), Notebook()
    reviews, id_ = await one(world, examples)
    accepted = await reviews.accept(id_, intent)
    assert (accepted.status, accepted.intent) == ("accepted", meant)
    assert examples.examples == [("purple", meant)]
    with pytest.raises(ReviewDecided):
        await reviews.accept(id_, "deny")
    with pytest.raises(ReviewDecided):
        await reviews.reject(id_)
    assert len(examples.examples) == 1


async def test_rejecting_teaches_nothing() -> None:
    world, examples = await opened(), Notebook()
    reviews, id_ = await one(world, examples)
    assert (await reviews.reject(id_)).status == "rejected"
    assert examples.examples == []
    assert "purple" not in {it.text for it in (await reviews.page(10, None, "pending")).items}


async def test_what_cannot_be_written_stays_pending() -> None:
    world, examples = await opened(), Notebook(full=True)
    reviews, id_ = await one(world, examples)
    with pytest.raises(OSError, match="No space"):
        await reviews.accept(id_, "affirm")
    for refused in ("two words", "", "7up", "nlu_fallback", "a/b/c", "x" * 201, "a\nb"):
        with pytest.raises((IntentRefused, OSError)):
            await reviews.accept(id_, refused)
    with pytest.raises(ReviewUnknown):
        await reviews.reject("unknown")
    assert (await reviews.get(id_)).status == "pending"
