"""A Parley process under test."""

import asyncio
import ctypes
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import aiohttp

from tests.conftest import ROOT
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, PUBLIC_URL, FakeTwilio

OUR_NUMBER = "+15550009"
TOKEN = "test-admin"
START_SECONDS = 60.0
PR_SET_PDEATHSIG = 1
"""Linux, <sys/prctl.h>."""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settle_after(project: Path, seconds: float) -> None:
    """Asks the fake provider sooner than a real one what it has."""
    path = project / "credentials.yml"
    text = path.read_text()
    path.write_text(
        text.replace(
            "twilio:\n", f"twilio:\n  settle_after: {seconds}\n  timeout: {0.6 * seconds:g}\n"
        )
    )


def die_with_tests() -> None:
    """In a new process: it ends with the tests that started it, even where those are killed.

    One that was left would go on to work in the same databases and queues as the next run.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Server:
    """`parley run` in a process of its own, on a port that stays the same when it is restarted."""

    def __init__(
        self, project: Path, fake: FakeTwilio | None = None, port: int = 0, database: str = "",
        program: tuple[str, ...] = ("-m", "bot.cli"), **environment: str,
    ) -> None:  # fmt: skip
        self.project, self.port = project, port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = database
        self._program = program
        self.environment = {
            "PORT": str(self.port), "ADMIN_TOKEN": TOKEN, "DATABASE_URL": database, **environment,
        }  # fmt: skip
        if fake is not None:
            self.environment |= {
                "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
                "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
                "TWILIO_PHONE_NUMBER": OUR_NUMBER,
                "TWILIO_API_URL": fake.url,
                "PUBLIC_URL": PUBLIC_URL,
            }
        self.process: subprocess.Popen[bytes] | None = None
        self.log = project / f"server-{self.port}.log"

    async def start(self) -> Self:
        """Starts the process and waits until it answers."""
        self.spawn()
        await self.ready()
        return self

    def spawn(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self._program, "--project", str(self.project), "run"],
                cwd=ROOT, env={**_inherited(), **self.environment}, stdout=log, stderr=log,
                preexec_fn=die_with_tests,
            )  # fmt: skip

    async def ready(self) -> None:
        """Waits until the server answers; fails with its log where it ends instead."""
        deadline = time.monotonic() + START_SECONDS
        async with aiohttp.ClientSession() as client:
            while time.monotonic() < deadline:
                if self.process is None or self.process.poll() is not None:
                    raise AssertionError(f"the server ended:\n{self.log.read_text()[-4000:]}")
                try:
                    async with client.get(f"{self.url}/healthz") as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)
        raise AssertionError(f"the server did not start:\n{self.log.read_text()[-4000:]}")

    def kill(self) -> None:
        """kill -9, and nothing said before."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def stop(self) -> int:
        """Asks the process to stop; answers its exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            return -9

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        self.stop()

    async def get(self, path: str, **query: Any) -> Any:
        """The API's answer, as JSON."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with (
            aiohttp.ClientSession(headers=headers) as client,
            client.get(f"{self.url}{path}", params=query) as answer,
        ):
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def items(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """All items of a listing, page by page."""
        found: list[dict[str, Any]] = []
        cursor: Mapping[str, Any] = {}
        while True:
            page = await self.get(f"/api/v1/{path}", limit=100, **query, **cursor)
            found.extend(page["items"])
            if not page.get("next_cursor"):
                return found
            cursor = {"cursor": page["next_cursor"]}

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Looks into the SQLite database, or turns a clock in it."""
        with sqlite3.connect(self.project / "var" / "parley.db", timeout=10) as connection:
            return connection.execute(statement, values).fetchall()

    def make_timers_due(self) -> None:
        """As if the time of all pending timers had come."""
        self.sql("UPDATE timers SET due_at = ? WHERE status = 'pending'", time.time() - 1)


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("TWILIO")}  # noqa: TID251


async def until(condition: Any, seconds: float = 15.0, what: str = "") -> Any:
    """Waits until the condition gives something true, and answers that."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        assert time.monotonic() < deadline, f"waited {seconds} s in vain: {what or condition}"
        await asyncio.sleep(0.05)
