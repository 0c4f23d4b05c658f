"""Full turns per second, latency and memory, as ratios to a bare Sanic endpoint in the same run.

A turn: signed webhook in, NLU, flow, in-process action, durable commit, reply handed to a provider
in another process and marked sent. Four fifths of the texts are common replies, the rest is new.

    python bench/turns.py [--seconds 10] [--only sqlite|postgres] [--long]
"""

import argparse
import asyncio
import itertools
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.wire import ACCOUNT, PUBLIC, SENDER, TOKEN, Connection, Sink, webhook

ROOT = Path(__file__).resolve().parent.parent
POSTGRES = "postgresql://postgres@127.0.0.1:5432/parley_bench"
CONTACTS = 256
COMMON = [
    "yes",
    "no",
    "ok",
    "yep",
    "nope",
    "sure",
    "y",
    "n",
    "Yes please",
    "no thanks",
    "sí",
    "да",
    "👍",
    "ok cool",
]
WORDS = [
    "maybe",
    "later",
    "tuesday",
    "bring",
    "the",
    "blue",
    "car",
    "my",
    "sister",
    "asked",
    "about",
    "rain",
    "again",
    "tomorrow",
    "and",
    "lunch",
]


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def some_text(chance: random.Random) -> str:
    """Four fifths common replies, one fifth never seen before."""
    if chance.random() < 0.8:
        return chance.choice(COMMON)
    return " ".join(chance.choices(WORDS, k=5)) + f" {chance.randrange(10**6)}"


