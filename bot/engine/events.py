"""What can happen to a session: the inputs of `advance`, in the past tense."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class FlowStarted:
    """The flow begins; the message that triggered it, if any, is in the facts."""

    trigger: str


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """The contact wrote; text and reading are in the facts."""


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A timer of the session is due."""

    timer_id: str


@dataclass(frozen=True, slots=True)
class ActionReturned:
    """What the turn waits for answered, with Rasa's events and responses.

    `failed` is the reason why a declared HTTP call came to nothing: the flow takes its error branch.
    Beside Rasa's events a Python function's answer may hold `{"event": "registry", "name", "value"}`,
    `{"event": "answer", "text"}` (the reply as it is to be read), `{"event": "refused", "text"}` (the
    reply is no answer), `{"event": "call", "api", "with"}` and `{"event": "goto", "state"}`.
    """

    events: Sequence[Mapping[str, Any]] = ()
    responses: Sequence[Mapping[str, Any]] = ()
    failed: str | None = None


@dataclass(frozen=True, slots=True)
class FlowReturned:
    """The flow that the session waits for is over; `slots` are those of its session."""

    flow: str
    reason: str
    slots: Mapping[str, Any] = field(default_factory=dict)


Event = FlowStarted | MessageReceived | TimerFired | ActionReturned | FlowReturned
