"""Pictures of flows, and their counts, over the API."""

import xml.etree.ElementTree as ET

from bot.engine.reader import read_flow
from tests.web.conftest import FLOW, Call, Web

PATH = "/api/v1/flows/coupon"


async def test_counts_come_by_state_and_way(web: Web, call: Call) -> None:
    await web.seed()
    status, _, body = await call("GET", f"{PATH}/counts")
    assert status == 200
    assert (body["name"], body["version"]) == ("coupon", None)
    live = sum(it["live"] for it in body["states"].values())
    open_ = [it for it in web.store._tables.sessions.values() if it.status != "ended"]
    assert live == sum(it.flow == "coupon" for it in open_) > 0
    for it in body["states"].values():
        assert set(it) == {"entered", "left", "live", "ended", "dropped", "drop_off"}


async def test_counts_are_of_one_version_and_from_a_time_on(web: Web, call: Call) -> None:
    await web.seed()
    _, _, none = await call("GET", f"{PATH}/counts?version=unknown")
    assert (none["version"], none["states"], none["ways"]) == ("unknown", {}, [])
    _, _, later = await call("GET", f"{PATH}/counts?since=2100-01-01T00:00:00Z")
    assert all(it["entered"] == 0 for it in later["states"].values())
    for wrong in ("7d", "2026-01-01T00:00:00"):
        status, _, problem = await call("GET", f"{PATH}/counts?since={wrong}")
        assert (status, problem["errors"][0]["field"]) == (400, "since"), wrong


async def test_the_picture_is_an_svg_in_which_nothing_runs(web: Web, call: Call) -> None:
    await web.seed()
    status, headers, body = await call("GET", f"{PATH}/picture.svg?counts=true")
    assert status == 200
    assert headers["Content-Type"] == "image/svg+xml"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["X-Content-Type-Options"] == "nosniff"
    drawn = ET.fromstring(body)  # noqa: S314 - our own picture
    assert {it.get("data-state") for it in drawn.iter()} >= {"OFFER", "CODE"}
    assert " here" in "".join(drawn.itertext())
    _, _, plain = await call("GET", f"{PATH}/picture.svg")
    assert 'class="counts"' not in plain


async def test_an_older_version_is_drawn_as_it_was(web: Web, call: Call) -> None:
    older = read_flow([{"name": "ALONE"}], "coupon")
    await web.store.publish_flow("coupon", older.version, '[{"name": "ALONE"}]', 1.0)
    _, _, body = await call("GET", f"{PATH}/picture.svg?version={older.version}")
    assert 'data-state="ALONE"' in body
    _, _, current = await call("GET", f"{PATH}/picture.svg?version={FLOW.version}")
    assert 'data-state="OFFER"' in current
    status, _, _ = await call("GET", f"{PATH}/picture.svg?version=unknown")
    assert status == 404


async def test_an_unknown_flow_is_told_with_the_nearest(call: Call) -> None:
    for path in ("counts", "picture.svg"):
        status, _, problem = await call("GET", f"/api/v1/flows/cupon/{path}")
        assert status == 404
        assert "did you mean 'coupon'?" in problem["detail"]


async def test_counts_is_true_or_false(call: Call) -> None:
    status, _, problem = await call("GET", f"{PATH}/picture.svg?counts=maybe")
    assert (status, problem["errors"][0]["field"]) == (400, "counts")
