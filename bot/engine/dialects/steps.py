"""The steps dialect: `{"trigger": "book", "steps": [{"message": ..., "variable": ...}]}`.

Every step becomes the top-level state of its id. A step with a variable becomes a question, one with
answers waits for them, any other says its message and is passed through. What a step says stands at
every way to it, because a link runs its own steps.
"""

from collections.abc import Mapping
from typing import Any

from bot.engine.dialects.native import DOCUMENT_KEYS, Json, Native
from bot.engine.dialects.steps_reader import (
    MESSAGE_KEYS,
    QUESTION_KEYS,
    Step,
    Way,
    end_name,
    read_steps,
)
from bot.engine.dialects.translation import WHOLE, Translation
from bot.engine.reading import Reading, shown

PROCESSING = {"pre_processors": "pre", "post_processors": "post"}


def translate(document: Mapping[str, Any], name: str) -> Translation:
    """The native form of a document with steps."""
    r = Reading(name)
    r.known_keys(document, (*DOCUMENT_KEYS, "trigger", "steps"), "")
    native = Native(document)
    _trigger(r, document, native)
    steps = read_steps(r, document["steps"], document.get("slots"))
    if not any(finding.severity == "error" for finding in r.findings):
        _write(native, steps, document.get("otherwise"))
    return native.translation(r)


def _trigger(r: Reading, document: Mapping[str, Any], native: Native) -> None:
    """The message that starts the flow, behind the triggers that are written natively."""
    triggers = document.get("triggers", [])
    if "trigger" not in document:
        if "triggers" not in document:
            r.error("no-trigger", "", "a flow of steps needs the 'trigger' that starts it",
                    'for example "trigger": "book"; or "triggers", which may be empty')  # fmt: skip
        return
    given = document["trigger"]
    if not isinstance(given, str | list | dict):
        r.error("wrong-type", "/trigger", f"expected a message, found {shown(given)}")
        return
    if not isinstance(triggers, list):
        return
    place = f"/triggers/{len(triggers)}"
    trigger = given if isinstance(given, dict) else {"keyword": given}
    native.head["triggers"] = [*triggers, trigger]
    native.origins[place] = "/trigger"
    native.origins[place if isinstance(given, dict) else f"{place}/keyword"] = f"/trigger{WHOLE}"


def _write(native: Native, steps: tuple[Step, ...], otherwise: Any) -> None:
    """The states, one for each step, and the end where a way leads to it."""
    targets = {step.name: step for step in steps}
    # Functions, and calls that fail, may lead anywhere; a state that is entered so needs its words.
    processing = any(step.written.get(key) for step in steps for key in PROCESSING)
    for step in steps:
        state, parts = _state(step, targets, otherwise)
        if step.say and (processing or step is steps[0]):
            state["enter"] = [step.say]
            parts |= _said(step, "/enter/0")
        native.add(state, parts)
    end = end_name(targets)
    if any(way["name"] == f"@{end}" for s in native.states for way in s.get("states", ())):
        native.add({"name": end}, {"": steps[-1].place})


def _state(step: Step, targets: Mapping[str, Step], otherwise: Any) -> tuple[Json, dict[str, str]]:
    written, place = step.written, step.place
    state: Json = {"name": step.name}
    parts = {"": place, "/name": f"{place}/id" if "id" in written else place}
    for key, native in PROCESSING.items():
        if key in written:
            state[native] = written[key]
            parts[f"/{native}"] = f"{place}/{key}{WHOLE}"
    if step.variable:
        state["collect"] = _question(step)
        parts |= _question_parts(step)
    if step.waits and (unexpected := _otherwise(step, otherwise)):
        state["otherwise"] = unexpected
        parts |= _said(step, "/otherwise/enter/0")
        if "error" in written:
            parts["/otherwise/enter/0/say"] = f"{place}/error{WHOLE}"
    ways = _ways(step, targets)
    if ways:
        state |= {"states": [_link(way, targets) for way in ways]}
        state |= {} if step.waits else {"pass": True}
    for i, way in enumerate(ways):
        parts[f"/states/{i}"] = way.place
        if way.target in targets and targets[way.target].say:
            parts |= _said(targets[way.target], f"/states/{i}/enter/0")
    return state, parts


def _otherwise(step: Step, otherwise: Any) -> Json | None:
    """What a reply hears that is no answer: the error, else the message again.

    Where the document has an answer of its own to that, only an error takes its place.
    """
    written = step.written
    if "error" not in written and otherwise is not None:
        return None
    said = {"say": written["error"]} if "error" in written else step.say
    last = {
        k: otherwise[k] for k in ("times", "then") if isinstance(otherwise, dict) and k in otherwise
    }
    if "attempts" in written:
        last["times"] = written["attempts"] - 1
    return {"enter": [said], **last}


def _ways(step: Step, targets: Mapping[str, Step]) -> tuple[Way, ...]:
    """The ways on; none where the end is all that follows, for a state without any is one."""
    only_way = step.ways[0] if len(step.ways) == 1 else None
    if only_way is None or only_way.condition is not None or only_way.target in targets:
        return step.ways
    return step.ways if step.waits and not step.variable else ()


def _link(way: Way, targets: Mapping[str, Step]) -> Json:
    condition = "always" if way.condition is None else way.condition
    link: Json = {"name": f"@{way.target}", "condition": condition}
    target = targets.get(way.target)
    if target is not None and target.say:
        link["enter"] = [target.say]
    return link


def _question(step: Step) -> Json:
    collect: Json = {"slot": step.variable, "type": step.type}
    if step.choices:
        collect["choices"] = [dict(choice) for choice in step.choices]
    return collect | {key: step.written[key] for key in QUESTION_KEYS if key in step.written}


def _question_parts(step: Step) -> dict[str, str]:
    parts = {
        "/collect": step.place,
        "/collect/slot": f"{step.place}/variable",
        "/collect/type": f"{step.place}/type" if "type" in step.written else step.place,
        "/collect/choices": f"{step.place}/message",
    }
    for key in QUESTION_KEYS:
        if key in step.written:
            parts[f"/collect/{key}"] = f"{step.place}/{key}{WHOLE}"
    return parts


def _said(step: Step, native: str) -> dict[str, str]:
    """The places of a message within the native step that says it."""
    place = f"{step.place}/message"
    message = step.written["message"]
    whole = isinstance(message, dict) and any(key in MESSAGE_KEYS for key in message)
    if not whole:
        return {native: place, f"{native}/say": f"{place}{WHOLE}"}
    parts = {f"{native}/{key}": f"{place}/{key}{WHOLE}" for key in message if key != "text"}
    text = f"{place}/text{WHOLE}" if "text" in message else place
    return {native: place, f"{native}/say": text, **parts}
