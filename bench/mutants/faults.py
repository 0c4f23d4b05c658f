"""The catalogue of faults: how each is put into a flow, and how the engine shows that it is there.

A fault yields mutants of a document. `shows` compares what the explorer saw of the flow and of the
mutant; a mutant that does not misbehave is no mutant, and does not count.
"""

import copy
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.mutants.exploring import Names, Seen, explore
from bot.domain.consent import keyword
from bot.domain.sms import segments
from bot.engine.facts import Facts
from bot.engine.flow import Flow
from bot.engine.parse import NOTHING_READ
from bot.engine.reader import read_flow
from bot.engine.routing import Begin, route

Node = dict[str, Any]
Document = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A mutant beside what it was made from. `about` is the name that the fault is about."""

    base: Flow
    flow: Flow
    before: Seen
    after: Seen
    about: str
    names: Names
    others: Mapping[str, Flow]


@dataclass(frozen=True)
class Fault:
    """One kind. `codes` are the findings that name it rightly."""

    name: str
    mutants: Callable[[Document, random.Random], Iterator[tuple[Document, str]]]
    shows: Callable[[Case], bool]
    codes: frozenset[str]


# Walking


def _states(document: Document) -> list[Node]:
    """All states that are no links, from top to bottom."""
    found: list[Node] = []
    ahead = list(reversed(document["states"]))
    while ahead:
        node = ahead.pop()
        if not node["name"].startswith("@"):
            found.append(node)
        ahead.extend(reversed(node.get("states", [])))
    return found


def _ways(document: Document) -> list[tuple[Node, int]]:
    """Every way on, as its state and its place among that state's ways."""
    return [(n, i) for n in _states(document) for i in range(len(n.get("states", [])))]


def _steps(document: Document) -> list[tuple[list[Any], int]]:
    found = []
    for node in _all_nodes(document):
        enter = node.get("enter")
        if isinstance(enter, list):
            found += [(enter, i) for i in range(len(enter))]
    return found


def _all_nodes(document: Document) -> list[Node]:
    found: list[Node] = []
    ahead = list(reversed(document["states"]))
    while ahead:
        node = ahead.pop()
        found.append(node)
        ahead.extend(reversed(node.get("states", [])))
    return found


def _each(
    document: Document, places: Callable[[Document], Sequence[Any]],
    change: Callable[[Document, Any, random.Random], str | None], chance: random.Random,
) -> Iterator[tuple[Document, str]]:  # fmt: skip
    """One mutant for each place that the change can be made at."""
    for index in range(len(places(document))):
        mutant = copy.deepcopy(document)
        about = change(mutant, places(mutant)[index], chance)
        if about is not None:
            yield mutant, about


def _fault(
    name: str, codes: str, places: Callable[[Document], Sequence[Any]],
    change: Callable[[Document, Any, random.Random], str | None], shows: Callable[[Case], bool],
) -> Fault:  # fmt: skip
    return Fault(
        name,
        lambda document, chance: _each(document, places, change, chance),
        shows,
        frozenset(codes.split()),
    )


def _misspelt(word: str, chance: random.Random) -> str:
    at = chance.randrange(len(word))
    return word[:at] + chance.choice("xqz") + word[at:]


# Ways


def _misspell_link(document: Document, way: tuple[Node, int], chance: random.Random) -> str | None:
    node, index = way
    child = node["states"][index]
    if not child["name"].startswith("@"):
        return None
    child["name"] = "@" + _misspelt(child["name"][1:], chance)
    return str(child["name"][1:])


def _cut_way(document: Document, way: tuple[Node, int], chance: random.Random) -> str | None:
    """Only ways into top-level states: with any other the state itself would go."""
    node, index = way
    name = node["states"][index]["name"]
    if not name.startswith("@"):
        return None
    others = [n["states"][i]["name"] for n, i in _ways(document) if (n, i) != (node, index)]
    goto = [n.get("timeout", {}).get("goto") for n in _states(document)]
    if name in others or name[1:] in goto or name[1:] == document["states"][0]["name"]:
        return None
    del node["states"][index]
    return str(name[1:])


