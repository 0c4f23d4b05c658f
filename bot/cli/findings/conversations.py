"""Counterexamples as files of conversations, which `parley shell --replay` plays."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from bot.engine.findings import Finding

_BEFORE = frozenset({"contact", "globals", "conditions", "actions", "apis"})
"""Steps that stand beside a conversation's steps where they come first."""
_ODD = re.compile(r"[^A-Za-z0-9_-]+")


def conversation(finding: Finding) -> dict[str, Any]:
    """The finding's transcript as one conversation of a test file."""
    found: dict[str, Any] = {"name": f"{finding.code}: {finding.reason}"}
    steps = list(finding.transcript)
    while steps and steps[0].keys() & (_BEFORE | {"start"}) and "flow" not in found:
        step = steps.pop(0)
        if "start" in step:
            found["flow"] = step["start"]
        else:
            found.update(step)
    return {**found, "steps": [dict(step) for step in steps]}


def write(folder: Path, findings: Sequence[Finding]) -> list[Path]:
    """One file for each finding that has a transcript; answers their paths.

    Files of an earlier run are replaced, and those that no finding has any more are taken away.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.finding.yml"):
        old.unlink()
    written: list[Path] = []
    counts: dict[str, int] = {}
    for finding in findings:
        if not finding.transcript:
            continue
        stem = _ODD.sub("-", Path(finding.file).stem or "flows")
        name = f"{stem}-{finding.code}"
        counts[name] = counts.get(name, 0) + 1
        path = folder / f"{name}-{counts[name]}.finding.yml"
        path.write_text(_as_yaml(finding), encoding="utf-8")
        written.append(path)
    return written


def _as_yaml(finding: Finding) -> str:
    where = finding.file + (f":{finding.line}" if finding.line else "")
    document: Mapping[str, Any] = {"conversations": [conversation(finding)]}
    body = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=100)
    return f"# {where} {finding.place}\n{body}"
