"""Runs `parley` as a user does: in a process of its own."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.conftest import ROOT

SECONDS = 40.0
ENVIRONMENT = {
    **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},  # noqa: TID251
    "PYTHONPATH": str(ROOT),
    "COLUMNS": "200",
}


def parley(
    folder: Path, *words: str, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """What the command did: exit code, and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", *words], cwd=folder, input=stdin, timeout=SECONDS,
        env={**ENVIRONMENT, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
    return done


class Running:
    """A command that serves until it is stopped, with all processes that it starts."""

    def __init__(self, folder: Path, *words: str, **environment: str) -> None:
        self.log = folder / "said.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot.cli", *words], cwd=folder,
                env={**ENVIRONMENT, **environment}, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Asks it to stop: exit code, and what it said."""
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        return self.process.returncode, self.log.read_text()
