"""What may lie where a flow is looked for: each is refused by name, and none stops the reader."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.clients.api_files import read_apis
from bot.clients.flow_files import read_flows
from bot.clients.globals_file import read_globals
from bot.engine.findings import Finding

Making = Callable[[Path], object]


def codes(findings: "list[Finding] | tuple[Finding, ...]") -> list[tuple[str, str]]:
    return [(it.file, it.code) for it in findings if it.severity == "error"]


def huge(path: Path) -> None:
    """More bytes than anyone wants in memory, and none of them on the disk."""
    with path.open("wb") as file:
        file.truncate(2**33)


STRANGE = [
    pytest.param(Path.mkdir, "not-read", id="folder"),
    pytest.param(os.mkfifo, "not-read", id="pipe"),
    pytest.param(lambda path: path.symlink_to("nowhere"), "not-read", id="link to nothing"),
    pytest.param(lambda path: path.symlink_to(path), "not-read", id="link to itself"),
    pytest.param(lambda path: path.symlink_to("/dev/zero"), "not-read", id="device"),
    pytest.param(huge, "too-large", id="huge"),
    pytest.param(lambda path: path.write_bytes(b"\xff\xfe{\x00"), "not-utf8", id="utf-16"),
]


@pytest.mark.parametrize(("make", "code"), STRANGE)
def test_what_is_no_file_of_text(tmp_path: Path, make: Making, code: str) -> None:
    (tmp_path / "flows" / "apis").mkdir(parents=True)
    for name in ("talk", "_globals", "apis/weather"):
        make(tmp_path / "flows" / f"{name}.json")
    assert codes(read_flows(tmp_path)[1]) == [("flows/talk.json", code)]
    assert codes(read_apis(tmp_path, dict[str, str]().get)[1]) == [
        ("flows/apis/weather.json", code)
    ]
    assert codes(read_globals(tmp_path)[1]) == [("flows/_globals.json", code)]


@pytest.mark.parametrize("name", [b"x\xff.json", b"a\nb.json", b"\x1b[31m.json"])
def test_a_name_that_cannot_be_shown(tmp_path: Path, name: bytes) -> None:
    (tmp_path / "flows" / "apis").mkdir(parents=True)
    for folder in ("flows", "flows/apis"):
        (Path(os.fsdecode(os.fsencode(tmp_path / folder) + b"/" + name))).write_text("[]")
    found = [*read_flows(tmp_path)[1], *read_apis(tmp_path, dict[str, str]().get)[1]]
    assert [code for _, code in codes(found)] == ["wrong-name", "wrong-name"]
    assert all(str(it).isprintable() for it in found)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "talk.json").write_text('[{"name": "A"}]', encoding="utf-8-sig")
    [file], findings = read_flows(tmp_path)
    assert (file.flow.name, codes(findings)) == ("talk", [])


def test_a_folder_that_is_gone_is_no_deletion_of_all_flows(tmp_path: Path) -> None:
    assert codes(read_flows(tmp_path)[1]) == [("flows", "not-read")]
