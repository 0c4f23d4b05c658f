"""Our connectors inside a Rasa server, which hands messages to its agent in its own shape.

Rasa's credentials.yml names the class below instead of the connector; the rest stays the same:

    connectors.rasa.TwilioInput:
      account_sid: ...
"""

import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sanic import Blueprint

from connectors.channel import (
    Button,
    Connector,
    InboundMessage,
    Media,
    OnMessage,
    OnStatus,
    OnUnroutable,
    OutboundMessage,
    SendFailure,
    ignore,
)
from connectors.twilio import TwilioConnector

_log = logging.getLogger(__name__)

Handle = Callable[[Any], Awaitable[Any]]
"""Rasa's handler of a user message."""


class RasaOutput:
    """What Rasa sends through; a recipient is an address of ours."""

    def __init__(self, connector: Connector, sender: str = "") -> None:
        self._connector = connector
        self._sender = sender

    def name(self) -> str:
        """The channel's name, which Rasa keeps with its events."""
        return self._connector.name()

    async def send_response(self, recipient_id: str, message: Mapping[str, Any]) -> None:
        """A response of Rasa's domain, all kinds of content in one message of ours."""
        media = [message[kind] for kind in ("image", "attachment") if message.get(kind)]
        buttons = [*(message.get("quick_replies") or ()), *(message.get("buttons") or ())]
        await self._send(
            recipient_id,
            text=message.get("text") or "",
            buttons=_buttons(buttons),
            media=tuple(Media(str(url)) for url in media),
            custom=message.get("custom"),
        )

    async def send_text_message(self, recipient_id: str, text: str, **_: Any) -> None:
        """A text."""
        await self._send(recipient_id, text=text)

    async def send_text_with_buttons(
        self, recipient_id: str, text: str, buttons: Sequence[Mapping[str, Any]], **_: Any
    ) -> None:
        """A text with choices."""
        await self._send(recipient_id, text=text, buttons=_buttons(buttons))

    async def send_image_url(self, recipient_id: str, image: str, **_: Any) -> None:
        """A picture."""
        await self._send(recipient_id, media=(Media(image),))

    async def send_attachment(self, recipient_id: str, attachment: str, **_: Any) -> None:
        """A file."""
        await self._send(recipient_id, media=(Media(attachment),))

    async def send_custom_json(
        self, recipient_id: str, json_message: Mapping[str, Any], **_: Any
    ) -> None:
        """What only this channel understands."""
        await self._send(recipient_id, custom=json_message)

    async def _send(self, recipient_id: str, **content: Any) -> None:
        message = OutboundMessage(
            uuid.uuid4().hex, self.name(), recipient_id, self._sender, **content
        )
        result = await self._connector.send(message)
        if isinstance(result, SendFailure):
            # Rasa has no place for it: it takes a message for sent.
            _log.error("Not sent (%s, code %s): %s", result.kind, result.code, result.reason)


@dataclass(frozen=True)
class RasaMessage:
    """A message in the shape of Rasa's UserMessage."""

    text: str
    sender_id: str
    output_channel: RasaOutput
    input_channel: str
    message_id: str
    metadata: Mapping[str, Any]
    parse_data: Mapping[str, Any] | None = None
    headers: Mapping[str, Any] = field(default_factory=dict)


def rasa_message(message: InboundMessage, connector: Connector) -> RasaMessage:
    """The message for Rasa's agent; a tapped button's payload is what was said."""
    media = [{"url": item.url, "content_type": item.content_type} for item in message.media]
    profile = {"profile_name": message.profile_name} if message.profile_name else {}
    return RasaMessage(
        text=(message.payload or message.text).strip(),
        sender_id=message.address,
        output_channel=RasaOutput(connector, message.sender),
        input_channel=connector.name(),
        message_id=message.provider_id,
        metadata={**message.metadata, **profile, **({"media": media} if media else {})},
    )


class TwilioInput(TwilioConnector):
    """The Twilio connector as a Rasa input channel."""

    def url_prefix(self) -> str:
        """Where Rasa mounts the routes, below /webhooks."""
        return self.name()

    def get_output_channel(self) -> RasaOutput:
        """What Rasa sends reminders through."""
        return RasaOutput(self)

    def blueprint(
        self,
        on_new_message: Handle,
        *,
        on_status: OnStatus = ignore,
        on_unroutable: OnUnroutable = ignore,
    ) -> Blueprint:
        """The same routes, for a handler that takes Rasa's messages; the client opens with them."""
        blueprint = super().blueprint(
            _handing(on_new_message, self), on_status=on_status, on_unroutable=on_unroutable
        )

        async def start(*_: object) -> None:
            await self.open()

        async def stop(*_: object) -> None:
            await self.close()

        blueprint.listener("before_server_start")(start)
        blueprint.listener("after_server_stop")(stop)
        return blueprint


def _handing(handle: Handle, connector: Connector) -> OnMessage:
    async def on_new_message(message: InboundMessage) -> tuple[OutboundMessage, ...]:
        await handle(rasa_message(message, connector))
        return ()

    return on_new_message


def _buttons(buttons: Sequence[Mapping[str, Any]]) -> tuple[Button, ...]:
    return tuple(Button(str(b.get("title", "")), str(b.get("payload") or "")) for b in buttons)
