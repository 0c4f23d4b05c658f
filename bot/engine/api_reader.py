"""Reads and examines a declared HTTP call: every mistake with its place, nothing sent."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from bot.engine.api_auth_reader import read_auth
from bot.engine.api_paths import PathFailed, PathInvalid, compiled
from bot.engine.api_reading import ApiReading, read_template, read_url
from bot.engine.api_requests import NOT_IN_HEADER
from bot.engine.api_texts import Plain, Template, names_in
from bot.engine.apis import LARGEST_ANSWER, REPEATABLE, TIMEOUT, Api, Body, Method, OAuth2, Saved
from bot.engine.durations import duration
from bot.engine.findings import Finding, escape, nearest
from bot.engine.json_shape import no_json
from bot.engine.reader import content_hash
from bot.engine.reading import shown
from bot.engine.templates import snake
from bot.engine.variables import Lookup

API_KEYS = (
    "$comment", "title", "method", "url", "headers", "query", "body", "auth", "timeout", "retries",
    "expect", "largest_answer", "save", "sample", "allow_private", "idempotent", "secret",
)  # fmt: skip
BODY_KINDS = ("json", "form", "text")
SAVED_KEYS = ("path", "default", "list")
LONGEST_TIMEOUT = 30.0
MOST_RETRIES = 3
MOST_BYTES = 10_000_000
"""The largest `largest_answer`: a whole answer is read into memory."""

_NAME = re.compile(r"[A-Za-z0-9][\w-]{0,79}", re.ASCII)
_SLOT = re.compile(r"[^\W\d]\w{0,99}")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_OURS = frozenset(
    {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "idempotency-key",
        "upgrade",
        "te",
    }
)
"""Headers that the client sets."""


def examine(document: Any, name: str, lookup: Lookup) -> tuple[Api | None, list[Finding]]:
    """The call, or None where it has errors, with all findings. `lookup` answers for `${NAME}`."""
    r = ApiReading(name, lookup)
    if fault := no_json(document):
        return None, [fault]
    if not _NAME.fullmatch(name):
        cure = "letters, digits, '_' and '-'"
        r.error("wrong-name", "", f"{name!r:.100} is no name for an API", cure)
    elif r.typed(document, dict, "", "an object"):
        api = _api(r, document, name)
        if not any(finding.severity == "error" for finding in r.findings):
            return api, r.findings
    return None, r.findings


def _api(r: ApiReading, node: Mapping[str, Any], name: str) -> Api:
    r.known_keys(node, API_KEYS, "")
    method = _method(r, node)
    allow_private = _flag(r, node, "allow_private", False)
    auth = read_auth(r, node.get("auth", "none"), allow_private)
    url = read_url(r, node.get("url", ""), "/url", bool(auth), allow_private)
    headers, query = _headers(r, node), _fields(r, node.get("query", {}), "/query")
    body = _body(r, node, method)
    texts = [url, *headers.values(), *query.values(), *_texts(body), *_auth_texts(auth)]
    parameters = frozenset().union(*map(names_in, texts))
    save = _save(r, node.get("save", {}))
    _prove(r, node, save)
    for place, variable in r.missing.items():
        reason = f"the API is off, its calls fail: the variable {variable} is not set, or empty"
        r.warning("api-off", place, reason, f"set it, or write ${{{variable}:-default}}")
    return Api(
        name=name,
        version=content_hash(node),
        parameters=parameters,
        slots=frozenset(save),
        definition=dict(node),
        title=node["title"] if _is_text(r, node, "title") else "",
        method=method,
        url=url,
        headers=headers,
        query=query,
        body=body,
        auth=auth,
        timeout=_timeout(r, node),
        retries=_number(r, node, "retries", 0, 0, MOST_RETRIES),
        expect=_expect(r, node),
        largest_answer=_number(r, node, "largest_answer", LARGEST_ANSWER, 1, MOST_BYTES),
        save=save,
        has_sample="sample" in node,
        sample=node.get("sample"),
        allow_private=allow_private,
        idempotent=_flag(r, node, "idempotent", method in REPEATABLE),
        secret=_secret(r, node, parameters),
        secrets=frozenset(r.secrets),
        off=tuple(dict.fromkeys(r.missing.values())),
    )


def _method(r: ApiReading, node: Mapping[str, Any]) -> Method:
    value = node.get("method", "GET")
    for method in get_args(Method):
        if value == method:
            return method  # type: ignore[no-any-return]
    if r.typed(value, str, "/method", "a method"):
        cure = nearest(value.upper(), get_args(Method))
        r.error("wrong-method", "/method", f"{shown(value)} is no method", cure)
    return "GET"


def _is_text(r: ApiReading, node: Mapping[str, Any], key: str) -> bool:
    return key in node and r.typed(node[key], str, f"/{key}", "a text")


def _flag(r: ApiReading, node: Mapping[str, Any], key: str, default: bool) -> bool:
    value = node.get(key, default)
    return r.typed(value, bool, f"/{key}", "true or false") and value


def _number(
    r: ApiReading, node: Mapping[str, Any], key: str, default: int, least: int, most: int
) -> int:
    value = node.get(key, default)
    if not r.typed(value, int, f"/{key}", "a whole number"):
        return default
    if not least <= value <= most:
        reason = f"expected a number from {least:,} to {most:,}, found {value}"
        r.error("wrong-number", f"/{key}", reason)
    return int(value)


def _timeout(r: ApiReading, node: Mapping[str, Any]) -> float:
    value = node.get("timeout", f"{TIMEOUT:g}s")
    seconds = duration(value)
    if seconds is None or not 0 < seconds <= LONGEST_TIMEOUT:
        reason = f"expected at most {LONGEST_TIMEOUT:g} seconds, found {shown(value)}"
        r.error("wrong-duration", "/timeout", reason, 'a number with its unit, as in "5s"')
        return TIMEOUT
    return seconds


def _expect(r: ApiReading, node: Mapping[str, Any]) -> frozenset[int]:
    value = node.get("expect", [])
    found = value if isinstance(value, list) else [value]
    if "expect" in node and not found:
        r.error("empty-list", "/expect", "expected at least one status", "leave it out for all 2xx")
    for i, status in enumerate(found):
        at = f"/expect/{i}" if isinstance(value, list) else "/expect"
        if r.typed(status, int, at, "a status such as 200") and not 200 <= status <= 599:
            r.error("wrong-number", at, f"{status} is no status", "a number from 200 to 599")
    return frozenset(status for status in found if isinstance(status, int))


def _fields(r: ApiReading, node: Any, place: str) -> dict[str, Template]:
    """Names with templates or plain values."""
    if not r.typed(node, dict, place, "an object"):
        return {}
    found: dict[str, Template] = {}
    for name, value in node.items():
        at = f"{place}/{escape(name)}"
        if name == "$comment":
            continue
        if isinstance(value, str):
            found[name] = read_template(r, value, at)
        elif r.typed(value, (int, float, bool), at, "a text or a number"):
            found[name] = (Plain(shown(value)),)
    return found


def _headers(r: ApiReading, node: Mapping[str, Any]) -> dict[str, Template]:
    found = _fields(r, node.get("headers", {}), "/headers")
    for name, template in found.items():
        at = f"/headers/{escape(name)}"
        if not _TOKEN.fullmatch(name):
            r.error("wrong-header", at, f"{name!r:.60} is no name of a header")
        elif name.lower() in _OURS:
            r.error("wrong-header", at, f"{name!r} is set by the client itself", "leave it out")
        if any(isinstance(part, Plain) and NOT_IN_HEADER.search(part.text) for part in template):
            r.error("wrong-header", at, "a line break or control character in a header")
    return found


def _body(r: ApiReading, node: Mapping[str, Any], method: str) -> Body | None:
    if "body" not in node:
        return None
    value, place = node["body"], "/body"
    if method == "GET":
        r.error("wrong-body", place, "a GET has no body", 'say "method": "POST", or use "query"')
    if not r.typed(value, dict, place, "an object with json, form or text"):
        return None
    r.known_keys(value, (*BODY_KINDS, "$comment"), place)
    kinds = [kind for kind in BODY_KINDS if kind in value]
    if len(kinds) != 1:
        r.error("wrong-body", place, "expected one of json, form and text")
        return None
    if kinds[0] == "json":
        return Body("json", _tree(r, value["json"], "/body/json"))
    if kinds[0] == "form":
        return Body("form", _fields(r, value["form"], "/body/form"))
    text = value["text"]
    if not r.typed(text, str, "/body/text", "a text"):
        return None
    return Body("text", read_template(r, text, "/body/text"))


def _tree(r: ApiReading, value: Any, place: str) -> Any:
    if isinstance(value, str):
        return read_template(r, value, place)
    if isinstance(value, dict):
        return {k: _tree(r, v, f"{place}/{escape(k)}") for k, v in value.items() if k != "$comment"}
    if isinstance(value, list):
        return [_tree(r, v, f"{place}/{i}") for i, v in enumerate(value)]
    return value


def _texts(body: Body | None) -> Iterable[Template]:
    ahead = [body.value] if body else []
    while ahead:
        value = ahead.pop()
        if isinstance(value, tuple):
            yield value
        elif isinstance(value, dict):
            ahead.extend(value.values())
        elif isinstance(value, list):
            ahead.extend(value)


def _auth_texts(auth: Any) -> Iterable[Template]:
    if auth is None or isinstance(auth, OAuth2):
        return ()
    fields = (getattr(auth, name) for name in auth.__slots__)
    return [value for value in fields if isinstance(value, tuple)]


def _save(r: ApiReading, node: Any) -> dict[str, Saved]:
    if not r.typed(node, dict, "/save", "an object"):
        return {}
    found: dict[str, Saved] = {}
    for slot, value in node.items():
        at = f"/save/{escape(slot)}"
        if slot == "$comment":
            continue
        if not _SLOT.fullmatch(slot):
            r.error("wrong-name", at, f"{slot!r:.60} is no name for a slot")
        elif saved := _saved(r, value, at):
            found[slot] = saved
    return found


def _saved(r: ApiReading, value: Any, place: str) -> Saved | None:
    node, at = ({"path": value}, place) if isinstance(value, str) else (value, f"{place}/path")
    if not r.typed(node, dict, place, "a JSON path, or an object with one"):
        return None
    r.known_keys(node, (*SAVED_KEYS, "$comment"), place)
    path: Any = node.get("path")
    always_list = node.get("list", False)
    r.typed(always_list, bool, f"{place}/list", "true or false")
    if not r.typed(path, str, at, 'a JSON path, as in "$.order.status"'):
        return None
    try:
        return Saved(compiled(path), node.get("default"), always_list is True)
    except PathInvalid as error:
        cure = f'"$.{path}"' if _SLOT.fullmatch(path) else 'as in "$.order.status"'
        r.error("wrong-path", at, f"{shown(path)} is no JSON path: {error}", cure)
        return None


def _prove(r: ApiReading, node: Mapping[str, Any], save: Mapping[str, Saved]) -> None:
    """The mapping must fit the sample; what has a default may be missing from it."""
    if "sample" not in node:
        if save:
            reason = "there is no sample, so nothing shows that the paths of save fit the answer"
            r.warning("no-sample", "/save", reason, 'put an answer of the server at "sample"')
        return
    for slot, saved in save.items():
        at = f"/save/{escape(slot)}"
        try:
            found = saved.path.find(node["sample"])
        except PathFailed as error:
            r.error("sample-mismatch", at, str(error))
            continue
        described = node["save"][slot]
        if not found and not (isinstance(described, dict) and "default" in described):
            reason = f"{saved.path.text} finds nothing in the sample"
            r.error("sample-mismatch", at, reason, "mend the path, or give a default")


def _secret(r: ApiReading, node: Mapping[str, Any], parameters: frozenset[str]) -> frozenset[str]:
    value = node.get("secret", [])
    names = value if isinstance(value, list) else [value]
    for i, name in enumerate(names):
        at = f"/secret/{i}" if isinstance(value, list) else "/secret"
        if r.typed(name, str, at, "the name of a parameter") and snake(name) not in parameters:
            cure = nearest(snake(name), parameters)
            r.error("unknown-parameter", at, f"no template takes {name!r:.60}", cure)
    return frozenset(snake(name) for name in names if isinstance(name, str))
