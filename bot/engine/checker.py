"""What is wrong or doubtful in flows that can be read; bot/engine/checks has one file for each idea."""

from collections.abc import Callable, Sequence

from bot.engine.checks import (
    answers,
    conditions,
    consent,
    decisions,
    invariants,
    loops,
    messages,
    names,
    overlaps,
    slot_names,
    slots,
    triggers,
    waits,
    ways,
)
from bot.engine.checks.moves import Ways
from bot.engine.checks.project import Checking, Known, Project
from bot.engine.findings import Finding
from bot.engine.flow import Flow
from bot.engine.transcripts import Explorer

__all__ = ["Project", "check"]

_PARTS: Sequence[Callable[[Checking], None]] = (
    *names.PARTS,
    *slot_names.PARTS,
    *slots.PARTS,
    *ways.PARTS,
    *decisions.PARTS,
    *conditions.PARTS,
    *overlaps.PARTS,
    *answers.PARTS,
    *loops.PARTS,
    *waits.PARTS,
    *invariants.PARTS,
    *messages.PARTS,
    *consent.PARTS,
)


def check(flows: Sequence[Flow], project: Project) -> list[Finding]:
    """The findings of all flows, each flow's in order, then those of several together; `file` is the
    name of the flow.

    What the reader found (undefined links among it) is not said again.
    """
    known = Known(project, flows)
    findings: list[Finding] = []
    seen: set[str] = set()
    all_ways: dict[str, Ways] = {}
    for flow in flows:
        ways_ = Ways(flow)
        all_ways.setdefault(flow.name, ways_)
        checking = Checking(flow, known, Explorer(flow, ways_))
        names.name_is_free(checking, seen)
        for part in _PARTS:
            part(checking)
        findings += checking.findings
    return [
        *findings,
        *triggers.collisions(flows),
        *loops.starts(all_ways),
        *loops.recursion(all_ways),
        *waits.never_return(known, all_ways),
    ]
