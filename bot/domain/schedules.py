"""When schedules are due, in local time, and for whom. Pure: the window of time is an argument.

An occurrence is a time on the wall clock of a zone, and happens once. In autumn, of an hour that
comes twice, it is the first; in spring, a time that the clocks leave out comes as much later
(02:30 as 03:30). Occurrences that so fall together are one.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from bot.domain.contacts import Contact
from bot.engine.conditions import Situation, holds
from bot.engine.flow import Trigger

EVENT = "schedule"
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_NONE = timedelta()


def zone_of(name: str | None) -> tzinfo | None:
    """The time zone with this IANA name; None where there is none."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):  # no such zone, or not even a name
        return None


def is_cron(text: str) -> bool:
    """Whether this is a cron expression: minute, hour, day of month, month, day of week."""
    try:
        CronSim(text, datetime(2000, 1, 1))  # noqa: DTZ001 - a wall clock
    except CronSimError:
        return False
    # CronSim knows a sixth field, for seconds: no message is to come every second.
    return len(text.split()) == 5


def occurrences(
    crons: Sequence[str], zone: tzinfo, after: float, until: float
) -> tuple[datetime, ...]:
    """The occurrences in (after, until], in order, as times in the zone.

    `after` and `until` are Unix seconds. Windows that meet share and lose none. Raises
    cronsim.CronSimError for what is no cron expression.
    """
    return tuple(sorted({at for cron in crons for at in _of(cron, zone, after, until)}, key=_unix))


def is_due(crons: Sequence[str], zone: tzinfo, after: float, until: float) -> bool:
    """Whether there is an occurrence in (after, until]; a long window costs no more than a short."""
    return any(True for cron in crons for _ in _of(cron, zone, after, until))


def fits(trigger: Trigger, contact: Contact, shared: Mapping[str, Any]) -> bool:
    """Whether the contact belongs to the schedule's audience."""
    known = Situation(event=EVENT, fields=contact.fields, tags=contact.tags, shared=shared)
    return holds(trigger.audience, known)


def _of(cron: str, zone: tzinfo, after: float, until: float) -> Iterator[datetime]:
    begin, end = datetime.fromtimestamp(after, zone), datetime.fromtimestamp(until, zone)
    # What the clocks were put forward by within the last day may still be to come; and a wall clock
    # that was put back shows less than it did.
    skipped = max(_NONE, _offset(end) - _offset(_earlier(begin, zone)))
    repeated = max(_NONE, _offset(_earlier(end, zone)) - _offset(end))
    walls = CronSim(cron, begin.replace(tzinfo=None) - skipped - _SECOND)
    last = end.replace(tzinfo=None) + repeated
    for wall in walls:
        if wall > last:
            return
        at = wall.replace(tzinfo=zone).astimezone(UTC)
        if after < at.timestamp() <= until:
            yield at.astimezone(zone)


def _unix(at: datetime) -> float:
    return at.timestamp()


def _offset(at: datetime) -> timedelta:
    return at.utcoffset() or _NONE


def _earlier(at: datetime, zone: tzinfo) -> datetime:
    return (at.astimezone(UTC) - _DAY).astimezone(zone)
