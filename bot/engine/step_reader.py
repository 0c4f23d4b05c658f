"""The steps of an `enter`, from JSON."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from bot.engine.findings import escape, nearest
from bot.engine.reading import (
    DEEPEST_STEPS,
    Reading,
    read_goto,
    read_only,
    read_seconds,
    read_template,
    read_texts,
    read_values,
    read_words,
    shown,
)
from bot.engine.say_reader import read_say
from bot.engine.steps import (
    Act,
    Arm,
    Call,
    Email,
    End,
    HandOver,
    Note,
    Process,
    SetSlots,
    Split,
    Start,
    Step,
    Store,
    Tag,
    Untag,
    Wait,
)


def read_steps(r: Reading, node: Any, place: str) -> tuple[Step, ...]:
    if r.step_depth >= DEEPEST_STEPS:
        r.error("too-deep", place, f"more than {DEEPEST_STEPS} lists of steps within each other")
        return ()
    nodes = node if isinstance(node, list) else [node]
    bare = not isinstance(node, list)
    r.step_depth += 1
    read = [_step(r, n, place if bare else f"{place}/{i}") for i, n in enumerate(nodes)]
    r.step_depth -= 1
    steps = tuple(step for step in read if step)
    if steps:
        r.step_lists[place] = steps
    for index, step in enumerate(steps):
        if isinstance(step, Split):
            r.behind.update({arm.place: (place, index + 1) for arm in step.arms})
    return steps


PROCESSING = ("processor", "call", "set")
"""Steps of `pre` and `post`, beside the bare names of processors."""


def read_processing(r: Reading, node: Any, place: str) -> tuple[Step, ...]:
    """The list of a state's `pre` or `post`."""
    nodes = node if isinstance(node, list) else [node]
    bare = not isinstance(node, list)
    read = [_processing(r, n, place if bare else f"{place}/{i}") for i, n in enumerate(nodes)]
    steps = tuple(step for step in read if step)
    if steps:
        r.step_lists[place] = steps
    return steps


def _processing(r: Reading, node: Any, place: str) -> Step | None:
    if isinstance(node, str) and node.strip():
        return Process(node)
    kinds = [key for key in PROCESSING if key in node] if isinstance(node, dict) else []
    if len(kinds) != 1:
        r.error("wrong-step", place, f"expected a processor, found {shown(node)}",
                f"a name, or a step with {', '.join(PROCESSING)}")  # fmt: skip
        return None
    return STEPS[kinds[0]](r, node, place)


def _step(r: Reading, node: Any, place: str) -> Step | None:
    if isinstance(node, str) and node.strip():
        return Act(node)
    if not isinstance(node, dict):
        r.error("wrong-step", place, f"expected a name or a step, found {shown(node)}")
        return None
    kinds = [key for key in node if key in STEPS]
    if len(kinds) != 1:
        unknown = next((key for key in node if key not in STEPS and key != "$comment"), "")
        reason = f"unknown step {unknown!r}" if unknown else "a step has exactly one kind"
        r.error("unknown-step", place, reason, nearest(unknown, STEPS))
        return None
    return STEPS[kinds[0]](r, node, place)


def _act(r: Reading, node: Mapping[str, Any], place: str) -> Step | None:
    if not read_only(r, node, "action", str, place, "an action's name"):
        return None
    return Act(node["action"]) if r.text(node["action"], f"{place}/action", "a name") else None


def _set(r: Reading, node: Mapping[str, Any], place: str) -> Step | None:
    r.known_keys(node, ("set", "$comment"), place)
    return SetSlots(read_values(r, node["set"], f"{place}/set", "an object of slots and values"))


def _processor(r: Reading, node: Mapping[str, Any], place: str) -> Step | None:
    return _process(r, node, place, "processor")


def _task(r: Reading, node: Mapping[str, Any], place: str) -> Step | None:
    return _process(r, node, place, "task")


