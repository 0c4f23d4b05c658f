"""What can go wrong with a project's NLU: its data, its pipeline, its saved model."""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any


class NluError(Exception):
    """Root of what this room raises. Its text is meant for the person who runs the command."""


@dataclass(eq=False)
class TrainingDataError(NluError):
    """Training data that cannot be read: where, what was found, what was expected."""

    file: str
    line: int
    found: str
    expected: str
    nearest: str | None = None

    def __str__(self) -> str:
        hint = f" Did you mean {self.nearest!r}?" if self.nearest else ""
        return f"{self.file}:{self.line}: {self.found}. Expected {self.expected}.{hint}"


@dataclass(eq=False)
class PipelineError(NluError):
    """A `pipeline` in config.yml that cannot be built."""

    component: str
    found: str
    expected: str
    nearest: str | None = None
    line: int = 0

    def __str__(self) -> str:
        file = f"config.yml:{self.line}" if self.line else "config.yml"
        where = f"{file}, pipeline, {self.component}" if self.component else file
        hint = f" Did you mean {self.nearest!r}?" if self.nearest else ""
        return f"{where}: {self.found}. Expected {self.expected}.{hint}"


@dataclass(eq=False)
class ModelError(NluError):
    """A saved model that is missing, damaged, foreign or of another version."""

    path: str
    problem: str
    remedy: str = "Run `parley train` to make a new one."

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}. {self.remedy}"


def nearest(word: str, known: Any) -> str | None:
    """The known word most like `word`, if one is close enough to be meant."""
    by_folded = {str(k).casefold(): str(k) for k in known}
    close = get_close_matches(word.casefold(), list(by_folded), n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None
