"""Reads messages with a trained pipeline."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from bot.engine.parse import FALLBACK_INTENT, Intent, Parse
from nlu.components.component import Component
from nlu.message import Message
from nlu.payload import read_payload

READ_AT_MOST = 2000
CACHED_TEXTS = 4096
RANKED = 10
_UNREADABLE = re.compile("[\ud800-\udfff\0]")


class Interpreter:
    """A trained pipeline, ready to read. Safe to share between threads."""

    def __init__(self, components: Sequence[Component[Any]], fingerprint: str) -> None:
        self.fingerprint = fingerprint
        self._components = components
        self._cached = lru_cache(maxsize=CACHED_TEXTS)(self._read)

    def parse(self, text: str, language: str | None = None) -> Parse:
        """What `text` means. Never raises; of a long text only the beginning is read."""
        if len(text) > READ_AT_MOST:
            return self._read(text, language)
        return self._cached(text, language)

    def _read(self, text: str, language: str | None) -> Parse:
        payload = read_payload(text, language) if len(text) <= READ_AT_MOST else None
        if payload is not None:
            return payload
        # One character for one: offsets stay those of the original.
        message = Message(_UNREADABLE.sub("\ufffd", text[:READ_AT_MOST]), language)
        if not message.text.strip():
            return Parse(text, Intent(FALLBACK_INTENT, 1.0), language=language)
        for component in self._components:
            component.process(message)
        return _as_parse(message, text)


def _as_parse(message: Message, text: str) -> Parse:
    ranking = tuple(message.ranking[:RANKED])
    intent = ranking[0] if ranking else Intent(FALLBACK_INTENT, 0.0)
    entities = tuple(sorted(message.entities, key=lambda e: (e.start, e.end)))
    metadata = {"decided_by": message.decided_by} if message.decided_by else {}
    return Parse(text, intent, ranking, entities, message.language, metadata)
