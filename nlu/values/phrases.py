"""Times as phrases: a day, a part of it and a clock in any order; so long from now; from to."""

from dataclasses import dataclass, replace

from nlu.values.clock import Clock, clock_at
from nlu.values.dates import Day, day_at, words_that_are_parts
from nlu.values.durations import Duration, duration_at
from nlu.values.words import Words

PARTS = {"morning": (6, 12), "afternoon": (12, 18), "evening": (18, 22), "night": (20, 24),
         "tonight": (18, 24)}  # fmt: skip
"""From which hour to which; when it is night, tomorrow has not begun."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """What a phrase says of a time, up to the token `end`, before it is known when now is."""

    end: int
    day: Day | None = None
    clock: Clock | None = None
    until: Clock | None = None
    last_day: Day | None = None
    part: str | None = None
    shift: Duration | None = None
    back: bool = False
    now: bool = False
    sure: float = 0.95


def phrase_at(words: Words, at: int, month_first: bool) -> Phrase | None:
    """The phrase that begins with the token `at`."""
    if shifted := _from_day(words, at, month_first) or _shifted(words, at):
        return _with_clock(words, shifted)
    found = [_now(words, at), _composed(words, at, month_first)]
    if (start := _opened(words, at)) > at:
        found.append(_composed(words, start, month_first))
    return max((f for f in found if f), key=lambda f: f.end, default=None)


def _opened(words: Words, at: int) -> int:
    """Behind `on` or `between`, which may lead a phrase."""
    return max(words.end_of(at, "on"), words.end_of(at, "between"))


def _now(words: Words, at: int) -> Phrase | None:
    end = words.end_of(at, "now")
    return Phrase(end, now=True) if end > at else None


def _shifted(words: Words, at: int) -> Phrase | None:
    """`in 2 hours`, `hace 3 días`, `2 часа назад`, `3日後`."""
    ago = words.end_of(at, "ago_before")
    if ago > at and (length := duration_at(words, ago, minutes_glued=True)):
        return Phrase(length.end, shift=length, back=True)
    ahead = words.end_of(at, "in")
    if ahead > at:
        lead = words.end_of(ahead, "around")
        length = duration_at(words, lead, minutes_glued=True) or _bare_unit(words, lead)
        if length:
            end = words.end_of(length.end, "later")
            return Phrase(end, shift=length)
    length = duration_at(words, at, minutes_glued=True)
    if not length:
        return None
    if (end := words.end_of(length.end, "ago")) > length.end:
        return Phrase(end, shift=length, back=True)
    if (end := words.end_of(length.end, "later")) > length.end:
        return Phrase(end, shift=length)
    return None


def _from_day(words: Words, at: int, month_first: bool) -> Phrase | None:
    """`a week from tomorrow`, `two weeks from friday`."""
    length = duration_at(words, at)
    start = words.end_of(length.end, "from_day") if length else at
    if not length or start == length.end or not _in_days(length):
        return None
    day = day_at(words, start, month_first)
    return Phrase(day.end, day=day, shift=length) if day else None


def _in_days(length: Duration) -> bool:
    return all(unit in ("day", "week", "fortnight", "month") for _, unit in length.parts)


def _bare_unit(words: Words, at: int) -> Duration | None:
    """`через час`, `dans l'heure`: one of the unit."""
    if words.main.code not in ("ru", "uk", "pl", "ar", "fa"):
        return None
    unit = words.tag(at, "time_units")
    return Duration(unit[0], ((1.0, str(unit[1])),)) if unit else None


def _with_clock(words: Words, found: Phrase) -> Phrase:
    """`in 2 days at 5`."""
    if not found.shift or not _in_days(found.shift):
        return found
    clock = clock_at(words, found.end)
    if clock and clock.sure:
        return replace(found, clock=clock, end=clock.end)
    return found


def _composed(words: Words, at: int, month_first: bool) -> Phrase | None:
    found = Phrase(at)
    place = at
    led = words.end_of(at, "part_after") > at
    for _ in range(5):
        longer = _longer(words, place, found, month_first)
        if longer is None:
            break
        found, place = longer, _gap(words, longer.end)
    found = _days_on(words, found, month_first)
    return found if found.end > at and _says_enough(words, found, led) else None


def _days_on(words: Words, found: Phrase, month_first: bool) -> Phrase:
    """`monday to friday`, `mon-fri`: with the last day, which counts as well."""
    first = found.day
    if (
        first is None
        or found.clock
        or found.part
        or first.kind not in ("weekday", "offset", "date")
    ):
        return found
    start = words.end_of(found.end, "to_words")
    # A hyphen between words is left out, and its words are glued.
    if start == found.end and not (words.glued(start) and words.text(start).isascii()):
        return found
    last = day_at(words, start, month_first)
    if last is None or last.kind != first.kind or (last.day is None) != (first.day is None):
        return found
    return replace(found, last_day=last, end=last.end)


def _gap(words: Words, at: int) -> int:
    """Behind a comma, an article or a preposition between two parts of a phrase."""
    end = at + 1 if words.text(at) == "," else at
    if words.text(at) == "t" and words.glued(at) and words.kind(at + 1) == "number":
        return at + 1
    if words.text(end) == "'" and words.glued(end):
        end = words.end_of(end + 1, "case_endings")
    for name in ("case_endings", "approx", "part_after", "on", "of"):
        end = words.end_of(end, name)
        if name == "part_after" and not (words.has(end, "parts") or words.has(end, "clocks")):
            continue
    return end


def _longer(words: Words, at: int, found: Phrase, month_first: bool) -> Phrase | None:
    """The phrase with one part more."""
    for start in dict.fromkeys((at, found.end)):
        # "mañana por la mañana", "morgen früh": what was a day is a part of it the second time
        read = _tonight(words, start, found) or _part(words, start, found)
        if found.day is None and not (read and words.has(start, "tonight", "tomorrow_night")):
            day = day_at(words, start, month_first)
            if day and not _is_clock(words, start, day):
                return replace(found, day=day, end=day.end, sure=min(found.sure, day.sure))
        elif found.day and found.day.kind in ("weekday", "period"):
            joined = _of_week(words, start, found, month_first)
            if joined:
                return joined
        if read:
            return read
        clock = clock_at(words, start) if found.clock is None else None
        if clock and (ranged := _range(words, start, clock)):
            last = ranged.until
            framed = words.has(start - 1, "between") and words.ends_phrase(ranged.end)
            if last and (clock.sure or last.sure or framed or _led(words, last, found, start)):
                return replace(found, clock=ranged.clock, until=last, end=ranged.end)
        if clock and (clock.sure or _led(words, clock, found, start)):
            return replace(found, clock=clock, end=clock.end)
    return None


def _is_clock(words: Words, at: int, day: Day) -> bool:
    """Whether `3.30` or `4/5` in this place is rather a time of day."""
    clock = clock_at(words, at)
    return clock is not None and clock.sure and clock.end > day.end and day.sure < 0.9


def _tonight(words: Words, at: int, found: Phrase) -> Phrase | None:
    if found.day is not None:
        return None
    if end := words.end_of(at, "tonight") if words.has(at, "tonight") else 0:
        return replace(found, day=Day(end, "offset"), part="tonight", end=end)
    if end := words.end_of(at, "tomorrow_night") if words.has(at, "tomorrow_night") else 0:
        return replace(found, day=Day(end, "offset", shift=1), part="tonight", end=end)
    return None


def _part(words: Words, at: int, found: Phrase) -> Phrase | None:
    if found.part is not None:
        return None
    lead = words.tag(at, "which")
    named = lead is not None and lead[1] <= 0 and found.day is None
    start = lead[0] if lead and named else at
    start = start if start > at else words.end_of(at, "part_after")
    for begin in (start, at):
        part = words.tag(begin, "parts")
        if not part:
            continue
        if found.day is None and words.text(begin) in words_that_are_parts(words) and begin == at:
            return None
        if begin > at and lead and named:
            day = Day(part[0], "offset", shift=lead[1])
            return replace(found, day=day, part=str(part[1]), end=part[0])
        return replace(found, part=str(part[1]), end=part[0])
    return None


def _of_week(words: Words, at: int, found: Phrase, month_first: bool) -> Phrase | None:
    """`friday next week` and `next week friday`; `Friday, 3 May` is the third of May."""
    day = day_at(words, at, month_first)
    first = found.day
    if day is None or first is None:
        return None
    if first.kind == "weekday" and day.kind == "date" and day.day is not None:
        named = replace(day, number=first.number)
        return replace(found, day=named, end=day.end, sure=min(found.sure, day.sure))
    pair = {first.kind: first, day.kind: day}
    if len(pair) < 2 or not {"weekday", "period"} >= set(pair) or pair["period"].unit != "week":
        return None
    both = replace(pair["weekday"], end=day.end, unit="week", shift=pair["period"].shift, sure=0.95)
    return replace(found, day=both, end=day.end, sure=0.95)


def _led(words: Words, clock: Clock, found: Phrase, at: int) -> bool:
    """Whether a bare number is an hour: behind a day, or before one."""
    if words.kind(clock.end) == "word" and not words.glued(clock.end):
        ahead = words.has(clock.end, "days", "tonight", "weekdays", "parts", "approx")
        if not ahead:
            known = words.has(clock.end, "on", "of", "joiners", "this")
            return (found.day is not None or found.part is not None) and known
        return True
    if found.day is None and found.part is None:
        return False
    fine = found.day is None or found.day.kind in ("offset", "weekday") or found.day.day is not None
    return fine and at > 0


def _range(words: Words, at: int, first: Clock) -> Phrase | None:
    """`5-6pm`, `from 5 to 6`, `с 5 до 6`: the second hour says which half of the day."""
    sign = words.text(first.end) in ("-", "~", "〜")
    start = first.end + 1 if sign else words.end_of(first.end, "to_words")
    if start == first.end and words.has(at - 1, "between"):
        start = words.end_of(first.end, "joiners")
    last = clock_at(words, start) if start > first.end else None
    if last is None or last.minutes == first.minutes:
        return None
    if last.fixed and not first.fixed:
        first = _half_before(first, last)
    elif first.fixed and not last.fixed and last.minutes < first.minutes <= last.minutes + 720:
        last = replace(last, minutes=last.minutes + 720)
    return Phrase(last.end, clock=replace(first, sure=True), until=last)


def _half_before(first: Clock, last: Clock) -> Clock:
    """The first hour in the half of the day that brings it closest before the last."""
    early = first.minutes % 720
    late = early + 720
    return replace(first, minutes=late if late < last.minutes % 1440 else early, fixed=True)


def _says_enough(words: Words, found: Phrase, led: bool) -> bool:
    """A weak word alone ("may", "sat") is a time only as the whole message, and a part of the day
    only behind a preposition: "morning" is a greeting.
    """
    if found.clock:
        return True
    if found.day is None:
        return found.part is not None and led
    return (
        found.day.alone
        or found.last_day is not None
        or found.part is not None
        or len(words) <= found.end
    )
