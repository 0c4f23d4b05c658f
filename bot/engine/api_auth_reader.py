"""Reads how a declared call shows who it is."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from bot.engine.api_reading import ApiReading, read_fixed, read_secret, read_template, read_url
from bot.engine.api_texts import Plain
from bot.engine.apis import Auth, Basic, Bearer, Key, OAuth2
from bot.engine.findings import nearest
from bot.engine.reading import shown

KEY_KEYS = ("header", "query", "value")
BASIC_KEYS = ("username", "password")
OAUTH2_KEYS = (
    "grant", "token_url", "client_id", "client_secret", "refresh_token", "scope", "client_in",
)  # fmt: skip
GRANTS = ("client_credentials", "refresh_token")
CLIENT_IN = ("header", "form")


def read_auth(r: ApiReading, value: Any, allow_private: bool) -> Auth | None:
    """None for a call without credentials, and for what cannot be read."""
    place = "/auth"
    if value == "none":
        return None
    if isinstance(value, str):
        r.error("wrong-auth", place, f"{shown(value)} is no auth", nearest(value, _known()))
        return None
    if not r.typed(value, dict, place, '"none" or an object'):
        return None
    r.known_keys(value, (*AUTHS, "$comment"), place)
    kinds = [kind for kind in AUTHS if kind in value]
    if len(kinds) != 1:
        r.error("wrong-auth", place, "expected one of key, basic, bearer and oauth2")
        return None
    return AUTHS[kinds[0]](r, value, allow_private)


def _section(
    r: ApiReading, node: Mapping[str, Any], kind: str, known: tuple[str, ...]
) -> tuple[Mapping[str, Any], str] | None:
    place = f"/auth/{kind}"
    if not r.typed(node[kind], dict, place, "an object"):
        return None
    r.known_keys(node[kind], (*known, "$comment"), place)
    return node[kind], place


def _key(r: ApiReading, node: Mapping[str, Any], _: bool) -> Auth | None:
    if not (found := _section(r, node, "key", KEY_KEYS)):
        return None
    section, place = found
    places = [where for where in ("header", "query") if where in section]
    if len(places) != 1:
        r.error("wrong-auth", place, "expected either header or query", "the name that holds it")
        return None
    where = places[0]
    value = read_secret(r, section, "value", place)
    if not r.text(section[where], f"{place}/{where}", "a name"):
        return None
    return Key(section[where], value, "header" if where == "header" else "query")


def _basic(r: ApiReading, node: Mapping[str, Any], _: bool) -> Auth | None:
    if not (found := _section(r, node, "basic", BASIC_KEYS)):
        return None
    section, place = found
    at = f"{place}/username"
    if not r.text(section.get("username"), at, "a text"):
        return None
    username = read_template(r, section["username"], at)
    return Basic(username, read_secret(r, section, "password", place))


def _bearer(r: ApiReading, node: Mapping[str, Any], _: bool) -> Auth | None:
    return Bearer(read_secret(r, node, "bearer", "/auth"))


def _oauth2(r: ApiReading, node: Mapping[str, Any], allow_private: bool) -> Auth | None:
    if not (found := _section(r, node, "oauth2", OAUTH2_KEYS)):
        return None
    section, place = found
    grant = _one_of(r, section, "grant", GRANTS, place)
    client_in = _one_of(r, section, "client_in", CLIENT_IN, place)
    needed = {"client_credentials": "client_secret", "refresh_token": "refresh_token"}
    for key in ("token_url", "client_id", needed[grant]):
        r.text(section.get(key), f"{place}/{key}", "a text")
    values = {key: read_fixed(r, section, key, place) for key in OAUTH2_KEYS[2:6]}
    secrets = {values["client_secret"], values["refresh_token"]} - {""}
    r.secrets.update(secrets)
    for key in ("client_secret", "refresh_token"):
        if section.get(key) and "${" not in str(section[key]):
            r.warning(
                "secret-in-file", f"{place}/{key}",
                "a secret that everybody reads who reads the file",
                "write ${NAME}, and set the variable NAME",
            )  # fmt: skip
    return OAuth2(
        grant=cast(Any, grant),
        token_url=_token_url(r, section, f"{place}/token_url", allow_private),
        client_in=cast(Any, client_in),
        allow_private=allow_private,
        **values,
    )


def _token_url(r: ApiReading, section: Mapping[str, Any], place: str, allow_private: bool) -> str:
    if not isinstance(section.get("token_url"), str) or not section["token_url"].strip():
        return ""
    template = read_url(r, section["token_url"], place, True, allow_private)
    if not all(isinstance(part, Plain) for part in template):
        r.error("wrong-url", place, "no values in the address that tokens come from")
    return "".join(part.text for part in template if isinstance(part, Plain))


def _one_of(
    r: ApiReading, section: Mapping[str, Any], key: str, known: tuple[str, ...], place: str
) -> str:
    value = section.get(key, known[0])
    if r.typed(value, str, f"{place}/{key}", f"one of {', '.join(known)}") and value not in known:
        reason = f"{shown(value)} is no {key}"
        r.error("wrong-auth", f"{place}/{key}", reason, nearest(value, known))
    return value if value in known else known[0]


AUTHS: Mapping[str, Callable[[ApiReading, Mapping[str, Any], bool], Auth | None]] = {
    "key": _key,
    "basic": _basic,
    "bearer": _bearer,
    "oauth2": _oauth2,
}


def _known() -> tuple[str, ...]:
    return ("none", *AUTHS)
