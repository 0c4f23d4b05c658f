"""The routes that Twilio calls: authentic or 403, stored or 503, and never anything worse."""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TypeVar
from urllib.parse import parse_qs, parse_qsl

from sanic import HTTPResponse, Request
from sanic.response import empty, json, raw

from connectors.acceptance import accept
from connectors.answers import read_json
from connectors.channel import NotStored, OnMessage, OnStatus, OnUnroutable, Unroutable
from connectors.text import clean
from connectors.twilio import decode
from connectors.twilio.signature import body_is_authentic, form_is_authentic

EMPTY_TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response></Response>'

_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
_MAX_FIELDS = 1000
_MAX_TOKEN = 255

T = TypeVar("T")


class Refused(Exception):
    """The request is not answered; `status` says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Webhook:
    """What the routes need to know, and where they hand things to."""

    auth_token: str = field(repr=False)
    public_url: str
    reading: decode.Reading
    on_new_message: OnMessage
    on_status: OnStatus
    on_unroutable: OnUnroutable

    async def health(self, _: Request) -> HTTPResponse:
        """Says that the channel is on."""
        return json({"status": "ok"})

    async def receive(self, request: Request) -> HTTPResponse:
        """Takes a message or a status; each may come to either address."""
        try:
            fields = self._authentic_fields(request)
            if fields is None:
                return await self._keep(request, {}, "a body that is not an object")
            if decode.is_status(fields):
                return await self._take_status(request, fields)
            return await self._take_message(request, fields)
        except Refused as refused:
            return json({"error": str(refused)}, status=refused.status)
        except NotStored:
            return json({"error": "The request could not be stored; try again"}, status=503)

    async def _take_message(self, request: Request, fields: decode.Fields) -> HTTPResponse:
        token = clean(request.headers.get("i-twilio-idempotency-token", ""))[:_MAX_TOKEN] or None
        match decode.inbound_message(fields, self.reading, token):
            case Unroutable(reason=reason):
                return await self._keep(request, fields, reason)
            case message:
                await accept(self.on_new_message, message)
        return raw(EMPTY_TWIML, content_type="text/xml")

    async def _take_status(self, request: Request, fields: decode.Fields) -> HTTPResponse:
        message_id = clean("".join(parse_qs(request.query_string).get("m", [])[:1]))
        match decode.status_report(fields, message_id):
            case None:
                return json({"status": "ignored"})
            case Unroutable(reason=reason):
                return await self._keep(request, fields, reason)
            case report:
                await accept(self.on_status, report)
        return empty()

    async def _keep(self, request: Request, fields: decode.Fields, reason: str) -> HTTPResponse:
        # Without an id of Twilio's, a repeat is known by its body.
        stand_in = sha256(request.body).hexdigest()[:32]
        shown = fields or {"body": clean(request.body.decode(errors="replace"))}
        await accept(self.on_unroutable, decode.unroutable(shown, reason, stand_in))
        return raw(EMPTY_TWIML, content_type="text/xml")

    def _authentic_fields(self, request: Request) -> dict[str, str] | None:
        """The request's fields; None for JSON that has none. Raises Refused."""
        signature = request.headers.get("x-twilio-signature")
        if not signature:
            raise Refused(403, "The signature is missing")
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == _FORM:
            return self._form(request, signature)
        if kind == _JSON:
            return self._json(request, signature)
        raise Refused(415, f"Send {_FORM} or {_JSON}")

    def _form(self, request: Request, signature: str) -> dict[str, str]:
        # Not request.form: it drops blank fields, which are signed.
        pairs = _parsed(_pairs, request.body)
        if not form_is_authentic(self.auth_token, signature, self._url(request), pairs):
            raise Refused(403, "The signature is wrong")
        return {clean(name): clean(value) for name, value in reversed(pairs)}

    def _json(self, request: Request, signature: str) -> dict[str, str] | None:
        if not body_is_authentic(self.auth_token, signature, self._url(request), request.body):
            raise Refused(403, "The signature is wrong")
        value = _parsed(read_json, request.body)
        if not isinstance(value, dict):
            return None
        return {name: "" if item is None else str(item) for name, item in value.items()}

    def _url(self, request: Request) -> str:
        """The address as Twilio called it, not parsed and put together anew."""
        origin = self.public_url or f"{request.scheme}://{request.host}"
        return origin + request.raw_url.decode(errors="replace")


def _pairs(body: bytes) -> list[tuple[str, str]]:
    return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS)


def _parsed(parse: Callable[[bytes], T], body: bytes) -> T:
    try:
        return parse(body)
    except ValueError as error:
        raise Refused(400, f"The body cannot be read: {error}") from error
