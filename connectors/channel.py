"""The port between a provider's wire format and the bot: message types, and what a connector is.

A connector has the class shape that Rasa loads from credentials.yml (`name`, `from_credentials`,
`blueprint`); beside it, it sends, and finds again what it may have sent.
"""

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol, Self

from sanic import Blueprint

_CONVERSATIONS = uuid.UUID("8d5a4f0e-6a57-4a0c-9c35-0a7f2f7f9b11")

DeliveryStatus = Literal["accepted", "sent", "delivered", "undelivered", "failed", "read"]
"""The provider-neutral steps of a message's delivery, as connectors report them."""


def conversation_id(connector: str, sender: str, address: str) -> str:
    """The id of the thread between our sender and an address; the same for the same three."""
    return uuid.uuid5(_CONVERSATIONS, f"{connector}|{sender}|{address}").hex


@dataclass(frozen=True, slots=True)
class Media:
    """A file that came or goes with a message; `url` is where it can be fetched."""

    url: str
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """A choice shown to the contact; `payload` comes back when it is taken."""

    title: str
    payload: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a list to choose from; `payload` comes back when it is taken."""

    title: str
    payload: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """A list to choose from; `button` opens it."""

    rows: tuple[Row, ...]
    button: str = ""


@dataclass(frozen=True, slots=True)
class Location:
    """A place, in degrees (WGS 84)."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A text that the provider has approved, by its name, with what fills it in."""

    name: str
    language: str | None = None
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One message that a contact sent.

    `address` is the contact's handle (`sms:+15550001`), `sender` ours in the same form.
    `provider_id` is unique within the connector. `payload` is what a tapped button carries.
    `retry_token` names the provider's delivery attempt group, where it has one.
    `provider_answers_keywords` says that the provider itself replies to STOP, START and HELP.
    `consent` is the provider's own reading of such a word: "stop", "start" or "help".
    `wait` asks the host to return the replies of the turn (synchronous channels).
    """

    connector: str
    provider_id: str
    address: str
    sender: str
    text: str = ""
    media: tuple[Media, ...] = ()
    payload: str | None = None
    profile_name: str | None = None
    retry_token: str | None = None
    provider_answers_keywords: bool = False
    consent: Literal["stop", "start", "help"] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    wait: bool = False
    conversation: str = ""

    @property
    def conversation_id(self) -> str:
        """The thread's id: the one the channel names, else made of the three parts."""
        return self.conversation or conversation_id(self.connector, self.sender, self.address)

    @property
    def channel(self) -> str:
        """The kind of transport: the address before its colon."""
        return self.address.partition(":")[0]


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What a provider says became of a message of ours.

    `message_id` is our own id, where the provider brought it back.
    """

    connector: str
    provider_id: str
    status: DeliveryStatus
    message_id: str | None = None
    error_code: str | None = None
    error: str | None = None
    segments: int | None = None


@dataclass(frozen=True, slots=True)
class Unroutable:
    """An authentic request that is not understood; kept so that an operator can see it."""

    connector: str
    provider_id: str
    reason: str
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One message to send. `id` is ours and goes along where the provider can bring it back.

    `template` stands in for the text where the provider knows it by that name.
    """

    id: str
    connector: str
    address: str
    sender: str
    text: str = ""
    buttons: tuple[Button, ...] = ()
    media: tuple[Media, ...] = ()
    custom: Mapping[str, Any] | None = None
    conversation: str = ""
    menu: Menu | None = None
    location: Location | None = None
    template: Template | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took the message."""

    provider_id: str
    status: DeliveryStatus = "accepted"
    segments: int | None = None


@dataclass(frozen=True, slots=True)
class SendFailure:
    """Why a send did not succeed, as data for who must act.

    `retry`: certainly not sent, try again (after `retry_after` seconds, where given).
    `unknown`: it may have been sent; find out before sending again.
    `rejected`: never send this again. `opted_out`: the same, and the contact has opted out.
    """

    kind: Literal["retry", "unknown", "rejected", "opted_out"]
    reason: str
    code: str | None = None
    retry_after: float | None = None
    max_attempts: int | None = None


SendResult = Sent | SendFailure


@dataclass(frozen=True, slots=True)
class ProviderMessage:
    """A message of ours as the provider lists it. `created_at` is a Unix time in seconds."""

    provider_id: str
    address: str
    text: str
    status: DeliveryStatus
    created_at: float
    message_id: str | None = None
    error_code: str | None = None


Replies = Sequence[OutboundMessage]
OnMessage = Callable[[InboundMessage], Awaitable[Replies]]
"""Stores the message durably before it returns; raises `NotStored` where it cannot.

Returns the turn's replies where `wait` was set, else nothing.
"""
OnStatus = Callable[[StatusReport], Awaitable[None]]
OnUnroutable = Callable[[Unroutable], Awaitable[None]]


class NotStored(Exception):
    """The row could not be written: the webhook answers 503, so that the provider tries again."""


async def ignore(_: object) -> None:
    """Takes a report or an unroutable request where the host has no use for it."""


class Connector(Protocol):
    """One provider's adapter."""

    required: ClassVar[tuple[str, ...]]
    """Credentials without which the channel is off."""
    can_list: ClassVar[bool]
    """Whether `find` can settle an unknown outcome; where not, sends are at most once."""
    settle_after: float
    """Seconds after an attempt from which `find` sees everything that attempt may have sent."""

    @classmethod
    def name(cls) -> str:
        """The name in credentials.yml and in the webhook's path."""

    @classmethod
    def from_credentials(cls, credentials: Mapping[str, Any] | None) -> Self:
        """Builds the connector; raises ValueError naming the key that is missing or wrong."""

    def blueprint(
        self,
        on_new_message: OnMessage,
        *,
        on_status: OnStatus = ignore,
        on_unroutable: OnUnroutable = ignore,
    ) -> Blueprint:
        """The Sanic routes below /webhooks/{name}; Rasa calls it with the first argument alone."""

    async def open(self) -> None:
        """Makes the HTTP client, inside the running loop."""

    async def close(self) -> None:
        """Gives the client back."""

    async def send(self, message: OutboundMessage) -> SendResult:
        """Sends one message; never raises for what a provider or a network may do."""

    async def find(self, message: OutboundMessage, since: float) -> Sequence[ProviderMessage]:
        """What the provider lists as sent to the address from our sender since that time."""
