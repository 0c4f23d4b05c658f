"""Sending through the fake Twilio, with each way it can fail, and finding what was sent."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from connectors.channel import (
    Button,
    Location,
    Media,
    Menu,
    OutboundMessage,
    Row,
    SendFailure,
    Sent,
    Template,
)
from connectors.twilio import TwilioConnector
from connectors.twilio.api import outcome
from connectors.twilio.encode import form
from connectors.twilio.status import ERRORS, by_http_status, meaning
from tests.connectors.conftest import Serve
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, PUBLIC_URL, FakeTwilio

SERVICE = f"MG{'a' * 32}"


def message(**change: Any) -> OutboundMessage:
    content = {
        "id": "m1",
        "connector": "twilio",
        "address": "sms:+15550001",
        "sender": "sms:+15550009",
        "text": "hello",
    }
    return OutboundMessage(**content | change)


def connector(fake: FakeTwilio | None = None, **credentials: Any) -> TwilioConnector:
    return TwilioConnector.from_credentials(
        {
            "account_sid": ACCOUNT_SID,
            "auth_token": AUTH_TOKEN,
            "twilio_number": "+15550009",
            "api_url": fake.url if fake else "",
            "timeout": 1,
            **credentials,
        }
    )


@asynccontextmanager
async def opened(ours: TwilioConnector) -> AsyncIterator[TwilioConnector]:
    await ours.open()
    try:
        yield ours
    finally:
        await ours.close()


@pytest.fixture
async def fake() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio(callbacks="none", list_delay=0) as running:
        yield running


@pytest.fixture
async def twilio(fake: FakeTwilio) -> AsyncIterator[TwilioConnector]:
    async with opened(connector(fake)) as ours:
        yield ours


def only(fake: FakeTwilio) -> dict[str, Any]:
    """The one message in the fake's books."""
    [entry] = fake.books.entries("outbound")
    return entry


async def test_a_message_is_taken(fake: FakeTwilio, twilio: TwilioConnector) -> None:
    text = "x" * 161 + "👍\x00\ud800"
    sent = await twilio.send(message(text=text))
    assert sent == Sent(only(fake)["sid"], "accepted", 3)
    assert (only(fake)["to"], only(fake)["from"]) == ("+15550001", "+15550009")
    assert only(fake)["body"] == "x" * 161 + "👍"
    assert only(fake)["status_callback"] == ""


@pytest.mark.parametrize(
    ("change", "to", "sender", "service"),
    [
        ({"sender": ""}, "+15550001", "+15550009", None),
        ({"address": "whatsapp:+1", "sender": ""}, "whatsapp:+1", "whatsapp:+15550009", None),
        ({"sender": f"sms:{SERVICE}"}, "+15550001", "", SERVICE),
        ({"address": "whatsapp:+1", "sender": f"whatsapp:{SERVICE}"}, "whatsapp:+1", "", SERVICE),
        ({"sender": "sms:MGM"}, "+15550001", "MGM", None),
    ],
)
async def test_the_sender_is_a_number_or_a_service(
    fake: FakeTwilio,
    twilio: TwilioConnector,
    change: dict[str, str],
    to: str,
    sender: str,
    service: str | None,
) -> None:
    sent = await twilio.send(message(**change))
    assert isinstance(sent, Sent)
    entry = only(fake)
    assert (entry["to"], entry["from"], entry["messaging_service_sid"]) == (to, sender, service)
    # A service has not chosen the sender yet, so it does not know the parts.
    assert sent.segments == (None if service else 1)


async def test_buttons_become_a_numbered_list_and_media_go_along(
    fake: FakeTwilio, twilio: TwilioConnector
) -> None:
    buttons = (Button("Yes", "/y"), Button("No"))
    media = (Media("https://m/1"), Media("https://m/2", "image/png"))
    await twilio.send(message(text="Pick", buttons=buttons, media=media))
    assert only(fake)["body"] == "Pick\n1. Yes\n2. No"
    assert only(fake)["media"] == ["https://m/1", "https://m/2"]


