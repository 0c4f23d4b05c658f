"""The REST API: what it lists and gives, and how it refuses."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import aiohttp
import pytest

from bot.domain.contacts import contact_id_for
from bot.domain.events import Event
from bot.domain.messages import Message
from bot.domain.records import StoreUnavailable, TurnRecord
from bot.web.api.context import ApiContext
from bot.web.api.endpoint import endpoint
from bot.web.api.models import Answer, Asked, Word
from bot.web.api.routes import ENDPOINTS, api_blueprint
from tests.web.conftest import ANN, BEARER, FLOW, Call, Web, served, thread_of

LISTINGS = ["contacts", "conversations", "messages", "sessions", "events"]
CONTACT = contact_id_for(ANN)
THREAD = thread_of(ANN)


async def items(call: Call, path: str) -> list[dict[str, Any]]:
    status, _, body = await call("GET", f"/api/v1/{path}")
    assert status == 200, body
    listed: list[dict[str, Any]] = body["items"]
    return listed


async def test_a_contact_with_all_that_is_known(call: Call, web: Web) -> None:
    listed = await items(call, "contacts")
    assert len(listed) == 3
    status, headers, contact = await call("GET", f"/api/v1/contacts/{CONTACT}")
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert headers["Cache-Control"] == "no-store"
    assert contact["addresses"] == [ANN]
    assert contact["tags"] == ["lead"]
    assert contact["consent"] == {"opted_out": False, "changed_at": None, "source": None}
    assert contact["created_at"].endswith("Z")
    assert datetime.fromisoformat(contact["created_at"]).timestamp() == 1_790_000_003.5


async def test_contacts_by_tag_and_address(call: Call) -> None:
    assert len(await items(call, "contacts?tag=lead")) == 3
    assert await items(call, "contacts?tag=none") == []
    for written in (ANN, "sms:%2B15550001"):
        assert [c["id"] for c in await items(call, f"contacts?address={written}")] == [CONTACT]


async def test_a_conversation(call: Call) -> None:
    assert [c["id"] for c in await items(call, f"conversations?contact_id={CONTACT}")] == [THREAD]
    assert await items(call, "conversations?status=human") == []
    _, _, thread = await call("GET", f"/api/v1/conversations/{THREAD}")
    assert (thread["connector"], thread["channel"], thread["status"]) == ("twilio", "sms", "bot")
    assert (thread["address"], thread["sender"]) == (ANN, "sms:+15559999")
    assert thread["last_inbound_at"].endswith("Z")


async def test_messages(call: Call) -> None:
    both = await items(call, f"messages?conversation_id={THREAD}")
    assert [m["direction"] for m in both] == ["out", "in"]
    assert (
        await items(call, f"messages?contact_id={CONTACT}&direction=in&status=handled") == both[1:]
    )
    _, _, message = await call("GET", f"/api/v1/messages/{both[0]['id']}")
    assert message == both[0]
    assert (message["text"], message["status"]) == ("You said coupon", "delivered")
    assert message["turn_id"] == both[1]["id"]


async def test_a_message_that_nobody_understood(call: Call, web: Web) -> None:
    message = Message(
        web.ids.new(), "in", "twilio", "", "", "", "", "unroutable", 1.0,
        content={"raw": {"A": "b"}}, provider_id="x", error="no sender",
    )  # fmt: skip
    await web.store.keep_unroutable(message)
    [shown] = await items(call, "messages?status=unroutable")
    assert (shown["conversation_id"], shown["contact_id"]) == (None, None)
    assert (shown["error"], shown["content"]) == ("no sender", {"raw": {"A": "b"}})


async def test_sessions(call: Call) -> None:
    [session] = await items(call, f"sessions?conversation_id={THREAD}&flow=coupon&status=active")
    assert (session["state"], session["slots"]) == ("OFFER", {"size": "L"})
    assert session["version"] == FLOW.version
    assert [timer["name"] for timer in session["timers"]] == ["later"]
    assert (await call("GET", f"/api/v1/sessions/{session['id']}"))[2] == session
    assert await items(call, "sessions?status=ended") == []


async def test_the_log_forwards_and_backwards(call: Call) -> None:
    newest = await items(call, f"events?conversation_id={THREAD}")
    assert [e["type"] for e in newest] == [
        "message_queued", "slot_set", "flow_started", "message_received",
    ]  # fmt: skip
    first = newest[-1]
    assert first["data"]["text"] == "coupon"
    later = await items(call, f"events?conversation_id={THREAD}&after={first['id']}")
    assert later == newest[-2::-1]
    by_session = await items(call, f"events?session_id={newest[0]['session_id']}&type=slot_set")
    assert by_session == [newest[1]]


async def test_flows(call: Call, web: Web) -> None:
    [flow] = await items(call, "flows")
    assert (flow["name"], flow["title"], flow["initial"]) == ("coupon", "Spring", "OFFER")
    assert flow["states"] == ["OFFER", "CODE"]
    assert flow["triggers"] == [{"kind": "keyword", "value": ["coupon"]}]
    _, _, current = await call("GET", "/api/v1/flows/coupon")
    assert (current["version"], current["current"]) == (FLOW.version, True)
    assert current["definition"] == FLOW.definition
    await web.store.publish_flow("coupon", "old", '[{"name": "A"}]', 1.0)
    _, _, old = await call("GET", "/api/v1/flows/coupon?version=old")
    assert (old["current"], old["definition"]) == (False, [{"name": "A"}])
    for path in ("flows/other", "flows/coupon?version=none", "flows/other?version=old"):
        assert (await call("GET", f"/api/v1/{path}"))[0] == 404


async def test_consent_tells_since_when(call: Call, web: Web) -> None:
    work = await web.store.load(CONTACT, 0.0)
    assert work is not None
    event = Event(
        web.ids.new(), "contact_opted_out", 1_800_000_000.0, CONTACT, data={"source": "keyword"}
    )
    contact = replace(work.contact, opted_out=True, version=work.contact.version + 1)
    assert await web.store.save(
        TurnRecord(web.ids.new(), 1.0, CONTACT, contact=contact, events=(event,))
    )
    _, _, shown = await call("GET", f"/api/v1/contacts/{CONTACT}")
    assert shown["consent"] == {
        "opted_out": True, "changed_at": "2027-01-15T08:00:00Z", "source": "keyword",
    }  # fmt: skip


@pytest.mark.parametrize("listing", [*LISTINGS, "events?after=0"])
async def test_pages_lose_and_repeat_nothing(call: Call, listing: str) -> None:
    whole = await items(call, listing)
    walked: list[dict[str, Any]] = []
    cursor = ""
    while True:
        joint = "&" if "?" in listing else "?"
        status, _, page = await call("GET", f"/api/v1/{listing}{joint}limit=2{cursor}")
        assert status == 200
        assert len(page["items"]) <= 2
        walked.extend(page["items"])
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert walked == whole
    assert len(walked) >= 3


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("cursor=x", "cursor"),
        ("cursor=%5B%5B", "cursor"),
        ("cursor=" + "W1tb" * 1400, "cursor"),
        ("cursor=é", "cursor"),
        ("cursor=", "cursor"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=5.0", "limit"),
        ("limit=٣", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("limit=", "limit"),
        ("limit=1&limit=2", "limit"),
        ("limt=5", "limt"),
        ("nothing", "nothing"),
    ],
)
async def test_a_wrong_query_is_told_by_field(call: Call, query: str, field: str) -> None:
    for listing in LISTINGS:
        status, headers, body = await call("GET", f"/api/v1/{listing}?{query}")
        assert (status, headers["Content-Type"]) == (400, "application/problem+json")
        assert [error["field"] for error in body["errors"]] == [field]
        assert body["detail"].startswith(f"{field}: ")


async def test_an_unknown_parameter_is_answered_with_the_nearest(call: Call) -> None:
    _, _, body = await call("GET", "/api/v1/contacts?limt=5&adress=x")
    assert [error["detail"] for error in body["errors"]] == [
        "unknown parameter; did you mean 'limit'?",
        "unknown parameter; did you mean 'address'?",
    ]


@pytest.mark.parametrize(
    "query",
    [
        "messages?status=lost",
        "messages?direction=up",
        "conversations?status=x",
        "sessions?status=x",
    ],
)
async def test_a_choice_that_is_none(call: Call, query: str) -> None:
    status, _, body = await call("GET", f"/api/v1/{query}")
    assert status == 400
    assert "Input should be" in body["errors"][0]["detail"]


@pytest.mark.parametrize("thing", ["contacts", "conversations", "messages", "sessions"])
async def test_unknown_ids(call: Call, thing: str) -> None:
    status, _, body = await call("GET", f"/api/v1/{thing}/none")
    assert (status, body["status"]) == (404, 404)
    status, _, body = await call("GET", f"/api/v1/{thing}/a%00b")
    assert (status, body["errors"][0]["field"]) == (400, "id")


async def test_the_database_is_away(call: Call, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: Any, **__: Any) -> None:
        raise StoreUnavailable("no route to db.internal")

    monkeypatch.setattr(web.store, "list_contacts", away)
    monkeypatch.setattr(web.store, "contact", away)
    for path in ("contacts", f"contacts/{CONTACT}", "contacts?cursor=W10"):
        status, headers, body = await call("GET", f"/api/v1/{path}")
        assert (status, headers["Content-Type"]) == (503, "application/problem+json")
        assert "internal" not in str(body)


async def test_an_id_that_its_caller_chose(call: Call, web: Web) -> None:
    message = await web.arrive("hi", "rest:a/b c+é")
    status, _, body = await call("GET", f"/api/v1/messages/{message.id}")
    assert (status, body["address"]) == (200, "rest:a/b c+é")


def test_every_operation_has_its_own_name_and_words() -> None:
    names = [it.name for it in ENDPOINTS]
    assert len(names) == len(set(names)) >= 14
    assert all(it.handle.__doc__ for it in ENDPOINTS)


# an endpoint with a body, as the features to come have


class Size(Asked):
    """A body."""

    width: int
    since: datetime | None = None


class Resize(Asked):
    """Path, query and body as one."""

    id: Word
    unit: Word | None = None
    body: Size


class Resized(Answer):
    """All that was read."""

    text: str


@endpoint(
    "PUT", "/things/{id}/size", scope="things:write", asked=Resize, answer=Resized, status=202
)
async def resize(context: ApiContext, asked: Resize) -> Resized:
    """Resize a thing."""
    return Resized(text=f"{asked.id} {asked.unit} {asked.body.width} {asked.body.since}")


async def test_a_body(web: Web) -> None:
    async with (
        served(api_blueprint(web.api(), [resize]), tokens=web.tokens) as url,
        aiohttp.ClientSession(headers=BEARER) as client,
    ):
        at = f"{url}/api/v1/things/a%20b/size"
        size = {"width": 5, "since": "2026-01-02T03:04:05Z"}
        async with client.put(at, params={"unit": "cm"}, json=size) as answer:
            assert answer.status == 202
            assert (await answer.json())["text"] == "a b cm 5 2026-01-02 03:04:05+00:00"
        for given, status, field in (
            ({"json": {"width": "5"}}, 400, ["width"]),
            ({"json": {"width": 5, "height": 5}}, 400, ["height"]),
            ({"json": {}}, 400, ["width"]),
            ({"json": []}, 400, ["body"]),
            ({"data": b"{", "headers": {"Content-Type": "application/json"}}, 400, ["body"]),
            ({"data": b"", "headers": {"Content-Type": "application/json"}}, 400, ["body"]),
            ({"data": b"width=5"}, 415, []),
            ({"data": b"{}", "headers": {"Content-Type": "text/plain"}}, 415, []),
        ):
            async with client.put(at, **given) as answer:
                body = await answer.json(content_type=None)
                assert (answer.status, [e["field"] for e in body["errors"]]) == (status, field)
        async with client.get(f"{url}/api/v1/openapi.json") as answer:
            operation = (await answer.json())["paths"]["/api/v1/things/{id}/size"]["put"]
    assert [p["name"] for p in operation["parameters"]] == ["id", "unit"]
    assert operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith(
        "Size"
    )
    assert {"202", "413", "415"} <= set(operation["responses"])
