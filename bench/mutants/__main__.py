"""Prints how many seeded faults the checker finds: python -m bench.mutants [--missed] [--limit N]."""

import argparse
import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.mutants.exploring import Names, Seen, explore
from bench.mutants.faults import CATALOGUE, Case, Fault, harmless
from bot.engine.api_reader import examine as examine_api
from bot.engine.apis import Api
from bot.engine.checker import Project, check
from bot.engine.conditions import BUILT_IN, Condition, compared_in, named_in
from bot.engine.findings import DefinitionInvalid, Finding
from bot.engine.flow import Flow
from bot.engine.reader import examine, read_flow
from bot.engine.steps import Act, Call, Process, Say

FLOWS = Path(__file__).parent / "flows"
ROOT = Path(__file__).parents[2]
EACH = 20
"""Mutants of one kind: more of the same kind tell nothing new."""

console = Console(width=110)


@dataclass
class Ground:
    """Sound flows, what exists around them, and what the engine does with them."""

    documents: Mapping[str, Any]
    slots: frozenset[str]
    flows: dict[str, Flow] = field(init=False)
    names: Names = field(init=False)
    project: Project = field(init=False)
    seen: dict[str, Seen] = field(init=False)

    def __post_init__(self) -> None:
        self.flows = {name: read_flow(it, name) for name, it in self.documents.items()}
        self.names = _names(self.flows.values())
        self.project = Project(
            actions=self.names.actions,
            conditions=self.names.conditions,
            intents=self.names.intents,
            entities=self.names.entities,
            slots=self.slots,
            responses=self.names.responses,
            channels=frozenset({"sms"}),
            processors=self.names.processors,
            apis={name: _api(name) for name in self.names.apis},
            shared=self.names.shared,
        )
        self.seen = {name: explore(flow, self.names) for name, flow in self.flows.items()}

    def findings(self, name: str, document: Any) -> list[Finding]:
        """What is said of all flows where one of them is another."""
        flow, read = examine(document, name)
        assert flow is not None
        flows = dict(sorted({**self.flows, name: flow}.items()))
        return [*read, *check(list(flows.values()), self.project)]


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--missed", action="store_true", help="show the mutants that were not found")
    words.add_argument("--limit", type=int, default=EACH, help="mutants of each kind")
    given = words.parse_args()
    ground = Ground(_documents(), _declared())
    _false_alarms(ground)
    table = Table("fault", "mutants", "found", "named rightly", title="Seeded faults")
    totals: Counter[str] = Counter()
    missed: list[str] = []
    for fault in track(CATALOGUE, "mutants", console=console, transient=True):
        counts = _measure(fault, ground, given.limit, missed)
        totals.update(counts)
        shown = (_share(counts, "found"), _share(counts, "right"))
        table.add_row(fault.name, str(counts["mutants"]), *shown)
    table.add_section()
    table.add_row("all", str(totals["mutants"]), _share(totals, "found"), _share(totals, "right"))
    console.print(table)
    if given.missed:
        for line in missed:
            console.print(line, markup=False, highlight=False)


def _api(name: str) -> Api:
    document = {
        "method": "GET",
        "url": "https://api.example.com/{place}",
        "save": {"sky": "$.a", "degrees": "$.b"},
    }
    api, findings = examine_api(document, name, lambda _: None)
    assert api is not None, findings
    return api


def _documents() -> dict[str, Any]:
    """Those of the bench, and a shipped one: none has anything that is to be found."""
    paths = [*FLOWS.glob("*.json"), ROOT / "flows" / "coupon.json"]
    return {path.stem: json.loads(path.read_text()) for path in sorted(paths, key=lambda p: p.stem)}


def _declared() -> frozenset[str]:
    return frozenset(yaml.safe_load((ROOT / "domain.yml").read_text())["slots"])


