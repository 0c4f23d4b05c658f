"""Messages to be labelled, over the API."""

from typing import Any

import pytest

from bot.domain.reviews import Collected, Sighting
from tests.web.conftest import Call, Web

PATH = "/api/v1/nlu/reviews"


def seen(number: int, text: str, **fields: Any) -> Sighting:
    return Sighting(
        event_id=f"{number:032x}", at=1_790_000_000.0 + number, text=text, reason="unsure",
        guess="affirm", ranking=(("affirm", 0.5), ("deny", 0.25)), flow="coupon", state="OFFER",
        asked="Want it?", **fields,
    )  # fmt: skip


async def filed(web: Web, *texts: str) -> list[str]:
    sightings = tuple(seen(number, text) for number, text in enumerate(texts))
    await web.store.file_reviews(Collected(sightings))
    return [it.review_id for it in sightings]


async def test_reviews_are_listed_by_status_in_pages(web: Web, call: Call) -> None:
    first, _, third = await filed(web, "one", "two", "three")
    await call("POST", f"{PATH}/{first}", json={"decision": "reject"})
    status, _, page = await call("GET", f"{PATH}?status=pending&limit=1")
    assert status == 200
    assert [it["text"] for it in page["items"]] == ["three"]
    _, _, rest = await call("GET", f"{PATH}?status=pending&cursor={page['next_cursor']}")
    assert ([it["text"] for it in rest["items"]], rest["next_cursor"]) == (["two"], None)
    _, _, shown = await call("GET", f"{PATH}/{third}")
    assert shown == page["items"][0] | {"id": third}
    assert shown == {
        "id": third, "text": "three", "status": "pending", "reason": "unsure", "count": 1,
        "guess": "affirm", "flow": "coupon", "state": "OFFER", "asked": "Want it?",
        "intent_ranking": [
            {"name": "affirm", "confidence": 0.5}, {"name": "deny", "confidence": 0.25},
        ],
        "intent": None, "first_at": "2026-09-21T14:13:22Z", "last_at": "2026-09-21T14:13:22Z",
        "decided_at": None,
    }  # fmt: skip


async def test_the_first_page_finds_what_is_new(web: Web, call: Call) -> None:
    # The conversations of the seed hold nothing that was read badly.
    assert (await call("GET", PATH))[2]["items"] == []
    await filed(web, "one")
    assert len((await call("GET", PATH))[2]["items"]) == 1


async def test_accepting_makes_an_example(web: Web, call: Call) -> None:
    first, second = await filed(web, "one", "two")
    status, _, accepted = await call("POST", f"{PATH}/{first}", json={"decision": "accept"})
    assert (status, accepted["status"], accepted["intent"]) == (200, "accepted", "affirm")
    body = {"decision": "accept", "intent": "ask_price"}
    _, _, other = await call("POST", f"{PATH}/{second}", json=body)
    assert other["intent"] == "ask_price"
    assert web.notebook.examples == [("one", "affirm"), ("two", "ask_price")]
    status, _, problem = await call("POST", f"{PATH}/{first}", json={"decision": "reject"})
    assert (status, problem["detail"]) == (409, "The review is decided already")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "decision"),
        ({"decision": "maybe"}, "decision"),
        ({"decision": "accept", "intent": "two words"}, "intent"),
        ({"decision": "accept", "intnt": "affirm"}, "intnt"),
        ([], "body"),
    ],
)
async def test_a_wrong_decision_names_its_field(
    web: Web, call: Call, body: Any, field: str
) -> None:
    [id_] = await filed(web, "one")
    status, headers, problem = await call("POST", f"{PATH}/{id_}", json=body)
    assert status == 400
    assert headers["Content-Type"] == "application/problem+json"
    assert field in [it["field"] for it in problem["errors"]]
    assert web.notebook.examples == []


async def test_unknown_reviews_and_broken_data(web: Web, call: Call) -> None:
    [id_] = await filed(web, "one")
    for method, more in (("GET", {}), ("POST", {"json": {"decision": "reject"}})):
        assert (await call(method, f"{PATH}/none", **more))[0] == 404
    accept = {"json": {"decision": "accept"}}
    web.notebook.refuses = OSError(28, "No space left on device")
    status, _, problem = await call("POST", f"{PATH}/{id_}", **accept)
    assert (status, "No space left" in problem["detail"]) == (503, True)
    web.notebook.refuses = ValueError("nlu/data/reviewed.yml:3: the YAML is broken")
    status, _, problem = await call("POST", f"{PATH}/{id_}", **accept)
    assert (status, "reviewed.yml:3" in problem["detail"]) == (400, True)
    assert (await call("GET", f"{PATH}/{id_}"))[2]["status"] == "pending"


@pytest.mark.parametrize(
    ("token", "reads", "writes"),
    [("nlu:read", 200, 403), ("nlu:write", 403, 200), ("events:read x:y", 403, 403), (None, 401, 401)],
)  # fmt: skip
async def test_each_asks_for_its_scope(
    web: Web, call: Call, token: str | None, reads: int, writes: int
) -> None:
    [id_] = await filed(web, "one")
    assert (await call("GET", PATH, token=token))[0] == reads
    assert (await call("GET", f"{PATH}/{id_}", token=token))[0] == reads
    body = {"decision": "reject"}
    assert (await call("POST", f"{PATH}/{id_}", token=token, json=body))[0] == writes
