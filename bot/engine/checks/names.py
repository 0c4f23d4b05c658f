"""Names that mean nothing: conditions, actions, APIs, intents, flows, languages."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping

from bot.engine.apis import Api
from bot.engine.checks.project import Checking
from bot.engine.checks.walking import at, conditions, expressions_of, leaves, steps, texts, wordings
from bot.engine.conditions import BUILT_IN, Compare, Computed, Named
from bot.engine.findings import escape
from bot.engine.flow import Flow
from bot.engine.steps import Act, Call, Process, Say, SetSlots, Start, Step
from bot.engine.templates import Placeholder, TemplateInvalid, compiled

_IN_EXPRESSION = re.compile(
    r"\b(slots|contact|globals|registry)\s*(?:\.\s*(\w+)|\[\s*['\"](\w+)['\"]\s*\])"
)
_CODES = """
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de
    dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id
    ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu
    lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu
    rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to
    tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
TWO_LETTERS = frozenset(_CODES.split())
"""The codes of ISO 639-1; those of three letters are too many to be told from mistakes."""


def name_is_free(c: Checking, seen: set[str]) -> None:
    """Flows are known by their names."""
    if c.flow.name in seen:
        place = "/flow" if isinstance(c.flow.definition, Mapping) else ""
        reason = f"another file has a flow {c.flow.name!r}"
        c.add("duplicate-flow", place, reason, "give one of them another name")
    seen.add(c.flow.name)


# In conditions


def condition_names(c: Checking) -> None:
    """Python conditions, intents, entities and global values."""
    known = c.known.project.conditions | BUILT_IN.keys()
    for condition, where in conditions(c.flow):
        for leaf, place in leaves(condition, where):
            match leaf:
                case Named(name):
                    if not c.is_known(name, known):
                        cure = c.known.cure("condition", leaf.scoped, lambda: c.own(known))
                        reason = f"unknown condition {name!r}"
                        c.add("unknown-condition", place, reason, cure)
                case Compare():
                    _compared(c, leaf, place)
                case Computed(source):
                    _globals(c, _global_names(source), place)


def intents_elsewhere(c: Checking) -> None:
    """Intents of triggers and of choices."""
    for trigger in c.flow.triggers:
        if trigger.kind == "intent":
            for name in trigger.value:
                c.unknown("intent", f"{trigger.place}/intent", name, c.known.project.intents)
    for state in c.flow.states.values():
        question = state.collect
        for i, option in enumerate(question.choices if question else ()):
            if question and option.means is not None:
                place = f"{question.place}/choices/{i}/means"
                c.unknown("intent", place, option.means, c.known.project.intents)


def _compared(c: Checking, compare: Compare, place: str) -> None:
    project = c.known.project
    match compare.subject:
        case "intent":
            c.unknown("intent", f"{place}/intent", compare.key, project.intents)
        case "entity":
            c.unknown("entity", f"{place}/entity", compare.key, project.entities)
        case "global":
            _globals(c, [compare.key], f"{place}/global")


# In steps


def step_names(c: Checking) -> None:
    """Actions, functions, responses, APIs and other flows."""
    for step, place in steps(c.flow):
        match step:
            case Act(name):
                _action(c, name, place)
            case Process(name, kind):
                known = c.known.project.processors if kind == "processor" else c.known.project.tasks
                _function(c, name, kind, place, known)
            case Say(response=str(name)):
                c.unknown("response", f"{place}/say/response", name, c.known.project.responses)
            case Start():
                _started(c, step, place)
            case Call():
                _called(c, step, place)
        for source, where in expressions_of(step, place):
            _globals(c, _global_names(source), where)
    for text, place in texts(c.flow):
        if "{" in text:
            _globals(c, _globals_in(text), place)


def _action(c: Checking, name: str, place: str) -> None:
    actions = c.known.project.actions
    if actions is None or c.is_known(name, actions | c.known.project.responses):
        return
    known = actions | c.known.project.responses
    if isinstance(at(c.flow.definition, place), Mapping):
        place += "/action"
    cure = c.known.cure("action", f"{c.flow.name}.{name}", lambda: c.own(known))
    c.add("unknown-action", place, f"unknown action {name!r}", cure)


def _function(c: Checking, name: str, kind: str, place: str, known: Collection[str] | None) -> None:
    if known is None or c.is_known(name, known):
        return
    if isinstance(at(c.flow.definition, place), Mapping):
        place += f"/{kind}"
    cure = c.known.cure(kind, name, lambda: c.own(known))
    c.add(f"unknown-{kind}", place, f"unknown {kind} {name!r}", cure)


def _started(c: Checking, step: Start, place: str) -> None:
    c.unknown("flow", f"{place}/start", step.flow, c.known.by_name.keys())
    other = c.known.by_name.get(step.flow)
    if other is None or not step.returns:
        return
    given = _slots_of(other, c.known.project.apis)
    for there in step.returns.values():
        if given is not None and there not in given:
            reason = f"the flow {step.flow!r} sets no slot {there!r}, so that nothing comes back"
            cure = c.known.cure(f"slot of {other.name}", there, lambda: given or ())
            c.add("unknown-return", f"{place}/return", reason, cure)


