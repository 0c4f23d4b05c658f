"""The store in plain dicts, for tests of services and for demos: same answers, nothing kept."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.domain.consent import ConsentChange
from bot.domain.contacts import Contact, Conversation
from bot.domain.data_records import DataRecord, replaced
from bot.domain.events import Event
from bot.domain.messages import Message, is_unsettled
from bot.domain.publications import PUBLICATIONS_KEPT, Publication, PublishedFlow
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
from bot.domain.reviews import Collected, Decision, Review, first_review
from bot.domain.timers import Timer
from bot.engine.session import Session
from bot.engine.traffic import Counted, Traffic, traffic
from bot.store.cursors import Place, id_place, made_place, number_place, page_of
from bot.store.ledger import WRONG_CLOCK_SECONDS
from bot.store.publications import publication_of, publication_row
from bot.store.rows import decode, encode
from bot.store.standing import (
    after_outcome,
    after_report,
    claimed,
    is_due,
    known_status,
    moved,
)


@dataclass(slots=True)
class _Tables:
    contacts: dict[str, Contact] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    receipts: dict[tuple[str, str], str] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    timers: dict[str, Timer] = field(default_factory=dict)
    journal: dict[str, str] = field(default_factory=dict)
    consent: list[ConsentChange] = field(default_factory=list)
    flows: dict[tuple[str, str], tuple[str, float]] = field(default_factory=dict)
    apis: dict[str, str] = field(default_factory=dict)
    publications: dict[int, Publication] = field(default_factory=dict)
    parked: list[Report] = field(default_factory=list)
    leases: dict[str, tuple[str, float]] = field(default_factory=dict)
    reviews: dict[str, Review] = field(default_factory=dict)
    sightings: dict[str, str] = field(default_factory=dict)
    reviews_position: str | None = None
    positions: dict[str, str] = field(default_factory=dict)
    data: dict[str, DataRecord] = field(default_factory=dict)


class MemoryStore:
    """The Store port without a database. No method waits, so each is a transaction."""

    def __init__(self) -> None:
        self._tables = _Tables()

    async def open(self) -> None:
        """Nothing to connect to."""

    async def close(self) -> None:
        """Nothing to give back."""

    async def ping(self) -> None:
        """Always answers."""

    # inbox
    async def accept(self, arrival: Arrival) -> Accepted:
        """Files an inbound message once per (connector, provider id)."""
        first = self._first(arrival.message)
        if first is not None:
            return Accepted(first.id, first.contact_id, repeated=True)
        if arrival.message.id in self._tables.messages:
            raise StoreUnavailable("the id is taken")
        owner = self._owner(arrival.message)
        self._file(replace(arrival.message, contact_id=owner))
        return Accepted(arrival.message.id, owner)

    async def keep_unroutable(self, message: Message) -> None:
        """Keeps an authentic request that was not understood, once per provider id."""
        if self._first(message) is None:
            self._file(message)

    def _first(self, message: Message) -> Message | None:
        key = (message.connector, message.provider_id or "")
        return self._tables.messages.get(self._tables.receipts.get(key, ""))

    def _file(self, message: Message) -> None:
        self._tables.messages[message.id] = message
        if message.provider_id:
            self._tables.receipts[message.connector, message.provider_id] = message.id
        thread = self._tables.conversations.get(message.conversation_id)
        if thread is not None:
            latest = max(thread.last_inbound_at or message.created_at, message.created_at)
            self._tables.conversations[thread.id] = replace(thread, last_inbound_at=latest)

    def _owner(self, message: Message) -> str:
        known = self._tables.conversations.get(message.conversation_id)
        if known is not None:
            return known.contact_id
        owner = self._tables.addresses.setdefault(message.address, message.contact_id)
        self._tables.contacts.setdefault(owner, Contact(owner, created_at=message.created_at))
        self._tables.conversations[message.conversation_id] = Conversation(
            message.conversation_id, owner, message.connector, message.sender, message.address,
            created_at=message.created_at,
        )  # fmt: skip
        return owner

    # turns
    async def load(self, contact_id: str, now: float) -> Work | None:
        """What the contact's turns need; None for an unknown contact."""
        tables = self._tables
        contact = tables.contacts.get(contact_id)
        if contact is None:
            return None
        messages = [it for it in _by_id(tables.messages) if it.contact_id == contact_id]
        sessions = [it for it in _by_id(tables.sessions) if it.contact_id == contact_id]
        timers = [it for it in self._due_timers(now) if it.contact_id == contact_id]
        return Work(
            contact=contact,
            conversations={
                it.id: it for it in tables.conversations.values() if it.contact_id == contact_id
            },
            sessions=tuple(it for it in sessions if it.status != "ended"),
            messages=tuple(it for it in messages if _is_pending(it)),
            timers=tuple(timers),
            unsettled=frozenset(it.conversation_id for it in messages if _is_unsettled(it)),
        )

    def _due_timers(self, now: float) -> list[Timer]:
        pending = [it for it in self._tables.timers.values() if it.status == "pending"]
        return sorted((it for it in pending if it.due_at <= now), key=lambda it: (it.due_at, it.id))

    async def save(self, turn: TurnRecord) -> bool:
        """Writes the whole turn, or nothing and answers False where another was first."""
        taken = any(it.id in self._tables.messages for it in turn.messages)
        if taken or not (self._may_claim(turn) and self._is_next(turn)):
            return False
        self._write_claims(turn)
        self._write_state(turn)
        self._write_news(turn)
        return True

    def _may_claim(self, turn: TurnRecord) -> bool:
        message = self._tables.messages.get(turn.claims_message or "")
        timer = self._tables.timers.get(turn.claims_timer or "")
        return (turn.claims_message is None or (message is not None and _is_pending(message))) and (
            turn.claims_timer is None or (timer is not None and timer.status == "pending")
        )

    def _is_next(self, turn: TurnRecord) -> bool:
        contact = turn.contact and self._tables.contacts.get(turn.contact.id)
        if turn.contact and contact and contact.version != turn.contact.version - 1:
            return False
        read = [(it, self._tables.sessions.get(it.id)) for it in turn.sessions]
        return all(was is None or was.revision == it.revision - 1 for it, was in read)

    def _write_claims(self, turn: TurnRecord) -> None:
        tables = self._tables
        if turn.claims_message:
            message = tables.messages[turn.claims_message]
            tables.messages[message.id] = replace(message, status="handled", turn_id=turn.id)
        if turn.claims_timer:
            timer = tables.timers[turn.claims_timer]
            tables.timers[timer.id] = replace(timer, status="fired")

    def _write_state(self, turn: TurnRecord) -> None:
        tables = self._tables
        if turn.contact:
            was = tables.contacts.get(turn.contact.id, replace(turn.contact, tags=frozenset()))
            kept = replace(turn.contact, tags=was.tags, created_at=was.created_at)
            tables.contacts[kept.id] = kept
        if turn.tags_added or turn.tags_removed:
            contact = tables.contacts[turn.contact_id]
            tags = contact.tags - {*turn.tags_removed} | {*turn.tags_added}
            tables.contacts[contact.id] = replace(contact, tags=tags)
        for it in turn.conversations:
            tables.addresses.setdefault(it.address, it.contact_id)
            known = tables.conversations.get(it.id, it)
            tables.conversations[it.id] = replace(known, status=it.status)
        for session in turn.sessions:
            tables.sessions[session.id] = Session.from_json(decode(encode(session.to_json())))

    def _write_news(self, turn: TurnRecord) -> None:
        tables = self._tables
        for message in turn.messages:
            tables.messages[message.id] = message
        for timer in turn.timers_set:
            tables.timers.setdefault(timer.id, timer)
        for id_ in turn.timers_cancelled:
            cancelled = tables.timers.get(id_)
            if cancelled is not None and cancelled.status == "pending":
                tables.timers[id_] = replace(cancelled, status="cancelled")
        tables.consent.extend(turn.consent)
        for record in turn.data:
            self._keep(replace(record, values=decode(encode(record.values))))
        self._log(turn.events)

    def _keep(self, record: DataRecord) -> None:
        same = (it for it in self._tables.data.values() if _same_key(it, record))
        first = next(same, None)
        kept = replaced(first, record) if first else record
        self._tables.data[kept.id] = kept

    def _log(self, events: Iterable[Event]) -> None:
        for event in events:
            self._tables.events.setdefault(event.id, event)

    # deliveries
    async def mark(self, outcome: Outcome) -> None:
        """Writes an attempt's outcome; a delivery report that came first is not undone."""
        known_status(outcome.status)
        self._log(outcome.events)
        message = self._outbound(outcome.message_id)
        if message is not None:
            self._put(after_outcome(message, outcome))

    async def report(self, report: Report) -> None:
        """Joins a delivery report; one for an unknown message is parked until it is known."""
        known_status(report.status)
        message = self._reported(report)
        if message is None:
            self._tables.parked.append(report)
        else:
            self._join(message, report)

    def _outbound(self, message_id: str | None) -> Message | None:
        message = self._tables.messages.get(message_id or "")
        return message if message is not None and message.direction == "out" else None

    def _reported(self, report: Report) -> Message | None:
        message = self._outbound(report.message_id)
        if message is not None and message.connector == report.connector:
            return message
        name = (report.connector, report.provider_id)
        sent = (it for it in self._tables.messages.values() if it.direction == "out")
        return next((it for it in sent if (it.connector, it.provider_id) == name), None)

    def _join(self, message: Message, report: Report) -> None:
        after = after_report(message, report)
        if after.status != message.status and report.event_id:
            self._log([moved(after, report)])
        self._put(after)

    def _put(self, message: Message) -> None:
        tables = self._tables
        tables.messages[message.id] = message
        parked, tables.parked = tables.parked, []
        for report in parked:
            found = self._reported(report)
            if found is None:
                tables.parked.append(report)
            else:
                self._join(found, report)

    async def claim_due(
        self, now: float, limit: int, lease: float, contact_id: str | None = None
    ) -> Sequence[DueMessage]:
        """Claims the first unsettled message of each conversation, to send or settle it now."""
        first: dict[str, Message] = {}
        for message in filter(_is_unsettled, _by_id(self._tables.messages)):
            first.setdefault(message.conversation_id, message)
        unheard = {it.contact_id for it in self._tables.messages.values() if it.status == "pending"}
        due = [
            it
            for it in first.values()
            if is_due(it, now)
            and contact_id in (None, it.contact_id)
            and it.contact_id not in unheard
        ]
        due.sort(key=lambda it: (it.due_at is None, it.due_at or 0.0))
        return [self._claim(it, now, lease) for it in due[:limit]]

    def _claim(self, message: Message, now: float, lease: float) -> DueMessage:
        contact = self._tables.contacts.get(message.contact_id)
        due = claimed(message, now, lease, contact is not None and contact.opted_out)
        self._tables.messages[message.id] = due.message
        return due

    async def known_provider_ids(self, connector: str, ids: Sequence[str]) -> frozenset[str]:
        """Those of the provider ids that some message of ours carries already."""
        ours = {
            it.provider_id
            for it in self._tables.messages.values()
            if it.connector == connector and it.direction == "out" and it.provider_id
        }
        return frozenset(ours & {*ids})

    # ledger
    async def append(self, events: Sequence[Event]) -> None:
        """Appends to the log."""
        self._log(events)

    async def journal_read(self, keys: Sequence[str]) -> Mapping[str, Any]:
        """Results of remote calls, by `turn:step`."""
        journal = self._tables.journal
        return {key: decode(journal[key]) for key in keys if key in journal}

    async def journal_write(self, key: str, result: Any, at: float) -> None:
        """Keeps a remote call's result under `turn:step`; the first one stays."""
        self._tables.journal.setdefault(key, encode(result))

    async def publish_flow(self, name: str, version: str, definition: str, at: float) -> None:
        """Keeps a flow's definition under its name and content hash."""
        self._tables.flows.setdefault((name, version), (definition, at))

    async def flow_definition(self, name: str, version: str) -> str | None:
        """The definition of a flow in a published version."""
        kept = self._tables.flows.get((name, version))
        return kept[0] if kept else None

    # publications
    async def publish(self, publication: Publication) -> bool:
        """Makes this what is current, and logs its events; False where its number is taken."""
        if publication.number in self._tables.publications:
            return False
        kept = publication_of(publication_row(publication))
        self._tables.publications[publication.number] = kept
        self._tables.publications.pop(publication.number - PUBLICATIONS_KEPT, None)
        self._log(publication.events)
        return True

    async def newest_number(self) -> int:
        """The number of what is current; 0 where nothing was published."""
        return max(self._tables.publications, default=0)

    async def newest_publication(self) -> Publication | None:
        """What is current."""
        return self._tables.publications.get(await self.newest_number())

    async def list_publications(
        self, limit: int, cursor: str | None = None, *, globals_changed: bool = False
    ) -> Page:
        """Newest first; with `globals_changed` those alone that changed global values."""
        found = self._tables.publications.values()
        wanted = [it for it in found if it.globals_changed or not globals_changed]
        return _page(wanted, limit, number_place(cursor), lambda it: (it.number,))

    async def publish_api(self, name: str, version: str, definition: str, at: float) -> None:
        """Keeps an API call's definition under its content hash."""
        self._tables.apis.setdefault(version, definition)

    async def api_definition(self, version: str) -> str | None:
        """The definition of an API call."""
        return self._tables.apis.get(version)

    async def flow_versions(self, name: str) -> Sequence[PublishedFlow]:
        """The versions of a flow that are kept, the latest first."""
        flows = self._tables.flows.items()
        kept = [PublishedFlow(version, at) for (of, version), (_, at) in flows if of == name]
        return sorted(kept, key=lambda it: (-it.published_at, it.version))

    async def live_counts(self, flow: str) -> Mapping[tuple[str, str], int]:
        """How many sessions of a flow are not ended, by (version, state)."""
        live = (it for it in self._tables.sessions.values() if it.status != "ended")
        return Counter((it.version, it.state) for it in live if it.flow == flow)

    async def live_sessions(
        self, flow: str, version: str, limit: int, after: str = ""
    ) -> Sequence[Session]:
        """Sessions of a version that are not ended, by id, those behind `after`."""
        found = _where(_by_id(self._tables.sessions), flow=flow, version=version)
        return [it for it in found if it.status != "ended" and it.id > after][:limit]

    async def remove_flow_version(self, name: str, version: str) -> bool:
        """Forgets a definition; False where it is not kept, is current, or has live sessions."""
        current = await self.newest_publication()
        needed = current is not None and current.flows.get(name) == version
        if needed or await self.live_sessions(name, version, 1):
            return False
        return self._tables.flows.pop((name, version), None) is not None

    async def lease(self, name: str, owner: str, now: float, seconds: float) -> bool:
        """Takes or renews a named lease: True for its one holder."""
        holder, until = self._tables.leases.get(name, (owner, now))
        if holder != owner and now < until <= now + seconds + WRONG_CLOCK_SECONDS:
            return False
        self._tables.leases[name] = (owner, now + seconds)
        return True

    async def position(self, name: str) -> str | None:
        """How far it has come; None where it never began."""
        return self._tables.positions.get(name)

    async def set_position(self, name: str, place: str) -> None:
        """Keeps how far it has come."""
        self._tables.positions[name] = place

    # the data store
    async def list_data_records(
        self, limit: int, cursor: str | None = None, *, collection: str | None = None,
        contact_id: str | None = None, key: str | None = None,
    ) -> Page:  # fmt: skip
        """Records, the latest made first."""
        found = _where(
            self._tables.data.values(), collection=collection, contact_id=contact_id, key=key
        )
        return _page(found, limit, id_place(cursor), _own)

    async def data_record(self, record_id: str) -> DataRecord | None:
        """The record with this id."""
        return self._tables.data.get(record_id)

    async def collections(self) -> Mapping[str, int]:
        """How many records each collection has, by name."""
        counted = Counter(it.collection for it in self._tables.data.values())
        return dict(sorted(counted.items()))

    async def delete_data_record(self, record_id: str) -> bool:
        """Whether the record was there, and is gone now."""
        return self._tables.data.pop(record_id, None) is not None

    async def session_events(self, session_id: str, limit: int) -> Sequence[Event]:
        """The latest events of a session, oldest first."""
        own = [it for it in _by_id(self._tables.events) if it.session_id == session_id]
        return own[-limit:] if limit > 0 else []

    async def contacts_waiting(self, now: float, older_than: float, limit: int) -> Sequence[str]:
        """Contacts with a pending message that arrived before `older_than`, or a due timer."""
        pending = filter(_is_pending, _by_id(self._tables.messages))
        waiting = [it.contact_id for it in pending if it.created_at < older_than]
        waiting += [it.contact_id for it in self._due_timers(now)]
        return list(dict.fromkeys(waiting))[:limit]

    # reviews
    async def file_reviews(self, found: Collected) -> int:
        """Files messages that were read badly, each once; answers how many were new."""
        tables = self._tables
        new = [it for it in found.sightings if it.event_id not in tables.sightings]
        new = sorted({it.event_id: it for it in new}.values(), key=lambda it: it.event_id)
        for seen in new:
            tables.sightings[seen.event_id] = seen.review_id
            review = tables.reviews.get(seen.review_id) or first_review(seen)
            tables.reviews[review.id] = replace(
                review, count=review.count + 1, last_at=max(review.last_at, seen.at)
            )
        tables.reviews_position = max(
            filter(None, (tables.reviews_position, found.place)), default=None
        )
        return len(new)

    async def decide_review(self, decision: Decision) -> bool:
        """Whether the review was pending, and is decided now."""
        review = self._tables.reviews.get(decision.review_id)
        if review is None or review.status != "pending":
            return False
        self._tables.reviews[review.id] = replace(
            review, status=decision.status, intent=decision.intent, decided_at=decision.at
        )
        return True

    async def review(self, review_id: str) -> Review | None:
        """The review with this id."""
        return self._tables.reviews.get(review_id)

    async def list_reviews(
        self, limit: int, cursor: str | None = None, *, status: str | None = None
    ) -> Page:
        """Reviews, the latest first seen first."""
        found = _where(self._tables.reviews.values(), status=status)
        return _page(found, limit, made_place(cursor), lambda it: (it.first_at, it.id))

    async def reviews_position(self) -> str | None:
        """The id of the event up to which the log has been read for reviews."""
        return self._tables.reviews_position

    # reads for API and pages
    async def contact(self, contact_id: str) -> Contact | None:
        """The contact with this id."""
        return self._tables.contacts.get(contact_id)

    async def contact_addresses(self, contact_id: str) -> Sequence[str]:
        """The contact's addresses."""
        owners = self._tables.addresses
        return sorted(address for address, owner in owners.items() if owner == contact_id)

    async def time_zones(self) -> Sequence[str | None]:
        """The time zones of the contacts, each once; None is among them where one has none."""
        zones = {it.time_zone for it in self._tables.contacts.values()}
        return sorted(zones, key=lambda zone: zone or "")

    async def conversation(self, conversation_id: str) -> Conversation | None:
        """The conversation with this id."""
        return self._tables.conversations.get(conversation_id)

    async def message(self, message_id: str) -> Message | None:
        """The message with this id."""
        return self._tables.messages.get(message_id)

    async def session(self, session_id: str) -> Session | None:
        """The session with this id."""
        return self._tables.sessions.get(session_id)

    async def list_contacts(
        self, limit: int, cursor: str | None = None, *, tag: str | None = None,
        address: str | None = None,
    ) -> Page:  # fmt: skip
        """Contacts, the latest made first."""
        found: Iterable[Contact] = self._tables.contacts.values()
        if tag is not None:
            found = [it for it in found if tag in it.tags]
        if address is not None:
            found = [it for it in found if self._tables.addresses.get(address) == it.id]
        return _page(found, limit, made_place(cursor), _made)

    async def list_conversations(
        self, limit: int, cursor: str | None = None, *, contact_id: str | None = None,
        status: str | None = None,
    ) -> Page:  # fmt: skip
        """Conversations, the latest made first."""
        found = _where(self._tables.conversations.values(), contact_id=contact_id, status=status)
        return _page(found, limit, made_place(cursor), _made)

    async def list_messages(
        self, limit: int, cursor: str | None = None, *, conversation_id: str | None = None,
        contact_id: str | None = None, status: str | None = None, direction: str | None = None,
    ) -> Page:  # fmt: skip
        """Messages, newest first."""
        found = _where(
            self._tables.messages.values(), conversation_id=conversation_id,
            contact_id=contact_id, status=status, direction=direction,
        )  # fmt: skip
        return _page(found, limit, id_place(cursor), _own)

    async def list_sessions(
        self, limit: int, cursor: str | None = None, *, contact_id: str | None = None,
        conversation_id: str | None = None, status: str | None = None, flow: str | None = None,
        ended_because: str | None = None,
    ) -> Page:  # fmt: skip
        """Sessions, newest first."""
        found = _where(
            self._tables.sessions.values(), contact_id=contact_id,
            conversation_id=conversation_id, status=status, flow=flow, ended_because=ended_because,
        )  # fmt: skip
        return _page(found, limit, id_place(cursor), _own)

    async def list_events(
        self, limit: int, cursor: str | None = None, *, contact_id: str | None = None,
        conversation_id: str | None = None, session_id: str | None = None,
        type: str | None = None, after: str | None = None,
    ) -> Page:  # fmt: skip
        """Newest first; with `after` (an event id) oldest first, those appended after it."""
        found = _where(
            self._tables.events.values(), contact_id=contact_id,
            conversation_id=conversation_id, session_id=session_id, type=type,
        )  # fmt: skip
        place = id_place(cursor)
        if after is None:
            return _page(found, limit, place, _own)
        behind = place or (after,)
        later = sorted((it for it in found if _own(it) > behind), key=_own)
        return page_of(later[: limit + 1], limit, _own)

    async def flow_traffic(
        self, flow: str, version: str | None = None, since: float | None = None
    ) -> Traffic:
        """How many sessions went through a flow, and where they stand now."""
        logged = _where(self._tables.events.values(), flow=flow, flow_version=version)
        counted = [it for it in logged if since is None or it.at >= since]
        live = _where(self._tables.sessions.values(), flow=flow, version=version)
        return traffic([
            *_ways(counted),
            *_ends(counted, self._tables.sessions),
            *(("live", it.state, None, 1) for it in live if it.status != "ended"),
        ])  # fmt: skip

    async def counts(self) -> Mapping[str, int]:
        """Backlog figures for /metrics."""
        tables = self._tables
        return {
            "pending_inbound": sum(map(_is_pending, tables.messages.values())),
            "unsettled_outbound": sum(map(_is_unsettled, tables.messages.values())),
            "pending_timers": sum(it.status == "pending" for it in tables.timers.values()),
        }


