"""Messages of either direction, with what became of them."""

from datetime import datetime
from typing import Literal

from bot.domain.messages import InboundStatus, Message, OutboundStatus
from bot.web.api.context import ApiContext
from bot.web.api.endpoint import endpoint
from bot.web.api.models import Answer, ById, Json, Listing, Word, maybe_time, page_from, time_of
from bot.web.problems import Problem

Direction = Literal["in", "out"]
Status = Literal[InboundStatus, OutboundStatus]


class MessageListing(Listing):
    """One page of messages; those of a conversation or contact, in a status or direction."""

    conversation_id: Word | None = None
    contact_id: Word | None = None
    status: Status | None = None
    direction: Direction | None = None


class MessageAnswer(Answer):
    """A message. `content` holds what is not text; `error` says why it failed or waits."""

    id: str
    direction: Direction
    status: str
    conversation_id: str | None
    contact_id: str | None
    session_id: str | None
    turn_id: str | None
    connector: str
    sender: str
    address: str
    text: str
    content: Json
    provider_id: str | None
    attempts: int
    attempted_at: datetime | None
    due_at: datetime | None
    error_code: str | None
    error: str | None
    segments: int | None
    billed_segments: int | None
    created_at: datetime


class MessagePage(Answer):
    """Messages, newest first."""

    items: list[MessageAnswer]
    next_cursor: str | None


@endpoint("GET", "/messages", scope="messages:read", asked=MessageListing, answer=MessagePage)
async def list_messages(context: ApiContext, asked: MessageListing) -> MessagePage:
    """List messages, newest first."""
    listing = context.store.list_messages(
        asked.limit,
        asked.cursor,
        conversation_id=asked.conversation_id,
        contact_id=asked.contact_id,
        status=asked.status,
        direction=asked.direction,
    )
    page = await page_from(listing, asked.cursor)
    return MessagePage(items=[_shown(it) for it in page.items], next_cursor=page.next_cursor)


@endpoint("GET", "/messages/{id}", scope="messages:read", asked=ById, answer=MessageAnswer)
async def get_message(context: ApiContext, asked: ById) -> MessageAnswer:
    """Get a message."""
    message = await context.store.message(asked.id)
    if message is None:
        raise Problem(404, "There is no message with this id")
    return _shown(message)


def _shown(it: Message) -> MessageAnswer:
    return MessageAnswer(
        id=it.id,
        direction=it.direction,
        status=it.status,
        conversation_id=it.conversation_id or None,
        contact_id=it.contact_id or None,
        session_id=it.session_id,
        turn_id=it.turn_id,
        connector=it.connector,
        sender=it.sender,
        address=it.address,
        text=it.text,
        content=dict(it.content),
        provider_id=it.provider_id,
        attempts=it.attempts,
        attempted_at=maybe_time(it.attempted_at),
        due_at=maybe_time(it.due_at),
        error_code=it.error_code,
        error=it.error,
        segments=it.segments,
        billed_segments=it.billed_segments,
        created_at=time_of(it.created_at),
    )


ENDPOINTS = (list_messages, get_message)
