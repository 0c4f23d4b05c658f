"""Numbers in replies."""

import pytest

from bot.engine.numbers import LONGEST_TEXT, numbers_in


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", ()),
        ("none", ()),
        ("7", (7,)),
        ("-7 and +8", (-7, 8)),
        ("−7", (-7,)),
        ("10-15", (10, 15)),
        ("room-5", (5,)),
        ("2.5 or 2,5", (2.5, 2.5)),
        ("1,234,567.5", (1234567.5,)),
        ("1.234.567,5", (1234567.5,)),
        ("1.234", (1.234,)),
        ("٣٫٥", (3.5,)),
        ("९", (9,)),
        ("9" * 400, ()),
        ("9" * 400 + " 3", (3,)),
        ("seven", (7,)),
        ("twenty-one", (21,)),
        ("one twenty", (120,)),
        ("one hundred and five", (105,)),
        ("two hundred thirty four", (234,)),
        ("one, two", (1,)),
        ("one or two", (1,)),
        ("fifteen five", (15,)),
        ("hundred", ()),
        ("zero", (0,)),
        ("anyone", ()),
        ("x" * LONGEST_TEXT + " 5", ()),
    ],
)
def test_numbers_in(text: str, numbers: tuple[float, ...]) -> None:
    assert numbers_in(text) == numbers
