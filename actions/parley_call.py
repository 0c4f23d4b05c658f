"""Answers for the Python functions beside the actions, so that a remote Parley can ask them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher


class ParleyCall(Action):  # type: ignore[misc]
    """One request answers all that a state needs.

    `latest_message.metadata.parley_call` asks `{"conditions": [names]}` or `{"list": "conditions"}`;
    the answer is the custom payload `{"parley_call": {"known": ..., "conditions": ..., "errors": ...}}`.
    """

    def name(self) -> str:
        return "parley_call"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        question = (tracker.latest_message.get("metadata") or {}).get("parley_call") or {}
        known = _conditions()
        answers: dict[str, bool] = {}
        errors: dict[str, str] = {}
        for name in question.get("conditions") or ():
            if name not in known:
                continue
            try:
                answers[name] = await _answer(known[name], tracker)
            except Exception as error:  # noqa: BLE001 - said to the one who asked, by name
                errors[name] = f"{type(error).__name__}: {error}"
        answer = {"known": sorted(known), "conditions": answers, "errors": errors}
        dispatcher.utter_message(json_message={"parley_call": answer})
        return []


async def _answer(condition: Callable[[Tracker], Any], tracker: Tracker) -> bool:
    answer = condition(tracker)
    return bool(await answer if inspect.isawaitable(answer) else answer)


def _conditions() -> dict[str, Callable[[Tracker], Any]]:
    """The public functions of one argument in the `conditions` beside this file."""
    home = f"{__package__}.conditions"
    if find_spec(home) is None:
        return {}
    members = vars(import_module(home)).items()
    return {name: member for name, member in members if _is_condition(name, member, home)}


def _is_condition(name: str, member: Any, home: str) -> bool:
    return (
        inspect.isfunction(member)
        and not name.startswith("_")
        and f"{member.__module__}.".startswith(f"{home}.")
        and len(inspect.signature(member).parameters) == 1
    )
