"""Adds labelled messages to the training data: to one file that people can go on editing."""

import fcntl
import json
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nlu.errors import NluError
from nlu.folding import fold
from nlu.training.examples import TrainingData
from nlu.training.reader import read_file, read_project

FILE = "reviewed.yml"
HEADER = """\
# Messages labelled with `parley nlu review`. Yours to edit: new ones are added, nothing is changed.
version: "3.1"
nlu:
"""
LONGEST_TEXT = 1000
# What YAML does not call printable, and the byte order mark.
_UNWRITABLE = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_OPENS_MARKUP = re.compile(r"\](?=[(\[{])")
_PLAIN_NAME = re.compile(r"[A-Za-z_][\w.+/-]{0,200}")
_NOT_A_NAME = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})
_BLOCK = re.compile(r"(?P<indent> *)- intent: *(?P<name>.{1,300}?) *")
_EXAMPLES = re.compile(r" *examples: *\|[+-]? *")


class ReviewedExamples:
    """The project's file of labelled messages."""

    def __init__(self, project: Path) -> None:
        self._project = project
        self._taught: set[tuple[str, str]] | None = None

    @property
    def path(self) -> Path:
        """Where the file is: beside the training data, as a second folder would hide the first."""
        ours, rasas = self._project / "nlu" / "data", self._project / "data"
        folder = rasas if rasas.is_dir() and not ours.is_dir() else ours
        return folder / FILE

    def add(self, text: str, intent: str) -> bool:
        """Make the text an example of the intent; False where it is one already.

        Raises ValueError for a text that cannot be an example, and where the data is broken; OSError
        where the file cannot be written. Then nothing has changed.
        """
        try:
            return self._add(as_line(text), intent)
        except NluError as error:
            raise ValueError(str(error)) from error

    def _add(self, line: str, intent: str) -> bool:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(self.path.parent):
            if (fold(line), intent) in self._known():
                return False
            before = self.path.read_text("utf-8") if self.path.exists() else HEADER
            after = with_example(before, line, intent)
            self._write(after, line, intent)
        return True

    def _known(self) -> set[tuple[str, str]]:
        """Every example of the project, and of the file as it is now."""
        if self._taught is None:
            self._taught = set()
            if self._has_data():
                self._taught = _examples(read_project(self._project))
        data = TrainingData()
        if self.path.exists():
            read_file(self.path, data, self._shown())
        return self._taught | _examples(data)

    def _has_data(self) -> bool:
        return any(path.name != FILE for path in self.path.parent.iterdir() if path.is_file())

    def _write(self, content: str, line: str, intent: str) -> None:
        """Writes beside the file, reads that, and only then puts it in its place."""
        folder = self.path.parent
        handle, name = tempfile.mkstemp(prefix=f".{FILE}-", suffix=".yml", dir=folder)
        made = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            data = TrainingData()
            read_file(made, data, self._shown())
            if not any(e.text == line and e.label == intent for e in data.examples):
                raise ValueError(f"{line[:60]!r} cannot be written as an example")
            made.chmod(stat.S_IMODE(self.path.stat().st_mode) if self.path.exists() else 0o644)
            os.replace(made, self.path)
        finally:
            made.unlink(missing_ok=True)

    def _shown(self) -> str:
        return self.path.relative_to(self._project).as_posix()


def as_line(text: str) -> str:
    """The text on one line, without what YAML cannot hold, and without what reads as markup."""
    line = " ".join(_UNWRITABLE.sub("", text).split())
    line = _OPENS_MARKUP.sub("] ", line)
    if not line:
        raise ValueError("nothing is left of the text that could be an example")
    if len(line) > LONGEST_TEXT:
        raise ValueError(f"an example has at most {LONGEST_TEXT} characters")
    return line


def with_example(content: str, line: str, intent: str) -> str:
    """The file's content with one example more: in the intent's block, or in a new one behind."""
    lines = content.rstrip("\n").split("\n")
    name = _written(intent)
    indents = [m["indent"] for m in map(_BLOCK.fullmatch, lines) if m]
    for number, found in enumerate(map(_BLOCK.fullmatch, lines)):
        if found and found["name"] in (name, intent):
            place = _end_of_examples(lines, number + 1)
            if place is not None:
                deeper = lines[place - 1][: -len(lines[place - 1].lstrip(" "))]
                lines.insert(place, f"{deeper}- {line}")
                return "\n".join(lines) + "\n"
    indent = indents[0] if indents else ""
    block = [f"{indent}- intent: {name}", f"{indent}  examples: |", f"{indent}    - {line}"]
    return "\n".join([*lines, *block]) + "\n"


def _end_of_examples(lines: list[str], first: int) -> int | None:
    """The number of the line behind a block's last example; None where it is written otherwise."""
    if first + 1 >= len(lines) or not _EXAMPLES.fullmatch(lines[first]):
        return None
    last = None
    for number in range(first + 1, len(lines)):
        stripped = lines[number].lstrip(" ")
        depth = len(lines[number]) - len(stripped)
        if stripped and depth <= len(lines[first]) - len(lines[first].lstrip(" ")):
            break
        if stripped.startswith("- "):
            last = number
    return None if last is None else last + 1


def _written(intent: str) -> str:
    plain = _PLAIN_NAME.fullmatch(intent) and intent.lower() not in _NOT_A_NAME
    return intent if plain else json.dumps(intent, ensure_ascii=False)


def _examples(data: TrainingData) -> set[tuple[str, str]]:
    return {(fold(e.text), e.label) for e in data.examples}


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One writer at a time, over all processes of this machine."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)
