"""What the services need from outside, as small protocols; adapters fit by shape."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bot.domain.actions import ActionFailed as ActionFailed
from bot.domain.actions import ActionResult as ActionResult
from bot.domain.contacts import Contact, Conversation
from bot.domain.data_records import DataRecord
from bot.domain.events import Event
from bot.domain.messages import Message
from bot.domain.publications import Publication as Publication
from bot.domain.publications import PublishedFlow as PublishedFlow
from bot.domain.records import Accepted as Accepted
from bot.domain.records import Arrival as Arrival
from bot.domain.records import DueMessage as DueMessage
from bot.domain.records import Outcome as Outcome
from bot.domain.records import Page as Page
from bot.domain.records import Report as Report
from bot.domain.records import StoreUnavailable as StoreUnavailable
from bot.domain.records import TurnRecord as TurnRecord
from bot.domain.records import Work as Work
from bot.domain.reviews import Collected as Collected
from bot.domain.reviews import Decision as Decision
from bot.domain.reviews import Review as Review
from bot.engine.apis import Api
from bot.engine.apis import ApiResult as ApiResult
from bot.engine.parse import Parse
from bot.engine.session import Session
from bot.engine.traffic import Traffic


class Store(Protocol):
    """The database. Writes that arrive together are gathered into one transaction."""

    async def accept(self, arrival: Arrival) -> Accepted:
        """Files an inbound message once per (connector, provider id), with contact, address and
        conversation where they are new. Raises StoreUnavailable."""

    async def load(self, contact_id: str, now: float) -> Work | None:
        """What the contact's turns need; None for an unknown contact."""

    async def save(self, turn: TurnRecord) -> bool:
        """Writes the whole turn, or nothing and answers False where another was first."""

    async def mark(self, outcome: Outcome) -> None:
        """Writes an attempt's outcome; a delivery report that came first is not undone."""

    async def report(self, report: Report) -> None:
        """Joins a delivery report; one for an unknown message is parked until it is known."""

    async def keep_unroutable(self, message: Message) -> None:
        """Keeps an authentic request that was not understood, once per provider id."""

    async def journal_read(self, keys: Sequence[str]) -> Mapping[str, Any]:
        """Results of remote calls, by `turn:step`."""

    async def journal_write(self, key: str, result: Any, at: float) -> None:
        """Keeps a remote call's result under `turn:step`; the first one stays."""

    async def session_events(self, session_id: str, limit: int) -> Sequence[Event]:
        """The latest events of a session, oldest first."""

    async def contacts_waiting(self, now: float, older_than: float, limit: int) -> Sequence[str]:
        """Contacts with a pending message that arrived before `older_than`, or a due timer."""

    async def claim_due(
        self, now: float, limit: int, lease: float, contact_id: str | None = None
    ) -> Sequence[DueMessage]:
        """Claims outbound messages to send or settle now: of each conversation only the first that
        is unsettled, and none to a contact whose own message no turn has heard yet. An attempt
        whose lease ran out becomes `unknown`."""

    async def known_provider_ids(self, connector: str, ids: Sequence[str]) -> frozenset[str]:
        """Those of the provider ids that some message of ours carries already."""

    async def publish_flow(self, name: str, version: str, definition: str, at: float) -> None:
        """Keeps a flow's definition under its name and content hash."""

    async def flow_definition(self, name: str, version: str) -> str | None:
        """The definition of a flow in a published version."""

    # publications
    async def publish(self, publication: Publication) -> bool:
        """Makes this what is current, and logs its events; False where its number is taken."""

    async def newest_number(self) -> int:
        """The number of what is current; 0 where nothing was published."""

    async def newest_publication(self) -> Publication | None:
        """What is current."""

    async def list_publications(
        self, limit: int, cursor: str | None = None, *, globals_changed: bool = False
    ) -> Page:
        """Newest first; with `globals_changed` those alone that changed global values."""

    async def publish_api(self, name: str, version: str, definition: str, at: float) -> None:
        """Keeps an API call's definition under its content hash."""

    async def api_definition(self, version: str) -> str | None:
        """The definition of an API call."""

    async def flow_versions(self, name: str) -> Sequence[PublishedFlow]:
        """The versions of a flow that are kept, the latest first."""

    async def live_counts(self, flow: str) -> Mapping[tuple[str, str], int]:
        """How many sessions of a flow are not ended, by (version, state)."""

    async def live_sessions(
        self, flow: str, version: str, limit: int, after: str = ""
    ) -> Sequence[Session]:
        """Sessions of a version that are not ended, by id, those behind `after`."""

    async def remove_flow_version(self, name: str, version: str) -> bool:
        """Forgets a definition; False where it is not kept, is current, or has live sessions."""

    async def append(self, events: Sequence[Event]) -> None:
        """Appends to the log."""

    async def lease(self, name: str, owner: str, now: float, seconds: float) -> bool:
        """Takes or renews a named lease: True for its one holder."""

    async def position(self, name: str) -> str | None:
        """How far something that survives restarts has come; None where it never began."""

    async def set_position(self, name: str, place: str) -> None:
        """Keeps how far it has come."""

    # the data store; records are written with the turns
    async def list_data_records(
        self, limit: int, cursor: str | None = None, *, collection: str | None = None,
        contact_id: str | None = None, key: str | None = None,
    ) -> Page:  # fmt: skip
        """Records, the latest made first."""

    async def data_record(self, record_id: str) -> DataRecord | None: ...
    async def collections(self) -> Mapping[str, int]:
        """How many records each collection has, by name."""

    async def delete_data_record(self, record_id: str) -> bool:
        """Whether the record was there, and is gone now."""

    # reviews
    async def file_reviews(self, found: Collected) -> int:
        """Files messages that were read badly, each once; answers how many were new."""

    async def decide_review(self, decision: Decision) -> bool:
        """Whether the review was pending, and is decided now."""

    async def review(self, review_id: str) -> Review | None: ...
    async def list_reviews(
        self, limit: int, cursor: str | None = None, *, status: str | None = None
    ) -> Page: ...
    async def reviews_position(self) -> str | None:
        """The id of the event up to which the log has been read for reviews."""

    # reads for API and pages
    async def contact(self, contact_id: str) -> Contact | None: ...
    async def contact_addresses(self, contact_id: str) -> Sequence[str]: ...
    async def time_zones(self) -> Sequence[str | None]:
        """The time zones of the contacts, each once; None is among them where one has none."""

    async def conversation(self, conversation_id: str) -> Conversation | None: ...
    async def message(self, message_id: str) -> Message | None: ...
    async def session(self, session_id: str) -> Session | None: ...
    async def list_contacts(
        self, limit: int, cursor: str | None = None, *, tag: str | None = None,
        address: str | None = None,
    ) -> Page: ...  # fmt: skip
    async def list_conversations(
        self, limit: int, cursor: str | None = None, *, contact_id: str | None = None,
        status: str | None = None,
    ) -> Page: ...  # fmt: skip
    async def list_messages(
        self, limit: int, cursor: str | None = None, *, conversation_id: str | None = None,
        contact_id: str | None = None, status: str | None = None, direction: str | None = None,
    ) -> Page: ...  # fmt: skip
    async def list_sessions(
        self, limit: int, cursor: str | None = None, *, contact_id: str | None = None,
        conversation_id: str | None = None, status: str | None = None, flow: str | None = None,
        ended_because: str | None = None,
    ) -> Page: ...  # fmt: skip
    async def list_events(
        self, limit: int, cursor: str | None = None, *, contact_id: str | None = None,
        conversation_id: str | None = None, session_id: str | None = None,
        type: str | None = None, after: str | None = None,
    ) -> Page:  # fmt: skip
        """Newest first; with `after` (an event id) oldest first, those appended after it."""

    async def flow_traffic(
        self, flow: str, version: str | None = None, since: float | None = None
    ) -> Traffic:
        """How many sessions went through a flow, or one version of it, and where they stand now.
        What was entered, left and ended counts from the Unix time `since` on."""

    async def counts(self) -> Mapping[str, int]:
        """Backlog figures for /metrics: pending_inbound, unsettled_outbound, pending_timers."""

    async def ping(self) -> None:
        """Raises StoreUnavailable where the database does not answer."""


