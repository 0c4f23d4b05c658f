"""The phone page over a real server on loopback."""

import asyncio
import json
import re
import socket
import uuid
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import pytest
from sanic import Sanic
from yarl import URL

from bot.domain.contacts import Contact, Conversation
from bot.domain.events import Event
from bot.domain.messages import Message
from bot.domain.records import Page, StoreUnavailable
from bot.engine.reader import read_flow
from bot.engine.session import PendingTimer, Session
from bot.engine.traffic import StateTraffic, Traffic
from bot.services.hub import Hub
from bot.services.phone import EVENTS_SHOWN, snapshot
from bot.web import phone_page
from bot.web.phone_page import phone_blueprint
from connectors.channel import conversation_id

NUMBER = "+15550001"
ADDRESS = f"web:sms:{NUMBER}"
THREAD = conversation_id("web", "web:phone", ADDRESS)
FLOW = read_flow(
    {"flow": "coupon", "title": "Spring", "triggers": [{"keyword": ["coupon"]}], "states": [
        {"name": "OFFER", "enter": {"say": "Want it?"}, "states": [
            {"name": "CODE", "condition": "is_user_reply_yes"}]}]},
    "coupon",
)  # fmt: skip
PARSE = {
    "intent": {"name": "affirm", "confidence": 0.97},
    "ranking": [{"name": "affirm", "confidence": 0.97}, {"name": "deny", "confidence": 0.02}],
    "asked_ranking": [{"name": "affirm", "confidence": 0.98}, {"name": "deny", "confidence": 0.02}],
    "entities": [{"entity": "name", "value": "Ana", "start": 0, "end": 3}],
}


def _without(key: str, parse: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parse.items() if name != key}


@dataclass
class FakeStore:
    """The few reads that the page makes, newest last in the lists."""

    contacts: dict[str, Contact] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    down: bool = False
    reads: int = 0
    traffic: Traffic = field(default_factory=Traffic)
    counted: int = 0

    async def flow_definition(self, name: str, version: str) -> str | None:
        return None

    async def flow_traffic(
        self, flow: str, version: str | None = None, since: float | None = None
    ) -> Traffic:
        self.counted += 1
        if self.down:
            raise StoreUnavailable("the database does not answer")
        return self.traffic

    async def contact(self, contact_id: str) -> Contact | None:
        return self.contacts.get(contact_id)

    async def conversation(self, conversation_id: str) -> Conversation | None:
        return self.conversations.get(conversation_id)

    async def list_messages(
        self, limit: int, cursor: str | None = None, *, conversation_id: str | None = None
    ) -> Page:
        self.reads += 1
        return _page(limit, [m for m in self.messages if m.conversation_id == conversation_id])

    async def list_sessions(
        self, limit: int, cursor: str | None = None, *, conversation_id: str | None = None
    ) -> Page:
        return _page(limit, [s for s in self.sessions if s.conversation_id == conversation_id])

    async def list_events(
        self, limit: int, cursor: str | None = None, *, conversation_id: str | None = None,
        type: str | None = None,
    ) -> Page:  # fmt: skip
        if self.down:
            raise StoreUnavailable("gone fishing")
        found = [e for e in self.events if e.conversation_id == conversation_id]
        return _page(limit, [e for e in found if type in (None, e.type)])

    def happened(self, type: str, **data: Any) -> None:
        id_ = f"e{len(self.events)}"
        self.events.append(Event(id_, type, 1.0, "c", THREAD, causation_id="m1", data=data))


def _page(limit: int, items: list[Any]) -> Page:
    return Page(tuple(reversed(items))[:limit])


def _message(id_: str, **given: Any) -> Message:
    plain = Message(id_, "in", "web", THREAD, "c", ADDRESS, "web:phone", "handled", 1.0, "yes")
    return replace(plain, **given)


def _session(id_: str, **given: Any) -> Session:
    plain = Session(id_, "coupon", FLOW.version, "OFFER", THREAD, "c", slots={"age": 3})
    return replace(plain, **given)


