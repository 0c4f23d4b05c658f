"""JSON documents into flows: the nested form and the document form around it.

Every mistake is a finding with its place, so that an author sees all of them at once. The
published JSON Schema (`flow.schema.json`) describes the same language for editors.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from bot.engine.collect_reader import read_collect
from bot.engine.condition_reader import read_optional_condition
from bot.engine.dialects import Translation, placed, translated
from bot.engine.findings import DefinitionInvalid, Finding, nearest
from bot.engine.flow import (
    APOLOGY,
    DEFAULT_EXPIRY,
    Flow,
    Otherwise,
    State,
    Timeout,
    Transition,
)
from bot.engine.json_shape import no_json
from bot.engine.reading import (
    DEEPEST_NESTING,
    Reading,
    T,
    read_flag,
    read_goto,
    read_seconds,
    read_words,
    shown,
)
from bot.engine.say_reader import read_say
from bot.engine.slot_reader import read_invariants, read_slots
from bot.engine.step_reader import read_processing, read_steps
from bot.engine.steps import (
    End,
    Start,
    Step,
)
from bot.engine.trigger_reader import TRIGGER_KINDS, read_triggers
from bot.engine.wording import LANGUAGE

__all__ = ["DOCUMENT_KEYS", "STATE_KEYS", "TRIGGER_KINDS", "content_hash", "examine", "read_flow"]

DOCUMENT_KEYS = (
    "$schema", "$comment", "flow", "title", "version", "language", "triggers", "expires_after",
    "slots", "invariants", "otherwise", "apology", "states",
)  # fmt: skip
STATE_KEYS = (
    "$comment", "name", "condition", "pre", "enter", "states", "otherwise", "timeout", "collect",
    "post", "pass", "before_answer",
)  # fmt: skip

LINK_KEYS = ("$comment", "name", "condition", "enter", "before_answer")
MOST_COMPARED = 100
"""Links to nowhere for which the nearest state is looked for."""


def read_flow(document: Any, name: str) -> Flow:
    """The flow of a parsed JSON document; `name` is the file's, for one that does not say its own.

    Raises DefinitionInvalid with every error found.
    """
    flow, findings = examine(document, name)
    if flow is None:
        raise DefinitionInvalid(f for f in findings if f.severity == "error")
    return flow


def examine(document: Any, name: str) -> tuple[Flow | None, list[Finding]]:
    """The flow, or None where it has errors, with all findings of the reading."""
    bare = isinstance(document, list)
    body = {"states": document} if bare else document
    reading = Reading(name)
    if fault := no_json(document):
        return None, [fault]
    if (other := translated(document, name)) is not None:
        return _translated(document, name, other)
    if not isinstance(body, dict):
        reading.error("wrong-type", "", f"expected a list or an object, found {shown(document)}")
        return None, reading.findings
    if isinstance(body.get("flow"), str) and body["flow"]:
        reading.flow = body["flow"]
    flow = _document(reading, body, "" if bare else "/states", content_hash(document))
    failed = any(finding.severity == "error" for finding in reading.findings)
    return (None if failed else flow), reading.findings


def _translated(
    document: Any, name: str, translation: Translation
) -> tuple[Flow | None, list[Finding]]:
    """The flow of another dialect: its version is that of what the author wrote."""
    if translation.document is None:
        return None, list(translation.findings)
    flow, findings = examine(translation.document, name)
    found = [*translation.findings, *placed(findings, translation.origins)]
    if flow is None or any(finding.severity == "error" for finding in found):
        return None, found
    version = content_hash(document)
    return replace(flow, version=version, source=document, origins=translation.origins), found


def content_hash(document: Any) -> str:
    """A version's name: the hash of the canonical JSON."""
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _document(r: Reading, body: Mapping[str, Any], states_place: str, version: str) -> Flow | None:
    r.known_keys(body, DOCUMENT_KEYS, "")
    for key in ("title", "language", "$schema"):
        if key in body:
            r.typed(body[key], str, f"/{key}", "a text")
    if "flow" in body:
        r.text(body["flow"], "/flow", "the flow's name")
    if "version" in body:
        r.typed(body["version"], (str, int, float), "/version", "a text or a number")
    apology = read_words(r, body["apology"], "/apology") if "apology" in body else APOLOGY
    if "language" in body and not LANGUAGE.fullmatch(str(body["language"])):
        r.error("unknown-language", "/language", 'expected a code such as "en" or "pt-BR"')
    slots = read_slots(r, body.get("slots", {}))
    triggers = read_triggers(r, body.get("triggers", []))
    invariants = read_invariants(r, body.get("invariants", []))
    otherwise = _otherwise(r, body["otherwise"], "/otherwise") if "otherwise" in body else None
    expires = read_seconds(r, body, "expires_after", "", DEFAULT_EXPIRY)
    nodes = body.get("states")
    if not isinstance(nodes, list) or not nodes:
        place = states_place if "states" in body else ""
        r.error("no-states", place, "expected a list of at least one state")
        return None
    top = [_state(r, node, f"{states_place}/{i}", 1) for i, node in enumerate(nodes)]
    _resolve_links(r, {name for name in top if name})
    if not top[0]:
        return None
    return Flow(
        name=r.flow,
        version=version,
        initial=top[0],
        states=r.states,
        triggers=triggers,
        slots=slots,
        invariants=invariants,
        otherwise=otherwise,
        language=body.get("language"),
        title=body.get("title", ""),
        expires_after=expires,
        apology=apology,
        definition=body if states_place else nodes,
        step_lists=r.step_lists,
        behind=r.behind,
    )


