"""Days as people say them: `tmrw`, `next fri`, `the 3rd`, `3/4`, `5 de mayo`, `3月4日`."""

import re
from dataclasses import dataclass
from typing import Literal

from nlu.values.numbers import number_at, ordinal_at
from nlu.values.words import Words

Kind = Literal["offset", "weekday", "date", "period", "weekend"]
_POINTED_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})(?:\.(\d{2}|\d{4}))?")

_POINTED_ISO = re.compile(r"(\d{4})\.(\d{1,2})\.(\d{1,2})")


@dataclass(frozen=True, slots=True)
class Day:
    """A day, week, month or year up to the token `end`.

    offset: `shift` days from today. weekday: the next day `number` (1 is Monday), or `which` of next
    (1), this (0) and last (-1). date: what is said of `year`, `month` and `day`; `jalali` in the
    Persian calendar. period: the `unit`, `shift` units from now. weekend: `which`.
    """

    end: int
    kind: Kind
    shift: int = 0
    number: int = 0
    which: int | None = None
    unit: str = "day"
    year: int | None = None
    month: int | None = None
    day: int | None = None
    jalali: bool = False
    sure: float = 0.95
    alone: bool = True
    """Whether it is a time without anything else in the phrase."""


def day_at(words: Words, at: int, month_first: bool) -> Day | None:
    """The day that begins with the token `at`."""
    for read in (_offset, _characters, _named_month, _weekday, _period, _month, _day_number):
        if found := read(words, at):
            return found
    return _numeric(words, at, month_first)


def _offset(words: Words, at: int) -> Day | None:
    found = words.tag(at, "days")
    if not found or (
        words.text(at - 1) in _PARTS_BEHIND and words.text(at) in words_that_are_parts(words)
    ):
        return None
    weak = words.text(at) in words_that_are_parts(words)
    return Day(found[0], "offset", shift=int(found[1]), sure=0.9 if weak else 0.95)


# Behind these, "mañana" and "Morgen" are the morning.
_PARTS_BEHIND = ("la", "am", "guten", "schonen", "jeden", "cada")


def words_that_are_parts(words: Words) -> tuple[str, ...]:
    """The words that say tomorrow and morning alike."""
    return ("manana", "morgen") if words.main.code in ("es", "de") else ()


def _which(words: Words, at: int) -> tuple[int, int] | None:
    found = words.tag(at, "which")
    return (found[0], int(found[1])) if found else None


def _behind(words: Words, at: int) -> tuple[int, int] | None:
    """A `next` that belongs to what stands before it: not that of "friday next week"."""
    found = None if words.main.code in ("zh", "ja") else _which(words, at)
    if found and words.has(found[0], "time_units", "weekdays", "months", "weekend", "parts"):
        return None
    return found


def _weekday(words: Words, at: int) -> Day | None:
    """`next friday`, `viernes que viene`, `friday`, `weekend`."""
    lead = _which(words, at)
    start = lead[0] if lead else at
    if weekend := words.end_of(start, "weekend") if words.has(start, "weekend") else 0:
        after = None if lead else _behind(words, weekend)
        which = lead or after
        return Day(after[0] if after else weekend, "weekend", which=which[1] if which else None)
    if not lead and words.has(at, "time_units") and not words.has(at, "weekdays"):
        return None
    found = words.tag(start, "weekdays")
    if not found:
        return None
    end, number = found[0], int(found[1])
    if words.main.code == "zh" and lead:
        # 下周五 is the Friday of next week
        return Day(end, "weekday", number=number, unit="week", shift=lead[1])
    after = None if lead else _behind(words, end)
    which = lead or after
    if which and words.has(start, "time_units"):
        # Indonesian "minggu" is Sunday and week
        return None
    if after:
        end = after[0]
    weak = words.has(start, "weak_words") and not which
    short = words.text(end) == "." and words.glued(end)
    return Day(end + short, "weekday", number=number, which=which[1] if which else None,
               alone=not weak, sure=0.8 if which and which[1] == 1 else 0.95)  # fmt: skip


def _period(words: Words, at: int) -> Day | None:
    """`next week`, `la semana que viene`, `来週`."""
    if found := words.tag(at, "periods"):
        unit, shift = found[1]
        return Day(found[0], "period", unit=unit, shift=shift)
    lead = _which(words, at)
    unit_tag = words.tag(lead[0] if lead else at, "time_units")
    if not unit_tag or unit_tag[1] not in ("week", "month", "year"):
        return None
    which = lead or _which(words, unit_tag[0])
    if not which:
        return None
    end = unit_tag[0] if lead else which[0]
    return Day(end, "period", unit=str(unit_tag[1]), shift=which[1])


