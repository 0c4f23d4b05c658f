"""What a turn may look at: the message as read, the contact, and answers asked for before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.engine.conditions import Condition
from bot.engine.parse import NOTHING_READ, Parse


@dataclass(frozen=True, slots=True)
class ResponseText:
    """One variation of a response of domain.yml."""

    text: str = ""
    buttons: tuple[Mapping[str, str], ...] = ()
    image: str | None = None
    custom: Mapping[str, Any] | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """`key` names the turn; ids and the choice of variations derive from it.

    `answers` are those of Python conditions by their full name. `fields` and `tags` are the
    contact's, as changed so far in this turn; `language` is its code, such as `es` or `pt-BR`.
    """

    key: str
    text: str = ""
    parse: Parse = NOTHING_READ
    has_message: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    answers: Mapping[str, bool] = field(default_factory=dict)
    responses: Mapping[str, tuple[ResponseText, ...]] = field(default_factory=dict)
    actions: frozenset[str] | None = None
    channel: str = ""
    language: str | None = None
    shared: Mapping[str, Any] = field(default_factory=dict)
    """The global registry: values that all flows share."""
    location: Mapping[str, Any] | None = None
    """The place that the message shares: {"latitude", "longitude", "name", "address"}."""
    media: tuple[Mapping[str, Any], ...] = ()
    """The files of the message: {"url", "content_type"}."""
    seen: Callable[[Condition, bool], None] | None = None
    """Told of every condition that is decided."""
