"""From our messages to the fields of Twilio's Messages API."""

import json
from collections.abc import Sequence
from urllib.parse import quote

from connectors.channel import Button, OutboundMessage
from connectors.text import clean
from connectors.twilio.address import is_service

MAX_CHARACTERS = 1600
"""Twilio refuses a longer body (21617)."""

STATUS_PATH = "/webhooks/twilio/status"


def body(message: OutboundMessage) -> str:
    """The text with its buttons as a numbered list, since an SMS has no buttons."""
    lines = [clean(message.text)] if message.text else []
    return "\n".join([*lines, *_numbered(message.buttons)])


def form(message: OutboundMessage, to: str, sender: str, callback: str) -> list[tuple[str, str]]:
    """The fields that create the message; a template in `custom` stands in for the text."""
    fields = [("To", to), ("MessagingServiceSid" if is_service(sender) else "From", sender)]
    fields += _template(message) or [("Body", text) for text in [body(message)] if text]
    fields += [("MediaUrl", media.url) for media in message.media]
    if callback:
        fields.append(("StatusCallback", callback))
    return [(name, clean(value)) for name, value in fields]


def callback_url(public_url: str, message_id: str) -> str:
    """Where Twilio reports on the message; our id comes back with it."""
    return f"{public_url}{STATUS_PATH}?m={quote(clean(message_id), safe='')}"


def _numbered(buttons: Sequence[Button]) -> list[str]:
    return [f"{number}. {clean(button.title)}" for number, button in enumerate(buttons, 1)]


def _template(message: OutboundMessage) -> list[tuple[str, str]]:
    custom = message.custom or {}
    content_sid = custom.get("content_sid")
    if not content_sid:
        return []
    variables = custom.get("content_variables") or {}
    return [
        ("ContentSid", str(content_sid)),
        ("ContentVariables", variables if isinstance(variables, str) else json.dumps(variables)),
    ]
