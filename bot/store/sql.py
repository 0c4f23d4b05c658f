"""The store in a database: what is asked at the same time shares transactions and statements."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

from sqlalchemy import Connection

from bot.domain.contacts import Contact, Conversation
from bot.domain.data_records import DataRecord
from bot.domain.events import Event
from bot.domain.messages import Message
from bot.domain.publications import Publication, PublishedFlow
from bot.domain.records import (
    Accepted,
    Arrival,
    DueMessage,
    Outcome,
    Page,
    Report,
    StoreUnavailable,
    TurnRecord,
    Work,
)
from bot.domain.reviews import Collected, Decision, Review
from bot.engine.session import Session
from bot.engine.traffic import Traffic
from bot.store import data_pages, ledger, pages, positions, publications, reviews
from bot.store.batches import Batches
from bot.store.connecting import connect
from bot.store.data_records import Deletion
from bot.store.database import Database, Unreachable, parse_url
from bot.store.deliveries import Claim
from bot.store.inbox import Filing
from bot.store.rounds import read_round, write_round
from bot.store.standing import known_status
from bot.store.traffic import flow_traffic as read_traffic
from bot.store.turns import Load

Result = TypeVar("Result")

REMEMBERED_CONVERSATIONS = 100_000


class SqlStore:
    """The Store port over SQLite or PostgreSQL. Use between `open` and `close`, in one loop."""

    def __init__(self, url: str) -> None:
        parse_url(url)
        self._url = url
        self._opened: Database | None = None
        self._writes: Batches[Any] = Batches(self._write_round)
        self._reads: Batches[Any] = Batches(self._read)
        self._owners: OrderedDict[str, str] = OrderedDict()

    async def open(self) -> None:
        """Connects; raises StoreUnavailable where the database does not answer."""
        self._opened = connect(self._url)
        await self.ping()

    async def close(self) -> None:
        """Writes what waits and closes the connections."""
        await self._writes.close()
        await self._reads.close()
        if self._opened is not None:
            await self._opened.close()
            self._opened = None

    @property
    def _database(self) -> Database:
        if self._opened is None:
            raise StoreUnavailable("the store is not open")
        return self._opened

    async def _write(self, item: Any) -> Any:
        return await self._writes.submit(item)

    async def _write_round(self, items: Sequence[Any]) -> Sequence[Any]:
        return await write_round(self._database, items)

    async def _read(self, items: Sequence[Any]) -> Sequence[Any]:
        return await read_round(self._database, items)

    async def _browse(self, reader: Callable[..., Result], *arguments: Any, **named: Any) -> Result:
        def work(connection: Connection) -> Result:
            return reader(connection, *arguments, **named)

        try:
            return await self._database.browse(work)
        except Unreachable:  # a connection that was lost meanwhile is made anew, once
            return await self._database.browse(work)

    # inbox and turns
    async def accept(self, arrival: Arrival) -> Accepted:
        """Files an inbound message once per (connector, provider id)."""
        thread = arrival.message.conversation_id
        owner = self._owners.get(thread)
        accepted = cast(Accepted, await self._write(Filing(arrival, owner)))
        if not accepted.repeated:
            self._remember(thread, accepted.contact_id)
        return accepted

    def _remember(self, conversation_id: str, contact_id: str) -> None:
        self._owners[conversation_id] = contact_id
        self._owners.move_to_end(conversation_id)
        if len(self._owners) > REMEMBERED_CONVERSATIONS:
            self._owners.popitem(last=False)

    async def keep_unroutable(self, message: Message) -> None:
        """Keeps an authentic request that was not understood, once per provider id."""
        await self._write(Filing(Arrival(message), message.contact_id))

    async def load(self, contact_id: str, now: float) -> Work | None:
        """What the contact's turns need; None for an unknown contact."""
        return cast(Work | None, await self._reads.submit(Load(contact_id, now)))

    async def save(self, turn: TurnRecord) -> bool:
        """Writes the whole turn, or nothing and answers False where another was first."""
        return cast(bool, await self._write(turn))

    # deliveries
    async def mark(self, outcome: Outcome) -> None:
        """Writes an attempt's outcome; a delivery report that came first is not undone."""
        known_status(outcome.status)
        await self._write(outcome)

    async def report(self, report: Report) -> None:
        """Joins a delivery report; one for an unknown message is parked until it is known."""
        known_status(report.status)
        await self._write(report)

    async def claim_due(
        self, now: float, limit: int, lease: float, contact_id: str | None = None
    ) -> Sequence[DueMessage]:
        """Claims the first unsettled message of each conversation, to send or settle it now."""
        asked = Claim(now, limit, lease, contact_id)
        return cast(Sequence[DueMessage], await self._write(asked))

    async def known_provider_ids(self, connector: str, ids: Sequence[str]) -> frozenset[str]:
        """Those of the provider ids that some message of ours carries already."""
        return frozenset(await self._browse(pages.known_provider_ids, connector, ids))

    # ledger
    async def append(self, events: Sequence[Event]) -> None:
        """Appends to the log."""
        await self._write(ledger.Append(tuple(events)))

    async def journal_read(self, keys: Sequence[str]) -> Mapping[str, Any]:
        """Results of remote calls, by `turn:step`."""
        return await self._browse(ledger.read_journal, keys)

    async def journal_write(self, key: str, result: Any, at: float) -> None:
        """Keeps a remote call's result under `turn:step`; the first one stays."""
        await self._write(ledger.JournalEntry(key, result, at))

    async def publish_flow(self, name: str, version: str, definition: str, at: float) -> None:
        """Keeps a flow's definition under its name and content hash."""
        await self._write(ledger.FlowVersion(version, name, definition, at))

    async def flow_definition(self, name: str, version: str) -> str | None:
        """The definition of a flow in a published version."""
        return await self._browse(ledger.read_flow, name, version)

    # publications
    async def publish(self, publication: Publication) -> bool:
        """Makes this what is current, and logs its events; False where its number is taken."""
        return cast(bool, await self._write(publication))

    async def newest_number(self) -> int:
        """The number of what is current; 0 where nothing was published."""
        return await self._browse(publications.newest_number)

    async def newest_publication(self) -> Publication | None:
        """What is current."""
        return await self._browse(publications.newest)

    async def list_publications(
        self, limit: int, cursor: str | None = None, *, globals_changed: bool = False
    ) -> Page:
        """Newest first; with `globals_changed` those alone that changed global values."""
        return await self._browse(publications.list_publications, limit, cursor, globals_changed)

    async def publish_api(self, name: str, version: str, definition: str, at: float) -> None:
        """Keeps an API call's definition under its content hash."""
        await self._write(publications.ApiVersion(version, name, definition, at))

    async def api_definition(self, version: str) -> str | None:
        """The definition of an API call."""
        return await self._browse(publications.api_definition, version)

    async def flow_versions(self, name: str) -> Sequence[PublishedFlow]:
        """The versions of a flow that are kept, the latest first."""
        return await self._browse(publications.flow_versions_of, name)

    async def live_counts(self, flow: str) -> Mapping[tuple[str, str], int]:
        """How many sessions of a flow are not ended, by (version, state)."""
        return await self._browse(publications.live_counts, flow)

    async def live_sessions(
        self, flow: str, version: str, limit: int, after: str = ""
    ) -> Sequence[Session]:
        """Sessions of a version that are not ended, by id, those behind `after`."""
        return await self._browse(publications.live_sessions, flow, version, limit, after)

    async def remove_flow_version(self, name: str, version: str) -> bool:
        """Forgets a definition; False where it is not kept, is current, or has live sessions."""
        return cast(bool, await self._write(publications.Removal(name, version)))

    async def lease(self, name: str, owner: str, now: float, seconds: float) -> bool:
        """Takes or renews a named lease: True for its one holder."""
        asked = ledger.Lease(name, owner, now, now + seconds)
        return cast(bool, await self._write(asked))

    async def position(self, name: str) -> str | None:
        """How far it has come; None where it never began."""
        return await self._browse(positions.position, name)

    async def set_position(self, name: str, place: str) -> None:
        """Keeps how far it has come."""
        await self._write(positions.Position(name, place))

    # the data store
    async def list_data_records(
        self, limit: int, cursor: str | None = None, *, collection: str | None = None,
        contact_id: str | None = None, key: str | None = None,
    ) -> Page:  # fmt: skip
        """Records, the latest made first."""
        return await self._browse(
            data_pages.list_data_records, limit, cursor, collection, contact_id, key
        )

    async def data_record(self, record_id: str) -> DataRecord | None:
        """The record with this id."""
        return await self._browse(data_pages.data_record, record_id)

    async def collections(self) -> Mapping[str, int]:
        """How many records each collection has, by name."""
        return await self._browse(data_pages.collections)

    async def delete_data_record(self, record_id: str) -> bool:
        """Whether the record was there, and is gone now."""
        return cast(bool, await self._write(Deletion(record_id)))

    async def session_events(self, session_id: str, limit: int) -> Sequence[Event]:
        """The latest events of a session, oldest first."""
        return cast(Sequence[Event], await self._reads.submit(ledger.Latest(session_id, limit)))

    async def contacts_waiting(self, now: float, older_than: float, limit: int) -> Sequence[str]:
        """Contacts with a pending message that arrived before `older_than`, or a due timer."""
        return await self._browse(pages.contacts_waiting, now, older_than, limit)

    # reviews
    async def file_reviews(self, found: Collected) -> int:
        """Files messages that were read badly, each once; answers how many were new."""
        return cast(int, await self._write(found))

    async def decide_review(self, decision: Decision) -> bool:
        """Whether the review was pending, and is decided now."""
        return cast(bool, await self._write(decision))

    async def review(self, review_id: str) -> Review | None:
        """The review with this id."""
        return await self._browse(reviews.review, review_id)

    async def list_reviews(
        self, limit: int, cursor: str | None = None, *, status: str | None = None
    ) -> Page:
        """Reviews, the latest first seen first."""
        return await self._browse(reviews.list_reviews, limit, cursor, status)

    async def reviews_position(self) -> str | None:
        """The id of the event up to which the log has been read for reviews."""
        return await self._browse(reviews.position)

    # reads for API and pages
    async def contact(self, contact_id: str) -> Contact | None:
        """The contact with this id."""
        return await self._browse(pages.contact, contact_id)

    async def contact_addresses(self, contact_id: str) -> Sequence[str]:
        """The contact's addresses."""
        return await self._browse(pages.contact_addresses, contact_id)

    async def time_zones(self) -> Sequence[str | None]:
        """The time zones of the contacts, each once; None is among them where one has none."""
        return await self._browse(positions.time_zones)

    async def conversation(self, conversation_id: str) -> Conversation | None:
        """The conversation with this id."""
        return await self._browse(pages.conversation, conversation_id)

    async def message(self, message_id: str) -> Message | None:
        """The message with this id."""
        return await self._browse(pages.message, message_id)

    async def session(self, session_id: str) -> Session | None:
        """The session with this id."""
        return await self._browse(pages.session, session_id)

    async def list_contacts(
        self, limit: int, cursor: str | None = None, *, tag: str | None = None,
        address: str | None = None,
    ) -> Page:  # fmt: skip
        """Contacts, the latest made first."""
        return await self._browse(pages.list_contacts, limit, cursor, tag, address)

    async def list_conversations(
        self, limit: int, cursor: str | None = None, *, contact_id: str | None = None,
        status: str | None = None,
    ) -> Page:  # fmt: skip
        """Conversations, the latest made first."""
        return await self._browse(pages.list_conversations, limit, cursor, contact_id, status)

    async def list_messages(
        self, limit: int, cursor: str | None = None, *, conversation_id: str | None = None,
        contact_id: str | None = None, status: str | None = None, direction: str | None = None,
    ) -> Page:  # fmt: skip
        """Messages, newest first."""
        return await self._browse(
            pages.list_messages, limit, cursor, conversation_id, contact_id, status, direction
        )

    async def list_sessions(
        self, limit: int, cursor: str | None = None, *, contact_id: str | None = None,
        conversation_id: str | None = None, status: str | None = None, flow: str | None = None,
        ended_because: str | None = None,
    ) -> Page:  # fmt: skip
        """Sessions, newest first."""
        return await self._browse(
            pages.list_sessions, limit, cursor, contact_id, conversation_id, status, flow,
            ended_because,
        )  # fmt: skip

    async def list_events(
        self, limit: int, cursor: str | None = None, *, contact_id: str | None = None,
        conversation_id: str | None = None, session_id: str | None = None,
        type: str | None = None, after: str | None = None,
    ) -> Page:  # fmt: skip
        """Newest first; with `after` (an event id) oldest first, those appended after it."""
        equal = {
            "contact_id": contact_id, "conversation_id": conversation_id,
            "session_id": session_id, "type": type,
        }  # fmt: skip
        return await self._browse(pages.list_events, limit, cursor, equal, after)

    async def flow_traffic(
        self, flow: str, version: str | None = None, since: float | None = None
    ) -> Traffic:
        """How many sessions went through a flow, and where they stand now."""
        return await self._browse(read_traffic, flow, version, since)

    async def counts(self) -> Mapping[str, int]:
        """Backlog figures for /metrics."""
        return await self._browse(pages.counts)

    async def ping(self) -> None:
        """Raises StoreUnavailable where the database does not answer."""
        await self._browse(lambda connection: connection.exec_driver_sql("SELECT 1").scalar())
