"""Versions of flows over the API, and what the newest save was refused for."""

from typing import Any

import pytest

from bot.engine.findings import Finding
from bot.engine.reader import read_flow
from bot.services.publishing import Examined
from bot.services.reloading import Refusal
from tests.web.conftest import FLOW, Call, Web

PATH = "/api/v1/flows/coupon/versions"
OLD = f"{PATH}/{FLOW.version}"


def other(*states: str) -> Any:
    """The coupon flow with other states."""
    return read_flow(
        {"flow": "coupon", "triggers": [{"keyword": ["coupon"]}],
         "states": [{"name": name, "enter": {"say": name}} for name in states]},
        "coupon",
    )  # fmt: skip


async def published(web: Web, *states: str) -> str:
    """Another version is current; the seed's three sessions stay on theirs."""
    flow = other(*states)
    await web.publishing().publish(Examined([flow]))
    return str(flow.version)


async def test_versions_with_their_sessions(web: Web, call: Call) -> None:
    _, _, alone = await call("GET", PATH)
    [first] = alone["items"]
    assert (first["current"], first["live_sessions"], first["states"]) == (True, 3, {"OFFER": 3})
    version = await published(web, "OFFER")
    status, _, shown = await call("GET", PATH)
    assert (status, shown["name"]) == (200, "coupon")
    assert [(it["version"], it["standing"], it["live_sessions"]) for it in shown["items"]] == [
        (version, "current", 0), (FLOW.version, "retired", 3),
    ]  # fmt: skip
    assert (await call("GET", "/api/v1/flows/other/versions"))[0] == 404


async def test_sessions_are_moved_and_stay_moved(web: Web, call: Call) -> None:
    version = await published(web, "OFFER", "MORE")
    status, _, moves = await call("POST", f"{OLD}/migrate", json={"limit": 2})
    assert (status, moves["moved"], moves["left"]) == (200, 2, 1)
    _, _, moves = await call("POST", f"{OLD}/migrate", json={"to": version})
    assert (moves["moved"], moves["ended"], moves["left"]) == (1, 0, 0)
    _, _, again = await call("POST", f"{OLD}/migrate", json={})
    assert again == {"moved": 0, "ended": 0, "timers_cancelled": 0, "left": 0, "ended_sessions": []}
    _, _, page = await call("GET", "/api/v1/sessions")
    assert {(it["version"], it["state"], it["status"]) for it in page["items"]} == {
        (version, "OFFER", "active")
    }
    _, _, events = await call("GET", "/api/v1/events?type=session_migrated")
    assert len(events["items"]) == 3


async def test_sessions_go_to_the_state_that_is_named(web: Web, call: Call) -> None:
    await published(web, "PROPOSAL")
    _, _, moves = await call("POST", f"{OLD}/migrate", json={"states": {"OFFER": "PROPOSAL"}})
    assert (moves["moved"], moves["ended"]) == (3, 0)
    _, _, page = await call("GET", "/api/v1/sessions?status=active")
    assert {it["state"] for it in page["items"]} == {"PROPOSAL"}


async def test_sessions_whose_state_is_gone_end_and_are_listed(web: Web, call: Call) -> None:
    await published(web, "ELSEWHERE")
    _, _, moves = await call("POST", f"{OLD}/migrate", json={})
    assert (moves["moved"], moves["ended"], moves["timers_cancelled"]) == (0, 3, 3)
    _, _, page = await call("GET", "/api/v1/sessions?ended_because=state_gone")
    assert sorted(it["id"] for it in page["items"]) == sorted(moves["ended_sessions"])
    assert {it["status"] for it in page["items"]} == {"ended"}
    _, _, texts = await call("GET", "/api/v1/messages?direction=out&limit=3")
    assert {it["text"] for it in texts["items"]} == {
        "Sorry, I cannot go on with this: it has changed meanwhile. Please start again."
    }


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({"to": "nowhere"}, 404, "to: is no other version"),
        ({"to": FLOW.version}, 404, "to: is no other version"),
        ({"states": {"OFER": "OFFER"}}, 409, "did you mean 'OFFER'?"),
        ({"states": {"OFFER": "OFER"}}, 409, "the version that they move to has no state 'OFER'"),
        ({"limit": 0}, 400, "limit"),
        ({"limit": 10_001}, 400, "limit"),
        ({"sates": {}}, 400, "sates"),
    ],
)
async def test_a_migration_that_cannot_be(
    web: Web, call: Call, body: Any, status: int, told: str
) -> None:
    await published(web, "OFFER")
    answered, _, problem = await call("POST", f"{OLD}/migrate", json=body)
    assert answered == status
    assert told in problem["detail"]
    _, _, page = await call("GET", "/api/v1/sessions")
    assert {it["version"] for it in page["items"]} == {FLOW.version}


async def test_a_version_with_sessions_is_kept(web: Web, call: Call) -> None:
    status, _, problem = await call("DELETE", OLD)
    assert (status, problem["detail"]) == (
        409, "The version cannot be deleted: it is current: new sessions start on it",
    )  # fmt: skip
    await published(web, "OFFER")
    status, _, problem = await call("DELETE", OLD)
    assert status == 409
    assert "3 live sessions run on it" in problem["detail"]
    assert (await call("GET", f"/api/v1/flows/coupon?version={FLOW.version}"))[0] == 200


async def test_a_version_is_deleted_with_its_sessions_by_force(web: Web, call: Call) -> None:
    await published(web, "OFFER")
    status, _, moves = await call("DELETE", f"{OLD}?force=true")
    assert (status, moves["ended"], moves["left"]) == (200, 3, 0)
    assert (await call("GET", f"/api/v1/flows/coupon?version={FLOW.version}"))[0] == 404
    assert (await call("DELETE", f"{OLD}?force=true"))[0] == 404
    assert (await call("DELETE", f"{OLD}?force=maybe"))[0] == 400
    _, _, events = await call("GET", "/api/v1/events?type=flow_version_removed")
    assert [it["data"] for it in events["items"]] == [{"sessions_ended": 3}]


async def test_an_unused_version_is_deleted(web: Web, call: Call) -> None:
    await published(web, "OFFER")
    unused = await published(web, "OTHER")
    await published(web, "OFFER")
    status, _, moves = await call("DELETE", f"{PATH}/{unused}")
    assert (status, moves["ended"]) == (200, 0)
    _, _, shown = await call("GET", PATH)
    assert unused not in {it["version"] for it in shown["items"]}
    assert (await call("DELETE", f"/api/v1/flows/other/versions/{FLOW.version}"))[0] == 404


async def test_who_may(call: Call) -> None:
    assert (await call("GET", PATH, token="flows:read"))[0] == 200
    assert (await call("POST", f"{OLD}/migrate", token="flows:read", json={}))[0] == 403
    assert (await call("DELETE", OLD, token="flows:read"))[0] == 403


async def test_what_was_saved_last_is_told(web: Web, call: Call) -> None:
    _, _, shown = await call("GET", "/api/v1/flows")
    assert (shown["problems"], shown["refused_at"]) == ([], None)
    finding = Finding("no-state", "error", "/0", "no such state", "add it", "flows/a.json", 7)
    web.refusal = Refusal(1_800_000_000.0, (finding,))
    _, _, shown = await call("GET", "/api/v1/flows")
    assert shown["refused_at"] == "2027-01-15T08:00:00Z"
    assert shown["problems"] == [{
        "file": "flows/a.json", "line": 7, "place": "/0", "code": "no-state",
        "reason": "no such state", "cure": "add it",
    }]  # fmt: skip
