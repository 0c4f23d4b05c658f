"""Reads conversation tests; every mistake is a finding with file, line and the nearest valid key."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path as File
from typing import Any

from bot.cli.conversations.format import (
    ACTING,
    BESIDE,
    CHANNELS,
    EXPECTING,
    MAIL_KEYS,
    MESSAGE_KEYS,
    START,
    Conversation,
    Fakes,
    Person,
    Step,
)
from bot.cli.conversations.written import Path, Written, read_written
from bot.domain.schedules import zone_of
from bot.engine.durations import duration
from bot.engine.findings import DefinitionInvalid, Finding, nearest
from bot.engine.wording import LANGUAGE

SUFFIXES = (".test.yml", ".test.yaml")
_CONVERSATION_KEYS = (
    "name",
    "flow",
    "contact",
    "at",
    "globals",
    "conditions",
    "actions",
    "apis",
    "steps",
)
_FAKED: Mapping[str, tuple[str, ...]] = {
    "actions": ("slots", "say", "events", "fails"),
    "apis": ("slots", "json", "text", "status", "fails", "sample"),
}


def files_of(project: File, paths: Iterable[File] = ()) -> list[File]:
    """The test files of a project, or those at the given paths; raises FileNotFoundError."""
    found: list[File] = []
    for path in paths or (project / "flows",):
        if path.is_dir():
            inside = (it for it in path.rglob("*") if it.name.endswith(SUFFIXES))
            found.extend(sorted(it for it in inside if it.is_file()))
        elif path.exists():
            found.append(path)
        elif paths:
            raise FileNotFoundError(f"{path}: there is no such file or folder")
    return list(dict.fromkeys(found))


def read_file(
    path: File, shown: str, *, transcript: bool = False
) -> tuple[tuple[Conversation, ...], tuple[Finding, ...]]:
    """The conversations of a file and what is wrong with it.

    Of a `transcript` no expectations are demanded.
    """
    try:
        text = path.read_text(encoding="utf-8")
        written = read_written(text, shown)
    except UnicodeDecodeError:
        return (), (Finding("not-utf8", "error", "", "the file is not UTF-8 text", file=shown),)
    except DefinitionInvalid as invalid:
        return (), invalid.findings
    reading = _Reading(written, demanding=not transcript)
    return tuple(reading.document()), tuple(reading.findings)


class _Reading:
    def __init__(self, written: Written, *, demanding: bool) -> None:
        self.written, self.demanding = written, demanding
        self.findings: list[Finding] = []

    def wrong(self, path: Path, reason: str, cure: str = "", code: str = "test") -> None:
        self.findings.append(self.written.finding(path, reason, cure, code))

    def document(self) -> Iterable[Conversation]:
        value = self.written.value
        if not self._keys(value, ("conversations",), (), "a mapping with `conversations`"):
            return []
        listed = value.get("conversations")
        if not isinstance(listed, list) or not listed:
            self.wrong(("conversations",), "expected a list of conversations")
            return []
        read = [self._conversation(it, n, ("conversations", n)) for n, it in enumerate(listed)]
        found = [it for it in read if it is not None]
        names: set[str] = set()
        for it in found:
            if it.name in names:
                reason = f"the name {it.name!r} stands twice in this file"
                self.wrong(("conversations", it.position, "name"), reason)
            names.add(it.name)
        return found

    def _conversation(self, value: Any, position: int, path: Path) -> Conversation | None:
        if not self._keys(value, _CONVERSATION_KEYS, path, "a conversation with name and steps"):
            return None
        name = self.written.raw.get((*path, "name"), "").strip()
        if not name:
            self.wrong((*path, "name"), "a conversation needs a name")
        steps = self._steps(value.get("steps"), (*path, "steps"))
        return Conversation(
            name=name,
            steps=steps,
            file=self.written.file,
            line=self.written.spans[path].line,
            position=position,
            flow=self._text(value.get("flow"), (*path, "flow")),
            person=Person(**self._person(value.get("contact"), (*path, "contact"))),
            at=self._time(value.get("at"), (*path, "at")),
            fakes=self._fakes(value, path),
        )

    # steps

    def _steps(self, value: Any, path: Path) -> tuple[Step, ...]:
        if value == [] and not self.demanding:
            return ()
        if not isinstance(value, list) or not value:
            self.wrong(path, "a conversation needs steps", "steps: [{user: hello}, {bot: Hello!}]")
            return ()
        read = [self._step(it, n, (*path, n)) for n, it in enumerate(value)]
        steps = tuple(step for step in read if step is not None)
        if self.demanding and len(steps) == len(read) and not any(s.expects for s in steps):
            reason = "a conversation that expects nothing tests nothing"
            self.wrong(path, reason, f"add a step such as {', '.join(EXPECTING[:3])}")
        return steps

    def _step(self, value: Any, index: int, path: Path) -> Step | None:
        kinds = (*ACTING, *EXPECTING)
        if not isinstance(value, dict) or not value:
            self.wrong(path, "expected a step such as `user: hello`", nearest("", kinds))
            return None
        found = [key for key in value if key in kinds]
        if not found:
            key = next(iter(value))
            self.wrong((*path, key), f"unknown step {key!r}", nearest(key, kinds))
            return None
        if len(found) > 1:
            reason = f"{' and '.join(found)} are steps of their own"
            self.wrong(path, reason, "write each behind a dash of its own")
            return None
        kind = found[0]
        if not self._keys(value, (kind, *BESIDE.get(kind, ())), path, "a step"):
            return None
        here = (*path, kind)
        read = _STEP_READERS.get(kind, _Reading._as_is)(self, value[kind], here)
        if kind == "user" and read is None and not set(value) & {"payload", "location", "media"}:
            self.wrong(here, "expected what the contact writes")
        beside = {key: it for key, it in value.items() if key != kind}
        self._beside(beside, path)
        return Step(kind, read, index, self.written.spans[path].line, beside)

    def _beside(self, beside: Mapping[str, Any], path: Path) -> None:
        intent = beside.get("intent")
        if isinstance(intent, dict):
            numbers = [it for it in intent.values() if _is_number(it) and 0 <= it <= 1]
            if len(numbers) != len(intent) or not intent:
                self.wrong((*path, "intent"), "expected an intent, or intents with 0 to 1 each")
        elif intent is not None and not isinstance(intent, str):
            self.wrong((*path, "intent"), "expected the name of an intent")
        if not isinstance(beside.get("entities", {}), dict):
            self.wrong((*path, "entities"), "expected values by the name of the entity")
        if not isinstance(beside.get("media", []), list):
            self.wrong((*path, "media"), "expected a list of addresses")
        place = beside.get("location")
        if place is not None and not (
            isinstance(place, dict) and {"latitude", "longitude"} <= set(place)
        ):
            self.wrong((*path, "location"), "expected latitude and longitude")

    def _as_is(self, value: Any, path: Path) -> Any:
        return value

    def _text(self, value: Any, path: Path) -> str | None:
        if value is None:
            return None
        if isinstance(value, dict | list):
            self.wrong(path, "expected a text")
            return None
        return self.written.raw[path]

    def _seconds(self, value: Any, path: Path) -> float:
        seconds = duration(value)
        if seconds is None:
            self.wrong(path, f"expected a length of time, found {value!r:.60}", "30s, 10m, 24h, 2d")
        return seconds or 0.0

    def _bot(self, value: Any, path: Path) -> Any:
        """A list of expected messages, each a mapping of MESSAGE_KEYS."""
        if isinstance(value, list):
            return [self._message(it, (*path, n)) for n, it in enumerate(value)]
        return [self._message(value, path)]

    def _message(self, value: Any, path: Path) -> Mapping[str, Any]:
        if isinstance(value, dict):
            if self._keys(value, MESSAGE_KEYS, path, "a message") and not value:
                self.wrong(path, "expected something of the message", nearest("", MESSAGE_KEYS))
            parts = value.get("contains", "?")
            if not parts or "" in (parts if isinstance(parts, list) else ()):
                self.wrong((*path, "contains"), "this always holds: expected a part of the text")
            self._pattern(value, path)
            return value
        if value is None:
            self.wrong(path, "expected a text", "`bot: []` where nothing is said")
        return {"text": self._text(value, path) or ""}

    def _pattern(self, value: Mapping[str, Any], path: Path) -> None:
        pattern = value.get("matches")
        if pattern is None:
            return
        try:
            re.compile(str(pattern))
        except re.error as error:
            self.wrong((*path, "matches"), f"not a regular expression: {error}")

    def _mapping(self, value: Any, path: Path) -> Mapping[str, Any]:
        if isinstance(value, dict):
            return value
        self.wrong(path, "expected values by name")
        return {}

    def _expected(self, value: Any, path: Path) -> Mapping[str, Any]:
        """Values by name, some of which may be patterns; at least one."""
        wanted = self._mapping(value, path)
        if wanted is value and not wanted:
            self.wrong(path, "this always holds", "name a value that is expected")
        for name, it in wanted.items():
            if isinstance(it, dict) and len(it) == 1:
                self._pattern(it, (*path, name))
        return wanted

    def _tags(self, value: Any, path: Path) -> Mapping[str, frozenset[str]]:
        """Tags that are there and tags that are not: `is` and `not`."""
        given = value if isinstance(value, dict) else {"is": value}
        if not self._keys(given, ("is", "not"), path, "tags"):
            return {}
        read = {}
        for key in given:
            here = (*path, key) if isinstance(value, dict) else path
            listed = given[key]
            if isinstance(listed, list) and all(isinstance(it, str) for it in listed):
                read[key] = frozenset(listed)
            else:
                self.wrong(here, "expected a list of tags")
        if len(read) == len(given) and not any(read.values()):
            self.wrong(path, "this always holds", "tags: {not: [vip]} where one is not there")
        return read

    def _event(self, value: Any, path: Path) -> Mapping[str, Any]:
        given = value if isinstance(value, dict) else {"type": value}
        if not isinstance(given.get("type"), str):
            self.wrong(path, "expected an event's type, such as handed_over")
        return self._expected(given, path)

    def _email(self, value: Any, path: Path) -> Any:
        """What is expected of a mail, its subject alone, or an empty list for none."""
        if value == [] or isinstance(value, str):
            return value
        if self._keys(value, MAIL_KEYS, path, "a mail's to, subject or text, or [] for none"):
            self._expected(value, path)
        return value

    def _ended(self, value: Any, path: Path) -> Any:
        if not isinstance(value, str | bool):
            self.wrong(path, "expected a reason, true or false")
        return value

    def _listed(self, value: Any, path: Path) -> list[str]:
        if isinstance(value, list):
            return [str(it) for it in value]
        self.wrong(path, "expected a list of names")
        return []

    def _stored(self, value: Any, path: Path) -> Mapping[str, Any]:
        for name, record in self._expected(value, path).items():
            if isinstance(record, dict):
                self._expected(record, (*path, name))
            else:
                self.wrong((*path, name), "expected a record's values by name")
        return value if isinstance(value, dict) else {}

    # who, when, and what is faked

    def _person(self, value: Any, path: Path) -> Mapping[str, Any]:
        """What is said of a contact, by the names of Person."""
        known = [it.name for it in fields(Person)]
        if value is None or not self._keys(value, known, path, "a contact"):
            return {}
        texts = ("channel", "number", "language", "time_zone")
        given: dict[str, Any] = {
            key: self._text(value[key], (*path, key)) for key in texts if value.get(key) is not None
        }
        channel = given.get("channel") or CHANNELS[0]
        if channel not in CHANNELS:
            reason = f"there is no channel {channel!r}"
            self.wrong((*path, "channel"), reason, nearest(channel, CHANNELS))
        if given.get("language") and not LANGUAGE.fullmatch(given["language"]):
            self.wrong((*path, "language"), "expected a language, such as en, es or pt-BR")
        if given.get("time_zone") and zone_of(given["time_zone"]) is None:
            self.wrong((*path, "time_zone"), "expected a time zone, such as Europe/Oslo")
        if "fields" in value:
            given["fields"] = self._mapping(value["fields"], (*path, "fields"))
        if "tags" in value:
            given["tags"] = frozenset(self._listed(value["tags"], (*path, "tags")))
        return given

    def _time(self, value: Any, path: Path) -> float:
        if value is None:
            return START
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            self.wrong(path, f"expected a time, found {value!r:.60}", "2026-01-05T09:00:00")
            return START
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()

    def _fakes(self, value: Mapping[str, Any], path: Path) -> Fakes:
        given = {}
        for kind in (it.name for it in fields(Fakes)):
            if value.get(kind) is not None:
                given[kind] = self._faked(kind, value[kind], (*path, kind))
        return Fakes(**given)

    def _faked(self, kind: str, value: Any, path: Path) -> Mapping[str, Any]:
        named = self._mapping(value, path)
        for name, answer in named.items():
            here = (*path, name)
            if kind == "conditions" and not isinstance(answer, bool):
                self.wrong(here, "expected true or false")
            elif kind in _FAKED:
                self._answer(kind, answer, here)
        return named

    def _answer(self, kind: str, answer: Any, path: Path) -> None:
        known = _FAKED[kind]
        if not self._keys(answer, known, path, "an answer"):
            return
        if kind == "apis" and not answer:
            self.wrong(path, f"expected one of {', '.join(known)}")
        status = answer.get("status")
        if status is not None and not (isinstance(status, int) and 100 <= status <= 599):
            self.wrong((*path, "status"), "expected a status from 100 to 599")
        for key, kinds in (("slots", dict), ("say", list), ("events", list)):
            if not isinstance(answer.get(key) or kinds(), kinds):
                what = "values by name" if kinds is dict else "a list"
                self.wrong((*path, key), f"expected {what}")

    def _keys(self, value: Any, known: Iterable[str], path: Path, what: str) -> bool:
        """Whether the value is a mapping; keys that nobody knows are findings."""
        if not isinstance(value, dict):
            self.wrong(path, f"expected {what}")
            return False
        for key in value:
            if key not in known:
                self.wrong((*path, key), f"unknown key {key!r}", nearest(key, known), "unknown-key")
        return True


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _faking(kind: str) -> Callable[[_Reading, Any, Path], Any]:
    return lambda reading, value, path: reading._faked(kind, value, path)


_STEP_READERS: Mapping[str, Callable[[_Reading, Any, Path], Any]] = {
    "user": _Reading._text,
    "after": _Reading._seconds,
    "start": _Reading._text,
    "contact": _Reading._person,
    "actions": _faking("actions"),
    "apis": _faking("apis"),
    "conditions": _faking("conditions"),
    "globals": _faking("globals"),
    "bot": _Reading._bot,
    "flow": _Reading._text,
    "state": _Reading._text,
    "slots": _Reading._expected,
    "fields": _Reading._expected,
    "email": _Reading._email,
    "ended": _Reading._ended,
    "tags": _Reading._tags,
    "event": _Reading._event,
    "stored": _Reading._stored,
    "timers": _Reading._listed,
}
