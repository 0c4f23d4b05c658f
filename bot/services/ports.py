"""What the services need from outside, as small protocols; adapters fit by shape."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bot.domain.actions import ActionFailed as ActionFailed
from bot.domain.actions import ActionResult as ActionResult
from bot.domain.contacts import Contact, Conversation
from bot.domain.events import Event
from bot.domain.messages import Message
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
        """Keeps a flow's definition under its content hash."""

    async def flow_definition(self, version: str) -> tuple[str, str] | None:
        """(name, definition) of a published version."""

    async def append(self, events: Sequence[Event]) -> None:
        """Appends to the log."""

    async def lease(self, name: str, owner: str, now: float, seconds: float) -> bool:
        """Takes or renews a named lease: True for its one holder."""

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
    ) -> Page: ...  # fmt: skip
    async def list_events(
        self, limit: int, cursor: str | None = None, *, contact_id: str | None = None,
        conversation_id: str | None = None, session_id: str | None = None,
        type: str | None = None, after: str | None = None,
    ) -> Page:  # fmt: skip
        """Newest first; with `after` (an event id) oldest first, those appended after it."""

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
