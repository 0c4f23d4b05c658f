"""Starts: flows that begin for a contact because somebody outside asks for it."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from bot.services.starts import FlowUnknown, KeyTaken, NoEntry, Recipient, StartRefused, Starts
from bot.web.api.context import ApiContext
from bot.web.api.endpoint import endpoint
from bot.web.api.models import Address, Answer, Asked, Json, Word
from bot.web.problems import FieldError, Problem

SCOPE = "flows:start"
Key = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=r"^[!-~]+$"),
    Field(description="Repeated with the same key, the request starts nothing again"),
]


class StartBody(BaseModel):
    """For whom: the id of a contact, or an address that need not be known yet.

    `connector` and `sender` say from where an address is written to; without them it is the first
    channel of credentials.yml that reaches it. The contact must have agreed to be written to.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    contact_id: Word | None = None
    address: Address | None = None
    connector: Word | None = None
    sender: Word | None = None
    slots: Json = {}

    @property
    def recipient(self) -> Recipient:
        """For whom the flow starts."""
        return Recipient(self.contact_id, self.address, self.connector, self.sender)


class TimedBody(StartBody):
    """The same, and when: at once without `at`, which has an offset from UTC."""

    at: AwareDatetime | None = None


class ByHand(Asked):
    """A flow that is to start."""

    name: Word
    idempotency_key: Key | None = None
    body: TimedBody


class ByHook(Asked):
    """A call of a webhook."""

    hook: Word
    idempotency_key: Key | None = None
    body: StartBody


class StartAnswer(Answer):
    """The start is filed; what becomes of it is in the log."""

    id: str


@endpoint("POST", "/flows/{name}/start", scope=SCOPE, asked=ByHand, answer=StartAnswer, status=202)
async def start_flow(context: ApiContext, asked: ByHand) -> StartAnswer:
    """Start a flow for a contact, now or later; the flow has a `manual` trigger."""
    body, at = asked.body, _seconds(asked.body.at)
    return await _started(
        _starts(context).by_hand(
            asked.name, body.recipient, body.slots, key=asked.idempotency_key, at=at
        )
    )


@endpoint("POST", "/hooks/{hook}", scope=SCOPE, asked=ByHook, answer=StartAnswer, status=202)
async def call_hook(context: ApiContext, asked: ByHook) -> StartAnswer:
    """Start the flow of a webhook for a contact."""
    body = asked.body
    return await _started(
        _starts(context).by_hook(asked.hook, body.recipient, body.slots, key=asked.idempotency_key)
    )


async def _started(start: Awaitable[str]) -> StartAnswer:
    try:
        return StartAnswer(id=await start)
    except FlowUnknown as error:
        raise Problem(404, str(error)) from None
    except NoEntry as error:
        raise Problem(409, str(error)) from None
    except KeyTaken as error:
        raise Problem(422, str(error), [FieldError("Idempotency-Key", str(error))]) from None
    except StartRefused as error:
        told = f"{error.field}: {error}"
        raise Problem(422, told, [FieldError(error.field, str(error))]) from None


def _starts(context: ApiContext) -> Starts:
    if context.starts is None:
        raise Problem(503, "Flows are not started here")
    return context.starts


def _seconds(at: datetime | None) -> float | None:
    return at.timestamp() if at else None


ENDPOINTS = (start_flow, call_hook)
