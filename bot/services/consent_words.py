"""Opt-out, opt-in and help words: what they change, and what is said to them."""

from dataclasses import dataclass, replace
from typing import Any, Protocol

from bot.domain.consent import ConsentChange, ConsentKind, is_carrier_word, keyword
from bot.domain.messages import Message
from bot.domain.timers import Timer
from bot.engine.parse import Parse
from bot.services import sessions
from bot.services.drafts import Draft
from bot.services.ids import Ids

OPT_OUT_CONFIDENCE = 0.85
"""From here a message that is no keyword still counts as a wish to be left alone."""


class Respond(Protocol):
    """Says a response of the domain outside any flow."""

    def __call__(self, draft: Draft, name: str, text: str, **content: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class ConsentWords:
    """They come before everything else that could answer a message."""

    ids: Ids
    respond: Respond

    def answer(self, draft: Draft, message: Message, parse: Parse) -> bool:
        """Answers the message if it is such a word, or means to opt out; whether it did."""
        kind = keyword_of(message)
        meant = parse.intent.name == "opt_out" and parse.intent.confidence >= OPT_OUT_CONFIDENCE
        if kind == "stop" or (meant and kind is None):
            self.opt_out(draft, message, "keyword" if kind else "meaning")
        elif kind == "start" and draft.contact.opted_out:
            self._opt_in(draft, message)
        elif kind == "help" and not draft.contact.opted_out:
            self._reply(draft, message, "utter_help")
            draft.event("help_asked")
        else:
            return False
        return True

    def opt_out(self, draft: Draft, message: Message, source: str) -> None:
        """Nothing more is sent to the contact, and what was going on is over."""
        if draft.contact.opted_out:
            draft.event("message_ignored", reason="opted_out")
            return
        draft.contact = replace(draft.contact, opted_out=True)
        self._ledger(draft, message, "opted_out", source)
        for session in list(draft.sessions.values()):
            sessions.end(draft, session, "opted_out")
        draft.event("contact_opted_out", source=source)
        self._reply(draft, message, "utter_opted_out", confirms_opt_out=True)

    def _opt_in(self, draft: Draft, message: Message) -> None:
        draft.contact = replace(draft.contact, opted_out=False)
        self._ledger(draft, message, "opted_in", "keyword")
        draft.event("contact_opted_in", source="keyword")
        self._reply(draft, message, "utter_opted_in")

    def _reply(self, draft: Draft, message: Message, response: str, **content: Any) -> None:
        """One reply, unless the provider itself answers such words and knew this for one."""
        content_of = message.content
        known_there = bool(content_of.get("consent")) or is_carrier_word(message.text)
        if not (content_of.get("provider_answers_keywords") and known_there):
            self.respond(draft, response, message.text, **content)

    def _ledger(self, draft: Draft, message: Message, kind: Any, source: str) -> None:
        draft.consent.append(
            ConsentChange(
                id=self.ids.new(),
                contact_id=draft.contact.id,
                address=message.address,
                sender=message.sender,
                kind=kind,
                source=source,
                evidence=message.text[:200],
                at=draft.now,
            )
        )


def keyword_of(message: Message) -> ConsentKind | None:
    """The provider's own reading of a consent word, else ours."""
    said: ConsentKind | None = message.content.get("consent")
    return said or keyword(message.text)


def asks_to_stop(cause: Message | Timer) -> bool:
    """Whether it is a message that is a stop word as a whole."""
    return isinstance(cause, Message) and keyword_of(cause) == "stop"
