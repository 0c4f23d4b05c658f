"""The Twilio connector: what the host sees of it."""

import math
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar, Self

from sanic import Blueprint

from connectors.channel import (
    OnMessage,
    OnStatus,
    OnUnroutable,
    OutboundMessage,
    ProviderMessage,
    SendFailure,
    SendResult,
    ignore,
)
from connectors.credentials import Credentials
from connectors.remote_files import Fetcher
from connectors.twilio import decode, encode
from connectors.twilio.address import from_twilio, is_service, to_twilio
from connectors.twilio.api import TwilioApi
from connectors.twilio.status import STATUSES, meaning
from connectors.twilio.webhook import Webhook

_HOME = "api.twilio.com"
API_URL = f"https://{_HOME}"
TIMEOUT = 10.0
SETTLE_AFTER = 15.0
MAX_CONCURRENT = 50

_KEYS = (
    "account_sid",
    "auth_token",
    "twilio_number",
    "api_url",
    "public_url",
    "status_callback",
    "keyword_replies",
    "timeout",
    "settle_after",
    "max_concurrent",
)


class TwilioConnector:
    """SMS, MMS and WhatsApp through one Twilio account."""

    required: ClassVar[tuple[str, ...]] = ("account_sid", "auth_token", "twilio_number")
    can_list: ClassVar[bool] = True

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        twilio_number: str,
        *,
        api_url: str = API_URL,
        public_url: str = "",
        status_callback: bool = True,
        keyword_replies: str = "provider",
        timeout: float = TIMEOUT,
        settle_after: float = SETTLE_AFTER,
        max_concurrent: int = MAX_CONCURRENT,
    ) -> None:
        self.settle_after = settle_after
        self._auth_token = auth_token
        self._number = twilio_number.removeprefix("whatsapp:")
        self._public_url = public_url.rstrip("/")
        self._status_callback = status_callback
        self._reading = decode.Reading(
            provider_answers_keywords=keyword_replies == "provider", service=self._number
        )
        self._api = TwilioApi(api_url.rstrip("/"), account_sid, auth_token, timeout, max_concurrent)
        self._files = Fetcher(api_url, self._api.authorization, (_HOME,))

    @classmethod
    def name(cls) -> str:
        """The name in credentials.yml and in the webhook's path."""
        return decode.NAME

    @classmethod
    def from_credentials(cls, credentials: Mapping[str, Any] | None) -> Self:
        """Builds the connector; raises ValueError naming the key that is missing or wrong."""
        section = Credentials(cls.name(), credentials, _KEYS)
        timeout = section.number("timeout", TIMEOUT)
        settle_after = section.number("settle_after", SETTLE_AFTER)
        _keep_apart(timeout, settle_after)
        return cls(
            section.text("account_sid"),
            section.text("auth_token"),
            _our_number(section.text("twilio_number")),
            api_url=_web_address("api_url", section.text("api_url", API_URL)),
            public_url=_web_address("public_url", section.text("public_url", "")),
            status_callback=section.flag("status_callback", True),
            keyword_replies=section.choice("keyword_replies", ("provider", "parley"), "provider"),
            timeout=timeout,
            settle_after=settle_after,
            max_concurrent=math.ceil(section.number("max_concurrent", MAX_CONCURRENT)),
        )

    def blueprint(
        self,
        on_new_message: OnMessage,
        *,
        on_status: OnStatus = ignore,
        on_unroutable: OnUnroutable = ignore,
    ) -> Blueprint:
        """The Sanic routes below /webhooks/twilio."""
        webhook = Webhook(
            self._auth_token,
            self._public_url,
            self._reading,
            on_new_message,
            on_status,
            on_unroutable,
        )
        blueprint = Blueprint("twilio_webhook")
        blueprint.add_route(webhook.health, "/", methods=["GET"], name="health")
        blueprint.add_route(webhook.receive, "/webhook", methods=["POST"], name="message")
        blueprint.add_route(webhook.receive, "/status", methods=["POST"], name="status")
        return blueprint

    async def open(self) -> None:
        """Makes the HTTP client, inside the running loop."""
        await self._api.open()
        await self._files.open()

    async def close(self) -> None:
        """Gives the client back."""
        await self._api.close()
        await self._files.close()

    def default_sender(self, channel: str = "sms") -> str:
        """Our own sender for a message that starts a thread: `sms:+1555`, `whatsapp:+1555`."""
        return f"{channel}:{self._number}"

    async def send(self, message: OutboundMessage) -> SendResult:
        """Sends one message; never raises for what a provider or a network may do."""
        to, sender = to_twilio(message.address), self._sender(message)
        if to is None or sender is None:
            return meaning("21211")
        if len(encode.body(message)) > encode.MAX_CHARACTERS:
            return meaning("21617")
        return await self._api.create(encode.form(message, to, sender, self._callback(message)))

    async def find(self, message: OutboundMessage, since: float) -> Sequence[ProviderMessage]:
        """What Twilio lists as sent to the address from our sender since then, oldest first.

        Raises LookupError where Twilio cannot be asked now: ask again later.
        """
        to, sender = to_twilio(message.address), self._sender(message)
        if to is None or sender is None:
            return []
        query = {"To": to} if is_service(sender) else {"To": to, "From": sender}
        # Twilio writes whole seconds.
        earliest = math.floor(since)
        # By id: a page moves on by the messages that are sent between two requests.
        found: dict[str, ProviderMessage] = {}
        async with aclosing(self._api.latest(query)) as pages:
            async for page in pages:
                ages = [_created_at(listed) for listed in page]
                for listed, age in zip(page, ages, strict=True):
                    if age >= earliest and _is_ours(listed, sender):
                        read = _provider_message(listed, message, age)
                        found.setdefault(read.provider_id, read)
                if not page or ages[-1] < earliest:
                    break
        return sorted(found.values(), key=lambda read: read.created_at)

    async def fetch(self, url: str) -> tuple[str, AsyncGenerator[bytes, None]]:
        """A file that came with a message: content type and chunks, which the caller closes.

        Raises LookupError where it may be there later, ValueError where it is not fetched at all.
        """
        return await self._files.fetch(url)

    def explain(self, error_code: str) -> SendFailure:
        """What an error code of a status report asks for, in the terms of a failed send."""
        return meaning(error_code)

    def _sender(self, message: OutboundMessage) -> str | None:
        return to_twilio(message.sender or self.default_sender(message.address.partition(":")[0]))

    def _callback(self, message: OutboundMessage) -> str:
        if not self._public_url or not self._status_callback:
            return ""
        return encode.callback_url(self._public_url, message.id)


