"""`--update`: rewrites the steps that did not hold, line by line; all else stays as it is written."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.cli.conversations.expecting import UNKNOWN, shown
from bot.cli.conversations.playing import Outcome
from bot.cli.conversations.writing import rewrite, step_lines
from bot.cli.conversations.written import Path as Place
from bot.cli.conversations.written import Written, read_written
from bot.domain.messages import Message

_REMARK = re.compile(r"\s*#.*")


@dataclass(frozen=True, slots=True)
class _Edit:
    """These lines, counted from 0, the last one not included, become others."""

    first: int
    last: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Updated:
    """How many steps were rewritten, and the lines of those that could not be."""

    changed: int
    left: tuple[int, ...]


def update(path: Path, outcomes: Iterable[Outcome]) -> Updated:
    """Rewrites a file so that what came is what is expected.

    A remark behind a step's last line stays; one between the lines of a rewritten step is lost.
    Left as they are: steps that do not begin a line of their own, and kinds that have to be thought
    about (`event`, `email`, `stored`).
    """
    written = read_written(path.read_text(encoding="utf-8"), path.name)
    edits: dict[int, _Edit] = {}
    left: list[int] = []
    for outcome in outcomes:
        steps: Place = ("conversations", outcome.conversation.position, "steps")
        for failure in outcome.failures:
            mismatch, step = failure.mismatch, failure.mismatch.step
            if mismatch.actual is UNKNOWN or not _own_line(written, (*steps, step.index)):
                left.append(step.line)
            else:
                edits[step.line] = _edit(written, (*steps, step.index), step.kind, mismatch.actual)
        for more in outcome.unexpected:
            here = (*steps, more.step.index)
            if _own_line(written, here):
                known = edits.get(more.step.line) or _same(written, here)
                edits[more.step.line] = _with(known, written, here, more.messages)
    _write(path, written, edits.values())
    told = {more.step.line for outcome in outcomes for more in outcome.unexpected}
    return Updated(len(edits), tuple(sorted({*left} - (told & set(edits)))))


def _write(path: Path, written: Written, edits: Iterable[_Edit]) -> None:
    lines = written.text.splitlines()
    for edit in sorted(edits, key=lambda it: it.first, reverse=True):
        lines[edit.first : edit.last] = edit.lines
    rewrite(path, "\n".join(lines) + "\n")


def _with(known: _Edit, written: Written, path: Place, messages: Iterable[Message]) -> _Edit:
    """The step with further ones behind it, for the messages that came too."""
    added = [
        line
        for message in messages
        for line in _indented(written, path, "bot", [{"text": shown_text(message)}])
    ]
    return _Edit(known.first, known.last, (*known.lines, *added))


def _own_line(written: Written, path: Place) -> bool:
    """Whether the step has a dash, and lines of its own."""
    span = written.spans[path]
    return written.text.splitlines()[span.line - 1][: span.column].strip() == "-"


def shown_text(message: Message) -> str:
    """The text that a step can expect of a message."""
    return message.text or shown(message)


def _edit(written: Written, path: Place, kind: str, actual: Any) -> _Edit:
    same = _same(written, path)
    if kind == "bot" and not actual and written.value is not None and not _silent(written, path):
        return _Edit(same.first, same.last, ())
    lines = _indented(written, path, kind, actual)
    return _Edit(same.first, same.last, (*lines[:-1], lines[-1] + _remark(written, path)))


def _silent(written: Written, path: Place) -> bool:
    node = written.value
    for word in path:
        node = node[word]
    return bool(node.get("bot") == [])


def _indented(written: Written, path: Place, kind: str, actual: Any) -> list[str]:
    span = written.spans[path]
    line = written.text.splitlines()[span.line - 1]
    indent = line[: line.index("-")]
    return [f"{indent}{it}" for it in step_lines(kind, actual)]


def _same(written: Written, path: Place) -> _Edit:
    """The step as it is written."""
    span = written.spans[path]
    first, last = span.line - 1, _last(written, path)
    return _Edit(first, last, tuple(written.text.splitlines()[first:last]))


def _ends(written: Written, path: Place) -> tuple[int, int]:
    """Line and column at which the last value within the step ends."""
    inside = [
        (span.last, span.end) for here, span in written.spans.items()
        if here[: len(path)] == path and (here in written.raw or span.line == span.last)
    ]  # fmt: skip
    return max(inside, default=(written.spans[path].line, 0))


def _last(written: Written, path: Place) -> int:
    """The line behind the step's last one; a block's end is told at the next line that has words."""
    lines = written.text.splitlines()
    last, column = _ends(written, path)
    last = last if column else last - 1
    first = written.spans[path].line
    while last > first and (not lines[last - 1].strip() or lines[last - 1].lstrip()[0] == "#"):
        last -= 1
    return min(last, len(lines))


def _remark(written: Written, path: Place) -> str:
    """A remark behind the step's last value."""
    last, column = _ends(written, path)
    lines = written.text.splitlines()
    rest = lines[last - 1][column:] if column and last <= len(lines) else ""
    match = _REMARK.fullmatch(rest)
    return f"  {match.group().strip()}" if match else ""
