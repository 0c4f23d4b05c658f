"""flows/_globals.json: values by name, or what is wrong with them and where."""

from pathlib import Path

import pytest

from bot.clients.globals_file import read_globals


def read(
    tmp_path: Path, text: str | bytes
) -> tuple[dict[str, object], list[tuple[str, int | None]]]:
    """The values, and code and line of each finding."""
    (tmp_path / "flows").mkdir()
    path = tmp_path / "flows" / "_globals.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    values, findings = read_globals(tmp_path)
    assert all(it.file == "flows/_globals.json" and it.severity == "error" for it in findings)
    return dict(values), [(it.code, it.line) for it in findings]


def test_values_of_all_kinds(tmp_path: Path) -> None:
    text = '{"$comment": "c", "open": true, "hours": [9, 17.5], "_x1": {"a": null}, "שם": "é"}'
    values, found = read(tmp_path, text.replace(', "שם": "é"', ', "name": "שם é"'))
    assert values == {"open": True, "hours": [9, 17.5], "_x1": {"a": None}, "name": "שם é"}
    assert found == []


def test_no_file_is_no_values(tmp_path: Path) -> None:
    assert read_globals(tmp_path) == ({}, ())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"open": tru}', [("json-syntax", 1)]),
        ("", [("json-syntax", 1)]),
        ("[1]", [("wrong-type", 1)]),
        ('{"a": 1,\n "a": 2}', [("json-key", None)]),
        ('{"a": 1,\n "two words": 2,\n "9": 3}', [("wrong-name", 2), ("wrong-name", 3)]),
        ('{"a": NaN}', [("json-key", None)]),
        ('{"a": 1e999}', [("wrong-type", 1)]),
        ('{"a": "\\u0000"}', [("wrong-text", 1)]),
        ('{"a": "\\ud800"}', [("wrong-text", 1)]),
        (b'{"a": "\xff"}', [("not-utf8", None)]),
        ('{"a": "' + "x" * 100_001 + '"}', [("too-large", 1)]),
        ("[" * 100_000, [("too-deep", None)]),
        ("{" + ",".join(f'"n{n}": 1' for n in range(1001)) + "}", [("too-large", 1)]),
        (" " * 1_000_001, [("too-large", None)]),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, text: str | bytes, found: list[tuple[str, int | None]]
) -> None:
    assert read(tmp_path, text)[1] == found
