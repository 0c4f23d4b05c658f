"""The shipped flows over real HTTP, by SMS and by WhatsApp, with a provider that misbehaves."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from tests.e2e.server import OUR_NUMBER, Server, settle_after, until
from tests.fakes.twilio import FakeTwilio

CODE = r"[A-Z0-9]{8}"


@dataclass
class Phone:
    """A contact's phone: says something, and waits for what the bot answers."""

    fake: FakeTwilio
    number: str
    ours: str
    heard: int = 0

    async def say(self, body: str, replies: int = 1, **kinds: object) -> str:
        delivered = await self.fake.receive(self.number, self.ours, body, **kinds)  # type: ignore[arg-type]
        assert delivered.status == 200, delivered
        return await self.hear(replies)

    async def hear(self, replies: int = 1) -> str:
        wanted = self.heard + replies
        await until(lambda: len(self.inbox()) >= wanted, 20, f"{self.number}: reply {wanted}")
        texts = self.inbox()[self.heard : wanted]
        self.heard = wanted
        return "\n".join(texts)

    def inbox(self) -> list[str]:
        return [
            m["body"] for m in self.fake.books.entries("outbound-api") if m["to"] == self.number
        ]


@pytest.fixture
async def fake() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio(seed=1, list_delay=1.0, late_by=0.5) as it:
        yield it


@pytest.fixture
async def server(starter: Path, fake: FakeTwilio) -> AsyncIterator[Server]:
    settle_after(starter, 2.5)
    async with Server(starter, fake) as it:
        fake.settings.webhook = it.url
        yield it


def phone(fake: FakeTwilio, channel: str, number: str = "+15550101") -> Phone:
    prefix = "whatsapp:" if channel == "whatsapp" else ""
    return Phone(fake, prefix + number, prefix + OUR_NUMBER)


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
@pytest.mark.parametrize("callbacks", ["normal", "late", "twice", "out_of_order"])
async def test_opt_in(server: Server, fake: FakeTwilio, channel: str, callbacks: str) -> None:
    fake.settings.callbacks = callbacks  # type: ignore[assignment]
    fake.settings.repeat = 0.5  # every other request comes twice
    mike = phone(fake, channel)
    assert "YES or NO" in await mike.say("hello")
    assert "your name" in await mike.say("yep")
    assert "Mike" in await mike.say("I'm Mike")
    (contact,) = await server.items("contacts")
    assert contact["tags"] == ["opted_in"]
    assert contact["fields"]["first_name"] == "Mike"
    server.make_timers_due()
    assert "going" in (await mike.hear()).lower()
    final = "read" if channel == "whatsapp" else "delivered"
    await until(lambda: _all_have(server, final), 20, f"all {final}")
    assert len(mike.inbox()) == 4


async def _all_have(server: Server, status: str) -> bool:
    sent = await server.items("messages", direction="out")
    return all(message["status"] == status for message in sent)


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
async def test_coupon(server: Server, fake: FakeTwilio, channel: str) -> None:
    ann = phone(fake, channel)
    assert "interested" in await ann.say("any discount codes?")
    code = (await ann.say("sí")).split()[-1]
    (contact,) = await server.items("contacts")
    assert sorted(contact["tags"]) == ["coupon_sent", "interested"]
    assert contact["fields"]["coupon_code"] == code
    assert code in await ann.say("کد تخفیف دارید؟")
    # Without an e-mail address the follow-up is skipped, and the log says so.
    server.make_timers_due()
    await until(lambda: _events(server, "email_skipped"), what="email_skipped")
    assert not list((server.project / "var" / "outbox").glob("*.eml"))


async def test_the_coupon_s_follow_up_mail(server: Server, fake: FakeTwilio) -> None:
    ann = phone(fake, "sms")
    await ann.say("coupon")
    server.sql("UPDATE contacts SET fields = json_set(fields, '$.email', 'ann@example.com')")
    await ann.say("yes please")
    server.make_timers_due()
    outbox = server.project / "var" / "outbox"
    mails = await until(lambda: list(outbox.glob("*.eml")), what="a mail")
    assert "To: ann@example.com" in mails[0].read_text()
    await asyncio.sleep(1.5)
    assert len(list(outbox.glob("*.eml"))) == 1


async def _events(server: Server, type: str) -> list[dict[str, object]]:
    return await server.items("events", type=type)


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
async def test_blood_sugar_check_ends_after_three_silences(
    server: Server, fake: FakeTwilio, channel: str
) -> None:
    bob = phone(fake, channel)
    await bob.say("sugar")
    for silence in range(3):
        assert not await _ended(server)
        server.make_timers_due()
        await until(lambda n=silence + 1: _fired(server, n))
    assert await until(lambda: _ended(server))


async def _fired(server: Server, count: int) -> bool:
    return len(await server.items("events", type="timer_fired")) == count


async def _ended(server: Server) -> bool:
    sessions = await server.items("sessions", flow="bgcheck")
    return [s["status"] for s in sessions] == ["ended"]


async def test_anything_else_is_asked_again_twice_and_then_left(
    server: Server, fake: FakeTwilio
) -> None:
    eve = phone(fake, "sms")
    first = await eve.say("hello")
    again = [await eve.say(text) for text in ("banana", "xyzzy 17", "the sky")]
    assert len({first, *again[:2]}) <= 3
    assert again[0] == again[1] != again[2]
    (session,) = await server.items("sessions")
    assert session["status"] == "ended"


