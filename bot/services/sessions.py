"""The sessions of a draft: which one talks, which one waits, how they end, and their timers."""

import re
from dataclasses import replace

from bot.domain.timers import Timer
from bot.engine.flow import Flow
from bot.engine.session import PendingTimer, Session
from bot.services.drafts import Draft

TIMER_ATTEMPTS = 4
"""A timer whose action fails is tried again so often, each time later."""
TIMER_RETRY_SECONDS = 60.0
BUSY_SECONDS = 900.0
"""A timer does not speak into another flow's conversation or a human's: it is looked at again then."""
_MARKS = re.compile(r"(?:\^([0-9]+))?(~*)$")
"""What a timer's id carries behind it: how often it was put off, and one `~` for each new try.

Marks further in front are those of the timer whose turn set this one.
"""


def active(draft: Draft) -> Session | None:
    """The session that talks in the draft's conversation."""
    return next((s for s in draft.sessions.values() if _here(draft, s, "active")), None)


def suspended(draft: Draft) -> list[Session]:
    """The sessions that another flow has put aside, the latest first."""
    waiting = [s for s in draft.sessions.values() if _here(draft, s, "suspended")]
    # Ids grow: of two that were put aside in one turn, the younger was so later.
    return sorted(waiting, key=lambda s: (s.touched_at, s.id), reverse=True)


def resume(draft: Draft) -> Session | None:
    """Makes active again what was put aside last."""
    for session in suspended(draft):
        resumed = replace(session, status="active")
        draft.about(resumed)
        draft.put(resumed)
        draft.event("session_resumed")
        return draft.sessions[resumed.id]
    return None


def make_room(draft: Draft, most: int) -> None:
    """Ends what was put aside first, so that with one more there are no more than so many."""
    for session in suspended(draft)[most - 1 :]:
        end(draft, session, "too_many")


def end(draft: Draft, session: Session, reason: str) -> None:
    """Ends a session with its timers."""
    draft.about(session)
    draft.timers_cancelled.extend(timer.id for timer in session.timers)
    draft.put(session.ended(reason))
    draft.event("session_ended", reason=reason)
    draft.about(None)


def expired(session: Session, flow: Flow, now: float) -> bool:
    """Whether it was silent for too long; what it still has to do keeps it from that."""
    return not session.timers and now - session.touched_at > flow.expires_after


def hold_back(draft: Draft, session: Session, timer_id: str) -> None:
    """Puts a timer off that would speak where somebody else is talking."""
    _set_anew(draft, session, timer_id, _held(timer_id), BUSY_SECONDS)


def retry_timer(draft: Draft, session: Session, timer_id: str) -> None:
    """Sets a timer anew whose action failed, until it has failed too often."""
    _, _, tries = _parts(timer_id)
    tried = len(tries) + 1
    if tried < TIMER_ATTEMPTS:
        _set_anew(draft, session, timer_id, f"{timer_id}~", TIMER_RETRY_SECONDS * 4**tried)
        return
    draft.event("timer_given_up", timer=timer_id)
    kept = tuple(t for t in session.timers if t.id != timer_id)
    if session.status == "dormant" and not kept:
        end(draft, session, "timer_failed")
    else:
        draft.put(replace(session, timers=kept))


def first_id(timer_id: str) -> str:
    """The id that a timer had before it was put off or tried again."""
    return _parts(timer_id)[0]


def _here(draft: Draft, session: Session, status: str) -> bool:
    return session.conversation_id == draft.conversation.id and session.status == status


def _set_anew(draft: Draft, session: Session, old_id: str, new_id: str, seconds: float) -> None:
    """Under another id, for the old one counts as fired."""
    pending = next((t for t in session.timers if t.id == old_id), None)
    if pending is None:
        return
    later = replace(pending, id=new_id, due_at=draft.now + seconds)
    kept: tuple[PendingTimer, ...] = tuple(t for t in session.timers if t.id != old_id)
    draft.put(replace(session, timers=(*kept, later)))
    draft.timers_set[later.id] = Timer(
        id=later.id,
        contact_id=draft.contact.id,
        conversation_id=draft.conversation.id,
        session_id=session.id,
        name=later.name,
        due_at=later.due_at,
        created_at=draft.now,
    )


def _held(timer_id: str) -> str:
    """The id of a timer that is put off once more; it is counted, so that ids stay short."""
    plain, held, tries = _parts(timer_id)
    return f"{plain}^{held + 1}{tries}"


def _parts(timer_id: str) -> tuple[str, int, str]:
    """The id without its marks, how often it was put off, and a `~` for each new try."""
    marks = _MARKS.search(timer_id)
    if marks is None:
        return timer_id, 0, ""
    return timer_id[: marks.start()], int(marks[1] or 0), marks[2]
