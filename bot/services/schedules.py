"""Starts flows by the clock: looks which schedules were due, and for whom.

A look covers the time since the last one, whose end is kept in the store. For each contact a start
is filed under an id made of flow, schedule, occurrence and contact, so that a look that is cut short,
or made twice, starts nothing twice. Contacts are read in pages, with the place kept after each.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from typing import Any

from bot.domain.contacts import Contact
from bot.domain.events import Event
from bot.domain.records import TurnRecord
from bot.domain.schedules import fits, is_cron, is_due, occurrences, zone_of
from bot.domain.starts import NAME, Start, mark
from bot.domain.timers import Timer
from bot.engine.flow import Flow, Trigger
from bot.services.ids import Ids
from bot.services.ports import Clock, Store

POSITION = LEASE = "schedules"
LOOK_EVERY = 15.0
LEASE_SECONDS = 30.0
LATEST_SECONDS = 3600.0
"""Occurrences that were missed for longer, while nobody looked, are skipped; so are starts that no
worker took for so long."""
CONTACTS_AT_ONCE = 500
PAGES_PER_LOOK = 5
"""Few enough that what else is due does not wait; the next look goes on at the next page."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far the looks have come: through (since, until], and in it through the contacts.

    `cursor` is None when all contacts were looked at, and empty before the first page.
    """

    since: float
    until: float
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """A trigger of a flow, with its own zone where it has one."""

    flow: Flow
    trigger: Trigger
    zone: tzinfo | None

    @property
    def local(self) -> bool:
        """Whether it goes by each contact's clock."""
        return self.trigger.time_zone is None

    @property
    def lost(self) -> bool:
        """Whether its own time zone does not exist: it is never due, and the log says when not."""
        return not self.local and self.zone is None

    def due(self, clocks: Sequence[tzinfo], since: float, until: float) -> bool:
        """Whether it is due for anybody in (since, until]; `clocks` are those of the contacts."""
        zones = clocks if self.local else [self.zone or UTC]
        return any(is_due(self.trigger.value, zone, since, until) for zone in zones)


