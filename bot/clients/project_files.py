"""The JSON files of a project folder, whatever else may lie there under their names."""

import stat
from pathlib import Path

from bot.engine.findings import DefinitionInvalid, Finding

BYTES_PER_CHARACTER = 4
"""At most, in UTF-8."""


def text_of(path: Path, name: str, largest: int) -> str:
    """A file's text of at most `largest` characters; some editors begin it with a byte order mark.

    Raises DefinitionInvalid, in which the file is called `name`.
    """
    if not name.isprintable():
        raise _invalid("wrong-name", "the file's name is no printable text", ascii(name))
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise _invalid("not-read", "this is no file", name, "remove it, or call it otherwise")
        # Before it is read: memory is what a mistake must not cost.
        fits = found.st_size <= BYTES_PER_CHARACTER * largest
        text = path.read_text(encoding="utf-8-sig") if fits else None
    except UnicodeDecodeError:
        cure = "save it in the encoding UTF-8"
        raise _invalid("not-utf8", "the file is not UTF-8 text", name, cure) from None
    except OSError as error:
        raise _invalid("not-read", f"cannot be read: {error.strerror}", name) from None
    if text is None or len(text) > largest:
        raise _invalid("too-large", f"larger than {largest:,} characters", name)
    return text


def _invalid(code: str, reason: str, name: str, cure: str = "") -> DefinitionInvalid:
    return DefinitionInvalid([Finding(code, "error", "", reason, cure, file=name)])
