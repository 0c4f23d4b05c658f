"""Who may do what: tokens with scopes, and what works without a token on loopback alone."""

import ipaddress
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sanic import Request, Sanic

from bot.web.problems import Problem

EVERYTHING = "*"
CHALLENGE = 'Bearer realm="parley"'

OPEN = frozenset({"/", "/version", "/status", "/healthz", "/readyz", "/api/v1/openapi.json"})
OPEN_BELOW = ("/webhooks/", "/phone/static/")
"""A provider's webhook proves itself by its signature; scripts and styles hold no data."""
LOCAL_BELOW = {
    "/webhooks/rest/": "messages:write",
    "/webhooks/web/": "messages:write",
    "/phone/": "conversations:read",
    "/metrics/": "metrics:read",
}
"""Open on loopback; from elsewhere a token with this scope is asked for."""
TOKEN_IN_BODY = "/model/parse"  # noqa: S105 - a path
FORWARDED = frozenset(
    {"forwarded", "via", "x-real-ip", "cf-connecting-ip", "true-client-ip", "x-client-ip"}
)


class TokenBook(Protocol):
    """Knows tokens and what they allow."""

    async def scopes(self, token: str) -> frozenset[str] | None:
        """The scopes of a token; None for one that is unknown."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The admin token, which allows everything, and a book of further ones where there is one."""

    # Never shown: what is logged of a failed request shows what it worked with.
    admin_token: str = field(repr=False)
    book: TokenBook | None = None

    async def scopes(self, token: str) -> frozenset[str] | None:
        """The scopes of a token; None for one that is unknown."""
        if self.admin_token and secrets.compare_digest(_bytes(token), _bytes(self.admin_token)):
            return frozenset({EVERYTHING})
        return await self.book.scopes(token) if self.book else None


def _bytes(token: str) -> bytes:
    return token.encode("utf-8", "surrogatepass")


def token_of(request: Request) -> str | None:
    """The token that the request carries: as bearer, or where Rasa's clients put it."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    token: str | None = request.args.get("token")
    return token or (_token_in_body(request) if request.path == TOKEN_IN_BODY else None)


def _token_in_body(request: Request) -> str | None:
    try:
        body = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        return None
    token = body.get("token") if isinstance(body, dict) else None
    return token if isinstance(token, str) else None


async def granted(request: Request, tokens: TokenBook) -> frozenset[str]:
    """The scopes of the request's token; a Problem 401 without a valid one."""
    known: frozenset[str] | None = getattr(request.ctx, "scopes", None)
    if known is not None:
        return known
    token = token_of(request)
    if not token:
        raise Problem(
            401,
            "A token is needed: send `Authorization: Bearer TOKEN`",
            headers={"WWW-Authenticate": CHALLENGE},
        )
    scopes = await tokens.scopes(token)
    if scopes is None:
        challenge = f'{CHALLENGE}, error="invalid_token"'
        raise Problem(401, "The token is not valid", headers={"WWW-Authenticate": challenge})
    request.ctx.scopes = scopes
    return scopes


async def require(request: Request, tokens: TokenBook, scope: str) -> None:
    """Goes on where the request's token has the scope; else a Problem 401 or 403."""
    scopes = await granted(request, tokens)
    if scope not in scopes and EVERYTHING not in scopes:
        challenge = f'{CHALLENGE}, error="insufficient_scope", scope="{scope}"'
        detail = f"The token lacks the scope {scope!r}"
        raise Problem(403, detail, headers={"WWW-Authenticate": challenge})


def loopback_only(request: Request) -> bool:
    """Whether the request comes straight from a program on this machine.

    A proxy on this machine forwards strangers from a loopback address, so its headers count. A
    page from elsewhere, open in a browser here, shows itself by `Origin`, or, where its own name
    was made to point at this machine, by `Host`.
    """
    headers = request.headers
    if any(
        name in FORWARDED or name.startswith("x-forwarded-") for name in map(str.lower, headers)
    ):
        return False
    origin = headers.get("origin")
    if origin is not None and not _is_local_name(origin.partition("://")[2]):
        return False
    return _is_loopback(request.ip) and _is_local_name(headers.get("host", "localhost"))


def _is_loopback(address: str, *, unspecified: bool = False) -> bool:
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    plain = getattr(ip, "ipv4_mapped", None) or ip
    return plain.is_loopback or (unspecified and plain.is_unspecified)


def _is_local_name(host: str) -> bool:
    name = host.partition("]")[0][1:] if host.startswith("[") else host.partition(":")[0]
    name = name.lower()
    return (
        name == "localhost" or name.endswith(".localhost") or _is_loopback(name, unspecified=True)
    )


def protect(app: Sanic[Any, Any], tokens: TokenBook) -> None:
    """Asks for a token on every route that is not named here as open.

    It goes by the route that was found, in whatever way the request has written its path.
    """

    async def check(request: Request) -> None:
        # Without a route there is nothing to protect: 404 or 405 is on its way.
        if request.route is not None:
            await _check(request, tokens, "/" + request.route.path.strip("/"))

    app.register_middleware(check, "request")


async def _check(request: Request, tokens: TokenBook, path: str) -> None:
    if path in OPEN:
        return
    for below, scope in LOCAL_BELOW.items():
        if f"{path}/".startswith(below):
            if not loopback_only(request):
                await require(request, tokens, scope)
            return
    if not path.startswith(OPEN_BELOW):
        await granted(request, tokens)


def read_or_make_token(path: Path) -> str:
    """The token kept in a file of mode 600; one is made where there is none.

    Of several processes that start at once, all get the token of the first.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    opened = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(opened, "w") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            path.chmod(0o600)
    finally:
        fresh.unlink()
    token = path.read_text().strip()
    if not token:
        raise ValueError(f"{path} is empty: delete it, and a new token is made")
    return token
