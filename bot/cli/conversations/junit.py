"""The outcomes as JUnit's XML, which build servers read."""

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree as Xml  # written here, never read

from bot.cli.conversations.diffs import plain
from bot.cli.conversations.playing import Outcome
from bot.engine.findings import Finding

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(path: Path, outcomes: Sequence[Outcome], findings: Sequence[Finding]) -> None:
    """One suite for each file, one case for each conversation; findings are errors."""
    failed = sum(not it.passed for it in outcomes)
    root = Xml.Element(
        "testsuites", tests=str(len(outcomes) + len(findings)), failures=str(failed),
        errors=str(len(findings)), time=f"{sum(it.seconds for it in outcomes):.3f}",
    )  # fmt: skip
    for file, group in groupby(outcomes, key=lambda it: it.conversation.file):
        _suite(root, file, list(group))
    if findings:
        suite = Xml.SubElement(
            root, "testsuite", name="findings", tests=str(len(findings)), failures="0",
            errors=str(len(findings)), time="0.000",
        )  # fmt: skip
        for finding in findings:
            case = Xml.SubElement(suite, "testcase", classname=finding.file, name=finding.code)
            error = Xml.SubElement(case, "error", message=_clean(finding.reason), type=finding.code)
            _said(error, str(finding))
    path.parent.mkdir(parents=True, exist_ok=True)
    Xml.indent(root)
    Xml.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _suite(root: Xml.Element, file: str, outcomes: list[Outcome]) -> None:
    failed = sum(not it.passed for it in outcomes)
    seconds = sum(it.seconds for it in outcomes)
    suite = Xml.SubElement(
        root, "testsuite", name=file, tests=str(len(outcomes)), failures=str(failed),
        errors="0", time=f"{seconds:.3f}",
    )  # fmt: skip
    for it in outcomes:
        case = Xml.SubElement(
            suite, "testcase", classname=file.removesuffix(".yml"),
            name=_clean(it.conversation.name), time=f"{it.seconds:.3f}",
        )  # fmt: skip
        if it.failures:
            # One element for all of them: build servers show no more than the first.
            step = it.failures[0].mismatch.step
            message = f"{file}:{step.line} {step.kind}"
            failure = Xml.SubElement(case, "failure", message=message, type="conversation")
            _said(failure, plain(it.failures, file))


def _said(element: Xml.Element, text: str) -> None:
    element.text = _clean(text)


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("?", text)
