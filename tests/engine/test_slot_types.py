"""Typed slots: what is converted, and what is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.slot_types import SLOT_TYPES, NotFitting, fitted
from tests.engine import strategies


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("any", {"x": [1]}, {"x": [1]}),
        ("text", 3.0, "3"),
        ("text", "x", "x"),
        ("number", " -2.50 ", -2.5),
        ("number", "007", 7),
        ("number", 2.5, 2.5),
        ("yes_no", "Yes", True),
        ("yes_no", "false", False),
        ("date", "2026-02-28", "2026-02-28"),
        ("time", "17:30", "17:30"),
        ("datetime", "2026-02-28T17:30+01:00", "2026-02-28T17:30+01:00"),
        ("duration", "10m", 600.0),
        ("duration", "90", 90),
        ("money", "5", {"value": 5, "unit": None}),
        ("money", {"value": 5, "unit": "EUR"}, {"value": 5, "unit": "EUR"}),
        ("location", {"latitude": "59.9", "longitude": 10}, {"latitude": 59.9, "longitude": 10}),
        ("media", "https://e.org/a", {"url": "https://e.org/a", "content_type": ""}),
        ("list", [1], [1]),
        ("object", {"x": 1}, {"x": 1}),
    ],
)
def test_what_fits(kind: str, value: Any, kept: Any) -> None:
    assert fitted(kind, value) == kept


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", True), ("text", []), ("number", "three"), ("number", True), ("number", ""),
        ("number", float("inf")), ("number", 10**400), ("yes_no", 1), ("yes_no", "perhaps"),
        ("date", "2026-02-30"), ("date", 5), ("time", "25:00"), ("datetime", "tomorrow"),
        ("duration", "soon"), ("money", {"unit": "EUR"}), ("location", {"latitude": 91, "longitude": 0}),
        ("location", "Oslo"), ("media", {}), ("media", ""), ("list", "x"), ("object", []),
    ],
)  # fmt: skip
def test_what_does_not_fit(kind: str, value: Any) -> None:
    with pytest.raises(NotFitting):
        fitted(kind, value)


@given(st.sampled_from(sorted(SLOT_TYPES)), strategies.json_values)
def test_what_fits_fits_again(kind: str, value: Any) -> None:
    try:
        kept = fitted(kind, value)
    except NotFitting:
        return
    assert fitted(kind, kept) == kept
    assert fitted(kind, None) is None