def _orphan_timeout(document: Document, node: Node, chance: random.Random) -> str | None:
    """All timeouts that lead to one state lose their way there."""
    goto = node.get("timeout", {}).get("goto")
    if not goto or any(n["states"][i]["name"] == "@" + goto for n, i in _ways(document)):
        return None
    for each in _states(document):
        if each.get("timeout", {}).get("goto") == goto:
            del each["timeout"]
    return str(goto)


def _add_orphan(document: Document, node: Node, chance: random.Random) -> str | None:
    if node is not _states(document)[0]:
        return None
    document["states"].append({"name": "FORGOTTEN", "enter": [{"say": "Nobody reads this."}]})
    return "FORGOTTEN"


def _drop_ways(document: Document, node: Node, chance: random.Random) -> str | None:
    """A state that asks something and takes no answer."""
    said = [s for s in node.get("enter", []) if isinstance(s, dict) and "say" in s]
    asks = said and str(said[-1]["say"]).rstrip("'\"}] ").endswith("?")
    if not node.get("states") or not asks:
        return None
    node.pop("states")
    node.pop("collect", None)
    node.pop("timeout", None)
    return str(node["name"])


def _misspell_goto(document: Document, node: Node, chance: random.Random) -> str | None:
    timeout = node.get("timeout", {})
    if "goto" not in timeout:
        return None
    timeout["goto"] = _misspelt(timeout["goto"], chance)
    return str(timeout["goto"])


def _goes_nowhere(case: Case) -> bool:
    return case.about in case.after.nowhere


def _never_reached(case: Case) -> bool:
    return case.about in case.flow.states and case.about not in case.after.states


def _ends_asking(case: Case) -> bool:
    return any(w.endswith("?") for w in case.after.last_words - case.before.last_words)


# Conditions


def _broader_first(document: Document, way: tuple[Node, int], chance: random.Random) -> str | None:
    """The last way, which takes everything, is put before the one that is narrower."""
    node, index = way
    ways = node["states"]
    last = ways[-1]
    if index == len(ways) - 1 or last.get("condition", "always") != "always":
        return None
    ways.insert(index, ways.pop())
    return str(ways[index + 1]["name"]).removeprefix("@")


def _same_again(document: Document, way: tuple[Node, int], chance: random.Random) -> str | None:
    """A further way with the condition of one before it."""
    node, index = way
    if node["states"][index].get("condition", "always") == "always":
        return None
    again = {"name": "TWIN", "condition": copy.deepcopy(node["states"][index]["condition"])}
    node["states"].insert(index + 1, {**again, "enter": [{"say": "Never said."}]})
    return "TWIN"


def _wider_range(document: Document, way: tuple[Node, int], chance: random.Random) -> str | None:
    """A range that takes all of its neighbour's."""
    node, index = way
    condition = node["states"][index].get("condition")
    if not isinstance(condition, dict) or index == len(node["states"]) - 1:
        return None
    following = node["states"][index + 1].get("condition")
    if not isinstance(following, dict) or not _same_subject(condition, following):
        return None
    if not isinstance(following.get("value"), int | float | list) or condition.get("op") == "in":
        return None
    if condition.get("op") not in ("<", "<=", ">", ">=", "between"):
        return None
    condition["op"], condition["value"] = "between", [-1000, 1000]
    return str(node["states"][index + 1]["name"]).removeprefix("@")


def _overlap(document: Document, way: tuple[Node, int], chance: random.Random) -> str | None:
    """A range that reaches into its neighbour's, without taking all of it."""
    node, index = way
    condition = node["states"][index].get("condition")
    if not isinstance(condition, dict) or index == len(node["states"]) - 1:
        return None
    following = node["states"][index + 1].get("condition")
    if not isinstance(following, dict) or not _same_subject(condition, following):
        return None
    if condition.get("op") == "<" and following.get("op") == "between":
        condition["value"] = following["value"][0] + 2
        return str(node["name"])
    if condition.get("op") == "between" and following.get("op") == ">":
        condition["value"] = [condition["value"][0], following["value"] + 1]
        return str(node["name"])
    if condition.get("op") == "in" and following.get("op") == "in":
        shared = following["value"][0]
        if shared in condition["value"] or len(following["value"]) < 2:
            return None
        condition["value"] = [*condition["value"], shared]
        return str(node["name"])
    return None


