"""Findings as text for people, as JSON for programs, and as SARIF for code hosts."""

import json
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from bot.cli.findings.sarif import sarif
from bot.engine.findings import Finding


class Format(StrEnum):
    """What `parley check --format` takes."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


def as_json(findings: Sequence[Finding]) -> str:
    """A list of findings with all that is known of each."""
    return _dumped([_plain(finding) for finding in findings])


def as_sarif(findings: Sequence[Finding]) -> str:
    return _dumped(sarif(findings, _version()))


WRITERS: Mapping[Format, Callable[[Sequence[Finding]], str]] = {
    Format.JSON: as_json,
    Format.SARIF: as_sarif,
}
"""What writes a format that programs read."""


def _plain(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "file": finding.file,
        "line": finding.line,
        "place": finding.place,
        "reason": finding.reason,
        "cure": finding.cure,
        "transcript": list(finding.transcript),
    }


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _version() -> str:
    try:
        return version("parley")
    except PackageNotFoundError:
        return "0"
