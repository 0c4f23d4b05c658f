"""Triggers of several flows that want the same message."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.engine.checks.project import found
from bot.engine.coverage import Coverage
from bot.engine.findings import Finding
from bot.engine.flow import Flow, Trigger
from bot.engine.keywords import heard, is_said

_KEY = "steps"
_COLLIDING = frozenset({"keyword", "intent", "webhook"})
MOST_PATTERNS = 300
"""Patterns, and keywords, that are held against each other."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One word of a trigger, with its flow and what its `when` covers."""

    flow: Flow
    trigger: Trigger
    value: str
    coverage: Coverage

    def takes(self, text: str) -> bool:
        """Whether this one word is said in a message."""
        return is_said(replace(self.trigger, value=(self.value,)), text)


@dataclass(slots=True)
class _Triggers:
    """All triggers so far, in the order in which flows are asked."""

    same: dict[Hashable, list[_Wanted]] = field(default_factory=dict)
    exact: list[_Wanted] = field(default_factory=list)
    patterns: list[_Wanted] = field(default_factory=list)


def collisions(flows: Sequence[Flow]) -> list[Finding]:
    """Triggers that another flow takes: flows are asked in order, whole messages before parts."""
    taken = _Triggers()
    findings: list[Finding] = []
    for wanted in _wanted(flows):
        first = next(_takers(wanted, taken), None)
        if first is not None:
            findings.append(_collision(wanted, first))
        elif wanted.trigger.match == "exact":
            # A pattern of a flow that comes first is asked after the whole message, too.
            losers = (p for p in taken.patterns if _is_meant(p, wanted) and _meet(wanted, p))
            findings += [_collision(pattern, wanted) for pattern in losers]
        _remember(wanted, taken)
    return findings


def _wanted(flows: Sequence[Flow]) -> Iterator[_Wanted]:
    for flow in flows:
        for trigger in flow.triggers:
            if trigger.kind not in _COLLIDING:
                continue
            coverage = Coverage(only_messages=True)
            coverage.add(trigger.when, flow.name)
            values = trigger.value or (flow.name,)  # of a webhook
            yield from (_Wanted(flow, trigger, value, coverage) for value in values)


def _takers(wanted: _Wanted, taken: _Triggers) -> Iterator[_Wanted]:
    """Triggers that come first and take the message meant for this one."""
    near = list(taken.same.get(_key(wanted), ()))
    if wanted.trigger.kind == "keyword" and wanted.trigger.match != "exact":
        near += [one for one in taken.exact if _is_meant(wanted, one)]
    if wanted.trigger.match == "contains":
        phrases = (one for one in taken.patterns if one.trigger.match == "contains")
        near += [one for one in phrases if one.takes(wanted.value)]
    return (one for one in near if _meet(one, wanted))


def _is_meant(pattern: _Wanted, exact: _Wanted) -> bool:
    """Whether a keyword as a whole is what a pattern is for; a phrase within it is a broader one."""
    if exact.trigger.kind != "keyword":
        return False
    if pattern.trigger.match == "contains":
        return heard(pattern.value) == heard(exact.value)
    return pattern.takes(exact.value)


def _meet(first: _Wanted, second: _Wanted) -> bool:
    """Whether the first takes all that the second waits for."""
    return first.flow.name != second.flow.name and bool(
        first.coverage.covering(second.trigger.when)
    )


def _key(wanted: _Wanted) -> Hashable:
    trigger, value = wanted.trigger, wanted.value
    if trigger.kind != "keyword":
        return (trigger.kind, "", value)
    return ("keyword", trigger.match, value if trigger.match == "regex" else heard(value))


def _remember(wanted: _Wanted, taken: _Triggers) -> None:
    taken.same.setdefault(_key(wanted), []).append(wanted)
    if wanted.trigger.kind == "keyword":
        listed = taken.exact if wanted.trigger.match == "exact" else taken.patterns
        if len(listed) < MOST_PATTERNS:
            listed.append(wanted)


def _collision(loser: _Wanted, first: _Wanted) -> Finding:
    of_steps = _is_of_steps(loser.flow) or _is_of_steps(first.flow)
    code = "trigger-refused" if of_steps else "trigger-taken"
    trigger, other = loser.trigger, first.trigger
    if _key(loser) == _key(first):
        reason = f"the {trigger.kind} {loser.value!r} starts the flow {first.flow.name!r} already"
    else:
        reason = (
            f"the keyword {loser.value!r} ({trigger.match}) meets {first.value!r} ({other.match}) "
            f"of the flow {first.flow.name!r}, which comes first"
        )
    transcript: Sequence[Mapping[str, str]] = ()
    if trigger.kind == "keyword" and "regex" not in (trigger.match, other.match):
        transcript = [{"user": loser.value}]
    elif other.match == "exact" and other.kind == "keyword":
        transcript = [{"user": first.value}]
    place = f"{trigger.place}/{trigger.kind}"
    cure = "tell the two apart with 'when'"
    if trigger.kind == "webhook":
        cure = "give each a hook of its own"
    return found(code, loser.flow.name, place, reason, cure, transcript)


def _is_of_steps(flow: Flow) -> bool:
    return isinstance(flow.source, Mapping) and _KEY in flow.source