async def test_a_list_and_a_place_become_lines(fake: FakeTwilio, twilio: TwilioConnector) -> None:
    menu = Menu((Row("Tea", "tea", "green"), Row("Coffee", "coffee")), "Choose")
    place = Location(59.91, 10.75, "Our shop", "Main Street 1")
    await twilio.send(message(text="Pick", menu=menu, location=place))
    link = "https://www.openstreetmap.org/?mlat=59.910000&mlon=10.750000#map=17/59.910000/10.750000"
    assert only(fake)["body"].splitlines() == [
        "Pick", "1. Tea - green", "2. Coffee", "Our shop", "Main Street 1", link,
    ]  # fmt: skip


async def test_a_template_goes_by_its_name_where_twilio_has_it(
    fake: FakeTwilio, twilio: TwilioConnector
) -> None:
    approved = message(text="Hi Ann", template=Template("HX5", "en", ("Ann", "5 pm")))
    await twilio.send(approved)
    assert (only(fake)["content_sid"], only(fake)["body"]) == ("HX5", "")
    fields = dict(form(approved, "+15550001", "+15550009", ""))
    assert json.loads(fields["ContentVariables"]) == {"1": "Ann", "2": "5 pm"}


async def test_another_template_is_its_text(fake: FakeTwilio, twilio: TwilioConnector) -> None:
    await twilio.send(message(text="Hi Ann", template=Template("reminder", "en", ("Ann",))))
    assert (only(fake)["content_sid"], only(fake)["body"]) == ("", "Hi Ann")


async def test_a_template_stands_in_for_the_text(fake: FakeTwilio, twilio: TwilioConnector) -> None:
    custom = {"content_sid": "HX1", "content_variables": {"1": "Ann"}}
    await twilio.send(message(custom=custom))
    assert (only(fake)["content_sid"], only(fake)["body"]) == ("HX1", "")


async def test_a_callback_carries_our_id(fake: FakeTwilio) -> None:
    async with opened(connector(fake, public_url=f"{PUBLIC_URL}/")) as ours:
        await ours.send(message(id="a/b&c"))
    assert only(fake)["status_callback"] == f"{PUBLIC_URL}/webhooks/twilio/status?m=a%2Fb%26c"


async def test_no_callback_where_none_is_wanted(fake: FakeTwilio) -> None:
    async with opened(connector(fake, public_url=PUBLIC_URL, status_callback=False)) as ours:
        await ours.send(message())
    assert only(fake)["status_callback"] == ""


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"text": "x" * 1601}, "21617"),
        ({"text": "x" * 1595, "buttons": (Button("Yes"),)}, "21617"),
        ({"address": "telegram:42"}, "21211"),
        ({"address": "sms:"}, "21211"),
        ({"sender": "web:phone"}, "21211"),
    ],
)
async def test_what_twilio_would_refuse_is_not_asked(
    fake: FakeTwilio, twilio: TwilioConnector, change: dict[str, Any], code: str
) -> None:
    failure = await twilio.send(message(**change))
    assert isinstance(failure, SendFailure)
    assert (failure.kind, failure.code, fake.creates) == ("rejected", code, 0)


@pytest.mark.parametrize(
    ("fault", "kind", "taken"),
    [
        ("rate", "retry", 0),
        ("error_before", "unknown", 0),
        ("error_after", "unknown", 1),
        ("hold_before", "unknown", 0),
        ("hold_after", "unknown", 1),
        ("drop_before", "unknown", 0),
        ("drop_after", "unknown", 1),
        ("garbled", "unknown", 1),
        ("slow", "unknown", 1),
    ],
)
async def test_each_fault_is_told_apart(
    fake: FakeTwilio, twilio: TwilioConnector, fault: str, kind: str, taken: int
) -> None:
    fake.fail(fault, times=1, seconds=1.5)
    failure = await twilio.send(message())
    assert isinstance(failure, SendFailure)
    assert failure.kind == kind
    assert len(fake.books.entries("outbound")) == taken
    assert isinstance(await twilio.send(message()), Sent)


