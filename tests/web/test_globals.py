"""Global values over the API: read, edited, and their history."""

from typing import Any

import pytest

from bot.services.publishing import Examined
from tests.web.conftest import FLOW, Call, Web

PATH = "/api/v1/globals"


async def said(web: Web, **values: Any) -> None:
    """The file says so."""
    await web.publishing().publish(Examined([FLOW], shared=values))


async def test_before_there_are_any(call: Call) -> None:
    status, _, shown = await call("GET", PATH)
    assert (status, shown) == (200, {
        "version": 0, "values": {}, "source": "file", "changed_at": None,
    })  # fmt: skip


async def test_the_file_then_an_operator(web: Web, call: Call) -> None:
    await said(web, open=True, hours=[9, 17])
    status, _, changed = await call("PATCH", PATH, json={"set": {"open": False}})
    assert (status, changed["version"], changed["source"]) == (200, 2, "api")
    assert changed["values"] == {"open": False, "hours": [9, 17]}
    assert (await call("GET", PATH))[2] == changed
    assert web.flows.shared == {"open": False, "hours": [9, 17]}
    await said(web, open=True, hours=[9, 17])
    assert web.flows.shared["open"] is False, "a start with the same file undoes an edit"
    await said(web, open=True, hours=[8, 12])
    assert web.flows.shared == {"open": False, "hours": [8, 12]}


async def test_all_values_anew(web: Web, call: Call) -> None:
    await said(web, open=True, hours=[9, 17])
    status, _, shown = await call("PUT", PATH, json={"values": {"price": 1.5}, "version": 1})
    assert (status, shown["values"], shown["version"]) == (200, {"price": 1.5}, 2)
    _, _, shown = await call("PATCH", PATH, json={"remove": ["price", "unknown"]})
    assert shown["values"] == {}


async def test_another_was_first(web: Web, call: Call) -> None:
    await said(web, open=True)
    assert (await call("PATCH", PATH, json={"set": {"a": 1}, "version": 1}))[0] == 200
    for method, body in (("PATCH", {"set": {"a": 2}}), ("PUT", {"values": {}})):
        status, _, problem = await call(method, PATH, json={**body, "version": 1})
        assert (status, problem["detail"]) == (
            409, "The values were changed meanwhile: the version is 2 now",
        )  # fmt: skip
    assert web.flows.shared == {"open": True, "a": 1}


async def test_each_change_is_a_version_and_an_event(web: Web, call: Call) -> None:
    await said(web, open=True)
    for number in range(3):
        await call("PATCH", PATH, json={"set": {"number": number}})
    await call("PATCH", PATH, json={"set": {"number": 2}})
    await call("PATCH", PATH, json={"remove": ["open"]})
    _, _, page = await call("GET", f"{PATH}/versions?limit=2")
    assert [it["version"] for it in page["items"]] == [5, 4]
    _, _, rest = await call("GET", f"{PATH}/versions?cursor={page['next_cursor']}")
    assert [(it["version"], it["source"]) for it in rest["items"]] == [
        (3, "api"), (2, "api"), (1, "file"),
    ]  # fmt: skip
    assert (await call("GET", f"{PATH}/versions?cursor=nonsense"))[0] == 400
    _, _, events = await call("GET", "/api/v1/events?type=globals_changed")
    assert [it["data"] for it in events["items"]][:2] == [
        {"version": 5, "source": "api", "values": {}, "removed": ["open"]},
        {"version": 4, "source": "api", "values": {"number": 2}, "removed": []},
    ]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"set": {"two words": 1}}, "set.two words"),
        ({"set": {"9lives": 1}}, "set.9lives"),
        ({"set": {"text": "x" * 100_001}}, "100,0"),
        ({"set": {f"n{n}": n for n in range(1001)}}, "at most 1000"),
        ({"set": []}, "set"),
        ({"sett": {}}, "sett"),
        ({"version": -1}, "version"),
        ({"version": "1"}, "version"),
    ],
)
async def test_what_cannot_be_kept_is_refused(web: Web, call: Call, body: Any, named: str) -> None:
    status, _, problem = await call("PATCH", PATH, json=body)
    assert status in (400, 413)
    assert status == 413 or named in problem["detail"]
    assert web.flows.shared == {}


async def test_who_may(web: Web, call: Call) -> None:
    assert (await call("GET", PATH, token="globals:read"))[0] == 200
    assert (await call("PATCH", PATH, token="globals:read", json={}))[0] == 403
    assert (await call("PATCH", PATH, token="globals:write", json={}))[0] == 200
    assert (await call("GET", PATH, token=None))[0] == 401
