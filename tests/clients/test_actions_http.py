"""The HTTP runner before a server that misbehaves as servers do."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from bot.clients import actions_http
from bot.clients.actions_http import HttpActions
from bot.domain.actions import ActionFailed
from tests.clients.conftest import free_port
from tests.clients.test_runners import tracker

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Misbehaving:
    """A server that answers the requests one by one as the script says, then well."""

    url: str
    script: list[Handler] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    bodies: list[dict[str, object]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.keys.append(request.headers.get("Idempotency-Key"))
        self.bodies.append(json.loads(await request.text() or "{}"))
        return await (self.script.pop(0) if self.script else well)(request)


async def well(_: web.Request) -> web.StreamResponse:
    return web.json_response({"events": [], "responses": [{"text": "well"}]})


async def drop(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def hang(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(0.5)
    return web.Response()


def answering(status: int, body: str = "", **headers: str) -> Handler:
    async def handler(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=body, headers=headers)

    return handler


@pytest.fixture
async def server() -> AsyncIterator[Misbehaving]:
    port = free_port()
    made = Misbehaving(f"http://127.0.0.1:{port}/webhook")
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.handle)
    running = web.AppRunner(app, shutdown_timeout=0.1)
    await running.setup()
    await web.TCPSite(running, "127.0.0.1", port).start()
    yield made
    await running.cleanup()


@pytest.fixture
async def runner(server: Misbehaving) -> AsyncIterator[HttpActions]:
    made = HttpActions(server.url, timeout=0.2, attempts=3, backoff=0.001)
    yield made
    await made.close()


@pytest.mark.parametrize(
    "failures",
    [
        [answering(503)],
        [answering(502), answering(429)],
        [drop],
        [hang],
        [drop, answering(500, '{"error": "once"}')],
    ],
    ids=["503", "502,429", "drop", "hang", "drop,500"],
)
async def test_tries_again_with_the_same_key(
    server: Misbehaving, runner: HttpActions, failures: list[Handler]
) -> None:
    server.script += failures
    result = await runner.run("greet", tracker(), "turn1:0")
    assert result.responses[0]["text"] == "well"
    assert server.keys == ["turn1:0"] * (len(failures) + 1)
    assert server.bodies[0] == server.bodies[-1]


async def test_speaks_rasas_protocol(server: Misbehaving, runner: HttpActions) -> None:
    await runner.run("greet", tracker(), "turn1:0")
    (body,) = server.bodies
    assert set(body) == {"next_action", "sender_id", "tracker", "domain", "version"}
    assert (body["next_action"], body["sender_id"]) == ("greet", "twilio:+1:sms:+2")
    assert str(body["version"]).startswith("3.6")


@pytest.mark.parametrize(
    ("handler", "reason", "requests"),
    [
        (answering(500, '{"error": "boom", "request_body": {"a": 1}}'), "says: boom$", 3),
        (answering(503), "status 503", 3),
        (drop, "no answer from http.* in 3 tries: ServerDisconnectedError", 3),
        (hang, "in 3 tries: nothing within 0.2 s", 3),
        (answering(200, "<html>"), "no JSON$", 1),
        (answering(200, "[1]"), "no JSON object", 1),
        (answering(200, '{"events": [7]}'), "'events' are no list of objects", 1),
        (answering(302, "", Location="http://127.0.0.1:1/"), "status 302", 1),
        (answering(400, '{"error": "not now", "action_name": "greet"}'), "rejected: not now", 1),
        (answering(401, "no"), "status 401", 1),
        (answering(404, "nothing here"), "is not there", 1),
    ],
)
async def test_gives_up_with_a_reason(
    server: Misbehaving, runner: HttpActions, handler: Handler, reason: str, requests: int
) -> None:
    server.script += [handler] * 3
    with pytest.raises(ActionFailed, match=reason):
        await runner.run("greet", tracker(), "k")
    assert len(server.keys) == requests


async def test_an_endless_answer_is_cut_off(
    server: Misbehaving, runner: HttpActions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions_http, "LARGEST_ANSWER", 1000)
    server.script.append(answering(200, json.dumps({"responses": [{"text": "x" * 5000}]})))
    with pytest.raises(ActionFailed, match="over 1000 bytes"):
        await runner.run("greet", tracker(), "k")


async def test_a_server_that_is_away_is_named() -> None:
    runner = HttpActions(f"http://127.0.0.1:{free_port()}/webhook", attempts=2, backoff=0.001)
    with pytest.raises(ActionFailed, match=r"in 2 tries: ClientConnectorError"):
        await runner.run("greet", tracker(), "k")
    with pytest.raises(ActionFailed, match=r"in 2 tries"):
        await runner.names()
    await runner.close()


async def test_a_server_without_parley_call_has_no_conditions(
    server: Misbehaving, runner: HttpActions
) -> None:
    server.script.append(answering(404, '{"error": "?", "action_name": "parley_call"}'))
    assert await runner.conditions() == frozenset()
    assert await runner.conditions() == frozenset()
    assert len(server.keys) == 1


async def test_one_request_answers_all_conditions(server: Misbehaving, runner: HttpActions) -> None:
    said = {"parley_call": {"known": ["a", "b"], "conditions": {"a": True, "b": False}}}
    server.script.append(answering(200, json.dumps({"responses": [{"custom": said}]})))
    assert await runner.ask(["a", "b"], tracker()) == {"a": True, "b": False}
    assert len(server.keys) == 1


def told(**answer: object) -> Handler:
    """A server whose parley_call answers so."""
    return answering(
        200, json.dumps({"events": [], "responses": [{"custom": {"parley_call": answer}}]})
    )


async def test_a_server_without_parley_call_has_no_functions(
    server: Misbehaving, runner: HttpActions
) -> None:
    server.script = [
        answering(404, '{"error": "No registered action", "action_name": "parley_call"}')
    ]
    assert await runner.functions() == {}
    assert await runner.functions() == {}
    assert len(server.bodies) == 1


async def test_a_parley_call_of_older_days_knows_no_functions(
    server: Misbehaving, runner: HttpActions
) -> None:
    server.script = [told(known=[], conditions={}, errors={})] * 2
    assert await runner.functions() == {}
    with pytest.raises(ActionFailed, match="there is no such task") as failed:
        await runner.call("task", "work", {}, tracker(), "k")
    assert failed.value.unknown


async def test_a_server_whose_functions_are_unclear_says_so(
    server: Misbehaving, runner: HttpActions
) -> None:
    server.script = [told(error="two tasks are named 'work': a.work and b.work")] * 2
    with pytest.raises(ActionFailed, match=r"a\.work and b\.work"):
        await runner.functions()
    with pytest.raises(ActionFailed, match=r"'work': two tasks are named"):
        await runner.call("task", "work", {}, tracker(), "k")


async def test_a_call_carries_its_key_and_what_the_session_looks_like(
    server: Misbehaving, runner: HttpActions
) -> None:
    answer = {"event": "answer", "text": "x"}
    server.script = [told(events=[answer], responses=[])]
    seen = {**tracker(), "registry": {"n": 1}, "state": "A", "contact": {"id": "c1"}}
    result = await runner.call("processor", "tidy", {"keep": 4}, seen, "turn7:2")
    assert (result.events, server.keys) == ((answer,), ["turn7:2"])
    message = server.bodies[0]["tracker"]["latest_message"]  # type: ignore[index]
    assert message["metadata"]["parley_call"] == {
        "function": {"kind": "processor", "name": "tidy", "arguments": {"keep": 4}},
        "session": {"registry": {"n": 1}, "state": "A", "contact": {"id": "c1"}},
    }
    assert message["metadata"]["idempotency_key"] == "turn7:2"


async def test_an_answer_whose_events_are_none_fails_by_name(
    server: Misbehaving, runner: HttpActions
) -> None:
    server.script = [told(events="x", responses=[])]
    with pytest.raises(ActionFailed, match="'tidy': the action server's 'events'"):
        await runner.call("processor", "tidy", {}, tracker(), "k")
