"""Numbers and ordinals in digits and in the words of sixteen languages."""

from typing import Any

import pytest

from nlu.values.finder import values_in


def found(text: str, language: str, entity: str) -> list[Any]:
    """The values of one kind, in order."""
    return [v.value for v in values_in(text, languages=(language, "en")) if v.entity == entity]


@pytest.mark.parametrize(
    ("language", "text", "number"),
    [
        ("en", "twenty one", 21),
        ("en", "Twenty-One please", 21),
        ("en", "one hundred and five", 105),
        ("en", "a hundred", 100),
        ("en", "one twenty", 120),
        ("en", "two thousand and twenty six", 2026),
        ("en", "two hundred thirty four thousand five", 234005),
        ("en", "a dozen", 12),
        ("en", "two dozen", 24),
        ("en", "2 dozen eggs", 24),
        ("en", "half a dozen", 6),
        ("en", "half", 0.5),
        ("en", "two and a half", 2.5),
        ("en", "two point five", 2.5),
        ("en", "minus five", -5),
        ("en", "just one", 1),
        ("en", "5 million", 5_000_000),
        ("es", "veintiuno", 21),
        ("es", "treinta y cinco", 35),
        ("es", "mil doscientos", 1200),
        ("es", "quiero dos", 2),
        ("es", "dos y media", 2.5),
        ("pt", "cento e vinte e três", 123),
        ("pt", "dezesseis", 16),
        ("pt", "meia dúzia", 6),
        ("fr", "vingt et un", 21),
        ("fr", "soixante et onze", 71),
        ("fr", "quatre-vingt-dix-sept", 97),
        ("fr", "deux cent vingt", 220),
        ("de", "einundzwanzig", 21),
        ("de", "zweihundertfünfzig", 250),
        ("de", "dreißig", 30),
        ("de", "drei Tausend", 3000),
        ("it", "ventuno", 21),
        ("it", "trentotto", 38),
        ("it", "duecentocinquanta", 250),
        ("ru", "двадцать пять", 25),
        ("ru", "сто двадцать", 120),
        ("ru", "две тысячи", 2000),
        ("ru", "полтора", 1.5),
        ("uk", "двадцять п'ять", 25),
        ("uk", "сто десять", 110),
        ("pl", "dwadzieścia pięć", 25),
        ("pl", "sto trzydzieści", 130),
        ("tr", "yirmi bir", 21),
        ("tr", "iki yüz elli", 250),
        ("tr", "on bes", 15),
        ("ar", "خمسة وعشرون", 25),
        ("ar", "مئة وخمسين", 150),
        ("fa", "بیست", 20),
        ("fa", "بیست و یک", 21),
        ("fa", "سیصد و پنجاه هزار", 350_000),
        ("hi", "पच्चीस", 25),
        ("hi", "साढ़े तीन", 3.5),
        ("hi", "दो लाख", 200_000),
        ("hi", "डेढ़ सौ", 150),
        ("id", "dua puluh lima", 25),
        ("id", "dua belas", 12),
        ("id", "seratus lima puluh", 150),
        ("zh", "二十三", 23),
        ("zh", "一百零五", 105),
        ("zh", "三万五千", 35_000),
        ("zh", "两个", 2),
        ("ja", "三百五十", 350),
        ("ja", "ふたつ", 2),
    ],
)
def test_numbers_in_words(language: str, text: str, number: float) -> None:
    assert found(text, language, "number") == [number]


@pytest.mark.parametrize(
    ("language", "text", "numbers"),
    [
        ("en", "7", [7]),
        ("en", "I am 42", [42]),
        ("en", "-7 and +8", [-7, 8]),
        ("en", "10-15 people", [10, 15]),
        ("en", "1.5k", [1500]),
        ("en", "1,5", [1.5]),
        ("en", "1,200", [1200]),
        ("en", "1.234", [1.234]),
        ("de", "1.234", [1234]),
        ("es", "1.000,50", [1000.5]),
        ("en", "1.000,50", [1000.5]),
        ("en", "1,234,567.5", [1234567.5]),
        ("fr", "1 000,50", [1000.5]),
        ("ru", "12 500", [12500]),
        ("en", "12 500", [12, 500]),
        ("en", "٣٫٥", [3.5]),
        ("fa", "۱۲۳", [123]),
        ("hi", "९", [9]),
        ("ja", "１２３", [123]),
        ("zh", "5万", [50_000]),
        ("en", "2½", [2.5]),
        ("en", "¼ of them", [0.25]),
        ("en", "9" * 400, []),
        ("en", "one or two", [1, 2]),
        ("en", "fifteen five", [15, 5]),
    ],
)
def test_numbers_in_digits(language: str, text: str, numbers: list[float]) -> None:
    assert found(text, language, "number") == numbers


@pytest.mark.parametrize(
    ("language", "text", "number"),
    [
        ("en", "the second one", 2),
        ("en", "3rd", 3),
        ("en", "twenty first", 21),
        ("es", "la segunda", 2),
        ("pt", "a terceira", 3),
        ("fr", "le deuxième", 2),
        ("de", "das zweite", 2),
        ("it", "la seconda", 2),
        ("ru", "второй", 2),
        ("ru", "2-й", 2),
        ("uk", "перший", 1),
        ("pl", "drugi", 2),
        ("tr", "ikinci", 2),
        ("ar", "الثاني", 2),
        ("fa", "دومی", 2),
        ("hi", "दूसरा", 2),
        ("id", "kedua", 2),
        ("zh", "第二个", 2),
        ("ja", "二番目", 2),
    ],
)
def test_ordinals(language: str, text: str, number: int) -> None:
    assert found(text, language, "ordinal") == [number]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "no one"),
        ("en", "the one"),
        ("en", "come on"),
        ("en", "mp3"),
        ("en", "my a1c"),
        ("en", "hundred"),
        ("fa", "نه"),
        ("zh", "一样"),
        ("zh", "差不多"),
        ("es", "una pregunta"),
        ("fr", "un ami"),
    ],
)
def test_what_is_no_number(language: str, text: str) -> None:
    assert values_in(text, languages=(language, "en")) == ()


@pytest.mark.parametrize(
    "text", ["veintiuno", "двадцать один", "بیست و یک", "इक्कीस", "二十一", "einundzwanzig"]
)
def test_the_hint_is_never_the_only_reading(text: str) -> None:
    assert found(text, "en", "number") == [21]


def test_the_hint_decides_between_languages() -> None:
    assert found("once", "es", "number") == [11]
    assert found("once", "en", "number") == []
    assert found("on", "tr", "number") == [10]
    assert found("on", "en", "number") == []
