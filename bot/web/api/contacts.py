"""Contacts: who is there, and what is known of each."""

from datetime import datetime

from bot.domain.contacts import Contact
from bot.domain.events import Event
from bot.services.ports import Store
from bot.web.api.context import ApiContext
from bot.web.api.endpoint import endpoint
from bot.web.api.models import (
    Address,
    Answer,
    ById,
    Json,
    Listing,
    Word,
    maybe_time,
    page_from,
    time_of,
)
from bot.web.problems import Problem


class ContactListing(Listing):
    """One page of contacts; those with a tag, the one with an address."""

    tag: Word | None = None
    address: Address | None = None


class ContactAnswer(Answer):
    """A person. `fields` holds what is known."""

    id: str
    fields: Json
    tags: list[str]
    language: str | None
    time_zone: str | None
    opted_out: bool
    created_at: datetime


class ContactPage(Answer):
    """Contacts, the latest made first."""

    items: list[ContactAnswer]
    next_cursor: str | None


class ConsentAnswer(Answer):
    """Whether the contact may be texted, and by what that changed last."""

    opted_out: bool
    changed_at: datetime | None
    source: str | None


class ContactDetail(ContactAnswer):
    """A person with the handles by which the person is reached."""

    addresses: list[str]
    consent: ConsentAnswer


@endpoint("GET", "/contacts", scope="contacts:read", asked=ContactListing, answer=ContactPage)
async def list_contacts(context: ApiContext, asked: ContactListing) -> ContactPage:
    """List contacts, the latest made first."""
    listing = context.store.list_contacts(
        asked.limit, asked.cursor, tag=asked.tag, address=asked.address
    )
    page = await page_from(listing, asked.cursor)
    items = [ContactAnswer.model_validate(_shown(it)) for it in page.items]
    return ContactPage(items=items, next_cursor=page.next_cursor)


@endpoint("GET", "/contacts/{id}", scope="contacts:read", asked=ById, answer=ContactDetail)
async def get_contact(context: ApiContext, asked: ById) -> ContactDetail:
    """Get a contact with its addresses and its consent."""
    contact = await context.store.contact(asked.id)
    if contact is None:
        raise Problem(404, "There is no contact with this id")
    addresses = await context.store.contact_addresses(contact.id)
    consent = await _consent(context.store, contact)
    return ContactDetail.model_validate(
        {**_shown(contact), "addresses": list(addresses), "consent": consent}
    )


def _shown(it: Contact) -> Json:
    return {
        "id": it.id,
        "fields": dict(it.fields),
        "tags": sorted(it.tags),
        "language": it.language,
        "time_zone": it.time_zone,
        "opted_out": it.opted_out,
        "created_at": time_of(it.created_at),
    }


async def _consent(store: Store, contact: Contact) -> ConsentAnswer:
    kind = "contact_opted_out" if contact.opted_out else "contact_opted_in"
    page = await store.list_events(1, contact_id=contact.id, type=kind)
    last: Event | None = page.items[0] if page.items else None
    return ConsentAnswer(
        opted_out=contact.opted_out,
        changed_at=maybe_time(last.at) if last else None,
        source=str(last.data.get("source") or "") or None if last else None,
    )


ENDPOINTS = (list_contacts, get_contact)