async def test_stop_is_the_last_that_is_heard(server: Server, fake: FakeTwilio) -> None:
    zoe = phone(fake, "whatsapp")
    await zoe.say("hello")
    goodbye = await zoe.say("STOP")
    assert goodbye
    for text in ("hello?", "coupon", "STOP", "yes please go on"):
        await fake.receive(zoe.number, zoe.ours, text)
    server.make_timers_due()
    await asyncio.sleep(2)
    assert len(zoe.inbox()) == 2
    (contact,) = await server.items("contacts")
    assert contact["opted_out"] is True
    assert await zoe.say("START")
    assert "YES or NO" in await zoe.say("hello")


async def test_twilio_itself_answers_stop_by_sms(server: Server, fake: FakeTwilio) -> None:
    zoe = phone(fake, "sms")
    await zoe.say("hello")
    await fake.receive(zoe.number, zoe.ours, "Stop")
    await until(lambda: _events(server, "contact_opted_out"))
    await asyncio.sleep(0.5)
    assert len(zoe.inbox()) == 1


async def test_a_wish_to_be_left_alone_counts_in_any_words(
    server: Server, fake: FakeTwilio
) -> None:
    zoe = phone(fake, "whatsapp")
    await zoe.say("hello")
    await zoe.say("please stop texting me")
    (contact,) = await server.items("contacts")
    assert contact["opted_out"] is True


@pytest.mark.parametrize(
    "fault",
    ["error_before", "error_after", "drop_before", "drop_after", "rate", "garbled", "hold_after"],
)
async def test_a_reply_goes_out_exactly_once(server: Server, fake: FakeTwilio, fault: str) -> None:
    fake.settings.callbacks = "none"  # nothing but the listing tells what Twilio has
    fake.fail(fault, times=1, seconds=4.0)
    ann = phone(fake, "sms")
    await ann.say("hello")
    await until(lambda: _all_sent(server, 1), 30, "the first reply is settled")
    await ann.say("yes")
    await until(lambda: _all_sent(server, 2), 30, "the second reply is settled")
    assert len(ann.inbox()) == 2
    assert "YES or NO" in ann.inbox()[0]
    assert "name" in ann.inbox()[1]


async def _all_sent(server: Server, count: int) -> bool:
    sent = await server.items("messages", direction="out")
    return len(sent) == count and all(
        m["status"] in ("accepted", "sent", "delivered") for m in sent
    )


async def test_an_opt_out_that_only_twilio_knows_of(server: Server, fake: FakeTwilio) -> None:
    ann = phone(fake, "sms")
    fake.errors[ann.number] = 21610
    await fake.receive(ann.number, ann.ours, "hello")
    await until(lambda: _events(server, "contact_opted_out"))
    (message,) = await server.items("messages", direction="out")
    assert (message["status"], message["error_code"]) == ("failed", "21610")


async def test_a_handset_that_cannot_be_reached_is_tried_again_later(
    server: Server, fake: FakeTwilio
) -> None:
    ann = phone(fake, "sms")
    fake.outcomes[ann.number] = ("undelivered", 30003)
    await ann.say("hello")
    await until(lambda: _with_status(server, "undelivered"))
    waiting = await until(lambda: _with_status(server, "queued"))
    assert len(waiting) == 1
    fake.outcomes.clear()
    server.sql("UPDATE messages SET due_at = 0 WHERE status = 'queued'")
    await until(lambda: _with_status(server, "delivered"))
    assert ann.inbox()[0] == ann.inbox()[1]


async def _with_status(server: Server, status: str) -> list[dict[str, object]]:
    return await server.items("messages", status=status)


async def test_a_forged_request_leaves_nothing(server: Server, fake: FakeTwilio) -> None:
    form = {"MessageSid": "SM" + "0" * 32, "From": "+15550101", "To": OUR_NUMBER, "Body": "hi"}
    async with aiohttp.ClientSession() as client:
        for headers in ({}, {"X-Twilio-Signature": "bm90IGl0"}):
            url = f"{server.url}/webhooks/twilio/webhook"
            async with client.post(url, data=form, headers=headers) as answer:
                assert answer.status == 403
    assert await server.items("messages") == []
    assert await server.items("contacts") == []


@pytest.mark.parametrize(
    "body",
    [
        "",
        " ",
        "x" * 10_000,
        "😀" * 500,
        "שלום \u202e evil",
        "a\x00b",
        "\u200b",
        "<script>alert(1)</script>",
    ],
    ids=["empty", "blank", "long", "emoji", "rtl", "nul", "zero-width", "html"],
)
async def test_any_text_makes_a_sensible_turn(server: Server, fake: FakeTwilio, body: str) -> None:
    assert "YES or NO" in await phone(fake, "sms").say(body)


async def test_media_alone_makes_a_turn(server: Server, fake: FakeTwilio) -> None:
    await phone(fake, "whatsapp").say("", media=[("https://example.com/cat.jpg", "image/jpeg")])
    (message,) = await server.items("messages", direction="in")
    assert message["status"] == "handled"


async def test_what_nobody_understands_is_kept_where_it_can_be_seen(
    server: Server, fake: FakeTwilio
) -> None:
    delivered = await fake.receive("messenger:12345", OUR_NUMBER, "hi")
    assert delivered.status == 200
    (message,) = await server.items("messages", status="unroutable")
    assert message["error"]


async def test_fifty_messages_at_once_stay_in_order(server: Server, fake: FakeTwilio) -> None:
    ann = phone(fake, "sms")
    await ann.say("hello")
    await asyncio.gather(*(fake.receive(ann.number, ann.ours, f"banana {n}") for n in range(50)))
    await until(lambda: _handled(server, 51), 60)
    received = (await server.items("events", type="message_received"))[::-1]
    arrived = [m["id"] for m in (await server.items("messages", direction="in"))[::-1]]
    assert [e["causation_id"] for e in received] == arrived
    assert len(set(arrived)) == 51


async def _handled(server: Server, count: int) -> bool:
    messages = await server.items("messages", direction="in")
    return [m["status"] for m in messages].count("handled") == count
