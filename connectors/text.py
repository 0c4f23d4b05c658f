"""Text that every store accepts: without NUL and lone surrogates, which PostgreSQL refuses."""

import re
from typing import Any

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without the characters that no database column takes."""
    return _UNSTORABLE.sub("", text)


def clean_json(value: Any) -> Any:
    """The same for all keys and values inside a JSON value."""
    match value:
        case str():
            return clean(value)
        case dict():
            return {clean(str(key)): clean_json(item) for key, item in value.items()}
        case list():
            return [clean_json(item) for item in value]
        case _:
            return value
