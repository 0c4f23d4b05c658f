"""OAuth 2 tokens, fetched once however many calls wait for one."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

from bot.engine.api_requests import basic
from bot.engine.apis import OAuth2

WITHOUT_EXPIRY = 300.0
"""Seconds for which a token is kept whose server does not say how long it is good."""
LONGEST_KEPT = 86_400.0
EARLY = 30.0
"""Seconds before its end at which a token is no longer used: it has a way to go."""


class TokenRefused(Exception):
    """The server that gives tokens gave none; the reason, without secrets."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token; `until` is on the clock of the cache."""

    value: str = field(repr=False)
    until: float


class Tokens:
    """Keeps the tokens of each way to get them; `ask` sends a form with headers for one."""

    def __init__(
        self,
        ask: Callable[[OAuth2, Mapping[str, str], Mapping[str, str]], Awaitable[Any]],
        clock: Callable[[], float],
    ) -> None:
        self._ask, self._clock = ask, clock
        self._kept: dict[OAuth2, Token] = {}
        self._rotated: dict[OAuth2, str] = {}
        self._fetching: dict[OAuth2, asyncio.Task[Token]] = {}

    async def token(self, auth: OAuth2) -> str:
        """A token that is good. Raises what `ask` raises, and TokenRefused."""
        kept = self._kept.get(auth)
        if kept is not None and self._clock() < kept.until:
            return kept.value
        task = self._fetching.get(auth)
        if task is None:
            task = asyncio.create_task(self._fetched(auth))
            self._fetching[auth] = task
            task.add_done_callback(lambda done: self._done(auth, done))
        # One caller that gives up must not take the token from the others.
        return (await asyncio.shield(task)).value

    def forget(self, auth: OAuth2, value: str) -> None:
        """A token that was refused is not used again; a newer one stays."""
        kept = self._kept.get(auth)
        if kept is not None and kept.value == value:
            del self._kept[auth]

    async def close(self) -> None:
        """Ends what is under way."""
        tasks = list(self._fetching.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _done(self, auth: OAuth2, task: "asyncio.Task[Token]") -> None:
        self._fetching.pop(auth, None)
        if not task.cancelled() and task.exception() is None:
            self._kept[auth] = task.result()

    async def _fetched(self, auth: OAuth2) -> Token:
        asked_at = self._clock()
        said = await self._ask(auth, self._form(auth), _headers(auth))
        if not isinstance(said, dict) or not isinstance(said.get("access_token"), str):
            raise TokenRefused("its answer holds no access_token")
        if str(said.get("token_type", "bearer")).lower() != "bearer":
            raise TokenRefused("it gives no bearer token")
        renewed = said.get("refresh_token")
        if auth.grant == "refresh_token" and isinstance(renewed, str) and renewed:
            self._rotated[auth] = renewed
        return Token(said["access_token"], asked_at + _lifetime(said.get("expires_in")))

    def _form(self, auth: OAuth2) -> dict[str, str]:
        form: dict[str, str] = {"grant_type": auth.grant}
        if auth.scope:
            form["scope"] = auth.scope
        if auth.grant == "refresh_token":
            form["refresh_token"] = self._rotated.get(auth, auth.refresh_token)
        if auth.client_in == "form" or not auth.client_secret:
            form["client_id"] = auth.client_id
            if auth.client_secret:
                form["client_secret"] = auth.client_secret
        return form


def _headers(auth: OAuth2) -> dict[str, str]:
    if auth.client_in == "form" or not auth.client_secret:
        return {}
    # RFC 6749, 2.3.1: both are written as in a form before they are put together.
    pair = (quote_plus(text, errors="replace") for text in (auth.client_id, auth.client_secret))
    return {"authorization": basic(*pair)}


def _lifetime(said: Any) -> float:
    try:
        seconds = min(float(said), LONGEST_KEPT)
    except (TypeError, ValueError):
        return WITHOUT_EXPIRY
    return max(seconds - EARLY, seconds / 2) if seconds > 0 else 0.0