# States


def _state(r: Reading, node: Any, place: str, depth: int) -> str:
    """Reads a state with all below it; answers its name, or nothing where it has none."""
    name = _node_name(r, node, place)
    if not name:
        return ""
    if name.startswith("@"):
        r.error(
            "link-at-top", f"{place}/name", f"{name!r} is a link, and a link leads from a state"
        )
        return ""
    r.known_keys(node, STATE_KEYS, place)
    if name in r.states:
        first = r.states[name].place
        r.error(
            "duplicate-name", f"{place}/name", f"the name {name!r} is taken by {first}",
            "every state of a flow has a name of its own; a link to it is written '@NAME'",
        )  # fmt: skip
        return ""
    r.states[name] = State(name=name, place=place)
    enter = read_steps(r, node.get("enter", []), f"{place}/enter")
    children = node.get("states", [])
    if not r.typed(children, list, f"{place}/states", "a list of states"):
        children = []
    if depth >= DEEPEST_NESTING:
        r.error("too-deep", place, f"more than {DEEPEST_NESTING} states within each other",
                "make some of them top-level states and link to them")  # fmt: skip
        children = []
    read_flag(r, node, "before_answer", place)
    ways = [_transition(r, n, f"{place}/states/{i}", depth + 1) for i, n in enumerate(children)]
    r.states[name] = State(
        name=name,
        place=place,
        condition=read_optional_condition(r, node, place),
        enter=enter,
        transitions=tuple(sorted(filter(None, ways), key=lambda way: not way.before_answer)),
        otherwise=_given(r, node, "otherwise", place, _otherwise),
        timeout=_given(r, node, "timeout", place, _timeout),
        collect=_given(r, node, "collect", place, read_collect),
        pre=_given(r, node, "pre", place, read_processing) or (),
        post=_given(r, node, "post", place, read_processing) or (),
        passes=read_flag(r, node, "pass", place),
    )
    return name


def _transition(r: Reading, node: Any, place: str, depth: int) -> Transition | None:
    name = _node_name(r, node, place)
    if not name:
        return None
    if not name.startswith("@"):
        if not (target := _state(r, node, place, depth)):
            return None
        state = r.states[target]
        before = node.get("before_answer") is True
        return Transition(
            target, state.condition, state.enter, f"{place}/enter", before_answer=before
        )
    target = name[1:]
    if not target:
        r.error("wrong-link", f"{place}/name", "'@' names no state", "write '@NAME'")
        return None
    for key in node:
        if key in STATE_KEYS and key not in LINK_KEYS:
            r.error("link-with-content", f"{place}/{key}", f"a link has no {key!r} of its own",
                    f"give it to the state {target!r}")  # fmt: skip
    r.known_keys(node, STATE_KEYS, place)
    r.links.append((target, f"{place}/name"))
    steps = read_steps(r, node.get("enter", []), f"{place}/enter")
    return Transition(
        target,
        read_optional_condition(r, node, place),
        steps,
        f"{place}/enter",
        link=True,
        before_answer=read_flag(r, node, "before_answer", place),
    )


