"""From the values of a call to the request that is sent, and to what the log shows of it."""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, quote_plus, urlencode, urlsplit

from bot.engine.api_texts import (
    HIDDEN,
    ParameterInvalid,
    Scope,
    fill,
    fill_field,
    fill_tree,
    fill_url,
    scope,
)
from bot.engine.apis import Api, Basic, Bearer, Body, Key

LONGEST_URL = 8_000
"""Characters: many servers refuse longer ones."""
LARGEST_BODY = 1_000_000
"""Bytes."""
IDEMPOTENCY_KEY = "Idempotency-Key"
SHORTEST_SECRET = 4
"""Characters: a shorter one would hide half of every address."""
SECRET_FIELDS = frozenset(
    {
        "access_token", "api_key", "apikey", "api-key", "appid", "auth", "client_secret", "key",
        "password", "passwd", "secret", "sig", "signature", "token",
    }
)  # fmt: skip
"""Names of query fields whose values are not shown, wherever they came from."""

NOT_IN_HEADER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
_TYPES = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
    "text": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent; `shown` is the address without secrets."""

    method: str
    url: str = field(repr=False)
    shown: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes | None = field(default=None, repr=False)
    secrets: frozenset[str] = field(default=frozenset(), repr=False)

    def with_bearer(self, token: str) -> "Request":
        """The same request with a token that was fetched for it."""
        return replace(
            self,
            headers={**self.headers, "authorization": f"Bearer {token}"},
            secrets=self.secrets | {token},
        )


def request_for(
    api: Api, values: Mapping[str, Any], shared: Mapping[str, Any], key: str
) -> Request:
    """The request of a call; `key` is its Idempotency-Key. Raises ParameterInvalid."""
    within = scope(values, shared, api.secret)
    fields = [(n, v) for n, template in api.query.items() for v in fill_field(template, within)]
    headers = {"accept": "application/json", "user-agent": "Parley"}
    content = _content(api.body, within) if api.body else None
    if api.body:
        headers["content-type"] = _TYPES[api.body.kind]
    headers |= {name.lower(): fill(text, within) for name, text in api.headers.items()}
    if key:
        headers[IDEMPOTENCY_KEY.lower()] = key
    credentials = _credentials(api, within)
    headers |= credentials.headers
    url = _url(fill_url(api.url, within), [*fields, *credentials.fields])
    _check(url, headers, content)
    secrets = api.secrets | credentials.secrets | _hidden_values(api, within)
    shown = _shown(api, replace(within, hide=True), secrets)
    return Request(api.method, url, shown, headers, content, secrets)


def redacted(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets, as they are and as an address writes them."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) < SHORTEST_SECRET:
            continue
        encoded = (quote(secret, safe="", errors="replace"), quote(secret, errors="replace"))
        for form in (secret, *encoded, quote_plus(secret, errors="replace")):
            text = text.replace(form, HIDDEN)
    return text


@dataclass(frozen=True, slots=True)
class _Credentials:
    headers: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[tuple[str, str], ...] = ()
    secrets: frozenset[str] = frozenset()


def _credentials(api: Api, within: Scope) -> _Credentials:
    match api.auth:
        case Key(name, template, place):
            value = _given(fill(template, within))
            if place == "query":
                return _Credentials(fields=((name, value),), secrets=frozenset({value}))
            return _Credentials({name.lower(): value}, secrets=frozenset({value}))
        case Basic(username, password):
            user, word = _given(fill(username, within)), fill(password, within)
            coded = basic(user, word)
            return _Credentials({"authorization": coded}, secrets=frozenset({word, coded[6:]}))
        case Bearer(token):
            value = _given(fill(token, within))
            return _Credentials({"authorization": f"Bearer {value}"}, secrets=frozenset({value}))
        case _:
            return _Credentials()


def basic(username: str, password: str) -> str:
    """The header's value for user name and password."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode("utf-8", "replace")).decode()


def _given(credential: str) -> str:
    if not credential:
        raise ParameterInvalid("the credentials are empty")
    return credential


def _hidden_values(api: Api, within: Scope) -> frozenset[str]:
    values = (within.values.get(name) for name in api.secret)
    return frozenset(str(value) for value in values if value not in (None, ""))


def _content(body: Body, within: Scope) -> bytes:
    if body.kind == "json":
        tree = fill_tree(body.value, within)
        try:
            text = json.dumps(tree, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        except (TypeError, ValueError):
            raise ParameterInvalid("a value in the body is not JSON") from None
    elif body.kind == "form":
        pairs = [(n, v) for n, template in body.value.items() for v in fill_field(template, within)]
        text = urlencode(pairs, errors="replace")
    else:
        text = fill(body.value, within)
    return text.encode("utf-8", "replace")


def _url(address: str, fields: list[tuple[str, str]]) -> str:
    if fields:
        address += ("&" if "?" in address else "?") + urlencode(
            fields, quote_via=quote, errors="replace"
        )
    return address


def _check(url: str, headers: Mapping[str, str], content: bytes | None) -> None:
    if len(url) > LONGEST_URL:
        raise ParameterInvalid(f"the address is longer than {LONGEST_URL} characters")
    if any(part in (".", "..") for part in urlsplit(url).path.split("/")):
        raise ParameterInvalid("a value would lead to another path")
    for name, value in headers.items():
        if NOT_IN_HEADER.search(value):
            raise ParameterInvalid(f"a line break or control character in the header {name}")
    if content is not None and len(content) > LARGEST_BODY:
        raise ParameterInvalid(f"the body is larger than {LARGEST_BODY} bytes")


def _shown(api: Api, hiding: Scope, secrets: frozenset[str]) -> str:
    address, _, query = fill_url(api.url, hiding).partition("?")
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    shown = [
        f"{n}={HIDDEN if n.lower() in SECRET_FIELDS else v}" if eq else n for n, eq, v in pairs
    ]
    for name, template in api.query.items():
        for value in fill_field(template, hiding):
            said = HIDDEN if name.lower() in SECRET_FIELDS else value
            shown.append(f"{quote(name)}={quote(said, safe=HIDDEN, errors='replace')}")
    if isinstance(api.auth, Key) and api.auth.place == "query":
        shown.append(f"{quote(api.auth.name)}={HIDDEN}")
    return redacted(address + ("?" + "&".join(shown) if shown else ""), secrets)
