"""Addresses: Twilio writes `+1555` and `whatsapp:+1555`, we write `sms:+1555` for the former."""

import re

_NUMBER = re.compile(r"\+[0-9]{1,15}")
_SHORT_CODE = re.compile(r"[0-9]{3,8}")
_ALPHANUMERIC = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 _&+-]{1,11}")
_SERVICE = re.compile(r"MG[0-9A-Za-z]{30,}")


def from_twilio(handle: str) -> str | None:
    """Our form of a handle; None where it is of a kind that is not spoken here."""
    channel, colon, number = handle.rpartition(":")
    if colon:
        return handle if channel == "whatsapp" and _NUMBER.fullmatch(number) else None
    kinds = (_NUMBER, _SHORT_CODE, _ALPHANUMERIC)
    return f"sms:{handle}" if any(kind.fullmatch(handle) for kind in kinds) else None


def to_twilio(address: str) -> str | None:
    """Twilio's form of an address or sender of ours; None for another channel's."""
    channel, _, handle = address.partition(":")
    if not handle or channel not in ("sms", "whatsapp"):
        return None
    if channel == "sms" or is_service(handle):
        return handle
    return address


def is_service(handle: str) -> bool:
    """Whether the handle is a Messaging Service, which chooses the sender itself."""
    return _SERVICE.fullmatch(handle) is not None


def is_short_code(address: str) -> bool:
    """Whether the address is a short code, for which Twilio answers no keywords by default."""
    return _SHORT_CODE.fullmatch(address.removeprefix("sms:")) is not None
