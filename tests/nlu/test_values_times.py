"""Times, counted from one moment in several zones, in sixteen languages."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from nlu.values.calendars import gregorian, jalali_of
from nlu.values.finder import Value, values_in

NEW_YORK = ZoneInfo("America/New_York")
# A Wednesday, at two in the afternoon.
NOW = datetime(2026, 3, 4, 14, 0, tzinfo=NEW_YORK)


def times(text: str, language: str = "en", now: datetime = NOW, region: str = "US") -> list[Value]:
    """The times of a text."""
    found = values_in(text, languages=(language, "en"), now=now, region=region)
    return [v for v in found if v.entity == "time"]


def one(text: str, language: str = "en", now: datetime = NOW, region: str = "US") -> dict[str, Any]:
    """The only time of a text, as JSON."""
    [found] = times(text, language, now, region)
    value: dict[str, Any] = found.value
    return value


def local(value: dict[str, Any]) -> str:
    """Without offset and seconds; the end of an interval behind it."""
    start = value["value"][:16]
    return f"{start} {value['to'][:16]}" if "to" in value else start


@pytest.mark.parametrize(
    ("text", "when", "grain"),
    [
        ("tmrw 5ish", "2026-03-05T17:00", "hour"),
        ("next fri", "2026-03-06T00:00", "day"),
        ("fri", "2026-03-06T00:00", "day"),
        ("wednesday", "2026-03-11T00:00", "day"),
        ("wednesday at 5", "2026-03-04T17:00", "hour"),
        ("wednesday at 9am", "2026-03-11T09:00", "hour"),
        ("this wednesday", "2026-03-04T00:00", "day"),
        ("friday next week", "2026-03-13T00:00", "day"),
        ("next week friday", "2026-03-13T00:00", "day"),
        ("last monday", "2026-03-02T00:00", "day"),
        ("in 2 hours", "2026-03-04T16:00", "minute"),
        ("in 5m", "2026-03-04T14:05", "second"),
        ("in an hour and a half", "2026-03-04T15:30", "minute"),
        ("3 days ago", "2026-03-01T00:00", "day"),
        ("2 weeks from now", "2026-03-18T00:00", "day"),
        ("in 2 days at 5pm", "2026-03-06T17:00", "hour"),
        ("the 3rd", "2026-04-03T00:00", "day"),
        ("the 4th", "2026-03-04T00:00", "day"),
        ("the 31st", "2026-03-31T00:00", "day"),
        ("on the 3rd at noon", "2026-04-03T12:00", "hour"),
        ("friday the 13th", "2026-03-13T00:00", "day"),
        ("3/4", "2026-03-04T00:00", "day"),
        ("12/25", "2026-12-25T00:00", "day"),
        ("25/12", "2026-12-25T00:00", "day"),
        ("3/4/2027 5pm", "2027-03-04T17:00", "hour"),
        ("3/4/27", "2027-03-04T00:00", "day"),
        ("2026-05-03", "2026-05-03T00:00", "day"),
        ("2026-05-03T17:00", "2026-05-03T17:00", "minute"),
        ("may 5th", "2026-05-05T00:00", "day"),
        ("5 May 2027", "2027-05-05T00:00", "day"),
        ("the 3rd of february", "2027-02-03T00:00", "day"),
        ("feb 29", "2028-02-29T00:00", "day"),
        ("tuesday, march 10", "2026-03-10T00:00", "day"),
        ("may", "2026-05-01T00:00", "month"),
        ("next week", "2026-03-09T00:00", "week"),
        ("next month", "2026-04-01T00:00", "month"),
        ("next year", "2027-01-01T00:00", "year"),
        ("5pm", "2026-03-04T17:00", "hour"),
        ("5 p.m.", "2026-03-04T17:00", "hour"),
        ("at 5", "2026-03-04T17:00", "hour"),
        ("at 1", "2026-03-05T13:00", "hour"),
        ("at 10", "2026-03-04T22:00", "hour"),
        ("at 9:15 tomorrow", "2026-03-05T09:15", "minute"),
        ("17:30", "2026-03-04T17:30", "minute"),
        ("05:30", "2026-03-05T05:30", "minute"),
        ("17:30:15", "2026-03-04T17:30", "second"),
        ("half past six", "2026-03-04T18:30", "minute"),
        ("quarter to 5", "2026-03-04T16:45", "minute"),
        ("ten to five", "2026-03-04T16:50", "minute"),
        ("five thirty pm", "2026-03-04T17:30", "minute"),
        ("noon", "2026-03-05T12:00", "hour"),
        ("noon tomorrow", "2026-03-05T12:00", "hour"),
        ("midnight", "2026-03-05T00:00", "hour"),
        ("12am", "2026-03-05T00:00", "hour"),
        ("12pm tomorrow", "2026-03-05T12:00", "hour"),
        ("tonight at 8", "2026-03-04T20:00", "hour"),
        ("tonight at 1", "2026-03-05T01:00", "hour"),
        ("u free 2nite at 8?", "2026-03-04T20:00", "hour"),
        ("saturday morning at 10", "2026-03-07T10:00", "hour"),
        ("now", "2026-03-04T14:00", "second"),
        ("tomorrow morning", "2026-03-05T06:00 2026-03-05T12:00", "hour"),
        ("this afternoon", "2026-03-04T12:00 2026-03-04T18:00", "hour"),
        ("this weekend", "2026-03-07T00:00 2026-03-09T00:00", "day"),
        ("5-6pm", "2026-03-04T17:00 2026-03-04T18:00", "hour"),
        ("8am-10am", "2026-03-05T08:00 2026-03-05T10:00", "hour"),
        ("from 9 to 5", "2026-03-05T09:00 2026-03-05T17:00", "hour"),
        ("between 5 and 6 tomorrow", "2026-03-05T17:00 2026-03-05T18:00", "hour"),
        ("tomorrrrow!!", "2026-03-05T00:00", "day"),
        ("TOMORROW5PM", "2026-03-05T17:00", "hour"),
        ("５ｐｍ", "2026-03-04T17:00", "hour"),
        ("mon-fri", "2026-03-09T00:00 2026-03-14T00:00", "day"),
        ("monday to wednesday", "2026-03-09T00:00 2026-03-12T00:00", "day"),
        ("last night", "2026-03-03T20:00 2026-03-04T00:00", "hour"),
        ("a week from tomorrow", "2026-03-12T00:00", "day"),
        ("two weeks from friday at 5pm", "2026-03-20T17:00", "hour"),
        ("12 noon", "2026-03-05T12:00", "hour"),
        ("5 oct 27", "2027-10-05T00:00", "day"),
        ("weds at 10", "2026-03-11T10:00", "hour"),
        ("3 o'clock", "2026-03-04T15:00", "hour"),
        ("10 at night", "2026-03-04T22:00", "hour"),
    ],
)
def test_english(text: str, when: str, grain: str) -> None:
    value = one(text)
    assert (local(value), value["grain"]) == (when, grain)


@pytest.mark.parametrize(
    ("language", "text", "when"),
    [
        ("es", "mañana a las 5", "2026-03-05T17:00"),
        ("es", "mañana por la mañana", "2026-03-05T06:00 2026-03-05T12:00"),
        ("es", "por la mañana", "2026-03-05T06:00 2026-03-05T12:00"),
        ("es", "el viernes que viene", "2026-03-06T00:00"),
        ("es", "a las 5 y media", "2026-03-04T17:30"),
        ("es", "a las cinco menos cuarto", "2026-03-04T16:45"),
        ("es", "el 3 de mayo", "2026-05-03T00:00"),
        ("es", "hace 3 días", "2026-03-01T00:00"),
        ("es", "pasado mañana a las 17:30", "2026-03-06T17:30"),
        ("es", "hoy a las 8 de la noche", "2026-03-04T20:00"),
        ("es", "3/4", "2026-04-03T00:00"),
        ("pt", "amanhã às 5", "2026-03-05T17:00"),
        ("pt", "amanhã às 17h30", "2026-03-05T17:30"),
        ("pt", "sexta-feira", "2026-03-06T00:00"),
        ("pt", "daqui a 2 horas", "2026-03-04T16:00"),
        ("pt", "dia 3", "2026-04-03T00:00"),
        ("fr", "demain à 17h30", "2026-03-05T17:30"),
        ("fr", "à 5 heures et demie", "2026-03-04T17:30"),
        ("fr", "cinq heures moins le quart", "2026-03-04T16:45"),
        ("fr", "il y a 3 jours", "2026-03-01T00:00"),
        ("fr", "ce soir", "2026-03-04T18:00 2026-03-05T00:00"),
        ("fr", "lundi matin", "2026-03-09T06:00 2026-03-09T12:00"),
        ("fr", "le 3 mai", "2026-05-03T00:00"),
        ("de", "morgen um 5", "2026-03-05T17:00"),
        ("de", "morgen früh", "2026-03-05T06:00 2026-03-05T12:00"),
        ("de", "um halb sechs", "2026-03-04T17:30"),
        ("de", "viertel vor fünf", "2026-03-04T16:45"),
        ("de", "übermorgen 17 Uhr 30", "2026-03-06T17:30"),
        ("de", "am 3. Mai um 17:30", "2026-05-03T17:30"),
        ("de", "3.5.2026", "2026-05-03T00:00"),
        ("de", "in zwei Stunden", "2026-03-04T16:00"),
        ("it", "domani alle 5", "2026-03-05T17:00"),
        ("it", "alle cinque e mezza", "2026-03-04T17:30"),
        ("it", "venerdì prossimo", "2026-03-06T00:00"),
        ("it", "tre giorni fa", "2026-03-01T00:00"),
        ("it", "stasera alle 8", "2026-03-04T20:00"),
        ("ru", "завтра в 17:30", "2026-03-05T17:30"),
        ("ru", "завтра в 5", "2026-03-05T17:00"),
        ("ru", "в пятницу в 6 вечера", "2026-03-06T18:00"),
        ("ru", "через час", "2026-03-04T15:00"),
        ("ru", "через полчаса", "2026-03-04T14:30"),
        ("ru", "в полшестого", "2026-03-04T17:30"),
        ("ru", "без десяти пять", "2026-03-04T16:50"),
        ("ru", "3 мая", "2026-05-03T00:00"),
        ("ru", "в час дня", "2026-03-05T13:00"),
        ("ru", "с 5 до 6", "2026-03-04T17:00 2026-03-04T18:00"),
        ("ru", "на следующей неделе", "2026-03-09T00:00"),
        ("uk", "завтра о п'ятій", "2026-03-05T17:00"),
        ("uk", "у п'ятницю ввечері", "2026-03-06T18:00 2026-03-06T22:00"),
        ("uk", "через годину", "2026-03-04T15:00"),
        ("pl", "jutro o 17", "2026-03-05T17:00"),
        ("pl", "wpół do szóstej", "2026-03-04T17:30"),
        ("pl", "za dziesięć piąta", "2026-03-04T16:50"),
        ("pl", "pojutrze rano", "2026-03-06T06:00 2026-03-06T12:00"),
        ("tr", "yarın saat 5'te", "2026-03-05T17:00"),
        ("tr", "bu akşam 8'de", "2026-03-04T20:00"),
        ("tr", "2 saat sonra", "2026-03-04T16:00"),
        ("tr", "saat beş buçukta", "2026-03-04T17:30"),
        ("tr", "yarin 17:30", "2026-03-05T17:30"),
        ("ar", "غدا الساعة الخامسة", "2026-03-05T17:00"),
        ("ar", "غدا الساعة ٥ مساء", "2026-03-05T17:00"),
        ("ar", "بعد ساعتين", "2026-03-04T16:00"),
        ("ar", "الجمعة القادمة", "2026-03-06T00:00"),
        ("fa", "فردا ساعت ۵", "2026-03-05T17:00"),
        ("fa", "فردا صبح", "2026-03-05T06:00 2026-03-05T12:00"),
        ("fa", "پنج‌شنبه", "2026-03-05T00:00"),
        ("fa", "دو ساعت دیگه", "2026-03-04T16:00"),
        ("fa", "یک ربع به پنج", "2026-03-04T16:45"),
        ("fa", "۵ فروردین", "2026-03-25T00:00"),
        ("fa", "۱۴۰۵/۲/۳", "2026-04-23T00:00"),
        ("hi", "कल शाम 5 बजे", "2026-03-05T17:00"),
        ("hi", "साढ़े पाँच बजे", "2026-03-04T17:30"),
        ("hi", "3 दिन पहले", "2026-03-01T00:00"),
        ("id", "besok jam 5 sore", "2026-03-05T17:00"),
        ("id", "jam setengah enam", "2026-03-04T17:30"),
        ("id", "minggu depan", "2026-03-09T00:00"),
        ("id", "hari minggu", "2026-03-08T00:00"),
        ("zh", "明天下午5点", "2026-03-05T17:00"),
        ("zh", "明天下午五点半", "2026-03-05T17:30"),
        ("zh", "下周五", "2026-03-13T00:00"),
        ("zh", "两个小时后", "2026-03-04T16:00"),
        ("zh", "5月3日", "2026-05-03T00:00"),
        ("ja", "明日の午後5時", "2026-03-05T17:00"),
        ("ja", "来週の金曜日", "2026-03-13T00:00"),
        ("ja", "3日前", "2026-03-01T00:00"),
        ("ja", "今夜8時", "2026-03-04T20:00"),
    ],
)
def test_other_languages(language: str, text: str, when: str) -> None:
    assert local(one(text, language)) == when
    if text != "3/4":
        assert local(one(text, "en")) == when


@pytest.mark.parametrize(
    ("language", "region", "when"),
    [("en", "US", "2026-03-05"), ("en", "GB", "2026-05-03"), ("fr", "US", "2026-05-03"),
     ("zh", "CN", "2026-03-05")],
)  # fmt: skip
def test_which_number_is_the_month(language: str, region: str, when: str) -> None:
    [found] = times("3/5", language, region=region)
    assert found.value["value"][:10] == when
    assert found.confidence < 0.8


@pytest.mark.parametrize(
    "text",
    ["I may come", "I sat down", "table for 5", "about 5", "guten morgen", "good morning", "march on",
     "5 people", "1h30 of work", "at 5:60", "24/7", "10 to 20",
     "30/30", "2026-13-01", "99/99/9999", "in 99999999 years"],
)  # fmt: skip
def test_what_is_no_time(text: str) -> None:
    assert times(text) == []


def test_a_day_that_does_not_exist_is_left_out() -> None:
    assert all(v.value["grain"] != "day" for v in times("feb 30"))
    assert times("30.02.2027", "de") == []


def test_without_now_no_time_is_guessed() -> None:
    found = values_in("in 2 hours, or tomorrow at 5pm")
    assert [(v.entity, v.value) for v in found] == [
        ("duration", {"value": 2, "unit": "hour", "seconds": 7200}),
        ("number", 5),
    ]
    assert values_in("tomorrow", now=datetime(2026, 3, 4, 14, 0)) == ()  # noqa: DTZ001


@pytest.mark.parametrize(
    ("zone", "text", "iso"),
    [
        ("America/New_York", "tomorrow at 5pm", "2026-03-05T17:00:00-05:00"),
        ("Asia/Tehran", "tomorrow at 5pm", "2026-03-05T17:00:00+03:30"),
        ("Asia/Kolkata", "tomorrow at 5pm", "2026-03-06T17:00:00+05:30"),
        ("Pacific/Auckland", "tomorrow at 5pm", "2026-03-06T17:00:00+13:00"),
        ("America/New_York", "sunday march 8 at 5pm", "2026-03-08T17:00:00-04:00"),
    ],
)
def test_the_offset_is_the_contacts(zone: str, text: str, iso: str) -> None:
    assert one(text, now=NOW.astimezone(ZoneInfo(zone)))["value"] == iso


class TestSummerTime:
    """New York: at two on 8 March 2026 it is three; at two on 1 November it is one again."""

    def test_a_time_that_is_skipped_moves_on(self) -> None:
        [found] = times("march 8 at 2:30 am")
        assert found.value["value"] == "2026-03-08T03:30:00-04:00"
        assert found.confidence <= 0.5

    def test_a_time_that_comes_twice_is_the_first(self) -> None:
        [found] = times("nov 1 at 1:30 am")
        assert found.value["value"] == "2026-11-01T01:30:00-04:00"
        assert found.confidence <= 0.6

    def test_a_time_that_comes_twice_is_the_second_once_the_first_is_over(self) -> None:
        now = datetime(2026, 11, 1, 1, 45, tzinfo=NEW_YORK)
        assert one("at 1:30am today", now=now)["value"] == "2026-11-01T01:30:00-05:00"

    def test_hours_pass_by_the_clock_of_the_world(self) -> None:
        now = datetime(2026, 3, 8, 1, 0, tzinfo=NEW_YORK)
        assert one("in 2 hours", now=now)["value"] == "2026-03-08T04:00:00-04:00"
        back = datetime(2026, 11, 1, 0, 30, tzinfo=NEW_YORK)
        assert one("in 2 hours", now=back)["value"] == "2026-11-01T01:30:00-05:00"

    def test_days_pass_by_the_calendar(self) -> None:
        now = datetime(2026, 3, 7, 14, 0, tzinfo=NEW_YORK)
        assert one("tomorrow at 2pm", now=now)["value"] == "2026-03-08T14:00:00-04:00"

    def test_a_midnight_that_is_skipped_begins_the_day_later(self) -> None:
        now = datetime(2026, 9, 5, 12, 0, tzinfo=ZoneInfo("America/Santiago"))
        assert one("tomorrow", now=now)["value"] == "2026-09-06T01:00:00-03:00"


def test_the_next_plausible_five() -> None:
    """A bare five is the first five in waking hours that is still ahead."""
    for hour, when in ((6, "04T17:00"), (16, "04T17:00"), (18, "05T17:00"), (23, "05T17:00")):
        assert one("at 5", now=NOW.replace(hour=hour))["value"][8:16] == when
    assert one("at 8", now=NOW.replace(hour=6))["value"][8:16] == "04T08:00"
    assert one("at 8", now=NOW.replace(hour=9))["value"][8:16] == "04T20:00"


def test_a_guess_is_less_sure_than_what_was_said() -> None:
    assert times("at 5")[0].confidence < times("at 5pm")[0].confidence
    assert times("next friday")[0].confidence < times("friday")[0].confidence


def test_the_persian_calendar() -> None:
    day = datetime(1990, 1, 1).date()  # noqa: DTZ001
    for _ in range(3000):
        assert gregorian(*jalali_of(day)) == day
        day += timedelta(days=7)
    for year, iso in ((1375, "1996-03-20"), (1399, "2020-03-20"), (1403, "2024-03-20"),
                      (1404, "2025-03-21"), (1405, "2026-03-21"), (1408, "2029-03-20")):  # fmt: skip
        assert str(gregorian(year, 1, 1)) == iso
    assert gregorian(1404, 12, 30) is None
    assert gregorian(1403, 12, 30) is not None
