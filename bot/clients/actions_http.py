"""Runs actions on an action server, over Rasa's HTTP protocol."""

import asyncio
import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.clients.trackers import seen_by_functions, timed, with_metadata
from bot.domain.actions import ActionFailed, ActionResult
from bot.engine.findings import nearest

RASA_VERSION = "3.6.21"
"""Whose protocol we speak; rasa-sdk compares it with its own and at most warns."""
LARGEST_ANSWER = 2_000_000
"""Bytes: an action's answer is a few texts and events; more is a mistake or an attack."""
NAMES_KEPT = 60.0
"""Seconds for which the lists of actions and conditions are not asked for again."""
CALL = "parley_call"
"""The shipped action that answers for Python functions beside the actions."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes

    @property
    def passing(self) -> bool:
        """Whether the same request may fare better in a moment."""
        return self.status >= 500 or self.status == 429

    def json(self) -> Any:
        return json.loads(self.body)

    def error(self) -> str:
        """The server's own words; rasa-sdk's error body carries the whole request as well."""
        try:
            said = self.json().get("error")
        except (ValueError, AttributeError):
            said = None
        return str(said or f"status {self.status}")[:500]

    @property
    def of_rasa(self) -> bool:
        try:
            return "action_name" in self.json()
        except (ValueError, TypeError):
            return False


class HttpActions:
    """An ActionRunner over the webhook of an action server: `http://host:5055/webhook`."""

    remote = True

    def __init__(
        self,
        url: str,
        domain: Mapping[str, Any] | None = None,
        *,
        timeout: float = 10.0,
        attempts: int = 3,
        backoff: float = 0.2,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._url = url
        self._base = url.rstrip("/").removesuffix("/webhook")
        self._domain = dict(domain or {})
        self._timeout, self._attempts, self._backoff = timeout, attempts, backoff
        self._headers = dict(headers or {})
        self._session: aiohttp.ClientSession | None = None
        self._kept: dict[str, tuple[float, frozenset[str]]] = {}
        self._functions: tuple[float, Mapping[str, frozenset[str]]] = (float("-inf"), {})

    async def names(self) -> frozenset[str]:
        """The actions that the server lists. Raises ActionFailed."""
        if (kept := self._recent("names")) is not None:
            return kept
        answer = await self._asked("actions", "GET", f"{self._base}/actions")
        return self._keep("names", _listed(answer))

    async def conditions(self) -> frozenset[str]:
        """The Python conditions beside the server's actions; none where it has no parley_call."""
        if (kept := self._recent("conditions")) is not None:
            return kept
        try:
            answer = await self._call({"sender_id": ""}, {"list": "conditions"})
        except ActionFailed as error:
            if not error.unknown:
                raise
            return self._keep("conditions", frozenset())
        return self._keep("conditions", frozenset(map(str, answer.get("known") or ())))

    async def run(self, name: str, tracker: Mapping[str, Any], key: str) -> ActionResult:
        """Runs one action; every attempt carries the same Idempotency-Key. Raises ActionFailed."""
        body = {
            "next_action": name,
            "sender_id": tracker.get("sender_id"),
            "tracker": with_metadata(tracker, idempotency_key=key),
            "domain": self._domain,
            "version": RASA_VERSION,
        }
        headers = {"Idempotency-Key": key} if key else {}
        answer = await self._asked(name, "POST", self._url, body, headers)
        if answer.status == 404:
            raise ActionFailed(name, self._unknown(name, answer), unknown=True)
        if answer.status == 400:
            raise ActionFailed(name, f"rejected: {answer.error()}")
        if answer.status != 200:
            raise ActionFailed(name, f"the action server says: {answer.error()}")
        return _result(name, answer)

    async def ask(self, names: Sequence[str], tracker: Mapping[str, Any]) -> Mapping[str, bool]:
        """The answers of Python conditions, all in one request. Raises ActionFailed."""
        if not names:
            return {}
        said = await self._call(tracker, {"conditions": list(names)})
        for name, reason in (said.get("errors") or {}).items():
            raise ActionFailed(name, f"the condition raised {reason}")
        answers = said.get("conditions") or {}
        for name in names:
            if name not in answers:
                cure = nearest(name, map(str, said.get("known") or ()))
                reason = f"there is no such condition; {cure}".rstrip("; ")
                raise ActionFailed(name, reason, unknown=True)
        return {name: bool(answers[name]) for name in names}

    async def functions(self) -> Mapping[str, frozenset[str]]:
        """The processors and tasks beside the server's actions; none where it has no parley_call."""
        read_at, kept = self._functions
        if time.monotonic() - read_at < NAMES_KEPT:
            return kept
        try:
            answer = await self._call({"sender_id": ""}, {"list": "functions"})
        except ActionFailed as error:
            if not error.unknown:
                raise
            answer = {}
        if answer.get("error"):
            raise ActionFailed(CALL, str(answer["error"]))
        self._functions = time.monotonic(), _functions(answer)
        return self._functions[1]

    async def call(
        self,
        kind: str,
        name: str,
        arguments: Mapping[str, Any],
        tracker: Mapping[str, Any],
        key: str,
    ) -> ActionResult:
        """Calls a function beside the server's actions, in one request. Raises ActionFailed."""
        seen = seen_by_functions(tracker)
        # Rasa's tracker has no place for the rest of a session.
        session = {k: v for k, v in seen.items() if k not in ("slots", "latest_message")}
        function = {"kind": kind, "name": name, "arguments": dict(arguments)}
        said = await self._call(tracker, {"function": function, "session": session}, key)
        if said.get("error"):
            raise ActionFailed(name, str(said["error"]))
        if "events" not in said:
            cure = nearest(name, _functions(said).get(kind, ()))
            raise ActionFailed(name, f"there is no such {kind}; {cure}".rstrip("; "), unknown=True)
        return ActionResult(_objects(name, said, "events"), _objects(name, said, "responses"))

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _call(
        self, tracker: Mapping[str, Any], question: Mapping[str, Any], key: str = ""
    ) -> Mapping[str, Any]:
        result = await self.run(CALL, with_metadata(tracker, **{CALL: question}), key)
        for response in result.responses:
            answer = (response.get("custom") or {}).get(CALL)
            if isinstance(answer, Mapping):
                return answer
        raise ActionFailed(CALL, "its answer is missing")

    async def _asked(
        self,
        name: str,
        method: str,
        url: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> _Answer:
        """One request, tried again while that may help; what came last where it did not."""
        failure = ""
        answer: _Answer | None = None
        for attempt in range(self._attempts):
            if attempt:
                await asyncio.sleep(self._pause(attempt))
            try:
                answer = await self._once(method, url, body, headers)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                answer, failure = None, _reason(error, self._timeout)
                continue
            except _TooLarge:
                raise ActionFailed(name, f"an answer of over {LARGEST_ANSWER} bytes") from None
            if not answer.passing:
                return answer
        if answer is None:
            raise ActionFailed(name, f"no answer from {url} in {self._attempts} tries: {failure}")
        return answer

    async def _once(
        self,
        method: str,
        url: str,
        body: Mapping[str, Any] | None,
        headers: Mapping[str, str] | None,
    ) -> _Answer:
        request = self._opened().request(
            method, url, json=body, headers=headers, allow_redirects=False
        )
        async with request as response:
            return _Answer(response.status, await _read(response))

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            limit = aiohttp.ClientTimeout(total=self._timeout)
            self._session = aiohttp.ClientSession(timeout=limit, headers=self._headers)
        return self._session

    def _pause(self, attempt: int) -> float:
        # Jitter, so that workers that failed together do not come back together.
        longest: float = self._backoff * 2 ** (attempt - 1)
        return longest * random.uniform(0.5, 1.0)  # noqa: S311

    def _recent(self, what: str) -> frozenset[str] | None:
        read_at, names = self._kept.get(what, (float("-inf"), frozenset()))
        return names if time.monotonic() - read_at < NAMES_KEPT else None

    def _keep(self, what: str, names: frozenset[str]) -> frozenset[str]:
        self._kept[what] = (time.monotonic(), names)
        return names

    def _unknown(self, name: str, answer: _Answer) -> str:
        if not answer.of_rasa:
            return f"{self._url} is not there (status 404)"
        _, names = self._kept.get("names", (0.0, frozenset()))
        return f"there is no such action; {nearest(name, names)}".rstrip("; ")


class _TooLarge(Exception):
    """The answer is larger than LARGEST_ANSWER."""


async def _read(response: aiohttp.ClientResponse) -> bytes:
    parts, size = [], 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > LARGEST_ANSWER:
            response.close()
            raise _TooLarge
        parts.append(part)
    return b"".join(parts)


def _reason(error: BaseException, timeout: float) -> str:
    if isinstance(error, TimeoutError):
        return f"nothing within {timeout:g} s"
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _listed(answer: _Answer) -> frozenset[str]:
    if answer.status != 200:
        raise ActionFailed("actions", f"the action server does not list them: {answer.error()}")
    try:
        return frozenset(str(item["name"]) for item in answer.json())
    except (ValueError, TypeError, KeyError):
        raise ActionFailed("actions", "the action server's list is no list of names") from None


def _functions(said: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    listed = said.get("functions")
    kinds = listed.items() if isinstance(listed, Mapping) else ()
    return {
        str(kind): frozenset(map(str, names)) for kind, names in kinds if isinstance(names, list)
    }


def _result(name: str, answer: _Answer) -> ActionResult:
    try:
        said = answer.json()
    except ValueError:
        raise ActionFailed(name, "the action server's answer is no JSON") from None
    if said is None:
        return ActionResult()
    if not isinstance(said, dict):
        raise ActionFailed(name, "the action server's answer is no JSON object")
    return ActionResult(timed(_objects(name, said, "events")), _objects(name, said, "responses"))


def _objects(name: str, said: Mapping[str, Any], key: str) -> tuple[Mapping[str, Any], ...]:
    items = said.get(key) or []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ActionFailed(name, f"the action server's {key!r} are no list of objects")
    return tuple(items)
