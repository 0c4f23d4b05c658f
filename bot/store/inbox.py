"""Files inbound messages: a receipt each, and contact, address and conversation where new."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from sqlalchemy import Connection, or_, select, update

from bot.domain.messages import Message
from bot.domain.records import Accepted, Arrival
from bot.store.bulk import Query, change, insertion, once
from bot.store.rows import message_row
from bot.store.tables import addresses, contacts, conversations, messages, receipts
from bot.store.transaction import Transaction

INSERT_RECEIPTS = insertion(receipts, once)
INSERT_CONTACTS = insertion(contacts, once)
INSERT_ADDRESSES = insertion(addresses, once)
INSERT_CONVERSATIONS = insertion(conversations, once)
FIRST_RECEIPTS = Query(
    lambda among: (
        select(
            receipts.c.connector, receipts.c.provider_id,
            receipts.c.message_id, messages.c.contact_id,
        )
        .outerjoin(messages, messages.c.id == receipts.c.message_id)
        .where(among(receipts.c.provider_id))
    )
)  # fmt: skip
OWNERS = Query(
    lambda among: select(conversations.c.id, conversations.c.contact_id).where(
        among(conversations.c.id)
    )
)
ADDRESS_OWNERS = Query(
    lambda among: select(addresses.c.address, addresses.c.contact_id).where(
        among(addresses.c.address)
    )
)
TOUCH_CONVERSATIONS = change(
    (conversations.c.last_inbound_at, conversations.c.id),
    lambda given: (
        update(conversations)
        .values(last_inbound_at=given["last_inbound_at"])
        .where(
            conversations.c.id == given["id"],
            or_(
                conversations.c.last_inbound_at.is_(None),
                conversations.c.last_inbound_at < given["last_inbound_at"],
            ),
        )
    ),
)


@dataclass(frozen=True, slots=True)
class Filing:
    """An arrival, with the contact under which it is filed where that is known already."""

    arrival: Arrival
    owner: str | None = None

    @property
    def message(self) -> Message:
        """The message that arrived."""
        return self.arrival.message


def accept(transaction: Transaction, filings: Sequence[Filing]) -> list[Accepted]:
    """Files each provider id once; the others are answered with where the first one is."""
    first = _first_of_each(transaction.connection, filings)
    fresh = [it for it in filings if first[it.message.id] == (it.message.id, None)]
    owners = _owners(transaction.connection, fresh)
    transaction.messages.extend(message_row(it.message, _owner(it, owners)) for it in fresh)
    _touch(transaction.connection, fresh)
    written = {it.message.id: _owner(it, owners) for it in fresh}
    return [_accepted(it, first, written) for it in filings]


_First = Mapping[str, tuple[str, str | None]]
"""By the id of an arrival's message: the message that holds the receipt, and its contact where it
was there before. It may be this very one: a commit whose answer was lost is run once more."""


def _owner(filing: Filing, owners: Mapping[str, str]) -> str:
    return owners[filing.message.conversation_id] if filing.owner is None else filing.owner


def _accepted(filing: Filing, first: _First, written: Mapping[str, str]) -> Accepted:
    holder, contact_id = first[filing.message.id]
    repeated = holder != filing.message.id
    return Accepted(holder, written.get(holder, contact_id or ""), repeated)


def _first_of_each(connection: Connection, filings: Sequence[Filing]) -> _First:
    first: dict[str, tuple[str, str | None]] = {
        it.message.id: (it.message.id, None) for it in filings
    }
    rows = [
        (it.message.provider_id, it.message.connector, it.arrival.retry_token,
         it.message.id, it.message.created_at)
        for it in filings if it.message.provider_id
    ]  # fmt: skip
    rows.sort(key=itemgetter(0, 1))
    if INSERT_RECEIPTS.run(connection, rows) == len(rows):
        return first
    found = {
        (connector, provider_id): (message_id, contact_id)
        for connector, provider_id, message_id, contact_id in FIRST_RECEIPTS.rows(
            connection, [str(row[0]) for row in rows]
        )
    }
    for it in filings:
        if it.message.provider_id:
            first[it.message.id] = found[it.message.connector, it.message.provider_id]
    return first


def _owners(connection: Connection, filings: Iterable[Filing]) -> dict[str, str]:
    """Whose the conversations are, by conversation; those not there yet are made."""
    wanted = {it.message.conversation_id: it.message for it in filings if it.owner is None}
    if not wanted:
        return {}
    owners = _pairs(OWNERS, connection, wanted)
    missing = sorted(wanted.keys() - owners.keys())
    if missing:
        owners |= _made_conversations(connection, [wanted[it] for it in missing])
    return owners


def _made_conversations(connection: Connection, news: Sequence[Message]) -> dict[str, str]:
    contact_of = _made_addresses(connection, {it.address: it for it in news})
    owners = {it.conversation_id: contact_of[it.address] for it in news}
    rows = [
        (it.conversation_id, owners[it.conversation_id], it.connector, it.sender, it.address,
         "bot", None, it.created_at)
        for it in news
    ]  # fmt: skip
    if INSERT_CONVERSATIONS.run(connection, rows) < len(rows):
        owners |= _pairs(OWNERS, connection, owners)
    return owners


def _made_addresses(connection: Connection, by_address: Mapping[str, Message]) -> dict[str, str]:
    owners = _pairs(ADDRESS_OWNERS, connection, by_address)
    strangers = [by_address[it] for it in sorted(by_address.keys() - owners.keys())]
    made = {it.contact_id: it for it in strangers}
    INSERT_CONTACTS.run(
        connection,
        [(id_, "{}", None, None, False, 0, made[id_].created_at) for id_ in sorted(made)],
    )
    rows = [(it.address, it.contact_id) for it in strangers]
    if INSERT_ADDRESSES.run(connection, rows) < len(rows):
        return _pairs(ADDRESS_OWNERS, connection, by_address)
    return owners | dict(rows)


def _pairs(query: Query, connection: Connection, keys: Iterable[str]) -> dict[str, str]:
    return dict(query.rows(connection, list(keys)))


def _touch(connection: Connection, filings: Sequence[Filing]) -> None:
    latest: dict[str, float] = {}
    for it in filings:
        id_, at = it.message.conversation_id, it.message.created_at
        latest[id_] = max(at, latest.get(id_, at))
    TOUCH_CONVERSATIONS.run(connection, [(latest[id_], id_) for id_ in sorted(latest)])