async def test_a_rate_says_when_to_come_back(fake: FakeTwilio, twilio: TwilioConnector) -> None:
    fake.configure({"retry_after": 7, "faults": [{"kind": "rate"}]})
    assert await twilio.send(message()) == SendFailure(
        "retry", "Twilio's API is asked too often", "20429", 7.0
    )


async def test_an_opted_out_contact_is_told_as_such(
    fake: FakeTwilio, twilio: TwilioConnector
) -> None:
    fake.configure({"errors": {"+15550001": 21610}})
    failure = await twilio.send(message())
    assert isinstance(failure, SendFailure)
    assert (failure.kind, failure.code) == ("opted_out", "21610")


async def test_a_number_that_is_none_is_rejected(twilio: TwilioConnector) -> None:
    failure = await twilio.send(message(address="sms:abc"))
    assert isinstance(failure, SendFailure)
    assert (failure.kind, failure.code) == ("rejected", "21211")


async def test_wrong_credentials_are_named(fake: FakeTwilio) -> None:
    async with opened(connector(fake, auth_token="wrong")) as ours:
        failure = await ours.send(message())
    assert isinstance(failure, SendFailure)
    assert failure.kind == "rejected"
    assert "account_sid, auth_token" in failure.reason


async def test_nobody_there_means_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with opened(connector(api_url=f"http://127.0.0.1:{port}")) as ours:
        failure = await ours.send(message())
    assert isinstance(failure, SendFailure)
    assert failure.kind == "retry"


async def test_a_name_that_is_unknown_means_nothing_was_sent() -> None:
    async with opened(connector(api_url="http://no-such-host.invalid", timeout=5)) as ours:
        failure = await ours.send(message())
    assert isinstance(failure, SendFailure)
    assert failure.kind == "retry"


@pytest.mark.parametrize("api_url", ["http://", "http://[", "https://:x"])
async def test_an_address_that_is_none_never_raises(api_url: str) -> None:
    async with opened(connector(api_url=api_url)) as ours:
        assert isinstance(await ours.send(message()), SendFailure)


async def test_a_closed_connector_sends_later() -> None:
    failure = await connector().send(message())
    assert isinstance(failure, SendFailure)
    assert failure.kind == "retry"


async def test_who_gets_no_connection_in_time_has_sent_nothing(fake: FakeTwilio) -> None:
    fake.fail("slow", seconds=0.8)
    began = time.monotonic()
    async with opened(connector(fake, max_concurrent=1)) as ours:
        results = await asyncio.gather(*(ours.send(message(id=f"m{n}")) for n in range(4)))
    assert time.monotonic() - began < 1.0  # no send outlives its timeout
    assert isinstance(results[0], Sent)
    assert [r.kind for r in results if isinstance(r, SendFailure)] == ["retry"] * 3
    assert only(fake)["sid"] == results[0].provider_id


async def test_connections_are_bounded_and_used_again(fake: FakeTwilio) -> None:
    async with opened(connector(fake, max_concurrent=2)) as ours:
        results = await asyncio.gather(*(ours.send(message(id=f"m{n}")) for n in range(20)))
    assert all(isinstance(result, Sent) for result in results)


# The tables.

REPORTED = {
    # rules.md 5: what each code asks for, and how often it may be tried.
    "20429": ("retry", None),
    "30001": ("retry", None),
    "21611": ("retry", None),
    "63018": ("retry", None),
    "30003": ("retry", 3),
    "30008": ("retry", 2),
    "30036": ("rejected", None),
    "30005": ("rejected", None),
    "30006": ("rejected", None),
    "30007": ("rejected", None),
    "30034": ("rejected", None),
    "30039": ("rejected", None),
    "21610": ("opted_out", None),
    "21211": ("rejected", None),
    "21614": ("rejected", None),
    "21408": ("rejected", None),
    "21617": ("rejected", None),
    "63016": ("rejected", None),
    "63024": ("rejected", None),
    "20003": ("rejected", None),
    "99999": ("rejected", None),
}


