"""Money, measures, durations, phone numbers and addresses."""

from typing import Any

import pytest

from nlu.values.finder import values_in


def found(text: str, language: str = "en", region: str | None = "US") -> list[tuple[str, Any]]:
    """Kinds and values, in order."""
    return [(v.entity, v.value) for v in values_in(text, languages=(language, "en"), region=region)]


def amount(value: float, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit}


@pytest.mark.parametrize(
    ("language", "text", "value", "unit"),
    [
        ("en", "$5", 5, "USD"),
        ("en", "5$", 5, "USD"),
        ("en", "5 bucks", 5, "USD"),
        ("en", "five dollars", 5, "USD"),
        ("en", "$1,200.50", 1200.5, "USD"),
        ("en", "5 dollars and 50 cents", 5.5, "USD"),
        ("en", "50 cents", 0.5, "USD"),
        ("en", "USD 20", 20, "USD"),
        ("en", "$2.5k", 2500, "USD"),
        ("en", "$1.5m", 1_500_000, "USD"),
        ("en", "rs. 500", 500, "INR"),
        ("en", "£10", 10, "GBP"),
        ("en", "20 quid", 20, "GBP"),
        ("en", "a dollar", 1, "USD"),
        ("es", "1.000,50 euros", 1000.5, "EUR"),
        ("es", "veinte pesos", 20, "MXN"),
        ("pt", "R$ 30", 30, "BRL"),
        ("pt", "20 reais", 20, "BRL"),
        ("fr", "1 000,50 €", 1000.5, "EUR"),
        ("fr", "dix euros", 10, "EUR"),
        ("de", "1.000,50 €", 1000.5, "EUR"),
        ("it", "venti euro", 20, "EUR"),
        ("ru", "20 евро", 20, "EUR"),
        ("ru", "500 рублей", 500, "RUB"),
        ("ru", "5 тысяч рублей", 5000, "RUB"),
        ("uk", "20 гривень", 20, "UAH"),
        ("pl", "20 zł", 20, "PLN"),
        ("tr", "20 lira", 20, "TRY"),
        ("ar", "20 دولار", 20, "USD"),
        ("fa", "500 تومان", 500, "IRT"),
        ("fa", "پانصد هزار تومان", 500_000, "IRT"),
        ("hi", "500 रुपये", 500, "INR"),
        ("hi", "₹500", 500, "INR"),
        ("id", "20 ribu rupiah", 20_000, "IDR"),
        ("zh", "20块钱", 20, "CNY"),
        ("ja", "千円", 1000, "JPY"),
    ],
)
def test_money(language: str, text: str, value: float, unit: str) -> None:
    assert found(text, language) == [("amount-of-money", amount(value, unit))]


@pytest.mark.parametrize(
    ("language", "text", "entity", "value", "unit"),
    [
        ("en", "120 mg/dl", "quantity", 120, "mg/dl"),
        ("en", "120mg/dL", "quantity", 120, "mg/dl"),
        ("en", "5.6 mmol/l", "quantity", 5.6, "mmol/l"),
        ("en", "5,6 mmol", "quantity", 5.6, "mmol/l"),
        ("en", "50%", "quantity", 50, "percent"),
        ("en", "fifty percent", "quantity", 50, "percent"),
        ("en", "150 lbs", "quantity", 150, "pound"),
        ("en", "70kg", "quantity", 70, "kilogram"),
        ("en", "two kilos", "quantity", 2, "kilogram"),
        ("en", "500g", "quantity", 500, "gram"),
        ("en", "6 feet", "distance", 6, "foot"),
        ("en", "5km", "distance", 5, "kilometre"),
        ("en", "180 cm", "distance", 180, "centimetre"),
        ("en", "37.5 celsius", "temperature", 37.5, "celsius"),
        ("en", "98.6°F", "temperature", 98.6, "fahrenheit"),
        ("en", "20 degrees", "temperature", 20, "degree"),
        ("en", "two cups", "volume", 2, "cup"),
        ("en", "3/4 cup", "volume", 0.75, "cup"),
        ("en", "half a litre", "volume", 0.5, "litre"),
        ("en", "250 ml", "volume", 250, "millilitre"),
        ("es", "medio kilo", "quantity", 0.5, "kilogram"),
        ("fr", "deux kilos", "quantity", 2, "kilogram"),
        ("de", "3 Liter", "volume", 3, "litre"),
        ("ru", "5,6 ммоль/л", "quantity", 5.6, "mmol/l"),
        ("ru", "70 кг", "quantity", 70, "kilogram"),
        ("tr", "yüzde 50", "quantity", 50, "percent"),
        ("fa", "۵۰ درصد", "quantity", 50, "percent"),
        ("hi", "2 किलो", "quantity", 2, "kilogram"),
        ("zh", "百分之五十", "quantity", 50, "percent"),
        ("zh", "5公里", "distance", 5, "kilometre"),
        ("ja", "2リットル", "volume", 2, "litre"),
    ],
)
def test_measures(language: str, text: str, entity: str, value: float, unit: str) -> None:
    assert found(text, language) == [(entity, amount(value, unit))]