class Locks(Protocol):
    """One turn at a time per contact, over all processes that share the store."""

    def hold(self, contact_id: str) -> AbstractAsyncContextManager[None]:
        """Waits for the contact's lock and holds it."""

    async def close(self) -> None:
        """Gives the connection back, where there is one."""


class Reader(Protocol):
    """The NLU layer."""

    def parse(
        self,
        text: str,
        language: str | None = None,
        *,
        asked: Collection[str] = (),
        now: datetime | None = None,
    ) -> Parse:
        """What the text means: among all intents, and among those that were asked for."""


class ActionRunner(Protocol):
    """Runs the project's actions, in this process or on an action server."""

    remote: bool
    """Whether results are journalled (a remote call is not repeated when a turn is retried)."""

    async def names(self) -> frozenset[str]:
        """The actions that are there."""

    async def conditions(self) -> frozenset[str]:
        """The Python conditions that are there."""

    async def run(self, name: str, tracker: Mapping[str, Any], key: str) -> ActionResult:
        """Runs one action on Rasa's tracker; `key` is its Idempotency-Key. Raises ActionFailed."""

    async def ask(self, names: Sequence[str], tracker: Mapping[str, Any]) -> Mapping[str, bool]:
        """The answers of Python conditions."""

    async def functions(self) -> Mapping[str, frozenset[str]]:
        """The Python functions that are there: the names of each kind, `processor` and `task`."""

    async def call(
        self,
        kind: str,
        name: str,
        arguments: Mapping[str, Any],
        tracker: Mapping[str, Any],
        key: str,
    ) -> ActionResult:
        """Calls a Python function; its answer as events (see ActionReturned). Raises ActionFailed."""

    async def close(self) -> None:
        """Gives the connection back, where there is one."""


class ApiCaller(Protocol):
    """Makes the declared HTTP calls."""

    async def call(
        self, api: Api, values: Mapping[str, Any], shared: Mapping[str, Any], key: str
    ) -> ApiResult:
        """Calls it once, with its retries; `key` is the Idempotency-Key. Never raises for what a
        network or a server may do."""


class Waker(Protocol):
    """Sees to it that the turns of a contact are taken: here, or by a worker elsewhere."""

    def wake(self, contact_id: str) -> None:
        """There is something to do for the contact. Losing the call costs time, not the message."""


class Examples(Protocol):
    """The project's training data, as far as messages that were labelled go into it."""

    def add(self, text: str, intent: str) -> bool:
        """Makes the text an example of the intent; False where it is one already. Raises ValueError
        for what cannot be an example, OSError where it cannot be written."""


class Clock(Protocol):
    """The time, so that tests can turn it."""

    def now(self) -> float:
        """Unix time in seconds."""


class MediaStore(Protocol):
    """Keeps files that arrive with messages."""

    async def keep(self, key: str, content_type: str, chunks: AsyncIterator[bytes]) -> str:
        """Stores the content; answers the reference under which it is found."""

    async def open(self, reference: str) -> tuple[str, AsyncIterator[bytes]]:
        """(content type, chunks) of a stored file; raises KeyError for an unknown one."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something changed for a conversation: live pages look again."""

    conversation_id: str
    contact_id: str
    data: Mapping[str, Any] = field(default_factory=dict)
