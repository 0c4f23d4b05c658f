"""Answers are mapped by JSON paths, which end however the answer is made."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.actions import keepable
from bot.engine.api_addresses import is_address, is_public
from bot.engine.api_answers import DEEPEST_SLOTS, NotJson, answered, decoded, mapped, sampled
from bot.engine.api_paths import (
    LONGEST_PATH,
    MOST_MATCHES,
    MOST_SEARCHED,
    PathFailed,
    PathInvalid,
    compiled,
)
from bot.engine.api_reader import examine
from bot.engine.apis import Api

ORDER = {
    "id": "A1",
    "lines": [{"sku": "t", "price": 4.5, "qty": 2}, {"sku": "c", "price": 9, "qty": 1}],
    "to": {"name": "Ann"},
    "note": "1",
}


def api(save: dict[str, Any], **keys: Any) -> Api:
    found, findings = examine(
        {"url": "https://x.example/", "save": save, **keys}, "x", dict[str, str]().get
    )
    assert found is not None, findings
    return found


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.id", "A1"),
        ("$", ORDER),
        ("$.to.name", "Ann"),
        ("$['to']['name']", "Ann"),
        ("$.lines[0].price", 4.5),
        ("$.lines[-1].sku", "c"),
        ("$.lines[*].sku", ["t", "c"]),
        ("$.lines[?@.price > 5].sku", "c"),
        ("$.lines[?@.price < 50 && @.qty == 2].sku", "t"),
        ("$..sku", ["t", "c"]),
        ("$.lines[0:1].sku", "t"),
        ("$['id','note']", ["A1", "1"]),
        ("$.lines[?match(@.sku, '[a-c]')].price", 9),
        ("$.lines[?search(@.sku, 't')].price", 4.5),
        ("$.lines[?match(@.sku, '(')].price", None),
        ("$.lines[?length(@.sku) == 1].qty", [2, 1]),
        ("$.nothing", None),
        ("$.id.deeper", None),
        ("$.lines[7]", None),
    ],
)
def test_paths(path: str, value: Any) -> None:
    assert mapped(api({"found": path}), ORDER).slots == {"found": value}


@pytest.mark.parametrize("document", ["1", "[1]", "{", "x", 7, None, True, []])
def test_an_answer_that_is_one_value(document: Any) -> None:
    assert mapped(api({"all": "$", "part": "$.a"}), document).slots == {
        "all": document,
        "part": None,
    }


def test_defaults_and_lists() -> None:
    save = {
        "status": {"path": "$.status", "default": "unknown"},
        "skus": {"path": "$.lines[?@.price > 5].sku", "list": True},
        "none": {"path": "$.none[*]", "default": [], "list": True},
        "null": {"path": "$.null", "default": "x"},
    }
    found = mapped(api(save), {**ORDER, "null": None}).slots
    assert found == {"status": "unknown", "skus": ["c"], "none": [], "null": None}


@pytest.mark.parametrize(
    "path",
    [
        "", "id", "$.", "$[", "$.a b", " $.a", "$.a ", "$.a | $.b", "$.~", "$[?@.a =~ /x/]", "^.a",
        "$..a..b", "$[0,1][0,1]", "$[?$.a == 1]", "$[?@..a]", "$[?@[0,1] == 1]", "$[?@[?@.a]]",
        "$[?nothing(@.a)]", "$[" * 100, "$.a" + ".a" * LONGEST_PATH, "$[?(" + "(" * 140 + "@.a",
        "$[99999999999999999999]", "$['\\ud800']",
    ],
)  # fmt: skip
def test_no_paths(path: str) -> None:
    with pytest.raises(PathInvalid):
        compiled(path)


@given(st.text("$@.*[]?()'\"ab01-,:&|!=<>~^#_ \\u", max_size=30))
def test_any_text_is_a_path_or_refused(text: str) -> None:
    for path in (text, f"$.a{text}", f"$[?{text}]"):
        try:
            made = compiled(path)
        except PathInvalid:
            continue
        assert isinstance(made.find({"a": [{"b": 1}, "x", 2]}), list)


def test_too_many_values_and_too_deep_ones() -> None:
    many = [0] * (MOST_MATCHES + 1)
    assert mapped(api({"x": "$[*]"}), many).failed == "mapping"
    assert mapped(api({"x": "$[*]"}), many[1:]).failed is None
    large = {"all": [{}] * (MOST_SEARCHED + 1), "id": 5}
    assert mapped(api({"x": "$..id"}), large).failed == "mapping"
    assert mapped(api({"x": "$.id"}), large).slots == {"x": 5}
    deep: Any = 0
    for _ in range(300):
        deep = [deep]
    with pytest.raises(PathFailed):
        compiled("$..a").find(deep)
    assert mapped(api({"x": "$"}), "x" * 100_001).failed == "too_large"


@pytest.mark.parametrize("depth", [DEEPEST_SLOTS, DEEPEST_SLOTS + 1, 400, 900])
def test_what_is_saved_can_be_read_everywhere(depth: int) -> None:
    result = answered(api({"x": "$.a"}), 200, b'{"a":' + b"[" * depth + b"]" * depth + b"}")
    assert result.failed == (None if depth <= DEEPEST_SLOTS else "mapping")
    keepable(result.slots)


def test_an_expression_does_not_backtrack() -> None:
    path = compiled("$[?match(@, '(a+)+b')]")
    assert path.find(["a" * 50_000]) == []


@pytest.mark.parametrize(
    ("status", "content", "failed"),
    [
        (200, b'{"id": 1}', None), (204, b"", None), (200, b"", "not_json"), (404, b"{}", "status"),
        (500, b"", "status"), (401, b"", "auth"), (403, b"{}", "status"), (302, b"", "status"),
        (200, b"<html>", "not_json"), (200, b'{"id": NaN}', "not_json"), (200, b"1e999", "not_json"),
        (200, b"9" * 5000, "not_json"), (200, b"\xff\xfe\xfa", "not_json"), (200, b"[" * 9999, "not_json"),
    ],
)  # fmt: skip
def test_answers(status: int, content: bytes, failed: str | None) -> None:
    assert answered(api({"id": "$.id"}), status, content).failed == failed


def test_only_what_is_saved_must_be_json() -> None:
    assert answered(api({}), 200, b"<html>").failed is None


def test_the_sample_stands_for_an_answer() -> None:
    assert sampled(api({"id": "$.id"}, sample={"id": 5})).slots == {"id": 5}
    assert sampled(api({"id": {"path": "$.id", "default": 0}})).slots == {"id": 0}


@given(st.binary(max_size=40))
def test_any_body_is_json_or_not(content: bytes) -> None:
    with suppress(NotJson):
        json.dumps(decoded(content), allow_nan=False)


@pytest.mark.parametrize(
    "host", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "2002:808:808::1"]
)
def test_public_addresses(host: str) -> None:
    assert is_public(host)
    assert is_address(host)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "255.255.255.255", "224.0.0.1", "240.0.0.1", "192.0.2.1", "198.18.0.1", "::", "::1",  # noqa: S104
        "fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:10.0.0.1", "::10.0.0.1",
        "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:a00:1::", "2001:db8::1", "127.1", "2130706433",
        "0x7f.0.0.1", "0177.0.0.1", "127.0.0.1.", "168.63.129.16", "::ffff:168.63.129.16",
        "192.0.0.192", "fec0::1", "3fff::1",
    ],
)  # fmt: skip
def test_addresses_inside(host: str) -> None:
    assert not is_public(host)
    assert is_address(host)


@pytest.mark.parametrize("host", ["shop.example", "localhost", "1.example", "abc", "face.b00c"])
def test_names_are_no_addresses(host: str) -> None:
    assert not is_public(host)
    assert not is_address(host)
