"""Steps of a conversation, from JSON: what each says and asks, and where its answers lead."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, get_args

from bot.engine.condition_reader import read_condition
from bot.engine.dialects.native import Cures, circle_shown, circles, meaning
from bot.engine.findings import escape, nearest
from bot.engine.flow import SlotType
from bot.engine.reading import MOST_FINDINGS, Reading, read_words, shown
from bot.engine.say_reader import read_say
from bot.engine.slot_types import NotFitting, number
from bot.engine.step_reader import read_processing
from bot.engine.wording import versions

STEP_KEYS = (
    "$comment", "id", "message", "variable", "type", "error", "attempts", "exit_words", "min", "max",
    "pattern", "pre_processors", "post_processors", "next", "end",
)  # fmt: skip
MESSAGE_KEYS = ("text", "media", "buttons", "list", "template", "location", "$comment")
QUESTION_KEYS = ("attempts", "exit_words", "min", "max", "pattern")
"""Keys of a step that are those of a question."""
END = "end"
"""Where a way ends the conversation, unless a step has this id."""
ANY = "*"
"""The answer that stands for all others."""
_YES_NO = {"yes": "is_user_reply_yes", "no": "is_user_reply_no"}


@dataclass(frozen=True, slots=True)
class Way:
    """One way on; `condition` is None for the one that is always open."""

    condition: Any
    target: str
    place: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `say` is the native step that says its message."""

    name: str
    place: str
    written: Mapping[str, Any]
    say: Mapping[str, Any] | None = None
    variable: str = ""
    type: str = "text"
    choices: tuple[Mapping[str, Any], ...] = ()
    ways: tuple[Way, ...] = ()
    by_answer: bool = False
    """Whether its ways are answers: any other reply is not understood."""
    ends: bool = False

    @property
    def waits(self) -> bool:
        """Whether the contact is to reply. Ways of a step that asks nothing are decided at once."""
        decides = self.by_answer or any(way.condition is not None for way in self.ways)
        return bool(self.variable) or (self.say is not None and decides)


def read_steps(r: Reading, nodes: Any, slots: Any) -> tuple[Step, ...]:
    """The steps in order, each with its ways on; what is wrong in them are findings."""
    if not isinstance(nodes, list) or not nodes:
        r.error("no-steps", "/steps", f"expected a list of at least one step, found {shown(nodes)}")
        return ()
    declared = slots if isinstance(slots, dict) else {}
    taken = {str(n["id"]) for n in nodes if isinstance(n, dict) and isinstance(n.get("id"), str)}
    read = [_step(r, n, i, declared, taken) for i, n in enumerate(nodes)]
    steps = [step for step in read if step]
    if len(steps) < len(nodes):
        return ()
    end = end_name(step.name for step in steps)
    following = [*(step.name for step in steps[1:]), end]
    complete = tuple(_led_on(step, name) for step, name in zip(steps, following, strict=True))
    _check_names(r, complete)
    _check_ways(r, complete, end)
    _check_circles(r, complete)
    return complete


def end_name(names: Iterable[str]) -> str:
    """The name of the state behind the last step."""
    return END if END not in set(names) else f"({END})"


def _step(
    r: Reading, node: Any, index: int, slots: Mapping[str, Any], taken: set[str]
) -> Step | None:
    place = f"/steps/{index}"
    if not r.typed(node, dict, place, 'a step like {"message": ..., "variable": ...}'):
        return None
    r.known_keys(node, STEP_KEYS, place)
    name = _name(r, node, index, place, taken)
    say = _message(r, node["message"], f"{place}/message") if "message" in node else None
    for key in ("pre_processors", "post_processors"):
        if key in node:
            read_processing(r, node[key], f"{place}/{key}")
    variable = _variable(r, node, place)
    choices = _choices(say) if variable and node.get("type", "choice") == "choice" else ()
    kind = _type(r, node, place, variable, bool(choices), slots)
    step = Step(
        name=name,
        place=place,
        written=node,
        say=say,
        variable=variable,
        type=kind,
        choices=choices if kind == "choice" else (),
        ends=_ends(r, node, place),
    )
    step = _with_ways(r, step, node)
    _check_step(r, step, node)
    return step


def _name(r: Reading, node: Mapping[str, Any], index: int, place: str, taken: set[str]) -> str:
    if "id" in node and r.text(node["id"], f"{place}/id", "a step's id"):
        if str(node["id"]).startswith("@"):
            r.error("wrong-id", f"{place}/id", "an id does not begin with '@'")
        return str(node["id"])
    name = f"step {index + 1}"
    return name if name not in taken else f"({name})"


