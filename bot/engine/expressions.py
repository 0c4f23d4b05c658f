"""Expressions for conditions and values, sandboxed: CEL, the Common Expression Language.

See https://cel.dev and its language definition. An expression sees values and can reach nothing else;
it has no recursion, a budget for its loops, and gets no more of a value than it can bear.
"""

import itertools
import math
import operator
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cel_expr_python import cel  # type: ignore[import-untyped]

NAMES = frozenset({"slots", "contact", "globals", "registry", "tags", "text", "intent", "event"})
"""What an expression may begin with."""
LONGEST_EXPRESSION = 1000
"""Characters."""
MOST_LOOPS = 3
MOST_SUMS_IN_LOOPS = 3
"""Texts that grow in loops within loops would fill the memory before the budget ends them."""
LONGEST_TEXT = 2000
"""Characters of a text that an expression sees."""
MOST_ITEMS = 500
"""Slots, fields or values that an expression sees, and items within each of them."""
DEEPEST = 4
"""Lists and objects within each other that an expression sees."""
LONGEST_RESULT = 20_000

_LOOP = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(")
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_ROOT = re.compile(r"[a-z]+")
_LOCATED = re.compile(r"<input>:(\d+):(\d+): ([^\n]*)")
_SURROGATE = re.compile("[\ud800-\udfff]")
_INT64 = 2**63


class ExpressionInvalid(ValueError):
    """A text that is no expression; says where and what was expected."""


def check(source: str) -> None:
    """Raises ExpressionInvalid for what cannot be compiled."""
    if len(source) > LONGEST_EXPRESSION:
        raise ExpressionInvalid(f"longer than {LONGEST_EXPRESSION} characters")
    unquoted = _QUOTED.sub("''", source)
    loops = len(_LOOP.findall(unquoted))
    if loops > MOST_LOOPS:
        raise ExpressionInvalid(f"{loops} loops, and at most {MOST_LOOPS} are allowed")
    if loops and unquoted.count("+") > MOST_SUMS_IN_LOOPS:
        raise ExpressionInvalid(f"more than {MOST_SUMS_IN_LOOPS} sums beside a loop")
    _compiled(source)


def evaluate(source: str, names: Mapping[str, Any]) -> Any:
    """The value: a scalar, or None where it comes to no value within the budget."""
    try:
        compiled, roots = _compiled(source)
        data = {name: _given(names.get(name)) for name in roots}
        return _scalar(compiled.eval(data=data))
    # The library's own errors are RuntimeErrors; MemoryError and ValueError come from conversions.
    except (ExpressionInvalid, RuntimeError, ValueError, TypeError, OverflowError, MemoryError):
        return None


def names_in(source: str) -> frozenset[str]:
    """The names that an expression may look at; those in its texts may be among them."""
    return NAMES & frozenset(_ROOT.findall(source))


@lru_cache(maxsize=4096)
def _compiled(source: str) -> tuple["cel.Expression", tuple[str, ...]]:
    """The program, and the names that it may look at."""
    try:
        return _environment().compile(source), tuple(names_in(source))
    except (RuntimeError, ValueError, TypeError) as error:
        raise ExpressionInvalid(_reason(str(error))) from None


@lru_cache(maxsize=1)
def _environment() -> "cel.Env":
    # The library takes its time to load, and most flows have no expressions.
    from cel_expr_python import cel

    kind = cel.Type
    objects = kind.Map(kind.STRING, kind.DYN)
    return cel.NewEnv(
        variables={
            **dict.fromkeys(("slots", "contact", "globals", "registry"), objects),
            **dict.fromkeys(("text", "intent", "event"), kind.STRING),
            "tags": kind.List(kind.STRING),
        },
        extensions=[cel.CelExtension("mixed_numbers", _mixed_numbers(cel))],
    )


def _mixed_numbers(library: Any) -> list["cel.FunctionDecl"]:
    """Sums of whole numbers with others, which CEL has none of: slots hold both.

    Their type is left open, so that they may be compared with either.
    """
    whole, other, any_one = library.Type.INT, library.Type.DOUBLE, library.Type.DYN
    signs = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
    words = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide"}
    return [
        library.FunctionDecl(
            f"_{sign}_",
            [
                library.Overload(f"{words[sign]}_int_double", any_one, [whole, other], False, work),
                library.Overload(f"{words[sign]}_double_int", any_one, [other, whole], False, work),
            ],
        )
        for sign, work in signs.items()
    ]


def _reason(written: str) -> str:
    """The library's message as one line, with the column that it is about."""
    found = _LOCATED.search(written)
    if not found:
        return written.partition(": ")[2] or written
    said = found[3].replace(" (in container '')", "").replace("Syntax error: ", "")
    return f"{said.partition(' expecting ')[0]} at character {found[2]}"


def _scalar(value: "cel.Value") -> Any:
    """A result that can be kept; anything else is none."""
    name = value.type().name()
    if name not in ("BOOL", "INT", "DOUBLE", "STRING"):
        return None
    found = value.value()
    if isinstance(found, float) and not math.isfinite(found):
        return None
    return None if isinstance(found, str) and len(found) > LONGEST_RESULT else found


def _given(value: Any) -> Any:
    """As much of a value as an expression may see: one long list must not hide the other slots."""
    if not isinstance(value, Mapping):
        return _bounded(value, DEEPEST, [MOST_ITEMS])
    return {
        _SURROGATE.sub("?", str(name)): _bounded(below, DEEPEST, [MOST_ITEMS])
        for name, below in itertools.islice(value.items(), MOST_ITEMS)
    }


def _bounded(value: Any, depth: int, left: list[int]) -> Any:
    match value:
        case None | bool() | float():
            return value
        case int():
            return value if -_INT64 <= value < _INT64 else None
        case str():
            return _SURROGATE.sub("?", value[:LONGEST_TEXT])
        case Mapping() if depth:
            return {
                _SURROGATE.sub("?", str(key)): _bounded(below, depth - 1, left)
                for key, below in value.items()
                if _counted(left)
            }
        case list() | tuple() if depth:
            return [_bounded(below, depth - 1, left) for below in value if _counted(left)]
        case _:
            return None


def _counted(left: list[int]) -> bool:
    left[0] -= 1
    return left[0] >= 0
