"""Reviews: collects messages that were read badly, and takes what a person says of them."""

import asyncio
import re

from bot.domain.records import Page
from bot.domain.reviews import Collected, Decision, Review
from bot.engine.parse import FALLBACK_INTENT
from bot.services.misreadings import NEXT_SECONDS, Misreadings
from bot.services.ports import Clock, Examples, Store

PAGE = 1000
MOST_EVENTS = 20_000
"""Events that one call reads: a request must not wait for a log of years."""
SETTLED_SECONDS = 60.0
"""Events may be written a little later than their ids say; these are read again."""
UNSETTLED_EVENTS = 500
"""Where reading stops in the middle of the log, turns among the last events may be cut in two."""
LONGEST_INTENT = 200
_INTENT = re.compile(r"[^\W\d][\w.+-]*(?:/[\w.+-]+)?")
_DAY = 86_400.0


class ReviewUnknown(Exception):
    """There is no review with this id."""


class ReviewDecided(Exception):
    """Somebody has decided the review before."""


class IntentRefused(ValueError):
    """Not the name of an intent."""


class Reviews:
    """Texts to be labelled. Without `collect` nothing new is kept."""

    def __init__(
        self, store: Store, examples: Examples, clock: Clock, *, collect: bool, days: float
    ) -> None:
        self._store, self._examples, self._clock = store, examples, clock
        self._collects, self._days = collect, days
        self._reading = asyncio.Lock()

    async def collect(self) -> bool:
        """Reads on in the log and files what it finds; whether there is more to read."""
        if not self._collects:
            return False
        async with self._reading:
            return await self._collect()

    async def _collect(self) -> bool:
        now = self._clock.now()
        oldest = id_at(now - self._days * _DAY)
        place = max(await self._store.reviews_position() or "", oldest)
        # What came before the place tells what it was an answer to, and what it corrects.
        start = max(earlier(place, NEXT_SECONDS), oldest)
        found = Misreadings()
        ids: list[tuple[str, float]] = []
        read = 0
        while True:
            page = await self._store.list_events(PAGE, after=start)
            found.read(page.items)
            ids += [(event.id, event.at) for event in page.items if event.id > place]
            read += len(page.items)
            more = page.next_cursor is not None
            if not page.items or not more or len(ids) >= MOST_EVENTS:
                break
            start = page.items[-1].id
        settled = [id_ for id_, _ in ids[:-UNSETTLED_EVENTS]] if more else _settled(ids, now)
        last = settled[-1] if settled else None
        known = {contact: await self._known(contact) for contact in set(found.contacts())}
        sightings = [
            it for it in found.sightings(known) if not more or (last and it.event_id <= last)
        ]
        if sightings or last:
            await self._store.file_reviews(Collected(tuple(sightings), last))
        return more

    async def _known(self, contact_id: str) -> list[tuple[str, str]]:
        """What the contact's fields say of the person."""
        contact = await self._store.contact(contact_id)
        fields = contact.fields if contact else {}
        return [(name, value) for name, value in fields.items() if isinstance(value, str)]

    async def page(self, limit: int, cursor: str | None, status: str | None) -> Page:
        """One page of reviews, the latest first; the first page looks for new ones before."""
        if cursor is None:
            await self.collect()
        return await self._store.list_reviews(limit, cursor, status=status)

    async def get(self, review_id: str) -> Review:
        """The review; raises ReviewUnknown."""
        review = await self._store.review(review_id)
        if review is None:
            raise ReviewUnknown
        return review

    async def accept(self, review_id: str, intent: str | None, text: str | None = None) -> Review:
        """Makes the review's text an example of the intent, or of its guess where none is given.

        `text` takes the place of the review's own. Raises ReviewUnknown, ReviewDecided,
        IntentRefused, ValueError for a text that cannot be an example, OSError where it cannot be
        written; then the review stays pending.
        """
        review = await self.get(review_id)
        named = intent or review.guess
        if named is None:
            raise IntentRefused("an intent is needed: nothing was guessed")
        if not is_intent_name(named) or named == FALLBACK_INTENT:
            raise IntentRefused(f"{named!r:.60} is not the name of an intent")
        if review.status != "pending":
            raise ReviewDecided
        # First the example, then the decision: a crash between them only asks again.
        await asyncio.to_thread(self._examples.add, text or review.text, named)
        return await self._decide(Decision(review_id, "accepted", self._clock.now(), named))

    async def reject(self, review_id: str) -> Review:
        """Says that the text is an example of nothing. Raises ReviewUnknown, ReviewDecided."""
        await self.get(review_id)
        return await self._decide(Decision(review_id, "rejected", self._clock.now()))

    async def _decide(self, decision: Decision) -> Review:
        if not await self._store.decide_review(decision):
            raise ReviewDecided
        return await self.get(decision.review_id)


def is_intent_name(name: str) -> bool:
    """Whether it may be the name of an intent, or of one answer of a retrieval intent."""
    return len(name) <= LONGEST_INTENT and _INTENT.fullmatch(name) is not None


def id_at(time: float) -> str:
    """An id before all those that `Ids` makes at this time or later."""
    return f"{max(int(time * 1000), 0) << 24:018x}"


def earlier(event_id: str, seconds: float) -> str:
    """An id that many seconds before this one."""
    try:
        milliseconds = int(event_id[:18], 16) >> 24
    except ValueError:
        return ""
    return id_at(milliseconds / 1000 - seconds)


def _settled(ids: list[tuple[str, float]], now: float) -> list[str]:
    settled = []
    for id_, at in ids:
        if at > now - SETTLED_SECONDS:
            break
        settled.append(id_)
    return settled
