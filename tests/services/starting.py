"""What the tests of starts share: requests to start flows, and contacts to start them for."""

from dataclasses import replace
from typing import Any

from bot.domain.contacts import contact_id_for
from bot.domain.records import Arrival, TurnRecord
from bot.services.schedules import Schedules
from bot.services.starts import Origin, Recipient, Starts
from bot.store.locks import MemoryLocks
from connectors.channel import conversation_id
from tests.services.world import ANN, OURS, World, flow, say

ORIGINS = (
    Origin("twilio", "sms", OURS),
    Origin("twilio", "whatsapp", OURS.replace("sms", "whatsapp")),
)
ANY = "get_smth_from_user"


def starts_of(world: World) -> Starts:
    """The service that takes requests, on the world's store."""
    return Starts(
        store=world.store, locks=MemoryLocks(), flows=lambda: world.flows.current, ids=world.ids,
        clock=world.clock, waker=world, conversation_key=conversation_id, origins=ORIGINS,
    )  # fmt: skip


def schedules_of(world: World, owner: str = "one", **more: Any) -> Schedules:
    """The looks of one process."""
    return Schedules(
        world.store, lambda: world.flows.current, world.ids, world.clock, owner, **more
    )


def to(address: str = ANN) -> Recipient:
    """For an address."""
    return Recipient(address=address)


def manual(*states: Any, **more: Any) -> dict[str, Any]:
    """A flow that is started by hand."""
    trigger = {"manual": True, **more.pop("trigger", {})}
    return flow(*states, triggers=[trigger], **more)


def asking(text: str = "How are you?", **more: Any) -> dict[str, Any]:
    """A state that says something and waits."""
    return say("ASK", text, states=[say("THANKS", "Thanks", condition=ANY)], **more)


async def meet(world: World, address: str = ANN, **columns: Any) -> str:
    """A contact that has written once, some time ago; its id."""
    message = world.message("hello", address)
    await world.store.accept(Arrival(message))
    contact_id = contact_id_for(address)
    await world.contact_turns.drain(contact_id)
    world.provider.books.clear()
    if columns:
        await set_contact(world, contact_id, **columns)
    return contact_id


async def set_contact(
    world: World, contact_id: str, tags: tuple[str, ...] = (), **columns: Any
) -> None:
    """Somebody edits a contact."""
    found = await world.store.contact(contact_id)
    assert found is not None
    changed = replace(found, **columns, version=found.version + 1)
    record = TurnRecord(
        world.ids.new(), world.clock.at, contact_id, contact=changed, tags_added=tags
    )
    assert await world.store.save(record)


async def refusals(world: World) -> list[str]:
    """Why flows were not started."""
    return [event.data["reason"] for event in await world.events("flow_not_started")]
