"""Regular expressions of a flow's author: RE2, which never tries one place twice."""

from functools import lru_cache
from typing import Any

LONGEST_PATTERN = 500
"""Characters: nobody reads a longer one."""
_MEMORY = 1 << 20
"""Bytes that one pattern may take: a repetition of repetitions is refused."""


class PatternInvalid(ValueError):
    """A text that is no pattern, or one that RE2 does not take."""


def check(pattern: str) -> None:
    """Raises PatternInvalid with what is wrong."""
    if len(pattern) > LONGEST_PATTERN:
        raise PatternInvalid(f"longer than {LONGEST_PATTERN} characters")
    _compiled(pattern)


def is_whole(pattern: str, text: str) -> bool:
    """Whether the whole text has the pattern."""
    return _compiled(pattern).fullmatch(_sent(text)) is not None


def is_in(pattern: str, text: str) -> bool:
    """Whether some part of the text has the pattern."""
    return _compiled(pattern).search(_sent(text)) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:
    # Loaded where there is a pattern: most flows have none.
    import re2  # type: ignore[import-untyped]

    options = re2.Options()
    options.case_sensitive, options.log_errors, options.max_mem = False, False, _MEMORY
    try:
        return re2.compile(pattern, options)
    except (re2.error, ValueError) as error:
        reason = error.args[0] if error.args else error
        said = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise PatternInvalid(said) from None


def _sent(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
