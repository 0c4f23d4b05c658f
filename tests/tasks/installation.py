"""A larger installation under test: web processes, Celery workers, one PostgreSQL, one broker."""

import asyncio
import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import redis
from kombu import Connection

from bot.tasks.celery import DUE, INBOUND
from tests.conftest import ROOT
from tests.e2e.server import OUR_NUMBER, Server, die_with_tests, free_port, settle_after, until
from tests.fakes.twilio import FakeTwilio

SERVER = "postgresql://postgres@127.0.0.1:5432"
DATABASE = f"{SERVER}/parley_celery_test"
LOCKS = "redis://127.0.0.1:6379/12"
BROKERS = {"redis": "redis://127.0.0.1:6379/11", "rabbitmq": "amqp://guest:guest@127.0.0.1:5672//"}
WARNINGS = "default::DeprecationWarning,default::PendingDeprecationWarning"
START_SECONDS = 60.0
PATIENCE = 60.0
"""A killed process's locks last for 15 seconds, and what it left is looked for after 5."""


async def sql(statement: str, *values: Any, database: str = DATABASE) -> list[Any]:
    """Looks into the database, or turns a clock in it."""
    connection = await asyncpg.connect(database)
    try:
        return list(await connection.fetch(statement, *values))
    finally:
        await connection.close()


async def empty_everything(broker_url: str) -> None:
    """A new database, no locks, and queues without old signals."""
    name = DATABASE.rpartition("/")[2]
    for statement in (f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}"):
        await sql(statement, database=f"{SERVER}/postgres")
    forget_signals(broker_url)
    with redis.Redis.from_url(LOCKS) as locks:
        locks.flushdb()


def forget_signals(broker_url: str) -> None:
    """Deletes the queues, and what Redis keeps of signals that a killed worker had taken."""
    if broker_url.startswith("redis"):
        with redis.Redis.from_url(broker_url) as broker:
            broker.flushdb()
    with Connection(broker_url) as connection:
        for queue in (INBOUND, DUE):
            connection.default_channel.queue_delete(queue)


def use_celery(project: Path, lock_store: str = "redis") -> None:
    """endpoints.yml switches to Celery, and to locks that processes share."""
    path = project / "endpoints.yml"
    text = path.read_text()
    changed = text.replace("type: in_memory", f"type: {lock_store}").replace(
        "type: embedded", "type: celery"
    )
    assert f"type: {lock_store}" in changed
    assert "type: celery" in changed
    path.write_text(changed)


class Worker:
    """`parley worker`, with its pool of processes, in a process group of its own."""

    _numbers = itertools.count()

    def __init__(self, web: Server, concurrency: int = 2) -> None:
        self._web, self._concurrency = web, concurrency
        self.log = web.project / f"worker-{next(self._numbers)}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def spawn(self) -> None:
        words = ["--project", str(self._web.project), "worker", "--concurrency"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot.cli", *words, str(self._concurrency)],
                cwd=ROOT, env={**os.environ, **self._web.environment},  # noqa: TID251
                stdout=log, stderr=log, start_new_session=True, preexec_fn=die_with_tests,
            )  # fmt: skip

    async def ready(self) -> None:
        """Waits until each process of the pool sweeps."""
        await until(self._sweeps, START_SECONDS, f"the worker's start: {self.log}")

    def _sweeps(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the worker ended:\n{self.log.read_text()}"
        return self.starts() >= self._concurrency

    def starts(self) -> int:
        """How many processes of the pool have come up, one after the other or together."""
        return self.log.read_text().count("worker_process_ready")

    def kill(self) -> None:
        """kill -9 to the worker and its pool, as when a machine is gone."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def kill_one(self) -> None:
        """kill -9 to one process of the pool, as when memory runs out."""
        assert self.process is not None
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)

    def stop(self, seconds: float = 30.0) -> int:
        """SIGTERM, as systemd and docker send it; the exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(seconds)


class Installation:
    """Processes that serve one database, started together."""

    def __init__(
        self, project: Path, fake: FakeTwilio, broker_url: str,
        webs: int = 2, workers: int = 2, concurrency: int = 2,
    ) -> None:  # fmt: skip
        use_celery(project)
        settle_after(project, 2.5)
        self.project, self.fake = project, fake
        self.webs = [
            Server(
                project,
                fake,
                database=DATABASE,
                REDIS_URL=LOCKS,
                BROKER_URL=broker_url,
                PYTHONWARNINGS=WARNINGS,
            )
            for _ in range(webs)
        ]
        self.workers = [Worker(self.webs[0], concurrency) for _ in range(workers)]
        self._next_web = itertools.cycle(self.webs)

    @property
    def processes(self) -> list[Server | Worker]:
        """The web processes and the workers."""
        return [*self.webs, *self.workers]

    async def start(self) -> None:
        """Starts all at once, on an empty database."""
        for it in self.processes:
            it.spawn()
        for it in self.processes:
            await it.ready()
        self.fake.settings.webhook = self.webs[0].url

    async def add_worker(self) -> None:
        self.workers.append(Worker(self.webs[0]))
        self.workers[-1].spawn()
        await self.workers[-1].ready()

    def kill(self) -> None:
        """Leaves nothing behind, whatever the test came to."""
        for it in self.processes:
            it.kill()

    async def receive(self, number: str, text: str) -> None:
        """A contact writes; the next one's message goes to the other web process."""
        self.fake.settings.webhook = next(self._next_web).url
        delivered = await self.fake.receive(number, OUR_NUMBER, text)
        assert delivered.status == 200, delivered

    def logs(self) -> str:
        """What all processes said."""
        return "\n".join(it.log.read_text() for it in self.processes)


class Gate:
    """The way to the broker, which can be closed: nobody answers, and what was open is cut."""

    def __init__(self, broker_url: str) -> None:
        self.port = free_port()
        address = urlsplit(broker_url)
        self._broker = (str(address.hostname), int(address.port or 0))
        self.url = broker_url.replace(f":{address.port}", f":{self.port}")
        self._server: asyncio.Server | None = None
        self._passing = asyncio.Event()
        self._passing.set()
        self._open: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        """Lets everybody through again."""
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self.port)

    async def close(self) -> None:
        """Cuts all connections, and takes no more."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._open):
            writer.transport.abort()

    def fall_silent(self) -> None:
        """Nothing comes through any more, and nobody is told."""
        self._passing.clear()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection(*self._broker)
        await asyncio.gather(self._pump(reader, forth), self._pump(back, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while data := await reader.read(65536):
                await self._passing.wait()
                writer.write(data)
        except OSError:
            pass
        finally:
            self._open.discard(writer)
            writer.close()


class Contact:
    """Somebody with a phone."""

    def __init__(self, place: Installation, number: str, name: str) -> None:
        self._place, self.number, self.name = place, number, name
        self.wrote = 0
        self.heard: list[str] = []

    async def say(self, *texts: str) -> Sequence[str]:
        """Writes all texts at once; answers as many replies."""
        self.wrote += len(texts)
        await asyncio.gather(*(self._place.receive(self.number, text) for text in texts))
        return await self.hear(len(texts))

    async def hear(self, replies: int = 1) -> Sequence[str]:
        """Waits for replies."""
        before, wanted = len(self.heard), len(self.heard) + replies
        await until(lambda: len(self.inbox()) >= wanted, PATIENCE, f"{self.number}: reply {wanted}")
        self.heard = self.inbox()[:wanted]
        return self.heard[before:]

    def inbox(self) -> list[str]:
        """All that the phone got, oldest first."""
        listed = self._place.fake.books.listed({"To": self.number}, 0.0)
        return [record.body for record in reversed(listed)]
