"""What a call came back with: Rasa's responses and events, and those of functions and APIs."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.engine.commands import HandOverToHuman, SendMessage
from bot.engine.run import Run
from bot.engine.session import Pause
from bot.engine.steps import Call

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
    """Applies an event of Rasa's or of a function; answers the action that is to follow, if any."""
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
        case _:
            _function_event(run, event)
    return None


def _function_event(run: Run, event: Mapping[str, Any]) -> None:
    """An event that Rasa has none of, from a processor or a task."""
    match event.get("event"):
        case "registry":
            _registry_event(run, event.get("name"), event.get("value"))
        case "call" if event.get("api"):
            _call_event(run, str(event["api"]), event.get("with"))
        case "goto" if event.get("state"):
            _goto_event(run, str(event["state"]))
        case "answer":
            # Whoever advances the session has read the new text already.
            pass
        case kind:
            run.record("action_event_ignored", event=kind)


def _registry_event(run: Run, name: Any, value: Any) -> None:
    if isinstance(name, str) and name and _storable(value):
        run.registry[name] = value
    else:
        run.record("registry_refused", name=str(name))


def _call_event(run: Run, api: str, values: Any) -> None:
    """The call is made before the rest of the list, in the order in which they were asked for."""
    given = dict(values) if isinstance(values, Mapping) and _storable(values) else {}
    last = len(run.ahead)
    while last and run.ahead[last - 1][0] == "call":
        last -= 1
    run.ahead.insert(last, ["call", api, given])


def _goto_event(run: Run, target: str) -> None:
    """The session leads on when the list has ended that asked for it."""
    behind = len(run.ahead)
    while behind and run.ahead[behind - 1][0] in ("call", "list"):
        behind -= 1
        if run.ahead[behind][0] == "list":
            break
    run.ahead.insert(behind, ["goto", target])


def api_answered(
    run: Run, pause: Pause, events: Sequence[Mapping[str, Any]], failed: str | None
) -> None:
    """Takes over the slots of an API's answer; where there is none, the error branch is ahead."""
    steps = run.flow.step_lists.get(pause.place, ())
    step = steps[pause.step - 1] if 0 < pause.step <= len(steps) else None
    call = step if isinstance(step, Call) else None
    run.set_slot("call_error", failed)
    if failed is not None:
        if call is not None and call.failed is not None:
            _take_error_branch(run, pause.place, call)
        return
    given = {e.get("name"): e.get("value") for e in events if e.get("event") == "slot"}
    saved = {name: name for name in given} if call is None or call.save is None else call.save
    for here, there in saved.items():
        if there in given:
            _slot_event(run, here, given[there])


def _take_error_branch(run: Run, place: str, call: Call) -> None:
    """Its steps run instead of the rest of the list that the call stands in."""
    run.ahead.pop()
    if call.goto:
        run.ahead.append(["goto", call.goto])
    elif place in run.flow.behind:
        run.ahead.append(["list", *run.flow.behind[place]])
    run.ahead.append(["list", call.failed, 0])


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
