"""The steps of an `enter`, from JSON."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.engine.findings import escape, nearest
from bot.engine.reading import (
    Reading,
    read_only,
    read_seconds,
    read_template,
    read_texts,
    read_words,
    shown,
)
from bot.engine.steps import (
    Act,
    Arm,
    Choice,
    Email,
    End,
    HandOver,
    Note,
    Say,
    SetSlots,
    Split,
    Start,
    Step,
    Tag,
    Untag,
    Wait,
)
from bot.engine.wording import Text


def read_steps(r: Reading, node: Any, place: str) -> tuple[Step, ...]:
    nodes = node if isinstance(node, list) else [node]
    bare = not isinstance(node, list)
    read = (_step(r, n, place if bare else f"{place}/{i}") for i, n in enumerate(nodes))
    steps = tuple(step for step in read if step)
    if steps:
        r.step_lists[place] = steps
    for index, step in enumerate(steps):
        if isinstance(step, Split):
            r.behind.update({arm.place: (place, index + 1) for arm in step.arms})
    return steps


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


def read_say(r: Reading, node: Mapping[str, Any], place: str) -> Step | None:
    r.known_keys(node, ("say", "buttons", "media", "$comment"), place)
    buttons = node.get("buttons", [])
    if not r.typed(buttons, list, f"{place}/buttons", "a list of buttons"):
        buttons = []
    text, response = _what_to_say(r, node["say"], f"{place}/say")
    media = read_texts(r, node.get("media", []), f"{place}/media", read=_media)
    if isinstance(text, str) and response is None and not text.strip() and not media:
        r.error("empty-text", f"{place}/say", "a message without a word or a picture")
    return Say(
        text=text,
        response=response,
        buttons=tuple(
            b for i, n in enumerate(buttons) if (b := _button(r, n, f"{place}/buttons/{i}"))
        ),
        media=media,
    )


def _media(r: Reading, value: Any, place: str) -> str:
    return read_template(r, value, place) if r.text(value, place, "an address") else ""


def _what_to_say(r: Reading, value: Any, place: str) -> tuple[Text, str | None]:
    """The text, or the name of the response."""
    if not isinstance(value, dict) or "response" not in value:
        return read_words(r, value, place), None
    r.known_keys(value, ("response", "$comment"), place)
    if not r.text(value["response"], f"{place}/response", "a response's name"):
        return "", None
    return "", value["response"]


def _button(r: Reading, node: Any, place: str) -> Choice | None:
    if isinstance(node, str) and node.strip():
        return Choice(read_template(r, node, place))
    if not r.typed(node, dict, place, "a text or {title, payload}"):
        return None
    r.known_keys(node, ("title", "payload", "$comment"), place)
    title = node.get("title")
    if not isinstance(title, dict) and not (isinstance(title, str) and title.strip()):
        r.error("wrong-type", place, "a button needs a 'title'")
        return None
    payload = node.get("payload", "")
    r.typed(payload, str, f"{place}/payload", "a text")
    return Choice(read_words(r, title, f"{place}/title"), payload)


def _act(r: Reading, node: Mapping[str, Any], place: str) -> Step | None:
    if not read_only(r, node, "action", str, place, "an action's name"):
        return None
    return Act(node["action"]) if r.text(node["action"], f"{place}/action", "a name") else None


def _set(r: Reading, node: Mapping[str, Any], place: str) -> Step | None:
    if not read_only(r, node, "set", dict, place, "an object of slots and values"):
        return None
    for name, value in node["set"].items():
        if isinstance(value, str):
            read_template(r, value, f"{place}/set/{escape(name)}")
    return SetSlots(node["set"])


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
    return None if reason is None else HandOver(reason)


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
