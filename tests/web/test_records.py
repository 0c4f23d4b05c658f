"""The data store over the API."""

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest

from bot.domain.contacts import contact_id_for
from bot.domain.data_records import DataRecord
from bot.domain.records import TurnRecord
from tests.web.conftest import ANN, BEARER, Call, Web

CONTACT = contact_id_for(ANN)


async def stored(web: Web, *values: dict[str, Any], **fields: Any) -> list[str]:
    """Stores records, one with each of these values; their ids."""
    records = tuple(
        DataRecord(
            **{"id": web.ids.new(), "collection": "orders", "at": 1_790_000_000.5, "values": it,
               "contact_id": CONTACT, "session_id": "s", "flow": "coupon", **fields}
        )
        for it in values
    )  # fmt: skip
    assert await web.store.save(TurnRecord(web.ids.new(), 1.0, CONTACT, data=records))
    return [it.id for it in records]


async def listed(call: Call, query: str = "") -> list[str]:
    status, _, page = await call("GET", f"/api/v1/records{query}")
    assert status == 200, page
    return [it["id"] for it in page["items"]]


async def test_a_record(call: Call, web: Web) -> None:
    [id_] = await stored(web, {"size": "L", "n": [1, None]}, key="ann")
    status, _, record = await call("GET", f"/api/v1/records/{id_}")
    assert status == 200
    assert record == {
        "id": id_, "collection": "orders", "key": "ann", "at": "2026-09-21T14:13:20.500000Z",
        "values": {"size": "L", "n": [1, None]}, "contact_id": CONTACT, "session_id": "s",
        "flow": "coupon",
    }  # fmt: skip
    assert (await call("GET", "/api/v1/records/none"))[0] == 404


async def test_records_by_collection_contact_and_key(call: Call, web: Web) -> None:
    mine = await stored(web, {"n": 1}, {"n": 2}, {"n": 3})
    [other] = await stored(web, {}, collection="feedback", contact_id="bob", key="k")
    assert await listed(call) == [other, *mine[::-1]]
    assert await listed(call, "?collection=feedback") == [other]
    assert await listed(call, f"?contact_id={CONTACT}&collection=orders") == mine[::-1]
    assert await listed(call, "?key=k") == [other]
    _, _, page = await call("GET", "/api/v1/records?limit=3")
    assert await listed(call, f"?cursor={page['next_cursor']}") == mine[:1]
    status, _, problem = await call("GET", "/api/v1/records?collection=a/b")
    assert (status, problem["errors"][0]["field"]) == (400, "collection")


async def test_collections_and_deletion(call: Call, web: Web) -> None:
    first, second = await stored(web, {"n": 1}, {"n": 2})
    await stored(web, {}, collection="feedback")
    _, _, found = await call("GET", "/api/v1/collections")
    assert found["items"] == [{"name": "feedback", "count": 1}, {"name": "orders", "count": 2}]
    status, _, deleted = await call("DELETE", f"/api/v1/records/{first}")
    assert (status, deleted["id"], deleted["values"]) == (200, first, {"n": 1})
    assert (await call("DELETE", f"/api/v1/records/{first}"))[0] == 404
    assert await listed(call, "?collection=orders") == [second]


async def exported(web: Web, format: str) -> tuple[Mapping[str, str], str]:
    """The headers and the text of an export of the orders."""
    path = f"{web.url}/api/v1/collections/orders/export?format={format}"
    async with aiohttp.ClientSession(headers=BEARER) as client, client.get(path) as answer:
        assert answer.status == 200
        return answer.headers, (await answer.read()).decode()


async def test_lines_of_json(call: Call, web: Web) -> None:
    ids = await stored(web, {"é": "ß\n"}, {"n": 1.5})
    headers, text = await exported(web, "jsonl")
    assert headers["Content-Type"] == "application/x-ndjson"
    assert headers["Content-Disposition"] == 'attachment; filename="orders.jsonl"'
    lines = [json.loads(line) for line in text.splitlines()]
    assert [it["id"] for it in lines] == ids[::-1]
    assert lines[0] == (await call("GET", f"/api/v1/records/{ids[1]}"))[2]
    assert lines[1]["values"] == {"é": "ß\n"}


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


async def test_a_table_has_a_column_for_every_value(web: Web) -> None:
    first, second = await stored(
        web, {"size": "L", "note": 'a "b", c\r\nd'}, {"score": -5, "tags": ["x"], "ok": True}
    )
    headers, text = await exported(web, "csv")
    assert headers["Content-Type"].startswith("text/csv")
    head, *body = rows(text)
    assert head == [
        "id", "at", "key", "contact_id", "session_id", "flow", "note", "ok", "score", "size", "tags",
    ]  # fmt: skip
    assert [row[0] for row in body] == [second, first]
    assert body[0][6:] == ["", "true", "-5", "", '["x"]']
    assert body[1][6:] == ['a "b", c\r\nd', "", "", "L", ""]


@pytest.mark.parametrize(
    "text", ["=1+1", "+15550001", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"]
)
async def test_no_cell_is_a_formula(web: Web, text: str) -> None:
    await stored(web, {"said": text, text: "x"}, key=text)
    _, answer = await exported(web, "csv")
    head, row = rows(answer)
    assert set(head[-2:]) == {"said", f"'{text}"}
    assert row[2] == f"'{text}"
    cells = [cell for line in (head, row) for cell in line]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.parametrize("sign", [";", "\t", "|"])
async def test_no_cell_begins_within_another(web: Web, sign: str) -> None:
    await stored(web, {"said": f"a{sign}=1+1"})
    _, answer = await exported(web, "csv")
    assert f'"a{sign}=1+1"' in answer
    assert not [line for line in csv.reader(io.StringIO(answer), delimiter=sign) if "=1+1" in line]


async def test_a_long_collection_is_whole(web: Web) -> None:
    ids = await stored(web, *({"n": number} for number in range(1203)))
    for format, extra in (("csv", 1), ("jsonl", 0)):
        _, text = await exported(web, format)
        lines = text.splitlines()
        assert len(lines) == len(ids) + extra
        assert all(id_ in line for id_, line in zip(ids[::-1], lines[extra:], strict=True))


async def test_exports_that_cannot_be(call: Call, web: Web) -> None:
    await stored(web, {})
    status, _, problem = await call("GET", "/api/v1/collections/order/export")
    assert (status, "did you mean 'orders'?" in problem["detail"]) == (404, True)
    for query in ("format=xml", "formt=csv"):
        status, _, problem = await call("GET", f"/api/v1/collections/orders/export?{query}")
        assert (status, problem["errors"][0]["field"]) == (400, query.partition("=")[0])
    assert (await call("GET", "/api/v1/collections/a.b/export"))[0] == 400


@pytest.mark.parametrize(
    ("token", "reads", "writes"),
    [("records:read", 200, 403), ("records:write", 403, 200), (None, 401, 401)],
)
async def test_each_asks_for_its_scope(
    call: Call, web: Web, token: str | None, reads: int, writes: int
) -> None:
    [id_] = await stored(web, {})
    for path in ("records", f"records/{id_}", "collections", "collections/orders/export"):
        assert (await call("GET", f"/api/v1/{path}", token=token))[0] == reads
    assert (await call("DELETE", f"/api/v1/records/{id_}", token=token))[0] == writes
