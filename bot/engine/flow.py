"""A flow as the engine runs it: states, and the transitions between them, in order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.engine.conditions import ALWAYS, Condition
from bot.engine.steps import Step
from bot.engine.wording import Text

DEFAULT_EXPIRY = 3600.0
"""Seconds of silence after which a session ends, where the flow does not say."""


APOLOGY = "Sorry, something went wrong on our side. Please try again in a little while."


@dataclass(frozen=True, slots=True)
class Transition:
    """A way out of a state: the first whose condition holds is taken, and its steps run.

    `place` is the JSON pointer of the node in the definition; it also names the steps.
    """

    target: str
    condition: Condition
    enter: tuple[Step, ...]
    place: str
    link: bool = False
    before_answer: bool = False
    """Whether it is looked at before a reply is read as the answer of the state's question."""


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What a state answers to a message that no transition takes.

    The first `times` such messages run `enter`; the next one runs `then`.
    """

    enter: tuple[Step, ...]
    then: tuple[Step, ...]
    times: int
    place: str


@dataclass(frozen=True, slots=True)
class Timeout:
    """What happens after `after` seconds of silence in a state.

    The first `times` silences run `enter` and wait again; the next one goes to `goto`.
    """

    after: float
    goto: str | None
    enter: tuple[Step, ...]
    times: int
    place: str


SlotType = Literal[
    "text", "number", "money", "duration", "date", "time", "datetime", "name", "email", "phone",
    "yes_no", "choice", "location", "media",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Option:
    """One of a question's choices: what is shown, and what goes into the slot.

    It is meant by its number, its label, one of the `words`, or the intent `means`.
    """

    label: Text
    value: str
    words: tuple[str, ...] = ()
    means: str | None = None


@dataclass(frozen=True, slots=True)
class Collect:
    """A question whose answer goes into a slot.

    `ask` is said on entering the state, with the choices as buttons or as a list. `scope` says whether
    `slot` names a slot of the session (or by the usual rules) or a field of the contact. `pattern` is a
    regular expression (RE2) that the whole reply must match, `valid` a condition on the value, which
    stands in the slot already when it is asked.
    """

    slot: str
    type: SlotType
    place: str
    choices: tuple[Option, ...] = ()
    ask: Text | None = None
    scope: Literal["slot", "field"] = "slot"
    pattern: str | None = None
    shortest: int | None = None
    longest: int | None = None
    valid: Condition | None = None
    minimum: float | str | None = None
    """Of numbers, or in ISO 8601 of days and times."""
    maximum: float | str | None = None
    error: Text | None = None
    attempts: int = 3
    exit_words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class State:
    """A place where a session waits, or passes through at once where `passes` is set.

    `condition` and `enter` are those the state's own node gives: they decide on starting (for the
    initial state) and run when a timeout or a step goes here. `pre` runs before what is said on
    entering, whichever way leads here; `post` runs on a reply, before it is read as an answer.
    """

    name: str
    place: str
    transitions: tuple[Transition, ...] = ()
    condition: Condition = ALWAYS
    enter: tuple[Step, ...] = ()
    otherwise: Otherwise | None = None
    timeout: Timeout | None = None
    collect: Collect | None = None
    pre: tuple[Step, ...] = ()
    post: tuple[Step, ...] = ()
    passes: bool = False
    defined: bool = True

    @property
    def final(self) -> bool:
        """Whether nothing leads on from here."""
        return not self.transitions and self.collect is None and self.timeout is None


TriggerKind = Literal["keyword", "intent", "event", "webhook", "schedule", "manual"]
TriggerMatch = Literal["exact", "contains", "regex"]


@dataclass(frozen=True, slots=True)
class Trigger:
    """What starts a flow. `value` depends on the kind: keywords, an intent, an event's type."""

    kind: TriggerKind
    value: tuple[str, ...]
    place: str
    when: Condition = ALWAYS
    interrupt: bool = False
    match: TriggerMatch = "exact"
    """How a keyword is looked for in a message."""
    time_zone: str | None = None
    """Of a schedule: an IANA name; None for the contact's own."""
    audience: Condition = ALWAYS
    """Of a schedule: the contacts for whom the flow starts, by tags and fields."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A declared slot; `scope` says whether it belongs to the session or to the contact."""

    name: str
    type: str = "any"
    scope: Literal["session", "contact"] = "session"
    initial: Any = None


@dataclass(frozen=True, slots=True)
class Invariant:
    """What must hold after every turn; a turn that breaks it is undone, and the contact hears so."""

    name: str
    condition: Condition
    place: str


@dataclass(frozen=True, slots=True)
class Flow:
    """A versioned state machine. `version` is the hash of the definition's content."""

    name: str
    version: str
    initial: str
    states: Mapping[str, State]
    triggers: tuple[Trigger, ...] = ()
    slots: Mapping[str, Slot] = field(default_factory=dict)
    otherwise: Otherwise | None = None
    language: str | None = None
    title: str = ""
    expires_after: float = DEFAULT_EXPIRY
    apology: Text = APOLOGY
    definition: Any = None
    """The native form, in which all places point; `source` is what the author wrote, if other."""
    source: Any = None
    origins: Mapping[str, str] = field(default_factory=dict)
    """Places in `source` by those in `definition`, where the author wrote another dialect."""
    invariants: tuple[Invariant, ...] = ()
    step_lists: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    """Every list of steps by its place, so that a waiting session can go on in the middle of one."""
    behind: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """What follows a list within a list: the outer list's place, and the index to go on with."""
