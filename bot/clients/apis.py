"""Makes the declared HTTP calls: bounded in time, size, attempts and reach. See docs/apis.md."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot.clients.api_connections import (
    REDIRECTS,
    Connections,
    NotPublic,
    NotUnpacked,
    Sent,
    TooLarge,
    following,
    read,
    refusal,
)
from bot.clients.api_tokens import TokenRefused, Tokens
from bot.engine.api_answers import NotJson, answered, decoded
from bot.engine.api_requests import Request, redacted, request_for
from bot.engine.api_texts import ParameterInvalid
from bot.engine.apis import Api, ApiResult, Failure, OAuth2

LONGEST_CALL = 60.0
"""Seconds for a call with all its attempts: the contact waits for it."""
LONGEST_PAUSE = 10.0
"""Seconds: a server that wants a longer pause is not asked again."""
MOST_REDIRECTS = 3
TOKEN_TIMEOUT = 10.0
AT_ONCE = 20_000
"""Bytes of an answer that are read and mapped at once; a larger one is given to a thread."""
LARGEST_TOKEN = 100_000
"""Bytes of an answer that holds a token."""

NOT_DONE = frozenset({429, 503})
"""Statuses by which a server says that it has done nothing."""
PERHAPS_DONE = frozenset({502, 504})


class _Failed(Exception):
    """An attempt that came to nothing. `again`: the same request may be sent once more."""

    def __init__(self, failed: Failure, reason: str, *, again: bool = False) -> None:
        self.failed, self.reason, self.again = failed, reason, again
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    content: bytes = b""
    location: str = ""
    retry_after: str = ""


@dataclass(slots=True)
class _Run:
    """One call while it is made."""

    api: Api
    request: Request
    attempts: int = 0
    status: int | None = None


class HttpApis:
    """An ApiCaller over pooled connections.

    `longest`: seconds for a call with all its attempts. `clock` is monotonic; `pause` waits between
    attempts; `resolver` makes what looks up names that must be public.
    """

    def __init__(
        self,
        *,
        backoff: float = 0.2,
        longest: float = LONGEST_CALL,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
        resolver: Callable[[], AbstractResolver] = aiohttp.ThreadedResolver,
    ) -> None:
        self._backoff, self._longest = backoff, longest
        self._clock, self._pause = clock, pause
        self._connections = Connections(resolver)
        self._tokens = Tokens(self._ask_for_token, clock)

    async def call(
        self, api: Api, values: Mapping[str, Any], shared: Mapping[str, Any], key: str
    ) -> ApiResult:
        """Calls it, with its retries; `key` is the Idempotency-Key. Never raises for what a network
        or a server may do."""
        if api.off:
            reason = f"not set: {', '.join(api.off)}"
            return ApiResult(failed="off", shown={"method": api.method, "reason": reason})
        try:
            request = request_for(api, values, shared, key)
        except ParameterInvalid as error:
            shown = {"method": api.method, "reason": str(error)}
            return ApiResult(failed="parameter", shown=shown)
        run, began = _Run(api, request), self._clock()
        result = await self._result(run)
        return replace(result, shown=self._shown(run, result, began))

    async def close(self) -> None:
        """Closes the connections."""
        await self._tokens.close()
        await self._connections.close()

    async def _result(self, run: _Run) -> ApiResult:
        try:
            async with asyncio.timeout(self._longest):
                answer = await self._tried(run)
        except _Failed as error:
            return ApiResult(failed=error.failed, shown={"reason": error.reason})
        except TimeoutError:
            reason = f"not done within {self._longest:g} s"
            return ApiResult(failed="timeout", shown={"reason": reason})
        if len(answer.content) <= AT_ONCE:
            return answered(run.api, answer.status, answer.content)
        return await asyncio.to_thread(answered, run.api, answer.status, answer.content)

    def _shown(self, run: _Run, result: ApiResult, began: float) -> dict[str, Any]:
        shown: dict[str, Any] = {"method": run.request.method, "url": run.request.shown}
        if run.status is not None:
            shown["status"] = run.status
        shown["milliseconds"] = round((self._clock() - began) * 1000)
        shown["attempts"] = run.attempts
        if reason := result.shown.get("reason"):
            shown["reason"] = redacted(str(reason), run.request.secrets)
        return shown

    async def _tried(self, run: _Run) -> _Answer:
        """The answer of the first attempt that has one to keep, or of the last."""
        for left in range(run.api.retries, -1, -1):
            tried = run.api.retries - left + 1
            try:
                answer = await self._authorized(run)
            except _Failed as error:
                if not (error.again and left):
                    raise
                await self._pause(self._rest(tried))
                continue
            wait = self._wait(run.api, answer, tried)
            if not left or wait is None:
                return answer
            await self._pause(wait)
        raise AssertionError("the last attempt returns or raises")

    def _wait(self, api: Api, answer: _Answer, tried: int) -> float | None:
        """Seconds until the same request may fare better; None where it would not."""
        passing = NOT_DONE | PERHAPS_DONE if api.idempotent else NOT_DONE
        if api.expects(answer.status) or answer.status not in passing:
            return None
        asked = retry_after(answer.retry_after, time.time())
        wait = self._rest(tried) if asked is None else asked
        return wait if wait <= LONGEST_PAUSE else None

    def _rest(self, tried: int) -> float:
        # Jitter, so that calls that failed together do not come back together.
        longest: float = self._backoff * 2 ** (tried - 1)
        return longest * random.uniform(0.5, 1.0)  # noqa: S311

    async def _authorized(self, run: _Run) -> _Answer:
        """One attempt; where a fetched token is refused, one more with a new one."""
        auth = run.api.auth
        if not isinstance(auth, OAuth2):
            return await self._attempt(run, run.request)
        token = await self._token(auth)
        answer = await self._attempt(run, run.request.with_bearer(token))
        if answer.status != 401 or run.api.expects(401):
            return answer
        self._tokens.forget(auth, token)
        return await self._attempt(run, run.request.with_bearer(await self._token(auth)))

    async def _attempt(self, run: _Run, request: Request) -> _Answer:
        """One request with its redirects, within the API's timeout. Raises _Failed."""
        run.attempts += 1
        run.status = None
        again = run.api.idempotent
        try:
            async with asyncio.timeout(run.api.timeout):
                return await self._followed(run, request)
        except TimeoutError:
            reason = f"nothing within {run.api.timeout:g} s"
            raise _Failed("timeout", reason, again=again) from None
        except TooLarge:
            reason = f"more than {run.api.largest_answer} bytes"
            raise _Failed("too_large", reason) from None
        except NotUnpacked as error:
            raise _Failed("not_json", f"the answer cannot be unpacked: {error}") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _failure(error, again) from None

    async def _followed(self, run: _Run, request: Request) -> _Answer:
        url = URL(request.url, encoded=True)
        sent, home = Sent(request.method, url, dict(request.headers), request.content), url.origin()
        for _ in range(MOST_REDIRECTS + 1):
            # Leave to be private is given for the server that the API names, not for where it points.
            private = run.api.allow_private and sent.url.origin() == home
            answer = await self._answer(run, sent, private)
            if answer.status not in REDIRECTS or run.api.expects(answer.status):
                return answer
            if not answer.location:
                return answer
            sent = following(sent, answer.status, answer.location)
        raise _Failed("status", f"more than {MOST_REDIRECTS} redirects")

    async def _answer(self, run: _Run, sent: Sent, private: bool) -> _Answer:
        async with self._connections.send(sent, private=private) as response:
            run.status = response.status
            if run.api.expects(response.status):
                wanted = bool(run.api.save)
                content = await read(response, run.api.largest_answer) if wanted else b""
                return _Answer(response.status, content)
            answer = _Answer(
                response.status,
                location=response.headers.get("Location", ""),
                retry_after=response.headers.get("Retry-After", ""),
            )
            # What else it says is not waited for.
            response.close()
            return answer

    async def _token(self, auth: OAuth2) -> str:
        try:
            return await self._tokens.token(auth)
        except TokenRefused as error:
            raise _Failed("auth", f"no token: {error}") from None
        except NotPublic as error:
            raise _Failed("refused", f"no token: {error}") from None

    async def _ask_for_token(
        self, auth: OAuth2, form: Mapping[str, str], headers: Mapping[str, str]
    ) -> Any:
        """What the server that gives tokens says. Raises TokenRefused and NotPublic."""
        sent = Sent(
            "POST",
            URL(auth.token_url, encoded=True),
            {
                "accept": "application/json",
                "content-type": "application/x-www-form-urlencoded",
                "user-agent": "Parley",
                **headers,
            },
            urlencode(form, errors="replace").encode(),
        )
        try:
            async with (
                asyncio.timeout(TOKEN_TIMEOUT),
                self._connections.send(sent, private=auth.allow_private) as response,
            ):
                if response.status != 200:
                    raise TokenRefused(f"its server answers {response.status}")
                return decoded(await read(response, LARGEST_TOKEN))
        except TimeoutError:
            raise TokenRefused(f"nothing from its server within {TOKEN_TIMEOUT:g} s") from None
        except (NotJson, NotUnpacked, TooLarge):
            raise TokenRefused("its server answers with something else") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if inside := refusal(error):
                raise inside from None
            raise TokenRefused(f"its server is not reached: {type(error).__name__}") from None


def retry_after(header: str, now: float) -> float | None:
    """Seconds that a Retry-After asks for; None where it says nothing that can be read."""
    if header.isdecimal() and len(header) < 10:
        return float(header)
    try:
        at = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    return max(at.replace(tzinfo=at.tzinfo or UTC).timestamp() - now, 0.0)


def _failure(error: Exception, again: bool) -> _Failed:
    if inside := refusal(error):
        return _Failed("refused", str(inside))
    for kind, reason, unsent in _BROKEN:
        if isinstance(error, kind):
            return _Failed("unreachable", reason, again=unsent)
    return _Failed("unreachable", f"the connection broke ({type(error).__name__})", again=again)


_BROKEN: tuple[tuple[type[Exception], str, bool], ...] = (
    (aiohttp.InvalidURL, "its address is none", False),
    (aiohttp.ClientConnectorCertificateError, "its certificate is not good", False),
    (aiohttp.ClientConnectorDNSError, "its name is not known", True),
    (aiohttp.ClientConnectorError, "nobody answers there", True),
)
"""What keeps a request from being sent, and whether it may be sent again: nothing was done yet."""