def _process(
    r: Reading, node: Mapping[str, Any], place: str, kind: Literal["processor", "task"]
) -> Step | None:
    r.known_keys(node, (kind, "with", "$comment"), place)
    if not r.text(node[kind], f"{place}/{kind}", f"a {kind}'s name"):
        return None
    return Process(node[kind], kind, _with(r, node, place))


def _with(r: Reading, node: Mapping[str, Any], place: str) -> dict[str, Any]:
    return read_values(r, node.get("with", {}), f"{place}/with", "an object of values by name")


def _store(r: Reading, node: Mapping[str, Any], place: str) -> Step | None:
    r.known_keys(node, ("store", "values", "key", "$comment"), place)
    if not r.text(node["store"], f"{place}/store", "a collection's name"):
        return None
    if "values" not in node:
        r.error("no-values", place, "a record needs 'values'", '"values": {"score": "{score}"}')
        return None
    values = read_values(r, node["values"], f"{place}/values", "an object of values by name")
    key = None
    if "key" in node and r.text(node["key"], f"{place}/key", "a text"):
        key = read_template(r, node["key"], f"{place}/key")
    return Store(node["store"], values, key)


def _call(r: Reading, node: Mapping[str, Any], place: str) -> Step | None:
    r.known_keys(node, ("call", "with", "save", "error", "$comment"), place)
    if not r.text(node["call"], f"{place}/call", "an API's name"):
        return None
    failed, goto = _failure(r, node["error"], f"{place}/error") if "error" in node else (None, None)
    return Call(
        api=node["call"],
        place=place,
        arguments=_with(r, node, place),
        save=_saved(r, node["save"], f"{place}/save") if "save" in node else None,
        failed=failed,
        goto=goto,
    )


def _saved(r: Reading, value: Any, place: str) -> dict[str, str]:
    """Slots here by the name that the API gives the value."""
    if not r.typed(value, dict, place, "an object of slots and the API's names for them"):
        return {}
    return {
        here: there
        for here, there in value.items()
        if r.text(there, f"{place}/{escape(here)}", "a name of the API's response mapping")
    }


def _failure(r: Reading, node: Any, place: str) -> tuple[str, str | None]:
    """Where the steps of an error branch stand, and the state that it leads to."""
    if not isinstance(node, dict) or any(key in STEPS for key in node):
        read_steps(r, node, place)
        return place, None
    r.known_keys(node, ("enter", "goto", "$comment"), place)
    if "enter" not in node and "goto" not in node:
        r.error("wrong-step", place, "an error branch has 'enter', 'goto' or both")
    read_steps(r, node.get("enter", []), f"{place}/enter")
    return f"{place}/enter", read_goto(r, node, place)


def _add_tag(r: Reading, node: Mapping[str, Any], place: str) -> Step | None:
    r.known_keys(node, ("add_tag", "$comment"), place)
    return Tag(read_texts(r, node["add_tag"], f"{place}/add_tag", least=1))


def _remove_tag(r: Reading, node: Mapping[str, Any], place: str) -> Step | None:
    r.known_keys(node, ("remove_tag", "$comment"), place)
    return Untag(read_texts(r, node["remove_tag"], f"{place}/remove_tag", least=1))


def _note(r: Reading, node: Mapping[str, Any], place: str) -> Step | None:
    if not read_only(r, node, "note", str, place, "a text"):
        return None
    return Note(read_template(r, node["note"], f"{place}/note"))


def _email(r: Reading, node: Mapping[str, Any], place: str) -> Step | None:
    if not read_only(r, node, "email", dict, place, "an object with subject and text"):
        return None
    mail = node["email"]
    r.known_keys(mail, ("subject", "text", "to", "$comment"), f"{place}/email")
    for key in ("subject", "text"):
        if key not in mail:
            r.error("wrong-step", f"{place}/email", f"an e-mail needs {key!r}")
            return None
    return Email(
        subject=read_words(r, mail["subject"], f"{place}/email/subject"),
        text=read_words(r, mail["text"], f"{place}/email/text"),
        to=read_template(r, mail.get("to", "{email}"), f"{place}/email/to"),
    )


