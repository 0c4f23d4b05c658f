"""Labelled messages become examples that are read back as they were written."""

import threading
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlu.folding import fold
from nlu.training.examples import TrainingData
from nlu.training.reader import read_file, read_project
from nlu.training.reviewed import HEADER, ReviewedExamples, as_line, with_example

TAUGHT = """\
version: "3.1"
nlu:
- intent: affirm
  examples: |
    - yes
- intent: deny
  examples: |
    - no
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "nlu" / "data").mkdir(parents=True)
    (tmp_path / "nlu" / "data" / "nlu.yml").write_text(TAUGHT, "utf-8")
    return tmp_path


def texts_in(path: Path) -> list[tuple[str, str]]:
    data = TrainingData()
    read_file(path, data)
    return [(e.text, e.label) for e in data.examples]


def test_examples_are_gathered_by_intent(folder: Path) -> None:
    reviewed = ReviewedExamples(folder)
    for text, intent in (
        ("yep", "affirm"),
        ("nah", "deny"),
        ("sure", "affirm"),
        ("hm", "faq/hours"),
    ):
        assert reviewed.add(text, intent)
    assert reviewed.path == folder / "nlu" / "data" / "reviewed.yml"
    assert reviewed.path.read_text("utf-8") == HEADER + (
        "- intent: affirm\n  examples: |\n    - yep\n    - sure\n"
        "- intent: deny\n  examples: |\n    - nah\n"
        "- intent: faq/hours\n  examples: |\n    - hm\n"
    )
    assert ("nah", "deny") in [(e.text, e.intent) for e in read_project(folder).examples]
    assert sorted(path.name for path in reviewed.path.parent.iterdir()) == [
        "nlu.yml", "reviewed.yml",
    ]  # fmt: skip


def test_what_is_taught_already_is_not_written_again(folder: Path) -> None:
    reviewed = ReviewedExamples(folder)
    assert not reviewed.add("YES ", "affirm")
    assert not reviewed.path.exists()
    assert reviewed.add("Yép", "affirm")
    assert not reviewed.add("yep", "affirm")
    assert not ReviewedExamples(folder).add("yep", "affirm")
    assert ReviewedExamples(folder).add("yep", "deny")
    assert len(texts_in(reviewed.path)) == 2


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    text=st.text(max_size=60) | st.text(alphabet="[](){}:-#'\"|>&*!%@`,? \n\ta", max_size=40),
    intent=st.sampled_from(["affirm", "no", "faq/hours", "привет", "a.b-c+d"]),
)
def test_any_text_reads_back_as_one_line_without_marks(
    folder: Path, text: str, intent: str
) -> None:
    reviewed = ReviewedExamples(folder)
    try:
        line = as_line(text)
    except ValueError:
        assert not text.isprintable() or not text.strip()
        return
    before = reviewed.path.read_bytes() if reviewed.path.exists() else b""
    try:
        added = reviewed.add(text, intent)
    except ValueError:
        after = reviewed.path.read_bytes() if reviewed.path.exists() else b""
        assert after == before
        return
    found = texts_in(reviewed.path)
    assert added is ((line, intent) in found) or (fold(line), intent) in {
        (fold(it), label) for it, label in found
    }
    data = TrainingData()
    read_file(reviewed.path, data)
    assert not any(e.entities for e in data.examples)
    assert yaml.safe_load(reviewed.path.read_text("utf-8"))["version"] == "3.1"


@pytest.mark.parametrize("text", ["", "  \n ", "\x00\x01", "\ud800", "x" * 1001])
def test_what_cannot_be_an_example_is_refused(folder: Path, text: str) -> None:
    with pytest.raises(ValueError, match="example"):
        ReviewedExamples(folder).add(text, "affirm")
    assert not ReviewedExamples(folder).path.exists()


def test_what_people_wrote_stays() -> None:
    written = (
        "# ours\nversion: '3.1'\nnlu:\n  - intent: affirm # the good one\n    examples: |\n      - a\n"
        "  - intent: deny\n    examples: |\n      - b\n\n"
        "  - synonym: NYC\n    examples: |\n      - big apple\n"
    )
    once = with_example(written, "c", "deny")
    assert once == written.replace("      - b\n", "      - b\n      - c\n")
    new = with_example(written, "c", "greet")
    assert new == written + "  - intent: greet\n    examples: |\n      - c\n"


def test_a_file_that_is_broken_stays_as_it_is(folder: Path) -> None:
    reviewed = ReviewedExamples(folder)
    reviewed.path.write_text("nlu: [", "utf-8")
    with pytest.raises(ValueError, match=r"reviewed\.yml"):
        reviewed.add("yep", "affirm")
    reviewed.path.write_text("nlu:\n- intent: affirm\n  examples:\n  - a\nresponses: {}\n", "utf-8")
    with pytest.raises(ValueError, match=r"reviewed.yml|cannot be written"):
        reviewed.add("yep", "greet")
    assert reviewed.path.read_text("utf-8").endswith("responses: {}\n")
    assert len(list(reviewed.path.parent.iterdir())) == 2


def test_a_project_of_rasas_layout_keeps_its_folder(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "nlu.yml").write_text(TAUGHT, "utf-8")
    assert ReviewedExamples(tmp_path).add("yep", "affirm")
    assert (tmp_path / "data" / "reviewed.yml").exists()
    assert {e.text for e in read_project(tmp_path).examples} == {"yes", "no", "yep"}


def test_writers_at_the_same_time_lose_nothing(folder: Path) -> None:
    threads = [
        threading.Thread(target=ReviewedExamples(folder).add, args=(f"yep {n}", "affirm"))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(texts_in(ReviewedExamples(folder).path)) == 8


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "nlu").write_text("a file where a folder should be")
    with pytest.raises(OSError, match="nlu"):
        ReviewedExamples(tmp_path).add("yep", "affirm")