def _names(flows: Iterable[Flow]) -> Names:
    """Whatever the sound flows name exists."""
    found: dict[str, set[str]] = defaultdict(set)
    for flow in flows:
        for steps in flow.step_lists.values():
            for step in steps:
                if isinstance(step, Act):
                    found["actions"].add(step.name)
                elif isinstance(step, Say) and step.response:
                    found["responses"].add(step.response)
                elif isinstance(step, Call):
                    found["apis"].add(step.api)
                elif isinstance(step, Process):
                    found["processors"].add(step.name)
        for condition in _conditions(flow):
            own = (n.name for n in named_in(condition) if n.name not in BUILT_IN)
            found["conditions"].update(own)
            for it in compared_in(condition):
                found[str(it.subject)].add(str(it.key))
        for trigger in flow.triggers:
            if trigger.kind == "intent":
                found["intent"].update(trigger.value)
    return Names(
        actions=frozenset(found["actions"]),
        conditions=frozenset(found["conditions"]),
        intents=frozenset(found["intent"]),
        entities=frozenset(found["entity"]),
        responses=frozenset(found["responses"]),
        apis=frozenset(found["apis"]),
        processors=frozenset(found["processors"]),
        shared=frozenset({"hours"}),
    )


def _conditions(flow: Flow) -> Iterator[Condition]:
    for state in flow.states.values():
        yield state.condition
        yield from (way.condition for way in state.transitions)
    yield from (trigger.when for trigger in flow.triggers)


def _measure(fault: Fault, ground: Ground, limit: int, missed: list[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for case, document in _confirmed(fault, ground):
        if counts["mutants"] >= limit:
            break
        counts["mutants"] += 1
        known = {(f.file, f.code, f.reason) for f in ground.findings(
            case.base.name, ground.documents[case.base.name])}  # fmt: skip
        said = ground.findings(case.base.name, document)
        found = [f for f in said if (f.file, f.code, f.reason) not in known]
        right = any(f.code in fault.codes for f in found)
        counts["found"] += bool(found)
        counts["right"] += right
        if not right:
            codes = ", ".join(sorted({f.code for f in found})) or "nothing"
            missed.append(f"{fault.name}: {case.base.name}, {case.about!r}: {codes}")
    return counts


def _confirmed(fault: Fault, ground: Ground) -> Iterator[tuple[Case, Any]]:
    """The mutants that the engine shows to misbehave, from all flows mixed."""
    chance = random.Random(7)
    made = [
        (name, mutant, about)
        for name, document in ground.documents.items()
        for mutant, about in fault.mutants(document, chance)
    ]
    chance.shuffle(made)
    for name, mutant, about in made:
        try:
            flow = read_flow(mutant, name)
        except DefinitionInvalid:
            continue
        after = explore(flow, ground.names)
        base = ground.flows[name]
        case = Case(base, flow, ground.seen[name], after, about, ground.names, ground.flows)
        if fault.shows(case):
            yield case, mutant


def _false_alarms(ground: Ground) -> None:
    table = Table("what changes nothing", "flows", "false alarms", title="Sound flows")
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    alarms: list[str] = []
    known = check(list(ground.flows.values()), ground.project)
    counts["as they are"] = [len(ground.documents), len({f.file for f in known})]
    alarms += [str(finding) for finding in known]
    for name, document in ground.documents.items():
        for kind, changed in harmless(document):
            found = [f for f in ground.findings(name, changed) if str(f) not in alarms]
            counts[kind][0] += 1
            counts[kind][1] += bool(found)
            alarms += [f"{kind}: {finding}" for finding in found]
    for kind, (count, wrong) in counts.items():
        table.add_row(kind, str(count), str(wrong))
    console.print(table)
    for alarm in alarms:
        console.print(alarm, markup=False, highlight=False)


def _share(counts: Counter[str], key: str) -> str:
    whole = counts["mutants"]
    return f"{counts[key]} ({100 * counts[key] / whole:.0f} %)" if whole else "-"


if __name__ == "__main__":
    main()
