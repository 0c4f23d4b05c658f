"""No phone number, address or known name survives; what is left can be read."""

import re
import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.redaction import Span, redact

WORDS = st.text(alphabet=string.ascii_letters + " ,.!?'\n", max_size=40)
SEPARATORS = st.sampled_from(["", " ", "-", ".", "/", ") ", " (", "\u200b", "\u00a0", " - ", "_"])
DIGITS = st.sampled_from([*"0123456789", "٣", "۴", "५", "３"])
ATEXT = st.text(alphabet=string.ascii_letters + string.digits + "._%+-", min_size=1, max_size=30)
LABEL = st.text(alphabet=string.ascii_lowercase + string.digits, min_size=1, max_size=15)


@st.composite
def phone_numbers(draw: st.DrawFn) -> str:
    digits = draw(st.lists(DIGITS, min_size=7, max_size=15))
    parts = [digits[0], *(draw(SEPARATORS) + digit for digit in digits[1:])]
    return draw(st.sampled_from(["", "+", "(", "00"])) + "".join(parts)


@st.composite
def addresses(draw: st.DrawFn) -> str:
    domain = ".".join(draw(st.lists(LABEL, min_size=1, max_size=3)))
    at = draw(st.sampled_from(["@", "＠"]))
    return f"{draw(ATEXT)}{at}{domain}.{draw(st.sampled_from(['com', 'org', 'io', 'co']))}"


def digits_of(text: str) -> int:
    return sum(unicodedata.category(character) == "Nd" for character in text)


@given(WORDS, phone_numbers(), WORDS)
def test_no_phone_number_survives(before: str, number: str, after: str) -> None:
    plain = redact(f"{before} {number} {after}")
    assert digits_of(plain) == 0, plain


@given(WORDS, addresses(), WORDS)
def test_no_address_survives(before: str, address: str, after: str) -> None:
    plain = redact(f"{before} {address} {after}")
    assert "@" not in plain
    assert "＠" not in plain
    assert "[email]" in plain


@given(st.text(max_size=300))
def test_any_text_is_taken(text: str) -> None:
    plain = redact(text, [Span("name", 0, 3), Span("name", 2, 9_999)], [("first_name", text[:9])])
    assert not re.search(r"\d{5}", plain)


@given(WORDS)
def test_words_alone_stay_as_they_are(text: str) -> None:
    spelt = {"at", "dot", "punto", "ponto", "point", "arroba"}
    if not spelt & set(re.findall(r"\w+", text.lower())) and "www." not in text.lower():
        assert redact(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("call me at +1 (555) 012-3456 pls", "call me at [phone] pls"),
        ("my mail is bob.x@example.org, thx", "my mail is [email], thx"),
        ("bob at gmail dot com", "[email]"),
        ("bob @ gmail.com ok", "[email] ok"),
        ("write to @bobby", "write to [handle]"),
        ("see https://example.org/a?token=1 now", "see [link] now"),
        ("order AB123456 please", "order [code] please"),
        ("born 12.05.1984", "born [date]"),
        ("1984-05-12 it was", "[date] it was"),
        ("my zip is 12345", "my zip is [number]"),
        ("120/80", "120/80"),
        ("at 5:30 pm for 2 people", "at 5:30 pm for 2 people"),
        ("see you at the cafe. bye", "see you at the cafe. bye"),
        ("yes 👍", "yes 👍"),
        ("", ""),
    ],
)
def test_the_sentence_can_still_be_read(text: str, shown: str) -> None:
    assert redact(text) == shown


def test_names_are_taken_out_by_span_and_by_what_is_known() -> None:
    text = "Ann-Marie here, ask olga o'neil (Olga)"
    assert redact(
        text, [Span("name", 0, 9)], [("last_name", "O'Neil"), ("first_name", "Olga")]
    ) == ("[name] here, ask [name] [name] ([name])")
    # A field that says nothing of the person, and one of a single letter, stay.
    assert redact("yes a", (), [("wants", "yes"), ("first_name", "a")]) == "yes a"
    assert redact("Mariette", (), [("name", "Mari")]) == "Mariette"
    assert redact("it is 5 feet", [Span("number", 6, 7)]) == "it is 5 feet"


@pytest.mark.parametrize(
    "unit", ["a", "1", "a@", "1 ", "a1", "(", "a at ", "www.", "\ud800@", "a.", "1/", "_", "+"]
)
def test_long_texts_of_any_kind_come_back(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    assert len(redact(text)) <= 4 * len(text)
