"""Reads a file of training data as text; says what is wrong with one that cannot be read."""

from pathlib import Path

from nlu.errors import TrainingDataError

MAX_BYTES = 32 * 1024 * 1024
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def read_text(path: Path, shown_as: str) -> str:
    """The text, in UTF-8 with or without a byte order mark, its line ends as they are."""
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= MAX_BYTES else b""
    except (OSError, ValueError) as error:
        found = f"the file cannot be read ({getattr(error, 'strerror', None) or error})"
        raise TrainingDataError(shown_as, 1, found, "a file that may be read") from error
    if size > MAX_BYTES:
        raise TrainingDataError(shown_as, 1, f"{size} bytes", f"at most {MAX_BYTES}; split it")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found = "the text is UTF-16, not UTF-8" if raw[:2] in _UTF_16 else "the text is not UTF-8"
        raise TrainingDataError(shown_as, line, found, "a file saved as UTF-8") from error
