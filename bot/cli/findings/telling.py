"""A counterexample as lines that a person reads: `you: yes`, `24h pass`."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.engine.parse import FALLBACK_INTENT


def lines_of(transcript: tuple[Mapping[str, Any], ...]) -> Iterator[str]:
    """One line or more for each step."""
    for step in transcript:
        for key, value in step.items():
            yield from _line(key, value, step)


def _line(key: str, value: Any, step: Mapping[str, Any]) -> Iterator[str]:
    match key:
        case "start":
            yield f"the flow {value} starts"
        case "user":
            yield _said(step)
        case "intent" | "entities":
            pass
        case "after":
            yield f"{value} pass"
        case "state":
            yield f"now in {value}"
        case "ended":
            yield f"ended: {value}" if value else "goes on"
        case _:
            yield from _assumed(key, value)


def _said(step: Mapping[str, Any]) -> str:
    intent, entities = step.get("intent"), step.get("entities")
    meant = f" (intent {intent})" if intent and intent != FALLBACK_INTENT else ""
    named = f" ({_pairs(entities)})" if entities else ""
    return f"you: {step['user']}{meant}{named}"


def _assumed(key: str, value: Any) -> Iterator[str]:
    """What is so beforehand."""
    match key:
        case "contact":
            yield from (f"a contact with {k}: {_shown(v)}" for k, v in value.items())
        case "conditions":
            yield from (f"the condition {n} says {'yes' if v else 'no'}" for n, v in value.items())
        case "globals":
            yield f"global values: {_pairs(value)}"
        case "actions":
            yield f"actions that do nothing: {', '.join(value)}"
        case "apis":
            for name, outcome in value.items():
                yield f"the API {name} {'fails' if 'fails' in outcome else 'answers'}"
        case _:
            yield f"{key}: {_shown(value)}"


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_shown(value)}" for name, value in values.items())


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return _pairs(value)
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
