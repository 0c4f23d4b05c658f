"""What the formats have in common: a named block of lines, and what it adds to the data."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nlu.errors import TrainingDataError
from nlu.training.examples import Example, Pattern, TrainingData
from nlu.training.lookups import LookupFiles
from nlu.training.markup import MarkupError, read_markup, seeming_markup
from nlu.training.patterns import PatternError, check_pattern

KINDS = ("intent", "synonym", "regex", "lookup")
# Spaces, line ends and what editors leave unseen: no-break space, zero-width space, byte order mark.
BLANK = " \t\r\n\u00a0\u200b\ufeff"
_PATH = re.compile(r"[^\s*?<>|\"]{1,300}\.(?:txt|csv|tsv|lst)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """One example as written, where it stands, and the metadata beside it."""

    text: str
    number: int
    metadata: Any = None


@dataclass(slots=True)
class Block:
    """An intent, synonym, regex or lookup with its lines. `path` is a lookup's file, as written."""

    kind: str
    name: str
    line: int
    lines: list[Line] = field(default_factory=list)
    metadata: Any = None
    path: Line | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Where a file's content goes: the data, the file's shown name, and its project's lookups."""

    data: TrainingData
    file: str
    lookups: LookupFiles

    def at(self, line: int) -> str:
        """A place in the file, for a notice."""
        return f"{self.file}:{line}"

    def error(self, line: int, found: str, expected: str) -> TrainingDataError:
        """An error at this line of the file."""
        return TrainingDataError(self.file, line, found, expected)

    def add(self, block: Block) -> None:
        """Add a block's content to the data."""
        if not block.lines and block.path is None:
            found = f"{block.kind} {block.name!r} has no examples"
            self.data.notice("items without examples", self.at(block.line), found)
        _ADDERS[block.kind](self, block)

    def add_pattern(self, name: str, expression: str, line: int) -> None:
        """Add a regular expression."""
        try:
            check_pattern(expression)
        except PatternError as error:
            raise self.error(line, str(error), "a regular expression") from error
        self.data.patterns.append(Pattern(name, expression, self.file, line))

    def add_synonym(self, text: str, value: str, line: int) -> None:
        """Add a synonym; the last of two that contradict each other holds."""
        known = self.data.synonyms.setdefault(text, value)
        self.data.synonym_places.setdefault(text, self.at(line))
        if known != value:
            found = f"{text[:40]!r} stands for {value[:40]!r} here and for {known[:40]!r} before"
            self.data.notice("synonyms with two values", self.at(line), found)
            self.data.synonyms[text] = value

    def add_lookup_file(self, name: str, path: Line) -> None:
        """Add the lines of a file inside the project."""
        shown, words = self.lookups.read(path.text, self.file, path.number)
        self.data.lookups.setdefault(name, []).extend(words)
        if shown not in self.data.lookup_files:
            self.data.lookup_files.append(shown)

    def add_responses(self, name: str, variations: list[dict[str, Any]], line: int) -> None:
        """Add a response's variations to those of the same name; the same ones once."""
        known = self.data.responses.get(name)
        if known is None:
            self.data.responses[name] = list(variations)
            return
        found = f"response {name!r} is given more than once; the variations are put together"
        self.data.notice("responses given more than once", self.at(line), found)
        known.extend(variation for variation in variations if variation not in known)


def looks_like_path(text: str) -> bool:
    """Whether a line without a dash names a file of words."""
    return _PATH.fullmatch(text) is not None


def intent_of(label: str) -> tuple[str, str | None]:
    """The intent of a label, and its response key: `faq/hours` is `faq` with `faq/hours`."""
    intent, _, key = label.partition("/")
    intent, key = intent.strip(BLANK), key.strip(BLANK)
    return intent, f"{intent}/{key}" if key else None


def _add_intent(target: Target, block: Block) -> None:
    intent, response_key = intent_of(block.name)
    if not intent:
        raise target.error(block.line, f"the intent {block.name!r} has no name", "intent: NAME")
    if response_key and response_key.count("/") > 1:
        found = f"the intent {block.name[:60]!r} has more than one `/`"
        target.data.notice("intents with two slashes", target.at(block.line), found)
    for line in block.lines:
        try:
            marked = read_markup(line.text)
        except MarkupError as error:
            expected = '[text](entity) or [text]{"entity": "name"}'
            raise target.error(line.number, str(error), expected) from error
        slip = seeming_markup(marked.text)
        if slip:
            found = f"{slip[:60]!r} marks nothing; an entity is marked [text](entity)"
            target.data.notice("brackets that mark nothing", target.at(line.number), found)
        metadata = _joined(block.metadata, line.metadata)
        target.data.examples.append(
            Example(
                marked.text,
                intent,
                marked.entities,
                metadata,
                target.file,
                line.number,
                response_key,
            )
        )
        for e in marked.entities:
            text = marked.text[e.start : e.end]
            if e.value != text:
                target.add_synonym(text, str(e.value), line.number)


def _joined(of_intent: Any, of_example: Any) -> Any:
    """The metadata of an example, which goes before that of its intent."""
    if isinstance(of_intent, dict) and isinstance(of_example, dict):
        return {**of_intent, **of_example}
    return of_intent if of_example is None else of_example


def _add_synonym(target: Target, block: Block) -> None:
    for line in block.lines:
        target.add_synonym(line.text, block.name, line.number)


def _add_regex(target: Target, block: Block) -> None:
    for line in block.lines:
        target.add_pattern(block.name, line.text, line.number)


def _add_lookup(target: Target, block: Block) -> None:
    if block.path is not None:
        target.add_lookup_file(block.name, block.path)
    if block.lines:
        words = target.data.lookups.setdefault(block.name, [])
        words.extend(line.text for line in block.lines)


_ADDERS: dict[str, Callable[[Target, Block], None]] = {
    "intent": _add_intent,
    "synonym": _add_synonym,
    "regex": _add_regex,
    "lookup": _add_lookup,
}