@pytest.fixture
def store() -> FakeStore:
    store = FakeStore()
    store.contacts["c"] = Contact("c", {"first_name": "Ana"}, frozenset({"vip", "new"}))
    store.conversations[THREAD] = Conversation(THREAD, "c", "web", "web:phone", ADDRESS)
    store.messages = [
        _message("m1", provider_id="p1"),
        _message("m2", direction="out", status="stopped", text="Hi", error="opted out", content={
            "buttons": [{"title": "Yes", "payload": "/affirm"}, "No"],
            "media": ["https://a.example/x.png", {"url": "/b.png", "content_type": "image/png"}],
        }),
    ]  # fmt: skip
    store.sessions = [_session("s1")]
    store.happened("message_received", text="Ana", parse=PARSE)
    return store


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
async def url(store: FakeStore, hub: Hub) -> AsyncIterator[str]:
    app: Sanic[Any, Any] = Sanic(f"phone-{uuid.uuid4().hex}", configure_logging=False)
    # It rewrites Sanic's own methods once a process: a second app would find them gone.
    app.config.TOUCHUP = False
    app.blueprint(phone_blueprint(store, hub, lambda: {"coupon": FLOW}))
    # Sanic takes port 0 for none given.
    listening = socket.create_server(("127.0.0.1", 0))
    server: Any = await app.create_server(
        sock=listening, return_asyncio_server=True, access_log=False
    )
    await server.startup()
    await server.before_start()
    await server.start_serving()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    await server.before_stop()
    server.close()
    await server.wait_closed()


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        yield session