def _month_tag(words: Words, at: int) -> tuple[int, int, bool] | None:
    for name in ("months", "jalali_months"):
        if found := words.tag(at, name):
            end = found[0]
            short = words.text(end) == "." and words.glued(end) and not words.ends_phrase(end + 1)
            return end + short, int(found[1]), name == "jalali_months"
    return None


def _day_of_month(words: Words, at: int) -> tuple[int, int] | None:
    """Where the number of a day ends, 1 to 31, and which: `3`, `3rd`, `3.`, `third`, `tres`."""
    found = ordinal_at(words, at) or number_at(words, at)
    if not found or found.value not in range(1, 32):
        return None
    if words.kind(at) == "number" and not words.text(at).isdigit():
        return None
    end = found.end
    if words.text(end) == "." and words.glued(end) and words.main.has("ordinal_dot"):
        end += 1
    return end, int(found.value)


def _named_month(words: Words, at: int) -> Day | None:
    """`3 May`, `the 3rd of May 2026`, `May 3rd, 2026`, `5 de mayo`."""
    start = words.end_of(at, "ordinal_articles")
    if day := _day_of_month(words, start):
        middle = words.end_of(day[0], "day_after")
        month = _month_tag(words, words.end_of(middle, "of")) or _month_tag(words, middle)
        if month:
            year_end, year = _year(words, month[0])
            year_end, year = (year_end, year) if year else _short_year(words, month[0])
            return Day(year_end, "date", year=year, month=month[1], day=day[1], jalali=month[2])
    month = _month_tag(words, at)
    if not month:
        return None
    start = words.end_of(month[0], "ordinal_articles")
    day = _day_of_month(words, start)
    if not day or words.text(day[0]) == ":" or words.has(day[0], "am", "pm", "oclock"):
        return None
    end = words.end_of(day[0], "day_after")
    year_end, year = _year(words, end)
    return Day(year_end, "date", year=year, month=month[1], day=day[1], jalali=month[2])


def _year(words: Words, at: int) -> tuple[int, int | None]:
    """A year of four digits, behind a comma or `of` perhaps."""
    start = at + 1 if words.text(at) == "," else words.end_of(at, "of")
    for begin in (start, at):
        text = words.text(begin)
        if (
            words.kind(begin) == "number"
            and len(text) == 4
            and text[:2] in ("19", "20", "13", "14")
        ):
            return begin + 1, int(text)
    return at, None


def _short_year(words: Words, at: int) -> tuple[int, int | None]:
    """The 27 of "5 Oct 27", if nothing follows that would make it an hour or an amount."""
    text = words.text(at)
    short = words.kind(at) == "number" and len(text) == 2 and "20" <= text < "70"
    return (at + 1, 2000 + int(text)) if short and words.ends_phrase(at + 1) else (at, None)


def _month(words: Words, at: int) -> Day | None:
    """`may`, `next march`, `in May 2027`."""
    lead = _which(words, at)
    month = _month_tag(words, lead[0] if lead else at)
    if not month:
        return None
    end, year = _year(words, month[0])
    after = None if lead or year else _which(words, end)
    which = lead or after
    weak = words.has(at, "weak_words") and not (which or year or words.has(at - 1, "in", "on"))
    return Day(after[0] if after else end, "date", year=year, month=month[1], jalali=month[2],
               which=which[1] if which else None, alone=not weak)  # fmt: skip


def _day_number(words: Words, at: int) -> Day | None:
    """`the 3rd`, `el 3`, `am 3.`, `3 числа`, `20号`."""
    start = max(words.end_of(at, "ordinal_articles"), words.end_of(at, "day_lead"))
    day = _day_of_month(words, start)
    if not day:
        return None
    end = words.end_of(day[0], "day_after")
    marked = end > day[0]
    if not marked and start == at:
        return None
    suffixed = words.kind(start) == "number" and day[0] > start + 1
    plain = words.kind(start) == "number" and words.has(at, "day_lead")
    if not (marked or suffixed or plain) or words.has(end, "units", "time_units", "sign_units"):
        return None
    follows = words.kind(end) == "word" and not words.has(end, "at", "on", "of", "parts", "around")
    if follows and not marked and words.text(end) not in _CLOSINGS:
        return None
    return Day(end, "date", day=day[1], sure=0.9)


