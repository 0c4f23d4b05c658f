"""All values of a text: what is said, found once for a text; when it is, counted from now."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from nlu.folding import fold
from nlu.values.contacts import contacts_in
from nlu.values.durations import Duration, duration_at
from nlu.values.lexicon import lexicon
from nlu.values.moments import moment_of
from nlu.values.numbers import number_at, ordinal_at, plain, stands_alone
from nlu.values.phrases import Phrase, phrase_at
from nlu.values.quantities import amounts_at
from nlu.values.tokens import spelled, unstretched
from nlu.values.words import Words

DIMENSIONS = (
    "number", "ordinal", "time", "duration", "amount-of-money", "quantity", "distance",
    "temperature", "volume", "phone-number", "email", "url",
)  # fmt: skip
"""What is found, as Duckling names it."""
READ_AT_MOST = 2000
CACHED_TEXTS = 4096
# Where the month is written before the day.
MONTH_FIRST = frozenset({"US", "PH", "BZ", "FM", "MH", "PW", "GU", "AS", "VI", "PR"})
_ANNOUNCED = re.compile(r"[\d@%$€£¥₹₽₺₴]|\.[a-z]{2}", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_\u3005-\u3007\u3040-\u30ff\u3400-\u9fff]+")
_HAN = re.compile("[\u3005-\u3007\u3040-\u30ff\u3400-\u9fff]")
_MARKED = re.compile("[\u0900-\u097f]+")


@dataclass(frozen=True, slots=True)
class Value:
    """`text[start:end]` says `value`, a JSON value, with this confidence (0 to 1)."""

    entity: str
    start: int
    end: int
    value: Any
    confidence: float


@dataclass(frozen=True, slots=True)
class _Found:
    """A value whose time may still be open."""

    entity: str
    start: int
    end: int
    content: Any
    sure: float


def values_in(
    text: str,
    *,
    languages: Sequence[str] = ("en",),
    now: datetime | None = None,
    region: str | None = "US",
) -> tuple[Value, ...]:
    """The values of the first READ_AT_MOST characters of `text`, none within a longer one.

    `languages` are tried first where a text may be of several. Times are counted from `now`; where
    it is missing or has no zone, there are none. `region` (ISO 3166) reads national phone numbers
    and English dates.
    """
    text = text[:READ_AT_MOST]
    if not may_hold_values(text):
        return ()
    candidates = _candidates(text, tuple(languages), region)
    zoned = now if now is not None and now.utcoffset() is not None else None
    return tuple(_longest([v for c in candidates if (v := _settled(c, zoned))]))


def may_hold_values(text: str) -> bool:
    """Whether a text has digits, signs or words that announce a value; wrong only by saying yes."""
    if _ANNOUNCED.search(text):
        return True
    folded = spelled(text.lower() if text.isascii() else fold(text))
    if any(_announces(spelling) for spelling in (folded, *unstretched(folded))):
        return True
    if text.isascii():
        return False
    if _ANNOUNCED.search(folded):
        return True
    if any(unicodedata.numeric(c, None) is not None for c in folded if not c.isascii()):
        return True
    return not lexicon().telling_signs.isdisjoint(_HAN.findall(folded))


def _announces(folded: str) -> bool:
    """Whether a word of the text is one that announces a value."""
    telling = lexicon().telling
    if not telling.isdisjoint(_WORD.findall(folded)):
        return True
    return not folded.isascii() and not telling.isdisjoint(_MARKED.findall(folded))


@lru_cache(maxsize=CACHED_TEXTS)
def _candidates(text: str, languages: tuple[str, ...], region: str | None) -> tuple[_Found, ...]:
    """Everything that may be a value, also within each other."""
    contacts = [
        _Found(c.entity, c.start, c.end, c.value, c.sure) for c in contacts_in(text, region)
    ]
    words = Words(text, languages)
    month_first = region in MONTH_FIRST and words.main.code == "en"
    places = [at for at in range(len(words)) if _may_begin(words, at)]
    said = [f for at in places for f in _at(words, at, month_first)]
    free = [f for f in said if not any(f.start < c.end and c.start < f.end for c in contacts)]
    return tuple(contacts + free)


def _may_begin(words: Words, at: int) -> bool:
    """Whether a value can begin here: not with an unknown word, nor within one (`a1c`, `mp3`)."""
    if words.means_nothing(at):
        return words.text(at) in ("-", "+")
    if words.kind(at) != "number" or not words.glued(at) or words.kind(at - 1) != "word":
        return True
    known = words.has(at - 1, "money", "sign_money", "time_units", "oclock", "at", "units")
    return known or not words.text(at - 1).isascii()


def _at(words: Words, at: int, month_first: bool) -> Iterator[_Found]:
    """What begins with the token `at`."""
    start = words.tokens[at].start

    def found(entity: str, end: int, content: Any, sure: float) -> _Found:
        return _Found(entity, start, words.tokens[end - 1].end, content, sure)

    if phrase := phrase_at(words, at, month_first):
        yield found("time", phrase.end, phrase, phrase.sure)
    if length := duration_at(words, at):
        yield found("duration", length.end, _length(length), length.sure)
    for amount in amounts_at(words, at):
        yield found(amount.entity, amount.end, amount.as_json(), amount.sure)
    if ordinal := ordinal_at(words, at):
        yield found("ordinal", ordinal.end, plain(ordinal.value), ordinal.sure)
    number = number_at(words, at)
    if number and stands_alone(words, at, number):
        yield found("number", number.end, plain(number.value), number.sure)


def _length(length: Duration) -> dict[str, Any]:
    """In one unit: that which was said, or the smallest of several."""
    unit = length.parts[-1][1]
    amount = length.parts[0][0] if len(length.parts) == 1 else length.seconds / _seconds(unit)
    return {"value": plain(amount), "unit": unit, "seconds": plain(length.seconds)}


def _seconds(unit: str) -> float:
    return Duration(0, ((1.0, unit),)).seconds


def _settled(found: _Found, now: datetime | None) -> Value | None:
    if not isinstance(found.content, Phrase):
        return Value(found.entity, found.start, found.end, found.content, found.sure)
    moment = moment_of(found.content, now) if now else None
    if moment is None:
        return None
    return Value(found.entity, found.start, found.end, moment.as_json(), moment.sure)


def _longest(values: list[Value]) -> list[Value]:
    """The longest first, and what does not overlap; two kinds may share a span, if both measure."""
    order = {name: rank for rank, name in enumerate(_RANKED)}
    values.sort(key=lambda v: (v.start - v.end, order[v.entity], v.start))
    kept: list[Value] = []
    for value in values:
        rivals = [k for k in kept if value.start < k.end and k.start < value.end]
        if not rivals or all(_both(value, rival) for rival in rivals):
            kept.append(value)
    return sorted(kept, key=lambda v: (v.start, v.end, order[v.entity]))


_RANKED = ("phone-number", "email", "url", "time", "duration", "amount-of-money", "temperature",
           "distance", "volume", "quantity", "ordinal", "number")  # fmt: skip
_MEASURES = frozenset({"amount-of-money", "quantity"})


def _both(one: Value, other: Value) -> bool:
    same = (one.start, one.end) == (other.start, other.end)
    return same and one.entity != other.entity and {one.entity, other.entity} <= _MEASURES
