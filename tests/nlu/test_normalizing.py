"""Normalising: one spelling, and the way back to the characters that were written."""

import unicodedata
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.normalizing import TEXTESE, Normalized, normalize, variants

LANGUAGES = sorted(yaml.safe_load(Path(TEXTESE).read_text("utf-8")))

# Any code point, lone surrogates too, and often those that normalising has to do with.
TROUBLE = "aAßİıſé́̈'’´ ﷺﬃ٣३３كيـ​‮\u200d­한ᄒ\u1161\u11abｶﾞが\ud800yyyss2u8\t\0\n’½²Ⅷ…．"
TEXTS = st.text(
    st.one_of(st.characters(categories=None), st.sampled_from(TROUBLE)), max_size=60
) | st.lists(st.sampled_from(["thx", "u", "2moro", "yesss", "mñn", "É", "  "])).map(" ".join)
OPTIONS = st.fixed_dictionaries(
    {
        "language": st.sampled_from([None, *LANGUAGES]),
        "lower": st.booleans(),
        "accents": st.booleans(),
        "elongation": st.booleans(),
        "textese": st.booleans(),
    }
)


@pytest.mark.parametrize(
    ("text", "normalized"),
    [
        ("", ""),
        ("  Hello   there\t", "hello there"),
        ("ＦＵＬＬ　ｗｉｄｔｈ １２３", "full width 123"),
        ("۱۲۳ ٤٥٦ ४५६", "123 456 456"),
        ("٣٫٥ ٪", "3.5 %"),
        ("كتابي", "کتابی"),
        ("شـــكرا", "شکرا"),
        ("می‌خواهم", "میخواهم"),
        ("zero\u200bwidth \u202eabc\u202c", "zerowidth abc"),
        ("don’t", "don't"),
        ("yesssss", "yess"),
        ("THX u r gr8", "thanks you are great"),
        ("thxxxx", "thanks"),
        ("see u 2moro b4 noon", "see you tomorrow before noon"),
        ("2½ or ½ ﬁne", "2 1⁄2 or 1⁄2 fine"),
        ("cafe\u0301", "café"),
        ("5k is not ok", "5k is not ok"),
        ("Straße", "strasse"),
        ("\ud800 x", "\ud800 x"),
        ("a\0b", "a b"),
    ],
)
def test_spelling(text: str, normalized: str) -> None:
    assert normalize(text).text == normalized


@pytest.mark.parametrize(
    ("language", "text", "normalized"),
    [
        ("es", "xq no? grax", "porque no? gracias"),
        ("es", "mñn y tu", "mañana y tu"),
        ("pt", "vc vem hj", "você vem hoje"),
        ("ru", "спс, щас", "спасибо, сейчас"),
        ("id", "bsk gk bs", "besok tidak bisa"),
        ("tr", "tmm slm", "tamam selam"),
        ("en", "y not", "why not"),
        (None, "thx", "thanks"),
        ("xx", "thx", "thanks"),
    ],
)
def test_textese_is_of_a_language(language: str | None, text: str, normalized: str) -> None:
    assert normalize(text, language=language).text == normalized


def test_what_is_off_is_left_alone() -> None:
    assert normalize("Thxxx", textese=False).text == "thxx"
    assert normalize("Thxxx", elongation=False, textese=False).text == "thxxx"
    assert normalize("Élan", lower=False).text == "Élan"
    assert normalize("Élan crème", accents=False).text == "elan creme"
    assert normalize("mñn", language="es", accents=False).text == "manana"


@pytest.mark.parametrize(
    ("text", "part", "written"),
    [
        ("well  thx a lot", "thanks", "thx"),
        ("oh yesssss!", "yess", "yesssss"),
        ("１２３ yes", "123", "１２３"),
        ("\u200bso \u202eeasy", "easy", "easy"),
        ("cafe\u0301 ok", "café", "cafe\u0301"),
        ("eﬃcient", "fi", "ﬃ"),
        ("a \t b", " ", " \t "),
    ],
)
def test_the_way_back(text: str, part: str, written: str) -> None:
    read = normalize(text)
    at = read.text.index(part)
    start, end = read.span(at, at + len(part))
    assert text[start:end] == written


def test_places_outside_are_refused() -> None:
    read = normalize("abc")
    for start, end in ((-1, 2), (2, 1), (0, 4)):
        with pytest.raises(IndexError):
            read.span(start, end)


def test_a_stretched_word_may_be_several() -> None:
    assert variants("yesss") == ("yesss", "yess", "yes")
    assert variants("no") == ("no",)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("accents", [True, False])
def test_what_is_written_out_stays(language: str, accents: bool) -> None:
    words = yaml.safe_load(Path(TEXTESE).read_text("utf-8"))
    for expansion in (words["en"] | words[language]).values():
        once = normalize(expansion, language=language, accents=accents).text
        assert normalize(once, language=language, accents=accents).text == once
        assert once == normalize(expansion, textese=False, accents=accents).text


@settings(deadline=None)
@given(TEXTS, OPTIONS)
def test_normalizing_again_changes_nothing(text: str, options: dict[str, object]) -> None:
    once = normalize(text, **options).text  # type: ignore[arg-type]
    assert normalize(once, **options).text == once  # type: ignore[arg-type]


@settings(deadline=None)
@given(TEXTS, OPTIONS, st.data())
def test_spans_slice_the_original(
    text: str, options: dict[str, object], data: st.DataObject
) -> None:
    read = normalize(text, **options)  # type: ignore[arg-type]
    start = data.draw(st.integers(0, len(read.text)))
    end = data.draw(st.integers(start, len(read.text)))
    first, last = read.span(start, end)
    assert 0 <= first <= last <= len(text)
    assert (first == last) == (start == end)
    whole = read.span(0, len(read.text))
    assert whole[0] <= first <= last <= whole[1] or start == end


@settings(deadline=None)
@given(TEXTS)
def test_places_never_run_backwards(text: str) -> None:
    read = normalize(text)
    places = [read.span(i, i + 1) for i in range(len(read.text))]
    assert places == sorted(places)


@settings(deadline=None)
@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=40))
def test_without_options_it_is_nfkc_with_plain_spelling(text: str) -> None:
    read = normalize(text, lower=False, elongation=False, textese=False).text
    assert unicodedata.is_normalized("NFKC", read)
    assert "  " not in read


def steps(text: str) -> int:
    """How many lines of Python it takes to normalise."""
    import sys

    count = 0

    def trace(*_: object) -> object:
        nonlocal count
        count += 1
        return trace

    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        normalize(text)
    finally:
        sys.settrace(None)
    return count


@pytest.mark.parametrize(
    "part", ["aaa ", "thx ", "é", "\u0301\u0323", "ى", "\ud800", "\u200b", "ﷺ"]
)
def test_the_work_grows_with_the_length(part: str) -> None:
    assert steps(part * 2000) < 2.5 * steps(part * 1000)
    assert isinstance(normalize("e" + part * (100_000 // len(part))), Normalized)
