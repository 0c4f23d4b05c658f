"""Python functions of a project: how they are found and called, and what they are given.

Processors live in `processors`, tasks of pages in `tasks`: a module each, or a package. This file
imports nothing of the project and nothing but Python, for it stands twice in Parley, word for word: in
`bot/clients/functions.py` for functions that run in Parley's own process, and in `actions/` beside
`parley_call.py`, which answers on an action server. A project's own `actions/` may be older than the
Parley that runs it, so neither can lean on the other's copy.
"""

from __future__ import annotations

import copy
import inspect
import json
import pkgutil
import re
from collections import UserDict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

HOMES = {"processor": "processors", "task": "tasks"}
"""The module of a package that holds the functions of a kind."""
_GIVEN = {"processor": 2, "task": 3}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

if TYPE_CHECKING:  # Rasa 3.6 runs on Python 3.8, too, where these are no values
    Json = Mapping[str, Any]
    Threaded = Callable[[Callable[[], Any]], Awaitable[Any]]
    Named = UserDict[str, Any]
else:
    Named = UserDict


class FunctionsUnclear(Exception):
    """Two functions have one name; the text says where they are."""


class WrongAnswer(TypeError):
    """A function answered, or left behind, what cannot be used; the text says what."""


# Found by name


def functions_of(package: str) -> dict[str, dict[str, Callable[..., Any]]]:
    """The functions of each kind by their names, plain and with their module: `normalise` and
    `names.normalise`. Raises FunctionsUnclear."""
    within = getattr(import_module(package), "__path__", None) is not None
    return {
        kind: _named(f"{package}.{home}", kind) if within else {} for kind, home in HOMES.items()
    }


def _named(home: str, kind: str) -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {}
    for module in _modules(home):
        below = module.__name__[len(home) + 1 :]
        for name, member in list(vars(module).items()):
            if not _is_meant(name, member, module.__name__, _GIVEN[kind]):
                continue
            if name in found:
                raise FunctionsUnclear(
                    f"two {kind}s are named {name!r}: {found[name].__module__}.{name} and "
                    f"{module.__name__}.{name}; give one of them another name"
                )
            found[name] = member
            found[f"{below}.{name}".lstrip(".")] = member
    return found


def _modules(name: str) -> Iterator[ModuleType]:
    """The module with all below it, where it is there."""
    if find_spec(name) is not None:
        module = import_module(name)
        yield module
        for _, child, _ in pkgutil.iter_modules(getattr(module, "__path__", ()), f"{name}."):
            yield from _modules(child)


def _is_meant(name: str, member: Any, module: str, given: int) -> bool:
    """Whether it is to be called by name: what a module only imports is not."""
    if not inspect.isfunction(member) or name.startswith("_") or member.__module__ != module:
        return False
    try:
        inspect.signature(member).bind_partial(*range(given))
    except TypeError:
        return False
    return True


# What a function is given


class User:
    """The contact: every field by either spelling, `firstName` or `first_name`; None where unknown.

    Beside the fields: `id`, `phone_number` (of a contact that writes by phone), `language`, `tags`.
    """

    def __init__(self, contact: Json, address: str, slots: Json) -> None:
        fields = contact.get("fields") or {}
        channel, _, handle = address.partition(":")
        phone = handle if channel in ("sms", "whatsapp") else None
        known = {_snake(str(name)): value for name, value in {**fields, **_known(slots)}.items()}
        known.setdefault("phone_number", known.get("phone") or phone)
        known["id"] = contact.get("id")
        known["language"] = contact.get("language") or known.get("language")
        known["tags"] = tuple(slots.get("tags") or ())
        self.__dict__["_known"] = known

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.__dict__["_known"].get(_snake(name))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"write session.slots[{_snake(name)!r}]: the user is only read")


class Slots(Named):
    """Values by name; as in templates, `firstName` and `first_name` are one."""

    def __init__(self, values: Json) -> None:
        self.data = dict(values)

    def _known(self, name: str) -> str:
        if name in self.data or not isinstance(name, str):
            return name
        plain = _snake(name)
        return next((known for known in self.data if _snake(str(known)) == plain), name)

    def __contains__(self, name: object) -> bool:
        return self._known(name) in self.data  # type: ignore[arg-type]

    def __getitem__(self, name: str) -> Any:
        return self.data[self._known(name)]

    def __setitem__(self, name: str, value: Any) -> None:
        self.data[self._known(name)] = value

    def __delitem__(self, name: str) -> None:
        del self.data[self._known(name)]


class Message:
    """The reply that is read. A processor may put another text in its place, or refuse it."""

    def __init__(self, latest: Json, channel: str, language: str | None) -> None:
        metadata = latest.get("metadata") or {}
        self.text: str = latest.get("text") or ""
        self.intent: str | None = (latest.get("intent") or {}).get("name")
        self.entities: list[dict[str, Any]] = list(latest.get("entities") or ())
        self.language = language
        self.channel = channel
        self.media: list[str] = list(metadata.get("media") or ())
        self.location: dict[str, float] | None = metadata.get("location")
        self.refused: str | None = None

    def refuse(self, text: str = "") -> None:
        """The reply is no answer; the contact hears the text, or the question's own error."""
        self.refused = text


