"""Between connectors and services: what came in as the domain's message, and back."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bot.domain.contacts import contact_id_for
from bot.domain.deliveries import Attempt, CannotAsk, Listed
from bot.domain.gate import Rate
from bot.domain.messages import Message
from bot.domain.records import Arrival, Report, StoreUnavailable
from bot.services.ids import Ids
from bot.services.inbox import Inbox
from bot.services.ports import Clock
from connectors.channel import (
    Button,
    Connector,
    InboundMessage,
    Location,
    Media,
    Menu,
    NotStored,
    OutboundMessage,
    Row,
    SendFailure,
    Sent,
    StatusReport,
    Template,
    Unroutable,
)

REPLY_SECONDS = 25.0
"""How long a synchronous channel waits for its turn."""
LOCAL = frozenset({"web", "rest"})
"""Channels whose messages never leave the house."""


class Intake:
    """What connectors are given: their callbacks, over the inbox."""

    def __init__(
        self, inbox: Inbox, ids: Ids, clock: Clock, connectors: Mapping[str, Connector]
    ) -> None:
        self._inbox, self._ids, self._clock = inbox, ids, clock
        self._connectors = connectors

    async def message(self, inbound: InboundMessage) -> Sequence[OutboundMessage]:
        """Files a message; NotStored where the database does not take it."""
        arrival = Arrival(self._inbound(inbound), inbound.retry_token)
        try:
            if not inbound.wait:
                await self._inbox.receive(arrival)
                return ()
            replies = await self._inbox.receive_and_wait(arrival, REPLY_SECONDS)
        except StoreUnavailable as error:
            raise NotStored(str(error)) from error
        return [outbound(reply) for reply in replies if reply.connector == inbound.connector]

    async def status(self, report: StatusReport) -> None:
        """Joins a delivery report."""
        joined = Report(
            connector=report.connector,
            provider_id=report.provider_id,
            status=report.status,
            at=self._clock.now(),
            message_id=report.message_id,
            error_code=report.error_code,
            error=report.error,
            event_id=self._ids.new(),
        )
        await self._stored(self._inbox.report(joined, self._advice(report)))

    def _advice(self, report: StatusReport) -> Attempt | None:
        """What the report's error code asks for, where the connector knows."""
        explain = getattr(self._connectors.get(report.connector), "explain", None)
        if report.error_code is None or explain is None:
            return None
        return _attempt(explain(report.error_code))

    async def unroutable(self, request: Unroutable) -> None:
        """Keeps what was not understood."""
        message = Message(
            id=self._ids.new(),
            direction="in",
            connector=request.connector,
            conversation_id="",
            contact_id="",
            address="",
            sender="",
            status="unroutable",
            created_at=self._clock.now(),
            content={"raw": dict(request.raw)},
            provider_id=request.provider_id,
            error=request.reason,
        )
        await self._stored(self._inbox.unroutable(message))

    @staticmethod
    async def _stored(write: Awaitable[None]) -> None:
        try:
            await write
        except StoreUnavailable as error:
            raise NotStored(str(error)) from error

    def _inbound(self, inbound: InboundMessage) -> Message:
        return Message(
            id=self._ids.new(),
            direction="in",
            connector=inbound.connector,
            conversation_id=inbound.conversation_id,
            contact_id=contact_id_for(inbound.address),
            address=inbound.address,
            sender=inbound.sender,
            status="pending",
            created_at=self._clock.now(),
            text=inbound.text,
            content=_content(inbound),
            provider_id=inbound.provider_id,
        )


def _content(inbound: InboundMessage) -> dict[str, Any]:
    content: dict[str, Any] = {
        "media": [{"url": m.url, "content_type": m.content_type} for m in inbound.media],
        "payload": inbound.payload,
        "profile_name": inbound.profile_name,
        "consent": inbound.consent,
        "provider_answers_keywords": inbound.provider_answers_keywords,
        "metadata": dict(inbound.metadata),
    }
    return {key: value for key, value in content.items() if value}


def outbound(message: Message) -> OutboundMessage:
    """A domain message as connectors send it."""
    content = message.content
    return OutboundMessage(
        id=message.id,
        connector=message.connector,
        address=message.address,
        sender=message.sender,
        text=message.text,
        buttons=tuple(Button(b["title"], b.get("payload", "")) for b in content.get("buttons", ())),
        media=tuple(Media(m["url"], m.get("content_type", "")) for m in content.get("media", ())),
        custom=content.get("custom"),
        conversation=message.conversation_id,
        menu=_menu(content["menu"]) if content.get("menu") else None,
        location=Location(**content["location"]) if content.get("location") else None,
        template=_template(content["template"]) if content.get("template") else None,
    )


def _menu(written: Mapping[str, Any]) -> Menu:
    return Menu(tuple(Row(**row) for row in written["rows"]), written.get("button", ""))


def _template(written: Mapping[str, Any]) -> Template:
    return Template(written["name"], written.get("language"), tuple(written.get("parameters", ())))


def _attempt(failure: SendFailure) -> Attempt:
    return Attempt(
        failure.kind,
        code=failure.code,
        reason=failure.reason,
        retry_after=failure.retry_after,
        max_attempts=failure.max_attempts,
    )


class ConnectorSender:
    """A connector as the deliveries see it."""

    immediate = True

    def __init__(self, connector: Connector, rate: Rate | None = None) -> None:
        self._connector = connector
        self.local = connector.name() in LOCAL
        self.settle_after = connector.settle_after if connector.can_list else None
        self.rate = rate

    async def send(self, message: Message) -> Attempt:
        result = await self._connector.send(outbound(message))
        if isinstance(result, Sent):
            return Attempt("sent", result.provider_id, result.status, result.segments)
        return _attempt(result)

    async def listing(self, message: Message, since: float) -> Sequence[Listed]:
        try:
            listed = await self._connector.find(outbound(message), since)
        except LookupError as error:
            raise CannotAsk(str(error)) from error
        return [
            Listed(m.provider_id, m.text, m.status, m.created_at, m.message_id, m.error_code)
            for m in listed
        ]


class WrongCredentials(ValueError):
    """A channel of credentials.yml that cannot be set up; the text names channel and key."""


def connectors_for(
    credentials: Mapping[str, Mapping[str, Any]],
    registry: Mapping[str, type[Any]],
    public_url: str | None,
    unknown: Callable[[str], None],
) -> dict[str, Connector]:
    """The connectors that credentials.yml switches on: those with all they require."""
    made: dict[str, Connector] = {}
    for name, section in credentials.items():
        kind = registry.get(name)
        if kind is None:
            unknown(name)
            continue
        keys = dict(section)
        keys.pop("messages_per_second", None)
        if any(not keys.get(key) for key in kind.required):
            continue
        if public_url and name not in LOCAL:
            keys.setdefault("public_url", public_url)
        try:
            made[name] = kind.from_credentials(keys)
        except ValueError as error:
            raise WrongCredentials(f"{name}: {error}") from None
    return made
