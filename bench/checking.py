"""How long `parley check` takes over flows of 10, 100 and 1,000 states, beside reading their JSON.

Example: python -m bench.checking
"""

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from bot.engine.checker import Project, check
from bot.engine.flow import Flow
from bot.engine.reader import read_flow

SIZES = (10, 100, 1000)
ROUNDS = 5
PROJECT = Project(
    actions=frozenset(f"action_{i}" for i in range(50)),
    conditions=frozenset(f"condition_{i}" for i in range(50)),
    intents=frozenset({"affirm", "deny", "help"}),
)


def flow(states: int) -> list[Any]:
    """A flow of questions by number, yes and no, with silences, slots and reprompts."""
    return [_state(i, states) for i in range(states - 1)] + [
        {"name": "END", "enter": [{"say": "Thank you."}, {"end": True}]}
    ]


def _state(i: int, states: int) -> dict[str, Any]:
    following = f"@S{i + 1}" if i + 2 < states else "@END"
    low = {"number": True, "op": "between", "value": [1, 10 + i % 7]}
    high = {"number": True, "op": "between", "value": [5, 20]}
    say = {"say": f"Question {i}: how many, or YES or NO?"}
    return {
        "name": f"S{i}",
        "enter": [say],
        "otherwise": {"say": "A number, YES or NO, please."},
        "timeout": {"after": "1h", "say": "Are you still there?", "goto": "END"},
        "states": [
            {"name": following, "condition": "is_user_reply_yes", "enter": [say]},
            {"name": f"@S{i // 2}", "condition": low, "enter": [{"set": {f"x{i % 9}": "{text}"}}]},
            {"name": f"@S{i // 3}", "condition": high, "enter": [{"say": f"{{x{i % 5}}}"}]},
            {"name": "@END", "condition": "is_user_reply_no", "enter": [{"say": "Well."}]},
        ],
    }


def best(work: Callable[[], object]) -> float:
    """Seconds of processor time, the least of some rounds."""
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def row(name: str, texts: Sequence[str], documents: Sequence[Any]) -> str:
    """One line of the table: milliseconds to parse, to read and to check."""
    flows: list[Flow] = [read_flow(document, f"f{i}") for i, document in enumerate(documents)]
    parsed = best(lambda: [json.loads(text) for text in texts])
    read = best(lambda: [read_flow(document, "f") for document in documents])
    checked = best(lambda: check(flows, PROJECT))
    findings = check(flows, PROJECT)
    shown = sum(bool(finding.transcript) for finding in findings)
    return (
        f"| {name} | {parsed * 1000:.2f} | {read * 1000:.1f} | {checked * 1000:.1f} "
        f"| {checked / parsed:.0f} | {len(findings)} | {shown} |"
    )


def main() -> None:
    """Prints the table."""
    print("| flows | JSON, ms | reading, ms | checking, ms | by JSON | findings | transcripts |")
    print("|---|---|---|---|---|---|---|")
    for size in SIZES:
        document = flow(size)
        print(row(f"1 of {size:,} states", [json.dumps(document)], [document]))
    documents = [flow(10) for _ in range(100)]
    print(row("100 of 10 states", [json.dumps(d) for d in documents], documents))


if __name__ == "__main__":
    main()
