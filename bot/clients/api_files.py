"""The declared HTTP calls of a project folder: `flows/apis/NAME.json`, one each."""

from pathlib import Path

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
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None, (Finding("not-utf8", "error", "", "the file is not UTF-8 text", file=name),)
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
        return None, (Finding("not-read", "error", "", reason, file=name),)
    if len(text) > LARGEST_DOCUMENT:
        reason = f"larger than {LARGEST_DOCUMENT:,} characters"
        return None, (Finding("too-large", "error", "", reason, file=name),)
    try:
        document = load_json(text, name)
    except DefinitionInvalid as invalid:
        return None, invalid.findings
    api, findings = examine(document, path.stem, lookup)
    return api, located(findings, name, text)
