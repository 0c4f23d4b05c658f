"""The fake Twilio as a process of its own, driven over HTTP."""

import asyncio
import sys
from pathlib import Path

import aiohttp

from connectors.channel import OutboundMessage, Sent
from connectors.twilio import TwilioConnector
from tests.connectors.conftest import Serve
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, PUBLIC_URL

ROOT = Path(__file__).parents[2]


async def test_runs_as_a_server(serve: Serve, client: aiohttp.ClientSession) -> None:
    section = {
        "account_sid": ACCOUNT_SID,
        "auth_token": AUTH_TOKEN,
        "twilio_number": "+15550009",
        "public_url": PUBLIC_URL,
    }
    host = await serve(TwilioConnector.from_credentials(section))
    fake = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fakes.twilio", "--port", "0", "--webhook", host.url),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert fake.stdout is not None
        url = (await fake.stdout.readline()).decode().split()[-1]
        changes = {"callbacks": "none", "faults": [{"kind": "rate", "times": 1}]}
        async with client.post(f"{url}/control", json=changes) as answer:
            assert answer.status == 200
        async with client.post(f"{url}/control", json={"colour": 1}) as answer:
            assert answer.status == 400
        ours = TwilioConnector.from_credentials({**section, "api_url": url})
        await ours.open()
        message = OutboundMessage("m1", "twilio", "sms:+15550001", "sms:+15550009", "hi")
        results = [await ours.send(message) for _ in range(2)]
        await ours.close()
        assert [isinstance(result, Sent) for result in results] == [False, True]
        inbound = {"from": "whatsapp:+15550001", "to": "whatsapp:+15550009", "media": ["https://m"]}
        async with client.post(f"{url}/control/inbound", json=inbound) as answer:
            assert (await answer.json())["status"] == 200
        async with client.get(f"{url}/control/books") as answer:
            books = await answer.json()
        assert [len(books["messages"]), len(books["inbound"]), books["creates"]] == [1, 1, 2]
        assert host.messages[0].media[0].url == "https://m"
        async with client.post(f"{url}/control/reset") as answer:
            assert answer.status == 200
    finally:
        fake.terminate()
        assert await fake.wait() == 0