@pytest.mark.parametrize(("code", "expected"), REPORTED.items())
def test_each_code_has_its_meaning(code: str, expected: tuple[str, int | None]) -> None:
    body = b'{"code": %s, "message": "words"}' % code.encode()
    failure = outcome(400, {}, body)
    assert isinstance(failure, SendFailure)
    assert (failure.kind, failure.max_attempts, failure.code) == (*expected, code)
    assert failure == connector().explain(code) or code == "99999"
    assert failure.reason == (ERRORS[code].reason if code in ERRORS else "words")


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (400, b"", "rejected", "400"),
        (401, b"{}", "rejected", "401"),
        (403, b"null", "rejected", "403"),
        (404, b'{"code": 20404}', "rejected", "20404"),
        (403, b'{"code": 1, "message": "x"}', "rejected", "1"),
        (302, b"", "rejected", "302"),
        (408, b"", "unknown", "408"),
        (429, b"<html>", "retry", "429"),
        (500, b'{"code": 20500}', "unknown", "20500"),
        (503, b'{"code": 21610}', "unknown", "21610"),
    ],
)
def test_each_status_has_its_meaning(status: int, body: bytes, kind: str, code: str) -> None:
    failure = outcome(status, {}, body)
    assert isinstance(failure, SendFailure)
    assert (failure.kind, failure.code) == (kind, code)
    assert by_http_status(status).kind == kind


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"sid": 5}', b'{"sid": ""}', b"\xff"])
def test_an_answer_that_cannot_be_read_is_unknown(body: bytes) -> None:
    assert outcome(201, {}, body) == SendFailure(
        "unknown", "Twilio's answer could not be read: it may have been sent"
    )


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("", None), ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("-1", None)],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    failure = outcome(429, {"Retry-After": value}, b"")
    assert isinstance(failure, SendFailure)
    assert failure.retry_after == seconds


def test_a_code_without_words_is_told_by_its_number() -> None:
    assert meaning("4711").reason == "Twilio reports error 4711"


# Finding what may have been sent.


async def test_an_unknown_outcome_is_found_once_it_is_listed(fake: FakeTwilio) -> None:
    fake.configure({"list_delay": 0.3, "faults": [{"kind": "drop_after", "times": 1}]})
    async with opened(connector(fake, settle_after=0.5, timeout=0.3)) as ours:
        since = time.time()
        doubtful = message(text="Pick", buttons=(Button("Yes"),))
        assert isinstance(await ours.send(doubtful), SendFailure)
        assert await ours.find(doubtful, since) == []
        await asyncio.sleep(ours.settle_after + 0.05)
        [found] = await ours.find(doubtful, since)
    assert (found.provider_id, found.address) == (only(fake)["sid"], "sms:+15550001")
    # The text is ours, without the buttons' lines: it can be compared with the message.
    assert (found.text, found.status) == ("Pick", "delivered")
    assert found.created_at >= int(since)


async def test_only_ours_to_the_address_since_then_oldest_first(
    fake: FakeTwilio, twilio: TwilioConnector
) -> None:
    for n, created_at in enumerate([100, 200.7, 300, 400]):
        await twilio.send(message(text=f"t{n}"))
        list(fake.books.records.values())[-1].created_at = created_at
    await twilio.send(message(address="sms:+15550002"))
    await twilio.send(message(sender="sms:+15550008"))
    await twilio.send(message(address="whatsapp:+15550001", sender=""))
    list(fake.books.records.values())[2].direction = "inbound"
    found = await twilio.find(message(), 200.9)
    assert [item.text for item in found] == ["t1", "t3"]


async def test_the_search_reads_on_until_it_is_early_enough(
    fake: FakeTwilio, twilio: TwilioConnector
) -> None:
    for n in range(250):
        await twilio.send(message(text=f"t{n}"))
    for n, record in enumerate(fake.books.records.values()):
        record.created_at = 1000 + n
    assert len(await twilio.find(message(), 0)) == 250
    found = await twilio.find(message(), 1120)
    assert [item.text for item in found] == [f"t{n}" for n in range(120, 250)]


