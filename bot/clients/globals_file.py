"""The global values of a project folder: `flows/_globals.json`."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.clients.project_files import text_of
from bot.engine.findings import DefinitionInvalid, Finding, load_json, located
from bot.engine.shared_values import LARGEST, examine_values

FILE = "flows/_globals.json"
LARGEST_FILE = 10 * LARGEST
"""In characters, with all that is written for people."""


def read_globals(project: Path) -> tuple[Mapping[str, Any], tuple[Finding, ...]]:
    """The values by name; none where there is no such file."""
    path = project / FILE
    if not os.path.lexists(path):
        return {}, ()
    try:
        text = text_of(path, FILE, LARGEST_FILE)
        values, findings = examine_values(load_json(text, FILE))
    except DefinitionInvalid as invalid:
        return {}, invalid.findings
    return values, located(findings, FILE, text)
