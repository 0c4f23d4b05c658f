"""Times of day as people say them: `5ish`, `17:30`, `half past six`, `las 5 y media`, `下午5点半`."""

import re
from dataclasses import dataclass, replace
from typing import Literal

from nlu.values.numbers import cardinal_at, number_at
from nlu.values.words import Tag, Words, remembered

Grain = Literal["hour", "minute", "second"]
Half = Literal["am", "pm"]
DAY = 24 * 60
_POINTED = re.compile(r"([01]?\d|2[0-4])[.,]([0-5]\d)")
# Behind an hour that has nothing else to show for itself, these make it an amount.
_AMOUNTS = ("time_units", "units", "sign_units", "money", "sign_money", "scales", "counters",
            "multiples", "months", "day_after", "month_mark", "year_mark",
            "day_mark", "half_units")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clock:
    """`minutes` since midnight up to the token `end`. `fixed`: the half of the day is said or plain;
    `sure` of being a time at all even where nothing else in the phrase says so.
    """

    end: int
    minutes: int
    grain: Grain = "hour"
    fixed: bool = False
    sure: bool = False
    seconds: int = 0

    def in_half(self, half: Half) -> "Clock":
        """The same hour before or after noon."""
        hour = self.minutes // 60
        if hour > 12 or (hour == 0 and half == "am"):
            return replace(self, fixed=True)
        return replace(
            self, minutes=self.minutes % 720 + (720 if half == "pm" else 0), fixed=True, sure=True
        )


@remembered
def clock_at(words: Words, at: int) -> Clock | None:
    """The time of day that begins with the token `at`."""
    named = _named(words, at)
    if named:
        return named
    start, sure, half = _opening(words, at)
    found = _before_hour(words, start) or _with_hour(words, start, sure, start > at)
    if found is None:
        return None
    found = replace(found, sure=found.sure or sure)
    return _closed(words, found, half)


def _named(words: Words, at: int) -> Clock | None:
    """Noon and midnight."""
    lead = max(words.end_of(at, "at"), words.end_of(at, "around"))
    start = words.end_of(lead, "of") if lead > at else at
    for begin in (start, at):
        if named := words.tag(begin, "clocks"):
            end, minutes = named[0], int(named[1])
            if after := words.tag(end, "clock_after"):
                return Clock(after[0], (minutes + int(after[1])) % DAY, "minute", True, True)
            return Clock(end, minutes, "hour", True, True)
    return None


def _opening(words: Words, at: int) -> tuple[int, bool, Half | None]:
    """What leads to an hour: `at`, `around`, `下午`; where the hour is, how sure, which half."""
    sure, half = False, None
    for _ in range(4):
        if (end := words.end_of(at, "at")) > at:
            at, sure = end, True
        elif (end := words.end_of(at, "around")) > at:
            at = end
        elif half is None and (end := _half_lead(words, at)) > at:
            half, at = ("am" if words.has(at, "am") else "pm"), end
        elif words.text(at) == "," and half:
            at += 1
        else:
            break
    return at, sure, half  # type: ignore[return-value]


def _half_lead(words: Words, at: int) -> int:
    """Where the words for a half of the day end that stand before the hour."""
    end = max(words.end_of(at, "am"), words.end_of(at, "pm"))
    if end == at:
        return at
    end = words.end_of(end, "part_after") if words.main.code in ("ja", "hi") else end
    follows = words.end_of(words.end_of(end, "at"), "around")
    if words.main.code in ("en", "es", "pt", "fr", "de", "it", "pl", "id"):
        return at
    return end if _hour(words, follows) or words.has(end, "clock_before") else at


def _hour(words: Words, at: int) -> tuple[int, int] | None:
    """Where an hour of 0 to 24 ends, and which it is; digits of one or two places, or words."""
    for name in ("hours", "dative_hours"):
        if found := words.tag(at, name):
            return found[0], int(found[1])
    if words.kind(at) == "number":
        written = words.text(at)
        return (at + 1, int(written)) if _is_hour(written) else None
    if (one := words.end_of(at, "hour_one")) > at and words.has(at - 1, "at"):
        return one, 1
    if words.main.code in ("zh", "ja", "id", "tr"):
        # There, ten and one are eleven.
        number = cardinal_at(words, at)
        return (number.end, int(number.value)) if number and number.value in range(25) else None
    found = words.tag(at, "numbers") or words.tag(at, "weak_numbers")
    found = found or words.tag(at, "articles") or words.tag(at, "ambiguous_numbers")
    if found and float(found[1]) in range(25):
        end, hour = found[0], int(found[1])
        more = words.tag(end, "numbers") or words.tag(end, "weak_numbers")
        if hour == 20 and more and more[1] in (1, 2, 3):
            return more[0], 20 + int(more[1])
        return end, hour
    number = number_at(words, at)
    if number and number.in_words and number.value in range(25):
        return number.end, int(number.value)
    return None


