"""What Twilio posts, and what becomes of it."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.channel import InboundMessage, Media, StatusReport, Unroutable
from connectors.twilio import TwilioConnector
from connectors.twilio.decode import (
    Reading,
    inbound_message,
    is_status,
    status_report,
)
from connectors.twilio.signature import sign
from tests.connectors.conftest import Host, Serve

TOKEN = "12345"
PUBLIC_URL = "https://bot.example.com"
WEBHOOK = "/webhooks/twilio/webhook"
STATUS = "/webhooks/twilio/status"
TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
SERVICE = f"MG{'a' * 32}"

CREDENTIALS = {
    "account_sid": "AC1",
    "auth_token": TOKEN,
    "twilio_number": "+15550009",
    "public_url": PUBLIC_URL,
}
SMS = {
    "MessageSid": "SM1",
    "SmsMessageSid": "SM1",
    "SmsSid": "SM1",
    "AccountSid": "AC1",
    "From": "+15550001",
    "To": "+15550009",
    "Body": "hello",
    "NumMedia": "0",
    "NumSegments": "1",
    "SmsStatus": "received",
    "ApiVersion": "2010-04-01",
    "FromCity": "",
    "ToCity": "",
    "FromCountry": "GB",
}
WHATSAPP = SMS | {
    "From": "whatsapp:+15550001",
    "To": "whatsapp:+15550009",
    "WaId": "15550001",
    "ProfileName": "Ann",
    "MessageType": "text",
    "ReferralNumMedia": "0",
}
REPORT = {
    "MessageSid": "SM9",
    "SmsSid": "SM9",
    "SmsStatus": "delivered",
    "MessageStatus": "delivered",
    "To": "+15550001",
    "From": "+15550009",
    "AccountSid": "AC1",
}

SMS_MESSAGE = InboundMessage(
    connector="twilio",
    provider_id="SM1",
    address="sms:+15550001",
    sender="sms:+15550009",
    text="hello",
    provider_answers_keywords=True,
    metadata={"account_sid": "AC1", "from_country": "GB", "num_segments": 1},
)
WHATSAPP_MESSAGE = replace(
    SMS_MESSAGE,
    address="whatsapp:+15550001",
    sender="whatsapp:+15550009",
    profile_name="Ann",
    provider_answers_keywords=False,
    metadata=dict(SMS_MESSAGE.metadata) | {"wa_id": "15550001", "message_type": "text"},
)


def connector(**credentials: Any) -> TwilioConnector:
    return TwilioConnector.from_credentials({**CREDENTIALS, **credentials})


async def post(
    client: aiohttp.ClientSession,
    host: Host,
    fields: Mapping[str, str],
    path: str = WEBHOOK,
    **headers: str,
) -> tuple[int, str]:
    """Posts a form as Twilio does, signed over the public address."""
    signed = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X-Twilio-Signature": sign(TOKEN, PUBLIC_URL + path, fields.items()),
    }
    body = urlencode(fields).encode()
    async with client.post(host.url + path, data=body, headers=signed | headers) as answer:
        return answer.status, await answer.text()


def media(number: int, url: str, content_type: str) -> dict[str, str]:
    return {f"MediaUrl{number}": url, f"MediaContentType{number}": content_type}


def with_metadata(message: InboundMessage, **more: Any) -> InboundMessage:
    return replace(message, metadata={**message.metadata, **more})


MESSAGES: dict[str, tuple[dict[str, str], InboundMessage]] = {
    "sms": (SMS, SMS_MESSAGE),
    "whatsapp": (WHATSAPP, WHATSAPP_MESSAGE),
    "blank": (SMS | {"Body": ""}, replace(SMS_MESSAGE, text="")),
    "spaces": (SMS | {"Body": "  a \n"}, replace(SMS_MESSAGE, text="  a \n")),
    "long": (SMS | {"Body": "x" * 10_000}, replace(SMS_MESSAGE, text="x" * 10_000)),
    "emoji": (SMS | {"Body": "👍🏽 & 50% +1"}, replace(SMS_MESSAGE, text="👍🏽 & 50% +1")),
    "right to left": (SMS | {"Body": "שלום عليكم"}, replace(SMS_MESSAGE, text="שלום عليكم")),
    "nul": (SMS | {"Body": "a\x00b"}, replace(SMS_MESSAGE, text="ab")),
    "media only": (
        SMS
        | {"Body": "", "NumMedia": "2"}
        | media(1, "https://m/1", "")
        | media(0, "https://m/0", "image/png"),
        replace(
            SMS_MESSAGE,
            text="",
            media=(Media("https://m/0", "image/png"), Media("https://m/1")),
        ),
    ),
    "eleven media": (
        SMS | {f"MediaUrl{n}": f"https://m/{n}" for n in range(11)},
        replace(SMS_MESSAGE, media=tuple(Media(f"https://m/{n}") for n in range(11))),
    ),
    "button": (
        WHATSAPP | {"Body": "", "ButtonText": "Yes please", "ButtonPayload": "/affirm"},
        replace(WHATSAPP_MESSAGE, text="Yes please", payload="/affirm"),
    ),
    "list": (
        WHATSAPP | {"Body": "", "ListId": "express", "ListTitle": "Express"},
        with_metadata(
            replace(WHATSAPP_MESSAGE, text="Express", payload="express"), list_title="Express"
        ),
    ),
    "location": (
        WHATSAPP
        | {"Body": "The Club", "Latitude": "51.5", "Longitude": "-0.2"}
        | {"Address": "187 Freston Road", "Label": "The Club", "MessageType": "location"},
        with_metadata(
            replace(WHATSAPP_MESSAGE, text="The Club"),
            message_type="location",
            location={
                "latitude": 51.5,
                "longitude": -0.2,
                "address": "187 Freston Road",
                "label": "The Club",
            },
        ),
    ),
    "no location": (SMS | {"Latitude": "nan", "Longitude": "1"}, SMS_MESSAGE),
    "flow": (
        WHATSAPP | {"InteractiveData": '{"a": ["\\u0000b"]}', "FlowData": "no json"},
        with_metadata(WHATSAPP_MESSAGE, interactive={"a": ["b"]}, flow_data="no json"),
    ),
    "no number": (
        WHATSAPP | {"InteractiveData": "[1e999]"},
        with_metadata(WHATSAPP_MESSAGE, interactive="[1e999]"),
    ),
    "advertisement": (
        WHATSAPP | {"ReferralSourceUrl": "https://fb.me/x", "ReferralHeadline": "Sale"},
        with_metadata(
            WHATSAPP_MESSAGE, referral={"source_url": "https://fb.me/x", "headline": "Sale"}
        ),
    ),
    "forwarded": (
        WHATSAPP | {"Forwarded": "true", "FrequentlyForwarded": "false"},
        with_metadata(WHATSAPP_MESSAGE, forwarded=True),
    ),
    "sms stop": (
        SMS | {"Body": "STOP", "OptOutType": "STOP"},
        replace(SMS_MESSAGE, text="STOP", consent="stop"),
    ),
    "whatsapp help": (
        WHATSAPP | {"OptOutType": "HELP"},
        replace(WHATSAPP_MESSAGE, consent="help", provider_answers_keywords=True),
    ),
    "other opt-out type": (SMS | {"OptOutType": "MAYBE"}, SMS_MESSAGE),
    "short code": (
        SMS | {"To": "12345"},
        replace(SMS_MESSAGE, sender="sms:12345", provider_answers_keywords=False),
    ),
    "named sender": (SMS | {"From": "Parley"}, replace(SMS_MESSAGE, address="sms:Parley")),
    "service": (
        SMS | {"MessagingServiceSid": SERVICE},
        with_metadata(SMS_MESSAGE, messaging_service_sid=SERVICE),
    ),
}


@pytest.mark.parametrize(("fields", "expected"), MESSAGES.values(), ids=MESSAGES)
async def test_a_message_is_decoded(
    serve: Serve, client: aiohttp.ClientSession, fields: dict[str, str], expected: InboundMessage
) -> None:
    host = await serve(connector())
    assert await post(client, host, fields) == (200, TWIML)
    assert host.messages == [expected]


async def test_the_answer_is_twiml_and_the_token_is_kept(
    serve: Serve, client: aiohttp.ClientSession
) -> None:
    host = await serve(connector())
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": sign(TOKEN, PUBLIC_URL + WEBHOOK, SMS.items()),
        "I-Twilio-Idempotency-Token": "t1",
    }
    async with client.post(host.url + WEBHOOK, data=urlencode(SMS), headers=headers) as answer:
        assert answer.content_type == "text/xml"
    assert host.messages[0].retry_token == "t1"


async def test_parley_answers_the_keywords_where_it_is_told_to(
    serve: Serve, client: aiohttp.ClientSession
) -> None:
    host = await serve(connector(keyword_replies="parley"))
    await post(client, host, SMS)
    await post(client, host, SMS | {"OptOutType": "START"})
    assert [m.provider_answers_keywords for m in host.messages] == [False, True]


async def test_the_service_that_sends_names_the_thread(
    serve: Serve, client: aiohttp.ClientSession
) -> None:
    ours = connector(twilio_number=SERVICE)
    host = await serve(ours)
    await post(client, host, SMS | {"MessagingServiceSid": SERVICE})
    await post(client, host, WHATSAPP | {"MessagingServiceSid": SERVICE})
    await post(client, host, SMS)
    senders = [message.sender for message in host.messages]
    assert senders == [f"sms:{SERVICE}", f"whatsapp:{SERVICE}", "sms:+15550009"]
    assert ours.default_sender() == senders[0]


STATUSES: dict[str, tuple[dict[str, str], StatusReport]] = {
    "delivered": (REPORT, StatusReport("twilio", "SM9", "delivered", "m 1")),
    **{
        theirs: (
            REPORT | {"MessageStatus": theirs, "SmsStatus": theirs},
            StatusReport("twilio", "SM9", ours, "m 1"),  # type: ignore[arg-type]
        )
        for theirs, ours in {
            "queued": "accepted",
            "accepted": "accepted",
            "scheduled": "accepted",
            "sending": "accepted",
            "sent": "sent",
            "partially_delivered": "sent",
            "canceled": "failed",
            "read": "read",
        }.items()
    },
    "undelivered": (
        REPORT | {"MessageStatus": "undelivered", "ErrorCode": "30003"},
        StatusReport(
            "twilio", "SM9", "undelivered", "m 1", "30003", "The handset cannot be reached"
        ),
    ),
    "own words": (
        REPORT | {"MessageStatus": "failed", "ErrorCode": "1", "ErrorMessage": "Odd"},
        StatusReport("twilio", "SM9", "failed", "m 1", "1", "Odd"),
    ),
    "old form": (
        {"SmsSid": "SM9", "SmsStatus": "sent", "NumSegments": "2"},
        StatusReport("twilio", "SM9", "sent", "m 1", segments=2),
    ),
}


@pytest.mark.parametrize("path", [STATUS, WEBHOOK])
@pytest.mark.parametrize(("fields", "expected"), STATUSES.values(), ids=STATUSES)
async def test_a_status_is_reported(
    serve: Serve,
    client: aiohttp.ClientSession,
    path: str,
    fields: dict[str, str],
    expected: StatusReport,
) -> None:
    host = await serve(connector())
    assert await post(client, host, fields, f"{path}?m=m%201") == (204, "")
    assert host.statuses == [expected]


async def test_a_status_needs_no_id_of_ours(serve: Serve, client: aiohttp.ClientSession) -> None:
    host = await serve(connector())
    await post(client, host, REPORT, STATUS)
    assert host.statuses == [StatusReport("twilio", "SM9", "delivered")]


async def test_an_unknown_status_is_ignored(serve: Serve, client: aiohttp.ClientSession) -> None:
    host = await serve(connector())
    status, _ = await post(client, host, REPORT | {"MessageStatus": "teleported"}, STATUS)
    assert (status, host.stored) == (200, 0)


async def test_a_message_at_the_status_address_is_taken(
    serve: Serve, client: aiohttp.ClientSession
) -> None:
    host = await serve(connector())
    assert await post(client, host, SMS, STATUS) == (200, TWIML)
    assert host.messages == [SMS_MESSAGE]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "without MessageSid"),
        ({"From": "+15550001", "To": "+15550009"}, "without MessageSid"),
        ({"MessageStatus": "sent"}, "a status without MessageSid"),
        (SMS | {"From": ""}, "From is no address"),
        (SMS | {"From": "messenger:42"}, "messenger:42"),
        (SMS | {"From": "whatsapp:GB.4566546130240823"}, "From is no address"),
        (SMS | {"From": "+١٢٣"}, "From is no address"),
        (SMS | {"From": "rcs:whatsapp:+1"}, "From is no address"),
        ({k: v for k, v in SMS.items() if k != "To"}, "To is no address"),
    ],
)
async def test_what_is_not_understood_is_kept(
    serve: Serve, client: aiohttp.ClientSession, fields: dict[str, str], reason: str
) -> None:
    host = await serve(connector())
    assert await post(client, host, fields) == (200, TWIML)
    assert await post(client, host, fields) == (200, TWIML)
    first, second = host.unroutable
    assert reason in first.reason
    assert first.raw == (fields or {"body": ""})
    # A repeat has the same id, also where Twilio gave none.
    assert first.provider_id == second.provider_id != ""
    assert not host.messages


async def post_json(
    client: aiohttp.ClientSession, host: Host, body: bytes, path: str = WEBHOOK
) -> int:
    path = f"{path}?bodySHA256={sha256(body).hexdigest()}"
    headers = {
        "Content-Type": "application/json",
        "X-Twilio-Signature": sign(TOKEN, PUBLIC_URL + path),
    }
    async with client.post(host.url + path, data=body, headers=headers) as answer:
        return answer.status


async def test_a_json_body_is_read_alike(serve: Serve, client: aiohttp.ClientSession) -> None:
    host = await serve(connector())
    assert await post_json(client, host, json.dumps(SMS | {"Body": "a\ud800b"}).encode()) == 200
    assert host.messages == [replace(SMS_MESSAGE, text="ab")]
    assert await post_json(client, host, b"[1]") == 200
    assert host.unroutable[0].raw == {"body": "[1]"}
    assert await post_json(client, host, b"{") == 400


@pytest.mark.parametrize("path", [WEBHOOK, STATUS])
@pytest.mark.parametrize("signature", ["", "bm90IGl0", "é"])
async def test_what_is_forged_is_refused(
    serve: Serve, client: aiohttp.ClientSession, path: str, signature: str
) -> None:
    host = await serve(connector())
    status, answer = await post(client, host, SMS, path, **{"X-Twilio-Signature": signature})
    assert (status, list(json.loads(answer))) == (403, ["error"])
    assert not host.stored


async def test_a_request_without_a_signature_is_refused(
    serve: Serve, client: aiohttp.ClientSession
) -> None:
    host = await serve(connector())
    async with client.post(host.url + WEBHOOK, data=SMS) as answer:
        assert answer.status == 403
    assert not host.stored


async def test_another_query_than_the_signed_one_is_forged(
    serve: Serve, client: aiohttp.ClientSession
) -> None:
    host = await serve(connector())
    signature = sign(TOKEN, f"{PUBLIC_URL}{STATUS}?m=1", REPORT.items())
    headers = {"X-Twilio-Signature": signature}
    assert (await post(client, host, REPORT, f"{STATUS}?m=2", **headers))[0] == 403
    assert (await post(client, host, REPORT, f"{STATUS}?m=1", **headers))[0] == 204


@pytest.mark.parametrize("query", ["?a=%20b+c", "?", "?m=%C3%A9&m=1", "?a=b%2Bc&"])
async def test_the_query_is_signed_as_it_was_called(
    serve: Serve, client: aiohttp.ClientSession, query: str
) -> None:
    host = await serve(connector())
    called = WEBHOOK + query
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": sign(TOKEN, PUBLIC_URL + called, SMS.items()),
        "Host": "internal:5005",
    }
    body = urlencode(SMS).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", int(host.url.rpartition(":")[2]))
    lines = [f"POST {called} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
    lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
    writer.write("\r\n".join(lines).encode() + body)
    assert (await reader.readline()).split()[1] == b"200"
    writer.close()
    await writer.wait_closed()


async def test_without_a_public_url_the_called_host_is_signed(
    serve: Serve, client: aiohttp.ClientSession
) -> None:
    host = await serve(connector(public_url=""))
    assert (await post(client, host, SMS))[0] == 403
    signature = sign(TOKEN, host.url + WEBHOOK, SMS.items())
    assert (await post(client, host, SMS, **{"X-Twilio-Signature": signature}))[0] == 200


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x", ""])
async def test_a_wrong_content_type_is_415(
    serve: Serve, client: aiohttp.ClientSession, content_type: str
) -> None:
    host = await serve(connector())
    assert (await post(client, host, SMS, **{"Content-Type": content_type}))[0] == 415
    assert not host.stored


@pytest.mark.parametrize("body", [b"Body=\xff\xfe", b"&".join([b"a=1"] * 1001)])
async def test_a_body_that_cannot_be_read_is_400(
    serve: Serve, client: aiohttp.ClientSession, body: bytes
) -> None:
    host = await serve(connector())
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": "x"}
    async with client.post(host.url + WEBHOOK, data=body, headers=headers) as answer:
        assert answer.status == 400
    assert not host.stored


@pytest.mark.parametrize(
    ("fields", "path"), [(SMS, WEBHOOK), (REPORT, STATUS), (SMS | {"From": "x:1"}, WEBHOOK)]
)
async def test_what_cannot_be_stored_is_503(
    serve: Serve, client: aiohttp.ClientSession, fields: dict[str, str], path: str
) -> None:
    host = await serve(connector())
    host.fill_disk()
    assert (await post(client, host, fields, path))[0] == 503
    # A fault of the host's own asks for another try as well.
    host.broken = RuntimeError("a bug")
    assert (await post(client, host, fields, path))[0] == 503


async def test_a_client_that_leaves_does_not_stop_the_storing(
    serve: Serve, client: aiohttp.ClientSession
) -> None:
    host = await serve(connector())
    begun, go_on, stored = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slowly() -> None:
        begun.set()
        await go_on.wait()
        stored.set()

    host.before_storing = slowly
    request = asyncio.create_task(post(client, host, SMS))
    await asyncio.wait_for(begun.wait(), 5)
    request.cancel()
    await asyncio.gather(request, return_exceptions=True)
    await asyncio.sleep(0.05)
    assert not host.messages
    go_on.set()
    await asyncio.wait_for(stored.wait(), 5)
    await asyncio.sleep(0)
    assert host.messages == [SMS_MESSAGE]


async def test_health(serve: Serve, client: aiohttp.ClientSession) -> None:
    host = await serve(connector())
    async with client.get(f"{host.url}/webhooks/twilio/") as answer:
        assert await answer.json() == {"status": "ok"}


ODD = ("MediaUrl0", "MediaUrl٣", "Latitude", "Longitude", "InteractiveData", "FlowData", "")
READ = ("ButtonText", "ButtonPayload", "ErrorCode", "OptOutType", "Referral", "ReferralBody")
NAMES = st.sampled_from([*WHATSAPP, *REPORT, *ODD, *READ])


@given(fields=st.dictionaries(NAMES, st.text()), sid=st.sampled_from(["", "SM1"]))
def test_no_field_makes_the_reading_fail(fields: dict[str, str], sid: str) -> None:
    fields |= {"MessageSid": sid} if sid else {}
    is_status(fields)
    read = status_report(fields, "m")
    assert read is None or isinstance(read, StatusReport | Unroutable)
    assert isinstance(inbound_message(fields, Reading(), None), InboundMessage | Unroutable)
    message = inbound_message(fields | SMS, Reading(), None)
    assert isinstance(message, InboundMessage)
    json.dumps(message.metadata, allow_nan=False)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"auth_tokn": "x"}, "unknown key 'auth_tokn'; did you mean 'auth_token'"),
        ({"account_sid": ""}, "'account_sid' is missing"),
        ({"auth_token": None}, "'auth_token' is missing"),
        ({"twilio_number": 15550009}, "'twilio_number' must be text; write it in quotes"),
        ({"twilio_number": "telegram:5"}, "'twilio_number' must be a number"),
        ({"keyword_replies": "both"}, "'keyword_replies' must be one of provider, parley"),
        ({"timeout": 0}, "'timeout' must be a number greater than 0"),
        ({"timeout": "soon"}, "'timeout' must be a number"),
        (
            {"timeout": 11},
            r"'timeout' \(11\) .* 'settle_after' \(15\).*set timeout to 10.5 or less",
        ),
        ({"settle_after": 7}, "'timeout' .* or settle_after to 14.3 or more"),
        ({"settle_after": True}, "'settle_after' must be a number"),
        ({"status_callback": "maybe"}, "'status_callback' must be true or false"),
        ({"api_url": "api.twilio.com"}, "'api_url' must begin with https://"),
    ],
)
def test_wrong_credentials_are_named(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        connector(**change)


def test_credentials_may_be_text_as_the_environment_has_it() -> None:
    ours = connector(
        settle_after="3",
        timeout="2.1",
        status_callback="no",
        api_url="",
        twilio_number="whatsapp:+15550009",
    )
    assert ours.settle_after == 3
    assert ours.default_sender("whatsapp") == "whatsapp:+15550009"
