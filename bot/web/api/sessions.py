"""Sessions: one run of one flow for one contact."""

from datetime import datetime
from typing import Literal

from bot.engine.session import PendingTimer, Session, SessionStatus
from bot.web.api.context import ApiContext
from bot.web.api.endpoint import endpoint
from bot.web.api.models import Answer, ById, Json, Listing, Word, page_from, time_of
from bot.web.problems import Problem


class SessionListing(Listing):
    """One page of sessions; those of a contact, conversation or flow, those in a status, those that
    ended for a reason."""

    contact_id: Word | None = None
    conversation_id: Word | None = None
    status: SessionStatus | None = None
    flow: Word | None = None
    ended_because: Word | None = None


class TimerAnswer(Answer):
    """What is to happen later, while the session stands in `state`."""

    id: str
    name: str
    kind: Literal["timeout", "wait", "reminder"]
    state: str
    due_at: datetime


class SessionAnswer(Answer):
    """The state a contact waits in, with what was learnt on the way."""

    id: str
    flow: str
    version: str
    state: str
    status: SessionStatus
    ended_because: str | None
    conversation_id: str
    contact_id: str
    slots: Json
    timers: list[TimerAnswer]
    attempts: int
    silences: int
    revision: int
    started_at: datetime
    touched_at: datetime


class SessionPage(Answer):
    """Sessions, newest first."""

    items: list[SessionAnswer]
    next_cursor: str | None


@endpoint("GET", "/sessions", scope="sessions:read", asked=SessionListing, answer=SessionPage)
async def list_sessions(context: ApiContext, asked: SessionListing) -> SessionPage:
    """List sessions, newest first."""
    listing = context.store.list_sessions(
        asked.limit,
        asked.cursor,
        contact_id=asked.contact_id,
        conversation_id=asked.conversation_id,
        status=asked.status,
        flow=asked.flow,
        ended_because=asked.ended_because,
    )
    page = await page_from(listing, asked.cursor)
    return SessionPage(items=[_shown(it) for it in page.items], next_cursor=page.next_cursor)


@endpoint("GET", "/sessions/{id}", scope="sessions:read", asked=ById, answer=SessionAnswer)
async def get_session(context: ApiContext, asked: ById) -> SessionAnswer:
    """Get a session."""
    session = await context.store.session(asked.id)
    if session is None:
        raise Problem(404, "There is no session with this id")
    return _shown(session)


def _shown(it: Session) -> SessionAnswer:
    return SessionAnswer(
        id=it.id,
        flow=it.flow,
        version=it.version,
        state=it.state,
        status=it.status,
        ended_because=it.ended_because,
        conversation_id=it.conversation_id,
        contact_id=it.contact_id,
        slots=dict(it.slots),
        timers=[_timer(timer) for timer in sorted(it.timers, key=lambda t: t.due_at)],
        attempts=it.attempts,
        silences=it.silences,
        revision=it.revision,
        started_at=time_of(it.started_at),
        touched_at=time_of(it.touched_at),
    )


def _timer(it: PendingTimer) -> TimerAnswer:
    return TimerAnswer(
        id=it.id, name=it.name, kind=it.kind, state=it.state, due_at=time_of(it.due_at)
    )


ENDPOINTS = (list_sessions, get_session)
