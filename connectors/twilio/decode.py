"""From the fields of Twilio's webhooks to messages and status reports."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from connectors.answers import read_json
from connectors.channel import InboundMessage, Media, StatusReport, Unroutable
from connectors.twilio.address import from_twilio, is_service, is_short_code
from connectors.twilio.status import STATUSES, meaning

Fields = Mapping[str, str]

NAME = "twilio"

_MEDIA = re.compile(r"MediaUrl([0-9]{1,3})")
_CONSENT: dict[str, Literal["stop", "start", "help"]] = {
    "stop": "stop",
    "start": "start",
    "help": "help",
}
# What is worth keeping beside the message, under our names.
_KEPT = {
    "WaId": "wa_id",
    "MessageType": "message_type",
    "MessagingServiceSid": "messaging_service_sid",
    "AccountSid": "account_sid",
    "OriginalRepliedMessageSid": "replied_to",
    "ExternalUserId": "external_user_id",
    "ButtonType": "button_type",
    "ListTitle": "list_title",
    "ListDescription": "list_description",
    "FromCountry": "from_country",
    "FromState": "from_state",
    "FromCity": "from_city",
    "FromZip": "from_zip",
}
_KEPT_JSON = {"InteractiveData": "interactive", "FlowData": "flow_data"}
_KEPT_FLAGS = {"Forwarded": "forwarded", "FrequentlyForwarded": "frequently_forwarded"}
_REFERRAL = "Referral"


@dataclass(frozen=True, slots=True)
class Reading:
    """How this account's webhooks are to be read.

    `service` is the Messaging Service that is our sender, where one is: its messages name one of
    its numbers too, but the thread belongs to the service.
    """

    provider_answers_keywords: bool = True
    service: str = ""


def sid(fields: Fields) -> str:
    """Twilio's id of the message that the fields are about."""
    return fields.get("MessageSid") or fields.get("SmsMessageSid") or fields.get("SmsSid") or ""


def is_status(fields: Fields) -> bool:
    """Whether the fields tell what became of a message of ours, whatever address they came to."""
    status = _status(fields)
    return bool(status) and status not in ("received", "receiving") and "Body" not in fields


def status_report(fields: Fields, message_id: str | None) -> StatusReport | Unroutable | None:
    """The report in the fields; None for a status that is not known."""
    if not sid(fields):
        return unroutable(fields, "a status without MessageSid")
    status = STATUSES.get(_status(fields))
    if status is None:
        return None
    code = fields.get("ErrorCode") or None
    return StatusReport(
        connector=NAME,
        provider_id=sid(fields),
        status=status,
        message_id=message_id or None,
        error_code=code,
        error=meaning(code, fields.get("ErrorMessage", "")).reason if code else None,
        segments=_count(fields.get("NumSegments")),
    )


def inbound_message(
    fields: Fields, reading: Reading, retry_token: str | None
) -> InboundMessage | Unroutable:
    """The contact's message in the fields."""
    address = from_twilio(fields.get("From", ""))
    sender = from_twilio(fields.get("To", ""))
    if not sid(fields):
        return unroutable(fields, "a message without MessageSid")
    if address is None:
        return unroutable(fields, f"From is no address known here: '{fields.get('From', '')}'")
    if sender is None:
        return unroutable(fields, f"To is no address known here: '{fields.get('To', '')}'")
    opt_out_type = fields.get("OptOutType", "")
    return InboundMessage(
        connector=NAME,
        provider_id=sid(fields),
        address=address,
        sender=_thread_sender(fields, reading, sender),
        text=fields.get("Body") or fields.get("ButtonText") or fields.get("ListTitle") or "",
        media=_media(fields),
        payload=fields.get("ButtonPayload") or fields.get("ListId") or None,
        profile_name=fields.get("ProfileName") or None,
        retry_token=retry_token,
        provider_answers_keywords=bool(opt_out_type) or _answers_keywords(reading, address, sender),
        consent=_CONSENT.get(opt_out_type.lower()),
        metadata=_metadata(fields),
    )


def unroutable(fields: Fields, reason: str, provider_id: str = "") -> Unroutable:
    """An authentic request that is kept for an operator to see."""
    return Unroutable(NAME, sid(fields) or provider_id, reason, dict(fields))


def _status(fields: Fields) -> str:
    return (fields.get("MessageStatus") or fields.get("SmsStatus") or "").lower()


def _thread_sender(fields: Fields, reading: Reading, sender: str) -> str:
    service = fields.get("MessagingServiceSid", "")
    if service == reading.service and is_service(service):
        return f"{sender.partition(':')[0]}:{service}"
    return sender


def _answers_keywords(reading: Reading, address: str, sender: str) -> bool:
    return (
        reading.provider_answers_keywords
        and address.startswith("sms:")
        and not is_short_code(sender)
    )


def _media(fields: Fields) -> tuple[Media, ...]:
    numbers = sorted(int(found[1]) for name in fields if (found := _MEDIA.fullmatch(name)))
    return tuple(
        Media(url, fields.get(f"MediaContentType{number}", ""))
        for number in numbers
        if (url := fields.get(f"MediaUrl{number}", ""))
    )


def _metadata(fields: Fields) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        ours: fields[theirs] for theirs, ours in _KEPT.items() if fields.get(theirs)
    }
    metadata |= {ours: True for name, ours in _KEPT_FLAGS.items() if fields.get(name) == "true"}
    metadata |= {ours: _json(fields[name]) for name, ours in _KEPT_JSON.items() if fields.get(name)}
    if segments := _count(fields.get("NumSegments")):
        metadata["num_segments"] = segments
    if location := _location(fields):
        metadata["location"] = location
    if referral := _referral(fields):
        metadata["referral"] = referral
    return metadata


def _location(fields: Fields) -> dict[str, Any] | None:
    latitude, longitude = _coordinate(fields.get("Latitude")), _coordinate(fields.get("Longitude"))
    if latitude is None or longitude is None:
        return None
    place = {"latitude": latitude, "longitude": longitude}
    return place | {name.lower(): fields[name] for name in ("Address", "Label") if fields.get(name)}


def _referral(fields: Fields) -> dict[str, str]:
    """The advertisement that the contact came by: ReferralSourceUrl becomes source_url."""
    return {
        _snake(name.removeprefix(_REFERRAL)): value
        for name, value in fields.items()
        if name.startswith(_REFERRAL) and name not in (_REFERRAL, "ReferralNumMedia") and value
    }


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _count(digits: str | None) -> int | None:
    return int(digits) if digits and re.fullmatch("[0-9]{1,6}", digits) else None


def _coordinate(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _json(text: str) -> Any:
    try:
        return read_json(text)
    except ValueError:
        return text