def _wait(r: Reading, node: Mapping[str, Any], place: str) -> Step | None:
    r.known_keys(node, ("wait", "$comment"), place)
    return Wait(read_seconds(r, node, "wait", place, 0.0))


def _start(r: Reading, node: Mapping[str, Any], place: str) -> Step | None:
    r.known_keys(node, ("start", "return", "$comment"), place)
    if not r.text(node["start"], f"{place}/start", "a flow's name"):
        return None
    returns = _returns(r, node["return"], f"{place}/return") if "return" in node else None
    return Start(node["start"], returns)


def _returns(r: Reading, value: Any, place: str) -> Mapping[str, str] | None:
    """`true`, the names of slots, or slots here by the name of the slot there."""
    if isinstance(value, bool):
        return {} if value else None
    if isinstance(value, dict):
        return {
            here: there
            for here, there in value.items()
            if r.text(there, f"{place}/{escape(here)}", "a slot of the other flow")
        }
    return {name: name for name in read_texts(r, value, place, least=1)}


def _split(r: Reading, node: Mapping[str, Any], place: str) -> Step | None:
    if not read_only(r, node, "split", list, place, "a list of at least two ways"):
        return None
    ways = node["split"]
    if len(ways) < 2:
        r.error("wrong-step", f"{place}/split", "a split needs at least two ways")
    arms = tuple(
        arm
        for i, n in enumerate(ways)
        if (arm := _arm(r, n, f"{place}/split/{i}", chr(97 + i % 26)))
    )
    names = [arm.name for arm in arms]
    if len(set(names)) < len(names):
        r.error("duplicate-name", f"{place}/split", "two ways have the same name")
    return Split(arms, place)


def _arm(r: Reading, node: Any, place: str, letter: str) -> Arm | None:
    if not r.typed(node, dict, place, 'a way like {"name": "a", "weight": 1, "enter": [...]}'):
        return None
    r.known_keys(node, ("name", "weight", "enter", "$comment"), place)
    name, weight = node.get("name", letter), node.get("weight", 1)
    r.text(name, f"{place}/name", "a name")
    if r.typed(weight, (int, float), f"{place}/weight", "a number") and not 0 < weight <= 1e6:
        r.error("wrong-number", f"{place}/weight", f"expected more than 0, found {weight}")
    read_steps(r, node.get("enter", []), f"{place}/enter")
    return Arm(str(name), weight if isinstance(weight, int | float) else 1, f"{place}/enter")


def _hand_over(r: Reading, node: Mapping[str, Any], place: str) -> Step | None:
    reason = _reason(r, node, "hand_over", place)
    if reason is None:
        return None
    return HandOver(read_template(r, reason, f"{place}/hand_over"))


def _end(r: Reading, node: Mapping[str, Any], place: str) -> Step | None:
    reason = _reason(r, node, "end", place)
    return None if reason is None else End(reason or "ended")


def _reason(r: Reading, node: Mapping[str, Any], key: str, place: str) -> str | None:
    """The reason of a step that says `true` or why; None where it says neither."""
    r.known_keys(node, (key, "$comment"), place)
    value = node[key]
    if value is True:
        return ""
    return str(value) if r.text(value, f"{place}/{key}", "true or a reason") else None


STEPS: Mapping[str, Callable[[Reading, Mapping[str, Any], str], Step | None]] = {
    "say": read_say,
    "action": _act,
    "set": _set,
    "call": _call,
    "processor": _processor,
    "task": _task,
    "store": _store,
    "add_tag": _add_tag,
    "remove_tag": _remove_tag,
    "note": _note,
    "email": _email,
    "wait": _wait,
    "start": _start,
    "split": _split,
    "hand_over": _hand_over,
    "end": _end,
}
