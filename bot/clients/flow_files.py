"""The flows of a project folder: one JSON file each."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.engine.dialects import placed
from bot.engine.findings import DefinitionInvalid, Finding, load_json, located
from bot.engine.flow import Flow
from bot.engine.reader import examine
from bot.engine.reading import LARGEST_DOCUMENT


@dataclass(frozen=True, slots=True)
class FlowFile:
    """A flow with the file that it was read from."""

    flow: Flow
    file: str
    text: str

    def place(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Findings on the flow, with file and line."""
        origins = self.flow.origins
        return located(placed(findings, origins) if origins else findings, self.file, self.text)


def read_flows(project: Path) -> tuple[list[FlowFile], list[Finding]]:
    """All flows that can be read, with every finding; files whose names begin with `_` are no flows."""
    flows: list[FlowFile] = []
    findings: list[Finding] = []
    for path in sorted((project / "flows").glob("*.json")):
        if path.name.startswith("_"):
            continue
        name = path.relative_to(project).as_posix()
        flow, found = _read(path, name)
        findings.extend(found)
        if flow is not None:
            flows.append(flow)
    return flows, findings


def _read(path: Path, name: str) -> tuple[FlowFile | None, tuple[Finding, ...]]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None, (Finding("not-utf8", "error", "", "the file is not UTF-8 text", file=name),)
    if len(text) > LARGEST_DOCUMENT:
        reason = f"larger than {LARGEST_DOCUMENT:,} characters"
        return None, (Finding("too-large", "error", "", reason, file=name),)
    try:
        document = load_json(text, name)
    except DefinitionInvalid as invalid:
        return None, invalid.findings
    flow, findings = examine(document, path.stem)
    found = FlowFile(flow, name, text) if flow else None
    return found, located(findings, name, text)
