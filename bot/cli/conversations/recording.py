"""Keeps what is said in the shell, and writes it down as a conversation test."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from bot.cli.conversations.expecting import Came, shown
from bot.cli.conversations.format import START, Fakes, Person
from bot.cli.conversations.playing import span
from bot.cli.conversations.reading import SUFFIXES, read_file
from bot.cli.conversations.writing import conversation_lines, rewrite, step_lines
from bot.cli.conversations.written import read_written
from bot.engine.findings import DefinitionInvalid

BEGINNING = "conversations:"


@dataclass(slots=True)
class Recorder:
    """The steps so far: what was done, and what came of it as what is expected."""

    person: Person = field(default_factory=Person)
    at: float = START
    steps: list[list[str]] = field(default_factory=list)
    _seen: float = field(init=False)

    def __post_init__(self) -> None:
        self._seen = self.at

    def faked(self, fakes: Fakes) -> None:
        """Answers that are given from the beginning."""
        for kind in (it.name for it in fields(Fakes)):
            if answers := getattr(fakes, kind):
                self.did(kind, answers)

    def replayed(self, came: Came, now: float) -> None:
        """A step of a conversation was played."""
        if (step := came.done) is not None:
            value = span(step.value) if step.kind == "after" else step.value
            self.did(step.kind, value, step.beside)
            self.came(came, now)

    def due(self, came: Came, now: float) -> None:
        """Something came while nobody did anything."""
        self.did("after", span(max(1, round(now - self._seen))))
        self.came(came, now)

    def did(self, kind: str, value: Any, beside: Mapping[str, Any] | None = None) -> None:
        """Somebody did something."""
        self.steps.append(step_lines(kind, value, beside))

    def came(self, came: Came, now: float) -> None:
        """All that is to be expected of it: messages, mails, the state, the end of the session."""
        self._seen = now
        for message in came.happened.said:
            expected: dict[str, Any] = {"text": message.text or shown(message)}
            if buttons := message.content.get("buttons"):
                expected["buttons"] = [button["title"] for button in buttons]
            self.steps.append(step_lines("bot", [expected]))
        if not came.happened.said:
            self.steps.append(["- bot: []"])
        for mail in came.happened.mails:
            expected = {"to": mail.address.partition(":")[2], "subject": mail.content["subject"]}
            self.steps.append(step_lines("email", expected))
        if (session := came.standing.session) is not None:
            self.steps.append(step_lines("state", session.state))
            if session.status == "ended":
                self.steps.append(step_lines("ended", session.ended_because))


def save(path: Path, name: str, recorder: Recorder) -> Path:
    """Adds the conversation to a file, or makes the file. Raises DefinitionInvalid for one that is wrong.

    Answers the file's path: a name without an ending gets that of conversation tests.
    """
    path = path if path.suffix else path.with_name(path.name + SUFFIXES[0])
    before, indent = f"{BEGINNING}\n", "  "
    if path.exists():
        read, findings = read_file(path, path.name, transcript=True)
        if findings:
            raise DefinitionInvalid(findings)
        before = path.read_text(encoding="utf-8").rstrip() + "\n\n"
        name = _unused(name, {it.name for it in read})
        column = read_written(before, path.name).spans["conversations", 0].column
        indent = " " * max(column - 2, 0)
    lines = conversation_lines(name, recorder.person, recorder.at, recorder.steps)
    text = before + "\n".join(indent + line.removeprefix("  ") for line in lines) + "\n"
    read_written(text, path.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    rewrite(path, text)
    return path


def _unused(name: str, taken: set[str]) -> str:
    number, fresh = 1, name
    while fresh in taken:
        number += 1
        fresh = f"{name} {number}"
    return fresh
