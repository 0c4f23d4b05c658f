"""Requests as Twilio's documentation and captures show them, where they are at hand."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest

from connectors.twilio import TwilioConnector
from tests.connectors.conftest import Serve

FIXTURES = Path(__file__).parents[2].parent / "shared" / "wire" / "fixtures"


def requests() -> list[Any]:
    """The fixtures that are webhooks, or one that says why there are none."""
    index = FIXTURES / "index.json"
    if not index.exists():
        why = pytest.mark.skip(reason=f"no fixtures in {FIXTURES}")
        return [pytest.param({}, id="absent", marks=why)]
    entries = json.loads(index.read_text())
    return [
        pytest.param(entry, id=entry["file"])
        for entry in entries
        if entry["channel"] == "twilio" and entry["file"].endswith(".form")
    ]


@pytest.mark.parametrize("entry", requests())
async def test_a_fixture_goes_through(
    serve: Serve, client: aiohttp.ClientSession, entry: dict[str, Any]
) -> None:
    called = urlsplit(entry["url"])
    connector = TwilioConnector.from_credentials(
        {
            "account_sid": "AC1",
            "auth_token": entry["auth_token"],
            "twilio_number": "+15550009",
            "public_url": f"{called.scheme}://{called.netloc}",
        }
    )
    prefix, _, _ = called.path.rpartition("/")
    host = await serve(connector, prefix)
    body = (FIXTURES / entry["file"]).read_bytes()
    url = entry["url"].replace(f"{called.scheme}://{called.netloc}", host.url)
    async with client.post(url, data=body, headers=entry["headers"]) as answer:
        assert 200 <= answer.status < 300
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
    if "MessageStatus" in fields:
        [report] = host.statuses
        assert report.provider_id == fields["MessageSid"]
        assert report.error_code == fields.get("ErrorCode")
    else:
        [message] = host.messages
        assert message.provider_id == fields["MessageSid"]
        assert message.text == fields["Body"]
        assert message.address.endswith(fields["From"])
        assert message.retry_token == entry["headers"]["I-Twilio-Idempotency-Token"]
    async with client.post(url, data=body + b"x", headers=entry["headers"]) as answer:
        assert answer.status == 403
    assert host.stored == 1
