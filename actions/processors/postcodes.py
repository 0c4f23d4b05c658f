"""Postcodes, by country."""

from __future__ import annotations

import re
from typing import Any

PATTERNS = {
    "GB": re.compile(r"([A-Z]{1,2}[0-9][0-9A-Z]?)([0-9][A-Z]{2})"),
    "NL": re.compile(r"([1-9][0-9]{3})([A-Z]{2})"),
    "US": re.compile(r"([0-9]{5})()"),
}
"""The two parts of a postcode without its space."""


def normalise_postcode(session: Any, message: Any, *, country: str = "GB") -> str | bool:
    """ "SW1A 1AA" of "sw1a1aa"; what is none in the country is refused."""
    written = "".join(sign for sign in message.text.upper() if sign.isalnum())
    match = PATTERNS[country].fullmatch(written)
    return " ".join(part for part in match.groups() if part) if match else False
