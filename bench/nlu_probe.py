"""Measured in a process of its own: how long a model takes to load and to read, and its memory.

    python -m bench.nlu_probe MODEL_FOLDER TEXTS.json

The texts must be different from each other: none is read from the cache but where that is measured.
Times are the processor's, on one thread: what others do on the machine does not count.
"""

import json
import statistics
import sys
import time
from pathlib import Path

MEGABYTE = 1e6
REPEATED = 20_000
PLAIN_LOOP = 10_000


def resident() -> float:
    """Megabytes of this process in memory."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / MEGABYTE
    return 0.0


def yardstick() -> float:
    """Seconds of a plain loop, the median of many."""
    return statistics.median(_plain_loop() for _ in range(50))


def _plain_loop() -> float:
    started = time.process_time()
    total = 0
    for number in range(PLAIN_LOOP):
        total += number
    return time.process_time() - started


def main(folder: Path, texts: list[str]) -> dict[str, float]:
    """Seconds, and megabytes beyond those of the bare process."""
    bare = resident()
    started = time.process_time()
    from nlu.pipeline import load

    reader = load(folder)
    loading = time.process_time() - started
    for text in texts[:20]:
        reader.parse(f"{text} ")
    times = []
    for text in texts:
        began = time.process_time()
        reader.parse(text)
        times.append(time.process_time() - began)
    began = time.process_time()
    for _ in range(REPEATED):
        reader.parse(texts[-1])
    cached = (time.process_time() - began) / REPEATED
    times.sort()
    return {
        "load": loading,
        "resident": resident() - bare,
        "p50": times[len(times) // 2],
        "p99": times[int(len(times) * 0.99)],
        "cached": cached,
        "yardstick": yardstick(),
    }


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[2]).read_text("utf-8"))
    json.dump(main(Path(sys.argv[1]), list(dict.fromkeys(given))), sys.stdout)
