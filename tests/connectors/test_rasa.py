"""The Twilio connector as Rasa would run it."""

from urllib.parse import urlencode

import aiohttp
import pytest

from connectors.rasa import RasaMessage, TwilioInput
from connectors.twilio.signature import sign
from tests.connectors.conftest import served
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, FakeTwilio

FORM = {"MessageSid": "SM1", "From": "+15550001", "To": "+15550008", "Body": " hi "}
RESPONSE = {
    "text": "Pick",
    "buttons": [{"title": "Yes", "payload": "/y"}],
    "image": "https://m/1",
    "custom": {},
}


async def answer_all(message: RasaMessage) -> None:
    """Stands in for Rasa's agent."""
    out, recipient = message.output_channel, message.sender_id
    await out.send_text_message(recipient, f"echo {message.text}")
    await out.send_text_with_buttons(recipient, "Pick", [{"title": "No"}])
    await out.send_image_url(recipient, "https://m/0")
    await out.send_attachment(recipient, "https://m/a.pdf")
    await out.send_custom_json(recipient, {"content_sid": "HX1"})
    await out.send_response(recipient, RESPONSE)


async def test_rasas_agent_gets_the_message_and_answers(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with FakeTwilio(callbacks="none") as fake:
        section = {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN}
        channel = TwilioInput.from_credentials(
            {**section, "twilio_number": "+15550009", "api_url": fake.url}
        )
        assert channel.get_output_channel().name() == channel.url_prefix() == "twilio"
        async with (
            served(channel.blueprint(answer_all), "/webhooks/twilio") as url,
            aiohttp.ClientSession() as client,
        ):
            url += "/webhooks/twilio/webhook"
            headers = {
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Twilio-Signature": sign(AUTH_TOKEN, url, FORM.items()),
            }
            async with client.post(url, data=urlencode(FORM), headers=headers) as answer:
                assert answer.status == 200
        sent = fake.books.entries("outbound")
    assert {(entry["to"], entry["from"]) for entry in sent} == {("+15550001", "+15550008")}
    assert [(entry["body"], entry["media"]) for entry in sent] == [
        ("echo hi", []),
        ("Pick\n1. No", []),
        ("", ["https://m/0"]),
        ("", ["https://m/a.pdf"]),
        ("", []),
        ("Pick\n1. Yes", ["https://m/1"]),
    ]
    # After the stop the client is closed, and what Rasa sends is told as lost.
    await channel.get_output_channel().send_text_message("sms:+15550001", "late")
    assert "Not sent (retry" in caplog.text
