"""Twilio's Messages API over one pooled client: create a message, list the latest."""

import json
from base64 import b64encode
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp

from connectors.channel import SendFailure, SendResult, Sent
from connectors.twilio.status import ERRORS, STATUSES, by_http_status, meaning

PAGE_SIZE = 100
MAX_PAGES = 20
"""Ends a search: no contact gets 2,000 messages while one send is in doubt."""

_NOT_OPEN = "The connector is not open"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class TwilioApi:
    """The messages of one account."""

    def __init__(
        self, url: str, account_sid: str, auth_token: str, timeout: float, max_concurrent: int
    ) -> None:
        self._url = url
        self._messages = f"{url}/2010-04-01/Accounts/{account_sid}/Messages.json"
        credentials = b64encode(f"{account_sid}:{auth_token}".encode()).decode()
        self.authorization = {"Authorization": f"Basic {credentials}"}
        self._headers = {**self.authorization, "Accept": "application/json"}
        # A connection that is not there after half the time is reported as such: nothing was sent.
        # To wait for a free one counts too, so that no send outlives its lease in here. Without
        # the threshold, aiohttp rounds a timeout up to a whole second.
        self._timeout = aiohttp.ClientTimeout(
            total=timeout, connect=timeout / 2, ceil_threshold=timeout + 1
        )
        self._max_concurrent = max_concurrent
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Makes the client, inside the running loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._max_concurrent),
                headers=self._headers,
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
            )

    async def close(self) -> None:
        """Closes its connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def create(self, fields: Sequence[tuple[str, str]]) -> SendResult:
        """Sends one message; what a network may do is a value, not an exception."""
        if self._session is None:
            return SendFailure("retry", _NOT_OPEN)
        try:
            return await self._create(self._session, urlencode(fields).encode())
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return SendFailure("retry", f"Twilio cannot be reached: {error}")
        except aiohttp.InvalidURL as error:
            return SendFailure("rejected", f"api_url is not an address: {error}")
        except TimeoutError:
            return SendFailure("unknown", "Twilio did not answer in time")
        except (aiohttp.ClientError, OSError) as error:
            return SendFailure("unknown", f"The connection to Twilio was lost: {error!r}")

    async def latest(self, query: Mapping[str, str]) -> AsyncGenerator[list[dict[str, Any]], None]:
        """The account's messages page by page, newest first; LookupError where it cannot be asked.

        A generator that raises at its end where there are more pages than anyone should read.
        """
        page: dict[str, Any] = await self._get(
            self._messages, {**query, "PageSize": str(PAGE_SIZE)}
        )
        for _ in range(MAX_PAGES):
            yield page["messages"]
            following = page.get("next_page_uri")
            if not following:
                return
            # Only a path: the credentials go to no other host.
            page = await self._get(f"{self._url}/{str(following).lstrip('/')}", {})
        raise LookupError(f"Twilio lists more than {MAX_PAGES} pages")

    async def _create(self, session: aiohttp.ClientSession, data: bytes) -> SendResult:
        request = session.post(self._messages, data=data, headers=_FORM, allow_redirects=False)
        async with request as response:
            return outcome(response.status, response.headers, await response.read())

    async def _get(self, url: str, query: Mapping[str, str]) -> dict[str, Any]:
        if self._session is None:
            raise LookupError(_NOT_OPEN)
        try:
            async with self._session.get(url, params=query, allow_redirects=False) as response:
                status, page = response.status, _json(await response.read())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise LookupError(f"Twilio cannot be asked: {error!r}") from error
        if status != 200:
            raise LookupError(f"Twilio does not list messages: it answered {status}")
        listed = page.get("messages")
        if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
            raise LookupError("Twilio's list of messages could not be read")
        return page


def outcome(status: int, headers: Mapping[str, str], body: bytes) -> SendResult:
    """What the answer to a create request says."""
    answer = _json(body)
    if 200 <= status < 300:
        return _sent(answer)
    failure = _failure(status, answer)
    if failure.kind == "retry" and (seconds := _retry_after(headers)) is not None:
        return SendFailure("retry", failure.reason, failure.code, seconds, failure.max_attempts)
    return failure


def _sent(answer: Mapping[str, Any]) -> SendResult:
    sid = answer.get("sid")
    if not isinstance(sid, str) or not sid:
        return SendFailure("unknown", "Twilio's answer could not be read: it may have been sent")
    segments = str(answer.get("num_segments") or "")
    return Sent(
        provider_id=sid,
        status=STATUSES.get(str(answer.get("status")), "accepted"),
        # A Messaging Service says 0 until it has chosen the sender.
        segments=int(segments) or None if segments.isdecimal() else None,
    )


def _failure(status: int, answer: Mapping[str, Any]) -> SendFailure:
    code, words = str(answer.get("code") or ""), str(answer.get("message") or "")
    by_status = by_http_status(status)
    if by_status.kind == "rejected" and code and (code in ERRORS or status == 400):
        return meaning(code, words)
    return SendFailure(
        by_status.kind,
        by_status.reason,
        code or by_status.code,
        max_attempts=by_status.max_attempts,
    )


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """The header's seconds, or its date as seconds from now."""
    value = headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    zoned = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (zoned - datetime.now(UTC)).total_seconds())


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
