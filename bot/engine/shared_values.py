"""Global values: what `flows/_globals.json` and the API may say."""

import json
import re
from collections.abc import Mapping
from typing import Any

from bot.engine.findings import Finding, escape
from bot.engine.json_shape import no_json

LARGEST = 100_000
"""Characters of JSON: every process holds them, and every version of them is kept."""
MOST = 1_000
COMMENTS = frozenset({"$schema", "$comment"})
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


def examine_values(document: Any) -> tuple[Mapping[str, Any], list[Finding]]:
    """The values by name, with all that is wrong; `place` is the JSON pointer of a value."""
    if fault := no_json(document):
        return {}, [fault]
    if not isinstance(document, dict):
        reason = "expected an object of names and values"
        return {}, [Finding("wrong-type", "error", "", reason, 'such as {"open": true}')]
    values = {name: value for name, value in document.items() if name not in COMMENTS}
    findings = [_wrong_name(name) for name in values if not _NAME.fullmatch(name)]
    if len(values) > MOST:
        findings.append(_too_large(f"{len(values):,} values; at most {MOST:,}"))
    size = len(json.dumps(values, ensure_ascii=False))
    if size > LARGEST:
        findings.append(_too_large(f"{size:,} characters; at most {LARGEST:,}"))
    return values, findings


def _wrong_name(name: str) -> Finding:
    cure = "a to z, digits and _, beginning with no digit, at most 100"
    return Finding("wrong-name", "error", f"/{escape(name)}", f"{name[:100]!r} is no name", cure)


def _too_large(reason: str) -> Finding:
    cure = "keep what is larger where an API call can ask for it"
    return Finding("too-large", "error", "", reason, cure)
