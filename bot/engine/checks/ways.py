"""Ways that lead nowhere, and states that no way leads to."""

import re
from collections import deque
from collections.abc import Iterable, Mapping

from bot.engine.checks.moves import cycles
from bot.engine.checks.project import Checking
from bot.engine.checks.walking import at, placed
from bot.engine.flow import State
from bot.engine.steps import Act, Call, End, HandOver, Say, Split, Start, Step, Wait
from bot.engine.transcripts import Transcript
from bot.engine.wording import Text, versions

_QUESTION = re.compile(r"[?？؟]")
_OPTIONS = re.compile(
    r"(?-i:\b[A-Z]{2,}\b[^.!]{0,60}\bor\b)|\b1\b(?! (?:to|or) \d)(?!-).{0,200}\b2\b"
    r"|\b(?:reply|answer|choose)\b",
    re.DOTALL | re.I,
)
_ORDERED = re.compile(r"\b(?:[Rr]eply|[Aa]nswer)(?: with)? (?:\"|')?(?:[A-Z]{2,}|\d)")
_ASKING_NAME = re.compile(r"(?:^|_)ask(?:_|$)")
NAMED = 5
"""States of a circle that a reason names."""


def unreachable(c: Checking) -> None:
    """States that no way leads to; what lies behind one is explained by it."""
    ways = c.explorer.ways
    seen = set(ways.reached)
    for state in c.flow.states.values():
        if state.name in seen:
            continue
        c.add("unreachable-state", f"{state.place}/name", f"no way leads to {state.name!r}",
              _lead_there(c, state), _all_that_leads, c, state)  # fmt: skip
        ahead = deque([state.name])
        while ahead:
            name = ahead.popleft()
            if name not in seen:
                seen.add(name)
                for move in ways.moves[name]:
                    ahead.append(move.target)
                    ahead.extend(m.target for m in ways.after(move))


def _lead_there(c: Checking, state: State) -> str:
    """The cure, which depends on whether there are ways that come too late."""
    coming = (m for moves in c.explorer.ways.moves.values() for m in moves)
    before = next((m for m in coming if m.target == state.name and m.source != state.name), None)
    if before is not None and before.source in c.explorer.ways.reached:
        return (
            f"every way to {before.source!r} ends the session there: take out its 'end' or 'start'"
        )
    return f"link to it with '@{state.name}', or remove it"


def _all_that_leads(c: Checking, state: State) -> Transcript:
    """Where the conversation ends instead, if something should have led on."""
    for moves in c.explorer.ways.moves.values():
        for move in moves:
            if move.target == state.name and move.source in c.explorer.ways.reached:
                return c.explorer.to(move.source)
    return ()


def never_used(c: Checking) -> None:
    """Of a link the link's own condition and `enter` run, not the target's."""
    flow = c.flow
    if flow.source is not None:
        return  # what a translation writes more than once is none of its author's business
    direct = {t.target for s in flow.states.values() for t in s.transitions if not t.link}
    entered = {
        move.target
        for moves in c.explorer.ways.moves.values()
        for way in moves
        for move in (way, *c.explorer.ways.after(way))
        if move.kind in ("timeout", "goto")
    }
    linked = {t.target for s in flow.states.values() for t in s.transitions if t.link}
    only_linked = linked - direct - {flow.initial}
    for name, state in flow.states.items():
        if name not in only_linked:
            continue
        node = at(flow.definition, state.place) if state.defined else None
        if not isinstance(node, Mapping):
            continue
        for key in ("condition", "enter"):
            if key in node and not (key == "enter" and name in entered):
                c.add("never-used", f"{state.place}/{key}",
                      f"only links lead to {name!r}, and a link brings a {key!r} of its own",
                      f"move the {key!r} to the links")  # fmt: skip


def never_run(c: Checking) -> None:
    """Steps behind one that ends the session, or that wait longer than the state lasts."""
    ways = c.explorer.ways
    for place in c.flow.step_lists:
        ended = ""
        for step, where in placed(c.flow, place):
            if ended:
                c.add("never-run", where, f"this step comes behind {ended}, which ends the session",
                      "put it before, or remove it")  # fmt: skip
                break
            ended = _ends(c, step)
    _outwaited(c, c.flow.initial, ways.start)
    for moves in ways.moves.values():
        for move in moves:
            _outwaited(c, move.target, move.after)


def _ends(c: Checking, step: Step) -> str:
    match step:
        case End():
            return "'end'"
        case Start(returns=None):
            return "'start' (without 'return')"
        case Split(arms) if not any(c.explorer.ways.outcome(arm.place).through for arm in arms):
            return "a split all of whose ways end"
    return ""


