"""Takes what is typed on the phone page; the page reads the replies from the event log."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_answer

from connectors.acceptance import accept
from connectors.answers import Refused, not_stored, read_model, refusal
from connectors.channel import (
    InboundMessage,
    NotStored,
    OnMessage,
    OnStatus,
    OnUnroutable,
    OutboundMessage,
    ProviderMessage,
    SendResult,
    Sent,
    ignore,
)
from connectors.credentials import Credentials

NAME = "web"
SENDER = "web:phone"

_MIN_DIGITS = 6
_MAX_DIGITS = 15
"""E.164 allows 15 digits; shorter ones than the first are no subscriber's."""


def _e164(number: str) -> str:
    digits = number.removeprefix("+")
    shaped = number.startswith("+") and digits.isascii() and digits.isdecimal()
    if shaped and _MIN_DIGITS <= len(digits) <= _MAX_DIGITS and digits[0] != "0":
        return number
    raise PydanticCustomError(
        "e164", "Write the number with + and its country code, digits only: +15550001"
    )


class WebMessage(BaseModel):
    """What the phone page posts."""

    channel: Literal["sms", "whatsapp"]
    number: Annotated[str, AfterValidator(_e164)]
    text: str
    message_id: Annotated[str, Field(max_length=255)] | None = None
    payload: str | None = None


class WebConnector:
    """The page stands in for a phone; its messages never reach a provider."""

    required: ClassVar[tuple[str, ...]] = ()
    can_list: ClassVar[bool] = False
    settle_after: float = 0.0

    @classmethod
    def name(cls) -> str:
        """The name in credentials.yml and in the webhook's path."""
        return NAME

    @classmethod
    def from_credentials(cls, credentials: Mapping[str, Any] | None) -> Self:
        """Builds the connector; it has no keys."""
        Credentials(NAME, credentials, ())
        return cls()

    def blueprint(
        self,
        on_new_message: OnMessage,
        *,
        on_status: OnStatus = ignore,
        on_unroutable: OnUnroutable = ignore,
    ) -> Blueprint:
        """The Sanic routes below /webhooks/web."""

        async def receive(request: Request) -> HTTPResponse:
            return await _receive(request, on_new_message)

        blueprint = Blueprint("web_webhook")
        blueprint.add_route(_health, "/", methods=["GET"], name="health")
        blueprint.add_route(receive, "/webhook", methods=["POST"], name="message")
        return blueprint

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def send(self, message: OutboundMessage) -> SendResult:
        """The message is shown as soon as it is in the log."""
        return Sent(provider_id=message.id, status="delivered")

    async def find(self, message: OutboundMessage, since: float) -> Sequence[ProviderMessage]:
        """Nothing is ever in doubt."""
        return []


async def _health(_: Request) -> HTTPResponse:
    return json_answer({"status": "ok"})


async def _receive(request: Request, on_new_message: OnMessage) -> HTTPResponse:
    try:
        message = inbound_message(read_model(WebMessage, request.body))
        await accept(on_new_message, message)
    except Refused as refused:
        return refusal(refused)
    except NotStored:
        return not_stored()
    return json_answer(
        {"conversation_id": message.conversation_id, "message_id": message.provider_id}, status=202
    )


def inbound_message(body: WebMessage) -> InboundMessage:
    """The message of the phone that the page plays."""
    return InboundMessage(
        connector=NAME,
        provider_id=body.message_id or uuid.uuid4().hex,
        address=f"web:{body.channel}:{body.number}",
        sender=SENDER,
        text=body.text,
        payload=body.payload,
    )
