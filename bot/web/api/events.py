"""Events: the append-only log of what happened."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from bot.domain.events import Event
from bot.web.api.context import ApiContext
from bot.web.api.endpoint import endpoint
from bot.web.api.models import Answer, Json, Listing, Word, page_from, time_of

AfterEvent = Annotated[Word, Field(description="The id of an event: lists what came after it")]


class EventListing(Listing):
    """One page of the log; with `after` (an event's id) oldest first, what came behind it."""

    contact_id: Word | None = None
    conversation_id: Word | None = None
    session_id: Word | None = None
    type: Word | None = None
    after: AfterEvent | None = None


class EventAnswer(Answer):
    """One entry of the log, after the fact."""

    id: str
    type: str
    time: datetime
    contact_id: str | None
    conversation_id: str | None
    session_id: str | None
    flow: str | None
    flow_version: str | None
    causation_id: str | None
    correlation_id: str | None
    data: Json


class EventPage(Answer):
    """Events, newest first; oldest first where `after` was given."""

    items: list[EventAnswer]
    next_cursor: str | None


@endpoint("GET", "/events", scope="events:read", asked=EventListing, answer=EventPage)
async def list_events(context: ApiContext, asked: EventListing) -> EventPage:
    """List events, newest first; with `after` those behind that event, oldest first."""
    listing = context.store.list_events(
        asked.limit,
        asked.cursor,
        contact_id=asked.contact_id,
        conversation_id=asked.conversation_id,
        session_id=asked.session_id,
        type=asked.type,
        after=asked.after,
    )
    page = await page_from(listing, asked.cursor)
    return EventPage(items=[_shown(it) for it in page.items], next_cursor=page.next_cursor)


def _shown(it: Event) -> EventAnswer:
    return EventAnswer(
        id=it.id,
        type=it.type,
        time=time_of(it.at),
        contact_id=it.contact_id,
        conversation_id=it.conversation_id,
        session_id=it.session_id,
        flow=it.flow,
        flow_version=it.flow_version,
        causation_id=it.causation_id,
        correlation_id=it.correlation_id,
        data=dict(it.data),
    )


ENDPOINTS = (list_events,)
