"""Declared calls are read with every mistake at its place, and never with a traceback."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.api_auth_reader import BASIC_KEYS, KEY_KEYS, OAUTH2_KEYS
from bot.engine.api_reader import API_KEYS, BODY_KINDS, SAVED_KEYS, examine
from bot.engine.apis import Api, OAuth2
from bot.engine.findings import Finding

VARIABLES = {"BASE": "https://shop.example/", "KEY": "s3cr3t-key", "BAD": "no address"}
URL = "https://shop.example/orders/{order}"
OAUTH2 = {"token_url": "https://id.example/t", "client_id": "me", "client_secret": "${KEY}"}


def read(document: Any, name: str = "orders") -> tuple[Api | None, list[Finding]]:
    return examine(document, name, VARIABLES.get)


def api(**keys: Any) -> Api:
    found, findings = read({"url": URL, **keys})
    assert found is not None, list(map(str, findings))
    return found


def told(document: Any, name: str = "orders") -> list[tuple[str, str]]:
    """Code and place of each finding."""
    return [(finding.code, finding.place) for finding in read(document, name)[1]]


def test_a_whole_document() -> None:
    found = api(
        title="An order",
        method="POST",
        headers={"X-Shop": "{shopName}", "$comment": "which shop"},
        query={"page": 2, "all": True, "who": "{{ user.name | upper }}"},
        body={"json": {"$comment": "all of it", "lines": [{"sku": "{sku}"}], "n": 3}},
        auth={"oauth2": {**OAUTH2, "$comment": "c"}},
        timeout="2.5s", retries=3, expect=[200, 404], largest_answer=5000,
        save={"status": "$.status", "items": {"path": "$.items[*]", "default": [], "list": True}},
        sample={"status": "sent"}, idempotent=True, secret=["sku"],
    )  # fmt: skip
    assert found.parameters == {"order", "shop_name", "name", "sku"}
    assert found.slots == {"status", "items"}
    assert (found.timeout, found.retries, found.expect) == (2.5, 3, frozenset({200, 404}))
    assert isinstance(found.auth, OAuth2)
    assert found.definition["url"] == URL


def test_what_is_left_out_has_a_default() -> None:
    found = api()
    assert (found.method, found.timeout, found.retries, found.idempotent) == ("GET", 5.0, 0, True)
    assert found.expects(204)
    assert not found.expects(304)
    assert not api(method="POST").idempotent


def test_shared_values_are_no_parameters() -> None:
    assert api(query={"at": "{globals.shop} {city}"}).parameters == {"order", "city"}


def test_the_version_is_that_of_the_document() -> None:
    assert api().version == api().version != api(retries=1).version
    first = examine({"url": URL, "auth": {"bearer": "${KEY}"}}, "a", VARIABLES.get)[0]
    second = examine({"url": URL, "auth": {"bearer": "${KEY}"}}, "a", {"KEY": "other"}.get)[0]
    assert first is not None
    assert second is not None
    assert first.version == second.version


BASIC: dict[str, Any] = {"username": "me", "password": "${KEY}"}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"ulr": "x"}, ("unknown-key", "/ulr")),
        ({"url": ""}, ("empty-text", "/url")),
        ({"url": 5}, ("wrong-type", "/url")),
        ({"url": "shop.example/x"}, ("wrong-url", "/url")),
        ({"url": "ftp://shop.example/x"}, ("wrong-url", "/url")),
        ({"url": "https://{host}/x"}, ("wrong-url", "/url")),
        ({"url": "https://shop.example{path}"}, ("wrong-url", "/url")),
        ({"url": "https://shop.example:{port}/"}, ("wrong-url", "/url")),
        ({"url": "{globals.base}/x"}, ("wrong-url", "/url")),
        ({"url": "https://me:word@shop.example/"}, ("wrong-url", "/url")),
        ({"url": "https://shop.example:77777/"}, ("wrong-url", "/url")),
        ({"url": "https://shop.example/#x"}, ("wrong-url", "/url")),
        ({"url": "https://shop.example/a/../b"}, ("wrong-url", "/url")),
        ({"url": "https://shop example/"}, ("wrong-url", "/url")),
        ({"url": "https://løk.example/"}, ("wrong-url", "/url")),
        ({"url": "https://shop.example\\@evil.example/"}, ("wrong-url", "/url")),
        ({"url": "https:///x"}, ("wrong-url", "/url")),
        ({"url": "https://[::1/x"}, ("wrong-url", "/url")),
        ({"url": "${BAD}/x"}, ("wrong-url", "/url")),
        ({"url": "https://shop.example/{or der}"}, ("wrong-template", "/url")),
        ({"url": "https://shop.example/${no-name}"}, ("wrong-variable", "/url")),
        ({"method": "FETCH"}, ("wrong-method", "/method")),
        ({"method": "post"}, ("wrong-method", "/method")),
        ({"method": 1}, ("wrong-type", "/method")),
        ({"headers": []}, ("wrong-type", "/headers")),
        ({"headers": {"X Y": "z"}}, ("wrong-header", "/headers/X Y")),
        ({"headers": {"Host": "z"}}, ("wrong-header", "/headers/Host")),
        ({"headers": {"X": "a\r\nY: b"}}, ("wrong-header", "/headers/X")),
        ({"headers": {"X/Y": None}}, ("wrong-type", "/headers/X~1Y")),
        ({"query": {"x": ["y"]}}, ("wrong-type", "/query/x")),
        ({"body": {"text": "x"}}, ("wrong-body", "/body")),
        ({"method": "POST", "body": {}}, ("wrong-body", "/body")),
        ({"method": "POST", "body": {"json": 1, "form": {}}}, ("wrong-body", "/body")),
        ({"method": "POST", "body": {"xml": 1}}, ("unknown-key", "/body/xml")),
        ({"method": "POST", "body": "x"}, ("wrong-type", "/body")),
        ({"method": "POST", "body": {"text": 7}}, ("wrong-type", "/body/text")),
        (
            {"method": "POST", "body": {"json": {"a": ["{x", 1]}}},
            ("wrong-template", "/body/json/a/0"),
        ),
        ({"auth": "bearer"}, ("wrong-auth", "/auth")),
        ({"auth": None}, ("wrong-type", "/auth")),
        ({"auth": {}}, ("wrong-auth", "/auth")),
        ({"auth": {"baerer": "x"}}, ("unknown-key", "/auth/baerer")),
        ({"auth": {"bearer": ""}}, ("empty-text", "/auth/bearer")),
        ({"auth": {"key": {"value": "${KEY}"}}}, ("wrong-auth", "/auth/key")),
        ({"auth": {"key": {"header": "X"}}}, ("wrong-type", "/auth/key/value")),
        ({"auth": {"key": {"header": 7, "value": "${KEY}"}}}, ("wrong-type", "/auth/key/header")),
        ({"auth": {"basic": {**BASIC, "user": "x"}}}, ("unknown-key", "/auth/basic/user")),
        ({"auth": {"basic": "x"}}, ("wrong-type", "/auth/basic")),
        ({"auth": {"oauth2": {**OAUTH2, "grant": "code"}}}, ("wrong-auth", "/auth/oauth2/grant")),
        (
            {"auth": {"oauth2": {**OAUTH2, "grant": "refresh_token"}}},
            ("wrong-type", "/auth/oauth2/refresh_token"),
        ),
        (
            {"auth": {"oauth2": {**OAUTH2, "token_url": "x"}}},
            ("wrong-url", "/auth/oauth2/token_url"),
        ),
        (
            {"auth": {"oauth2": {**OAUTH2, "token_url": "https://id.example/{x}"}}},
            ("wrong-url", "/auth/oauth2/token_url"),
        ),
        ({"timeout": "31s"}, ("wrong-duration", "/timeout")),
        ({"timeout": "0s"}, ("wrong-duration", "/timeout")),
        ({"timeout": 5}, ("wrong-duration", "/timeout")),
        ({"retries": 4}, ("wrong-number", "/retries")),
        ({"retries": True}, ("wrong-type", "/retries")),
        ({"expect": []}, ("empty-list", "/expect")),
        ({"expect": "200"}, ("wrong-type", "/expect")),
        ({"expect": [200, 99]}, ("wrong-number", "/expect/1")),
        ({"largest_answer": 0}, ("wrong-number", "/largest_answer")),
        ({"largest_answer": 10_000_001}, ("wrong-number", "/largest_answer")),
        ({"save": ["x"]}, ("wrong-type", "/save")),
        ({"save": {"a-b": "$.a"}}, ("wrong-name", "/save/a-b")),
        ({"save": {"a": 1}}, ("wrong-type", "/save/a")),
        ({"save": {"a": {}}}, ("wrong-type", "/save/a/path")),
        ({"save": {"a": {"path": "$.a", "or": 1}}}, ("unknown-key", "/save/a/or")),
        ({"save": {"a": {"path": "$.a", "list": 1}}}, ("wrong-type", "/save/a/list")),
        ({"save": {"a": "order.status"}}, ("wrong-path", "/save/a")),
        ({"save": {"a": "$.b"}, "sample": {"a": 1}}, ("sample-mismatch", "/save/a")),
        ({"allow_private": "yes"}, ("wrong-type", "/allow_private")),
        ({"idempotent": 1}, ("wrong-type", "/idempotent")),
        ({"secret": ["oder"]}, ("unknown-parameter", "/secret/0")),
        ({"secret": 5}, ("wrong-type", "/secret")),
        ({"title": 5}, ("wrong-type", "/title")),
        ({"title": "\ud800"}, ("wrong-text", "/title")),
    ],
    ids=str,
)  # fmt: skip
def test_mistakes(keys: dict[str, Any], expected: tuple[str, str]) -> None:
    document = {"url": URL, **keys}
    found, findings = read(document)
    assert found is None
    assert expected in [(f.code, f.place) for f in findings if f.severity == "error"]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"auth": {"bearer": "${NOWHERE}"}}, ("api-off", "/auth/bearer")),
        ({"url": "${NOWHERE}/x"}, ("api-off", "/url")),
        ({"auth": {"bearer": "abc"}}, ("secret-in-file", "/auth/bearer")),
        (
            {"auth": {"oauth2": {**OAUTH2, "client_secret": "x"}}},
            ("secret-in-file", "/auth/oauth2/client_secret"),
        ),
        ({"url": "http://10.0.0.1/"}, ("private-address", "/url")),
        ({"url": "http://127.1/"}, ("private-address", "/url")),
        ({"url": "http://localhost:80/"}, ("private-address", "/url")),
        (
            {"url": "http://shop.example/", "auth": {"bearer": "${KEY}"}},
            ("plain-http", "/url"),
        ),
        ({"save": {"a": "$.a"}}, ("no-sample", "/save")),
    ],
)  # fmt: skip
def test_doubts(keys: dict[str, Any], expected: tuple[str, str]) -> None:
    found, findings = read({"url": URL, **keys})
    assert found is not None
    assert [(f.code, f.place) for f in findings] == [expected]


def test_a_missing_variable_puts_the_api_off() -> None:
    found, _ = read({"url": URL, "auth": {"bearer": "${NOWHERE}"}, "query": {"k": "${NOTHING}"}})
    assert found is not None
    assert found.off == ("NOWHERE", "NOTHING")
    assert api(auth={"bearer": "${NOWHERE:-stand-in}"}).off == ()


def test_a_sample_may_lack_what_has_a_default() -> None:
    save = {"a": {"path": "$.a", "default": None}, "b": "$.b"}
    assert told({"url": URL, "save": save, "sample": {"b": 1}}) == []


@pytest.mark.parametrize("document", [None, [], "x", 7, {"sample": [[]] * 3}])
def test_what_is_no_api(document: Any) -> None:
    assert read(document)[0] is None


@pytest.mark.parametrize("name", ["", "a b", "../x", "ø", "-a", "a" * 81])
def test_names(name: str) -> None:
    assert told({"url": URL}, name) == [("wrong-name", "")]


def test_nesting_ends() -> None:
    tree: Any = "{x}"
    for _ in range(5000):
        tree = [tree]
    assert ("too-deep", "/sample" + "/0" * 399) in told({"url": URL, "sample": tree})


def test_no_secret_is_shown() -> None:
    for auth in (
        {"bearer": "${KEY}"}, {"basic": BASIC}, {"key": {"query": "k", "value": "a ${KEY}"}},
        {"oauth2": OAUTH2},
    ):  # fmt: skip
        found = api(auth=auth, query={"x": "${KEY}"}, headers={"Y": "${KEY}"})
        assert VARIABLES["KEY"] in found.secrets
        assert VARIABLES["KEY"] not in repr(found)
        assert VARIABLES["KEY"] not in json.dumps(found.definition)


_TEXT = st.text("aé{}$.[]*?@:/-#${KEY}|' \\", max_size=12)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 700) | st.floats() | _TEXT,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(_TEXT, below, max_size=3),
    max_leaves=6,
)
_WORDS = st.sampled_from(
    [*API_KEYS, *BODY_KINDS, *SAVED_KEYS, *KEY_KEYS, *BASIC_KEYS, *OAUTH2_KEYS, "key", "basic",
     "bearer", "oauth2"]
)  # fmt: skip
_TREE = st.recursive(
    _JSON, lambda below: st.dictionaries(_WORDS, below | _JSON, max_size=5), max_leaves=12
)


@given(st.dictionaries(_WORDS, _TREE, max_size=6), st.booleans())
def test_any_document_is_read_or_refused_with_reasons(document: Any, with_url: bool) -> None:
    found, findings = read({**document, **({"url": URL} if with_url else {})})
    assert (found is None) == any(finding.severity == "error" for finding in findings)
