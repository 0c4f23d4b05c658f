"""Golden conversations: `conversations/*.json`, rewritten by `pytest --update-golden`.

Each is played on the whole bot in memory: NLU, flows, the shipped actions. A step says something or
lets time pass; what is kept is each reply, the state, slots, fields, tags and timers. The in-memory
store keeps sessions as JSON, so every step goes through saving and loading.
"""

import json
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.app import Parts, open_parts
from bot.domain.contacts import contact_id_for
from bot.settings import load
from connectors.channel import InboundMessage

CASES = sorted((Path(__file__).parent / "conversations").glob("*.json"))
NUMBER = "web:sms:+15550001"
CHANGING = {
    "<code>": re.compile(r"\b[A-HJ-NP-Z2-9]{8}\b"),
    "<time>": re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^\"]*"),
}
"""What is another one every time."""


class TurnedClock:
    """A clock that tests turn by hand."""

    def __init__(self) -> None:
        # Actions take the time of the machine: a reminder must not lie in the past.
        self.at = time.time()

    def now(self) -> float:
        return self.at


@pytest.fixture
async def bot(starter: Path) -> AsyncIterator[tuple[Parts, TurnedClock]]:
    clock = TurnedClock()
    parts = await open_parts(load(starter, {}), in_memory=True, clock=clock)
    yield parts, clock
    await parts.close()


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
async def test_conversation(
    path: Path, bot: tuple[Parts, TurnedClock], request: pytest.FixtureRequest
) -> None:
    parts, clock = bot
    case = json.loads(path.read_text("utf-8"))
    played = {
        **case,
        "steps": [await _played(parts, clock, step, n) for n, step in enumerate(case["steps"])],
    }
    if request.config.getoption("--update-golden"):
        path.write_text(json.dumps(played, ensure_ascii=False, indent=1) + "\n", "utf-8")
    assert played == case


def test_there_are_conversations_for_every_shipped_flow() -> None:
    flows = Path(__file__).parents[2] / "flows"
    shipped = {path.stem for path in flows.glob("[!_]*.json")}
    told = {json.loads(path.read_text("utf-8"))["flow"] for path in CASES}
    tested = {path.name.removesuffix(".test.yml") for path in flows.glob("*.test.yml")}
    assert told | tested >= shipped


async def _played(
    parts: Parts, clock: TurnedClock, step: dict[str, Any], number: int
) -> dict[str, Any]:
    before = await _sent(parts)
    clock.at += 1
    if "after" in step:
        clock.at += _seconds(step["after"])
        await parts.sweep.once()
        await parts.queue.idle()
    else:
        await parts.intake.message(
            InboundMessage(
                connector="web", provider_id=f"golden-{number}", address=NUMBER, sender="web:phone",
                text=step["say"], wait=True,
            )
        )  # fmt: skip
    asked: dict[str, Any] = {key: step[key] for key in ("say", "after") if key in step}
    return {**asked, **await _came_of_it(parts, before)}


async def _sent(parts: Parts) -> int:
    page = await parts.store.list_messages(500, contact_id=contact_id_for(NUMBER), direction="out")
    return len(page.items)


async def _came_of_it(parts: Parts, before: int) -> dict[str, Any]:
    contact_id = contact_id_for(NUMBER)
    sent = (await parts.store.list_messages(500, contact_id=contact_id, direction="out")).items
    sessions = (await parts.store.list_sessions(1, contact_id=contact_id)).items
    contact = await parts.store.contact(contact_id)
    assert contact is not None
    session = sessions[0] if sessions else None
    result = {
        "replies": [message.text for message in reversed(sent[: len(sent) - before])],
        "flow": session and session.flow,
        "state": session and session.state,
        "status": session and session.status,
        "slots": dict(session.slots) if session else {},
        "timers": [timer.name for timer in session.timers] if session else [],
        "fields": dict(contact.fields),
        "tags": sorted(contact.tags),
    }
    return _without_what_changes(result)


def _without_what_changes(result: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(result, ensure_ascii=False)
    for name, pattern in CHANGING.items():
        text = pattern.sub(name, text)
    shown: dict[str, Any] = json.loads(text)
    return shown


def _seconds(text: str) -> float:
    return float(text[:-1]) * {"m": 60, "h": 3600, "d": 86400}[text[-1]]