def test_pounds_are_money_and_a_weight() -> None:
    assert found("5 pounds") == [
        ("amount-of-money", amount(5, "GBP")),
        ("quantity", amount(5, "pound")),
    ]


@pytest.mark.parametrize(
    ("language", "text", "value", "unit", "seconds"),
    [
        ("en", "2 hours", 2, "hour", 7200),
        ("en", "an hour", 1, "hour", 3600),
        ("en", "90 mins", 90, "minute", 5400),
        ("en", "1h30", 90, "minute", 5400),
        ("en", "1 hour and 15 minutes", 75, "minute", 4500),
        ("en", "an hour and a half", 1.5, "hour", 5400),
        ("en", "half an hour", 0.5, "hour", 1800),
        ("en", "hour and a half", 1.5, "hour", 5400),
        ("en", "1 1/2 hours", 1.5, "hour", 5400),
        ("en", "a couple of weeks", 2, "week", 1209600),
        ("en", "three days", 3, "day", 259200),
        ("es", "media hora", 0.5, "hour", 1800),
        ("es", "una hora y media", 1.5, "hour", 5400),
        ("pt", "duas semanas", 2, "week", 1209600),
        ("fr", "une demi-heure", 0.5, "hour", 1800),
        ("de", "anderthalb Stunden", 1.5, "hour", 5400),
        ("it", "due ore", 2, "hour", 7200),
        ("ru", "полчаса", 0.5, "hour", 1800),
        ("ru", "2 недели", 2, "week", 1209600),
        ("uk", "3 дні", 3, "day", 259200),
        ("pl", "dwie godziny", 2, "hour", 7200),
        ("tr", "yarım saat", 0.5, "hour", 1800),
        ("ar", "ساعتين", 2, "hour", 7200),
        ("fa", "دو ساعت", 2, "hour", 7200),
        ("hi", "दो घंटे", 2, "hour", 7200),
        ("id", "seminggu", 1, "week", 604800),
        ("zh", "两个小时", 2, "hour", 7200),
        ("ja", "3時間", 3, "hour", 10800),
    ],
)
def test_durations(language: str, text: str, value: float, unit: str, seconds: float) -> None:
    [(_entity, read)] = [f for f in found(text, language) if f[0] == "duration"]
    assert read == {"value": value, "unit": unit, "seconds": seconds}


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("call me at +1 (212) 555-0123 please", "US", "+12125550123"),
        ("212-736-5000", "US", "+12127365000"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("my number is 8 912 345-67-89", "RU", "+79123456789"),
        ("۰۹۱۲۱۲۳۴۵۶۷", "IR", "+989121234567"),
        ("+989121234567", None, "+989121234567"),
    ],
)
def test_phone_numbers(text: str, region: str | None, number: str) -> None:
    assert found(text, region=region) == [("phone-number", number)]


@pytest.mark.parametrize("text", ["1234567", "1 2 3 4 5 6 7 8 9 10 11 12", "2026-05-03 17:00:00"])
def test_digits_that_nobody_can_call(text: str) -> None:
    assert "phone-number" not in [entity for entity, _ in found(text)]


@pytest.mark.parametrize(
    ("text", "entity", "value", "written"),
    [
        ("it's Ann.Lee+x@Example.ORG.", "email", "ann.lee+x@example.org", "Ann.Lee+x@Example.ORG"),
        ("(ann@example.co.uk)", "email", "ann@example.co.uk", "ann@example.co.uk"),
        ("see https://Example.org/a?b=1.", "url", "https://Example.org/a?b=1", "https://Example.org/a?b=1"),
        ("go to example.com now", "url", "example.com", "example.com"),
    ],
)  # fmt: skip
def test_addresses(text: str, entity: str, value: str, written: str) -> None:
    read = next(v for v in values_in(text) if v.entity == entity)
    assert (read.value, text[read.start : read.end]) == (value, written)


@pytest.mark.parametrize("text", ["ann@", "@ann", "a@b", "no.yes", "ok...sure", "e.g. this"])
def test_what_is_no_address(text: str) -> None:
    assert found(text) == []


def test_the_longest_wins() -> None:
    assert [v.entity for v in values_in("5 dollars for 2 hours, 3rd of 12")] == [
        "amount-of-money", "duration", "ordinal", "number"]  # fmt: skip