def _message(r: Reading, node: Any, place: str) -> dict[str, Any] | None:
    """The native step of a message: a text, texts by language, or an object with its parts."""
    whole = isinstance(node, dict) and any(key in MESSAGE_KEYS for key in node)
    if whole:
        r.known_keys(node, MESSAGE_KEYS, place)
        parts = {key: node[key] for key in MESSAGE_KEYS[1:] if key in node}
        say = {"say": node.get("text", ""), **parts}
    else:
        say = {"say": node}
    if isinstance(say["say"], dict) and "response" in say["say"]:
        r.error("wrong-type", place, "expected a text, found the name of a response")
        return None
    own = Reading(r.flow)
    read_say(own, say, place)
    text = f"{place}/text" if whole and "text" in node else place
    for finding in own.findings:
        at = finding.place.replace(f"{place}/say", text, 1)
        if finding.severity == "error":  # what is doubtful is found again when it is read
            r.error(finding.code, at, finding.reason, finding.cure)
    return say


def _variable(r: Reading, node: Mapping[str, Any], place: str) -> str:
    if "variable" not in node or not r.text(node["variable"], f"{place}/variable", "a name"):
        return ""
    return str(node["variable"])


def _choices(say: Mapping[str, Any] | None) -> tuple[Mapping[str, Any], ...]:
    """The buttons, or the rows of the list, that the contact may choose from."""
    menu = (say or {}).get("list")
    rows = menu.get("rows") if isinstance(menu, dict) else None
    shown_ones = rows or (say or {}).get("buttons")
    if not isinstance(shown_ones, list):
        return ()
    titled = [node if isinstance(node, dict) else {"title": node} for node in shown_ones]
    return tuple(_choice(node) for node in titled if isinstance(node.get("title"), str | dict))


def _choice(node: Mapping[str, Any]) -> Mapping[str, Any]:
    title, payload = node["title"], node.get("payload")
    first = next((text for _, text in versions(title)), "")
    choice = {"label": title, "value": first, **meaning(title)}
    tapped = isinstance(payload, str) and payload.strip() and payload != choice["value"]
    return {**choice, "words": [payload]} if tapped else choice


def _type(
    r: Reading, node: Mapping[str, Any], place: str, variable: str, choices: bool,
    slots: Mapping[str, Any],
) -> str:  # fmt: skip
    known = get_args(SlotType)
    if "type" in node:
        kind = node["type"]
        if not isinstance(kind, str) or kind not in known:
            r.error("unknown-type", f"{place}/type", f"unknown type {shown(kind)}",
                    nearest(str(kind), known))  # fmt: skip
            return "text"
        if kind == "choice" and not choices and variable:
            r.error("no-choices", f"{place}/type", "a 'choice' needs buttons or a list")
        return kind
    declared = slots.get(variable)
    kind = declared.get("type") if isinstance(declared, dict) else None
    if isinstance(kind, str) and kind in known and kind not in ("text", "choice"):
        return kind
    return "choice" if choices else "text"


def _ends(r: Reading, node: Mapping[str, Any], place: str) -> bool:
    if "end" not in node:
        return False
    if node["end"] is not True:
        r.error("wrong-type", f"{place}/end", f"expected true, found {shown(node['end'])}")
    if "next" in node:
        r.error("end-and-next", f"{place}/next", "a step that ends leads nowhere",
                "leave out 'end' or 'next'")  # fmt: skip
    return True


def _check_step(r: Reading, step: Step, node: Mapping[str, Any]) -> None:
    place = step.place
    if not step.variable:
        for key in ("type", "exit_words", "min", "max", "pattern"):
            if key in node:
                r.error("no-variable", f"{place}/{key}", f"{key!r} needs the 'variable' it is for")
    if "error" in node:
        read_words(r, node["error"], f"{place}/error")
    if "attempts" in node:
        r.count(node["attempts"], 1, f"{place}/attempts")
    for key in ("error", "attempts", "post_processors"):
        if key in node and not step.waits:
            r.error("no-reply", f"{place}/{key}", f"{key!r}: this step waits for no reply",
                    "a step with a 'variable' or with answers in 'next' does")  # fmt: skip
    if step.variable and step.say is None:
        r.error(
            "no-message", place, "a step with a 'variable' needs the 'message' that asks for it"
        )
    if step.by_answer and step.say is None:
        r.error("no-message", f"{place}/next", "a step with answers needs a 'message'",
                'a step that only decides has a list: [{"when": ..., "goto": ...}]')  # fmt: skip


# Ways on


def _with_ways(r: Reading, step: Step, node: Mapping[str, Any]) -> Step:
    if "next" not in node or step.ends:
        return step
    given, place = node["next"], f"{step.place}/next"
    if isinstance(given, str):
        r.text(given, place, "a step's id")
        return replace(step, ways=(Way(None, given, place),))
    if isinstance(given, dict):
        return replace(step, ways=_by_answer(r, step, given, place), by_answer=True)
    if not r.typed(given, list, place, "a step's id, answers with ids, or a list of ways"):
        return step
    if not given:
        r.error("empty-list", place, "expected at least one way")
    ways = [_listed(r, step, n, f"{place}/{i}") for i, n in enumerate(given)]
    for i, way in enumerate(ways[:-1]):
        if way and way.condition is None:
            r.error("unreachable-way", f"{place}/{i + 1}", "the way before it is always open")
    return replace(step, ways=tuple(way for way in ways if way))