def _is_hour(written: str) -> bool:
    return written.isdigit() and len(written) <= 2 and int(written) <= 24


def _minutes(words: Words, at: int) -> tuple[int, int] | None:
    """Where minutes of 1 to 59 end that stand beside an hour, and how many."""
    found = number_at(words, at)
    if not found or not 1 <= found.value < 60 or not float(found.value).is_integer():
        return None
    end = found.end
    unit = words.tag(end, "time_units")
    if unit and unit[1] == "minute":
        end = unit[0]
    return end, int(found.value)


def _before_hour(words: Words, at: int) -> Clock | None:
    """`half past six`, `halb sieben`, `без четверти пять`, `ten to five`, `без десяти пять`."""
    if lead := words.tag(at, "clock_before"):
        start = words.end_of(words.end_of(lead[0], "at"), "hour_lead")
        hour = words.tag(lead[0], "genitive_hours") or _hour(words, start)
        return _shifted(hour, int(lead[1])) if hour else None
    if half := words.tag(at, "half_hours"):
        return _shifted(half, -30)
    if words.has(at, "minus_before") and (m := _minutes(words, words.end_of(at, "minus_before"))):
        hour = _hour(words, m[0])
        return _shifted(hour, -m[1]) if hour else None
    if not words.has(at - 1, "between") and (m := _minutes(words, at)):
        for name, sign in (("past_middle", 1), ("to_middle", -1)):
            middle = words.end_of(m[0], name)
            hour = _hour(words, middle) if middle > m[0] else None
            if hour and hour[1] <= 12 and (m[1] % 5 == 0 or m[0] > at + 1):
                return _shifted(hour, sign * m[1])
    return None


def _shifted(hour: Tag, minutes: int) -> Clock:
    end, value = int(hour[0]), int(hour[1])
    return Clock(end, (value * 60 + minutes) % DAY, "minute", value > 12, True)


def _with_hour(words: Words, at: int, led: bool, opened: bool) -> Clock | None:
    """An hour, with minutes behind it or not."""
    pointed = _pointed(words, at, led)
    if pointed:
        return pointed
    found = _hour(words, at)
    if found is None:
        return None
    end, hour = found
    digits = words.kind(at) == "number"
    if hour == 12 and (named := words.tag(end, "clocks")):
        return Clock(named[0], int(named[1]), "hour", True, True)
    if digits and (colon := _colon(words, at)):
        return colon
    if digits and words.text(end) == ":" and words.glued(end + 1):
        # "5:60" is no time
        return None
    fixed = hour > 12 or hour == 0 or (digits and words.text(at).startswith("0"))
    sure = False
    if (mark := words.end_of(end, "oclock")) > end and not _is_duration(words, end, mark, opened):
        end, sure = mark, True
        if quarter := words.tag(end, "clock_after"):
            return Clock(
                quarter[0], (hour * 60 + int(quarter[1])) % DAY, "minute", fixed and hour > 12, True
            )
        spoken = _minutes(words, end)
        marked = spoken and words.end_of(spoken[0], "minute_mark")
        if spoken and (marked or words.glued(end) or words.main.has("bare_after") or digits):
            return Clock(
                marked or spoken[0], hour * 60 + spoken[1], "minute", fixed or hour == 0, True
            )
    later = _after_hour(words, end, led or sure)
    if later:
        end, minutes = later
        return Clock(end, (hour * 60 + minutes) % DAY, "minute", fixed, True)
    return Clock(end, hour % 24 * 60, "hour", fixed, sure)