def _same_key(one: DataRecord, other: DataRecord) -> bool:
    return one.key is not None and (one.collection, one.key) == (other.collection, other.key)


def _ways(events: Iterable[Event]) -> Iterable[Counted]:
    for it in events:
        if it.type == "state_entered":
            yield "way", it.data.get("state"), it.data.get("left"), 1


def _ends(events: Iterable[Event], sessions: Mapping[str, Session]) -> Iterable[Counted]:
    for it in events:
        session = sessions.get(it.session_id or "")
        if it.type == "session_ended" and session is not None:
            yield "ended", session.state, it.data.get("reason"), 1


def _is_pending(message: Message) -> bool:
    return message.direction == "in" and message.status == "pending"


def _is_unsettled(message: Message) -> bool:
    return message.direction == "out" and is_unsettled(message)


def _by_id(table: Mapping[str, Any]) -> list[Any]:
    return [table[id_] for id_ in sorted(table)]


def _made(it: Any) -> Place:
    return it.created_at, it.id


def _own(it: Any) -> Place:
    return (it.id,)


def _where(found: Iterable[Any], **equal: str | None) -> list[Any]:
    given = {name: value for name, value in equal.items() if value is not None}
    return [it for it in found if all(getattr(it, name) == value for name, value in given.items())]


def _page(
    found: Iterable[Any], limit: int, place: Place | None, of: Callable[[Any], Place]
) -> Page:
    newest = sorted((it for it in found if place is None or of(it) < place), key=of, reverse=True)
    return page_of(newest[: limit + 1], limit, of)
