"""A person, the handles by which the person is reached, and the threads with each."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any, Literal
from zoneinfo import ZoneInfo

ConversationStatus = Literal["bot", "human", "closed"]

_CONTACTS = uuid.UUID("3f0f7a6c-2a4e-4b6c-8a55-6d1f0c7b9a02")
PHONE_CHANNELS = frozenset({"sms", "whatsapp"})


@dataclass(frozen=True, slots=True)
class Contact:
    """A person. `fields` holds what is known (first_name, email, ...); `version` guards saving."""

    id: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    language: str | None = None
    time_zone: str | None = None
    opted_out: bool = False
    version: int = 0
    created_at: float = 0.0

    def local(self, now: float) -> datetime:
        """The time at the contact's place; UTC where the zone is unknown. `now` is Unix seconds."""
        try:
            zone: tzinfo = ZoneInfo(self.time_zone) if self.time_zone else UTC
        except (KeyError, ValueError, OSError):  # no such zone, or not even a name
            zone = UTC
        return datetime.fromtimestamp(now, zone)


@dataclass(frozen=True, slots=True)
class Conversation:
    """The thread between one of our senders and one address of a contact."""

    id: str
    contact_id: str
    connector: str
    sender: str
    address: str
    status: ConversationStatus = "bot"
    last_inbound_at: float | None = None
    created_at: float = 0.0

    @property
    def channel(self) -> str:
        """The kind of transport: the address before its colon."""
        return self.address.partition(":")[0]


def contact_id_for(address: str) -> str:
    """The id of the contact that a first message from this address makes.

    One phone number is one person, whether it writes by SMS or by WhatsApp. The id is derived, so
    that two processes that meet the same newcomer at once agree.
    """
    channel, _, handle = address.partition(":")
    key = f"phone:{handle}" if channel in PHONE_CHANNELS else address
    return uuid.uuid5(_CONTACTS, key).hex
