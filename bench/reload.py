"""Messages to a running server while its flows are saved again and again, against none being saved.

Contacts go through a conversation of several questions; every reply must be of the version that the
conversation began with. Prints turns, those that failed, how many versions had conversations at the
same time, and the latency as a ratio to the run without saves.

    python bench/reload.py [--seconds 15] [--contacts 40] [--states 300] [--every 1.0]
"""

import argparse
import asyncio
import json
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.turns import free_port, percentile, project, running, wait_for

QUESTIONS = 6
TOKEN = "bench"


def conversation(version: int) -> str:
    """A flow of questions whose texts tell the version and the question."""
    states: list[Any] = []
    for number in reversed(range(QUESTIONS)):
        condition = {} if number == 0 else {"condition": "get_smth_from_user"}
        text = f"{version} {number}"
        states = [{"name": f"Q{number}", **condition, "enter": {"say": text}, "states": states}]
    return json.dumps({"states": states})


def ballast(states: int) -> str:
    """A flow that is only read and checked, so that a save is some work."""
    listed = [
        {
            "name": f"S{number}",
            "enter": {"say": f"number {number}"},
            "states": [
                {"name": f"T{number}", "condition": "is_user_reply_yes", "enter": {"say": "yes"}}
            ],
        }
        for number in range(states // 2)
    ]
    return json.dumps({"triggers": [{"keyword": ["ballast"]}], "states": listed})


@dataclass
class Load:
    """Contacts that write, and what became of it."""

    url: str
    client: aiohttp.ClientSession
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    milliseconds: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    side_by_side: int = 0

    async def contact(self, name: str, until: float) -> None:
        """Goes through one conversation after the other, with pauses of different length."""
        pause = self.chance.choice((0.02, 0.1, 0.5))
        before: tuple[str, int] | None = None
        while time.perf_counter() < until:
            before = self.checked(before, await self.says(name, "hello"))
            await asyncio.sleep(pause * self.chance.random())

    async def says(self, name: str, text: str) -> str:
        began = time.perf_counter()
        body = {"sender": name, "message": text}
        async with self.client.post(f"{self.url}/webhooks/rest/webhook", json=body) as answer:
            said = [it.get("text") for it in await answer.json()]
        self.milliseconds.append(1000 * (time.perf_counter() - began))
        return " / ".join(map(str, said))

    def checked(self, before: tuple[str, int] | None, said: str) -> tuple[str, int] | None:
        """Version and question of a reply; it must follow the one before."""
        version, _, number = said.partition(" ")
        if not (version.isdecimal() and number.isdecimal()):
            self.failed.append(f"{said!r} after {before}")
            return None
        now = version, int(number)
        goes_on = before is not None and before[1] < QUESTIONS - 1
        expected = (version if before is None or not goes_on else before[0],
                    before[1] + 1 if before is not None and goes_on else 0)  # fmt: skip
        if now != expected and before is not None:
            self.failed.append(f"{now} after {before}")
        return now

    async def look(self, until: float) -> None:
        """Counts the versions that have conversations now."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        while time.perf_counter() < until:
            path = f"{self.url}/api/v1/flows/bench/versions"
            async with self.client.get(path, headers=headers) as answer:
                found = await answer.json()
            live = sum(it["live_sessions"] > 0 for it in found.get("items", ()))
            self.side_by_side = max(self.side_by_side, live)
            await asyncio.sleep(0.2)

    async def run(self, seconds: float, contacts: int, prefix: str) -> "Load":
        """All contacts for some seconds."""
        until = time.perf_counter() + seconds
        await asyncio.gather(
            self.look(until), *(self.contact(f"{prefix}{n}", until) for n in range(contacts))
        )
        return self


async def save(folder: Path, every: float) -> None:
    """Saves another version of the conversation, again and again, until it is cancelled."""
    version = 1
    while True:
        await asyncio.sleep(every)
        version += 1
        (folder / "flows" / "bench.json").write_text(conversation(version))


async def measure(arguments: argparse.Namespace, folder: Path, port: int) -> int:
    """Runs without saves, then with them; answers how many turns have failed."""
    url = f"http://127.0.0.1:{port}"
    async with aiohttp.ClientSession() as client:
        await Load(url, client).run(3, arguments.contacts, "warm")
        quiet = await Load(url, client).run(arguments.seconds, arguments.contacts, "quiet")
        saving = asyncio.create_task(save(folder, arguments.every))
        busy = await Load(url, client).run(arguments.seconds, arguments.contacts, "busy")
        saving.cancel()
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with client.get(f"{url}/api/v1/events?type=flows_published", headers=headers) as got:
            published = len((await got.json())["items"])
    for name, load in (("no saves", quiet), ("with saves", busy)):
        print(f"{name}: {len(load.milliseconds)} turns, {len(load.failed)} failed, "
              f"median {percentile(load.milliseconds, 0.5):.1f} ms, "
              f"95 % {percentile(load.milliseconds, 0.95):.1f} ms")  # fmt: skip
    print(f"{published} publications, {busy.side_by_side} versions with conversations side by side")
    for share in (0.5, 0.95):
        ratio = percentile(busy.milliseconds, share) / percentile(quiet.milliseconds, share)
        print(f"latency with saves to without, at {share:.0%}: {ratio:.2f}")
    for told in (quiet.failed + busy.failed)[:5]:
        print(f"failed: {told}")
    return len(quiet.failed) + len(busy.failed)


async def main(arguments: argparse.Namespace) -> int:
    """One server, one project; answers how many turns have failed."""
    with project() as folder:
        (folder / "flows" / "bench.json").write_text(conversation(1))
        (folder / "flows" / "ballast.json").write_text(ballast(arguments.states))
        port = free_port()
        environment = {"PORT": str(port), "ADMIN_TOKEN": TOKEN}
        command = [sys.executable, "-m", "bot.cli", "--project", str(folder), "run"]
        with running(command, environment) as process:
            await wait_for(port, process)
            return await measure(arguments, folder, port)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--contacts", type=int, default=40)
    parser.add_argument("--states", type=int, default=300)
    parser.add_argument("--every", type=float, default=1.0)
    sys.exit(1 if uvloop.run(main(parser.parse_args())) else 0)
