"""Rasa's HTTP API, as its clients use it."""

import asyncio
from typing import Any

import pytest
import yaml

from bot.domain.contacts import contact_id_for
from bot.domain.records import StoreUnavailable
from tests.web.conftest import ANN, DOMAIN, Call, Web, thread_of

THREAD = thread_of(ANN)
TRACKER = f"/conversations/{THREAD}/tracker"


def kinds(tracker: dict[str, Any]) -> list[str]:
    return [event["event"] for event in tracker["events"]]


async def test_version_and_status(call: Call, web: Web) -> None:
    _, _, body = await call("GET", "/version", token=None)
    assert set(body) == {"version", "minimum_compatible_version"}
    _, _, body = await call("GET", "/status", token=None)
    assert body == {
        "model_file": "models/one.zip",
        "model_id": "abc",
        "num_active_training_jobs": 0,
    }
    web.model = None
    status, _, body = await call("GET", "/status", token=None)
    assert (status, body["reason"], body["status"]) == (409, "Conflict", "failure")


async def test_parse(call: Call) -> None:
    status, _, body = await call("POST", "/model/parse", json={"text": "hi", "message_id": "1"})
    assert status == 200
    assert body["text"] == "hi"
    assert body["intent"] == {"name": "greet", "confidence": 0.9}
    assert body["entities"] == []
    assert body["intent_ranking"] == [{"name": "greet", "confidence": 0.9}]


async def test_a_text_of_any_length_is_read(call: Call) -> None:
    status, _, body = await call("POST", "/model/parse", json={"text": "hi " * 20_000})
    assert (status, len(body["text"])) == (200, 60_000)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/model/parse", b""),
        ("/model/parse", b"{"),
        ("/model/parse", b"[]"),
        ("/model/parse", b"[" * 5000),
        ("/model/parse", b'{"text": 5}'),
        ("/model/parse", b'{"txt": "hi"}'),
        ("/model/parse?emulation_mode=LUIS", b'{"text": "hi"}'),
        (f"{TRACKER}/events", b"[]"),
        (f"{TRACKER}/events", b"5"),
        (f"{TRACKER}/events", b'{"name": "x"}'),
        (f"{TRACKER}/events", b'{"event": "slot"}'),
        (f"{TRACKER}/events", b'{"event": "slot", "name": "tags", "value": "a"}'),
        (f"{TRACKER}/events", b'{"event": "user", "parse_data": {"intent": 5}}'),
        (f"{TRACKER}/events", b'{"event": "x", "deep": %s%s}' % (b"[" * 60, b"]" * 60)),
        (f"{TRACKER}/events?include_events=SOME", b'{"event": "pause"}'),
        (f"/conversations/{THREAD}/messages", b'{"text": "hi"}'),
        (f"/conversations/{THREAD}/messages", b'{"text": "hi", "sender": "bot"}'),
        (f"/conversations/{THREAD}/trigger_intent", b"{}"),
        (f"/conversations/{THREAD}/trigger_intent", b'{"name": "a b"}'),
        (f"/conversations/{'x' * 256}/messages", b'{"text": "hi", "sender": "user"}'),
        ("/conversations/a%00b/messages", b'{"text": "hi", "sender": "user"}'),
    ],
)
async def test_wrong_requests_are_told_in_rasas_shape(call: Call, path: str, body: bytes) -> None:
    status, headers, answer = await call("POST", path, data=body)
    assert (status, answer["code"], answer["reason"]) == (400, 400, "BadRequest")
    assert answer["status"] == "failure"
    assert set(answer) == {"version", "status", "message", "reason", "details", "help", "code"}
    assert headers["Content-Type"] == "application/json"


async def test_another_model_is_loaded(call: Call, web: Web) -> None:
    status, _, _ = await call("PUT", "/model", json={"model_file": "two.zip"})
    assert status == 204
    assert (await call("PUT", "/model"))[0] == 204
    assert web.loaded == ["two.zip", None]
    for body, field in (
        ({"model_file": "none.zip"}, "model_file"),
        ({"model_server": {"url": "http://x"}}, "model_server"),
        ({"remote_storage": "aws"}, "remote_storage"),
    ):
        status, _, answer = await call("PUT", "/model", json=body)
        assert (status, answer["details"]["errors"][0]["field"]) == (400, field)


