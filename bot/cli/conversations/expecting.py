"""Compares what a step expects with what came."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.cli.conversations.format import Step
from bot.cli.conversations.stage import Happened, Standing
from bot.domain.messages import Message
from bot.engine.facts import ResponseText


class _Unknown:
    """Nothing that could be written in place of what was expected."""


UNKNOWN = _Unknown()
_PLACEHOLDER = re.compile(r"\{\{.*?\}\}|\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What was expected, what came, and what the step would have to say (`actual`) to hold."""

    step: Step
    expected: str
    got: str
    reason: str = ""
    actual: Any = UNKNOWN


@dataclass(slots=True)
class Came:
    """What came of one thing that was done; expectations take its messages in order."""

    happened: Happened
    standing: Standing
    responses: Mapping[str, Sequence[ResponseText]]
    done: Step | None = None
    """The step that did it; None at the very beginning."""
    said: int = 0
    mailed: int = 0
    heard: Step | None = None
    """The last step that expected messages: all of them have to be expected, once one is."""

    def check(self, step: Step) -> Mismatch | None:
        """What is wrong with an expectation; None where it holds."""
        return _CHECKS[step.kind](self, step)

    def unexpected(self) -> tuple[Message, ...]:
        """The messages that nobody expected, where some were expected."""
        return self.happened.said[self.said :] if self.heard else ()


def shown(message: Message) -> str:
    """A message as one line or more: its text, and what is not text."""
    content = message.content
    lines = [message.text] if message.text else []
    if titles := _titles(content.get("buttons")):
        lines.append(f"[{'] ['.join(titles)}]")
    lines += [f"{n}. {title}" for n, title in enumerate(_rows(content), 1)]
    lines += [f"({url})" for url in _urls(content)]
    for kind in ("location", "template", "custom"):
        if content.get(kind):
            lines.append(f"({kind}: {dict(content[kind])})")
    return "\n".join(lines)


def _titles(buttons: Any) -> list[str]:
    return [str(it["title"] if isinstance(it, Mapping) else it) for it in buttons or ()]


def _rows(content: Mapping[str, Any]) -> list[str]:
    return _titles((content.get("menu") or {}).get("rows"))


def _urls(content: Mapping[str, Any]) -> list[str]:
    return [str(it["url"] if isinstance(it, Mapping) else it) for it in content.get("media") or ()]


# messages


def _bot(came: Came, step: Step) -> Mismatch | None:
    wanted: list[Mapping[str, Any]] = step.value
    came.heard = step
    got = came.happened.said[came.said :]
    if not wanted:
        came.said = len(came.happened.said)
        actual = [_written({"text": ""}, it) for it in got]
        return Mismatch(step, "silence", _all(got), actual=actual) if got else None
    got = got[: len(wanted)]
    came.said += len(got)
    pairs = list(zip(wanted, got, strict=False))
    misses = [_missed(came, expected, message) for expected, message in pairs]
    if len(got) == len(wanted) and not any(misses):
        return None
    expected = "\n".join(_told(it) for it in wanted)
    reason = ", ".join(dict.fromkeys(it for it in misses if it and it != "text"))
    fresh = [
        _written(it, message) if missed else it
        for (it, message), missed in zip(pairs, misses, strict=True)
    ]
    return Mismatch(step, expected, _all(got), f"wrong: {reason}" if reason else "", fresh)


def _all(messages: Sequence[Message]) -> str:
    return "\n".join(map(shown, messages)) if messages else "nothing"


def _told(expected: Mapping[str, Any]) -> str:
    if set(expected) == {"text"}:
        return str(expected["text"])
    return ", ".join(f"{key}: {value}" for key, value in expected.items())


def _written(expected: Mapping[str, Any], message: Message) -> dict[str, Any]:
    """The expectation as it would hold: the text exact, and the parts that were asked for."""
    parts: dict[str, Callable[[], Any]] = {
        "buttons": lambda: _titles(message.content.get("buttons")),
        "rows": lambda: _rows(message.content),
        "media": lambda: _urls(message.content),
        "location": lambda: dict(message.content.get("location") or {}),
        "template": lambda: (message.content.get("template") or {}).get("name"),
    }
    return {"text": message.text, **{key: parts[key]() for key in expected if key in parts}}


