"""Answers for the Python functions beside the actions, so that a remote Parley can ask them."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher


class ParleyCall(Action):  # type: ignore[misc]
    """One request answers all that a state needs.

    `latest_message.metadata.parley_call` asks `{"conditions": [names]}`, `{"list": "conditions"}` or
    `{"list": "functions"}`; the answer is the custom payload
    `{"parley_call": {"known": ..., "conditions": ..., "errors": ..., "functions": {kind: [names]}}}`.
    `{"function": {"kind", "name", "arguments"}, "session": {...}}` calls a processor or a task; its
    answer adds `events` and `responses`, or the `error` that it raised.
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
        answer: dict[str, Any] = {
            "known": sorted(known),
            "conditions": answers,
            "errors": errors,
            **(await _of_functions(question, tracker)),
        }
        dispatcher.utter_message(json_message={"parley_call": answer})
        return []


async def _of_functions(question: dict[str, Any], tracker: Tracker) -> dict[str, Any]:
    """What functions there are, and what the one answered that was asked for."""
    if "function" not in question and question.get("list") != "functions":
        return {}
    # By the package's own name: this file serves in packages of any name.
    shared = import_module(f"{__package__}.parley_functions")
    try:
        functions = shared.functions_of(__package__)
    except shared.FunctionsUnclear as error:
        return {"error": str(error)}
    listed = {kind: sorted(named) for kind, named in functions.items()}
    wanted = question.get("function")
    if not wanted:
        return {"functions": listed}
    kind, name = wanted["kind"], wanted["name"]
    function = functions.get(kind, {}).get(name)
    if function is None:
        return {"functions": listed, "unknown": name}
    seen = {
        **(question.get("session") or {}),
        "slots": tracker.slots,
        "latest_message": tracker.latest_message,
    }
    try:
        answered: dict[str, Any] = await shared.called(
            kind, function, wanted.get("arguments") or {}, seen, _in_thread
        )
    except (Exception, SystemExit) as error:  # noqa: BLE001 - an author's own code
        return {"error": shared.named(error)}
    return answered


async def _in_thread(call: Callable[[], Any]) -> Any:
    return await asyncio.get_running_loop().run_in_executor(None, call)


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
