"""Reads a channel's section of credentials.yml; what is wrong is said with the key's name."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


class Credentials:
    """One section; values that came through environment variables may be text."""

    def __init__(
        self, channel: str, values: Mapping[str, Any] | None, known: Collection[str]
    ) -> None:
        self._channel = channel
        self._values = values or {}
        for key in self._values:
            if key not in known:
                raise ValueError(f"{channel}: unknown key '{key}'{_nearest(key, known)}")

    def text(self, key: str, default: str | None = None) -> str:
        """A string; without a default it must be there."""
        value = self._values.get(key)
        if value is None or value == "":
            if default is None:
                raise ValueError(f"{self._channel}: '{key}' is missing")
            return default
        if not isinstance(value, str):
            # +15550009 and 0012 are numbers to YAML, and lose their first characters.
            raise ValueError(f"{self._channel}: '{key}' must be text; write it in quotes")
        return value.strip()

    def choice(self, key: str, choices: Collection[str], default: str) -> str:
        """One of a few words."""
        value = self.text(key, default)
        if value not in choices:
            raise ValueError(f"{self._channel}: '{key}' must be one of {', '.join(choices)}")
        return value

    def number(self, key: str, default: float) -> float:
        """A number greater than zero."""
        value = self._values.get(key)
        if value is None or value == "":
            return default
        try:
            number = float("" if isinstance(value, bool) else value)
        except (TypeError, ValueError):
            number = 0
        if not 0 < number < float("inf"):
            raise ValueError(f"{self._channel}: '{key}' must be a number greater than 0")
        return number

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self._values.get(key)
        if value is None or value == "":
            return default
        flag = value if isinstance(value, bool) else _FLAGS.get(str(value).lower())
        if flag is None:
            raise ValueError(f"{self._channel}: '{key}' must be true or false")
        return flag


def _nearest(key: str, known: Collection[str]) -> str:
    near = get_close_matches(str(key), known, n=1, cutoff=0.4)
    if near:
        return f"; did you mean '{near[0]}'?"
    return f"; known are: {', '.join(known)}" if known else "; it takes no keys"