def _same_subject(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    subjects = ("slot", "number", "text", "entity")
    return any(s in one and one.get(s) == other.get(s) for s in subjects)


def _order_decides(case: Case) -> bool:
    """With the ways of the state in the other order, a reply goes elsewhere; before, none did."""
    turned = _turned(case.flow, case.about)
    again = explore(turned, case.names)
    return any(
        again.chosen.get(key, target) != target
        for key, target in case.after.chosen.items()
        if key[0] == case.about
    )


def _turned(flow: Flow, state: str) -> Flow:
    document = copy.deepcopy(flow.definition)
    node = next(n for n in _states(document) if n["name"] == state)
    node["states"].reverse()
    return read_flow(document, flow.name)


def _contradict(document: Document, way: tuple[Node, int], chance: random.Random) -> str | None:
    node, index = way
    child = node["states"][index]
    subject = _subject(child.get("condition"))
    if subject is None:
        return None
    low = {**subject, "op": "<", "value": 3}
    high = {**subject, "op": ">", "value": 5}
    child["condition"] = {"all": [low, high]}
    return str(child["name"]).removeprefix("@")


def _subject(condition: Any) -> dict[str, Any] | None:
    if not isinstance(condition, dict):
        return None
    if isinstance(condition.get("value"), list) and not isinstance(condition["value"][0], int):
        return None
    return next(({s: condition[s]} for s in ("slot", "number") if s in condition), None)


def _no_choice(document: Document, way: tuple[Node, int], chance: random.Random) -> str | None:
    """A comparison with something that the question never yields."""
    node, index = way
    condition = node["states"][index].get("condition")
    question = node.get("collect", {})
    if not isinstance(condition, dict) or condition.get("slot") != question.get("slot"):
        return None
    if question.get("type") == "choice":
        condition["op"], condition["value"] = "=", _misspelt(question["choices"][0], chance)
    elif question.get("type") == "number" and "max" in question:
        condition["op"], condition["value"] = ">", question["max"] + 5
    else:
        return None
    return str(node["states"][index]["name"]).removeprefix("@")


def _way_never_taken(case: Case) -> bool:
    """A way that leads to a state which others do not lead to, or which was taken before."""
    if case.about not in case.before.states:
        return case.about not in case.after.states
    lost = case.before.ways - case.after.ways
    return case.about not in case.after.states or any(to == case.about for _, to in lost)


# Names


def _misspell(kind: str) -> Callable[[Document, Any, random.Random], str | None]:
    def change(document: Document, place: Any, chance: random.Random) -> str | None:
        return _RENAMED[kind](place, chance)

    return change


def _rename_condition(node: Node, chance: random.Random) -> str | None:
    if not isinstance(node.get("condition"), str) or node["condition"] == "always":
        return None
    node["condition"] = _misspelt(node["condition"], chance)
    return str(node["name"]).removeprefix("@")


def _rename_key(key: str) -> Callable[[Node, random.Random], str | None]:
    def change(node: Node, chance: random.Random) -> str | None:
        condition = node.get("condition")
        if not isinstance(condition, dict) or key not in condition:
            return None
        if not isinstance(condition[key], str):
            return None
        condition[key] = _misspelt(condition[key], chance)
        return str(node["name"]).removeprefix("@")

    return change


_RENAMED: Mapping[str, Callable[[Any, random.Random], str | None]] = {
    "condition": _rename_condition,
    "intent": _rename_key("intent"),
    "slot": _rename_key("slot"),
}


def _rename_action(
    document: Document, at: tuple[list[Any], int], chance: random.Random
) -> str | None:
    steps, index = at
    if not isinstance(steps[index], str):
        return None
    steps[index] = _misspelt(steps[index], chance)
    return str(steps[index])


def _rename_response(
    document: Document, at: tuple[list[Any], int], chance: random.Random
) -> str | None:
    step = at[0][at[1]]
    if not isinstance(step, dict) or not isinstance(step.get("say"), dict):
        return None
    if "response" not in step["say"]:
        return None
    step["say"]["response"] = _misspelt(step["say"]["response"], chance)
    return str(step["say"]["response"])


def _rename_flow(
    document: Document, at: tuple[list[Any], int], chance: random.Random
) -> str | None:
    step = at[0][at[1]]
    if not isinstance(step, dict) or "start" not in step:
        return None
    step["start"] = _misspelt(step["start"], chance)
    return str(step["start"])


def _calls_nobody(case: Case) -> bool:
    called = {name for kind, name in case.after.called if kind == "action"}
    return case.about in called and case.about not in case.names.actions


def _says_nothing(case: Case) -> bool:
    return case.about in case.after.responses_missing


def _starts_nothing(case: Case) -> bool:
    return case.about in case.after.started and case.about not in case.others


def _rename_in(kind: str) -> Callable[[Document, Any, random.Random], str | None]:
    """The name after a key of a step is misspelt."""

    def change(document: Document, at: Any, chance: random.Random) -> str | None:
        step = at[0][at[1]]
        if not isinstance(step, dict) or kind not in step:
            return None
        step[kind] = _misspelt(step[kind], chance)
        return str(step[kind])

    return change


def _rename_processor(document: Document, node: Node, chance: random.Random) -> str | None:
    key = next((k for k in ("pre", "post") if node.get(k)), None)
    if key is None:
        return None
    node[key] = [_misspelt(node[key][0], chance)]
    return str(node[key][0])


def _rename_global(
    document: Document, at: tuple[list[Any], int], chance: random.Random
) -> str | None:
    step = at[0][at[1]]
    said = step.get("say") if isinstance(step, dict) else None
    if not isinstance(said, str) or "{globals." not in said:
        return None
    name = re.findall(r"\{globals\.(\w+)\}", said)[0]
    step["say"] = said.replace(name, wrong := _misspelt(name, chance))
    return "globals." + wrong


def _leave_out_parameter(
    document: Document, at: tuple[list[Any], int], chance: random.Random
) -> str | None:
    step = at[0][at[1]]
    if not isinstance(step, dict) or not step.get("with"):
        return None
    left = step.pop("with")
    return str(next(iter(left)))


def _forget_goto(
    document: Document, at: tuple[list[Any], int], chance: random.Random
) -> str | None:
    step = at[0][at[1]]
    error = step.get("error") if isinstance(step, dict) else None
    if not isinstance(error, dict) or "goto" not in error:
        return None
    error["goto"] = _misspelt(error["goto"], chance)
    return str(error["goto"])


def _calls_no_api(case: Case) -> bool:
    return ("api", case.about) in case.after.called and case.about not in case.names.apis


def _calls_no_processor(case: Case) -> bool:
    called = ("processor", case.about) in case.after.called
    return called and case.about not in case.names.processors


def _parameter_missing(case: Case) -> bool:
    """The call is made without a value that the API's address needs."""
    return case.after.bare_calls > case.before.bare_calls


# Slots and texts


def _rename_placeholder(
    document: Document, at: tuple[list[Any], int], chance: random.Random
) -> str | None:
    step = at[0][at[1]]
    if not isinstance(step, dict):
        return None
    key = next((k for k in ("say", "note") if isinstance(step.get(k), str)), None)
    if key is None or not (found := re.search(r"\{(\w+)\}", step[key])):
        return None
    name = _misspelt(found.group(1), chance)
    step[key] = step[key].replace(found.group(0), "{" + name + "}")
    return name


def _forget_question(document: Document, node: Node, chance: random.Random) -> str | None:
    """The answer goes into a slot of another name, so that texts behind it have nothing to say."""
    if "collect" not in node:
        return None
    slot = node["collect"]["slot"]
    if any(
        other is not node and other.get("collect", {}).get("slot") == slot
        for other in _states(document)
    ):
        return None
    node["collect"]["slot"] = "elsewhere"
    return str(slot)


def _skip_question(document: Document, way: tuple[Node, int], chance: random.Random) -> str | None:
    """A new way past a question to a state whose text needs the answer."""
    node, index = way
    target = node["states"][index]
    if "collect" not in node or target["name"].startswith("@"):
        return None
    needs = re.findall(r"\{(\w+)\}", str(target.get("enter", "")))
    if node["collect"]["slot"] not in needs:
        return None
    document["states"][0].setdefault("states", []).insert(
        0,
        {
            "name": "@SHORT_CUT",
            "condition": {"text": True, "op": "=", "value": "short cut"},
            "enter": [{"say": "So: {" + node["collect"]["slot"] + "}."}],
        },
    )
    document["states"].append({"name": "SHORT_CUT"})
    return str(node["collect"]["slot"])


def _has_a_hole(case: Case) -> bool:
    """A text is said with nothing where the name stands: seen by giving it something to say."""
    marked = _marked(case.flow, case.about)
    seen = explore(marked, case.names)
    base = explore(_marked(case.base, case.about), case.names)
    return any("⟦" in text for text in seen.said) and not any("⟦" in text for text in base.said)


def _marked(flow: Flow, name: str) -> Flow:
    def mark(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("{" + name + "}", "{{" + name + " | default('⟦')}}")
        if isinstance(value, list):
            return [mark(item) for item in value]
        if isinstance(value, dict):
            return {key: mark(item) for key, item in value.items()}
        return value

    return read_flow(mark(flow.definition), flow.name)


def _drop_language(
    document: Document, at: tuple[list[Any], int], chance: random.Random
) -> str | None:
    step = at[0][at[1]]
    say = step.get("say") if isinstance(step, dict) else None
    if not isinstance(say, dict) or "es" not in say:
        return None
    del say["es"]
    return str(say["en"])


def _wrong_language(case: Case) -> bool:
    seen = explore(case.flow, case.names, language="es")
    base = explore(case.base, case.names, language="es")
    return case.about in seen.said and case.about not in base.said


def _lengthen(document: Document, at: tuple[list[Any], int], chance: random.Random) -> str | None:
    step = at[0][at[1]]
    if not isinstance(step, dict) or not isinstance(step.get("say"), str):
        return None
    step["say"] = (step["say"] + " More about this. ") * (1700 // (len(step["say"]) + 17) + 1)
    return "long"


def _too_long(case: Case) -> bool:
    return any(len(text) > 1600 and segments(text) > 10 for text in case.after.said)


def _stop_choice(document: Document, node: Node, chance: random.Random) -> str | None:
    question = node.get("collect", {})
    if question.get("type") != "choice":
        return None
    question["choices"] = [*question["choices"][:-1], chance.choice(["STOP", "cancel", "End"])]
    return str(question["choices"][-1])


def _stop_way(document: Document, way: tuple[Node, int], chance: random.Random) -> str | None:
    node, index = way
    if index or node.get("pass"):
        return None
    word = chance.choice(["stop", "unsubscribe", "quit"])
    condition = {"text": True, "op": "=", "value": word}
    node["states"].insert(0, {"name": "STOPS", "condition": condition, "enter": [{"say": "Bye."}]})
    return word


def _never_heard(case: Case) -> bool:
    """The word is an opt-out, which is answered before any flow sees it."""
    return keyword(case.about) == "stop"


# Circles


def _pass_circle(document: Document, node: Node, chance: random.Random) -> str | None:
    if not node.get("pass") or not node.get("states"):
        return None
    top = any(n is node for n in document["states"])
    if not top:
        return None
    node["states"] = [{"name": "@ROUND", "condition": "always", "enter": []}]
    round_ = {"name": "ROUND", "pass": True, "states": [{"name": "@" + node["name"]}]}
    document["states"].append(round_)
    return str(node["name"])


def _reaches_limit(case: Case) -> bool:
    return case.after.limits and not case.before.limits


def _silent_circle(document: Document, node: Node, chance: random.Random) -> str | None:
    timeout = node.get("timeout")
    if not timeout or "goto" not in timeout:
        return None
    back = {"name": "KNOCK", "enter": [{"say": "Are you there? Write something."}],
            "timeout": {"after": "1h", "goto": "KNOCK_AGAIN"},
            "states": [{"name": "HERE", "enter": [{"say": "Good."}]}]}  # fmt: skip
    again = {"name": "KNOCK_AGAIN", "enter": [{"say": "Still nobody there. Write something."}],
             "timeout": {"after": "1h", "goto": "KNOCK"},
             "states": [{"name": "HERE_AT_LAST", "enter": [{"say": "Good."}]}]}  # fmt: skip
    document["states"] += [back, again]
    timeout["goto"] = "KNOCK"
    return "KNOCK"


def _writes_for_ever(case: Case) -> bool:
    return case.after.silent_for_ever and not case.before.silent_for_ever


def _starts_itself(
    document: Document, at: tuple[list[Any], int], chance: random.Random
) -> str | None:
    steps, index = at
    if index:
        return None
    steps.insert(0, {"start": document["flow"], "return": True})
    return str(document["flow"])


def _is_recursive(case: Case) -> bool:
    return case.flow.name in case.after.started


# Triggers


def _take_trigger(document: Document, place: Node, chance: random.Random) -> str | None:
    """Another flow's keyword, which that one takes first."""
    if place is not _states(document)[0]:
        return None
    keyword_ = chance.choice(["appointment", "visit"])
    if document["flow"] in ("address", "clinic"):
        return None
    document["triggers"].append({"keyword": [keyword_]})
    return keyword_


def _never_triggered(case: Case) -> bool:
    flows = {"clinic": case.others["clinic"], case.flow.name: case.flow}
    facts = Facts("t", text=case.about, parse=NOTHING_READ, has_message=True)
    taken = route(facts, None, None, flows, None, first_message=False)
    return isinstance(taken, Begin) and taken.flow.name != case.flow.name


def _unused_condition(document: Document, place: Node, chance: random.Random) -> str | None:
    """A condition on a state that links alone lead to: the link's own decides."""
    tops = document["states"][1:]
    linked = {n["states"][i]["name"] for n, i in _ways(document)}
    if not any(place is top for top in tops) or "@" + place["name"] not in linked:
        return None
    place["condition"] = "is_user_reply_yes"
    return str(place["name"])


def _condition_ignored(case: Case) -> bool:
    """The state is entered by replies that its own condition refuses."""
    return any(
        target == case.about and intent != "affirm"
        for (_, _, intent), target in case.after.chosen.items()
    )


def _pass_without_way(document: Document, node: Node, chance: random.Random) -> str | None:
    """A state that decides at once, and does not know what to do with the rest."""
    ways = node.get("states", [])
    if not node.get("pass") or len(ways) < 2:
        return None
    if ways[-1].get("condition") != "always" or ways[-1]["name"].startswith("@"):
        return None
    del ways[-1]
    return str(node["name"])


def _stays_mute(case: Case) -> bool:
    """The contact stands in a state that has said nothing, and waits for nobody knows what."""
    return case.about in {state for state, *_ in case.after.chosen} | case.after.stuck


CATALOGUE: Sequence[Fault] = (
    _fault("a link misspelt", "undefined-link", _ways, _misspell_link, _goes_nowhere),
    _fault("the only way in removed", "unreachable-state", _ways, _cut_way, _never_reached),
    _fault("no timeout leads there any more", "unreachable-state", _states, _orphan_timeout, _never_reached),
    _fault("a state nobody leads to", "unreachable-state", _states, _add_orphan, _never_reached),
    _fault("a question without answers", "dead-end", _states, _drop_ways, _ends_asking),
    _fault("a timeout's target misspelt", "undefined-link", _states, _misspell_goto, _goes_nowhere),
    _fault("the broader way first", "shadowed", _ways, _broader_first, _way_never_taken),
    _fault("the same condition twice", "shadowed", _ways, _same_again, _never_reached),
    _fault("a range that takes all", "shadowed overlapping", _ways, _wider_range, _way_never_taken),
    _fault("ranges that overlap", "overlapping", _ways, _overlap, _order_decides),
    _fault("a contradiction", "impossible never-holds contradiction impossible-condition",
           _ways, _contradict, _way_never_taken),
    _fault("a value the question never yields", "impossible never-holds contradiction impossible-condition",
           _ways, _no_choice, _way_never_taken),
    _fault("a condition misspelt", "unknown-condition", _all_nodes, _misspell("condition"), _way_never_taken),
    _fault("an intent misspelt", "unknown-intent", _all_nodes, _misspell("intent"), _way_never_taken),
    _fault("a slot misspelt in a condition", "unknown-slot", _all_nodes, _misspell("slot"), _way_never_taken),
    _fault("an action misspelt", "unknown-action", _steps, _rename_action, _calls_nobody),
    _fault("a response misspelt", "unknown-response", _steps, _rename_response, _says_nothing),
    _fault("a flow misspelt", "unknown-flow", _steps, _rename_flow, _starts_nothing),
    _fault("a placeholder misspelt", "unknown-slot", _steps, _rename_placeholder, _has_a_hole),
    _fault("an answer kept elsewhere", "unknown-slot unset-slot slot-before-set maybe-unset",
           _states, _forget_question, _has_a_hole),
    _fault("a way past the question", "unset-slot slot-before-set maybe-unset",
           _ways, _skip_question, _has_a_hole),
    _fault("an API misspelt", "unknown-api", _steps, _rename_in("call"), _calls_no_api),
    _fault("a processor misspelt", "unknown-processor",
           _states, _rename_processor, _calls_no_processor),
    _fault("a shared value misspelt", "unknown-global", _steps, _rename_global, _has_a_hole),
    _fault("a call without its parameter", "missing-parameter",
           _steps, _leave_out_parameter, _parameter_missing),
    _fault("an error's target misspelt", "undefined-link", _steps, _forget_goto, _goes_nowhere),
    _fault("a language missing", "missing-language", _steps, _drop_language, _wrong_language),
    _fault("a text too long for SMS", "too-long long-message message-too-long many-segments",
           _steps, _lengthen, _too_long),
    _fault("an opt-out word as a choice", "stop-word", _states, _stop_choice, _never_heard),
    _fault("an opt-out word as a way", "stop-word", _ways, _stop_way, _never_heard),
    _fault("a circle that never waits", "endless-loop", _states, _pass_circle, _reaches_limit),
    _fault("timeouts in a circle", "silent-loop", _states, _silent_circle, _writes_for_ever),
    _fault("a flow that visits itself", "recursive-flow start-loop", _steps, _starts_itself, _is_recursive),
    _fault("a keyword another flow has", "trigger-taken", _states, _take_trigger, _never_triggered),
    _fault("a condition that a link overrules", "never-used", _states, _unused_condition, _condition_ignored),
    _fault("a decision without a last resort", "undecided",
           _states, _pass_without_way, _stays_mute),
)  # fmt: skip


# What changes nothing: a finding on one of these is a false alarm


def harmless(document: Document) -> Iterator[tuple[str, Document]]:
    """The same conversation, written in another way."""
    for kind, change in _HARMLESS.items():
        changed = copy.deepcopy(document)
        change(changed)
        yield kind, changed


def _rename_states(document: Document) -> None:
    for node in _all_nodes(document):
        link = node["name"].startswith("@")
        node["name"] = ("@" if link else "") + "N_" + node["name"].removeprefix("@")
        for holder in (node.get("timeout"), *_errors(node)):
            if holder and "goto" in holder:
                holder["goto"] = "N_" + holder["goto"]


def _errors(node: Node) -> Iterator[Node]:
    for step in node.get("enter", []):
        if isinstance(step, dict) and isinstance(step.get("error"), dict):
            yield step["error"]


def _remark(document: Document) -> None:
    for node in _all_nodes(document):
        node["$comment"] = "A remark."


def _turn_top(document: Document) -> None:
    first, *others = document["states"]
    document["states"] = [first, *reversed(others)]


def _be_patient(document: Document) -> None:
    document["expires_after"] = "5d"
    document["otherwise"] = {"say": "Sorry?", "times": 4}


def _wrap_conditions(document: Document) -> None:
    for node in _all_nodes(document):
        if isinstance(node.get("condition"), str) and node["condition"] != "always":
            node["condition"] = {"all": [node["condition"]]}


def _turn_comparisons(document: Document) -> None:
    for node in _all_nodes(document):
        condition = node.get("condition")
        if isinstance(condition, dict) and condition.get("op") == ">" and "slot" in condition:
            node["condition"] = {"not": {**condition, "op": "<="}}


def _tag_more(document: Document) -> None:
    node = next(n for n in _states(document) if isinstance(n.get("enter"), list))
    node["enter"] = [*node["enter"], {"add_tag": f"was_{node['name'].lower()}"}]


def _add_narrow_way(document: Document) -> None:
    for node in _states(document):
        if node.get("states") and not node.get("pass"):
            condition = {"text": True, "op": "=", "value": "magic"}
            first = {"name": "MAGIC", "condition": condition, "enter": [{"say": "Magic."}]}
            node["states"].insert(0, first)
            return


_HARMLESS: Mapping[str, Callable[[Document], None]] = {
    "states renamed": _rename_states,
    "remarks": _remark,
    "top-level states in another order": _turn_top,
    "more patience": _be_patient,
    "conditions in lists of one": _wrap_conditions,
    "comparisons turned round": _turn_comparisons,
    "one more tag": _tag_more,
    "a narrow way before the others": _add_narrow_way,
}


__all__ = ["CATALOGUE", "Case", "Fault", "harmless"]
