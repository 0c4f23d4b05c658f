"""Records for tests, with what a test does not care about filled in."""

import itertools
from typing import Any

from bot.domain.contacts import contact_id_for
from bot.domain.events import Event
from bot.domain.messages import Message
from bot.domain.records import Accepted, Arrival, TurnRecord
from bot.domain.timers import Timer
from bot.engine.session import Session
from bot.services.ports import Store

_numbers = itertools.count(1)
ANN = "sms:+15550001"
BOB = "sms:+15550002"
SENDER = "+15559999"


def new_id() -> str:
    """An id later than those before."""
    return f"{next(_numbers):012d}"


def thread_of(address: str) -> str:
    """The conversation of an address with our one sender."""
    return f"twilio:{SENDER}:{address}"


def inbound(address: str = ANN, **fields: Any) -> Message:
    """A message that came from this address."""
    return _message("in", address, {"status": "pending", "provider_id": "SM" + new_id(), **fields})


def outbound(address: str = ANN, **fields: Any) -> Message:
    """A message that goes to this address."""
    return _message("out", address, {"status": "queued", **fields})


def _message(direction: Any, address: str, fields: dict[str, Any]) -> Message:
    values: dict[str, Any] = {
        "id": new_id(),
        "direction": direction,
        "connector": "twilio",
        "conversation_id": thread_of(address),
        "contact_id": contact_id_for(address),
        "address": address,
        "sender": SENDER,
        "created_at": 100.0,
        **fields,
    }
    return Message(**values)


def session(address: str = ANN, **fields: Any) -> Session:
    """A new session of this address."""
    values: dict[str, Any] = {
        "id": new_id(),
        "flow": "optin",
        "version": "v1",
        "state": "OPTIN",
        "conversation_id": thread_of(address),
        "contact_id": contact_id_for(address),
        "revision": 1,
        **fields,
    }
    return Session(**values)


def timer(address: str = ANN, **fields: Any) -> Timer:
    """A timer of this address."""
    values: dict[str, Any] = {
        "id": new_id(),
        "contact_id": contact_id_for(address),
        "conversation_id": thread_of(address),
        "session_id": "s",
        "name": "reminder",
        "due_at": 200.0,
        "created_at": 100.0,
        **fields,
    }
    return Timer(**values)


def event(type_: str = "message_received", **fields: Any) -> Event:
    """An event that happened to Ann."""
    values: dict[str, Any] = {"id": new_id(), "at": 100.0, "contact_id": contact_id_for(ANN)}
    return Event(**{**values, "type": type_, **fields})


def turn(address: str = ANN, **fields: Any) -> TurnRecord:
    """A turn of this address."""
    values: dict[str, Any] = {"id": new_id(), "at": 100.0, "contact_id": contact_id_for(address)}
    return TurnRecord(**{**values, **fields})


async def arrive(store: Store, address: str = ANN, **fields: Any) -> Accepted:
    """A message from this address, accepted."""
    return await store.accept(Arrival(inbound(address, **fields)))


async def queue(store: Store, address: str = ANN, **fields: Any) -> Message:
    """A message to this address, saved by a turn, its contact known."""
    await arrive(store, address, status="handled")
    message = outbound(address, **fields)
    assert await store.save(turn(address, messages=(message,)))
    return message
