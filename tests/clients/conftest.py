"""Action runners for the contract suite: one in this process, one before a real rasa-sdk server."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.clients.actions_http import HttpActions
from bot.clients.actions_in_process import InProcessActions
from tests.clients.trial import TRIAL

ROOT = Path(__file__).resolve().parents[2]
DOMAIN: dict[str, Any] = {"responses": {"utter_help": [{"text": "Help"}]}, "slots": {}}
TIMEOUT = 1.0


def write_package(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)


@pytest.fixture(scope="session")
def trial_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("project")
    write_package(project / "trial", TRIAL)
    for shipped in ("parley_call.py", "parley_functions.py"):
        shutil.copy(ROOT / "actions" / shipped, project / "trial")
    return project


@pytest.fixture(scope="session")
def action_server(trial_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `python -m rasa_sdk` over the trial package."""
    yield from serve(trial_project, "trial", tmp_path_factory.mktemp("server") / "log")


def serve(project: Path, package: str, log: Path) -> Iterator[str]:
    """Runs an action server over a package of the project, until the generator is closed."""
    port = free_port()
    with log.open("w") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "rasa_sdk", "--actions", package, "-p", str(port)],
            cwd=project,
            env={**os.environ, "SANIC_HOST": "127.0.0.1"},  # noqa: TID251 - a child's environment
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/health", server, log)
            yield f"http://127.0.0.1:{port}/webhook"
        finally:
            server.terminate()
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310 - loopback
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the action server did not come up:\n{log.read_text()}")


Runner = InProcessActions | HttpActions


@pytest.fixture(params=["in_process", "http"])
async def runner(
    request: pytest.FixtureRequest, trial_project: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Runner]:
    monkeypatch.setattr(sys, "path", list(sys.path))
    made: Runner
    if request.param == "in_process":
        made = InProcessActions("trial", trial_project, DOMAIN, timeout=TIMEOUT)
    else:
        url = request.getfixturevalue("action_server")
        made = HttpActions(url, DOMAIN, timeout=TIMEOUT, attempts=2, backoff=0.01)
    yield made
    await made.close()
