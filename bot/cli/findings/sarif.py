"""Findings as SARIF 2.1.0, which code hosts and editors show at their lines.

See docs.oasis-open.org/sarif/sarif/v2.1.0.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from bot.cli.findings.telling import lines_of
from bot.engine.checks.codes import CODES
from bot.engine.findings import Finding

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
DOCS = "docs/checks.md"


def sarif(findings: Sequence[Finding], version: str) -> dict[str, Any]:
    """The log of one run; `version` is Parley's."""
    rules = sorted({finding.code for finding in findings})
    index = {code: place for place, code in enumerate(rules)}
    driver = {
        "name": "parley check",
        "version": version,
        "rules": [_rule(code) for code in rules],
    }
    results = [_result(finding, index[finding.code]) for finding in findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    known = CODES.get(code)
    if known is None:
        return {"id": code}
    return {
        "id": code,
        "shortDescription": {"text": known.meaning},
        "defaultConfiguration": {"level": known.severity},
        "help": {"text": f"See {DOCS}, {code}."},
    }


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    cure = f" Cure: {finding.cure}" if finding.cure else ""
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": finding.severity,
        "message": {"text": f"{finding.reason}.{cure}"},
        "locations": [_location(finding)],
    }
    if finding.transcript:
        steps = [
            _location(finding) | {"message": {"text": line}}
            for line in lines_of(finding.transcript)
        ]
        flow = {"locations": [{"location": step} for step in steps]}
        result["codeFlows"] = [
            {"message": {"text": "A conversation that shows it"}, "threadFlows": [flow]}
        ]
    return result


def _location(finding: Finding) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if finding.file:
        place: dict[str, Any] = {"artifactLocation": {"uri": quote(finding.file)}}
        if finding.line:
            place["region"] = {"startLine": finding.line}
        found["physicalLocation"] = place
    if finding.place:
        found["logicalLocations"] = [{"fullyQualifiedName": finding.place}]
    return found
