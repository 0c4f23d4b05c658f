"""What an action came back with: Rasa's responses and events, applied to the turn."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.engine.commands import HandOverToHuman, SendMessage
from bot.engine.run import Run

DEEPEST_VALUE = 50
"""Lists within lists of a slot's value: it is saved as JSON, whose writers have an end."""
LONGEST_REMINDER = 10 * 365 * 86400.0
"""Seconds ahead: what lies further is a mistake, and dates end with the year 9999."""

_PARTS = frozenset(
    {"text", "response", "template", "buttons", "elements", "custom", "image", "attachment"}
)
"""Keys of a response that are the message; all others are values for its placeholders."""


def utter(run: Run, response: Mapping[str, Any]) -> None:
    """One message, as in Rasa: that of the named response, with the parts that are given beside."""
    name = response.get("response") or response.get("template")
    worded = SendMessage()
    if name:
        variation = run.variation(str(name))
        if variation is None:
            run.record("response_unknown", response=name)
        else:
            extra = {key: value for key, value in response.items() if key not in _PARTS}
            worded = run.worded(variation, extra)
    custom = response.get("custom")
    message = SendMessage(
        str(response.get("text") or worded.text),
        (*worded.buttons, *_buttons(response.get("buttons"))),
        tuple(str(response[k]) for k in ("image", "attachment") if response.get(k)) or worded.media,
        custom if isinstance(custom, Mapping) and custom else worded.custom,
    )
    if message != SendMessage():
        run.send(message)


def _buttons(given: Any) -> tuple[Mapping[str, str], ...]:
    return tuple(
        {"title": str(button.get("title", "")), "payload": str(button.get("payload") or "")}
        for button in (given if isinstance(given, list | tuple) else ())
        if isinstance(button, Mapping)
    )


def apply(run: Run, event: Mapping[str, Any]) -> str | None:
    """Applies one of Rasa's events; answers the action that is to follow, if it is one of those."""
    match event.get("event"):
        case "slot":
            _slot_event(run, event.get("name"), event.get("value"))
        case "reminder":
            _reminder_event(run, event)
        case "cancel_reminder":
            _cancel_reminders(run, event.get("name"), event.get("intent"))
        case "pause":
            run.do(HandOverToHuman("asked for by an action"))
        case "reset_slots":
            declared = run.flow.slots
            run.slots = {n: declared[n].initial if n in declared else None for n in run.slots}
        case "restart" | "session_ended":
            run.over = "ended_by_action"
        case "followup" if event.get("name") == "action_listen":
            pass
        case "followup" if event.get("name"):
            return str(event["name"])
        case kind:
            run.record("action_event_ignored", event=kind)
    return None


def _slot_event(run: Run, name: Any, value: Any) -> None:
    if not isinstance(name, str) or not name or not _storable(value):
        run.record("slot_refused", slot=str(name))
        return
    if name != "tags":
        run.set_slot(name, value)
        return
    tags = [value] if isinstance(value, str) else value or []
    if not isinstance(tags, list | tuple):
        run.record("slot_refused", slot=name)
        return
    wanted = {str(tag) for tag in tags}
    for tag in sorted(wanted - run.tags):
        run.tag(tag)
    for tag in sorted(run.tags - wanted):
        run.untag(tag)


def _storable(value: Any) -> bool:
    """Whether a value can be saved: JSON knows no infinity, and its writers no endless depth."""
    ahead = [(value, 1)]
    while ahead:
        part, depth = ahead.pop()
        if depth > DEEPEST_VALUE or (isinstance(part, float) and not math.isfinite(part)):
            return False
        if isinstance(part, Mapping):
            ahead.extend((below, depth + 1) for below in part.values())
        elif isinstance(part, list | tuple):
            ahead.extend((below, depth + 1) for below in part)
    return True


def _reminder_event(run: Run, event: Mapping[str, Any]) -> None:
    due_at = _unix_time(event.get("date_time"))
    name = str(event.get("intent") or event.get("name") or "")
    if due_at is None or due_at > run.now + LONGEST_REMINDER or not name:
        run.record("reminder_refused", name=name, date_time=str(event.get("date_time")))
        return
    label = str(event.get("name") or name)
    run.drop_timers(lambda t: t.kind == "reminder" and t.label == label)
    unless_message = bool(event.get("kill_on_user_msg"))
    run.schedule_at(name, max(due_at, run.now), until_message=unless_message, label=label)


def _unix_time(written: Any) -> float | None:
    try:
        due = datetime.fromisoformat(str(written))
    except ValueError:
        return None
    return (due if due.tzinfo else due.replace(tzinfo=UTC)).timestamp()


def _cancel_reminders(run: Run, name: Any, intent: Any) -> None:
    """Cancels the reminders that have the name and the intent, where these are given."""
    run.drop_timers(
        lambda timer: (
            timer.kind == "reminder"
            and (not name or timer.label == name)
            and (not intent or timer.name == intent)
        )
    )
