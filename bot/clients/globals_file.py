"""The global values of a project folder: `flows/_globals.json`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.engine.findings import DefinitionInvalid, Finding, load_json, located
from bot.engine.shared_values import LARGEST, examine_values

FILE = "flows/_globals.json"
LARGEST_FILE = 10 * LARGEST
"""In bytes, with all that is written for people."""


def read_globals(project: Path) -> tuple[Mapping[str, Any], tuple[Finding, ...]]:
    """The values by name; none where there is no such file."""
    path = project / FILE
    try:
        if path.stat().st_size > LARGEST_FILE:
            reason = f"larger than {LARGEST_FILE:,} bytes"
            return {}, (Finding("too-large", "error", "", reason, file=FILE),)
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}, ()
    except UnicodeDecodeError:
        return {}, (Finding("not-utf8", "error", "", "the file is not UTF-8 text", file=FILE),)
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
        return {}, (Finding("unreadable", "error", "", reason, file=FILE),)
    try:
        values, findings = examine_values(load_json(text, FILE))
    except DefinitionInvalid as invalid:
        return {}, invalid.findings
    return values, located(findings, FILE, text)