@dataclass
class Traffic:
    """Contacts that write, and what they heard back."""

    connections: Sequence[Sequence[Connection]]
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    heard: dict[str, asyncio.Queue[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        Sink.on_message = self.hear

    def hear(self, number: str, body: str) -> None:
        queue = self.heard.get(number)
        if queue is not None:
            queue.put_nowait(time.perf_counter())

    async def say(self, index: int, number: str, text: str) -> float:
        """Posts one message; answers when it was posted. The status must be 200."""
        pool = self.connections[index % len(self.connections)]
        connection = pool[(index // len(self.connections)) % len(pool)]
        began = time.perf_counter()
        status = await connection.post(webhook(number, text))
        assert status == 200, f"the webhook answered {status}"
        return began

    async def closed_loop(self, seconds: float, contacts: int) -> float:
        """Every contact writes again as soon as it is answered; answers turns per second."""
        end = time.perf_counter() + seconds
        began, before = time.perf_counter(), Sink.taken
        async with asyncio.TaskGroup() as tasks:
            for index in range(contacts):
                tasks.create_task(self._converse(index, end))
        return (Sink.taken - before) / (time.perf_counter() - began)

    async def _converse(self, index: int, end: float) -> None:
        number = f"+1555{index:07d}"
        self.heard[number] = asyncio.Queue()
        while time.perf_counter() < end:
            await self.say(index, number, some_text(self.chance))
            await self.heard[number].get()

    async def open_loop(self, seconds: float, rate: float) -> list[float]:
        """Messages at a fixed rate, whatever the answers do; answers the latencies in seconds."""
        latencies: list[float] = []
        idle: asyncio.Queue[int] = asyncio.Queue()
        for index in range(len(self.connections) * len(self.connections[0])):
            idle.put_nowait(index)
        pending: set[asyncio.Task[None]] = set()
        began = time.perf_counter()
        for count in itertools.count():
            due = began + count / rate
            if due > began + seconds:
                break
            delay = due - time.perf_counter()
            if delay > 0:
                await asyncio.sleep(delay)
            index = await idle.get()
            task = asyncio.create_task(self._once(index, due, latencies, idle))
            pending.add(task)
            task.add_done_callback(pending.discard)
        await asyncio.gather(*pending)
        return latencies

    async def _once(
        self, index: int, due: float, latencies: list[float], idle: asyncio.Queue[int]
    ) -> None:
        number = f"+1556{index:07d}"
        queue = self.heard.setdefault(number, asyncio.Queue())
        await self.say(index, number, some_text(self.chance))
        latencies.append(await queue.get() - due)
        idle.put_nowait(index)

    async def burst(self) -> float:
        """Five messages of one contact at once; answers the seconds until the fifth reply."""
        number = "+15570000001"
        queue = self.heard[number] = asyncio.Queue()
        began = time.perf_counter()
        await asyncio.gather(*(self.say(i, number, text) for i, text in enumerate(COMMON[:5])))
        for _ in range(5):
            last = await queue.get()
        return last - began

    async def one_contact(self, turns: int) -> tuple[float, float]:
        """Seconds per turn of one contact: over its first hundred turns, and its last hundred."""
        number = "+15580000001"
        queue = self.heard[number] = asyncio.Queue()
        taken = []
        for _ in range(turns):
            began = await self.say(0, number, self.chance.choice(COMMON))
            taken.append(await queue.get() - began)
        return statistics.median(taken[:100]), statistics.median(taken[-100:])


async def connect(port: int, count: int) -> list[Connection]:
    """Open connections to a server."""
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(Connection, "127.0.0.1", port))[1] for _ in range(count)]


async def wait_for(port: int, process: subprocess.Popen[bytes], path: str = "/healthz") -> float:
    """Waits until the server answers; answers how many seconds that took."""
    began = time.perf_counter()
    while time.perf_counter() - began < 120:
        assert process.poll() is None, f"the server ended with {process.returncode}"
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        if await reader.read(12):
            writer.close()
            return time.perf_counter() - began
    raise TimeoutError("the server did not start")


@contextmanager
def running(
    command: Sequence[str], environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A child process that ends with the block."""
    process = subprocess.Popen(command, env={**os.environ, **environment}, cwd=ROOT)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def project() -> Iterator[Path]:
    """The measured project: the shipped training data with a flow and actions of its own."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder)
        shutil.copytree(ROOT / "bench" / "project", target, dirs_exist_ok=True)
        shutil.copytree(ROOT / "nlu" / "data", target / "nlu" / "data")
        for name in ("config.yml", "credentials.yml", "domain.yml", "endpoints.yml"):
            shutil.copyfile(ROOT / name, target / name)
        config = (
            (target / "config.yml")
            .read_text()
            .replace("default_flow: optin", "default_flow: bench")
        )
        (target / "config.yml").write_text(config)
        subprocess.run([sys.executable, "-m", "bot.cli", "--project", folder, "train"], check=True, cwd=ROOT,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        yield target


def several_processes(folder: Path) -> None:
    """Turns run in several processes: locks in the database instead of in memory."""
    text = (folder / "endpoints.yml").read_text()
    (folder / "endpoints.yml").write_text(text.replace("type: in_memory", "type: database"))


def memory_of(pid: int) -> float:
    """Resident memory in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def cpu_of(pids: Sequence[int]) -> float:
    """Seconds of processor time that the processes have used."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def fresh_postgres() -> bool:
    """Makes the database anew; False where no PostgreSQL answers."""
    for command in ("DROP DATABASE IF EXISTS parley_bench", "CREATE DATABASE parley_bench"):
        made = subprocess.run(
            ["psql", "-h", "127.0.0.1", "-U", "postgres", "-c", command], capture_output=True
        )
        if made.returncode:
            return False
    return True


@asynccontextmanager
async def parley(
    folder: Path, database: str, processes: int, sink: int
) -> AsyncIterator[tuple[list[int], Traffic, list[float]]]:
    """Parley processes on one database, with traffic that is connected to them."""
    environment = {
        "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_PHONE_NUMBER": SENDER,
        "TWILIO_API_URL": f"http://127.0.0.1:{sink}", "PUBLIC_URL": PUBLIC, "DATABASE_URL": database,
        "ADMIN_TOKEN": "bench",
    }  # fmt: skip
    with contextmanager(_several)(folder, environment, processes) as started:
        seconds = [await wait_for(port, process) for port, process in started]
        connections = [await connect(port, CONTACTS) for port, _ in started]
        yield [process.pid for _, process in started], Traffic(connections), seconds


def _several(
    folder: Path, environment: dict[str, str], count: int
) -> Iterator[list[tuple[int, subprocess.Popen[bytes]]]]:
    ports = [free_port() for _ in range(count)]
    command = [sys.executable, "-m", "bot.cli", "--project", str(folder), "run"]
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield [
            (port, stack.enter_context(running(command, {**environment, "PORT": str(port)})))
            for port in ports
        ]


async def bare_rate(seconds: float) -> float:
    """Requests per second of the bare endpoint, from the same client."""
    port = free_port()
    with running([sys.executable, "bench/bare.py", str(port)], {}) as process:
        await wait_for(port, process, "/")
        connections = await connect(port, CONTACTS)
        requests = [webhook(f"+1555{i:07d}", "yes") for i in range(CONTACTS)]
        end, done = time.perf_counter() + seconds, 0

        async def ask(connection: Connection, request: bytes) -> None:
            nonlocal done
            while time.perf_counter() < end:
                await connection.post(request)
                done += 1

        await asyncio.gather(*(ask(c, r) for c, r in zip(connections, requests, strict=True)))
        return done / seconds


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def measure(
    title: str,
    folder: Path,
    database: str,
    processes: int,
    bare: float,
    arguments: argparse.Namespace,
    sink: int,
) -> None:
    async with parley(folder, database, processes, sink) as (pids, traffic, started):
        await traffic.closed_loop(3, CONTACTS)  # warm up
        used, before = cpu_of(pids), Sink.taken
        rate = await traffic.closed_loop(arguments.seconds, CONTACTS)
        cost = 1000 * (cpu_of(pids) - used) / max(Sink.taken - before, 1)
        print(f"\n{title}: started in {max(started):.1f} s")
        print(
            f"  closed loop   {rate:8.0f} turns/s   {100 * rate / bare:5.1f} % of the bare endpoint"
        )
        print(f"  cost          {cost:8.2f} ms of processor time a turn")
        half = await traffic.open_loop(arguments.seconds, rate / 2)
        shown = "  ".join(
            f"p{int(p * 100)} {percentile(half, p) * 1000:.1f} ms" for p in (0.5, 0.95, 0.99)
        )
        print(f"  open loop     {rate / 2:8.0f} turns/s   {shown}")
        print(f"  five at once  {await traffic.burst() * 1000:8.0f} ms until the fifth reply")
        first, last = await traffic.one_contact(1000)
        print(
            f"  one contact   first turns {first * 1000:.1f} ms, turns 900 to 1,000 {last * 1000:.1f} ms"
        )
        print(f"  memory        {', '.join(f'{memory_of(pid):.0f} MB' for pid in pids)}")
        if arguments.long:
            await _long(traffic, pids)


async def _long(traffic: Traffic, pids: Sequence[int]) -> None:
    """Memory over 100,000 turns."""
    done = 0
    while done < 100_000:
        before = Sink.taken
        await traffic.closed_loop(10, CONTACTS)
        done += Sink.taken - before
        print(
            f"  after {done:7d} turns: {', '.join(f'{memory_of(pid):.0f} MB' for pid in pids)}",
            flush=True,
        )


async def main(arguments: argparse.Namespace) -> None:
    sink = free_port()
    await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", sink)
    bare = await bare_rate(min(arguments.seconds, 5))
    print(f"bare Sanic endpoint: {bare:.0f} requests/s")
    if arguments.only in (None, "sqlite"):
        with project() as folder:
            await measure("SQLite, one process", folder, "", 1, bare, arguments, sink)
    if arguments.only in (None, "postgres"):
        for processes in (1, 2):
            if not fresh_postgres():
                print("PostgreSQL: none on 127.0.0.1:5432")
                return
            with project() as folder:
                several_processes(folder)
                await measure(
                    f"PostgreSQL, {processes} process(es)",
                    folder,
                    POSTGRES,
                    processes,
                    bare,
                    arguments,
                    sink,
                )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each loop runs")
    parser.add_argument("--only", choices=["sqlite", "postgres"], help="one database alone")
    parser.add_argument("--long", action="store_true", help="also memory over 100,000 turns")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(parser.parse_args()))
