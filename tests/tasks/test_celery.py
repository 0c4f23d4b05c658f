"""Two web processes and two Celery workers serve one database, over Redis and over RabbitMQ."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from kombu import Connection

from bot.services.sweep import LEFT_BEHIND_SECONDS
from bot.tasks.celery import CONTACTS_PER_SIGNAL, DUE, INBOUND, Signaller, make_celery
from tests.conftest import ROOT
from tests.e2e.server import until
from tests.fakes.twilio import FakeTwilio
from tests.tasks.installation import (
    BROKERS,
    Contact,
    Gate,
    Installation,
    empty_everything,
    forget_signals,
    sql,
    use_celery,
)

CONTACTS = 40
NAMES = ("Mike", "Anna", "John", "Mary")
STOP_SECONDS = 20.0
OUTAGE_SECONDS = 3.0

pytestmark = [pytest.mark.postgres, pytest.mark.redis]
brokers = pytest.mark.parametrize(
    "broker", ["redis", pytest.param("rabbitmq", marks=pytest.mark.rabbitmq)]
)


@pytest.fixture
async def fake() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio(seed=1, list_delay=1.0, repeat=0.2) as it:
        yield it


@pytest.fixture
async def gate(broker: str) -> AsyncIterator[Gate]:
    it = Gate(BROKERS[broker])
    await it.open()
    yield it
    await it.close()
    forget_signals(BROKERS[broker])


@pytest.fixture
async def place(
    starter: Path, fake: FakeTwilio, gate: Gate, broker: str
) -> AsyncIterator[Installation]:
    await empty_everything(BROKERS[broker])
    it = Installation(starter, fake, gate.url)
    try:
        await it.start()
        yield it
    finally:
        it.kill()


@brokers
async def test_two_web_processes_and_two_workers_are_one_bot(
    place: Installation, fake: FakeTwilio, gate: Gate
) -> None:
    people = [Contact(place, f"+1555{1000 + n}", NAMES[n % len(NAMES)]) for n in range(CONTACTS)]
    fake.fail("rate", times=1)
    await asyncio.gather(*(opts_in(it) for it in people))
    await all_took_part()
    talk = asyncio.gather(*(gets_a_coupon(it) for it in people))
    await workers_are_killed(place, gate, talk)
    await talk
    await replies_are_quick_again(people[0])
    await all_was_handled_once(people)
    await nothing_was_overwritten(place, people)
    await timers_fire_once(place, people)
    await all_was_sent_once(people)
    await all_end_when_asked(place)


@pytest.mark.parametrize("broker", ["redis"])
async def test_workers_take_over_a_flow_that_is_saved(place: Installation) -> None:
    before = Contact(place, "+15552000", "Mike")
    assert "YES or NO" in (await before.say("hello"))[0]

    def published() -> list[int]:
        return [it.log.read_text().count("event=published ") for it in place.workers]

    known = published()
    saved = [{"name": "NEW", "enter": {"say": "Saved while they ran"}}]
    (place.project / "flows" / "optin.json").write_text(json.dumps(saved))
    # Each worker has two processes, and each of them tells.
    seen = [count + 2 for count in known]
    await until(lambda: published() == seen, 30, "the publication in all processes of the workers")
    newcomers = [Contact(place, f"+1555200{n}", "Anna") for n in range(1, 7)]
    assert [await it.say("hello") for it in newcomers] == [["Saved while they ran"]] * 6
    assert "your name" in (await before.say("yes"))[0]


async def opts_in(contact: Contact) -> None:
    assert "YES or NO" in (await contact.say("hello"))[0]
    first, again, goodbye = await contact.say("banana 1", "banana 2", "banana 3")
    assert "other words" in first == again
    assert "JOIN to try again" in goodbye
    assert "YES or NO" in (await contact.say("hello"))[0]
    assert "your name" in (await contact.say("yes"))[0]
    assert contact.name in (await contact.say(f"I'm {contact.name}"))[0]


async def gets_a_coupon(contact: Contact) -> None:
    assert "interested" in (await contact.say("coupon"))[0]
    code = (await contact.say("yes"))[0].split()[-1]
    again = await contact.say("coupon", "coupon", "coupon")
    assert [text.split()[-1] for text in again] == [code] * 3


async def workers_are_killed(
    place: Installation, gate: Gate, talk: "asyncio.Future[list[None]]"
) -> None:
    """In the middle of traffic: a whole worker, one process of the other, then even the broker."""
    before = await count("messages WHERE turn_id IS NOT NULL AND direction = 'in'")
    await until(lambda: _more(before + CONTACTS), 30, "traffic")
    first, second = place.workers
    first.kill()
    second.kill_one()
    await gate.close()
    assert not talk.done()
    place.workers.remove(first)
    await place.add_worker()
    await asyncio.sleep(OUTAGE_SECONDS)
    await gate.open()
    await until(lambda: second.starts() == 3, what="another process in place of the one killed")


async def _more(than: int) -> bool:
    return await count("messages WHERE turn_id IS NOT NULL AND direction = 'in'") > than


async def count(what: str) -> int:
    (row,) = await sql(f"SELECT count(*) FROM {what}")  # noqa: S608
    return int(row[0])


async def all_was_handled_once(people: list[Contact]) -> None:
    wrote = sum(it.wrote for it in people)
    assert await count("messages WHERE direction = 'in'") == wrote
    assert await count("messages WHERE direction = 'in' AND status = 'handled'") == wrote
    (row,) = await sql(
        "SELECT count(*), count(DISTINCT causation_id) FROM events WHERE type = 'message_received'"
    )
    assert tuple(row) == (wrote, wrote)


async def nothing_was_overwritten(place: Installation, people: list[Contact]) -> None:
    contacts = await place.webs[0].items("contacts")
    found = {it["id"]: it for it in contacts}
    owners = await sql("SELECT address, contact_id FROM addresses")
    by_number = {row["address"].partition(":")[2]: found[row["contact_id"]] for row in owners}
    assert len(contacts) == len(people)
    for it in people:
        contact = by_number[it.number]
        assert sorted(contact["tags"]) == ["coupon_sent", "interested", "opted_in"]
        assert contact["fields"]["first_name"] == it.name
        assert contact["fields"]["coupon_code"] == it.heard[-1].split()[-1]


async def all_took_part() -> None:
    """Both web processes, and more than one worker process: a pool gives its signals to whichever
    of its processes is free, which may always be the same. The end of an id names its maker."""
    makers = "SELECT count(DISTINCT right(id, 14)) FROM messages WHERE direction = $1"
    assert (await sql(makers, "in"))[0][0] == 2
    assert (await sql(makers, "out"))[0][0] >= 2


async def timers_fire_once(place: Installation, people: list[Contact]) -> None:
    await sql(
        """UPDATE contacts SET fields = jsonb_set(fields::jsonb, '{email}', '"a@b.example"')"""
    )
    await sql("UPDATE timers SET due_at = $1 WHERE status = 'pending'", time.time() - 1)
    await asyncio.gather(*(it.hear() for it in people))
    assert all("how is it going" in it.heard[-1] for it in people)
    outbox = place.project / "var" / "outbox"
    await until(lambda: len(list(outbox.glob("*.eml"))) == len(people), 20, "the mails")
    for row in await sql("SELECT count(*) FROM timers GROUP BY contact_id"):
        assert row[0] == 2
    assert await count("timers WHERE status <> 'fired'") == 0


async def all_was_sent_once(people: list[Contact]) -> None:
    """Nothing more comes, and nothing is left to be sent."""
    unsettled = "messages WHERE direction = 'out' AND status IN ('queued', 'sending', 'unknown')"
    await until(lambda: _none(unsettled), 20, "settled")
    await asyncio.sleep(1)
    assert [it.inbox() for it in people] == [it.heard for it in people]
    assert all(len(it.heard) == it.wrote + 1 for it in people)  # and what the timer said


async def _none(what: str) -> bool:
    return not await count(what)


async def replies_are_quick_again(contact: Contact) -> None:
    """The signals come through: a message does not wait until a sweep finds it."""
    deadline = time.monotonic() + 30
    quick = False
    while not quick:
        assert time.monotonic() < deadline
        begun = time.monotonic()
        await contact.say("coupon")
        quick = time.monotonic() - begun < LEFT_BEHIND_SECONDS / 2


async def all_end_when_asked(place: Installation) -> None:
    for it in reversed(place.processes):
        begun = time.monotonic()
        # In a thread, for the gate to the broker stands open on this loop.
        assert await asyncio.to_thread(it.stop) == 0
        assert time.monotonic() - begun < STOP_SECONDS
    logs = place.logs()
    for word in ("Deprecat", "_failed"):
        assert word not in logs, logs
    assert not any("Traceback" in it.log.read_text() for it in place.webs)


@brokers
async def test_a_worker_ends_though_the_broker_fell_silent(
    starter: Path, fake: FakeTwilio, gate: Gate, broker: str
) -> None:
    await empty_everything(BROKERS[broker])
    place = Installation(starter, fake, gate.url, webs=1, workers=1, concurrency=1)
    try:
        await place.start()
        gate.fall_silent()
        begun = time.monotonic()
        assert await asyncio.to_thread(place.workers[0].stop) == 0
        assert time.monotonic() - begun < STOP_SECONDS
    finally:
        place.kill()


@brokers
def test_a_signal_comes_once_and_in_its_own_queue(broker: str) -> None:
    url = BROKERS[broker]
    forget_signals(url)
    inbound, due = (Signaller(make_celery(url), queue) for queue in (INBOUND, DUE))
    for number in range(CONTACTS_PER_SIGNAL + 1):
        inbound.wake(f"contact {number}")
    due.wake("another contact")
    inbound.close()
    due.close()
    told = waiting_in(url, INBOUND)
    assert sorted(told) == sorted({f"contact {n}" for n in range(CONTACTS_PER_SIGNAL + 1)})
    assert waiting_in(url, DUE) == ["another contact"]


def waiting_in(broker_url: str, queue: str) -> list[str]:
    """The contacts of all signals in the queue, which is empty then."""
    told: list[str] = []
    with Connection(broker_url) as connection:
        channel = connection.default_channel
        while message := channel.basic_get(queue, no_ack=True):
            told += json.loads(message.body)[0][0]
    return told


REDIS = BROKERS["redis"]


@pytest.mark.parametrize(
    ("command", "lock_store", "broker_url", "told"),
    [
        ("run", "in_memory", REDIS, "endpoints.yml: lock_store: type in_memory"),
        ("run", "redis", "", "endpoints.yml: task_queue: broker_url is missing"),
        ("run", "redis", "http://localhost", "endpoints.yml: task_queue: broker_url must begin"),
        ("worker", "in_memory", REDIS, "endpoints.yml: lock_store: type in_memory"),
    ],
)
def test_what_does_not_go_together_is_refused_at_start(
    starter: Path, command: str, lock_store: str, broker_url: str, told: str
) -> None:
    use_celery(starter, lock_store)
    ended = subprocess.run(
        [sys.executable, "-m", "bot.cli", "--project", str(starter), command],
        cwd=ROOT, env={**os.environ, "BROKER_URL": broker_url, "DATABASE_URL": ""},  # noqa: TID251
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 1
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr + ended.stdout
