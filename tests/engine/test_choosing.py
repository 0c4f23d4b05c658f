"""Which of several choices a reply means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.choosing import chosen, distance
from bot.engine.parse import NOTHING_READ

SIZES = ("Small", "Large", "Extra large", "None of them")
DAYS = ("Saturday", "Sunday", "Wednesday")
DOSES = ("10 mg", "20 mg", "2 pills")
LATER = ("2 weeks", "1 week", "Never")


def choice(choices: tuple[str, ...], text: str) -> str | None:
    return chosen(choices, text, NOTHING_READ)


@pytest.mark.parametrize(
    ("choices", "reply", "label"),
    [
        (SIZES, "LARGE!", "Large"),
        (SIZES, "the small one please", "Small"),
        (SIZES, "extra large", "Extra large"),
        (SIZES, "an extra large pls", "Extra large"),
        (SIZES, "extra", "Extra large"),
        (SIZES, "2", "Large"),
        (SIZES, "number 2", "Large"),
        (SIZES, "two", "Large"),
        (SIZES, "2️⃣", "Large"),
        (SIZES, "②", "Large"),
        (SIZES, "２", "Large"),
        (SIZES, "the second one", "Large"),
        (SIZES, "2nd", "Large"),
        (SIZES, "first", "Small"),
        (SIZES, "the last one", "None of them"),
        (SIZES, "последний", "None of them"),
        (SIZES, "अंतिम वाला", "None of them"),
        (SIZES, "lagre", "Large"),
        (SIZES, "smal pls", "Small"),
        (SIZES, "none of them", "None of them"),
        (SIZES, "small, not large", "Small"),
        (DAYS, "saterday", "Saturday"),
        (DAYS, "on wensday", "Wednesday"),
        (DOSES, "20", "20 mg"),
        (DOSES, "2", "20 mg"),
        (DOSES, "2 pills", "2 pills"),
        (LATER, "1 week please", "1 week"),
        (LATER, "1", "2 weeks"),
        (("نعم", "لا"), "نعم", "نعم"),
        (("会员", "非会员"), "非会员", "非会员"),
    ],
)
def test_what_is_chosen(choices: tuple[str, ...], reply: str, label: str) -> None:
    assert choice(choices, reply) == label


@pytest.mark.parametrize(
    ("choices", "reply"),
    [
        (SIZES, ""),
        (SIZES, "5"),
        (SIZES, "0"),
        (SIZES, "1.5"),
        (SIZES, "both"),
        (SIZES, "small and large"),
        (SIZES, "1 and 2"),
        (SIZES, "the first or the second"),
        (SIZES, "not large"),
        (SIZES, "the tenth"),
        (SIZES, "I know nothing"),
        (DAYS, "day"),
        (DAYS, "someday"),
        (("Rice", "Dice"), "lice"),
        (("No", "Yes"), "nope"),
        (("Cat", "Car"), "cab"),
    ],
)
def test_what_chooses_none(choices: tuple[str, ...], reply: str) -> None:
    assert choice(choices, reply) is None


@pytest.mark.parametrize(
    ("one", "other", "mistakes"),
    [("", "", 0), ("abc", "", 3), ("large", "lagre", 1), ("sunday", "sundy", 1), ("ab", "ba", 1),
     ("kitten", "sitting", 3)],
)  # fmt: skip
def test_distance(one: str, other: str, mistakes: int) -> None:
    assert distance(one, other) == distance(other, one) == mistakes


@given(st.lists(st.text(max_size=12), min_size=1, max_size=5), st.text(max_size=300))
def test_a_choice_is_one_of_the_labels_or_none(choices: list[str], reply: str) -> None:
    assert chosen(choices, reply, NOTHING_READ) in (*choices, None)


@given(st.text(min_size=1, max_size=12).filter(str.strip))
def test_a_label_chooses_itself(label: str) -> None:
    assert choice((label, "something else entirely"), label) == label


def test_a_long_reply_is_read_in_a_moment() -> None:
    assert choice(SIZES, "x" * 100_000) is None
    assert choice(("y" * 5000, "z"), "y " * 50_000) is None
