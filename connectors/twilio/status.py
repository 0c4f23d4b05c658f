"""What Twilio's message statuses and error codes mean here."""

from collections.abc import Mapping
from typing import Literal

from connectors.channel import DeliveryStatus, SendFailure

STATUSES: Mapping[str, DeliveryStatus] = {
    "accepted": "accepted",  # a Messaging Service took it and chooses the sender
    "scheduled": "accepted",  # it waits at Twilio for its hour
    "queued": "accepted",  # it waits for the sender's rate
    "sending": "accepted",  # on its way to the carrier; not yet taken there
    "sent": "sent",  # the carrier took it
    "partially_delivered": "sent",  # one of several recipients or parts; "delivered" may follow
    "delivered": "delivered",
    "undelivered": "undelivered",  # the carrier or the handset refused it
    "failed": "failed",
    "canceled": "failed",  # a scheduled message that was called off
    "read": "read",  # WhatsApp and RCS only
}

_MINUTE = 60.0
_HOUR = 60 * _MINUTE

_CREDENTIALS = "Twilio refuses the credentials: check account_sid, auth_token and api_url"


def _failure(
    kind: Literal["retry", "unknown", "rejected", "opted_out"],
    reason: str,
    retry_after: float | None = None,
    max_attempts: int | None = None,
) -> SendFailure:
    """`max_attempts` counts all attempts, the first included."""
    return SendFailure(kind, reason, retry_after=retry_after, max_attempts=max_attempts)


ERRORS: Mapping[str, SendFailure] = {
    # The account and the request.
    "20003": _failure("rejected", _CREDENTIALS),
    "20404": _failure("rejected", _CREDENTIALS),
    "20429": _failure("retry", "Twilio's API is asked too often"),
    "14107": _failure("retry", "Too many messages between these two numbers", _MINUTE),
    "30002": _failure("rejected", "The Twilio account is suspended"),
    # The address.
    "21211": _failure("rejected", "The number is not valid"),
    "21408": _failure("rejected", "The account may not send to this country"),
    "21604": _failure("rejected", "The number is missing"),
    "21606": _failure("rejected", "Our sender cannot send messages to this number"),
    "21608": _failure("rejected", "A trial account sends to verified numbers only"),
    "21610": _failure("opted_out", "The contact has opted out from our sender"),
    "21612": _failure("rejected", "The number cannot be reached from our sender"),
    "21614": _failure("rejected", "The number is not a mobile number"),
    "63003": _failure("rejected", "The channel does not know the address"),
    "63024": _failure("rejected", "The recipient is not valid on this channel"),
    # The content.
    "21602": _failure("rejected", "The message is empty"),
    "21609": _failure("rejected", "Twilio cannot call the status callback: check public_url"),
    "21617": _failure("rejected", "The text is longer than 1600 characters"),
    "21620": _failure("rejected", "A media address is not valid"),
    "21623": _failure("rejected", "There are too many media files"),
    "21655": _failure("rejected", "The content template does not exist"),
    "21656": _failure("rejected", "The content template's variables are wrong"),
    "63005": _failure("rejected", "The channel does not take this content"),
    "63019": _failure("rejected", "The media could not be fetched"),
    "63021": _failure("rejected", "The channel does not take this content"),
    "63027": _failure("rejected", "The template does not exist in this language"),
    "63028": _failure("rejected", "The template has another number of variables"),
    # Rates and queues: sent later, it may well pass.
    "21611": _failure("retry", "Our sender's queue is full", 5 * _MINUTE),
    "30001": _failure("retry", "Our sender's queue is full", 5 * _MINUTE),
    "63018": _failure("retry", "The channel's rate is exceeded", _MINUTE),
    "63038": _failure("retry", "The account's daily limit is reached", 6 * _HOUR, 5),
    # Delivery. Twilio itself recommends to try an unreachable handset again, hours later.
    "30003": _failure("retry", "The handset cannot be reached", 2 * _HOUR, 3),
    "30008": _failure("retry", "The carrier gave no reason", _HOUR, 2),
    "30004": _failure("rejected", "The message was blocked"),
    "30005": _failure("rejected", "The number is unknown or no longer in use"),
    "30006": _failure("rejected", "The number is a landline or its carrier takes no messages"),
    "30007": _failure("rejected", "The carrier filtered the message: stop this campaign"),
    "30034": _failure("rejected", "Our number is not registered for 10DLC: stop this campaign"),
    "30036": _failure("rejected", "The message waited longer than its validity period"),
    "30039": _failure("rejected", "The contact seems to be a machine: do not answer it"),
    # WhatsApp.
    "63013": _failure("rejected", "The message breaks the channel's policy"),
    "63016": _failure("rejected", "The 24-hour window is closed: only a template may be sent"),
    "63032": _failure("rejected", "WhatsApp does not send this message to this contact"),
    "63049": _failure("rejected", "WhatsApp does not send more marketing to this contact now"),
}
"""From Twilio's error pages; a code that is not here is rejected in Twilio's own words."""


def meaning(code: str, words: str = "") -> SendFailure:
    """What an error code asks for; `words` are Twilio's own, for a code that is not known."""
    known = ERRORS.get(code)
    if known is None:
        return SendFailure("rejected", words or f"Twilio reports error {code}", code)
    return SendFailure(known.kind, known.reason, code, known.retry_after, known.max_attempts)


def by_http_status(status: int) -> SendFailure:
    """What an answer without a known error code asks for."""
    code = str(status)
    if status == 429:
        return SendFailure("retry", "Twilio's API is asked too often", code)
    if status >= 500 or status == 408:
        return SendFailure("unknown", f"Twilio answered {status}: it may have taken it", code)
    if status in (401, 403, 404):
        return SendFailure("rejected", _CREDENTIALS, code)
    return SendFailure("rejected", f"Twilio answered {status}", code)