def _by_answer(r: Reading, step: Step, given: Mapping[str, Any], place: str) -> tuple[Way, ...]:
    if not given:
        r.error("empty-list", place, "expected at least one answer")
    ways, seen = [], set()
    for answer, target in given.items():
        at = f"{place}/{escape(answer)}"
        if answer == "$comment" or not r.text(target, at, "a step's id"):
            continue
        if _folded(answer) in seen:
            r.error("duplicate-answer", at, f"the answer {answer!r} is there twice")
        seen.add(_folded(answer))
        ways.append(Way(_answered(r, step, answer, at), target, at))
    # The answer that stands for all others is tried last.
    return tuple(sorted(ways, key=lambda way: way.condition is None))


def _listed(r: Reading, step: Step, node: Any, place: str) -> Way | None:
    if not r.typed(node, dict, place, 'a way like {"when": ..., "goto": "ID"}'):
        return None
    r.known_keys(node, ("when", "goto", "$comment"), place)
    if "goto" not in node:
        r.error("no-goto", place, "a way needs the id it leads to: 'goto'")
        return None
    if not r.text(node["goto"], f"{place}/goto", "a step's id"):
        return None
    return Way(_when(r, step, node, place), node["goto"], place)


def _when(r: Reading, step: Step, node: Mapping[str, Any], place: str) -> Any:
    when = node.get("when", ANY)
    if isinstance(when, str):
        return _answered(r, step, when, f"{place}/when")
    read_condition(r, when, f"{place}/when")
    return when


def _answered(r: Reading, step: Step, answer: str, place: str) -> Any:
    """The condition that this was the answer; None for any answer."""
    said = _folded(answer)
    if not said:
        r.error("empty-text", place, "expected an answer, found an empty text")
    if said == ANY:
        return None
    if said.startswith("/") and len(said) > 1:
        return {"intent": answer.strip()[1:]}
    if step.type == "yes_no" and said in _YES_NO:
        return {"slot": step.variable, "value": said == "yes"}
    if step.type == "choice":
        return _chosen(r, step, said, answer, place)
    if said in _YES_NO:
        return _YES_NO[said]
    if step.variable and step.type != "text":
        value: Any = answer.strip()
        if step.type == "number":
            value = _number(r, answer, place)
        return {"slot": step.variable, "value": value}
    return {"text": True, "op": "=", "value": answer.strip()}


def _chosen(r: Reading, step: Step, said: str, answer: str, place: str) -> Any:
    """The condition that a button, or a row, was chosen."""
    labels = {
        _folded(text): choice["value"] for choice in step.choices
        for _, text in versions(choice["label"]) if isinstance(text, str)
    }  # fmt: skip
    if said not in labels:
        r.error("unknown-answer", place, f"no button or row says {answer!r}",
                nearest(answer, (str(choice["value"]) for choice in step.choices)))  # fmt: skip
    return {"slot": step.variable, "value": labels.get(said, answer)}


def _number(r: Reading, answer: str, place: str) -> float | int:
    try:
        return number(answer)
    except NotFitting:
        r.error("unknown-answer", place, f"{answer!r} is no number")
        return 0


def _folded(text: str) -> str:
    return text.strip().casefold()


def _led_on(step: Step, following: str) -> Step:
    """The step with its way to the one that follows, where nothing else leads on."""
    always = any(way.condition is None for way in step.ways)
    if step.ends or always or step.by_answer:
        return step
    return replace(step, ways=(*step.ways, Way(None, following, step.place)))


# All steps together


def _check_names(r: Reading, steps: Iterable[Step]) -> None:
    first: dict[str, str] = {}
    for step in steps:
        if step.name in first:
            r.error("duplicate-name", f"{step.place}/id",
                    f"the id {step.name!r} is that of {first[step.name]}")  # fmt: skip
        first.setdefault(step.name, step.place)


def _check_ways(r: Reading, steps: Iterable[Step], end: str) -> None:
    names = {step.name for step in steps} | {end}
    cures = Cures(names)
    for step in steps:
        for way in step.ways:
            if way.target not in names:
                reason = f"there is no step {way.target!r}"
                r.error("unknown-step", way.place, reason, cures.of(way.target))


def _check_circles(r: Reading, steps: Iterable[Step]) -> None:
    """Refuses steps that lead to each other without a reply and without a choice."""
    passing = {s.name: s for s in steps if not s.waits and len(s.ways) == 1}
    ways = {name: [step.ways[0].target] for name, step in passing.items()}
    for circle in islice(circles(ways), MOST_FINDINGS):
        reason = f"these steps never wait for the contact: {circle_shown(circle)}"
        r.error("endless-steps", passing[circle[-2]].place, reason,
                "give one of them a 'variable', or let one of them end")  # fmt: skip
