"""The Persian calendar (jalali), by the rule of its 33 years that holds from 1799 to 2256."""

from datetime import date, timedelta

# 1 Farvardin 1300 was 21 March 1921.
_EPOCH_YEAR = 1300
_EPOCH = date(1921, 3, 21)
_LEAP_REMAINDERS = frozenset({1, 5, 9, 13, 17, 22, 26, 30})
_FIRST, _LAST = 1178, 1633


def gregorian(year: int, month: int, day: int) -> date | None:
    """The day in our calendar; None where there is none, or the rule does not hold."""
    if not (_FIRST <= year <= _LAST and 1 <= month <= 12 and 1 <= day <= _length(year, month)):
        return None
    before = 31 * (month - 1) if month <= 7 else 186 + 30 * (month - 7)
    return _new_year(year) + timedelta(days=before + day - 1)


def jalali_of(day: date) -> tuple[int, int, int]:
    """Year, month and day in the Persian calendar."""
    year = day.year - 621
    if day < _new_year(year):
        year -= 1
    passed = (day - _new_year(year)).days
    month, rest = divmod(passed, 31) if passed < 186 else divmod(passed - 186, 30)
    return year, month + (1 if passed < 186 else 7), rest + 1


def _length(year: int, month: int) -> int:
    if month <= 6:
        return 31
    return 30 if month < 12 or _is_leap(year) else 29


def _is_leap(year: int) -> bool:
    return year % 33 in _LEAP_REMAINDERS


def _new_year(year: int) -> date:
    low, high = sorted((year, _EPOCH_YEAR))
    leaps = sum(_is_leap(y) for y in range(low, high))
    days = 365 * (high - low) + leaps
    return _EPOCH + timedelta(days=days if year >= _EPOCH_YEAR else -days)
