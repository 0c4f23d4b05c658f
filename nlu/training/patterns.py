"""Regular expressions of the training data: refused where one could hang a message."""

import re

from nlu.training.ambiguity import TooLargeError, can_be_slow

_MAX_LENGTH = 1000


class PatternError(ValueError):
    """A regular expression that is broken or could take exponential time."""


def check_pattern(expression: str) -> None:
    """Raise where `expression` does not compile, or fits one text in too many ways."""
    if len(expression) > _MAX_LENGTH:
        raise PatternError(f"a regular expression of {len(expression)} characters")
    try:
        re.compile(expression)
        slow = can_be_slow(expression)
    except TooLargeError as error:
        raise PatternError(str(error)) from error
    except (re.error, RecursionError, OverflowError) as error:
        raise PatternError(f"the regular expression does not compile: {error}") from error
    if slow:
        raise PatternError("a repetition that fits one text in many ways could hang on a message")
