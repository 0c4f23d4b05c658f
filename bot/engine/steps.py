"""The built-in steps of an `enter`: one small value each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.engine.wording import Text


@dataclass(frozen=True, slots=True)
class Choice:
    """A button under a text."""

    title: Text
    payload: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a list to choose from."""

    title: Text
    payload: str = ""
    description: Text = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """`{"button": "Choose", "rows": ["Tea", {"title": "Coffee", "description": "black"}]}`."""

    rows: tuple[Row, ...]
    button: Text = ""


@dataclass(frozen=True, slots=True)
class Location:
    """`{"latitude": 59.9, "longitude": 10.7, "name": "...", "address": "..."}`; texts are templates."""

    latitude: float | str
    longitude: float | str
    name: Text = ""
    address: Text = ""


@dataclass(frozen=True, slots=True)
class Template:
    """`{"name": "reminder", "language": "en", "parameters": ["{first_name}"]}`: approved before."""

    name: str
    language: str | None = None
    parameters: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Say:
    """`{"say": "Hi {first_name}", "buttons": ["Yes", "No"], "media": ["https://..."]}`.

    The text may be one for each language: `{"say": {"en": "Hi", "es": "Hola"}}`.

    `response` instead of a text names a response of domain.yml.
    """

    text: Text = ""
    response: str | None = None
    buttons: tuple[Choice, ...] = ()
    media: tuple[str, ...] = ()
    menu: Menu | None = None
    location: Location | None = None
    template: Template | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """`{"action": "create_task"}`: an action of the action server."""

    name: str


@dataclass(frozen=True, slots=True)
class Expression:
    """A value that is worked out when the step runs."""

    source: str


@dataclass(frozen=True, slots=True)
class SetSlots:
    """`{"set": {"visits": 1, "name": "{text}"}}`; texts are templates.

    `{"set": {"total": {"expression": "slots.price * 2"}}}`: an Expression is worked out.
    """

    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tag:
    """`{"add_tag": "vip"}` or `{"add_tag": ["vip", "new"]}`."""

    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Untag:
    """`{"remove_tag": "vip"}`."""

    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """`{"note": "asked for a call"}`: a remark on the contact for the team."""

    text: str


@dataclass(frozen=True, slots=True)
class Email:
    """`{"email": {"subject": "...", "text": "...", "to": "{email}"}}`; `to` defaults to the contact."""

    subject: Text
    text: Text
    to: str = "{email}"


@dataclass(frozen=True, slots=True)
class Wait:
    """`{"wait": "10m"}`: the steps behind it run later, if the session still stands here."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Start:
    """`{"start": "coupon"}`: ends this session and starts another flow.

    `{"start": "address", "return": ["street"]}`: the session waits until the other one is over,
    takes over these of its slots, and goes on with the next step. `returns` are slots here by the
    name of the slot there; None where nothing returns.
    """

    flow: str
    returns: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Arm:
    """One way of a split; its steps stand at `place` in the definition."""

    name: str
    weight: float
    place: str


@dataclass(frozen=True, slots=True)
class Split:
    """`{"split": [{"name": "a", "weight": 1, "enter": [...]}, ...]}`: one way by chance.

    The same contact always goes the same way.
    """

    arms: tuple[Arm, ...]
    place: str


@dataclass(frozen=True, slots=True)
class Call:
    """`{"call": "weather", "with": {"city": "{city}"}, "save": {"sky": "sky"}, "error": {...}}`.

    A declared HTTP call. `arguments` fill its templates (texts are templates themselves). `save`: slots
    here by the name that the API's response mapping gives the value; None takes all as they are named.
    Where it fails, the slot `call_error` says why, and the steps at `failed` run instead of the rest of
    the list; then the session goes to the state `goto`, where there is one.
    """

    api: str
    place: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    save: Mapping[str, str] | None = None
    failed: str | None = None
    goto: str | None = None


@dataclass(frozen=True, slots=True)
class Process:
    """A Python function of the project: a processor of `pre` or `post`, or a page's task."""

    name: str
    kind: Literal["processor", "task"] = "processor"
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Store:
    """`{"store": "feedback", "values": {"score": "{score}"}, "key": "{phone}"}`: a record is kept."""

    collection: str
    values: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None


@dataclass(frozen=True, slots=True)
class HandOver:
    """`{"hand_over": "wants a person"}`: a human takes the conversation."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """`{"end": true}`: the session is over."""

    reason: str = "ended"


Step = (
    Say
    | Act
    | SetSlots
    | Tag
    | Untag
    | Note
    | Email
    | Wait
    | Start
    | Split
    | Call
    | Process
    | Store
    | HandOver
    | End
)
