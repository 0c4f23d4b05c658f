"""The flows of a project folder: one JSON file each."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.clients.project_files import text_of
from bot.engine.dialects import placed
from bot.engine.findings import DefinitionInvalid, Finding, load_json, located
from bot.engine.flow import Flow
from bot.engine.reader import examine
from bot.engine.reading import LARGEST_DOCUMENT

FOLDER = "flows"


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
    if not (project / FOLDER).is_dir():
        # All flows at once are not deleted by this; more likely it is being replaced.
        findings.append(Finding("not-read", "error", "", "there is no such folder", file=FOLDER))
    for path in sorted((project / FOLDER).glob("*.json")):
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
        text = text_of(path, name, LARGEST_DOCUMENT)
        document = load_json(text, name)
    except DefinitionInvalid as invalid:
        return None, invalid.findings
    flow, findings = examine(document, path.stem)
    found = FlowFile(flow, name, text) if flow else None
    return found, located(findings, name, text)
