"""No value leads a request elsewhere, and no secret stands in what is shown of it."""

import json
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.api_reader import examine
from bot.engine.api_requests import SHORTEST_SECRET, Request, redacted, request_for
from bot.engine.api_texts import ParameterInvalid
from bot.engine.apis import Api

URL = "https://shop.example/orders/{order}/lines?of={order}"


def api(variables: dict[str, str] | None = None, **keys: Any) -> Api:
    found, findings = examine({"url": URL, **keys}, "x", (variables or {}).get)
    assert found is not None, findings
    return found


def request(api: Api, values: dict[str, Any], shared: dict[str, Any] | None = None) -> Request:
    return request_for(api, values, shared or {}, "turn:1")


_VALUES = st.text() | st.integers() | st.booleans() | st.lists(st.text(max_size=3)) | st.none()


@given(_VALUES)
def test_a_value_stays_in_its_place(value: Any) -> None:
    declared = api(query={"also": "{order}"}, headers={"X-Order": "{order}"})
    try:
        made = request(declared, {"order": value})
    except ParameterInvalid:
        return
    parts = urlsplit(made.url)
    assert parts.netloc == "shop.example"
    before, middle, after = parts.path.rpartition("/")[0].partition("/orders/")
    assert (before, middle, parts.path.count("/"), parts.fragment) == ("", "/orders/", 3, "")
    assert after not in ("", ".", "..")
    assert {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)} <= {"of", "also"}
    assert not set("\r\n\x00") & set(made.headers["x-order"])
    if isinstance(value, str) and value.isprintable():
        assert unquote(after) == value
        assert dict(parse_qsl(parts.query, keep_blank_values=True))["also"] == value


@given(st.text(min_size=SHORTEST_SECRET), st.text(min_size=1), st.sampled_from(["header", "query"]))
def test_no_secret_is_shown(secret: str, order: str, place: str) -> None:
    declared = api(
        {"KEY": secret},
        auth={"key": {place: "k", "value": "${KEY}"}},
        query={"page": "{order}", "own": "{order} ${KEY}", "same": "{same}"},
        secret=["same"],
    )
    for value in (order, secret):
        try:
            made = request(declared, {"order": value, "same": value})
        except ParameterInvalid:
            continue
        assert secret not in made.shown.replace("***", "")


@given(st.recursive(_VALUES, lambda below: st.lists(below) | st.dictionaries(st.text(), below)))
def test_a_json_body_holds_the_value_itself(value: Any) -> None:
    declared = api(
        method="POST", url="https://x.example/", body={"json": {"v": "{v}", "said": ["v: {v}"]}}
    )
    sent = json.loads(request(declared, {"v": value}).content or b"")
    assert sent["v"] == value


@pytest.mark.parametrize(
    ("template", "values", "written"),
    [
        ("{n}", {"n": 5.0}, "5"),
        ("{n}", {"n": 1.5}, "1.5"),
        ("{b}", {"b": True}, "true"),
        ("{firstName}", {"first_name": "Ann"}, "Ann"),
        ("{first_name}", {"firstName": "Ann"}, "Ann"),
        ("{{user.name | upper}}", {"name": "ann"}, "ANN"),
        ("{{gone | default('x')}}", {}, "x"),
        ("{deep.list.1.name}", {"deep": {"list": [0, {"name": "y"}]}}, "y"),
        ("{globals.shop.id}", {}, "S1"),
        ("{globals.none}", {}, None),
        ("{gone}", {}, None),
        ("{gone}!", {}, "!"),
        ("${KEY}{n}", {"n": 1}, "a{b}1"),
    ],
)
def test_values(template: str, values: dict[str, Any], written: str | None) -> None:
    declared = api({"KEY": "a{b}"}, url="https://x.example/", query={"v": template})
    made = request(declared, values, {"shop": {"id": "S1"}})
    assert dict(parse_qsl(urlsplit(made.url).query)).get("v") == written


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://in.example", "https://in.example/a/1"),
        ("https://in.example/", "https://in.example/a/1"),
        ("https://in.example/v2/", "https://in.example/v2/a/1"),
        ("http://in.example:8080/v 2", "http://in.example:8080/v%202/a/1"),
    ],
)
def test_a_setting_that_an_address_begins_with(base: str, url: str) -> None:
    made = request(api({"BASE": base}, url="${BASE}/a/{n}"), {"n": 1})
    assert made.url == made.shown == url


def test_a_setting_within_an_address_is_a_value() -> None:
    made = request(api({"KEY": "a/b?c&d"}, url="https://x.example/${KEY}/{n}?k=${KEY}"), {"n": 1})
    assert made.url == "https://x.example/a%2Fb%3Fc%26d/1?k=a%2Fb%3Fc%26d"
    assert made.shown == "https://x.example/***/1?k=***"
    assert "a/b" not in repr(made)


@pytest.mark.parametrize(
    "auth",
    [
        {"bearer": "{token}"},
        {"key": {"header": "K", "value": "{token}"}},
        {"basic": {"username": "{token}", "password": "${KEY}"}},
    ],
)
def test_credentials_of_the_contact_must_be_there(auth: dict[str, Any]) -> None:
    declared = api({"KEY": "k"}, url="https://x.example/", auth=auth)
    assert "token" in declared.parameters
    request(declared, {"token": "abc"})
    with pytest.raises(ParameterInvalid):
        request(declared, {})


def test_what_is_too_large_is_not_sent() -> None:
    with pytest.raises(ParameterInvalid):
        request(api(), {"order": "x" * 10_000})
    with pytest.raises(ParameterInvalid):
        request(api(method="POST", body={"text": "{x}"}), {"order": "1", "x": "x" * 1_000_001})


def test_short_secrets_are_left_in_other_texts() -> None:
    assert redacted("a1b secret SECRET", ["1", "secret"]) == "a1b *** SECRET"


HALF = "a\ud800bcd"
"""A text with half of a character, which no encoding can write."""


@pytest.mark.parametrize(
    "keys",
    [
        {"headers": {"x-order": "{order}"}},
        {"query": {"q": "{order}"}, "secret": ["order"]},
        {"auth": {"basic": {"username": "{order}", "password": "${KEY}"}}},
        {"auth": {"key": {"query": "k", "value": "${KEY}"}}},
        {"method": "POST", "body": {"json": {"a": "{order}"}}},
        {"method": "POST", "body": {"form": {"a": "{order}"}}},
    ],
)
def test_no_text_is_beyond_a_request(keys: dict[str, Any]) -> None:
    declared = api({"KEY": HALF}, **keys)
    if "headers" in keys:
        with pytest.raises(ParameterInvalid, match="x-order"):
            request(declared, {"order": HALF})
        return
    made = request(declared, {"order": HALF})
    for text in (made.url, made.shown, *made.headers.values()):
        text.encode()
