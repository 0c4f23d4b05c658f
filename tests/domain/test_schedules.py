"""When schedules are due: against a loop over every minute of the wall clock, and by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.contacts import Contact
from bot.domain.schedules import fits, is_cron, is_due, occurrences, zone_of
from bot.engine.conditions import Compare
from bot.engine.flow import Trigger

MINUTE = timedelta(minutes=1)
ZONES = (
    "Europe/Oslo", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata",
    "Asia/Tehran", "Africa/Casablanca", "America/Sao_Paulo", "Pacific/Apia", "Pacific/Chatham",
    "America/Santiago", "Antarctica/Troll", "Asia/Pyongyang", "Asia/Beirut", "UTC",
)  # fmt: skip


@dataclass(frozen=True)
class Cron:
    """A cron expression, and by itself what it says."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...] | None
    weekdays: tuple[int, ...] | None

    def __str__(self) -> str:
        return " ".join(
            [_listed(self.minutes), _listed(self.hours), "*", "*", _listed(self.weekdays)]
        )

    def says(self, wall: datetime) -> bool:
        return (
            wall.minute in self.minutes
            and (self.hours is None or wall.hour in self.hours)
            and (self.weekdays is None or wall.isoweekday() % 7 in self.weekdays)
        )


def _listed(numbers: Sequence[int] | None) -> str:
    return "*" if numbers is None else ",".join(map(str, numbers))


