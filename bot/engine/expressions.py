"""Expressions for conditions and values, sandboxed: CEL, the Common Expression Language.

See https://cel.dev and its language definition. An expression sees values and can reach nothing else.
"""

from collections.abc import Mapping
from typing import Any

NAMES = frozenset({"slots", "contact", "globals", "registry", "tags", "text", "intent", "event"})
"""What an expression may begin with."""


class ExpressionInvalid(ValueError):
    """A text that is no expression; says where and what was expected."""


def check(source: str) -> None:
    """Raises ExpressionInvalid for what cannot be compiled."""


def evaluate(source: str, names: Mapping[str, Any]) -> Any:
    """The value: a scalar, or None where it comes to no value within the budget."""
    return None
