"""From our messages to the fields of Twilio's Messages API."""

import json
from urllib.parse import quote

from connectors.channel import OutboundMessage
from connectors.text import clean, plain
from connectors.twilio.address import is_service

MAX_CHARACTERS = 1600
"""Twilio refuses a longer body (21617)."""

_CONTENT = "HX"
"""How the names of Twilio's content templates begin."""

STATUS_PATH = "/webhooks/twilio/status"


def body(message: OutboundMessage) -> str:
    """The text with its choices as a numbered list, since an SMS has no buttons."""
    return plain(message)


def form(message: OutboundMessage, to: str, sender: str, callback: str) -> list[tuple[str, str]]:
    """The fields that create the message; a template that Twilio knows stands in for the text."""
    fields = [("To", to), ("MessagingServiceSid" if is_service(sender) else "From", sender)]
    fields += _template(message) or [("Body", text) for text in [body(message)] if text]
    fields += [("MediaUrl", media.url) for media in message.media]
    if callback:
        fields.append(("StatusCallback", callback))
    return [(name, clean(value)) for name, value in fields]


def callback_url(public_url: str, message_id: str) -> str:
    """Where Twilio reports on the message; our id comes back with it."""
    return f"{public_url}{STATUS_PATH}?m={quote(clean(message_id), safe='')}"


def _template(message: OutboundMessage) -> list[tuple[str, str]]:
    custom = message.custom or {}
    content_sid = custom.get("content_sid")
    variables = custom.get("content_variables") or {}
    if not content_sid and message.template and message.template.name.startswith(_CONTENT):
        content_sid = message.template.name
        variables = {str(n): text for n, text in enumerate(message.template.parameters, 1)}
    if not content_sid:
        return []
    return [
        ("ContentSid", str(content_sid)),
        ("ContentVariables", variables if isinstance(variables, str) else json.dumps(variables)),
    ]