async def test_a_services_messages_are_found(fake: FakeTwilio, twilio: TwilioConnector) -> None:
    await twilio.send(message(sender=f"sms:{SERVICE}"))
    await twilio.send(message())
    [found] = await twilio.find(message(sender=f"sms:{SERVICE}"), 0)
    assert found.provider_id == next(iter(fake.books.records))


async def test_an_error_is_found_with_its_code(fake: FakeTwilio, twilio: TwilioConnector) -> None:
    fake.configure({"outcomes": {"+15550001": ["undelivered", 30003]}})
    await twilio.send(message())
    [found] = await twilio.find(message(), 0)
    assert (found.status, found.error_code) == ("undelivered", "30003")


@pytest.mark.parametrize("fault", ["rate", "error_before", "hold_before", "drop_before", "garbled"])
async def test_where_twilio_cannot_be_asked_the_search_says_so(
    fake: FakeTwilio, twilio: TwilioConnector, fault: str
) -> None:
    fake.fail(fault, on="list", seconds=1.5)
    with pytest.raises(LookupError):
        await twilio.find(message(), 0)


async def test_the_search_names_what_is_wrong(fake: FakeTwilio) -> None:
    with pytest.raises(LookupError, match="not open"):
        await connector(fake).find(message(), 0)
    async with opened(connector(fake, auth_token="wrong")) as ours:
        with pytest.raises(LookupError, match="401"):
            await ours.find(message(), 0)
        assert await ours.find(message(address="telegram:42"), 0) == []


# Both ways together: our app, the fake, and the reports between them.


@pytest.mark.parametrize(
    ("callbacks", "statuses"),
    [
        ("normal", ["sent", "delivered"]),
        ("late", ["sent", "delivered"]),
        ("twice", ["sent", "sent", "delivered", "delivered"]),
        ("out_of_order", ["delivered", "sent"]),
        ("none", []),
    ],
)
async def test_reports_come_back_with_our_id(
    serve: Serve, callbacks: str, statuses: list[str]
) -> None:
    async with FakeTwilio(callbacks=callbacks, late_by=0.05) as fake:
        ours = connector(fake, public_url=PUBLIC_URL)
        host = await serve(ours)
        fake.settings.webhook = host.url
        async with opened(ours):
            sent = await ours.send(message())
            await fake.settle()
        assert isinstance(sent, Sent)
        assert [report.status for report in host.statuses] == statuses
        ids = {(report.provider_id, report.message_id) for report in host.statuses}
        assert ids <= {(sent.provider_id, "m1")}
        assert only(fake)["status"] == "delivered"


async def test_a_report_that_is_not_stored_comes_again(serve: Serve) -> None:
    async with FakeTwilio(retry_delay=0.05) as fake:
        ours = connector(fake, public_url=PUBLIC_URL)
        host = await serve(ours)
        fake.settings.webhook = host.url
        host.fill_disk()
        async with opened(ours):
            await ours.send(message(address="whatsapp:+15550001", sender=""))
            await asyncio.sleep(0.1)
            host.broken = None
            await fake.settle()
        assert [report.status for report in host.statuses] == ["sent", "delivered", "read"]
        assert only(fake)["reports"][0]["tries"] > 1


async def test_an_inbound_message_comes_until_it_is_stored(serve: Serve) -> None:
    async with FakeTwilio(repeat=1.0, retry_delay=0.05) as fake:
        host = await serve(connector(public_url=PUBLIC_URL))
        fake.settings.webhook = host.url
        host.fill_disk()
        receiving = asyncio.create_task(fake.receive("+15550001", "+15550009", "grüß & 👍"))
        await asyncio.sleep(0.1)
        host.broken = None
        delivered = await receiving
        first, second = host.messages
        assert first == second
        assert (first.text, first.provider_id) == ("grüß & 👍", delivered.sid)
        assert first.retry_token == delivered.token
        [entry] = fake.books.entries("inbound")
        assert (entry["answer"], entry["repeats"]) == (200, 1)
