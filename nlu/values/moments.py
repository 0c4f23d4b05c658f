"""When a phrase is, counted from now: wall clock times of a zone, with summer time taken right."""

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from nlu.values.calendars import gregorian, jalali_of
from nlu.values.clock import Clock
from nlu.values.dates import Day
from nlu.values.durations import SECONDS, Duration
from nlu.values.phrases import PARTS, Phrase

# Where a bare "5" may be morning or afternoon, the first of these hours that is still ahead.
WAKING = range(7 * 60, 23 * 60)
# Within so many months every weekday has fallen on every day up to the 31st.
_MONTHS_AHEAD = 40
SKIPPED = 0.5
TWICE = 0.6
GUESSED = 0.8


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, or the beginning of one that lasts `until`; to what `grain` it was said."""

    start: datetime
    grain: str
    sure: float
    until: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """ISO 8601 with offset; `to` is the first instant that is not meant any more."""
        found: dict[str, Any] = {"value": self.start.isoformat(), "grain": self.grain}
        if self.until is not None:
            found["to"] = self.until.isoformat()
        return found


def moment_of(phrase: Phrase, now: datetime) -> Moment | None:
    """When `phrase` is; None where there is no such day. `now` has a zone."""
    try:
        return _moment_of(phrase, now)
    except (OverflowError, ValueError):
        return None


def _moment_of(phrase: Phrase, now: datetime) -> Moment | None:
    if phrase.now:
        return Moment(now.replace(microsecond=0), "second", phrase.sure)
    if phrase.shift:
        return _shifted(phrase, phrase.shift, now)
    today = now.date()
    if phrase.day is None:
        return _of_day(phrase, _next_day_for(phrase, now), now)
    if phrase.clock and _may_be_today(phrase.day, today):
        # "friday at 5", said on a Friday morning, is today
        soon = _of_day(phrase, today, now)
        if soon and soon.start > now:
            return soon
    found = _dates(phrase.day, today)
    if found is None:
        return None
    first, last, grain = found
    if grain == "day" and (phrase.clock or phrase.part):
        return _of_day(phrase, first, now)
    if phrase.clock:
        return None
    start = _at_midnight(first, now)
    if phrase.last_day:
        end = _dates(replace(phrase.last_day, which=None), first)
        return Moment(start, "day", phrase.sure, _at_midnight(end[1], now)) if end else None
    until = _at_midnight(last, now) if grain == "weekend" else None
    return Moment(start, "day" if grain == "weekend" else grain, phrase.sure, until)


def _may_be_today(day: Day, today: date) -> bool:
    bare = day.kind == "weekday" and day.which is None and day.unit != "week"
    return bare and today.isoweekday() == day.number


def _shifted(phrase: Phrase, length: Duration, now: datetime) -> Moment | None:
    """So long from now: hours pass by the clock of the world, days by the calendar."""
    sign = -1 if phrase.back else 1
    fine = [u for _, u in length.parts]
    exact = any(SECONDS[u] < SECONDS["day"] for u in fine) or any(a % 1 for a, _ in length.parts)
    if exact:
        moved = now.astimezone(UTC) + timedelta(seconds=sign * length.seconds)
        grain = "second" if fine[-1] in ("second", "minute") else "minute"
        return Moment(moved.replace(microsecond=0).astimezone(now.tzinfo), grain, phrase.sure)
    base = _dates(phrase.day, now.date()) if phrase.day else _one(now.date())
    if base is None:
        return None
    day = base[0]
    for amount, unit in length.parts:
        day = _moved(day, sign * int(amount), unit)
    if phrase.clock:
        return _of_day(phrase, day, now)
    return Moment(_at_midnight(day, now), "day", phrase.sure)


def _moved(day: date, amount: int, unit: str) -> date:
    if unit in ("month", "year"):
        months = day.year * 12 + day.month - 1 + amount * (12 if unit == "year" else 1)
        year, month = divmod(months, 12)
        return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
    return day + timedelta(days=amount * SECONDS[unit] // SECONDS["day"])


def _dates(day: Day, today: date) -> tuple[date, date, str] | None:
    """The first day, the first day behind, and the grain."""
    if day.kind == "offset":
        return _one(today + timedelta(days=day.shift))
    if day.kind == "weekday":
        return _one(_weekday(day, today))
    if day.kind == "weekend":
        return _weekend(day, today)
    if day.kind == "period":
        return _period(day, today)
    return _calendar_date(day, today)


def _one(day: date) -> tuple[date, date, str]:
    return day, day + timedelta(days=1), "day"


def _weekday(day: Day, today: date) -> date:
    ahead = (day.number - today.isoweekday()) % 7
    if day.unit == "week":
        monday = today - timedelta(days=today.isoweekday() - 1)
        return monday + timedelta(days=7 * day.shift + day.number - 1)
    if day.which == 0:
        return today + timedelta(days=ahead)
    if day.which == -1:
        return today - timedelta(days=(today.isoweekday() - day.number - 1) % 7 + 1)
    return today + timedelta(days=ahead or 7)


def _weekend(day: Day, today: date) -> tuple[date, date, str]:
    saturday = today - timedelta(days=today.isoweekday() - 6)
    shift = {None: 0, 0: 0, 1: 7, -1: -7}[day.which]
    start = saturday + timedelta(days=shift)
    return start, start + timedelta(days=2), "weekend"


def _period(day: Day, today: date) -> tuple[date, date, str]:
    if day.unit == "week":
        start = today + timedelta(days=7 * day.shift - today.isoweekday() + 1)
        return start, start + timedelta(days=7), "week"
    start = _moved(today.replace(day=1), day.shift, day.unit)
    if day.unit == "year":
        start = start.replace(month=1)
    return start, _moved(start, 1, day.unit), day.unit


def _calendar_date(day: Day, today: date) -> tuple[date, date, str] | None:
    if day.jalali:
        return _persian(day, today)
    if day.day is None:
        return _month(day, today)
    if day.month is None:
        start = today.replace(day=1)
        for ahead in range(_MONTHS_AHEAD):
            month = _moved(start, ahead, "month")
            if day.day <= monthrange(month.year, month.month)[1]:
                found = month.replace(day=day.day)
                if found >= today and day.number in (0, found.isoweekday()):
                    return _one(found)
        return None
    if day.year is not None:
        return _one(date(day.year, day.month, day.day))
    for year in range(today.year, today.year + 9):
        if day.day <= monthrange(year, day.month)[1]:
            found = date(year, day.month, day.day)
            if found >= today:
                return _one(found)
    return None


def _month(day: Day, today: date) -> tuple[date, date, str] | None:
    """A month or year without a day: the next one, this one while it lasts."""
    if day.month is None:
        if day.year is None:
            return None
        return date(day.year, 1, 1), date(day.year + 1, 1, 1), "year"
    year = day.year
    if year is None:
        year = today.year + (day.month < today.month)
        if day.which == 1 and day.month == today.month:
            year += 1
        if day.which == -1:
            year = today.year - (day.month >= today.month)
    start = date(year, day.month, 1)
    return start, _moved(start, 1, "month"), "month"


def _persian(day: Day, today: date) -> tuple[date, date, str] | None:
    if day.month is None:
        return None
    this_year = jalali_of(today)[0]
    number = day.day or 1
    for year in (day.year,) if day.year else range(this_year, this_year + 6):
        found = gregorian(year, day.month, number)
        last = gregorian(year + day.month // 12, day.month % 12 + 1, 1)
        if found is None or last is None:
            continue
        if day.day is None and (day.year or last > today):
            return found, last, "month"
        if day.day is not None and (day.year or found >= today):
            return _one(found)
    return None


def _next_day_for(phrase: Phrase, now: datetime) -> date:
    """The day of a time of day without one: today while it is ahead, else tomorrow."""
    today = now.date()
    found = _of_day(phrase, today, now)
    if found is None or found.start > now:
        return today
    if phrase.clock is None and found.until is not None and found.until > now:
        return today
    return today + timedelta(days=1)


def _of_day(phrase: Phrase, day: date, now: datetime) -> Moment | None:
    """The clock or the part of the day on this day."""
    clock, sure = phrase.clock, phrase.sure
    if clock is None:
        return _part_of_day(phrase, day, now)
    minutes, guessed = _minutes(clock, phrase, day, now)
    start, certain = _wall(day, minutes, clock.seconds, now)
    sure = min(sure, certain, GUESSED if guessed else 1.0)
    if phrase.until is None:
        return Moment(start, clock.grain, sure)
    last = phrase.until.minutes
    if not phrase.until.fixed:
        last = minutes + ((last - minutes) % 720 or 720)
    elif last <= minutes:
        last += 1440
    until, certain = _wall(day, last, phrase.until.seconds, now)
    return Moment(start, clock.grain, min(sure, certain), until)


def _part_of_day(phrase: Phrase, day: date, now: datetime) -> Moment | None:
    if phrase.part is None:
        return None
    first, last = PARTS[phrase.part]
    start, _ = _wall(day, first * 60, 0, now)
    until, _ = _wall(day, last * 60, 0, now)
    return Moment(start, "hour", phrase.sure, until)


def _minutes(clock: Clock, phrase: Phrase, day: date, now: datetime) -> tuple[int, bool]:
    """Minutes since midnight, and whether morning or afternoon had to be guessed."""
    minutes = clock.minutes
    if clock.fixed or minutes >= 780 or minutes < 60:
        return minutes, False
    early, late = minutes % 720, minutes % 720 + 720
    if phrase.part:
        first, last = PARTS[phrase.part]
        if phrase.part in ("night", "tonight") and early < 5 * 60:
            return early + 1440, False
        inside = [m for m in (early, late) if first * 60 <= m < last * 60]
        return (inside[0] if inside else (early if phrase.part == "morning" else late)), False
    waking = [m for m in (early, late) if m in WAKING]
    open_day = phrase.day is None or phrase.day.kind == "offset"
    if day == now.date() and phrase.until is None and open_day:
        ahead = [m for m in waking if _wall(day, m, 0, now)[0] > now]
        return (ahead or waking)[0], True
    return waking[0], True


def _at_midnight(day: date, now: datetime) -> datetime:
    return _wall(day, 0, 0, now)[0]


def _wall(day: date, minutes: int, seconds: int, now: datetime) -> tuple[datetime, float]:
    """A wall clock time as an instant of the zone of `now`, and how sure it is.

    A time that summer time skips is moved on by what was skipped. Of one that comes twice, the
    first that is still ahead is meant.
    """
    beyond, within = divmod(minutes, 1440)
    day = day + timedelta(days=beyond)
    naive = datetime.combine(day, time(within // 60, within % 60, seconds))
    first = naive.replace(tzinfo=now.tzinfo)
    second = first.replace(fold=1)
    if first.utcoffset() == second.utcoffset():
        return first, 1.0
    back = first.astimezone(UTC).astimezone(now.tzinfo)
    if back.replace(tzinfo=None) != naive:
        return back, SKIPPED
    ahead = first if first.astimezone(UTC) > now.astimezone(UTC) else second
    return ahead, TWICE