class Session:
    """The conversation: its slots and its registry may be changed, all else is asked for."""

    def __init__(self, seen: Json) -> None:
        metadata = (seen.get("latest_message") or {}).get("metadata") or {}
        self.id: str | None = seen.get("session_id")
        self.state: str | None = seen.get("state")
        self.slots = Slots(seen.get("slots") or {})
        self.registry: dict[str, Any] = dict(seen.get("registry") or {})
        address = str(metadata.get("address") or "")
        self.user = User(seen.get("contact") or {}, address, self.slots)
        self.said: list[dict[str, Any]] = []
        self.asked: list[dict[str, Any]] = []

    @property
    def variables(self) -> Slots:
        """Another name of `slots`."""
        return self.slots

    def say(self, text: str, buttons: Sequence[Any] = ()) -> None:
        """A message to the contact; a button is a text or {"title", "payload"}."""
        shown = [b if isinstance(b, Mapping) else {"title": str(b), "payload": ""} for b in buttons]
        self.said.append({"text": str(text), "buttons": [dict(button) for button in shown]})

    def call(self, api: str, **values: Any) -> None:
        """Asks for a declared HTTP call; it is made after the function has returned."""
        self.asked.append({"event": "call", "api": api, "with": values})

    def goto(self, name: str) -> None:
        """Asks for another state, or page, once the function has returned."""
        self.asked.append({"event": "goto", "state": name})


class Page:
    """The page whose task it is: `title`, `message`, `content` and the like by their own names."""

    def __init__(self, state: str | None, written: Json) -> None:
        self.__dict__.update({"title": state, **written})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return None


# The call


async def called(
    kind: str, function: Callable[..., Any], arguments: Json, seen: Json, in_thread: Threaded
) -> dict[str, list[dict[str, Any]]]:
    """Calls a function; `events` and `responses` as JSON. What it raises comes through.

    `seen` is what the session looks like: slots, registry, latest_message, contact, state, session_id,
    channel. The function gets a copy. `in_thread` runs what would block.
    """
    seen = copy.deepcopy(dict(seen))
    session = Session(seen)
    contact = seen.get("contact") or {}
    message = Message(
        seen.get("latest_message") or {}, str(seen.get("channel") or ""), contact.get("language")
    )
    before = copy.deepcopy((dict(session.slots), session.registry, message.text))
    values = copy.deepcopy(dict(arguments))
    given: list[Any] = [session, message]
    if kind == "task":
        given = [session, Page(session.state, values.pop("page", None) or {}), message]
    call = partial(function, *given, **values)
    answer = await call() if inspect.iscoroutinefunction(function) else await in_thread(call)
    if inspect.isawaitable(answer):
        answer = await answer
    _understand(kind, answer, session, message)
    events = [*_left_behind(session, message, *before), *session.asked]
    return {"events": _as_json(events), "responses": _as_json(session.said)}


def _left_behind(
    session: Session, message: Message, slots: Json, registry: Json, text: str
) -> Iterator[dict[str, Any]]:
    """What is different from before."""
    yield from _changes("slot", slots, session.slots)
    yield from _changes("registry", registry, session.registry)
    if message.refused is not None:
        yield {"event": "refused", "text": str(message.refused)}
    elif not isinstance(message.text, str):
        raise WrongAnswer(f"message.text is {type(message.text).__name__}; expected a text")
    elif message.text != text:
        yield {"event": "answer", "text": message.text}


def _understand(kind: str, answer: Any, session: Session, message: Message) -> None:
    """What the return value asks for."""
    if isinstance(answer, Mapping):
        session.slots.update(answer)
    elif isinstance(answer, str) and kind == "processor":
        message.text = answer
    elif isinstance(answer, str):
        session.goto(answer)
    elif answer is False and kind == "processor":
        message.refused = message.refused or ""
    elif answer is not None and answer is not True:
        expected = "a text, a dict of slots, True or False" if kind == "processor" else _OF_A_TASK
        raise WrongAnswer(f"it returned {type(answer).__name__}; expected nothing, {expected}")


_OF_A_TASK = "the title of a page or a dict of slots"


def _changes(event: str, before: Json, after: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(after, Mapping):
        raise WrongAnswer(f"a {event} of the session is {type(after).__name__}; expected a dict")
    after = dict(after)
    for name, value in after.items():
        if not isinstance(name, str) or not name:
            raise WrongAnswer(f"{name!r} is no name of a {event}")
        if name not in before or before[name] != value or type(before[name]) is not type(value):
            yield {"event": event, "name": name, "value": value}
    for name in before:
        if name not in after:
            yield {"event": event, "name": name, "value": None}


def _as_json(items: Iterable[Json]) -> list[dict[str, Any]]:
    """The items as they cross a wire; what is no JSON is named."""
    return [_plain(item) for item in items]


def _plain(item: Json) -> dict[str, Any]:
    try:
        plain: dict[str, Any] = json.loads(json.dumps(item, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        what = " ".join(str(item[key]) for key in ("event", "name", "api") if item.get(key))
        raise WrongAnswer(f"the {what or 'message'} cannot be kept as JSON: {error}") from None
    return plain


def named(error: BaseException) -> str:
    """What went wrong in one line."""
    if isinstance(error, WrongAnswer):
        return str(error)
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _known(values: Json) -> dict[str, Any]:
    return {str(name): value for name, value in values.items() if value is not None}


def _snake(name: str) -> str:
    return _CAMEL.sub("_", name).lower()