def _outwaited(c: Checking, name: str, place: str) -> None:
    """A state that is left for its silence before its steps have waited their time."""
    timeout = c.flow.states[name].timeout
    if timeout is None or (timeout.goto is None and timeout.times):
        return
    waited = 0.0
    for step, where in placed(c.flow, place):
        if isinstance(step, Wait):
            waited += step.seconds
            if waited > timeout.after * (timeout.times + 1):
                c.add("never-run", where,
                      f"the timeout of {name!r} comes before this wait is over",
                      "wait for less, or make the timeout longer")  # fmt: skip
                return


# Dead ends


def dead_ends(c: Checking) -> None:
    """States that ask something, or wait for it, and have no way on."""
    entering: dict[str, list[tuple[Step, ...]]] = {}
    for state in c.flow.states.values():
        entering.setdefault(state.name, []).append(state.enter)
        for transition in state.transitions:
            if transition.link:
                entering.setdefault(transition.target, []).append(transition.enter)
    for state in c.flow.states.values():
        if state.transitions or state.collect or not state.defined:
            continue
        if reason := _expects_more(c, state, entering[state.name]):
            c.add("dead-end", f"{state.place}/name", f"{state.name!r} {reason}",
                  "give it 'states', or 'collect' for an answer that goes into a slot",
                  c.explorer.to, state.name)  # fmt: skip


def _expects_more(c: Checking, state: State, lists: Iterable[tuple[Step, ...]]) -> str:
    """Why a state without a way on does not look like an end."""
    if state.otherwise:
        return "answers what it does not understand, but there is nothing it understands"
    if state.passes:
        return "is marked 'pass', but nothing leads on"
    if any(_asks(steps) for steps in lists):
        return "asks something, but no reply leads on"
    timeout = state.timeout
    said = [step for step in timeout.enter if isinstance(step, Say)] if timeout else []
    if timeout and said and (timeout.times > 1 or any(_asks((say,)) for say in said)):
        return "reminds of an answer, but no reply leads on"
    return ""


def _asks(steps: tuple[Step, ...]) -> bool:
    """Whether the last word is a question. Nobody waits for its answer behind these steps."""
    if any(isinstance(step, End | Start | HandOver) for step in steps):
        return False
    said = [step for step in steps if isinstance(step, Say | Act)]
    if not said:
        return False
    last = said[-1]
    if isinstance(last, Act):
        return bool(_ASKING_NAME.search(last.name))
    named = bool(last.response and _ASKING_NAME.search(last.response))
    return bool(last.buttons or last.menu) or named or is_question(last.text)


def is_question(text: Text) -> bool:
    """Whether a text asks: it ends with a question, or with one and what may be answered."""
    return any(_is_question(words.rstrip()) for _, words in versions(text))


def _is_question(words: str) -> bool:
    marks = [match.end() for match in _QUESTION.finditer(words)]
    if not marks:
        return bool(_ORDERED.search(words)) or words.endswith(";?")
    behind = words[marks[-1] :].strip(" \"')*_")
    return not behind or (len(behind) < 300 and bool(_OPTIONS.search(behind)))


# Circles without an end


def no_way_out(c: Checking) -> None:
    """Circles of waiting states that nothing leaves, in a flow that has ends elsewhere."""
    ways = c.explorer.ways
    reached = ways.reached
    targets = {
        name: [m.target for move in ways.moves[name] for m in (move, *ways.after(move))]
        for name in reached
    }
    if not any(_is_end(c, name) for name in reached):
        return
    for circle in cycles(targets):
        inside = set(circle)
        if c.flow.initial in inside or any(t not in inside for n in circle for t in targets[n]):
            continue
        if any(_is_end(c, name) for name in circle):
            continue
        first = first_of(c.flow.states, inside)
        c.add("no-way-out", f"{c.flow.states[first].place}/name",
              f"from here no way leads to an end: {named(circle)}",
              "give one of them a way out, an 'otherwise' or exit words",
              c.explorer.to, first)  # fmt: skip


def _is_end(c: Checking, name: str) -> bool:
    """Whether a session may end in a state, or on a way on from it."""
    flow, ways = c.flow, c.explorer.ways
    state = flow.states[name]
    if state.final or state.otherwise or flow.otherwise or state.collect:
        return True
    if state.timeout and not state.timeout.goto:
        return True
    lists = [*ways.lists_of(state), *(move.after for move in ways.moves[name])]
    return any(not ways.outcome(place).through or _hands_over(c, place) for place in lists)


def _hands_over(c: Checking, place: str) -> bool:
    """Whether somebody or something outside the flow takes over."""
    return any(isinstance(step, HandOver | Act | Call) for step, _ in placed(c.flow, place))


def named(names: Iterable[str]) -> str:
    """Some of the names, in order."""
    return ", ".join(repr(name) for name in sorted(names)[:NAMED])


def first_of(names: Iterable[str], among: Iterable[str]) -> str:
    """The one of them that stands first in the document."""
    wanted = set(among)
    return next(name for name in names if name in wanted)


PARTS = (unreachable, never_used, dead_ends, never_run, no_way_out)
