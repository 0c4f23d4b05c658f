"""The trackers that actions see, with the latest events of sessions in memory."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from bot.engine.facts import Facts
from bot.engine.session import Session
from bot.services.drafts import Draft
from bot.services.ports import Store
from bot.services.tracker import EVENTS_SHOWN, rasa_events, tracker

TRACKERS_KEPT = 10_000
"""Sessions whose latest events stay in memory, so that an action needs no read of its history."""


class Trackers:
    """Makes the tracker of a session in the middle of a turn."""

    def __init__(self, store: Store, declared_slots: Mapping[str, Any]) -> None:
        self._store, self._declared = store, declared_slots
        self._history: OrderedDict[str, tuple[int, list[dict[str, Any]]]] = OrderedDict()

    async def of(self, draft: Draft, session: Session | None, facts: Facts) -> dict[str, Any]:
        """The tracker as the turn has changed it so far."""
        fresh = rasa_events(
            e for e in draft.events if session is None or e.session_id in (None, session.id)
        )
        return tracker(
            sender_id=draft.conversation.id,
            session=session,
            contact=draft.contact,
            declared=self._declared,
            parse=facts.parse,
            channel=draft.conversation.channel,
            metadata={
                "conversation_id": draft.conversation.id,
                "address": draft.conversation.address,
                **({"media": list(facts.media)} if facts.media else {}),
                **({"location": dict(facts.location)} if facts.location else {}),
            },
            events=[*await self._past(session), *fresh],
            paused=draft.conversation.status == "human",
        )

    async def _past(self, session: Session | None) -> list[dict[str, Any]]:
        if session is None or session.revision == 0:
            return []
        known = self._history.get(session.id)
        if known is None or known[0] != session.revision:
            stored = await self._store.session_events(session.id, EVENTS_SHOWN)
            known = (session.revision, rasa_events(stored))
            self._history[session.id] = known
        return known[1]

    def saved(self, draft: Draft) -> None:
        """Keeps the events of the sessions that were written, for the next tracker."""
        for session in draft.changed.values():
            fresh = rasa_events(e for e in draft.events if e.session_id == session.id)
            known = self._history.pop(session.id, None)
            if known is None and session.revision != 1:
                continue
            if session.status == "ended" or (known and known[0] != session.revision - 1):
                continue
            events = [*(known[1] if known else []), *fresh][-EVENTS_SHOWN:]
            self._history[session.id] = (session.revision, events)
            if len(self._history) > TRACKERS_KEPT:
                self._history.popitem(last=False)
