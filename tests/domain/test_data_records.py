"""Where a record may go, and which of two stays."""

import pytest

from bot.domain.data_records import DataRecord, is_collection, merged, why_refused


@pytest.mark.parametrize(
    ("name", "right"),
    [("orders", True), ("Orders-2026_b", True), ("x" * 64, True), ("x" * 65, False), ("", False),
     ("my orders", False), ("a/b", False), ("a.b", False), ("ordres\u00e9", False), ("a\n", False)],
)  # fmt: skip
def test_names_of_collections(name: str, right: bool) -> None:
    assert is_collection(name) is right
    assert (why_refused(name, None) is None) is right


def test_keys_have_an_end() -> None:
    assert why_refused("orders", "k" * 300) is None
    assert why_refused("orders", "k" * 301) == "a key has at most 300 characters"


def test_of_two_with_a_key_the_later_stays_under_the_first_id() -> None:
    first = DataRecord("1", "orders", 5.0, {"n": 1}, key="k")
    later = DataRecord("2", "orders", 6.0, {"n": 2}, key="k")
    [kept] = merged([first, later])
    assert (kept.id, kept.values, kept.at) == ("1", {"n": 2}, 6.0)
    [kept] = merged([later, first])
    assert (kept.id, kept.values) == ("2", {"n": 2})


def test_others_stay_apart() -> None:
    others = [
        DataRecord("3", "orders", 5.0), DataRecord("1", "orders", 5.0, key=""),
        DataRecord("4", "orders", 5.0, key="k"), DataRecord("2", "returns", 5.0, key="k"),
        DataRecord("5", "orders", 5.0),
    ]  # fmt: skip
    assert {it.id for it in merged(others)} == {"1", "2", "3", "4", "5"}
    assert merged(others) == merged(others[::-1])
