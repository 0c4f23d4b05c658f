"""What exists around the flows, and one flow while it is checked."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.engine.apis import Api
from bot.engine.checks.codes import CODES
from bot.engine.findings import Finding, nearest
from bot.engine.flow import Flow
from bot.engine.run import CONTACT_FIELDS
from bot.engine.transcripts import Explorer

MOST_CURES = 100
"""Nearest names that are looked for: with more mistakes than that the list of names is wrong."""
MOST_TRANSCRIPTS = 25
"""Conversations that are worked out for one kind of finding in one flow."""
MOST_OF_ALL = 200
"""And in all flows together."""


@dataclass(frozen=True, slots=True)
class Project:
    """What exists around the flows. None means that nobody can say, as with a server that does not
    answer: such names are then not checked."""

    actions: frozenset[str] | None = None
    conditions: frozenset[str] = frozenset()
    intents: frozenset[str] = frozenset()
    entities: frozenset[str] = frozenset()
    slots: frozenset[str] = frozenset()
    responses: frozenset[str] = frozenset()
    processors: frozenset[str] | None = None
    tasks: frozenset[str] | None = None
    apis: Mapping[str, Api] = field(default_factory=dict)
    shared: frozenset[str] = frozenset()
    zones: frozenset[str] | None = None
    """The time zones that this machine knows."""
    channels: frozenset[str] = frozenset()
    """Kinds of address that messages go to, such as `sms` and `whatsapp`; none: nobody can say."""


class Cures:
    """Nearest names, each looked for once."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], str] = {}

    def __call__(self, kind: str, word: str, known: Callable[[], Iterable[str]]) -> str:
        if (kind, word) not in self.found:
            if len(self.found) >= MOST_CURES:
                return ""
            self.found[kind, word] = nearest(word, known())
        return self.found[kind, word]


@dataclass(slots=True)
class Known:
    """Names that mean something, for all flows."""

    project: Project
    flows: Sequence[Flow]
    cure: Cures = field(default_factory=Cures)
    shown: dict[str, int] = field(default_factory=dict)
    """Transcripts that were worked out, by the code of their finding."""
    by_name: Mapping[str, Flow] = field(init=False)
    contact_slots: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.by_name = {flow.name: flow for flow in reversed(self.flows)}
        of_contact = (s.name for f in self.flows for s in f.slots.values() if s.scope == "contact")
        self.contact_slots = CONTACT_FIELDS | self.project.slots | frozenset(of_contact)


@dataclass(slots=True)
class Checking:
    """One flow with what was found in it."""

    flow: Flow
    known: Known
    explorer: Explorer
    findings: list[Finding] = field(default_factory=list)
    shown: dict[str, int] = field(default_factory=dict)

    def add(
        self,
        code: str,
        place: str,
        reason: str,
        cure: str = "",
        show: Callable[..., Sequence[Mapping[str, Any]]] | None = None,
        *about: Any,
    ) -> None:
        """One finding; `show(*about)` is asked for the transcript, as long as there are few."""
        transcript: Sequence[Mapping[str, Any]] = ()
        shown, of_all = self.shown, self.known.shown
        few = shown.get(code, 0) < MOST_TRANSCRIPTS and of_all.get(code, 0) < MOST_OF_ALL
        if show is not None and few:
            shown[code] = shown.get(code, 0) + 1
            of_all[code] = of_all.get(code, 0) + 1
            transcript = show(*about)
        self.findings.append(found(code, self.flow.name, place, reason, cure, transcript))

    def unknown(self, kind: str, place: str, name: str, known: Collection[str]) -> None:
        """A finding where a name is not among those known."""
        if name not in known:
            cure = self.known.cure(kind, name, lambda: known)
            self.add(f"unknown-{kind}", place, f"unknown {kind} {name!r}", cure)

    def own(self, names: Iterable[str]) -> Iterator[str]:
        """Names as this flow may write them: FLOW.NAME is NAME here."""
        return (name.removeprefix(f"{self.flow.name}.") for name in names)

    def is_known(self, name: str, known: Collection[str]) -> bool:
        """Whether FLOW.NAME or NAME is among them."""
        return name in known or f"{self.flow.name}.{name}" in known


def found(
    code: str, flow: str, place: str, reason: str, cure: str = "",
    transcript: Sequence[Mapping[str, Any]] = (),
) -> Finding:  # fmt: skip
    """A finding of the catalogue; `file` is the flow's name until the file is known."""
    severity = CODES[code].severity
    return Finding(code, severity, place, reason, cure, file=flow, transcript=tuple(transcript))
