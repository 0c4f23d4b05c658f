"""A process is killed in the middle of a schedule, again and again: each contact is met once."""

import asyncio
import random
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.contacts import Contact, contact_id_for
from bot.domain.messages import Message
from bot.domain.records import Arrival, TurnRecord
from bot.services.schedules import LEASE_SECONDS, POSITION
from bot.store.schema import upgrade
from bot.store.sql import SqlStore
from connectors.channel import conversation_id
from tests.conftest import ROOT
from tests.services.world import OURS

PEOPLE = [f"sms:+1555{number:04d}" for number in range(1000, 1060)]
ZONES = ("Europe/Oslo", "Europe/Berlin", "Asia/Tokyo")
MORNING = datetime(2026, 1, 5, 8, 0, 30, tzinfo=UTC).timestamp()
"""Just after nine in Oslo and Berlin."""
DEATHS = 9


async def prepare(url: str) -> None:
    """A database of contacts, of whom two thirds live where it is about nine."""
    await upgrade(url)
    store = SqlStore(url)
    await store.open()
    for number, address in enumerate(PEOPLE):
        id_ = contact_id_for(address)
        thread = conversation_id("twilio", OURS, address)
        message = Message(
            f"m{number:05d}", "in", "twilio", thread, id_, address, OURS, "handled", 1.0,
            provider_id=f"SM{number}",
        )  # fmt: skip
        await store.accept(Arrival(message))
        contact = Contact(id_, time_zone=ZONES[number % 3], version=1, created_at=float(number))
        assert await store.save(TurnRecord(f"t{number}", 1.0, id_, contact=contact))
    await store.set_position(POSITION, f'{{"since": 0, "until": {MORNING - 60}, "cursor": null}}')
    await store.close()


async def met(url: str) -> tuple[Counter[str], Counter[str]]:
    """How many sessions and messages each address has."""
    store = SqlStore(url)
    await store.open()
    sessions = (await store.list_sessions(1000)).items
    messages = (await store.list_messages(1000, direction="out")).items
    assert (await store.counts())["pending_timers"] == 0
    await store.close()
    address_of = {contact_id_for(address): address for address in PEOPLE}
    return (
        Counter(address_of[it.contact_id] for it in sessions),
        Counter(it.address for it in messages),
    )


@pytest.mark.timeout(180)
def test_each_contact_is_met_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/parley.db"
    asyncio.run(prepare(url))
    chance, now = random.Random(5), MORNING
    # The first deaths fall into the look, later ones into the turns.
    for number, writes in enumerate([*(chance.randint(1, 8) for _ in range(DEATHS)), 0]):
        command = ["-m", "tests.services.scheduling", url, str(now), f"p{number}", str(writes)]
        done = subprocess.run([sys.executable, *command], cwd=ROOT, check=False)
        assert done.returncode == (-signal.SIGKILL if writes else 0)
        now += LEASE_SECONDS + 1
    expected = Counter(it for number, it in enumerate(PEOPLE) if number % 3 < 2)
    assert asyncio.run(met(url)) == (expected, expected)
