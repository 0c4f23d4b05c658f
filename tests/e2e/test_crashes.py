"""The server is killed at random and at each boundary; nothing is lost, and nobody is texted twice."""

import asyncio
import random
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.e2e.server import OUR_NUMBER, Server, settle_after, until
from tests.fakes.twilio import FakeTwilio

CONTACTS, MESSAGES = 200, 10
KILLS = 10
BOUNDARIES = (
    "stored", "acknowledged", "action_run", "committed", "request_left", "provider_accepted",
    "recorded",
)  # fmt: skip
TEXTS = ("yes", "no", "yes", "banana", "ok")
POSTGRES = "postgresql://postgres@127.0.0.1:5432/parley_crash_test"
COUNTED = re.compile(r"\((\d+)\)$")


@pytest.fixture
def project(starter: Path) -> Path:
    """A flow that answers every message with one reply, from an action that counts them."""
    for part in ("flows", "actions"):
        shutil.rmtree(starter / part)
        shutil.copytree(ROOT / "tests" / "e2e" / "counting" / part, starter / part)
    config = (starter / "config.yml").read_text()
    (starter / "config.yml").write_text(
        config.replace("default_flow: optin", "default_flow: counting")
    )
    settle_after(starter, 7.0)
    return starter


@dataclass
class Run:
    """The servers, the provider, and who is to die."""

    servers: list[Server]
    fake: FakeTwilio
    armed: Path
    chance: random.Random = field(default_factory=lambda: random.Random(11))
    moment: str | None = None
    deaths: Counter[str] = field(default_factory=Counter)

    def watch(self, moment: str) -> bool:
        """At an armed moment of the wire the server that is next dies."""
        if moment != self.moment:
            return False
        self.moment = None
        self.deaths[moment] += 1
        for server in self.servers:
            server.kill()
        return moment != "acknowledged"

    async def keep_alive(self) -> None:
        """Restarts whoever has died."""
        while True:
            for server in self.servers:
                if server.process is not None and server.process.poll() is not None:
                    server.spawn()
            await asyncio.sleep(0.1)

    async def kill_at_boundaries(self) -> None:
        """One death at each boundary, the next when all live again."""
        for boundary in BOUNDARIES:
            if boundary in ("acknowledged", "request_left", "provider_accepted"):
                self.moment = boundary
                await until(lambda: self.moment is None, 120, boundary)
            else:
                self.armed.write_text(boundary)
                await until(lambda: not self.armed.exists(), 120, boundary)
                self.deaths[boundary] += 1
            await asyncio.sleep(2.0)

    async def kill_at_random(self) -> None:
        for number in range(KILLS):
            await asyncio.sleep(self.chance.uniform(0.5, 2.0))
            server = self.servers[number % len(self.servers)]
            await until(lambda it=server: it.process.poll() is None)
            await server.ready()
            await asyncio.sleep(self.chance.uniform(0.0, 1.0))
            server.kill()
            self.deaths["random"] += 1

    async def write(self, index: int, done: asyncio.Event) -> None:
        """A contact writes its messages, each when the one before was taken, slowly enough to be
        still at it when the last server dies."""
        number = f"+1555{index:07d}"
        for count in range(MESSAGES):
            if not done.is_set():
                await asyncio.sleep(self.chance.uniform(0, 8))
            text = TEXTS[(index + count) % len(TEXTS)]
            delivered = await self.fake.receive(number, OUR_NUMBER, text)
            assert delivered.status == 200, delivered


async def crash(servers: list[Server], fake: FakeTwilio, armed: Path) -> Run:
    """The whole run: traffic, deaths, and quiet in the end."""
    run = Run(servers, fake, armed)
    fake.watch = run.watch
    fake.settings.webhook = " ".join(server.url for server in servers)
    fake.settings.max_tries, fake.settings.retry_delay = 1000, 0.2
    fake.settings.repeat = 0.1
    for server in servers:
        await server.start()
    killed = asyncio.Event()
    alive = asyncio.create_task(run.keep_alive())
    try:
        async with asyncio.TaskGroup() as tasks:
            for index in range(CONTACTS):
                tasks.create_task(run.write(index, killed))
            await run.kill_at_boundaries()
            await run.kill_at_random()
            killed.set()
        await until(lambda: len(replies(fake)) >= CONTACTS * MESSAGES, 120, "all replies")
        await asyncio.sleep(9)  # long enough for what would be sent a second time
    finally:
        alive.cancel()
    return run


def replies(fake: FakeTwilio) -> list[dict[str, object]]:
    return fake.books.entries("outbound")


async def proved(run: Run) -> None:
    """Each message handled once, each reply sent once and in order, by the provider's own books."""
    assert set(run.deaths) >= set(BOUNDARIES), run.deaths
    assert run.deaths["random"] == KILLS
    heard: dict[str, list[str]] = {}
    for reply in replies(run.fake):
        heard.setdefault(str(reply["to"]), []).append(str(reply["body"]))
    wrong = {number: texts for number, texts in heard.items() if not in_order(number, texts)}
    assert not wrong, wrong
    assert len(heard) == CONTACTS
    server = run.servers[0]
    for contact in await server.items("contacts"):
        assert contact["fields"]["count"] == MESSAGES, contact
    messages = await server.items("messages", direction="in")
    assert [m["status"] for m in messages] == ["handled"] * CONTACTS * MESSAGES
    sent = await server.items("messages", direction="out")
    assert len(sent) == CONTACTS * MESSAGES
    assert len({m["provider_id"] for m in sent}) == len(sent)


def in_order(number: str, texts: list[str]) -> bool:
    """Contacts with an even number hear a count, the others the same words every time."""
    if int(number) % 2:
        return len(texts) == MESSAGES and not any(COUNTED.search(text) for text in texts)
    return [int(m.group(1)) for text in texts if (m := COUNTED.search(text))] == [
        *range(1, MESSAGES + 1)
    ]


@pytest.mark.timeout(900)
async def test_one_process_on_sqlite(project: Path, tmp_path: Path) -> None:
    armed = tmp_path / "armed"
    async with FakeTwilio(seed=3, callbacks="late", late_by=1.0, list_delay=5.0) as fake:
        server = Server(project, fake, program=("-m", "tests.e2e.crashing"), CRASH_FILE=str(armed))
        try:
            await proved(await crash([server], fake, armed))
        finally:
            server.stop()


@pytest.fixture
def postgres(project: Path) -> str:
    """An empty database, and locks in it, as several processes need them."""
    for action in ("DROP DATABASE IF EXISTS {} WITH (FORCE)", "CREATE DATABASE {}"):
        command = action.format("parley_crash_test")
        subprocess.run(["psql", "-qh", "127.0.0.1", "-U", "postgres", "-c", command], check=True)
    endpoints = (project / "endpoints.yml").read_text()
    (project / "endpoints.yml").write_text(endpoints.replace("type: in_memory", "type: database"))
    return POSTGRES


@pytest.mark.postgres
@pytest.mark.timeout(900)
async def test_two_processes_on_postgresql(project: Path, postgres: str, tmp_path: Path) -> None:
    armed = tmp_path / "armed"
    program, crash_file = ("-m", "tests.e2e.crashing"), str(armed)
    async with FakeTwilio(seed=5, callbacks="none", list_delay=5.0) as fake:
        servers = [
            Server(project, fake, database=postgres, program=program, CRASH_FILE=crash_file)
            for _ in range(2)
        ]
        try:
            await proved(await crash(servers, fake, armed))
        finally:
            for server in servers:
                server.stop()
