"""Both ends of Parley's wire in one process, kept lean so that Parley is what is measured:
a client that posts signed webhooks, and a provider that takes replies.
"""

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
from collections.abc import Callable
from typing import cast
from urllib.parse import parse_qsl, quote_plus

TOKEN, ACCOUNT, SENDER = "12345", "AC" + "0" * 32, "+15550009"
PUBLIC = "https://bot.example.com"
PATH = "/webhooks/twilio/webhook"
_counter = itertools.count(1)


def webhook(number: str, body: str) -> bytes:
    """A signed HTTP request as Twilio would send it."""
    sid = f"SM{next(_counter):032x}"
    params = {
        "ToCountry": "US", "ToState": "", "SmsMessageSid": sid, "NumMedia": "0", "ToCity": "", "FromZip": "",
        "SmsSid": sid, "FromState": "", "SmsStatus": "received", "FromCity": "", "Body": body,
        "FromCountry": "US", "To": SENDER, "ToZip": "", "NumSegments": "1", "MessageSid": sid,
        "AccountSid": ACCOUNT, "From": number, "ApiVersion": "2010-04-01",
    }  # fmt: skip
    signed = f"{PUBLIC}{PATH}" + "".join(k + params[k] for k in sorted(params))
    signature = base64.b64encode(
        hmac.new(TOKEN.encode(), signed.encode(), hashlib.sha1).digest()
    ).decode()
    form = "&".join(f"{k}={quote_plus(v)}" for k, v in params.items()).encode()
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: bot.example.com\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"X-Twilio-Signature: {signature}\r\nI-Twilio-Idempotency-Token: {sid}\r\n"
        f"Content-Length: {len(form)}\r\n\r\n"
    )
    return head.encode() + form


def length_in(head: bytes) -> int:
    """How long the body is, by the head of a request or an answer."""
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


class Connection(asyncio.Protocol):
    """One kept-alive connection to the server under test; one request at a time."""

    def __init__(self) -> None:
        self.buffer = b""
        self.waiting: asyncio.Future[int] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = length_in(head)
        if len(rest) >= length:
            self.buffer = rest[length:]
            if self.waiting and not self.waiting.done():
                self.waiting.set_result(int(head[9:12]))

    def connection_lost(self, error: Exception | None) -> None:
        if self.waiting and not self.waiting.done():
            self.waiting.set_exception(ConnectionError("the server closed the connection"))

    async def post(self, request: bytes) -> int:
        """Sends a request; answers the status."""
        self.waiting = asyncio.get_running_loop().create_future()
        assert self.transport is not None
        self.transport.write(request)
        return await self.waiting


class Sink(asyncio.Protocol):
    """A provider that accepts every message and tells who was texted."""

    taken = 0
    on_message: Callable[[str, str], None] = staticmethod(lambda number, body: None)

    def __init__(self) -> None:
        self.buffer = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if not found:
                return
            length = length_in(head)
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            self._take(rest[:length])

    def _take(self, form: bytes) -> None:
        values = dict(parse_qsl(form.decode(), keep_blank_values=True))
        Sink.taken += 1
        answer = json.dumps(
            {
                "sid": f"SM{Sink.taken:032x}",
                "status": "queued",
                "num_segments": "1",
                "to": values.get("To"),
                "from": values.get("From"),
                "body": values.get("Body"),
                "error_code": None,
                "account_sid": ACCOUNT,
                "direction": "outbound-api",
            }
        ).encode()
        assert self.transport is not None
        self.transport.write(
            b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: "
            + str(len(answer)).encode() + b"\r\n\r\n" + answer
        )  # fmt: skip
        Sink.on_message(values.get("To", ""), values.get("Body", ""))