@dataclass(slots=True)
class Schedules:
    """Looks every few moments, in one of all processes. `owner` names this one."""

    store: Store
    flows: Callable[[], Mapping[str, Flow]]
    ids: Ids
    clock: Clock
    owner: str
    shared: Callable[[], Mapping[str, Any]] = dict
    page: int = CONTACTS_AT_ONCE
    _next: float = field(default=0.0, init=False)

    async def look(self) -> int:
        """Files the starts of what is due; answers how many. Soon after a look it does nothing."""
        now = self.clock.now()
        soon = self._next - LOOK_EVERY <= now < self._next
        if soon or not await self.store.lease(LEASE, self.owner, now, LEASE_SECONDS):
            return 0
        self._next = now + LOOK_EVERY
        filed = 0
        schedules = list(self._schedules())
        place = await self._opened(schedules, now)
        due = _Due(schedules, place, self.shared())
        for _ in range(PAGES_PER_LOOK):
            if place.cursor is None:
                return filed
            more, place = await self._walk(due, place)
            filed += more
        # The rest of the contacts, or the time that has passed meanwhile, is looked at very soon.
        self._next = now
        return filed

    def _schedules(self) -> Iterator[Schedule]:
        for _, flow in sorted(self.flows().items()):
            for trigger in flow.triggers:
                if trigger.kind == "schedule" and all(map(is_cron, trigger.value)):
                    yield Schedule(flow, trigger, zone_of(trigger.time_zone))

    async def _opened(self, schedules: Sequence[Schedule], now: float) -> Place:
        """Where to go on: in the middle of a window, or with the one that begins now."""
        kept = await self.store.position(POSITION)
        place = Place(**json.loads(kept)) if kept else Place(now, now)
        if place.until > now + LATEST_SECONDS:
            # A clock was wrong when this was kept: nothing would be due until it is right.
            place = Place(now, now)
        if place.cursor is not None and place.until >= now - LATEST_SECONDS:
            return place
        clocks = await self._clocks() if any(it.local for it in schedules) else []
        # Of a window that was left in the middle, long ago, the rest is missed as well.
        since = place.until if place.cursor is None else place.since
        until, earliest = max(now, place.until), now - LATEST_SECONDS
        if since < earliest:
            missed = [it for it in schedules if not it.lost and it.due(clocks, since, earliest)]
            await self._skip(missed, (since, earliest), "nobody looked", now)
            since = earliest
        current = [it for it in schedules if it.due(clocks, since, until)]
        lost = [it for it in current if it.lost]
        await self._skip(lost, (since, until), "its time zone is unknown", now)
        return await self._keep(Place(since, until, "" if len(lost) < len(current) else None))

    async def _keep(self, place: Place) -> Place:
        await self.store.set_position(POSITION, json.dumps(asdict(place)))
        return place

    async def _clocks(self) -> list[tzinfo]:
        """The clocks of the contacts; UTC for those of whom none is known."""
        known = map(zone_of, await self.store.time_zones())
        return list({str(zone or UTC): zone or UTC for zone in known}.values())

    async def _skip(
        self, schedules: Sequence[Schedule], window: tuple[float, float], reason: str, now: float
    ) -> None:
        """Says in the log which schedules were due in the window, and come to nothing."""
        since, until = window
        events = [
            Event(
                self.ids.new(), "schedule_skipped", now, flow=it.flow.name,
                flow_version=it.flow.version,
                data={"schedule": list(it.trigger.value), "reason": reason, "since": since,
                      "until": until},
            )
            for it in schedules
        ]  # fmt: skip
        if events:
            await self.store.append(events)

    async def _walk(self, due: "_Due", place: Place) -> tuple[int, Place]:
        """Files the starts of one page of contacts, then keeps the place behind it."""
        page = await self.store.list_contacts(self.page, place.cursor or None)
        now = self.clock.now()
        timers = tuple(due.timer(it, now) for who in page.items for it in due.starts(who))
        if timers:
            await self.store.save(TurnRecord(self.ids.new(), now, "", timers_set=timers))
        return len(timers), await self._keep(replace(place, cursor=page.next_cursor))


@dataclass(frozen=True, slots=True)
class _Occurring:
    """One occurrence of a schedule for one contact."""

    schedule: Schedule
    contact_id: str
    at: datetime


@dataclass(slots=True)
class _Due:
    """What of a window is due for each contact; clocks that agree are read once."""

    schedules: Sequence[Schedule]
    place: Place
    shared: Mapping[str, Any]
    _known: dict[tuple[int, str], tuple[datetime, ...]] = field(default_factory=dict)

    def starts(self, contact: Contact) -> Iterator[_Occurring]:
        """The occurrences for a contact; none for who has opted out."""
        if contact.opted_out:
            return
        own = zone_of(contact.time_zone) or UTC
        for number, it in enumerate(self.schedules):
            zone = own if it.local else it.zone
            due = self._occurrences(number, it, zone) if zone else ()
            if due and fits(it.trigger, contact, self.shared):
                for at in due:
                    yield _Occurring(it, contact.id, at)

    def _occurrences(self, number: int, it: Schedule, zone: tzinfo) -> tuple[datetime, ...]:
        place = (number, str(zone))
        if place not in self._known:
            window = (self.place.since, self.place.until)
            self._known[place] = occurrences(it.trigger.value, zone, *window)
        return self._known[place]

    def timer(self, it: _Occurring, now: float) -> Timer:
        """The row of a start. The wall clock is in its id: moving west repeats no occurrence."""
        flow, name = it.schedule.flow.name, mark(it.schedule.trigger)
        wall = it.at.replace(tzinfo=None).isoformat(timespec="seconds")
        start = Start(flow, "schedule", name, until=it.at.timestamp() + LATEST_SECONDS)
        return Timer(
            id=f"start:{flow}:{name}:{wall}:{it.contact_id}",
            contact_id=it.contact_id,
            conversation_id="",
            session_id="",
            name=NAME,
            due_at=it.at.timestamp(),
            created_at=now,
            start=start.to_json(),
        )