class Stream:
    """An open stream, read event by event."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.answer = answer

    async def part(self) -> str:
        """The next event or comment as it was sent."""
        return (await self.answer.content.readuntil(b"\n\n")).decode().strip()

    async def event(self) -> tuple[str, Any]:
        kind, data = (await self.part()).split("\n", 1)
        return kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))


# What is shown


async def test_snapshot_of_a_conversation(store: FakeStore) -> None:
    timer = PendingTimer("t1", "timeout", "OFFER", 99.0, kind="timeout")
    store.sessions[0] = replace(store.sessions[0], timers=(timer,))
    shown = await snapshot(store, THREAD)
    assert json.loads(json.dumps(shown)) == shown
    assert shown["conversation"] == {"id": THREAD, "status": "bot"}
    first, second = shown["messages"]
    assert (first["id"], first["provider_id"], first["direction"]) == ("m1", "p1", "in")
    assert second["buttons"] == [
        {"title": "Yes", "payload": "/affirm"},
        {"title": "No", "payload": ""},
    ]
    assert second["media"][0] == {"url": "https://a.example/x.png", "content_type": ""}
    assert second["media"][1] == {"url": "/b.png", "content_type": "image/png"}
    assert (second["status"], second["error"]) == ("stopped", "opted out")
    assert shown["contact"]["tags"] == ["new", "vip"]
    assert shown["contact"]["fields"] == {"first_name": "Ana"}
    assert (shown["session"]["state"], shown["session"]["slots"]) == ("OFFER", {"age": 3})
    assert shown["session"]["timers"] == [
        {"name": "timeout", "kind": "timeout", "state": "OFFER", "due_at": 99.0}
    ]
    asked = [{"name": "affirm", "confidence": 0.98}, {"name": "deny", "confidence": 0.02}]
    assert shown["parse"] == {"text": "Ana", "asked": asked, **_without("asked_ranking", PARSE)}
    [event] = shown["log"]
    assert (event["type"], event["causation_id"]) == ("message_received", "m1")


async def test_snapshot_of_nobody() -> None:
    assert await snapshot(FakeStore(), THREAD) == {
        "conversation": None, "messages": [], "contact": None, "session": None, "parse": None,
        "log": [],
    }  # fmt: skip


async def test_the_active_session_is_shown_before_a_later_one(store: FakeStore) -> None:
    store.sessions.append(_session("s2", status="ended", ended_because="completed"))
    shown = await snapshot(store, THREAD)
    assert shown["session"]["id"] == "s1"
    store.sessions[0] = replace(store.sessions[0], status="ended")
    shown = await snapshot(store, THREAD)
    assert (shown["session"]["id"], shown["session"]["ended_because"]) == ("s2", "completed")


async def test_the_last_message_is_found_behind_many_events(store: FakeStore) -> None:
    for _ in range(EVENTS_SHOWN + 20):
        store.happened("message_delivered", message_id="m2")
    shown = await snapshot(store, THREAD)
    assert len(shown["log"]) == EVENTS_SHOWN
    assert shown["parse"]["intent"]["name"] == "affirm"


async def test_of_a_tapped_button_the_payload_was_read(store: FakeStore) -> None:
    parse = {"intent": PARSE["intent"], "intent_ranking": PARSE["ranking"]}
    store.happened("message_received", text="Yes", payload="/affirm", parse=parse)
    read = (await snapshot(store, THREAD))["parse"]
    assert (read["text"], read["ranking"]) == ("/affirm", PARSE["ranking"])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({}, None),
        ({"parse": None, "text": "x"}, None),
        ({"parse": {}}, {"text": "", "intent": None, "ranking": [], "asked": [], "entities": []}),
        (
            {"text": "x", "parse": {"intent": {"name": "a"}, "ranking": [7], "entities": None}},
            {
                "text": "x",
                "intent": {"name": "a", "confidence": 0.0},
                "ranking": [],
                "asked": [],
                "entities": [],
            },
        ),
    ],
)
async def test_a_parse_may_be_missing_or_in_parts(
    store: FakeStore, data: dict[str, Any], expected: Any
) -> None:
    store.happened("message_received", **data)
    assert (await snapshot(store, THREAD))["parse"] == expected


# The page


async def test_the_page_needs_nothing_from_elsewhere(
    url: str, client: aiohttp.ClientSession
) -> None:
    async with client.get(f"{url}/phone") as answer:
        html = await answer.text()
    assert answer.status == 200
    assert answer.content_type == "text/html"
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert not re.search(r"https?://|<style|\sstyle=|<script(?![^>]* src=)|\son\w+=", html)
    assets = re.findall(r'(?:href|src)="([^"#]+)"', html)
    assert assets
    assert all(asset.startswith("/phone/static/") for asset in assets)


async def test_every_file_of_the_page_is_served(url: str, client: aiohttp.ClientSession) -> None:
    types = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    names = {path.name for path in phone_page._FOLDER.iterdir()} - {"index.html"}
    for name in names:
        async with client.get(f"{url}/phone/static/{name}") as answer:
            text = await answer.text()
        assert answer.status == 200, name
        assert answer.content_type == types[name.rpartition(".")[2]]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        imports = re.findall(r'from "\./([\w.]+)"', text)
        assert set(imports) <= names
        assert "innerHTML" not in text
        assert "insertAdjacentHTML" not in text


async def test_what_the_browser_has_is_not_sent_again(
    url: str, client: aiohttp.ClientSession
) -> None:
    address = f"{url}/phone/static/phone.css"
    async with client.get(address) as answer:
        tag = answer.headers["ETag"]
        assert answer.headers["Cache-Control"] == "no-cache"
    async with client.get(address, headers={"If-None-Match": tag}) as answer:
        assert answer.status == 304
        assert await answer.read() == b""


@pytest.mark.parametrize("name", ["nothing.js", "index.html", "..%2Fphone_page.py", "%2e%2e"])
async def test_there_are_no_other_files(url: str, client: aiohttp.ClientSession, name: str) -> None:
    address = URL(f"{url}/phone/static/{name}", encoded=True)
    async with client.get(address) as answer:
        assert answer.status == 404


async def test_flows_come_with_their_pictures(url: str, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{url}/phone/flows") as answer:
        [flow] = await answer.json()
    assert (flow["name"], flow["title"], flow["keywords"]) == ("coupon", "Spring", ["coupon"])
    assert flow["graph"]["version"] == FLOW.version
    assert [node["id"] for node in flow["graph"]["nodes"]] == ["OFFER", "CODE"]
    assert flow["graph"]["edges"][0]["label"] == "yes"


async def test_the_picture_comes_with_counts_and_without_colours(
    url: str, client: aiohttp.ClientSession, store: FakeStore
) -> None:
    store.traffic = Traffic({"OFFER": StateTraffic(entered=9, left=4, live=5)})
    async with client.get(f"{url}/phone/flows/coupon/picture.svg") as answer:
        text = await answer.text()
        assert (answer.status, answer.content_type) == (200, "image/svg+xml")
    drawn = ET.fromstring(text)  # noqa: S314 - our own picture
    assert drawn.get("data-version") == FLOW.version
    states = {it.get("data-state") for it in drawn.iter() if it.get("data-state")}
    assert states == {"OFFER", "CODE"}
    ways = {(it.get("data-source"), it.get("data-target")) for it in drawn.iter()}
    assert ("OFFER", "CODE") in ways
    assert "5 here" in "".join(drawn.itertext())
    # The page's policy forbids both.
    assert "<style" not in text
    assert "style=" not in text


async def test_the_picture_is_drawn_without_the_counts_where_the_store_is_down(
    url: str, client: aiohttp.ClientSession, store: FakeStore
) -> None:
    store.down = True
    async with client.get(f"{url}/phone/flows/coupon/picture.svg") as answer:
        assert answer.status == 200
        assert 'class="counts"' not in await answer.text()


async def test_many_pages_count_once(
    url: str, client: aiohttp.ClientSession, store: FakeStore
) -> None:
    for _ in range(3):
        async with client.get(f"{url}/phone/flows/coupon/picture.svg") as answer:
            assert answer.status == 200
    assert store.counted == 1


async def test_there_is_no_picture_of_an_unknown_flow(
    url: str, client: aiohttp.ClientSession
) -> None:
    async with client.get(f"{url}/phone/flows/gone/picture.svg") as answer:
        assert answer.status == 404


# The stream


async def test_a_change_is_shown_at_once(
    url: str, client: aiohttp.ClientSession, store: FakeStore, hub: Hub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(phone_page, "LOOK", 60.0)
    query = {"channel": "sms", "number": NUMBER}
    async with client.get(f"{url}/phone/stream", params=query) as answer:
        assert answer.content_type == "text/event-stream"
        assert answer.headers["Cache-Control"] == "no-store"
        stream = Stream(answer)
        kind, shown = await stream.event()
        assert (kind, len(shown["messages"])) == ("snapshot", 2)
        store.messages.append(_message("m3", text="line one\n\nline two", direction="out"))
        hub.publish(THREAD)
        kind, shown = await stream.event()
        assert shown["messages"][-1]["text"] == "line one\n\nline two"


async def test_what_another_process_wrote_is_found(
    url: str, client: aiohttp.ClientSession, store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phone_page, "LOOK", 0.02)
    # A plus sign that was not encoded arrives as a space.
    async with client.get(f"{url}/phone/stream?channel=sms&number={NUMBER}") as answer:
        stream = Stream(answer)
        await stream.event()
        await asyncio.sleep(0.2)
        assert store.reads == 1, "nothing new, nothing read"
        store.happened("state_entered", state="CODE", left="OFFER")
        _, shown = await stream.event()
        assert shown["log"][0]["data"] == {"state": "CODE", "left": "OFFER"}


async def test_a_message_on_its_way_is_followed(
    url: str, client: aiohttp.ClientSession, store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A delivery that goes well changes a row and logs nothing."""
    monkeypatch.setattr(phone_page, "LOOK", 0.02)
    store.messages[1] = replace(store.messages[1], status="sending")
    query = {"channel": "sms", "number": NUMBER}
    async with client.get(f"{url}/phone/stream", params=query) as answer:
        stream = Stream(answer)
        await stream.event()
        await asyncio.sleep(0.1)
        store.messages[1] = replace(store.messages[1], status="delivered")
        _, shown = await stream.event()
        assert shown["messages"][1]["status"] == "delivered"


