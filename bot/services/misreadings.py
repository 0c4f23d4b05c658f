"""Finds in the log which messages were read badly: pure, over events in the order of their ids.

The log tells it after the fact, so a turn pays nothing for it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.domain.events import Event
from bot.domain.redaction import Span, placeholder_of, redact
from bot.domain.reviews import Reason, Sighting
from bot.engine.parse import FALLBACK_INTENT

LONGEST_TEXT = 300
"""Characters: what is longer is a letter, not an example of an intent."""
LONGEST_QUESTION = 200
NEXT_SECONDS = 3600.0
"""A reply that comes later than this says nothing of the one before it."""
RIGHT_AFTER_SECONDS = 900.0
RANKING_KEPT = 3
_NOT_READ = frozenset(
    {"message_ignored", "left_to_human", "help_asked", "contact_opted_in", "turn_failed"}
)
"""Turns in which no flow was asked to make something of the text."""
_MISUNDERSTOOD = frozenset({"reply_not_understood", "answer_refused"})


@dataclass(slots=True)
class HeardMessage:
    """One message, and what the turn made of it."""

    event: Event
    asked: str = ""
    state: str | None = None
    happened: set[str] = field(default_factory=set)
    by_keyword: bool = False
    """Whether a word decided, and no reading was needed."""

    @property
    def parse(self) -> Mapping[str, Any]:
        found = self.event.data.get("parse")
        return found if isinstance(found, Mapping) else {}

    @property
    def text(self) -> str:
        return str(self.event.data.get("text") or "")

    @property
    def intent(self) -> str | None:
        """The intent as which it was read; None where none was likely enough."""
        name = _name(self.parse.get("intent"))
        return None if name in (None, FALLBACK_INTENT) else name

    @property
    def ranking(self) -> list[tuple[str, float]]:
        """The likeliest intents."""
        ranked = self.parse.get("intent_ranking") or ()
        found = [(_name(it), float(it.get("confidence") or 0.0)) for it in ranked]
        return [(name, share) for name, share in found if name and name != FALLBACK_INTENT]

    @property
    def moved(self) -> bool:
        """Whether a flow went on by it."""
        return "state_entered" in self.happened and not self.misunderstood

    @property
    def misunderstood(self) -> bool:
        """Whether the flow asked again."""
        return bool(self.happened & _MISUNDERSTOOD)

    @property
    def left(self) -> Reason | None:
        """How the contact left the bot with it."""
        if "contact_opted_out" in self.happened:
            return "opted_out"
        return "handed_over" if "handed_over" in self.happened else None

    @property
    def is_answer(self) -> bool:
        """Whether it filled in a slot that the flow had asked for: then no intent was wanted."""
        filled = "slot_set" in self.happened and self.moved
        return filled and "flow_started" not in self.happened

    @property
    def may_be_shown(self) -> bool:
        """Whether it is a text of its own, read by the model."""
        written = self.event.data.get("payload") is None and not self.text.startswith("/")
        is_text = len(self.text.strip()) > 0 and len(self.text) <= LONGEST_TEXT
        read = bool(self.parse.get("intent_ranking")) and not self.by_keyword
        return written and is_text and read and not self.happened & _NOT_READ


@dataclass(slots=True)
class _Thread:
    """What has been read of one conversation."""

    heard: list[HeardMessage] = field(default_factory=list)
    said: str = ""
    state: str | None = None
    known: list[tuple[str, str]] = field(default_factory=list)


class Misreadings:
    """Reads events; `sightings` then tells what should be looked at."""

    def __init__(self) -> None:
        self._threads: dict[str, _Thread] = {}
        self._turns: dict[str, HeardMessage] = {}

    def read(self, events: Iterable[Event]) -> None:
        """Takes the next events of the log."""
        for event in events:
            if event.conversation_id is None:
                continue
            thread = self._threads.setdefault(event.conversation_id, _Thread())
            if event.type == "message_received":
                self._hear(thread, event)
            elif event.type == "message_queued":
                self._say(thread, event)
            else:
                self._note(thread, event)

    def sightings(
        self, known: Mapping[str, Sequence[tuple[str, str]]], after: str = ""
    ) -> list[Sighting]:
        """What was read badly in messages behind `after`. `known` is what is known of each contact."""
        found = []
        for thread in self._threads.values():
            for message, following in zip(thread.heard, [*thread.heard[1:], None], strict=True):
                why = _reason(message, following)
                if why is not None:
                    own = known.get(message.event.contact_id or "", ())
                    found.append(_sighting(message, following, why, [*thread.known, *own]))
        return sorted((it for it in found if it.event_id > after), key=lambda it: it.event_id)

    def contacts(self) -> Iterator[str]:
        """The contacts of whom something was read badly."""
        for thread in self._threads.values():
            for message, following in zip(thread.heard, [*thread.heard[1:], None], strict=True):
                if _reason(message, following) and message.event.contact_id:
                    yield message.event.contact_id

    def _hear(self, thread: _Thread, event: Event) -> None:
        message = HeardMessage(event, asked=thread.said, state=thread.state)
        thread.heard.append(message)
        thread.known += [(e.entity, message.text[e.start : e.end]) for e in _spans(message)]
        if event.causation_id:
            self._turns[event.causation_id] = message

    def _say(self, thread: _Thread, event: Event) -> None:
        """What a reply answers is the question, not the "pardon?" after it."""
        answered = self._turns.get(event.causation_id or "")
        if answered is None or not answered.misunderstood or not thread.said:
            thread.said = str(event.data.get("text") or "")

    def _note(self, thread: _Thread, event: Event) -> None:
        if event.type == "state_entered":
            thread.state = str(event.data.get("state") or "") or None
        elif event.type == "session_ended":
            thread.state = None
        elif event.type == "slot_set":
            name, value = str(event.data.get("name")), event.data.get("value")
            if isinstance(value, str) and placeholder_of(name):
                thread.known.append((name, value))
        message = self._turns.get(event.causation_id or "")
        if message is None:
            return
        message.happened.add(event.type)
        if event.type in ("state_entered", "reply_not_understood") and message.state is None:
            left = "left" if event.type == "state_entered" else "state"
            message.state = event.data.get(left)
        if event.type == "contact_opted_out":
            message.by_keyword = event.data.get("source") != "meaning"
        elif event.type == "flow_started":
            message.by_keyword |= event.data.get("trigger") == "keyword"


def _reason(message: HeardMessage, following: HeardMessage | None) -> Reason | None:
    """Why the message should be looked at; None where nothing tells that it was read badly."""
    if not message.may_be_shown:
        return None
    if message.intent is None:
        return None if message.is_answer else "unsure"
    if following is None or message.left:
        return None
    seconds = following.event.at - message.event.at
    if following.left and seconds <= RIGHT_AFTER_SECONDS:
        return following.left
    corrected = message.misunderstood and following.moved and seconds <= NEXT_SECONDS
    return "reprompted" if corrected else None


def _sighting(
    message: HeardMessage,
    following: HeardMessage | None,
    reason: Reason,
    known: Sequence[tuple[str, str]],
) -> Sighting:
    ranking = message.ranking
    return Sighting(
        event_id=message.event.id,
        at=message.event.at,
        text=redact(message.text, _spans(message), known).strip(),
        reason=reason,
        guess=_guess(message, following),
        ranking=tuple(ranking[:RANKING_KEPT]),
        flow=message.event.flow,
        state=message.state,
        asked=redact(message.asked, (), known)[:LONGEST_QUESTION],
    )


def _guess(message: HeardMessage, following: HeardMessage | None) -> str | None:
    """What it may mean: what the next message, which was understood, was read as; else its best."""
    if following is not None and message.misunderstood and following.moved and following.intent:
        return following.intent
    if following is not None and following.left and following.intent:
        return following.intent
    return message.ranking[0][0] if message.ranking else None


def _spans(message: HeardMessage) -> list[Span]:
    spans = []
    for it in message.parse.get("entities") or ():
        name, start, end = it.get("entity"), it.get("start"), it.get("end")
        if isinstance(name, str) and isinstance(start, int) and isinstance(end, int):
            spans.append(Span(name, start, end))
    return [it for it in spans if placeholder_of(it.entity)]


def _name(intent: Any) -> str | None:
    name = intent.get("name") if isinstance(intent, Mapping) else None
    return name if isinstance(name, str) and name else None