def _our_number(number: str) -> str:
    handle = number.removeprefix("whatsapp:")
    if is_service(handle) or from_twilio(number) is not None:
        return number
    raise ValueError(
        "twilio: 'twilio_number' must be a number (+15550009), a short code, a sender's name "
        f"or a Messaging Service (MG...), not '{number}'"
    )


def _keep_apart(timeout: float, settle_after: float) -> None:
    """A request that begins late is over before Twilio's list is asked for it."""
    if 10 * timeout > 7 * settle_after:
        raise ValueError(
            f"twilio: 'timeout' ({timeout:g}) must be at most 0.7 of 'settle_after' "
            f"({settle_after:g}), or a message could be sent twice: "
            f"set timeout to {settle_after * 0.7:g} or less, "
            f"or settle_after to {timeout / 0.7:.3g} or more"
        )


def _web_address(key: str, url: str) -> str:
    if url and not url.startswith(("https://", "http://")):
        raise ValueError(f"twilio: '{key}' must begin with https:// or http://, not '{url}'")
    return url


def _created_at(listed: Mapping[str, Any]) -> float:
    try:
        return parsedate_to_datetime(str(listed.get("date_created"))).timestamp()
    except ValueError as error:
        raise LookupError("Twilio's list of messages has a date that cannot be read") from error


def _is_ours(listed: Mapping[str, Any], sender: str) -> bool:
    outbound = str(listed.get("direction", "")).startswith("outbound")
    return outbound and (not is_service(sender) or listed.get("messaging_service_sid") == sender)


def _provider_message(
    listed: Mapping[str, Any], message: OutboundMessage, created_at: float
) -> ProviderMessage:
    code = listed.get("error_code")
    text = str(listed.get("body") or "")
    return ProviderMessage(
        provider_id=str(listed.get("sid", "")),
        address=from_twilio(str(listed.get("to", ""))) or message.address,
        # The listed body holds the buttons too: told as our own text, it can be compared.
        text=message.text if text.strip() == encode.body(message).strip() else text,
        status=STATUSES.get(str(listed.get("status")), "accepted"),
        created_at=created_at,
        error_code=str(code) if code else None,
    )