async def test_silence_is_filled_and_trouble_is_told(
    url: str, client: aiohttp.ClientSession, store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phone_page, "LOOK", 0.02)
    monkeypatch.setattr(phone_page, "HEARTBEAT", 0.05)
    query = {"channel": "sms", "number": NUMBER}
    async with client.get(f"{url}/phone/stream", params=query) as answer:
        stream = Stream(answer)
        await stream.event()
        assert await stream.part() == ": still here"
        store.down = True
        while (part := await stream.part()).startswith(":"):
            pass
        assert part.startswith("event: trouble\n")
        store.down = False
        while not (part := await stream.part()).startswith("event: snapshot"):
            pass


async def test_a_client_that_goes_leaves_nothing_behind(
    url: str, client: aiohttp.ClientSession, hub: Hub
) -> None:
    query = {"channel": "sms", "number": NUMBER}
    async with client.get(f"{url}/phone/stream", params=query) as answer:
        await Stream(answer).event()
        answer.close()
    for _ in range(250):
        if not hub._waiting:
            return
        await asyncio.sleep(0.02)
    pytest.fail("the stream still waits for changes")


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ({"channel": "sms", "number": "5550001"}, "number", "country code"),
        ({"channel": "sms", "number": "+1 555 0001"}, "number", "country code"),
        ({"channel": "sms"}, "number", "country code"),
        ({"channel": "fax", "number": NUMBER}, "channel", "'whatsapp'"),
        ({"number": NUMBER}, "channel", "'whatsapp'"),
    ],
)
async def test_a_wrong_field_is_named(
    url: str, client: aiohttp.ClientSession, query: dict[str, str], field: str, words: str
) -> None:
    async with client.get(f"{url}/phone/stream", params=query) as answer:
        problem = await answer.json(content_type="application/problem+json")
    assert answer.status == 400
    [error] = problem["errors"]
    assert error["field"] == field
    assert words in error["detail"]