def _node_name(r: Reading, node: Any, place: str) -> str:
    if not r.typed(node, dict, place, "a state (an object)"):
        return ""
    name = node.get("name")
    if not isinstance(name, str) or not name.strip():
        r.error("no-name", f"{place}/name" if "name" in node else place, "a state needs a name")
        return ""
    return name


def _resolve_links(r: Reading, top: set[str]) -> None:
    defined, compared = list(r.states), dict[str, str]()
    for target, place in r.links:
        if target not in r.states:
            if len(compared) < MOST_COMPARED and target not in compared:
                compared[target] = nearest(target, defined)
            near = compared.get(target, "")
            meant = f"{near} Or " if near.startswith("did you mean") else ""
            r.warning(
                "undefined-link", place,
                f"'@{target}' leads to a state that is nowhere defined: the session ends there",
                f"{meant}define a top-level state {target!r}, or leave it as the end",
            )  # fmt: skip
            r.states[target] = State(name=target, place=place, defined=False)
        elif place.endswith("/name") and target not in top and r.states[target].defined:
            r.warning("nested-link", place, f"{target!r} is no top-level state",
                      "links are easier to follow to top-level states")  # fmt: skip


def _given(
    r: Reading, node: Mapping[str, Any], key: str, place: str,
    read: Callable[[Reading, Any, str], T | None],
) -> T | None:  # fmt: skip
    return read(r, node[key], f"{place}/{key}") if key in node else None


def _otherwise(r: Reading, node: Any, place: str) -> Otherwise | None:
    if not r.typed(node, dict, place, 'an object like {"say": ..., "times": 2}'):
        return None
    r.known_keys(node, ("$comment", "say", "enter", "times", "then"), place)
    return Otherwise(
        enter=_said(r, node, place),
        then=_last_steps(r, node.get("then", []), f"{place}/then"),
        times=r.count(node.get("times", 2), 0, f"{place}/times"),
        place=place,
    )


def _said(r: Reading, node: Mapping[str, Any], place: str) -> tuple[Step, ...]:
    """The steps of `enter`, or the one of the short form `say`."""
    if "say" not in node:
        return read_steps(r, node.get("enter", []), f"{place}/enter")
    if "enter" in node:
        r.error("say-and-enter", f"{place}/say", "give either 'say' or 'enter'",
                "make the text a step of 'enter'")  # fmt: skip
    step = read_say(r, {"say": node["say"]}, place)
    r.step_lists[f"{place}/enter"] = steps = (step,) if step else ()
    return steps


def _last_steps(r: Reading, node: Any, place: str) -> tuple[Step, ...]:
    """Steps after which the session is over, whether or not they say so."""
    steps = read_steps(r, node, place)
    if not steps or not isinstance(steps[-1], End | Start):
        steps = (*steps, End("not_understood"))
        r.step_lists[place] = steps
    return steps


def _timeout(r: Reading, node: Any, place: str) -> Timeout | None:
    if not r.typed(node, dict, place, 'an object like {"after": "24h", "goto": "END"}'):
        return None
    r.known_keys(node, ("$comment", "after", "goto", "enter", "say", "times"), place)
    if "after" not in node:
        r.error("no-duration", place, "a timeout needs 'after'", 'for example "after": "24h"')
    after = read_seconds(r, node, "after", place, 1.0)
    if after == 0:
        r.error("wrong-duration", f"{place}/after", "a timeout needs some time")
    goto = read_goto(r, node, place)
    steps = _said(r, node, place)
    times = r.count(node.get("times", 1 if steps else 0), 0, f"{place}/times")
    return Timeout(after, goto, steps, times, place)
