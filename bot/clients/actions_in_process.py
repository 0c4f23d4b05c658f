"""Runs the project's actions and Python conditions in this process, with rasa-sdk's executor."""

import asyncio
import inspect
import json
import pickle
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import Action, ActionExecutionRejection, Tracker

from bot.clients.actions_module import ActionsUnavailable as ActionsUnavailable
from bot.clients.actions_module import failure, load
from bot.clients.functions import FunctionsUnclear, called, functions_of, named
from bot.clients.trackers import seen_by_functions, timed, with_metadata
from bot.domain.actions import ActionFailed, ActionResult
from bot.engine.findings import nearest

TIMEOUT = 10.0
"""Seconds for one action: the contact waits for the answer."""
THREADS = 32
"""Synchronous actions at the same time; one that hangs keeps its thread."""

Run = Callable[[Any, Any, Any], Any]


class InProcessActions:
    """An ActionRunner over the package `module` of a project folder.

    Raises ActionsUnavailable, with file and line, where the package cannot be imported.
    """

    remote = False

    def __init__(
        self, module: str, project: Path, domain: Mapping[str, Any], *, timeout: float = TIMEOUT
    ) -> None:
        self._timeout = timeout
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="action")
        self._domains = _Domains(domain)
        self._executor = ActionExecutor()
        loaded = load(module, project, Action)
        for action in loaded.actions:
            self._register(action, project)
        self._names = frozenset(self._executor.actions)
        self._conditions = _conditions(loaded.conditions)
        try:
            self._functions = functions_of(module)
        except FunctionsUnclear as error:
            raise ActionsUnavailable(str(error)) from error

    async def names(self) -> frozenset[str]:
        """The actions of the package."""
        return self._names

    async def conditions(self) -> frozenset[str]:
        """The public functions of one argument in the package's `conditions.py`."""
        return frozenset(self._conditions)

    async def run(self, name: str, tracker: Mapping[str, Any], key: str) -> ActionResult:
        """Runs one action on a copy of the tracker. Raises ActionFailed."""
        if name not in self._names:
            reason = f"there is no such action; {nearest(name, self._names)}"
            raise ActionFailed(name, reason.rstrip("; "), unknown=True)
        with self._domains.one() as domain:
            call = {
                "next_action": name,
                "sender_id": tracker.get("sender_id"),
                "tracker": _copied(with_metadata(tracker, idempotency_key=key)),
                "domain": domain,
            }
            answer = await self._answer(name, call)
        return ActionResult(timed(answer["events"]), tuple(answer["responses"]))

    async def ask(self, names: Sequence[str], tracker: Mapping[str, Any]) -> Mapping[str, bool]:
        """The answers of conditions. They run on the event loop: no waiting in them."""
        view = _View(Tracker.from_dict(_copied(tracker)))
        return {name: await self._holds(name, view) for name in names}

    async def functions(self) -> Mapping[str, frozenset[str]]:
        """The processors and the tasks of the package, by their names with and without module."""
        return {kind: frozenset(functions) for kind, functions in self._functions.items()}

    async def call(
        self,
        kind: str,
        name: str,
        arguments: Mapping[str, Any],
        tracker: Mapping[str, Any],
        key: str,
    ) -> ActionResult:
        """Calls a function on a copy of what the session looks like. Raises ActionFailed."""
        functions = self._functions.get(kind, {})
        if name not in functions:
            reason = f"there is no such {kind}; {nearest(name, functions)}"
            raise ActionFailed(name, reason.rstrip("; "), unknown=True)
        seen = seen_by_functions(with_metadata(tracker, idempotency_key=key))
        try:
            async with asyncio.timeout(self._timeout) as limit:
                answer = await called(kind, functions[name], arguments, seen, self._in_thread)
        except (Exception, SystemExit) as error:  # an author's function may raise anything
            late = f"no answer within {self._timeout:g} s"
            raise ActionFailed(name, late if limit.expired() else named(error)) from error
        return ActionResult(tuple(answer["events"]), tuple(answer["responses"]))

    async def close(self) -> None:
        """Lets the threads end; one that hangs is left behind."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _register(self, action: type[Any], project: Path) -> None:
        try:
            instance = action()
            name, run = instance.name(), instance.run
            asynchronous = inspect.iscoroutinefunction(run)
            awaited = run if asynchronous else self._threaded(run)
            self._executor.register_function(name, _with_view(awaited))
        except Exception as error:  # an author's constructor may raise anything
            what = f"the action {action.__module__}.{action.__qualname__} cannot be used"
            raise failure(what, error, project) from error

    def _threaded(self, run: Run) -> Callable[[Any, Any, Any], Awaitable[Any]]:
        async def in_thread(dispatcher: Any, tracker: Any, domain: Any) -> Any:
            answer = await self._in_thread(partial(run, dispatcher, tracker, domain))
            return await answer if inspect.isawaitable(answer) else answer

        return in_thread

    async def _in_thread(self, call: Callable[[], Any]) -> Any:
        run = partial(copy_context().run, call)
        return await asyncio.get_running_loop().run_in_executor(self._threads, run)

    async def _answer(self, name: str, call: dict[str, Any]) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self._timeout) as limit:
                result = await self._executor.run(call)
            return _as_json({"events": result.events, "responses": result.responses})
        except ActionExecutionRejection as error:
            raise ActionFailed(name, f"rejected: {error.message}") from error
        except (Exception, SystemExit) as error:  # an author's action may raise anything
            late = f"no answer within {self._timeout:g} s"
            raise ActionFailed(name, late if limit.expired() else named(error)) from error

    async def _holds(self, name: str, tracker: Any) -> bool:
        condition = self._conditions.get(name)
        if condition is None:
            reason = f"there is no such condition; {nearest(name, self._conditions)}"
            raise ActionFailed(name, reason.rstrip("; "), unknown=True)
        try:
            answer = condition(tracker)
            return bool(await answer if inspect.isawaitable(answer) else answer)
        except Exception as error:
            raise ActionFailed(name, f"the condition raised {named(error)}") from error


def _conditions(module: ModuleType | None) -> dict[str, Callable[[Any], Any]]:
    members = vars(module).items() if module else ()
    home = module.__name__ if module else ""
    return {name: member for name, member in members if _is_condition(name, member, home)}


def _is_condition(name: str, member: Any, home: str) -> bool:
    """Whether it is meant to be asked: what a conditions module only imports is not."""
    return (
        inspect.isfunction(member)
        and not name.startswith("_")
        and f"{member.__module__}.".startswith(f"{home}.")
        and len(inspect.signature(member).parameters) == 1
    )


class _Events(list[Any]):
    """Stands for the events until an action asks for them: few do, and there may be 200."""

    def __init__(self, source: Sequence[Any]) -> None:
        super().__init__()
        self.source = source


class _View(Tracker):  # type: ignore[misc]
    """A tracker whose events are copied when they are first looked at."""

    def __init__(self, given: Tracker) -> None:
        self.__dict__.update(given.__dict__)

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        if name == "events" and isinstance(value, _Events):
            value = self.events = _deep_copy(value.source)
        return value


def _with_view(run: Run) -> Callable[[Any, Any, Any], Awaitable[Any]]:
    async def seen(dispatcher: Any, tracker: Any, domain: Any) -> Any:
        return await run(dispatcher, _View(tracker), domain)

    return seen


class _Domains:
    """Copies of the domain, for actions may change what they are given; a copy that one did change
    is not given to the next."""

    def __init__(self, domain: Mapping[str, Any]) -> None:
        self._pristine = dict(domain)
        self._free: list[dict[str, Any]] = []

    @contextmanager
    def one(self) -> Iterator[dict[str, Any]]:
        """A copy of one's own for the length of a call."""
        copy = self._free.pop() if self._free else _deep_copy(self._pristine)
        yield copy
        if copy == self._pristine:
            self._free.append(copy)


def _copied(tracker: Mapping[str, Any]) -> dict[str, Any]:
    events = _Events(tracker.get("events") or ())
    return {**_deep_copy({k: v for k, v in tracker.items() if k != "events"}), "events": events}


def _deep_copy(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))  # noqa: S301 - our own bytes


def _as_json(answer: dict[str, Any]) -> dict[str, Any]:
    """What an action server would have sent: the answer is saved, so it must be JSON."""
    plain: dict[str, Any] = json.loads(json.dumps(answer, allow_nan=False))
    return plain