async def test_the_domain_in_either_form(call: Call) -> None:
    assert (await call("GET", "/domain"))[2] == DOMAIN
    _, headers, body = await call("GET", "/domain", headers={"Accept": "application/yaml"})
    assert headers["Content-Type"].startswith("application/yaml")
    assert yaml.safe_load(body) == DOMAIN
    status, _, body = await call("GET", "/domain", headers={"Accept": "image/png"})
    assert (status, body["code"]) == (406, 406)


async def test_a_tracker(call: Call) -> None:
    status, _, tracker = await call("GET", TRACKER)
    assert status == 200
    assert tracker["sender_id"] == THREAD
    assert tracker["slots"] == {"size": "L", "tags": ["lead"]}
    assert tracker["latest_message"]["text"] == "coupon"
    assert tracker["latest_message"]["intent"]["name"] == "greet"
    assert tracker["latest_input_channel"] == "sms"
    assert tracker["paused"] is False
    assert kinds(tracker) == ["user", "session_started", "slot", "bot"]
    assert tracker["latest_event_time"] == tracker["events"][-1]["timestamp"]


async def test_which_events_a_tracker_shows(call: Call) -> None:
    _, _, tracker = await call("GET", f"{TRACKER}?include_events=NONE")
    assert tracker["events"] is None
    assert tracker["slots"]["size"] == "L"
    for verbosity in ("ALL", "APPLIED", "AFTER_RESTART"):
        _, _, tracker = await call("GET", f"{TRACKER}?include_events={verbosity}")
        assert len(tracker["events"]) == 4


async def test_a_tracker_as_it_was(call: Call) -> None:
    _, _, now = await call("GET", TRACKER)
    _, _, then = await call("GET", f"{TRACKER}?until={now['events'][0]['timestamp']}")
    assert kinds(then) == ["user"]
    assert then["slots"]["size"] is None
    assert (await call("GET", f"{TRACKER}?until=yesterday"))[0] == 400
    assert (await call("GET", f"{TRACKER}?until=nan"))[0] == 400


async def test_an_unknown_conversation_has_an_empty_tracker(call: Call, web: Web) -> None:
    status, _, tracker = await call("GET", "/conversations/someone%20new/tracker")
    assert (status, tracker["sender_id"], tracker["events"]) == (200, "someone new", [])
    assert tracker["slots"] == {"size": None, "tags": []}
    assert await web.store.conversation("someone new") is None


async def test_slots_tags_and_fields(call: Call, web: Web) -> None:
    events = [
        {"event": "slot", "name": "size", "value": "XL"},
        {"event": "slot", "name": "mood", "value": ["good"]},
        {"event": "slot", "name": "first_name", "value": "Ann"},
        {"event": "slot", "name": "language", "value": "es"},
        {"event": "slot", "name": "tags", "value": ["vip"]},
    ]
    status, _, tracker = await call("POST", f"{TRACKER}/events", json=events)
    assert status == 200, tracker
    assert tracker["slots"] == {
        "size": "XL", "mood": ["good"], "first_name": "Ann", "language": "es", "tags": ["vip"],
    }  # fmt: skip
    contact = await web.store.contact(contact_id_for(ANN))
    assert contact is not None
    assert (contact.fields["first_name"], contact.language) == ("Ann", "es")
    assert contact.tags == {"vip"}
    page = await web.store.list_sessions(1, conversation_id=THREAD)
    assert page.items[0].slots == {"size": "XL", "mood": ["good"]}
    logged = await web.store.list_events(20, conversation_id=THREAD)
    assert {"tag_added", "tag_removed", "slot_set"} <= {event.type for event in logged.items}


async def test_pause_resume_and_restart(call: Call, web: Web) -> None:
    _, _, tracker = await call("POST", f"{TRACKER}/events", json={"event": "pause"})
    assert tracker["paused"] is True
    assert kinds(tracker)[-1] == "pause"
    thread = await web.store.conversation(THREAD)
    assert thread is not None
    assert thread.status == "human"
    _, _, tracker = await call("POST", f"{TRACKER}/events", json=[{"event": "resume"}])
    assert tracker["paused"] is False
    assert kinds(tracker)[-1] == "resume"
    await call("POST", f"{TRACKER}/events", json=[{"event": "restart"}])
    page = await web.store.list_sessions(1, conversation_id=THREAD)
    assert (page.items[0].status, page.items[0].ended_because) == ("ended", "restarted")


