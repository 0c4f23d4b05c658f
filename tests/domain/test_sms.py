"""The segment counter against vectors that were computed by hand, and against its own laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.sms import is_gsm, segments


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 152, 3),  # the escape pair is not split over two parts
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("ж" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 67, 3),  # nor is a surrogate pair: 33 to a part
        ("ç" * 71, 2),  # not in the alphabet, though Ç is
        ("Ç" * 160, 1),
        ("`", 1),
    ],
)
def test_vectors(text: str, parts: int) -> None:
    assert segments(text) == parts


@pytest.mark.parametrize(
    ("text", "gsm"), [("Çà€^{}", True), ("ç", False), ("`", False), ("\x1b", False)]
)
def test_the_alphabet(text: str, gsm: bool) -> None:
    assert is_gsm(text) is gsm


@given(st.text(max_size=2000), st.text(max_size=50))
def test_a_longer_text_never_has_fewer_parts(text: str, more: str) -> None:
    assert segments(text + more) >= segments(text) or is_gsm(text) != is_gsm(text + more)


@given(st.text(max_size=2000))
def test_parts_are_enough_and_not_too_many(text: str) -> None:
    units = len(text.encode("utf-16-le")) // 2
    wide = units if not is_gsm(text) else len(text) + sum(c in "\f^{}\\[~]|€" for c in text)
    single, part = (160, 153) if is_gsm(text) else (70, 67)
    if wide <= single:
        assert segments(text) == 1
    else:
        # at most one unit a part is lost to a pair that would not fit
        assert -(-wide // part) <= segments(text) <= -(-wide // (part - 1))
