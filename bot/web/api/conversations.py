"""Conversations: the threads between one of our senders and one address."""

from datetime import datetime

from bot.domain.contacts import Conversation, ConversationStatus
from bot.web.api.context import ApiContext
from bot.web.api.endpoint import endpoint
from bot.web.api.models import Answer, ById, Listing, Word, maybe_time, page_from, time_of
from bot.web.problems import Problem


class ConversationListing(Listing):
    """One page of conversations; those of a contact, those in a status."""

    contact_id: Word | None = None
    status: ConversationStatus | None = None


class ConversationAnswer(Answer):
    """A thread; its id is Rasa's `sender_id`."""

    id: str
    contact_id: str
    connector: str
    channel: str
    sender: str
    address: str
    status: ConversationStatus
    last_inbound_at: datetime | None
    created_at: datetime


class ConversationPage(Answer):
    """Conversations, the latest made first."""

    items: list[ConversationAnswer]
    next_cursor: str | None


@endpoint(
    "GET", "/conversations", scope="conversations:read",
    asked=ConversationListing, answer=ConversationPage,
)  # fmt: skip
async def list_conversations(context: ApiContext, asked: ConversationListing) -> ConversationPage:
    """List conversations, the latest made first."""
    listing = context.store.list_conversations(
        asked.limit, asked.cursor, contact_id=asked.contact_id, status=asked.status
    )
    page = await page_from(listing, asked.cursor)
    return ConversationPage(items=[_shown(it) for it in page.items], next_cursor=page.next_cursor)


@endpoint(
    "GET", "/conversations/{id}", scope="conversations:read", asked=ById, answer=ConversationAnswer
)
async def get_conversation(context: ApiContext, asked: ById) -> ConversationAnswer:
    """Get a conversation."""
    conversation = await context.store.conversation(asked.id)
    if conversation is None:
        raise Problem(404, "There is no conversation with this id")
    return _shown(conversation)


def _shown(it: Conversation) -> ConversationAnswer:
    return ConversationAnswer(
        id=it.id,
        contact_id=it.contact_id,
        connector=it.connector,
        channel=it.channel,
        sender=it.sender,
        address=it.address,
        status=it.status,
        last_inbound_at=maybe_time(it.last_inbound_at),
        created_at=time_of(it.created_at),
    )


ENDPOINTS = (list_conversations, get_conversation)
