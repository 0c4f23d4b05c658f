"""Flows that are started over the API."""

from typing import Any

import pytest

from bot.domain.contacts import contact_id_for
from bot.domain.timers import Timer
from bot.engine.reader import read_flow
from tests.web.conftest import ANN, FLOW, Call, Web

CONTACT = contact_id_for(ANN)
START = "/api/v1/flows/welcome/start"
HOOK = "/api/v1/hooks/order-paid"
WELCOME = read_flow(
    {"triggers": [{"manual": True}, {"webhook": ["order-paid"]}], "slots": {"name": {}, "order": {}},
     "states": [{"name": "A", "enter": [{"say": "Welcome {name}"}]}]},
    "welcome",
)  # fmt: skip


@pytest.fixture(autouse=True)
async def _flows(web: Web) -> None:
    await web.flows.publish([FLOW, WELCOME], web.clock.now())


async def waiting(web: Web, contact_id: str = CONTACT) -> list[Timer]:
    """The starts that are due for a contact, or will be."""
    work = await web.store.load(contact_id, 1e12)
    assert work is not None
    return [timer for timer in work.timers if timer.start is not None]


async def test_a_start_is_filed_and_answered_with_its_id(call: Call, web: Web) -> None:
    body = {"contact_id": CONTACT, "slots": {"name": "Ann"}}
    status, _, answer = await call("POST", START, json=body)
    assert status == 202
    [timer] = await waiting(web)
    assert answer == {"id": timer.id}
    assert timer.start is not None
    assert (timer.start["flow"], timer.start["trigger"]) == ("welcome", "manual")
    assert timer.start["slots"] == {"name": "Ann"}
    assert timer.due_at <= web.clock.now()


async def test_a_newcomer_by_address(call: Call, web: Web) -> None:
    status, _, _ = await call("POST", HOOK, json={"address": "sms:+15550123", "slots": {}})
    assert status == 202
    _, _, page = await call("GET", "/api/v1/contacts?address=sms:%2B15550123")
    [contact] = page["items"]
    [timer] = await waiting(web, contact["id"])
    assert timer.start is not None
    assert (timer.start["trigger"], timer.start["name"]) == ("webhook", "order-paid")
    thread = await web.store.conversation(timer.conversation_id)
    assert thread is not None
    assert (thread.address, thread.sender) == ("sms:+15550123", "sms:+15559999")


async def test_a_start_for_a_later_time(call: Call, web: Web) -> None:
    body = {"contact_id": CONTACT, "at": "2030-01-02T09:00:00+01:00"}
    assert (await call("POST", START, json=body))[0] == 202
    [timer] = await waiting(web)
    assert timer.due_at == 1_893_571_200.0


@pytest.mark.parametrize("path", [START, HOOK])
async def test_the_same_key_is_the_same_start(call: Call, web: Web, path: str) -> None:
    body = {"contact_id": CONTACT, "slots": {"name": "Ann"}}
    sent: dict[str, Any] = {"json": body, "headers": {"Idempotency-Key": "order-17"}}
    answers = [await call("POST", path, **sent) for _ in range(3)]
    assert [(status, answer) for status, _, answer in answers] == [(202, answers[0][2])] * 3
    assert len(await waiting(web)) == 1
    sent["json"] = {**body, "slots": {"name": "Bob"}}
    status, _, problem = await call("POST", path, **sent)
    assert (status, problem["errors"][0]["field"]) == (422, "Idempotency-Key")
    sent = {"json": body, "headers": {"Idempotency-Key": "order-18"}}
    assert (await call("POST", path, **sent))[2] != answers[0][2]
    assert len(await waiting(web)) == 2


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/api/v1/flows/welcom/start", 404, "did you mean 'welcome'?"),
        ("/api/v1/flows/coupon/start", 409, 'add {"manual": true} to its triggers'),
        ("/api/v1/hooks/order-payed", 404, "did you mean 'order-paid'?"),
    ],
)
async def test_what_cannot_be_started_so(call: Call, path: str, status: int, told: str) -> None:
    found, headers, problem = await call("POST", path, json={"contact_id": CONTACT})
    assert (found, headers["Content-Type"]) == (status, "application/problem+json")
    assert told in problem["detail"]


@pytest.mark.parametrize("path", [START, HOOK])
@pytest.mark.parametrize(
    ("body", "status", "field", "told"),
    [
        ({}, 422, "contact_id", "either"),
        ({"contact_id": CONTACT, "address": ANN}, 422, "contact_id", "either"),
        ({"contact_id": "nobody"}, 422, "contact_id", "no contact"),
        ({"address": "sms:5550001"}, 422, "address", "sms:+15550123"),
        ({"address": "telegramm:5"}, 422, "address", "no channel"),
        ({"address": ANN, "connector": "twilo"}, 422, "connector", "did you mean 'twilio'?"),
        ({"contact_id": CONTACT, "slots": {"nme": 1}}, 422, "slots.nme", "did you mean 'name'?"),
        ({"contact_id": CONTACT, "slots": []}, 400, "slots", "object"),
        ({"contact_id": 5}, 400, "contact_id", "string"),
        ({"contact": CONTACT}, 400, "contact", "not permitted"),
        ([], 400, "body", ""),
    ],
)
async def test_a_wrong_request_names_its_field(
    call: Call, web: Web, path: str, body: Any, status: int, field: str, told: str
) -> None:
    found, _, problem = await call("POST", path, json=body)
    assert (found, problem["errors"][0]["field"]) == (status, field)
    assert told in problem["errors"][0]["detail"]
    assert await waiting(web) == []


@pytest.mark.parametrize("at", ["2030-01-02T09:00:00", "tomorrow", 5])
async def test_a_time_has_its_offset(call: Call, at: Any) -> None:
    status, _, problem = await call("POST", START, json={"contact_id": CONTACT, "at": at})
    assert (status, problem["errors"][0]["field"]) == (400, "at")


@pytest.mark.parametrize("key", ["two words", "", "x" * 201])
async def test_what_is_no_key(call: Call, key: str) -> None:
    sent: dict[str, Any] = {"json": {"contact_id": CONTACT}, "headers": {"Idempotency-Key": key}}
    status, _, problem = await call("POST", START, **sent)
    assert (status, problem["errors"][0]["field"]) == (400, "idempotency_key")


@pytest.mark.parametrize(
    ("token", "status"), [("flows:start", 202), ("flows:read flows:write", 403), (None, 401)]
)
async def test_each_asks_for_its_scope(call: Call, token: str | None, status: int) -> None:
    for path in (START, HOOK):
        found, _, _ = await call("POST", path, token=token, json={"contact_id": CONTACT})
        assert found == status


async def test_the_document_names_the_header(call: Call) -> None:
    _, _, document = await call("GET", "/api/v1/openapi.json", token=None)
    operation = document["paths"]["/api/v1/flows/{name}/start"]["post"]
    asked = {it["name"]: it for it in operation["parameters"]}
    assert (asked["Idempotency-Key"]["in"], asked["Idempotency-Key"]["required"]) == (
        "header",
        False,
    )
    assert {"202", "404", "409", "422"} <= set(operation["responses"])
