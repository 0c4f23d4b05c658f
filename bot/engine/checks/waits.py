"""States in which a session stays for ever, or next to it."""

from collections.abc import Mapping

from bot.engine.checks.moves import Ways
from bot.engine.checks.project import Checking, Known, found
from bot.engine.checks.walking import placed, steps
from bot.engine.findings import Finding
from bot.engine.flow import DEFAULT_EXPIRY, State
from bot.engine.steps import Act, End, Process, Start, Wait
from bot.engine.transcripts import Transcript, lasting

LONG = 180 * 86400.0
"""Seconds: whoever waits longer is no longer in a conversation."""


def too_long(c: Checking) -> None:
    """Timers suspend expiry: what they wait for so long, the session waits for, too."""
    if c.flow.expires_after > LONG:
        kept = [s for s in c.flow.states.values() if _waits(s) and s.timeout is None]
        first = next((s for s in kept if s.name in c.explorer.ways.reached), None)
        if first is not None:
            _told(c, "/expires_after", f"{first.name!r} has no timeout, and expires",
                  c.flow.expires_after, first)  # fmt: skip
    for state in c.flow.states.values():
        if state.timeout:
            silence = state.timeout.after * (state.timeout.times + 1)
            if silence > LONG:
                _told(c, f"{state.place}/timeout/after", "its silence ends", silence, state)
    for step, place in steps(c.flow):
        if isinstance(step, Wait) and step.seconds > LONG:
            _told(c, f"{place}/wait", "it goes on", step.seconds, None)


def _waits(state: State) -> bool:
    return state.defined and not state.final


def _told(c: Checking, place: str, what: str, seconds: float, state: State | None) -> None:
    reason = f"{what} only after {lasting(seconds)}; until then the session is kept"
    cure = f"half a year ({lasting(LONG)}) at most; {lasting(DEFAULT_EXPIRY)} is usual"
    c.add("waits-for-ever", place, reason, cure, _kept, c, state)


def _kept(c: Checking, state: State | None) -> Transcript:
    """A conversation that still stands there after half a year."""
    if state is None:
        return ()
    steps_ = c.explorer.to(state.name)
    return (*steps_, {"after": lasting(LONG)}, {"state": state.name}) if steps_ else ()


def never_return(known: Known, ways: Mapping[str, Ways]) -> list[Finding]:
    """Flows that wait for another one that comes to no end of its own."""
    endless = {name for name, way in ways.items() if not _comes_to_an_end(way)}
    findings = []
    for flow in known.flows:
        for step, place in steps(flow):
            if isinstance(step, Start) and step.returns is not None and step.flow in endless:
                reason = f"the flow {step.flow!r} comes to no end, so that nothing returns"
                cure = f"give {step.flow!r} a final state or an 'end', or take out 'return'"
                findings.append(
                    found("never-returns", flow.name, f"{place}/start", reason, cure,
                          [{"start": flow.name}])
                )  # fmt: skip
    return findings


def _comes_to_an_end(ways: Ways) -> bool:
    """Whether some way leads to an end that does not take expiry, or somebody else may end it."""
    flow = ways.flow
    if flow.otherwise is not None:
        return True
    for name in ways.reached:
        state = flow.states[name]
        if state.final or state.otherwise or (state.collect is not None):
            return True
        if state.timeout and not state.timeout.goto:
            return True
    ending = End | Act | Process
    lists = flow.step_lists
    return any(
        isinstance(step, ending) or (isinstance(step, Start) and step.returns is None)
        for place in lists
        for step, _ in placed(flow, place)
    )


PARTS = (too_long,)
ACROSS = (never_return,)
