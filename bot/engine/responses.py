"""Responses of domain.yml: which variation, and in which words."""

import zlib
from collections.abc import Callable, Mapping
from typing import Any

from bot.engine.commands import SendMessage
from bot.engine.facts import Facts, ResponseText
from bot.engine.templates import TemplateInvalid, render, snake


def values(
    slots: Mapping[str, Any],
    fields: Mapping[str, Any],
    facts: Facts,
    registry: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What placeholders may name: the contact's fields, then the session's slots, and `text`.

    Behind `globals` and `registry` stand the values that all flows share, and the session's own.
    """
    named: dict[str, Any] = {"globals": facts.shared, "registry": registry or {}}
    named.update({snake(name): value for name, value in fields.items()})
    named.update({snake(name): value for name, value in slots.items() if value is not None})
    named["text"] = facts.text
    return named


def variation(name: str, facts: Facts) -> ResponseText | None:
    """One of a response's variations: those for the channel first; the turn's key decides."""
    texts = facts.responses.get(name, ())
    fitting = [t for t in texts if t.channel == facts.channel] or [
        t for t in texts if t.channel is None
    ]
    return fitting[zlib.crc32(facts.key.encode()) % len(fitting)] if fitting else None


def respond(name: str, facts: Facts) -> SendMessage | None:
    """A response as it is said outside any flow; None where the domain has none of that name."""
    chosen = variation(name, facts)
    if chosen is None:
        return None
    named = values({}, facts.fields, facts)
    return worded(chosen, lambda text: _filled(text, named))


def worded(response: ResponseText, filled: Callable[[str], str]) -> SendMessage:
    """The message of a variation, its texts filled in."""
    return SendMessage(
        text=filled(response.text),
        buttons=tuple(
            {"title": filled(b.get("title", "")), "payload": b.get("payload", "")}
            for b in response.buttons
        ),
        media=(filled(response.image),) if response.image else (),
        custom=response.custom,
    )


def _filled(text: str, named: Mapping[str, Any]) -> str:
    """A text whose placeholders cannot be read is better left out than shown with its braces."""
    try:
        return render(text, named)
    except TemplateInvalid:
        return ""
