"""What the reading of a document gathers, and how single values in it are read."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from bot.engine import expressions, patterns
from bot.engine.durations import duration
from bot.engine.findings import Finding, escape, nearest
from bot.engine.flow import State
from bot.engine.steps import Expression, Step
from bot.engine.templates import TemplateInvalid, compiled
from bot.engine.wording import LANGUAGE, Text

LARGEST_DOCUMENT = 2_000_000
"""Characters: a flow of 1,000 states is a tenth of it."""
DEEPEST_NESTING = 120
"""States within states: deeper ones are no longer readable, and recursion must end."""
DEEPEST_CONDITION = 20
"""Conditions within conditions, for the same reasons."""
DEEPEST_STEPS = 20
"""Lists of steps within each other, as ways of a split or the error branch of a call."""
DEEPEST_DOCUMENT = 400
"""Values within values: more than the deepest states and conditions together need."""
MOST_FINDINGS = 200
"""Nobody reads more at once, and a hostile document must not make more work."""

# PostgreSQL refuses NUL, and half of a surrogate pair cannot be sent.
NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
SCALARS = (str, int, float, bool)
T = TypeVar("T")


class Reading:
    """The findings so far and the lists of steps, while one document is read."""

    def __init__(self, flow: str) -> None:
        self.flow = flow
        self.findings: list[Finding] = []
        self.step_lists: dict[str, tuple[Step, ...]] = {}
        self.behind: dict[str, tuple[str, int]] = {}
        self.states: dict[str, State] = {}
        self.links: list[tuple[str, str]] = []
        self.step_depth = 0

    def error(self, code: str, place: str, reason: str, cure: str = "") -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(code, "error", place, reason, cure))

    def warning(self, code: str, place: str, reason: str, cure: str = "") -> None:
        self.findings.append(Finding(code, "warning", place, reason, cure))

    def known_keys(self, node: Mapping[str, Any], known: Iterable[str], place: str) -> None:
        for key in node:
            if key not in known and len(self.findings) < MOST_FINDINGS:
                self.error(
                    "unknown-key", f"{place}/{escape(key)}", f"unknown key {key!r}",
                    nearest(key, known),
                )  # fmt: skip

    def typed(self, value: Any, kind: type | tuple[type, ...], place: str, expected: str) -> bool:
        right = isinstance(value, kind) and not (
            isinstance(value, bool) and kind in (int, float, (int, float))
        )
        if not right:
            self.error("wrong-type", place, f"expected {expected}, found {shown(value)}")
        return right

    def text(self, value: Any, place: str, expected: str) -> bool:
        """Whether it is a text with something in it."""
        if not self.typed(value, str, place, expected):
            return False
        if not value.strip():
            self.error("empty-text", place, f"expected {expected}, found an empty text")
        return bool(value.strip())

    def count(self, value: Any, least: int, place: str) -> int:
        """A whole number that is not too small."""
        if not self.typed(value, int, place, "a whole number"):
            return least
        if value < least:
            self.error("wrong-number", place, f"expected {least} or more, found {value}")
        return max(int(value), least)


def read_flag(r: Reading, node: Mapping[str, Any], key: str, place: str) -> bool:
    value = node.get(key, False)
    return r.typed(value, bool, f"{place}/{key}", "true or false") and value


def read_goto(r: Reading, node: Mapping[str, Any], place: str) -> str | None:
    """The state that `goto` names, with or without the sign of a link."""
    goto = node.get("goto")
    if isinstance(goto, str):
        goto = goto.removeprefix("@")
    if "goto" not in node or not r.text(goto, f"{place}/goto", "a state's name"):
        return None
    r.links.append((str(goto), f"{place}/goto"))
    return str(goto)


def read_only(
    r: Reading, node: Mapping[str, Any], key: str, kind: type, place: str, expected: str
) -> bool:
    r.known_keys(node, (key, "$comment"), place)
    return r.typed(node[key], kind, f"{place}/{key}", expected)


def read_template(r: Reading, value: Any, place: str) -> str:
    if not r.typed(value, str, place, "a text"):
        return ""
    try:
        compiled(value)
    except TemplateInvalid as error:
        r.error("wrong-template", place, str(error))
    return str(value)


def read_words(r: Reading, value: Any, place: str) -> Text:
    """A template, or templates by language."""
    if not isinstance(value, dict):
        return read_template(r, value, place)
    if not value:
        r.error("empty-text", place, "expected a text for at least one language")
    words: dict[str, str] = {}
    for language, text in value.items():
        at = f"{place}/{escape(language)}"
        if not LANGUAGE.fullmatch(language):
            r.error(
                "unknown-key", at, f"{language!r} is no language", 'a code such as "en" or "pt-BR"'
            )
        elif r.text(text, at, "a text"):
            words[language] = read_template(r, text, at)
    return words


def read_expression(r: Reading, value: Any, place: str) -> str | None:
    """The source of an expression; None where it cannot be compiled."""
    if not r.text(value, place, "an expression"):
        return None
    try:
        expressions.check(value)
    except expressions.ExpressionInvalid as error:
        known = ", ".join(sorted(expressions.NAMES))
        r.error("wrong-expression", place, str(error), f"an expression begins with one of {known}")
        return None
    return str(value)


def read_pattern(r: Reading, value: Any, place: str) -> str:
    """A regular expression; nothing where it is none."""
    if not r.text(value, place, "a regular expression"):
        return ""
    try:
        patterns.check(value)
    except patterns.PatternInvalid as error:
        r.error("wrong-pattern", place, f"{shown(value)} is no pattern: {error}",
                "patterns are those of RE2: no look-around, no back-references")  # fmt: skip
        return ""
    return str(value)


def read_value(r: Reading, value: Any, place: str) -> Any:
    """What a step works with: a template, an expression, or any other value as it stands."""
    if isinstance(value, str):
        return read_template(r, value, place)
    if isinstance(value, dict) and "expression" in value and not {*value} - _EXPRESSION_KEYS:
        source = read_expression(r, value["expression"], f"{place}/expression")
        return None if source is None else Expression(source)
    return value


_EXPRESSION_KEYS = {"expression", "$comment"}


def read_values(r: Reading, value: Any, place: str, expected: str) -> dict[str, Any]:
    """Values by name; see `read_value`."""
    if not r.typed(value, dict, place, expected):
        return {}
    return {name: read_value(r, v, f"{place}/{escape(name)}") for name, v in value.items()}


def read_name(r: Reading, value: Any, place: str) -> str:
    return value if r.text(value, place, "a text") else ""


def read_texts(
    r: Reading, value: Any, place: str, *, least: int = 0,
    read: Callable[[Reading, Any, str], str] = read_name,
) -> tuple[str, ...]:  # fmt: skip
    """A text or a list of texts."""
    if not isinstance(value, list):
        return (text,) if (text := read(r, value, place)) else ()
    if len(value) < least:
        r.error("empty-list", place, "expected at least one text")
    return tuple(text for i, v in enumerate(value) if (text := read(r, v, f"{place}/{i}")))


def read_seconds(
    r: Reading, node: Mapping[str, Any], key: str, place: str, default: float
) -> float:
    if key not in node:
        return default
    seconds = duration(node[key])
    if seconds is None:
        r.error("wrong-duration", f"{place}/{key}", f"{shown(node[key])} is no duration",
                'a number with s, m, h, d or w, as in "10m" or "24h"')  # fmt: skip
        return default
    return seconds


def shown(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    written = json.dumps(value, ensure_ascii=False)
    return written if len(written) <= 60 else written[:57] + "..."
