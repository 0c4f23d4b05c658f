"""JSON paths (RFC 9535) over answers that anybody may have written: no path takes long on any answer."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any

from jsonpath import JSONPath, JSONPathEnvironment, JSONPathMatch
from jsonpath.exceptions import JSONPathError
from jsonpath.filter import BaseExpression, FilterQuery, RootFilterQuery
from jsonpath.function_extensions import ExpressionType, FilterFunction
from jsonpath.segments import JSONPathRecursiveDescentSegment
from jsonpath.selectors import Filter

LONGEST_PATH = 300
"""Characters."""
MOST_MATCHES = 1000
"""Values that one path may find: slots hold answers, not tables."""
MOST_SEARCHED = 50_000
"""Values in an answer through which a path may search: a second's work at the worst."""
_MEMORY = 1 << 20
"""Bytes that one expression may take."""


class PathInvalid(ValueError):
    """A text that is no JSON path, or one whose work could grow past all bounds."""


class PathFailed(Exception):
    """An answer that is too deep, or in which a path finds too much."""


@dataclass(frozen=True, slots=True)
class Path:
    """A JSON path, compiled."""

    text: str
    compiled: JSONPath = field(compare=False, repr=False)

    def find(self, document: Any) -> list[Any]:
        """All values that it matches, in order. Raises PathFailed."""
        if not self.compiled.singular_query() and not _is_searchable(document):
            raise PathFailed(f"{self.text}: an answer of more than {MOST_SEARCHED} values")
        start = JSONPathMatch(
            filter_context={}, obj=document, parent=None, path="$", parts=(), root=document
        )
        matches: Iterable[JSONPathMatch] = [start]
        for segment in self.compiled.segments:
            matches = segment.resolve(matches)
        try:
            found = [match.obj for match in islice(matches, MOST_MATCHES + 1)]
        except (JSONPathError, RecursionError) as error:
            raise PathFailed(f"{self.text}: {_said(error)}") from None
        if len(found) > MOST_MATCHES:
            raise PathFailed(f"{self.text}: more than {MOST_MATCHES} values")
        return found


@lru_cache(maxsize=1024)
def compiled(text: str) -> Path:
    """The path of a text; raises PathInvalid with the reason."""
    if len(text) > LONGEST_PATH:
        raise PathInvalid(f"longer than {LONGEST_PATH} characters")
    try:
        path = _ENVIRONMENT.compile(text)
    except (JSONPathError, ValueError, RecursionError) as error:
        raise PathInvalid(_said(error)) from None
    if not isinstance(path, JSONPath):
        raise PathInvalid("expected one path")
    if fault := _fault(path):
        raise PathInvalid(fault)
    return Path(text, path)


def _said(error: Exception) -> str:
    # The library's own text of an error can fail where the path ends too early.
    return str(error.args[0]) if error.args else type(error).__name__


def _is_searchable(document: Any) -> bool:
    count, ahead = 0, [document]
    while ahead:
        value = ahead.pop()
        if isinstance(value, dict | list):
            count += len(value)
            if count > MOST_SEARCHED:
                return False
            ahead.extend(value.values() if isinstance(value, dict) else value)
    return True


def _fault(path: JSONPath) -> str | None:
    """What could make the work grow with more than the size of the answer."""
    segments = path.segments
    if sum(isinstance(segment, JSONPathRecursiveDescentSegment) for segment in segments) > 1:
        return "'..' stands twice"
    if sum(len(segment.selectors) > 1 for segment in segments) > 1:
        return "more than one list of selectors"
    for query in _queries(path):
        if isinstance(query, RootFilterQuery):
            return "a filter compares '@' with plain values, and does not look at '$'"
        within = query.path.segments
        if any(isinstance(segment, JSONPathRecursiveDescentSegment) for segment in within):
            return "'..' in a filter"
        if any(len(segment.selectors) > 1 for segment in within):
            return "a list of selectors in a filter"
        if any(isinstance(selector, Filter) for seg in within for selector in seg.selectors):
            return "a filter in a filter"
    return None


def _queries(path: JSONPath) -> Iterator[FilterQuery]:
    for segment in path.segments:
        for selector in segment.selectors:
            if isinstance(selector, Filter):
                yield from _below(selector.expression)


def _below(expression: BaseExpression) -> Iterator[FilterQuery]:
    if isinstance(expression, FilterQuery):
        yield expression
        return
    for child in expression.children():
        yield from _below(child)


class _Expression(FilterFunction):
    """`match` and `search` over expressions that never backtrack."""

    arg_types = (ExpressionType.VALUE, ExpressionType.VALUE)  # type: ignore[assignment]
    return_type = ExpressionType.LOGICAL

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole

    def __call__(self, value: object, pattern: object) -> bool:
        if not isinstance(value, str) or not isinstance(pattern, str):
            return False
        expression = _expression(pattern)
        if expression is None:
            return False
        return bool(expression.fullmatch(value) if self._whole else expression.search(value))


@lru_cache(maxsize=256)
def _expression(pattern: str) -> Any:
    """None for what is no expression, which then matches nothing (RFC 9535)."""
    # Loaded where there is one: most paths have none.
    import re2  # type: ignore[import-untyped]

    options = re2.Options()
    options.log_errors, options.max_mem = False, _MEMORY
    try:
        return re2.compile(pattern, options)
    except (re2.error, UnicodeError):
        return None


def _environment() -> JSONPathEnvironment:
    made = JSONPathEnvironment(strict=True, filter_caching=False)
    made.function_extensions["match"] = _Expression(whole=True)
    made.function_extensions["search"] = _Expression(whole=False)
    return made


_ENVIRONMENT = _environment()
