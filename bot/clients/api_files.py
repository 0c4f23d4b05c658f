"""The declared HTTP calls of a project folder: `flows/apis/NAME.json`, one each."""

from pathlib import Path

from bot.clients.project_files import text_of
from bot.engine.api_reader import examine
from bot.engine.apis import Api
from bot.engine.findings import DefinitionInvalid, Finding, load_json, located
from bot.engine.reading import LARGEST_DOCUMENT
from bot.engine.variables import Lookup

FOLDER = "flows/apis"


def read_apis(project: Path, lookup: Lookup) -> tuple[dict[str, Api], list[Finding]]:
    """All calls that can be read, by name, with every finding. `lookup` answers for `${NAME}`; files
    whose names begin with `_` are none."""
    apis: dict[str, Api] = {}
    findings: list[Finding] = []
    for path in sorted((project / FOLDER).glob("*.json")):
        if path.name.startswith("_"):
            continue
        api, found = _read(path, path.relative_to(project).as_posix(), lookup)
        findings.extend(found)
        if api is not None:
            apis[api.name] = api
    return apis, findings


def _read(path: Path, name: str, lookup: Lookup) -> tuple[Api | None, tuple[Finding, ...]]:
    try:
        text = text_of(path, name, LARGEST_DOCUMENT)
        document = load_json(text, name)
    except DefinitionInvalid as invalid:
        return None, invalid.findings
    api, findings = examine(document, path.stem, lookup)
    return api, located(findings, name, text)
