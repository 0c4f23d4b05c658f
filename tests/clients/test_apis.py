"""Declared calls against a real server that misbehaves: each ends in a result, in time."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.clients.api_connections import MOST_CONNECTIONS
from bot.clients.apis import retry_after
from tests.clients.api_calls import SAVE, VARIABLES, Caller, calling
from tests.fakes.apis import FakeShop


@pytest.fixture
async def call() -> AsyncIterator[Caller]:
    async with calling() as it:
        yield it


@pytest.fixture
def shop(call: Caller) -> FakeShop:
    return call.shop


async def test_a_call_saves_what_the_mapping_names(call: Caller, shop: FakeShop) -> None:
    result = await call(save={**SAVE, "names": "$.order.items[*].name", "gone": "$.gone"})
    assert result.slots == {"status": "sent", "names": "Tea", "gone": None}
    assert result.failed is None
    assert result.shown["status"] == 200
    assert result.shown["attempts"] == 1
    assert result.shown["url"] == f"{shop.url}/orders/A1"
    assert shop.seen[0].headers["Idempotency-Key"] == "turn:1"


async def test_values_stay_within_their_part_of_the_address(call: Caller, shop: FakeShop) -> None:
    await call({"order": "A/../1?x=ø&y#z"}, query={"at": "{order}", "gone": "{missing}"})
    assert shop.seen[0].path == (
        "/orders/A%2F..%2F1%3Fx%3D%C3%B8%26y%23z?at=A%2F..%2F1%3Fx%3D%C3%B8%26y%23z"
    )


@pytest.mark.parametrize("value", ["..", ".", "", None])
async def test_a_value_that_would_lead_elsewhere(
    call: Caller, shop: FakeShop, value: str | None
) -> None:
    result = await call({"order": value})
    assert result.failed == "parameter"
    assert shop.seen == []


@pytest.mark.parametrize(
    ("fault", "failed"),
    [
        ("late", "timeout"), ("slow", "timeout"), ("500", "status"), ("404", "status"),
        ("301", "status"), ("401", "auth"), ("html", "not_json"), ("endless", "too_large"),
        ("bomb", "too_large"), ("broken", "not_json"), ("brotli", "not_json"), ("deep", "not_json"),
        ("wrong json", "not_json"), ("empty", "not_json"), ("long", "too_large"),
        ("half", "unreachable"), ("hang up", "unreachable"),
    ],
)  # fmt: skip
async def test_a_server_that_misbehaves(
    call: Caller, shop: FakeShop, fault: str, failed: str
) -> None:
    # A GET whose connection is gone is sent again by the client, so the fault comes twice.
    shop.faults.extend([fault, fault])
    result = await call(timeout="0.3s" if failed == "timeout" else "20s")
    assert result.failed == failed
    assert result.slots == {}
    # The next call is not disturbed.
    shop.faults.clear()
    assert (await call()).slots == {"status": "sent"}


async def test_a_packed_answer(call: Caller, shop: FakeShop) -> None:
    shop.faults.append("packed")
    assert (await call()).slots == {"status": "packed"}


async def test_the_largest_answer(call: Caller, shop: FakeShop) -> None:
    size = len(json.dumps(shop.orders["A1"]))
    assert (await call(largest_answer=size)).failed is None
    assert (await call(largest_answer=size - 1)).failed == "too_large"


async def test_nobody_there(call: Caller) -> None:
    result = await call(url="http://127.0.0.1:1/", retries=2)
    assert result.failed == "unreachable"
    assert result.shown["attempts"] == 3


async def test_an_answer_without_the_values(call: Caller, shop: FakeShop) -> None:
    shop.faults.append("other")
    result = await call(save={"status": {"path": "$.order.status", "default": "unknown"}})
    assert result.slots == {"status": "unknown"}


async def test_an_expected_error_is_read(call: Caller) -> None:
    result = await call({"order": "B2"}, expect=[200, 404], save={"error": "$.error"})
    assert result.slots == {"error": "unknown"}
    assert result.shown["status"] == 404


async def test_without_save_the_body_is_not_read(call: Caller, shop: FakeShop) -> None:
    shop.faults.append("endless")
    result = await call(save={})
    assert (result.failed, result.slots) == (None, {})


# Retries.


@pytest.mark.parametrize("fault", ["429", "502", "503", "504", "late", "hang up"])
async def test_a_get_is_tried_again(call: Caller, shop: FakeShop, fault: str) -> None:
    shop.faults.append(fault)
    if fault == "hang up":
        shop.faults.append(fault)
    result = await call(retries=1, timeout="0.5s")
    assert result.slots == {"status": "sent"}
    assert result.shown["attempts"] == 2
    assert len(call.pauses) == 1


@pytest.mark.parametrize("fault", ["400", "404", "500", "html", "bomb"])
async def test_what_would_fare_no_better_is_not_tried_again(
    call: Caller, shop: FakeShop, fault: str
) -> None:
    shop.faults.append(fault)
    assert (await call(retries=3)).failed
    assert len(shop.seen) == 1


NEW: dict[str, Any] = {
    "method": "POST",
    "body": {"json": {"note": "{note}"}},
    "save": {"id": "$.order.id"},
}


@pytest.mark.parametrize(("fault", "times"), [("429", 2), ("503", 2), ("502", 1), ("late", 1)])
async def test_a_post_is_tried_again_where_nothing_was_done(
    call: Caller, shop: FakeShop, fault: str, times: int
) -> None:
    shop.faults.append(fault)
    await call({"order": "", "note": "x"}, **NEW, url=f"{shop.url}/orders", retries=1,
               timeout="0.3s")  # fmt: skip
    assert len(shop.seen) == times


async def test_a_post_with_our_key_is_done_once(call: Caller, shop: FakeShop) -> None:
    shop.faults.append("502")
    new = {**NEW, "url": f"{shop.url}/orders", "retries": 1, "idempotent": True}
    first = await call({"note": "x"}, key="turn:2", **new)
    again = await call({"note": "x"}, key="turn:2", **new)
    assert first.slots == again.slots == {"id": "N1"}
    assert {seen.headers["Idempotency-Key"] for seen in shop.seen} == {"turn:2"}
    assert len(shop.orders) == 2


async def test_the_server_says_when_to_come_back(call: Caller, shop: FakeShop) -> None:
    shop.faults.extend(["429 7", "503 0"])
    assert (await call(retries=2)).failed is None
    assert call.pauses == [7.0, 0.0]


async def test_a_pause_that_is_too_long_is_not_made(call: Caller, shop: FakeShop) -> None:
    shop.faults.append("429 3600")
    result = await call(retries=3)
    assert (result.failed, result.shown["status"], call.pauses) == ("status", 429, [])


async def test_all_attempts_together_have_an_end() -> None:
    async with calling(longest=0.3) as call:
        call.shop.faults.extend(["503"] * 2 + ["late"])
        result = await call(retries=3, timeout="20s")
        assert (result.failed, result.shown["attempts"]) == ("timeout", 3)


def test_retry_after() -> None:
    assert retry_after("7", 0) == 7
    assert retry_after("Thu, 01 Jan 1970 00:01:40 GMT", 40) == 60
    assert retry_after("Thu, 01 Jan 1970 00:01:40 GMT", 400) == 0
    assert [retry_after(said, 0) for said in ("", "soon", "-1", "9" * 400)] == [None] * 4


# What is sent.


@pytest.mark.parametrize(
    ("body", "sent", "kind"),
    [
        (
            {"json": {"n": "{n}", "said": "n={n}", "deep": ["{list}", True, None]}},
            b'{"n":5,"said":"n=5","deep":[["a","b"],true,null]}',
            "application/json",
        ),
        (
            {"form": {"n": "{n}", "all": "{list}", "gone": "{gone}", "k": "${SHOP_KEY}"}},
            b"n=5&all=a&all=b&k=k3y-of-the-shop",
            "application/x-www-form-urlencoded",
        ),
        ({"text": "n: {n}, {{'{'}}"}, b"n: 5, {", "text/plain"),
    ],
)
async def test_bodies(
    call: Caller, shop: FakeShop, body: dict[str, Any], sent: bytes, kind: str
) -> None:
    await call({"n": 5, "list": ["a", "b"]}, method="POST", url=f"{shop.url}/orders", body=body)
    assert shop.seen[0].body == sent
    assert shop.seen[0].headers["Content-Type"].startswith(kind)


async def test_headers(call: Caller, shop: FakeShop) -> None:
    await call({"order": "A1", "who": "Åse"}, headers={"X-Who": "{who}", "Accept": "text/json"})
    assert shop.seen[0].headers["X-Who"] == "Åse"
    assert shop.seen[0].headers.getall("Accept") == ["text/json"]  # type: ignore[attr-defined]


async def test_a_header_cannot_be_divided(call: Caller, shop: FakeShop) -> None:
    result = await call({"order": "A1", "who": "x\r\nEvil: yes"}, headers={"X-Who": "{who}"})
    assert result.failed == "parameter"
    assert shop.seen == []


@pytest.mark.parametrize(
    ("auth", "header", "sent"),
    [
        ({"key": {"header": "X-Key", "value": "${SHOP_KEY}"}}, "X-Key", "k3y-of-the-shop"),
        ({"bearer": "${SHOP_KEY}"}, "Authorization", "Bearer k3y-of-the-shop"),
        (
            {"basic": {"username": "shop", "password": "${SHOP_WORD}"}},
            "Authorization",
            "Basic c2hvcDp3MHJkIG9mIHRoZSBzaG9w",
        ),
    ],
)
async def test_credentials(
    call: Caller, shop: FakeShop, auth: dict[str, Any], header: str, sent: str
) -> None:
    result = await call(auth=auth)
    assert shop.seen[0].headers[header] == sent
    assert not any(secret in str(result.shown) for secret in VARIABLES.values())


async def test_a_key_in_the_query_is_not_shown(call: Caller, shop: FakeShop) -> None:
    auth = {"key": {"query": "code", "value": "${SHOP_WORD}"}}
    result = await call({"order": "A1", "pin": "12345"}, auth=auth,
                        query={"pin": "{pin}", "say": "${SHOP_KEY}!", "token": "{order}"},
                        secret=["pin"])  # fmt: skip
    assert shop.seen[0].path.endswith(
        "?pin=12345&say=k3y-of-the-shop%21&token=A1&code=w0rd%20of%20the%20shop"
    )
    assert result.shown["url"] == f"{shop.url}/orders/A1?pin=***&say=***%21&token=***&code=***"


async def test_a_value_that_happens_to_be_a_secret_is_not_shown(call: Caller) -> None:
    auth = {"key": {"header": "X-Key", "value": "${SHOP_WORD}"}}
    result = await call({"order": VARIABLES["SHOP_WORD"]}, auth=auth)
    assert result.shown["url"].endswith("/orders/***")


async def test_nothing_is_sent_while_a_variable_is_missing(call: Caller, shop: FakeShop) -> None:
    result = await call(auth={"bearer": "${NOWHERE}"})
    assert result.failed == "off"
    assert result.shown["reason"] == "not set: NOWHERE"
    assert shop.seen == []


async def test_many_calls_at_once(call: Caller, shop: FakeShop) -> None:
    api = call.api()
    results = await asyncio.gather(
        *(call.apis.call(api, {"order": "A1"}, {}, f"turn:{i}") for i in range(200))
    )
    assert all(result.slots == {"status": "sent"} for result in results)
    assert len({seen.headers["Idempotency-Key"] for seen in shop.seen}) == 200


async def test_a_server_that_is_silent_keeps_no_place_from_another(
    call: Caller, shop: FakeShop
) -> None:
    shop.faults.extend(["late"] * MOST_CONNECTIONS)
    silent = call.api(timeout="30s")
    waiting = [
        asyncio.create_task(call.apis.call(silent, {"order": "A1"}, {}, ""))
        for _ in range(MOST_CONNECTIONS)
    ]
    await shop.arrived.wait()
    async with FakeShop() as other:
        result = await call(url=f"{other.url}/orders/{{order}}", timeout="30s")
    assert result.slots == {"status": "sent"}
    assert not any(task.done() for task in waiting)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