def _missed(came: Came, expected: Mapping[str, Any], message: Message) -> str:
    """The first key of the expectation that the message does not meet; nothing where there is none."""
    return next((key for key, it in expected.items() if not _MESSAGE[key](came, it, message)), "")


def _is_response(came: Came, name: Any, message: Message) -> bool:
    variations = came.responses.get(str(name), ())
    return any(_fits(variation.text, message.text) for variation in variations)


def _fits(template: str, text: str) -> bool:
    """Whether a text may be the template filled in."""
    parts = (re.escape(part) for part in _PLACEHOLDER.split(template))
    return re.fullmatch(".*".join(parts), text, re.DOTALL) is not None


def _of_action(came: Came, name: Any, message: Message) -> bool:
    """Whether the message is one that the action came back with: by its place in the log."""
    answers = dict(came.happened.ran)
    left = 0
    for event in came.happened.events:
        if event.type.endswith("_ran"):
            ran = str(event.data.get("name"))
            left = answers.get(ran, 0) if name in (ran, ran.partition(".")[2]) else 0
        elif event.type == "message_queued":
            if event.data.get("message_id") == message.id:
                return left > 0
            left -= 1
    return False


_MESSAGE: Mapping[str, Callable[[Came, Any, Message], bool]] = {
    "text": lambda _, value, message: message.text == str(value),
    "contains": lambda _, value, message: all(
        str(it).casefold() in message.text.casefold()
        for it in (value if isinstance(value, list) else [value])
    ),
    "matches": lambda _, value, message: _matches(value, message.text),
    "response": _is_response,
    "action": _of_action,
    "buttons": lambda _, value, message: _titles(message.content.get("buttons")) == value,
    "rows": lambda _, value, message: _rows(message.content) == value,
    "media": lambda _, value, message: _urls(message.content) == value,
    "location": lambda _, value, message: _within(value, message.content.get("location") or {}),
    "template": lambda _, value, message: (
        (message.content.get("template") or {}).get("name") == value
    ),
}


def _matches(pattern: Any, text: Any) -> bool:
    return re.fullmatch(str(pattern), str(text), re.DOTALL) is not None


# mails


def _email(came: Came, step: Step) -> Mismatch | None:
    mails = came.happened.mails[came.mailed :]
    if step.value == []:
        return Mismatch(step, "no mail", "\n".join(map(_mail, mails))) if mails else None
    wanted = step.value if isinstance(step.value, Mapping) else {"subject": step.value}
    for number, message in enumerate(mails):
        found = {
            "to": message.address.partition(":")[2],
            "subject": message.content.get("subject"),
            "text": message.text,
        }
        if _within(wanted, found):
            came.mailed += number + 1
            return None
    got = "\n".join(map(_mail, mails)) or "no mail"
    return Mismatch(step, ", ".join(f"{k}: {v}" for k, v in wanted.items()), got)


def _mail(message: Message) -> str:
    to = message.address.partition(":")[2]
    return f"to: {to}, subject: {message.content.get('subject')}, text: {message.text}"


# how things stand


def _flow(came: Came, step: Step) -> Mismatch | None:
    session = came.standing.session
    return _same(step, step.value, session.flow if session else None)


def _state(came: Came, step: Step) -> Mismatch | None:
    session = came.standing.session
    return _same(step, step.value, session.state if session else None)


def _same(step: Step, wanted: Any, got: Any) -> Mismatch | None:
    if wanted == got:
        return None
    return Mismatch(step, _plain(wanted), _plain(got), actual=got)


def _slots(came: Came, step: Step) -> Mismatch | None:
    session, fields = came.standing.session, came.standing.contact.fields
    slots = {**fields, **(session.slots if session else {})}
    return _values(step, slots)


def _fields(came: Came, step: Step) -> Mismatch | None:
    contact = came.standing.contact
    columns = {"language": contact.language, "time_zone": contact.time_zone}
    return _values(step, {**columns, **contact.fields})


