"""POST a message, get the replies as Rasa's REST channel gives them."""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, Field
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_answer

from connectors.acceptance import accept
from connectors.answers import Refused, not_stored, read_model, refusal
from connectors.channel import (
    Button,
    InboundMessage,
    Location,
    Media,
    NotStored,
    OnMessage,
    OnStatus,
    OnUnroutable,
    OutboundMessage,
    ProviderMessage,
    Row,
    SendResult,
    Sent,
    Template,
    ignore,
)
from connectors.credentials import Credentials

NAME = "rest"
DEFAULT_SENDER = "default"
"""Rasa's name for whoever gives none."""


class RestMetadata(BaseModel, extra="allow"):
    """What the caller adds; a message that comes again has the same id."""

    message_id: Annotated[str, Field(max_length=255)] | None = None


class RestMessage(BaseModel):
    """The body that Rasa documents; further keys are let pass, as Rasa does."""

    message: str
    sender: Annotated[str, Field(max_length=255)] | None = None
    input_channel: str | None = None
    metadata: RestMetadata | None = None


class RestConnector:
    """The waiting request is the channel: replies go out with its answer."""

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
        """The Sanic routes below /webhooks/rest."""

        async def receive(request: Request) -> HTTPResponse | None:
            return await _receive(request, on_new_message)

        blueprint = Blueprint("rest_webhook")
        blueprint.add_route(_health, "/", methods=["GET"], name="health")
        blueprint.add_route(receive, "/webhook", methods=["POST"], name="message")
        return blueprint

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def send(self, message: OutboundMessage) -> SendResult:
        """Nobody is there to push to: the waiting request carries the reply."""
        return Sent(provider_id=message.id, status="delivered")

    async def find(self, message: OutboundMessage, since: float) -> Sequence[ProviderMessage]:
        """Nothing is ever in doubt."""
        return []


async def _health(_: Request) -> HTTPResponse:
    return json_answer({"status": "ok"})


async def _receive(request: Request, on_new_message: OnMessage) -> HTTPResponse | None:
    try:
        body = read_model(RestMessage, request.body)
        message = inbound_message(body)
        replies = await accept(on_new_message, message)
    except Refused as refused:
        return refusal(refused)
    except NotStored:
        return not_stored()
    answers = list(rasa_messages(message.conversation_id, replies))
    if request.args.get("stream", "").lower() == "true":
        await _stream(request, answers)
        return None
    return json_answer(answers)


async def _stream(request: Request, answers: Iterable[Mapping[str, Any]]) -> None:
    response = await request.respond(content_type="text/event-stream")
    for answer in answers:
        await response.send(json.dumps(answer, ensure_ascii=False) + "\n")
    await response.eof()


def inbound_message(body: RestMessage) -> InboundMessage:
    """The message; the sender's name is the conversation's, as in Rasa."""
    sender = body.sender or DEFAULT_SENDER
    metadata = body.metadata.model_dump(exclude_unset=True) if body.metadata else {}
    channel = {"input_channel": body.input_channel} if body.input_channel else {}
    given = metadata.get("message_id")
    return InboundMessage(
        connector=NAME,
        provider_id=f"{sender}:{given}" if given else uuid.uuid4().hex,
        address=f"rest:{sender}",
        sender="rest:bot",
        text=body.message,
        metadata={**channel, **metadata},
        wait=True,
        conversation=sender,
    )


def rasa_messages(recipient: str, replies: Iterable[OutboundMessage]) -> Iterator[dict[str, Any]]:
    """The replies as Rasa's collecting channel lists them: text, image and custom apart."""
    for reply in replies:
        for content in _contents(reply):
            yield {"recipient_id": recipient, **content}


def _contents(reply: OutboundMessage) -> Iterator[dict[str, Any]]:
    if reply.text or reply.buttons or reply.menu:
        yield {"text": reply.text} | _buttons(reply)
    for media in reply.media:
        yield {"image" if _is_image(media) else "attachment": media.url}
    if reply.location:
        yield {"custom": {"location": _given(reply.location)}}
    if reply.template and not reply.text:
        yield {"custom": {"template": _given(reply.template)}}
    if reply.custom is not None:
        yield {"custom": dict(reply.custom)}


def _given(part: Location | Template) -> dict[str, Any]:
    return {key: value for key, value in asdict(part).items() if value not in (None, "", ())}


def _buttons(reply: OutboundMessage) -> dict[str, Any]:
    rows = reply.menu.rows if reply.menu else ()
    choices: list[Button | Row] = [*reply.buttons, *rows]
    buttons = [{"title": c.title, "payload": c.payload or c.title} for c in choices]
    return {"buttons": buttons} if buttons else {}


def _is_image(media: Media) -> bool:
    return not media.content_type or media.content_type.startswith("image/")
