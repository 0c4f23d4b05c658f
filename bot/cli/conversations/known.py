"""Names in a test that the project does not have: flows, actions, conditions, APIs, intents."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.cli.conversations.format import Conversation
from bot.cli.conversations.stage import Stage
from bot.domain.actions import ActionFailed
from bot.engine.findings import Finding, nearest
from bot.engine.parse import FALLBACK_INTENT

Known = Mapping[str, frozenset[str] | None]


async def unknown_names(stage: Stage, conversations: Iterable[Conversation]) -> tuple[Finding, ...]:
    """A finding for each name that is nowhere; an action server that is silent knows none."""
    book = stage.parts.flows
    known: Known = {
        "flow": frozenset(book.current),
        "actions": await _actions(stage),
        "conditions": await _conditions(stage),
        "apis": frozenset(book.apis),
        "intent": stage.intents | {FALLBACK_INTENT},
    }
    return tuple(finding for it in conversations for finding in _unknown(it, known))


async def _actions(stage: Stage) -> frozenset[str] | None:
    try:
        functions = await stage.actions.functions()
        return frozenset().union(await stage.actions.names(), *functions.values())
    except ActionFailed:
        return None


async def _conditions(stage: Stage) -> frozenset[str] | None:
    try:
        return await stage.actions.conditions()
    except ActionFailed:
        return None


def _unknown(conversation: Conversation, known: Known) -> Iterator[Finding]:
    fakes, line = conversation.fakes, conversation.line
    for kind in ("actions", "conditions", "apis"):
        yield from _faked(conversation, kind, getattr(fakes, kind), line, known)
    if conversation.flow:
        yield from _named(conversation, "flow", conversation.flow, line, known)
    for step in conversation.steps:
        if step.kind in ("start", "flow") and step.value:
            yield from _named(conversation, "flow", step.value, step.line, known)
        elif step.kind == "user":
            intent = step.beside.get("intent") or ()
            for name in (intent,) if isinstance(intent, str) else intent:
                yield from _named(conversation, "intent", name, step.line, known)
        elif step.kind in known:
            yield from _faked(conversation, step.kind, step.value, step.line, known)


def _faked(
    conversation: Conversation, kind: str, answers: Mapping[str, Any], line: int, known: Known
) -> Iterator[Finding]:
    for name in answers:
        yield from _named(conversation, kind, name, line, known)


def _named(
    conversation: Conversation, kind: str, name: str, line: int, known: Known
) -> Iterator[Finding]:
    there = known[kind]
    if there is None or name in there or any(it.partition(".")[2] == name for it in there):
        return
    what = {"actions": "action", "conditions": "condition", "apis": "API"}.get(kind, kind)
    yield Finding(
        f"unknown-{what.lower()}", "error", "", f"{conversation.name}: there is no {what} {name!r}",
        nearest(name, there), file=conversation.file, line=line,
    )  # fmt: skip