async def test_changes_at_the_same_time_are_all_kept(call: Call, web: Web) -> None:
    names = [f"slot{n}" for n in range(12)]
    events = [{"event": "slot", "name": name, "value": 1} for name in names]
    path = f"{TRACKER}/events"
    answers = await asyncio.gather(*(call("POST", path, json=event) for event in events))
    assert {status for status, _, _ in answers} == {200}
    page = await web.store.list_sessions(1, conversation_id=THREAD)
    assert set(names) < set(page.items[0].slots)


async def test_the_database_is_away(call: Call, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: Any, **__: Any) -> None:
        raise StoreUnavailable("no route to db.internal")

    monkeypatch.setattr(web.store, "save", away)
    monkeypatch.setattr(web.store, "accept", away)
    monkeypatch.setattr(web.store, "list_events", away)
    for method, path, body in (
        ("GET", "tracker", None),
        ("POST", "tracker/events", {"event": "pause"}),
        ("POST", "messages", {"text": "hi", "sender": "user"}),
        ("POST", "trigger_intent", {"name": "greet"}),
    ):
        status, _, answer = await call(method, f"/conversations/{THREAD}/{path}", json=body)
        assert (status, answer["code"], answer["reason"]) == (503, 503, "ServiceUnavailable")
        assert "internal" not in str(answer)


async def test_other_events_are_kept_as_they_came(call: Call) -> None:
    event = {"event": "bot", "text": "Hello", "metadata": {"by": "hand"}}
    _, _, tracker = await call("POST", f"{TRACKER}/events?include_events=ALL", json=event)
    last = tracker["events"][-1]
    assert {key: last[key] for key in event} == event
    assert last["timestamp"] > 0


async def test_a_logged_message_is_not_answered(call: Call, web: Web) -> None:
    path = f"/conversations/{THREAD}/messages"
    body: dict[str, Any] = {"text": "hello", "sender": "user"}
    _, _, tracker = await call("POST", path, json=body)
    assert tracker["latest_message"]["text"] == "hello"
    assert tracker["latest_message"]["intent"]["name"] == "greet"
    body["parse_data"] = {
        "text": "hello", "intent": {"name": "affirm", "confidence": 1},
        "entities": [{"entity": "n", "start": 0, "end": 1, "value": "h"}],
    }  # fmt: skip
    _, _, tracker = await call("POST", path, json=body)
    assert tracker["latest_message"]["intent"] == {"name": "affirm", "confidence": 1.0}
    assert tracker["latest_message"]["entities"][0]["value"] == "h"
    assert kinds(tracker)[-2:] == ["user", "user"]
    assert len((await web.store.list_messages(9, conversation_id=THREAD)).items) == 2


async def test_a_message_for_an_unknown_conversation_makes_it(call: Call, web: Web) -> None:
    body = {"text": "hello", "sender": "user"}
    for _ in range(2):
        status, _, tracker = await call("POST", "/conversations/new/messages", json=body)
        assert status == 200
    assert kinds(tracker) == ["user", "user"]
    thread = await web.store.conversation("new")
    assert thread is not None
    assert (thread.connector, thread.address) == ("rest", "rest:new")
    contact = await web.store.contact(thread.contact_id)
    assert contact is not None
    assert contact.created_at > 0


@pytest.mark.parametrize(
    ("entities", "text"),
    [
        (None, "/affirm"),
        ({}, "/affirm"),
        ({"name": "Ann", "n": 5}, '/affirm{"name": "Ann", "n": 5}'),
        ([{"entity": "name", "value": "Ann"}], '/affirm{"name": "Ann"}'),
    ],
)
@pytest.mark.parametrize("thread", [THREAD, "brand new"])
async def test_an_intent_is_triggered(
    call: Call, web: Web, thread: str, entities: Any, text: str
) -> None:
    body = {"name": "affirm", "entities": entities}
    status, _, answer = await call("POST", f"/conversations/{thread}/trigger_intent", json=body)
    assert status == 200, answer
    assert answer["messages"] == [{"recipient_id": thread, "text": f"You said {text}"}]
    assert answer["tracker"]["latest_message"]["text"] == text


async def test_an_intent_that_the_domain_does_not_have(call: Call) -> None:
    path = f"/conversations/{THREAD}/trigger_intent"
    status, _, answer = await call("POST", path, json={"name": "afirm"})
    assert (status, answer["reason"]) == (404, "NotFound")
    assert "did you mean 'affirm'" in answer["message"]