# What may follow "the 3rd" when it is a day and not the third of something.
_CLOSINGS = frozenset(
    {
        "please",
        "pls",
        "if",
        "is",
        "works",
        "ok",
        "then",
        "would",
        "or",
        "and",
        "maybe",
        "thanks",
        "por",
        "s",
        "bitte",
        "per",
        "next",
        "this",
    }
)


def _characters(words: Words, at: int) -> Day | None:
    """`2026年3月4日`, `3月4号`, `20号`, `5月`."""
    if not (first := number_at(words, at)):
        return None
    year = month = day = None
    end, found = first.end, first
    if words.has(end, "year_mark") and 1900 <= found.value < 2200:
        year, end = int(found.value), words.end_of(end, "year_mark")
        if not (nxt := number_at(words, end)):
            return Day(end, "date", year=year)
        found = nxt
    if words.has(found.end, "month_mark") and found.value in range(1, 13):
        month, end = int(found.value), words.end_of(found.end, "month_mark")
        if nxt := number_at(words, end):
            found = nxt
    mark = words.has(found.end, "day_mark") and found.end >= end
    if mark and found.value in range(1, 32) and (month or words.text(found.end) != "天"):
        day, end = int(found.value), words.end_of(found.end, "day_mark")
    return Day(end, "date", year=year, month=month, day=day) if month or day else None


def _numeric(words: Words, at: int, month_first: bool) -> Day | None:
    """`2026-05-03`, `3/4`, `3/4/2026`, `03.04.2026`, `3.4.`."""
    start = words.end_of(at, "ordinal_articles")
    if match := _POINTED_DATE.fullmatch(words.text(start)):
        dotted = words.text(start + 1) == "." and words.glued(start + 1)
        if (not match[3] and not (dotted or start > at)) or (
            words.main.code == "en" and not match[3]
        ):
            return None
        parts = [int(match[1]), int(match[2]), *([int(match[3])] if match[3] else [])]
        return _ordered(parts, start + 1 + (dotted and not match[3]), False, True)
    if match := _POINTED_ISO.fullmatch(words.text(at)):
        year, month, day = map(int, match.groups())
        return _date(at + 1, year, month, day, 0.95)
    parts, end = _separated(words, at)
    if len(parts) == 3 and parts[0] > 31:
        persian = words.main.has("calendar") or parts[0] < 1500
        return _date(end, parts[0], parts[1], parts[2], 0.95, jalali=persian and parts[0] < 1600)
    if parts == [24, 7]:
        return None
    if len(parts) >= 2:
        first = month_first or words.main.settings.get("date_order") == "mdy"
        if words.main.settings.get("date_order") == "ymd" and len(parts) == 2:
            # Where the year leads, two numbers are month and day, in the writer's calendar.
            return _date(end, None, parts[0], parts[1], 0.6, jalali=True)
        return _ordered(parts, end, first, len(parts) == 3)
    return None


def _separated(words: Words, at: int) -> tuple[list[int], int]:
    """Up to three glued whole numbers with the same sign between, and where they end."""
    sign = words.text(at + 1)
    if sign not in ("/", "-") or not words.text(at).isdigit() or words.kind(at) != "number":
        return [], at
    parts, end = [int(words.text(at)[:5])], at + 1
    while len(parts) < 3 and words.text(end) == sign and words.glued(end):
        written = words.text(end + 1)
        if words.kind(end + 1) != "number" or not words.glued(end + 1) or not written.isdigit():
            break
        parts.append(int(written[:5]))
        end += 2
    if sign == "-" and len(parts) < 3:
        return [], at
    units = words.has(end, "units", "sign_units", "time_units", "counters")
    goes_on = words.text(end) == sign and words.glued(end)
    return ([], at) if units or goes_on else (parts, end)


def _ordered(parts: list[int], end: int, month_first: bool, certain: bool) -> Day | None:
    day, month = (parts[1], parts[0]) if month_first else (parts[0], parts[1])
    both = parts[0] <= 12 and parts[1] <= 12 and parts[0] != parts[1]
    if month > 12 and day <= 12:
        day, month = month, day
    year = parts[2] if len(parts) > 2 else None
    sure = (0.7 if both else 0.9) if certain else (0.6 if both else 0.8)
    return _date(end, year, month, day, sure)


def _date(
    end: int, year: int | None, month: int, day: int, sure: float, *, jalali: bool = False
) -> Day | None:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    if year is not None and year < 100:
        year += 2000 if year < 70 else 1900
    if year is not None and not 1000 <= year <= 9999:
        return None
    return Day(end, "date", year=year, month=month, day=day, jalali=jalali, sure=sure)
