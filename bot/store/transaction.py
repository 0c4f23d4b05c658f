"""What the writers of one transaction share: the connection, and rows that go in together."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from bot.domain.events import Event
from bot.store.bulk import insertion, once
from bot.store.rows import Values, event_row
from bot.store.tables import events, messages

INSERT_MESSAGES = insertion(messages, once)
INSERT_EVENTS = insertion(events, once)


class GuardFailed(Exception):
    """Another was first with something that this transaction claims or writes."""


@dataclass(slots=True)
class Transaction:
    """One transaction under way. New messages and events are gathered, one statement for all."""

    connection: Connection
    messages: list[Values] = field(default_factory=list)
    events: list[Values] = field(default_factory=list)

    def log(self, happened: Iterable[Event]) -> None:
        """Appends to the log when the transaction is flushed."""
        self.events.extend(map(event_row, happened))

    def flush(self) -> None:
        """Inserts what was gathered. Raises GuardFailed if a message of that id is there already:
        it must not seem to be written."""
        if INSERT_MESSAGES.run(self.connection, self.messages) != len(self.messages):
            raise GuardFailed
        INSERT_EVENTS.run(self.connection, self.events)
        self.messages, self.events = [], []


Writer = Callable[[Transaction, Any], Any]
"""Writes all values of one kind and answers one result each."""