def _some(most: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(st.integers(0, most), min_size=1, max_size=3, unique=True).map(tuple)


crons = st.builds(Cron, _some(59), st.none() | _some(23), st.none() | _some(6))


def every_minute(said: Sequence[Cron], zone: ZoneInfo, after: float, until: float) -> list[float]:
    """The naive loop: each minute that the wall clock could show, and when it first shows it.

    A time that it leaves out comes later by what it leaves out, which is what `fold=0` means.
    """
    first = datetime.fromtimestamp(after, UTC)
    wall = first.replace(tzinfo=None, second=0, microsecond=0) - timedelta(days=2)
    end = datetime.fromtimestamp(until, UTC).replace(tzinfo=None) + timedelta(days=2)
    found = set()
    while wall <= end:
        if any(cron.says(wall) for cron in said):
            found.add(wall.replace(tzinfo=zone, fold=0).timestamp())
        wall += MINUTE
    return sorted(at for at in found if after < at <= until)


@cache
def transition(zone: ZoneInfo, year: int, which: int) -> float:
    """A moment at which the clocks change in the year; the year's beginning where they do not."""
    at = datetime(year, 1, 1, tzinfo=UTC)
    changes = [
        moment.timestamp()
        for moment in (at + timedelta(hours=n) for n in range(366 * 24))
        if moment.astimezone(zone).utcoffset() != (moment - MINUTE).astimezone(zone).utcoffset()
    ]
    return changes[which % len(changes)] if changes else at.timestamp()


@settings(max_examples=80, deadline=None)
@given(
    said=st.lists(crons, min_size=1, max_size=2),
    zone=st.sampled_from(ZONES),
    year=st.integers(1995, 2036),
    which=st.integers(0, 3),
    cuts=st.lists(st.floats(-30 * 3600, 30 * 3600), min_size=2, max_size=12),
)
@example([Cron((30,), (2,), None)], "Europe/Oslo", 2026, 0, [-90000.0, 90000.0])
@example([Cron((30,), None, None)], "Europe/Oslo", 2026, 1, [-9000.0, -1800.0, 0.0, 1800.0, 9000.0])
@example([Cron((0,), (9,), None)], "Pacific/Apia", 2011, 2, [-90000.0, 0.0, 90000.0])
def test_windows_that_meet_lose_and_repeat_nothing(
    said: list[Cron], zone: str, year: int, which: int, cuts: list[float]
) -> None:
    place = ZoneInfo(zone)
    change = transition(place, year, which)
    ends = sorted(change + cut for cut in cuts)
    found = [
        at.timestamp()
        for after, until in pairwise(ends)
        for at in occurrences([str(it) for it in said], place, after, until)
    ]
    assert found == every_minute(said, place, ends[0], ends[-1])
    assert bool(found) == is_due([str(it) for it in said], place, ends[0], ends[-1])


@settings(max_examples=40, deadline=None)
@given(
    zone=st.sampled_from([it for it in ZONES if it != "Pacific/Apia"]),
    year=st.integers(2000, 2036),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
)
def test_once_a_day_is_once_on_every_day_of_a_year(
    zone: str, year: int, hour: int, minute: int
) -> None:
    place = ZoneInfo(zone)
    begin = datetime(year, 1, 1, tzinfo=place).timestamp() - 1
    end = datetime(year + 1, 1, 1, tzinfo=place).timestamp() - 1
    found = occurrences([f"{minute} {hour} * * *"], place, begin, end)
    days = [at.date() for at in found]
    # Late on a day on which the clocks go forward, it may come after midnight.
    assert len(days) == (date(year + 1, 1, 1) - date(year, 1, 1)).days
    assert len({at.replace(tzinfo=None) for at in found}) == len(found)


def _oslo(*times: tuple[int, int, int, int]) -> list[datetime]:
    return [datetime(2026, *it, tzinfo=ZoneInfo("Europe/Oslo")) for it in times]


def _in_oslo(cron: str, begin: tuple[int, int], end: tuple[int, int]) -> list[datetime]:
    oslo = ZoneInfo("Europe/Oslo")
    after = datetime(2026, *begin, tzinfo=oslo).timestamp()
    until = datetime(2026, *end, tzinfo=oslo).timestamp()
    return list(occurrences([cron], oslo, after, until))


def test_a_time_that_the_clocks_leave_out_comes_later() -> None:
    assert _in_oslo("30 2 * * *", (3, 28), (3, 31)) == _oslo(
        (3, 28, 2, 30), (3, 29, 3, 30), (3, 30, 2, 30)
    )
    # With what is due then it is one.
    assert _in_oslo("30 2,3 * * *", (3, 29), (3, 30)) == _oslo((3, 29, 3, 30))


def test_of_an_hour_that_comes_twice_it_is_the_first() -> None:
    found = _in_oslo("30 2 * * *", (10, 25), (10, 26))
    assert found == _oslo((10, 25, 2, 30))
    assert [at.fold for at in found] == [0]


def test_weekdays_are_those_of_the_place() -> None:
    sunday_evening = datetime(2026, 1, 4, 23, 0, tzinfo=UTC).timestamp()
    hour = (sunday_evening - 60, sunday_evening + 60)
    assert is_due(["0 12 * * MON"], ZoneInfo("Pacific/Auckland"), *hour)
    assert not is_due(["0 12 * * SUN"], ZoneInfo("Pacific/Auckland"), *hour)


def test_several_lines_for_one_moment_are_one_occurrence() -> None:
    noon = datetime(2026, 1, 5, 12, 0, tzinfo=UTC).timestamp()
    assert len(occurrences(["0 12 * * *", "0 12 * * 1", "*/30 12 * * *"], UTC, noon - 1, noon)) == 1


@pytest.mark.parametrize("name", [None, "", "Europe/Olso", "/etc/passwd", "a\0b", ".."])
def test_what_is_no_time_zone(name: str | None) -> None:
    assert zone_of(name) is None


@pytest.mark.parametrize(
    ("text", "right"),
    [("0 9 * * 1-5", True), ("*/5 * * * *", True), ("0 9 * *", False),
     ("* * * * * *", False), ("61 9 * * *", False),
     ("nine", False), ("", False)],
)  # fmt: skip
def test_what_is_a_cron_expression(text: str, right: bool) -> None:
    assert is_cron(text) is right


def test_an_audience_looks_at_tags_and_fields() -> None:
    vip = Trigger("schedule", ("* * * * *",), "", audience=Compare("tag", "vip", "=", True))
    grown = Trigger("schedule", ("* * * * *",), "", audience=Compare("slot", "age", ">=", 18))
    ann = Contact("ann", fields={"age": 30}, tags=frozenset({"vip"}))
    bob = Contact("bob", fields={"age": 3})
    assert [fits(vip, it, {}) for it in (ann, bob)] == [True, False]
    assert [fits(grown, it, {}) for it in (ann, bob)] == [True, False]
