"""What holds for every text: spans slice it, nothing is raised, work grows with its length."""

import itertools
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.values import finder
from nlu.values.finder import DIMENSIONS, READ_AT_MOST, may_hold_values, values_in
from nlu.values.lexicon import LANGUAGES, lexicon

ZONES = ["UTC", "America/New_York", "Asia/Tehran", "Pacific/Apia", "Africa/Casablanca"]
VALUE_WORDS = [
    "tomorrrrow",
    "5", "17:30", "3/4", "1.000,50", "two", "dozen", "half", "tmrw", "next", "fri", "at", "in", "ago",
    "hours", "$", "%", "the", "3rd", "may", "2026", "-", "to", "from", "and", "pm", "mañana", "las",
    "media", "в", "завтра", "полчаса", "через", "час", "بعد", "ساعت", "۵", "فردا", "و", "नीम", "साढ़े",
    "बजे", "明天", "下午", "五", "点半", "百", "千円", "um", "halb", "sechs", "uhr", ".", ",", "a@b.co", "+1",
    "2125550123", "mg/dl", "morgen", "yarın", "saat", "besok", "jam", "setengah", "quatre", "vingt",
]  # fmt: skip
TEXTS = st.one_of(
    st.text(st.characters(categories=None), max_size=40),
    st.lists(st.sampled_from(VALUE_WORDS), max_size=12).map(" ".join),
    st.lists(st.sampled_from(VALUE_WORDS), max_size=12).map("".join),
)
NOWS = st.builds(
    lambda now, zone: now.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)),
    st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2200, 1, 1)),  # noqa: DTZ001
    st.sampled_from(ZONES),
)
HINTS = st.sampled_from([*LANGUAGES, "xx"]).map(lambda code: (code, "en"))


@settings(max_examples=200, deadline=None)
@given(TEXTS, HINTS, st.none() | NOWS)
def test_spans_slice_the_text(text: str, hints: tuple[str, ...], now: datetime | None) -> None:
    found = values_in(text, languages=hints, now=now)
    for value in found:
        assert 0 <= value.start < value.end <= len(text)
        assert text[value.start : value.end].strip()
        assert value.entity in DIMENSIONS
        assert 0 < value.confidence <= 1
        json.dumps(value.value, allow_nan=False)
    spans = sorted({(v.start, v.end) for v in found})
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))


@settings(max_examples=100, deadline=None)
@given(TEXTS, HINTS, NOWS)
def test_the_same_again_is_the_same(text: str, hints: tuple[str, ...], now: datetime) -> None:
    once = values_in(text, languages=hints, now=now)
    finder._candidates.cache_clear()
    assert values_in(text, languages=hints, now=now) == once


@settings(max_examples=100, deadline=None)
@given(TEXTS, HINTS, NOWS)
def test_times_are_instants_with_an_offset(
    text: str, hints: tuple[str, ...], now: datetime
) -> None:
    for value in values_in(text, languages=hints, now=now):
        if value.entity != "time":
            continue
        start = datetime.fromisoformat(value.value["value"])
        assert start.utcoffset() == start.astimezone(now.tzinfo).utcoffset()
        assert value.value["grain"] in ("second", "minute", "hour", "day", "week", "month", "year")
        if "to" in value.value:
            assert datetime.fromisoformat(value.value["to"]) > start


@settings(max_examples=100, deadline=None)
@given(TEXTS, HINTS, NOWS)
def test_the_quick_look_never_overlooks(text: str, hints: tuple[str, ...], now: datetime) -> None:
    if not may_hold_values(text):
        assert finder._candidates(text, hints, "US") == ()


def test_every_language_has_the_words_a_time_needs() -> None:
    needed = {"numbers", "time_units", "weekdays", "days", "now", "parts", "money", "units"}
    for code, language in lexicon().languages.items():
        names = {name for phrases in language.phrases.values() for _, name, _ in phrases}
        assert needed <= names, code
        weekdays = {v for ps in language.phrases.values() for _, n, v in ps if n == "weekdays"}
        assert weekdays == set(range(1, 8)), code
        months = {v for ps in language.phrases.values() for _, n, v in ps if n == "months"}
        assert months in (set(range(1, 13)), set()), code


def steps(work: Callable[[], object]) -> int:
    """How many lines of Python it takes."""
    count = 0

    def trace(*_: object) -> object:
        nonlocal count
        count += 1
        return trace

    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        work()
    finally:
        sys.settrace(None)
    return count


@pytest.mark.parametrize(
    "part", ["5 ", "5", "one ", "and ", "next ", "at ", "1/", "1.", "1:", "-", "a@", "a.", "+1", "1 000 ",
             "tomorrow ", "дня ", "五", "the 3rd of ", "half past ", "$", "(1) "],
)  # fmt: skip
def test_the_work_grows_with_the_length(part: str) -> None:
    now = datetime(2026, 3, 4, 14, 0, tzinfo=UTC)

    def work(length: int) -> int:
        finder._candidates.cache_clear()
        text = (part * length)[:length]
        return steps(lambda: values_in(text, now=now))

    work(10)
    assert work(800) < 2.6 * work(400) + 2000
    values_in((part * 100_000)[:100_000], now=now)


def test_of_a_long_text_the_beginning_is_read() -> None:
    assert [v.value for v in values_in("5 " + "x" * 100_000 + " 6")] == [5]
    assert values_in("x" * READ_AT_MOST + " 5") == ()


@pytest.mark.parametrize(
    "text", ["\ud800 5", "5\ud800", "\udfff", "\0 5 \0", "\u202e5\u202c", "5\u0301"]
)
def test_any_code_points_are_read(text: str) -> None:
    assert all(text[v.start : v.end] for v in values_in(text))