def _slots_of(flow: Flow, apis: Mapping[str, Api]) -> frozenset[str] | None:
    """The slots that a flow sets or declares; None where a function may set any."""
    found = set(flow.slots)
    for step, _ in steps(flow):
        if isinstance(step, Act | Process):
            return None
        found.update(set_by(step, apis))
    found.update(state.collect.slot for state in flow.states.values() if state.collect)
    return frozenset(found)


def set_by(step: Step, apis: Mapping[str, Api]) -> Iterator[str]:
    """The slots that a step sets, as far as the flow says so."""
    match step:
        case SetSlots(values):
            yield from values
        case Start(returns=dict() as returns):
            yield from returns
        case Call():
            yield "call_error"
            api = apis.get(step.api)
            yield from step.save if step.save is not None else (api.slots if api else ())


def _called(c: Checking, step: Call, place: str) -> None:
    apis = c.known.project.apis
    c.unknown("api", f"{place}/call", step.api, apis.keys())
    api = apis.get(step.api)
    if api is None:
        return
    for name in step.arguments:
        if name not in api.parameters:
            reason = f"the API {api.name!r} takes no {name!r}"
            cure = c.known.cure(f"parameter of {api.name}", name, lambda: api.parameters)
            c.add("unknown-parameter", f"{place}/with/{escape(name)}", reason, cure)
    for name in sorted(api.parameters - step.arguments.keys()):
        reason = f"the API {api.name!r} takes {name!r}, which is not given"
        cure = f'give it: "with": {{"{name}": ...}}'
        c.add("missing-parameter", place, reason, cure)
    for slot, name in (step.save or {}).items():
        if name not in api.slots:
            reason = f"the response of {api.name!r} gives no {name!r}"
            cure = c.known.cure(f"result of {api.name}", name, lambda: api.slots)
            c.add("unknown-result", f"{place}/save/{escape(slot)}", reason, cure)


# Global values


def _globals(c: Checking, names: Collection[str], place: str) -> None:
    shared = c.known.project.shared
    for name in names:
        if name not in shared:
            cure = c.known.cure("global", name, lambda: shared)
            cure = cure or f"add {name!r} to flows/_globals.json"
            c.add("unknown-global", place, f"there is no global value {name!r}", cure)


def _global_names(source: str) -> list[str]:
    return sorted({name for root, name in in_expression(source) if root == "globals"})


def in_expression(source: str) -> Iterator[tuple[str, str]]:
    """What an expression looks at: `slots.age` is ("slots", "age")."""
    for root, dotted, quoted in _IN_EXPRESSION.findall(source):
        yield root, dotted or quoted


def _globals_in(text: str) -> list[str]:
    paths = (part.path for part in placeholders(text))
    return sorted({path[1] for path in paths if len(path) > 1 and path[0] == "globals"})


def placeholders(text: str) -> Iterator[Placeholder]:
    """Those of a template; none where it cannot be read."""
    try:
        yield from (part for part in compiled(text) if isinstance(part, Placeholder))
    except TemplateInvalid:
        return


# Languages


def languages(c: Checking) -> None:
    """A language that the flow speaks elsewhere: its contacts would read another one here."""
    several = [(text, place) for text, place in wordings(c.flow) if isinstance(text, Mapping)]
    spoken = {language for text, _ in several for language in text}
    for text, place in several:
        if lacking := sorted(spoken - text.keys()):
            names = ", ".join(repr(language) for language in lacking)
            c.add("missing-language", place, f"no words in {names}",
                  "add them, or all contacts read the flow's own language here")  # fmt: skip
    own = (c.flow.language or "").partition("-")[0]
    for language in sorted(spoken | ({own} if own else set())):
        main = language.partition("-")[0].lower()
        if len(main) == 2 and main not in TWO_LETTERS:
            place = next((p for t, p in several if language in t), "/language")
            place = place if place == "/language" else f"{place}/{language}"
            cure = c.known.cure("language", main, lambda: TWO_LETTERS)
            c.add("unknown-language", place, f"no language has the code {language!r}", cure)
    if own and several and own not in {language.partition("-")[0] for language in spoken}:
        c.add("missing-language", several[0][1], f"no words in the flow's own {c.flow.language!r}",
              "add them, or change 'language'")  # fmt: skip


Part = Callable[[Checking], None]


def time_zones(c: Checking) -> None:
    """Of schedules."""
    zones = c.known.project.zones
    for trigger in c.flow.triggers:
        if trigger.time_zone is not None and zones is not None:
            c.unknown("time-zone", f"{trigger.place}/time_zone", trigger.time_zone, zones)


PARTS: tuple[Part, ...] = (condition_names, intents_elsewhere, step_names, time_zones, languages)
