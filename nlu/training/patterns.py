"""Regular expressions of the training data: refused where one could hang a message."""

import re
from collections.abc import Iterator
from typing import Any

_MAX_LENGTH = 1000
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
_MANY = 20


class PatternError(ValueError):
    """A regular expression that is broken or could take exponential time."""


def check_pattern(expression: str) -> None:
    """Raise where `expression` does not compile, or repeats something that itself repeats."""
    if len(expression) > _MAX_LENGTH:
        raise PatternError(f"a regular expression of {len(expression)} characters")
    try:
        re.compile(expression)
        parsed = re._parser.parse(expression)  # type: ignore[attr-defined]
    except (re.error, RecursionError, OverflowError) as error:
        raise PatternError(f"the regular expression does not compile: {error}") from error
    if _nested(parsed, inside=False):
        raise PatternError("a repetition inside a repetition could hang on a long message")


def _nested(parsed: Any, inside: bool) -> bool:
    for operator, argument in parsed:
        repeats = str(operator) in _REPEATS and argument[1] > _MANY
        if repeats and inside:
            return True
        if any(_nested(child, inside or repeats) for child in _children(argument)):
            return True
    return False


def _children(argument: Any) -> Iterator[Any]:
    if isinstance(argument, re._parser.SubPattern):  # type: ignore[attr-defined]
        yield argument
    elif isinstance(argument, tuple | list):
        for part in argument:
            yield from _children(part)
