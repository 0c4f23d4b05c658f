"""Durations: `2 hours`, `an hour and a half`, `полчаса`, `1h30`."""

from dataclasses import dataclass

from nlu.values.numbers import number_at
from nlu.values.words import Words

SECONDS: dict[str, int] = {
    "second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800, "fortnight": 1209600,
    "month": 2592000, "year": 31536000,
}  # fmt: skip
"""How long each unit is; months of 30 and years of 365 days."""
_LARGEST = 1e6


@dataclass(frozen=True, slots=True)
class Duration:
    """Amounts of units, the largest first, up to the token `end`."""

    end: int
    parts: tuple[tuple[float, str], ...]
    sure: float = 0.95

    @property
    def seconds(self) -> float:
        """All of it."""
        return sum(amount * SECONDS[unit] for amount, unit in self.parts)


def duration_at(words: Words, at: int, *, minutes_glued: bool = False) -> Duration | None:
    """The duration that begins with the token `at`.

    `minutes_glued`: whether "5m" is five minutes here, and not five metres.
    """
    first = _part(words, at, minutes_glued)
    if first is None:
        return None
    end, parts = first.end, list(first.parts)
    while len(parts) < 4:
        start = words.end_of(end, "joiners")
        start = start + 1 if words.text(start) == "," else start
        more = _part(words, start, True)
        if more is None or SECONDS[more.parts[0][1]] >= SECONDS[parts[-1][1]]:
            break
        end, parts = more.end, [*parts, *more.parts]
    if any(not 0 <= amount <= _LARGEST for amount, _ in parts):
        return None
    return Duration(end, tuple(parts), first.sure)


def _part(words: Words, at: int, minutes_glued: bool) -> Duration | None:
    if whole := words.tag(at, "whole_units"):
        return Duration(whole[0], (whole[1],))
    article = words.end_of(at, "articles")
    if article > at and words.has(article, "whole_units", "halves"):
        # "une demi-heure", "eine halbe Stunde"
        return _part(words, article, minutes_glued)
    found = number_at(words, at)
    if found and found.value < 0:
        return None
    weak = words.end_of(at, "weak_numbers")
    end = found.end if found else article
    if end == at:
        return _one_and_half(words, at)
    amount, sure = (found.value, found.sure) if found else (1.0, 0.9)
    for start in dict.fromkeys((end, words.end_of(end, "counters"), words.end_of(end, "articles"))):
        unit = _unit(words, start, minutes_glued)
        if unit:
            return _with_half(
                words, unit[0], amount, unit[1], 0.95 if weak > at else max(sure, 0.9)
            )
    return None


def _one_and_half(words: Words, at: int) -> Duration | None:
    """ "hour and a half", "год с половиной"."""
    unit = words.tag(at, "time_units")
    if not unit or not words.has(unit[0], "and_half"):
        return None
    return _with_half(words, unit[0], 1.0, str(unit[1]), 0.9)


def _unit(words: Words, at: int, minutes_glued: bool) -> tuple[int, str] | None:
    glued = words.tag(at, "glued_time_units")
    if glued and words.glued(at) and (glued[1] != "minute" or minutes_glued):
        return glued[0], str(glued[1])
    found = words.tag(at, "time_units")
    return (found[0], str(found[1])) if found else None


def _with_half(words: Words, end: int, amount: float, unit: str, sure: float) -> Duration:
    for name in ("and_half", "after_unit_half"):
        if half := words.tag(end, name):
            more = half[1] if isinstance(half[1], int | float) else 0.5
            return Duration(half[0], ((amount + more, unit),), sure)
    minutes = words.text(end)
    if unit == "hour" and words.glued(end) and minutes.isdigit() and len(minutes) == 2:
        return Duration(end + 1, ((amount, unit), (float(minutes), "minute")), sure)
    return Duration(end, ((amount, unit),), sure)
