"""Walking through a flow: its conditions, steps, texts and the ways between its states."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.engine.conditions import All, AnyOf, Compare, Computed, Condition, Named, Not
from bot.engine.findings import escape
from bot.engine.flow import Flow, Transition
from bot.engine.steps import (
    Call,
    Email,
    Expression,
    HandOver,
    Note,
    Process,
    Say,
    SetSlots,
    Step,
    Store,
)
from bot.engine.wording import Text, versions


def at(definition: Any, pointer: str) -> Any:
    """What stands at a JSON pointer; None where nothing does."""
    for word in pointer.split("/")[1:]:
        if isinstance(definition, list) and word.isdecimal() and int(word) < len(definition):
            definition = definition[int(word)]
        elif isinstance(definition, dict):
            plain = word.replace("~1", "/").replace("~0", "~") if "~" in word else word
            definition = definition.get(plain)
        else:
            return None
    return definition


# Conditions


def conditions(flow: Flow) -> Iterator[tuple[Condition, str]]:
    """Every condition once, with its place."""
    for state in flow.states.values():
        if state.defined:
            yield state.condition, f"{state.place}/condition"
        for transition in state.transitions:
            if transition.link:
                yield transition.condition, beside(transition, "condition")
        if state.collect and state.collect.valid:
            yield state.collect.valid, f"{state.collect.place}/valid"
    for trigger in flow.triggers:
        yield trigger.when, f"{trigger.place}/when"
        yield trigger.audience, f"{trigger.place}/audience"
    for invariant in flow.invariants:
        yield invariant.condition, f"{invariant.place}/condition"


def node(transition: Transition) -> str:
    """The place of a transition's own object."""
    return transition.place.removesuffix("/enter")


def beside(transition: Transition, key: str) -> str:
    return f"{node(transition)}/{key}"


Leaf = Named | Compare | Computed


def leaves(condition: Condition, place: str) -> Iterator[tuple[Leaf, str]]:
    """The parts that are no combination of others, with their places."""
    match condition:
        case Named() | Compare() | Computed():
            yield condition, place
        case All(parts) | AnyOf(parts):
            key = "all" if isinstance(condition, All) else "any"
            for index, part in enumerate(parts):
                yield from leaves(part, f"{place}/{key}/{index}")
        case Not(part):
            yield from leaves(part, f"{place}/not")


# Steps


def steps(flow: Flow) -> Iterator[tuple[Step, str]]:
    """Every step with its place in the definition."""
    for place in flow.step_lists:
        yield from placed(flow, place)


def placed(flow: Flow, place: str) -> Iterator[tuple[Step, str]]:
    """The steps of one list, with their places."""
    listed = flow.step_lists.get(place, ())
    if not listed:
        return
    written = at(flow.definition, place)
    for index, step in enumerate(listed):
        if isinstance(written, list):
            yield step, f"{place}/{index}"
        else:
            # the short form: {"say": ...} without a list of steps
            yield step, place if written is not None else place.removesuffix("/enter")


# Texts


def wordings(flow: Flow) -> Iterator[tuple[Text, str]]:
    """Every text that may be there in several languages, with its place."""
    for step, place in steps(flow):
        yield from wordings_of(step, place)
    for state in flow.states.values():
        question = state.collect
        if question is None:
            continue
        if question.ask:
            yield question.ask, f"{question.place}/ask"
        if question.error:
            yield question.error, f"{question.place}/error"
        for i, option in enumerate(question.choices):
            yield option.label, _label_place(flow, f"{question.place}/choices", i)
    yield flow.apology, "/apology"


def _label_place(flow: Flow, choices: str, index: int) -> str:
    place = f"{choices}/{index}" if isinstance(at(flow.definition, choices), list) else choices
    written = at(flow.definition, place)
    return f"{place}/label" if isinstance(written, Mapping) and "label" in written else place


def wordings_of(step: Step, place: str) -> Iterator[tuple[Text, str]]:
    """The texts of one step that may be there in several languages."""
    match step:
        case Say():
            yield step.text, f"{place}/say"
            for i, button in enumerate(step.buttons):
                yield button.title, f"{place}/buttons/{i}"
            if step.menu:
                yield step.menu.button, f"{place}/list/button"
                for i, row in enumerate(step.menu.rows):
                    yield row.title, f"{place}/list/rows/{i}"
                    yield row.description, f"{place}/list/rows/{i}/description"
            if step.location:
                yield step.location.name, f"{place}/location/name"
                yield step.location.address, f"{place}/location/address"
        case Email():
            yield step.subject, f"{place}/email/subject"
            yield step.text, f"{place}/email/text"


def texts(flow: Flow) -> Iterator[tuple[str, str]]:
    """Every template with its place."""
    for text, place in wordings(flow):
        yield from worded(text, place)
    for step, place in steps(flow):
        yield from plain_texts(step, place)


def worded(text: Text, place: str) -> Iterator[tuple[str, str]]:
    return ((words, f"{place}{behind}") for behind, words in versions(text))


def texts_of(step: Step, place: str) -> Iterator[tuple[str, str]]:
    """The templates of one step."""
    for text, where in wordings_of(step, place):
        yield from worded(text, where)
    yield from plain_texts(step, place)


def plain_texts(step: Step, place: str) -> Iterator[tuple[str, str]]:
    """Templates that are the same in all languages."""
    match step:
        case Say():
            yield from ((media, f"{place}/media") for media in step.media)
            for i, parameter in enumerate(step.template.parameters if step.template else ()):
                yield from worded(parameter, f"{place}/template/parameters/{i}")
        case SetSlots(values):
            yield from _given(values, f"{place}/set")
        case Call():
            yield from _given(step.arguments, f"{place}/with")
        case Process():
            yield from _given(step.arguments, f"{place}/with")
        case Store():
            yield from _given(step.values, f"{place}/values")
            if step.key:
                yield step.key, f"{place}/key"
        case Note(text):
            yield text, f"{place}/note"
        case HandOver(reason):
            yield reason, f"{place}/hand_over"
        case Email():
            yield step.to, f"{place}/email/to"


def _given(values: Mapping[str, Any], place: str) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, str):
            yield value, f"{place}/{escape(name)}"


def expressions_of(step: Step, place: str) -> Iterator[tuple[str, str]]:
    """The expressions of one step."""
    given: Mapping[str, Any] = {}
    match step:
        case SetSlots(values):
            given, place = values, f"{place}/set"
        case Call() | Process():
            given, place = step.arguments, f"{place}/with"
        case Store():
            given, place = step.values, f"{place}/values"
    for name, value in given.items():
        if isinstance(value, Expression):
            yield value.source, f"{place}/{escape(name)}"
