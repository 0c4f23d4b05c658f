"""A fake Twilio: takes messages, reports on them, sends inbound ones, and fails on request.

    python -m tests.fakes.twilio --port 5050 --webhook http://127.0.0.1:5005 \
        --public-url https://bot.example.com --auth-token 12345 --account-sid AC1

The app under test is told `api_url: http://127.0.0.1:5050`. Inside asyncio tests:
`async with FakeTwilio(webhook=url) as fake: ...`.
"""

import argparse
import asyncio
import json
import random
import signal
import sys
import time
from base64 import b64encode
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

import aiohttp
from aiohttp import web
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from tests.fakes.twilio_books import VERSION, Books, Fault, Record, segments

Callbacks = Literal["normal", "late", "twice", "out_of_order", "none"]
CALLBACKS: tuple[Callbacks, ...] = ("normal", "late", "twice", "out_of_order", "none")

ACCOUNT_SID = "AC00000000000000000000000000000001"
AUTH_TOKEN = "12345"
PUBLIC_URL = "https://bot.example.com"

ERROR_WORDS = {
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    21211: (400, "The 'To' number is not a valid phone number."),
    21603: (400, "A 'From' or 'MessagingServiceSid' parameter is required to send a message"),
    21604: (400, "The 'To' phone number is required to send a Message"),
    21602: (400, "Message body is required"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
}

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_BLANK = ("ToCity", "ToState", "ToZip", "FromCity", "FromState", "FromZip")


@dataclass(slots=True)
class Settings:
    """What POST /control can change at run time."""

    webhook: str = ""
    webhook_path: str = "/webhooks/twilio/webhook"
    callbacks: Callbacks = "normal"
    callback_delay: float = 0.02
    late_by: float = 2.0
    list_delay: float = 5.0
    repeat: float = 0.0
    max_tries: int = 10
    retry_delay: float = 0.1
    retry_after: int = 1


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a request to the app: its last status, 0 where nobody answered."""

    sid: str
    token: str
    status: int
    tries: int
    body: str = ""


class FakeTwilio:
    """One account at a provider that keeps books, and the plan of what goes wrong."""

    def __init__(
        self,
        *,
        account_sid: str = ACCOUNT_SID,
        auth_token: str = AUTH_TOKEN,
        public_url: str = PUBLIC_URL,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.public_url = public_url.rstrip("/")
        self.settings = Settings(**settings)
        self.faults: list[Fault] = []
        self.errors: dict[str, int] = {}
        self.outcomes: dict[str, tuple[str, int]] = {}
        self.books = Books()
        self.creates = 0
        self.watch: Callable[[str], bool] = lambda moment: False
        """Told of each moment; where it answers True the request is cut off there."""
        self.url = ""
        self._host, self._port = host, port
        self._chance = random.Random(seed)
        self._initial = Settings(**settings)
        self._validator = RequestValidator(auth_token)
        self._authorization = "Basic " + b64encode(f"{account_sid}:{auth_token}".encode()).decode()
        self._messages = f"/{VERSION}/Accounts/{account_sid}/Messages.json"
        self._message = f"/{VERSION}/Accounts/{account_sid}/Messages/"
        self._tasks: set[asyncio.Task[Any]] = set()
        self._runner: web.ServerRunner | None = None
        self._client: aiohttp.ClientSession | None = None
        self._control: Mapping[tuple[str, str], Callable[[Any], Awaitable[web.StreamResponse]]] = {
            ("GET", "/control"): self._show_settings,
            ("POST", "/control"): self._change_settings,
            ("GET", "/control/books"): self._show_books,
            ("POST", "/control/inbound"): self._send_inbound,
            ("POST", "/control/reset"): self._reset,
        }

    # The server.

    async def __aenter__(self) -> Self:
        self._client = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=15), cookie_jar=aiohttp.DummyCookieJar()
        )
        self._runner = web.ServerRunner(
            web.Server(self._serve, access_log=None), shutdown_timeout=0.1
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port, reuse_address=True).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._runner:
            await self._runner.cleanup()
        if self._client:
            await self._client.close()

    async def settle(self) -> None:
        """Waits until every report and every inbound message has been delivered or given up."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.raw_path.partition("?")[0]
        if path == self._messages:
            return await (self._create if request.method == "POST" else self._list)(request)
        if path.startswith(self._message):
            return self._fetch(request, path)
        control = self._control.get((request.method, path))
        if control is None:
            return _error(20404)
        try:
            return await control(json.loads(await request.read() or b"{}"))
        except (TypeError, ValueError, KeyError) as error:
            return _json({"error": repr(error)}, 400)

    # Twilio's API.

    async def _create(self, request: web.BaseRequest) -> web.StreamResponse:
        self.creates += 1
        if request.headers.get("Authorization") != self._authorization:
            return _error(20003)
        fault = self._fault("create") if self.faults else None
        if fault and (refusal := await self._fail_before(fault, request)):
            return refusal
        pairs = parse_qsl((await request.read()).decode(), keep_blank_values=True)
        fields = dict(pairs)
        if self.watch("request_left"):
            return _cut(request)
        if code := _refused(fields, self.errors):
            return _error(code)
        record = self._take(fields, [value for name, value in pairs if name == "MediaUrl"])
        if self.watch("provider_accepted"):
            return _cut(request)
        answer = _json(record.resource(self.account_sid), 201)
        self._start_reports(record)
        return await self._fail_after(fault, request, answer) if fault else answer

    async def _list(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get("Authorization") != self._authorization:
            return _error(20003)
        fault = self._fault("list")
        if fault and (refusal := await self._fail_before(fault, request)):
            return refusal
        query = dict(request.rel_url.query)
        size, page = int(query.get("PageSize", "50")), int(query.get("Page", "0"))
        records = self.books.listed(query, self.settings.list_delay)
        more = len(records) > (page + 1) * size
        following = urlencode({**query, "Page": page + 1, "PageToken": f"PA{page + 1}"})
        answer = {
            "messages": [
                r.resource(self.account_sid) for r in records[page * size : (page + 1) * size]
            ],
            "page": page,
            "page_size": size,
            "next_page_uri": f"{self._messages}?{following}" if more else None,
            "uri": request.raw_path,
        }
        return await self._fail_after(fault, request, _json(answer)) if fault else _json(answer)

    def _fetch(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        if request.headers.get("Authorization") != self._authorization:
            return _error(20003)
        record = self.books.records.get(path.removeprefix(self._message).removesuffix(".json"))
        return _json(record.resource(self.account_sid)) if record else _error(20404)

    def _take(self, fields: Mapping[str, str], media: Sequence[str]) -> Record:
        service = fields.get("MessagingServiceSid")
        record = Record(
            sid=self._sid("MM" if media else "SM"),
            to=fields["To"],
            sender="" if service else fields["From"],
            body=fields.get("Body", ""),
            created_at=time.time(),
            status="accepted" if service else "queued",
            service=service,
            callback=fields.get("StatusCallback", ""),
            media=tuple(media),
            content_sid=fields.get("ContentSid", ""),
            segments=0 if service else segments(fields.get("Body", "")),
        )
        self.books.add(record)
        return record

    def _sid(self, kind: str) -> str:
        return f"{kind}{self._chance.getrandbits(128):032x}"

    # What goes wrong.

    def fail(self, kind: str, **plan: Any) -> None:
        """Adds a fault: `fail("rate", times=2)`, `fail("drop_after", probability=0.1)`."""
        self.faults.append(Fault(kind, **plan))  # type: ignore[arg-type]

    def _fault(self, on: str) -> Fault | None:
        return next((fault for fault in self.faults if fault.strikes(on, self._chance)), None)

    async def _fail_before(
        self, fault: Fault, request: web.BaseRequest
    ) -> web.StreamResponse | None:
        match fault.kind:
            case "rate":
                return _error(20429, {"Retry-After": str(self.settings.retry_after)})
            case "error_before":
                return _json({"message": "Internal Server Error", "status": 500}, 500)
            case "hold_before":
                await asyncio.sleep(fault.seconds)
                return _cut(request)
            case "drop_before":
                await request.read()
                return _cut(request)
            case _:
                return None

    async def _fail_after(
        self, fault: Fault, request: web.BaseRequest, answer: web.StreamResponse
    ) -> web.StreamResponse:
        match fault.kind:
            case "error_after":
                return _json({"message": "Internal Server Error", "status": 500}, 500)
            case "hold_after":
                await asyncio.sleep(fault.seconds)
                return _cut(request)
            case "drop_after":
                return _cut(request)
            case "garbled":
                return web.Response(text="<html>", status=201)
            case _:
                await asyncio.sleep(fault.seconds)
                return answer

    # What Twilio tells the app.

    def _start_reports(self, record: Record) -> None:
        status, code = self.outcomes.get(record.to, ("delivered", None))
        if self.settings.callbacks == "none" or not record.callback:
            record.status, record.error_code = status, code
            return
        last = [(status, code)]
        if record.to.startswith("whatsapp:") and status == "delivered":
            last.append(("read", None))
        self._spawn(self._report(record, [("sent", None), *last]))

    async def _report(self, record: Record, steps: list[tuple[str, int | None]]) -> None:
        mode, final = self.settings.callbacks, steps[-1]
        if mode == "out_of_order":
            steps = steps[::-1]
        if mode == "twice":
            steps = [step for step in steps for _ in range(2)]
        await asyncio.sleep(self.settings.late_by if mode == "late" else 0)
        for status, code in steps:
            await asyncio.sleep(self.settings.callback_delay)
            record.status, record.error_code = status, code
            delivered = await self._deliver(
                record.callback, _status_form(record, self.account_sid), record.sid, self._token()
            )
            record.reports.append(
                {"status": status, "answer": delivered.status, "tries": delivered.tries}
            )
        record.status, record.error_code = final

    async def receive(
        self,
        sender: str,
        to: str,
        body: str = "",
        *,
        sid: str | None = None,
        media: Sequence[tuple[str, str]] = (),
        fields: Mapping[str, str] | None = None,
        token: str | None = None,
    ) -> Delivered:
        """A contact writes: the app is told until it answers 2xx, and sometimes once more."""
        record = Record(
            sid=sid or self._sid("MM" if media else "SM"),
            to=to,
            sender=sender,
            body=body,
            created_at=time.time(),
            direction="inbound",
            status="received",
            media=tuple(url for url, _ in media),
        )
        self.books.add(record)
        form = _inbound_form(record, self.account_sid, media) | dict(fields or {})
        url, token = self.public_url + self.settings.webhook_path, token or self._token()
        delivered = await self._deliver(url, form, record.sid, token)
        repeats = 0
        if 200 <= delivered.status < 300 and self._chance.random() < self.settings.repeat:
            repeats = 1
            delivered = await self._deliver(url, form, record.sid, token)
        record.deliveries = {
            "token": token,
            "answer": delivered.status,
            "tries": delivered.tries,
            "repeats": repeats,
        }
        return delivered

    async def _deliver(self, url: str, form: Mapping[str, str], sid: str, token: str) -> Delivered:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "X-Twilio-Signature": self._validator.compute_signature(url, dict(form)),
            "I-Twilio-Idempotency-Token": token,
        }
        status, answer, data = 0, "", urlencode(form).encode()
        for attempt in range(1, self.settings.max_tries + 1):
            status, answer = await self._post(self._target(url), data, headers)
            if 200 <= status < 300:
                self.watch("acknowledged")
                return Delivered(sid, token, status, attempt, answer)
            await asyncio.sleep(self.settings.retry_delay)
        return Delivered(sid, token, status, self.settings.max_tries, answer)

    async def _post(self, url: str, data: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        if self._client is None or urlsplit(url).hostname not in _LOOPBACK:
            return 0, "not a loopback address"
        try:
            async with self._client.post(
                url, data=data, headers=headers, allow_redirects=False
            ) as answer:
                return answer.status, await answer.text()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return 0, repr(error)

    def _target(self, url: str) -> str:
        """Where the public address really is; only the signature is made over the former."""
        if self.public_url and url.startswith(self.public_url):
            servers = self.settings.webhook.split()
            return self._chance.choice(servers).rstrip("/") + url.removeprefix(self.public_url)
        return url

    def _token(self) -> str:
        return f"{self._chance.getrandbits(128):032x}"

    def _spawn(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Control.

    def configure(self, changes: Mapping[str, Any]) -> None:
        """Changes settings, faults, errors by number and outcomes by number."""
        for name, value in changes.items():
            match name:
                case "faults":
                    self.faults = [Fault(**fault) for fault in value]
                case "errors":
                    self.errors = {number: int(code) for number, code in value.items()}
                case "outcomes":
                    self.outcomes = {number: (str(s), int(c)) for number, (s, c) in value.items()}
                case "seed":
                    self._chance.seed(value)
                case _ if name in Settings.__slots__:
                    setattr(self.settings, name, value)
                case _:
                    raise ValueError(f"unknown setting '{name}'")
        if self.settings.callbacks not in CALLBACKS:
            raise ValueError(f"callbacks must be one of {', '.join(CALLBACKS)}")

    async def _show_settings(self, _: object) -> web.StreamResponse:
        shown = {name: getattr(self.settings, name) for name in Settings.__slots__}
        return _json({**shown, "creates": self.creates, "pending": len(self._tasks)})

    async def _change_settings(self, changes: Mapping[str, Any]) -> web.StreamResponse:
        self.configure(changes)
        return await self._show_settings(changes)

    async def _show_books(self, _: object) -> web.StreamResponse:
        messages, inbound = self.books.entries("outbound"), self.books.entries("inbound")
        return _json({"messages": messages, "inbound": inbound, "creates": self.creates})

    async def _send_inbound(self, message: dict[str, Any]) -> web.StreamResponse:
        work = self.receive(
            message["from"],
            message["to"],
            message.get("body", ""),
            sid=message.get("sid"),
            media=[_media(item) for item in message.get("media", [])],
            fields=message.get("fields"),
            token=message.get("token"),
        )
        if not message.get("wait", True):
            self._spawn(work)
            return _json({"status": None}, 202)
        delivered = await work
        return _json(
            {
                "sid": delivered.sid,
                "token": delivered.token,
                "status": delivered.status,
                "tries": delivered.tries,
            }
        )

    async def _reset(self, _: object) -> web.StreamResponse:
        for task in self._tasks:
            task.cancel()
        self.books, self.creates = Books(), 0
        self.faults, self.errors, self.outcomes = [], {}, {}
        self.settings = Settings(**{n: getattr(self._initial, n) for n in Settings.__slots__})
        return _json({"status": "reset"})


def _refused(fields: Mapping[str, str], errors: Mapping[str, int]) -> int | None:
    to = fields.get("To", "")
    if not to:
        return 21604
    if not (fields.get("From") or fields.get("MessagingServiceSid")):
        return 21603
    if to in errors:
        return errors[to]
    if not to.removeprefix("whatsapp:").removeprefix("+").isdecimal():
        return 21211
    body = fields.get("Body", "")
    if not (body or fields.get("MediaUrl") or fields.get("ContentSid")):
        return 21602
    return 21617 if len(body) > 1600 else None


def _status_form(record: Record, account_sid: str) -> dict[str, str]:
    form = {
        "ApiVersion": VERSION,
        "MessageStatus": record.status,
        "SmsSid": record.sid,
        "SmsStatus": record.status,
        "To": record.to,
        "From": record.sender or "+15550009",
        "MessageSid": record.sid,
        "AccountSid": account_sid,
    }
    if record.service:
        form["MessagingServiceSid"] = record.service
    if record.error_code:
        form["ErrorCode"] = str(record.error_code)
    if record.to.startswith("whatsapp:"):
        form["ChannelPrefix"] = "whatsapp"
        form["ChannelToAddress"] = record.to.removeprefix("whatsapp:")
        form["EventType"] = record.status.upper()
    return form


def _inbound_form(
    record: Record, account_sid: str, media: Sequence[tuple[str, str]]
) -> dict[str, str]:
    form = {
        "SmsMessageSid": record.sid,
        "SmsSid": record.sid,
        "MessageSid": record.sid,
        "AccountSid": account_sid,
        "ApiVersion": VERSION,
        "SmsStatus": "received",
        "NumSegments": str(segments(record.body)),
        "NumMedia": str(len(media)),
        "From": record.sender,
        "To": record.to,
        "Body": record.body,
    }
    if record.sender.startswith("whatsapp:"):
        form["ProfileName"] = "Ann Example"
        form["WaId"] = record.sender.removeprefix("whatsapp:+")
        form["MessageType"] = "image" if media else "text"
        form["ReferralNumMedia"] = "0"
    else:
        # A British number has no city: the fields come blank, and are signed all the same.
        form |= dict.fromkeys(_BLANK, "") | {"FromCountry": "GB", "ToCountry": "GB"}
    for number, (url, content_type) in enumerate(media):
        form[f"MediaUrl{number}"] = url
        form[f"MediaContentType{number}"] = content_type
    return form


def _media(item: str | Mapping[str, str]) -> tuple[str, str]:
    if isinstance(item, str):
        return item, "image/jpeg"
    return item["url"], item.get("content_type", "image/jpeg")


def _json(
    value: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    return web.Response(
        body=json.dumps(value).encode(),
        status=status,
        headers=headers,
        content_type="application/json",
    )


def _error(code: int, headers: Mapping[str, str] | None = None) -> web.Response:
    status, words = ERROR_WORDS.get(code, (400, f"Error {code}"))
    info = f"https://www.twilio.com/docs/errors/{code}"
    body = {"code": code, "message": words, "more_info": info, "status": status}
    return _json(body, status, headers)


def _cut(request: web.BaseRequest) -> web.Response:
    """Ends the connection; the answer that is returned has nowhere to go."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A fake Twilio, for tests and benchmarks.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5050)
    parser.add_argument("--webhook", default="http://127.0.0.1:5005", help="where the app is")
    parser.add_argument("--public-url", default=PUBLIC_URL, help="the address that is signed")
    parser.add_argument("--auth-token", default=AUTH_TOKEN)
    parser.add_argument("--account-sid", default=ACCOUNT_SID)
    parser.add_argument("--callbacks", choices=CALLBACKS, default="normal")
    parser.add_argument("--list-delay", type=float, default=5.0)
    parser.add_argument("--seed", type=int)
    return parser.parse_args(words)


async def serve(arguments: argparse.Namespace) -> None:
    """Serves until it is told to stop."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with FakeTwilio(**vars(arguments)) as fake:
        sys.stdout.write(f"fake Twilio on {fake.url}\n")
        sys.stdout.flush()
        await stopped.wait()


if __name__ == "__main__":
    asyncio.run(serve(_arguments(sys.argv[1:])))