def _values(step: Step, there: Mapping[str, Any]) -> Mismatch | None:
    wanted: Mapping[str, Any] = step.value
    wrong = {name: there.get(name) for name, it in wanted.items() if not _is(it, there.get(name))}
    if not wrong:
        return None
    expected = "\n".join(f"{name}: {_plain(wanted[name])}" for name in wrong)
    got = "\n".join(f"{name}: {_plain(value)}" for name, value in wrong.items())
    return Mismatch(step, expected, got, actual={**wanted, **wrong})


def _is(wanted: Any, got: Any) -> bool:
    """Equal, where true is not 1; or as `{matches: ...}`, `{contains: ...}`, `{exists: true}` say."""
    if isinstance(wanted, Mapping) and len(wanted) == 1:
        (key, value), *_ = wanted.items()
        if key == "matches":
            return got is not None and _matches(value, got)
        if key == "contains":
            return str(value) in got if isinstance(got, str) else value in (got or ())
        if key == "exists":
            return (got is not None) == bool(value)
    return isinstance(wanted, bool) == isinstance(got, bool) and bool(wanted == got)


def _within(wanted: Mapping[str, Any], got: Mapping[str, Any]) -> bool:
    return all(_is(value, got.get(name)) for name, value in wanted.items())


def _tags(came: Came, step: Step) -> Mismatch | None:
    there: frozenset[str] = came.standing.contact.tags
    wanted, unwanted = step.value.get("is", frozenset()), step.value.get("not", frozenset())
    if wanted <= there and not unwanted & there:
        return None
    without = f", and not {', '.join(sorted(unwanted))}" if unwanted else ""
    actual: Any = sorted(there) if there and not unwanted else UNKNOWN
    return Mismatch(
        step,
        f"{', '.join(sorted(wanted))}{without}".lstrip(", "),
        ", ".join(sorted(there)) or "no tags",
        actual=actual,
    )


def _timers(came: Came, step: Step) -> Mismatch | None:
    return _same(step, sorted(step.value), sorted(timer.name for timer in came.standing.timers))


def _ended(came: Came, step: Step) -> Mismatch | None:
    session = came.standing.session
    reasons = [e.data.get("reason") for e in came.happened.events if e.type == "session_ended"]
    if session and session.status == "ended" and session.ended_because not in reasons:
        reasons.append(session.ended_because)
    wanted = step.value
    if (wanted is True and reasons) or (wanted is False and not reasons) or wanted in reasons:
        return None
    return Mismatch(
        step,
        wanted if isinstance(wanted, str) else _plain(wanted),
        ", ".join(map(str, reasons)) or "false",
        actual=reasons[-1] if reasons else False,
    )


# what is in the log, and what was kept


def _event(came: Came, step: Step) -> Mismatch | None:
    wanted = {key: value for key, value in step.value.items() if key != "type"}
    of_type = [e for e in came.happened.events if e.type == step.value["type"]]
    if any(_within(wanted, event.data) for event in of_type):
        return None
    near = [f"{e.type} {_plain(dict(e.data))}" for e in of_type]
    types = ", ".join(dict.fromkeys(e.type for e in came.happened.events))
    return Mismatch(step, _told(step.value), "\n".join(near) or types or "no event")


def _stored(came: Came, step: Step) -> Mismatch | None:
    records = came.standing.records
    for collection, wanted in step.value.items():
        there = [dict(it.values) for it in records if it.collection == collection]
        if not any(_within(wanted, values) for values in there):
            got = "\n".join(_plain(values) for values in there) or "no record"
            return Mismatch(step, f"{collection}: {_plain(wanted)}", f"{collection}: {got}")
    return None


def _plain(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return value if isinstance(value, str) else repr(value)


_CHECKS: Mapping[str, Callable[[Came, Step], Mismatch | None]] = {
    "bot": _bot,
    "flow": _flow,
    "state": _state,
    "slots": _slots,
    "fields": _fields,
    "tags": _tags,
    "ended": _ended,
    "event": _event,
    "email": _email,
    "stored": _stored,
    "timers": _timers,
}
