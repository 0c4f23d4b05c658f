"""How an outcome or a report changes a message: pure, and the same for every store."""

from dataclasses import replace
from typing import Any

from bot.domain.events import Event
from bot.domain.messages import RANK, UNSETTLED, Message, join
from bot.domain.records import DueMessage, Outcome, Report


def known_status(status: str) -> None:
    """Raises ValueError for a word that is not on the lattice."""
    if status not in RANK:
        raise ValueError(f"{status!r} is no delivery status")


def after_outcome(message: Message, outcome: Outcome) -> Message:
    """The message after an attempt. What is settled already, by a report, moves forwards only."""
    known: dict[str, Any] = {
        "provider_id": message.provider_id or outcome.provider_id,
        "billed_segments": outcome.billed_segments or message.billed_segments,
    }
    if message.status in UNSETTLED or _is_further(message, outcome.status):
        known |= {
            "status": outcome.status,
            "error_code": outcome.error_code,
            "error": outcome.error,
            "due_at": outcome.due_at,
        }
        if outcome.attempts is not None:
            known["attempts"] = outcome.attempts
    return replace(message, **known)


def _is_further(message: Message, status: str) -> bool:
    return join(message.status, status) != message.status


def after_report(message: Message, report: Report) -> Message:
    """The message after a status report; late and repeated ones leave its status."""
    known: dict[str, Any] = {"provider_id": message.provider_id or report.provider_id}
    if _is_further(message, report.status):
        known |= {
            "status": report.status,
            "error_code": report.error_code,
            "error": report.error,
            "due_at": message.due_at if report.status in UNSETTLED else None,
        }
    return replace(message, **known)


def moved(message: Message, report: Report) -> Event:
    """The entry of the log for a report that moved the message to the status it has now."""
    return Event(
        id=report.event_id,
        type=f"message_{message.status}",
        at=report.at,
        contact_id=message.contact_id,
        conversation_id=message.conversation_id,
        session_id=message.session_id,
        causation_id=message.id,
        correlation_id=message.turn_id,
        data={
            "message_id": message.id,
            "provider_id": report.provider_id,
            "error_code": report.error_code,
            "error": report.error,
        },
    )


def is_due(message: Message, now: float) -> bool:
    """Whether the worker has something to do for an unsettled message now.

    Without a due time a queued message goes at once, and others wait for a report or a person.
    """
    if message.status == "queued":
        return message.due_at is None or message.due_at <= now
    return message.due_at is not None and message.due_at <= now


def claimed(message: Message, now: float, lease: float, opted_out: bool) -> DueMessage:
    """The message as the worker holds it until its lease is over."""
    held = replace(message, due_at=now + lease)
    if message.status == "queued":
        sending = replace(held, status="sending", attempts=message.attempts + 1, attempted_at=now)
        return DueMessage(sending, "send", opted_out)
    return DueMessage(replace(held, status="unknown"), "settle", opted_out)