def _is_duration(words: Words, at: int, mark: int, led: bool) -> bool:
    """`5 часов` is a duration, and with `в` before it a time; `5 horas` likewise."""
    unit = words.tag(at, "time_units")
    if unit is None or unit[0] < mark or led or words.has(mark, "am", "pm", "minus_after"):
        return False
    after = words.tag(mark, "clock_after")
    return after is None or float(after[1]) == 30


def _after_hour(words: Words, at: int, led: bool) -> tuple[int, int] | None:
    """Minutes behind an hour: `y media`, `moins le quart`, `menos diez`; bare ones if it is led."""
    if after := words.tag(at, "clock_after"):
        return after[0], int(after[1])
    for name, sign in (("plus_after", 1), ("minus_after", -1)):
        if (middle := words.end_of(at, name)) > at and (m := _minutes(words, middle)):
            return (m[0], sign * m[1]) if led or name == "minus_after" else None
    digits = led and words.kind(at) == "number" and len(words.text(at)) == 2
    spoken = (digits or words.kind(at) == "word") and number_at(words, at)
    if digits and spoken and _is_amount(words, spoken.end):
        return None
    if spoken and spoken.value in range(5, 60) and (led or words.has(spoken.end, "am", "pm")):
        return spoken.end, int(spoken.value)
    return None


def _colon(words: Words, at: int) -> Clock | None:
    """`5:30`, `17:30:15`, `17h30`."""
    sign = words.text(at + 1)
    minutes = words.text(at + 2)
    if not words.glued(at + 1) or not (
        sign == ":" or (words.has(at + 1, "oclock") and sign == "h")
    ):
        return None
    if not (words.kind(at + 2) == "number" and words.glued(at + 2) and len(minutes) == 2):
        return None
    hour = int(words.text(at))
    if not minutes.isdigit() or int(minutes) > 59:
        return None
    fixed = hour > 12 or hour == 0 or words.text(at).startswith("0")
    fixed = fixed or sign == "h" or words.main.settings.get("clock") == "24"
    found = Clock(at + 3, hour * 60 + int(minutes), "minute", fixed, True)
    seconds = words.text(at + 4)
    if (
        words.text(at + 3) == ":"
        and words.glued(at + 4)
        and len(seconds) == 2
        and seconds.isdigit()
    ):
        if int(seconds) > 59:
            return None
        found = replace(found, end=at + 5, grain="second", seconds=int(seconds))
    if hour == 24:
        found = replace(found, minutes=int(minutes))
    return found


def _pointed(words: Words, at: int, led: bool) -> Clock | None:
    """`17.30`, which needs to be led to, or followed by a word for the half of the day."""
    match = _POINTED.fullmatch(words.text(at))
    if not match or not (led or words.has(at + 1, "am", "pm", "oclock")):
        return None
    hour = int(match[1]) % 24
    fixed = hour > 12 or match[1].startswith("0")
    end = words.end_of(at + 1, "oclock")
    return Clock(end, hour * 60 + int(match[2]), "minute", fixed, True)


def _closed(words: Words, found: Clock, half: Half | None) -> Clock | None:
    """With what follows: `pm`, `ish`, `sharp`; None where the number turns out to be an amount."""
    end = found.end
    if found.grain == "minute":
        end = words.end_of(end, "oclock")
    approx = words.end_of(end, "approx")
    if approx > end:
        found, end = replace(found, sure=found.sure or words.glued(end)), approx
    said: Half | None = half
    ending = (
        words.end_of(end, "case_endings")
        if words.text(end) != "'"
        else words.end_of(end + 1, "case_endings")
    )
    if ending > end:
        end = ending
    for name in ("am", "pm"):
        if said is None and (after := words.end_of(end, name)) > end:
            said, end = ("am" if name == "am" else "pm"), after
    if said is None and words.text(end) in ("a", "p") and words.glued(end):
        said, end = ("am" if words.text(end) == "a" else "pm"), end + 1
    approx = words.end_of(end, "approx")
    end = approx if approx > end else end
    found = replace(found, end=end)
    if said:
        return found.in_half(said)
    return None if not found.sure and _is_amount(words, end) else found


def _is_amount(words: Words, at: int) -> bool:
    if words.text(at) in ("%", "/", "$", "€", "£") or words.has(at, *_AMOUNTS):
        return True
    return words.kind(at) in ("number", "word") and words.glued(at) and not words.has(at, "approx")
