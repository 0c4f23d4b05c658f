"""Reads messages with a trained pipeline."""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from bot.engine.parse import FALLBACK_INTENT, Entity, Intent, Parse
from nlu.components.component import Component
from nlu.message import Message
from nlu.payload import read_payload

READ_AT_MOST = 2000
CACHED_TEXTS = 4096
_UNREADABLE = re.compile("[\ud800-\udfff\0]")


class Interpreter:
    """A trained pipeline, ready to read. Safe to share between threads."""

    def __init__(
        self,
        components: Sequence[Component[Any]],
        fingerprint: str,
        intents: Collection[str] | None = None,
    ) -> None:
        """A payload may name one of `intents`, or any where they are not given."""
        self.fingerprint = fingerprint
        self._intents = intents
        self._components = [c for c in components if not c.timely]
        self._timely = [c for c in components if c.timely]
        self._cached = lru_cache(maxsize=CACHED_TEXTS)(self._read)

    def parse(
        self,
        text: str,
        language: str | None = None,
        *,
        asked: Collection[str] = (),
        now: datetime | None = None,
    ) -> Parse:
        """What `text` means. Never raises; of a long text only the beginning is read.

        `asked` are the intents that can answer what the flow asked: the parse also ranks these by
        themselves. `now` is the contact's time, with its zone, for "tomorrow at five".
        """
        read = self._read if len(text) > READ_AT_MOST else self._cached
        parse, is_payload = read(text, language)
        if self._timely and not is_payload:
            parse = self._with_times(parse, now)
        return restricted(parse, asked) if asked else parse

    def _with_times(self, parse: Parse, now: datetime | None) -> Parse:
        """The same reading with what depends on the time."""
        message = Message(_readable(parse.text), parse.language, now=now)
        message.entities = list(parse.entities)
        for component in self._timely:
            component.process(message)
        if len(message.entities) == len(parse.entities):
            return parse
        return replace(parse, entities=_in_order(message.entities))

    def _payload(self, text: str, language: str | None) -> Parse | None:
        return read_payload(text, language, self._intents)

    def _read(self, text: str, language: str | None) -> tuple[Parse, bool]:
        """The reading, and whether it is that of a payload, to which no component adds."""
        payload = self._payload(text, language) if len(text) <= READ_AT_MOST else None
        if payload is not None:
            return payload, True
        message = Message(_readable(text), language)
        if not message.text.strip():
            return Parse(text, Intent(FALLBACK_INTENT, 1.0), language=language), False
        for component in self._components:
            component.process(message)
        return _as_parse(message, text), False


def _as_parse(message: Message, text: str) -> Parse:
    ranking = tuple(message.ranking)
    intent = ranking[0] if ranking else Intent(FALLBACK_INTENT, 0.0)
    metadata = dict(message.metadata)
    if message.decided_by:
        metadata["decided_by"] = message.decided_by
    return Parse(text, intent, ranking, _in_order(message.entities), message.language, metadata)


def _readable(text: str) -> str:
    """The beginning, one character for one: offsets stay those of the original."""
    return _UNREADABLE.sub("\ufffd", text[:READ_AT_MOST])


def _in_order(entities: Sequence[Entity]) -> tuple[Entity, ...]:
    return tuple(sorted(entities, key=lambda e: (e.start, e.end)))


def restricted(parse: Parse, asked: Collection[str]) -> Parse:
    """The same reading with a second ranking, of the asked intents alone."""
    found = [i for i in parse.ranking if i.name in asked]
    share = sum(i.confidence for i in found)
    if share <= 0.0:
        return parse
    among = tuple(Intent(i.name, i.confidence / share) for i in found)
    return replace(parse, asked=among, asked_share=min(share, 1.0))
