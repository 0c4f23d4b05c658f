"""Takes transitions and runs their steps."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from bot.engine.action_results import utter
from bot.engine.commands import (
    AddNote,
    HandOverToHuman,
    SendEmail,
    SendMessage,
    StartFlow,
    StoreRecord,
)
from bot.engine.conditions import ALWAYS
from bot.engine.flow import Transition
from bot.engine.run import STEPS_PER_TURN, Run
from bot.engine.slot_types import location
from bot.engine.steps import (
    Act,
    Call,
    Email,
    End,
    HandOver,
    Location,
    Menu,
    Note,
    Process,
    Say,
    SetSlots,
    Split,
    Start,
    Step,
    Store,
    Tag,
    Template,
    Untag,
    Wait,
)


def enter(run: Run, transition: Transition) -> None:
    """Takes a transition: its target is the state before its steps run."""
    run.steps += 1
    if run.steps > STEPS_PER_TURN:
        run.reach_limit()
        return
    run.leave()
    left = run.session.state
    run.session = replace(run.session, state=transition.target, attempts=0, silences=0)
    run.record("state_entered", state=transition.target, left=left)
    run.arm_timeout()
    entered(run, transition.place)


def entered(run: Run, place: str) -> None:
    """What is ahead in a state that was just entered; `place` is that of the way's own steps."""
    state = run.state
    run.ahead = [["pass"]] if state.passes else []
    if state.collect and state.collect.ask is not None:
        run.ahead.append(["ask"])
    run.ahead.append(["list", place, 0])
    if state.pre:
        run.ahead.append(["list", f"{state.place}/pre", 0])


def pass_on(run: Run) -> None:
    """From a state marked `pass` the same event may lead on at once."""
    if run.state.passes and (transition := run.chosen()):
        enter(run, transition)


def go_to(run: Run, target: str) -> None:
    """Enters a state by its name, with its own steps."""
    state = run.flow.states.get(target)
    if state is None:
        run.record("goto_unknown", state=target)
        return
    place = f"{state.place}/enter" if state.defined else ""
    enter(run, Transition(target, ALWAYS, state.enter, place))


# steps


def run_list(run: Run, place: str, first: int) -> None:
    """Runs the steps of a list from one on, until it ends, waits or calls what is outside.

    A list within a list, such as a way of a split, goes on with what stands behind it.
    """
    index = first
    while True:
        steps = run.flow.step_lists.get(place, ())
        if index >= len(steps):
            if place not in run.flow.behind:
                return
            place, index = run.flow.behind[place]
            continue
        run.steps += 1
        if run.steps > STEPS_PER_TURN:
            run.reach_limit()
            return
        step = steps[index]
        index += 1
        if isinstance(step, Split):
            place, index = _way(run, step), 0
            continue
        if _stops(run, step, place, index):
            return


def _stops(run: Run, step: Step, place: str, following: int) -> bool:
    """Runs a step of a list; whether the rest of it has to wait, or will not come."""
    if isinstance(step, Wait):
        run.wait(place, following, step.seconds)
        return True
    if isinstance(step, Start) and step.returns is not None:
        run.visit(step.flow, place, following, step.returns)
        return True
    _STEPS[type(step)](run, step)
    if run.called is not None:
        run.place, run.step = place, following
        run.ahead.append(["list", place, following])
        return True
    return run.over is not None


def _way(run: Run, split: Split) -> str:
    """The steps of the way that this contact goes: by a hash, so that it is always the same one."""
    key = f"{run.session.contact_id}/{run.flow.name}{split.place}"
    drawn = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64
    share = drawn * sum(arm.weight for arm in split.arms)
    chosen = split.arms[-1]
    for arm in split.arms:
        share -= arm.weight
        if share < 0:
            chosen = arm
            break
    run.record("split_taken", split=split.place, way=chosen.name)
    return chosen.place


def _say(run: Run, step: Say) -> None:
    buttons = tuple({"title": run.rendered(b.title), "payload": b.payload} for b in step.buttons)
    media = tuple(url for m in step.media if (url := run.rendered(m)))
    message = SendMessage(run.rendered(step.text), buttons, media)
    if step.response:
        variation = run.variation(step.response)
        if variation is None:
            run.record("response_unknown", response=step.response)
            return
        worded = run.worded(variation, {})
        message = replace(
            worded, buttons=(*worded.buttons, *buttons), media=(*worded.media, *media)
        )
    if step.menu or step.location or step.template:
        message = replace(
            message,
            menu=_menu(run, step.menu) if step.menu else None,
            location=_place(run, step.location) if step.location else None,
            template=_template(run, step.template) if step.template else None,
        )
    run.send(message)


def _menu(run: Run, menu: Menu) -> dict[str, Any]:
    rows = [
        {
            "title": run.rendered(row.title),
            "payload": row.payload,
            "description": run.rendered(row.description),
        }
        for row in menu.rows
    ]
    return {"button": run.rendered(menu.button), "rows": rows}


def _place(run: Run, place: Location) -> dict[str, Any] | None:
    """A place on the earth; nothing where its templates give none."""
    found = location(
        {"latitude": run.valued(place.latitude), "longitude": run.valued(place.longitude)}
    )
    if found is None:
        run.record("location_refused", state=run.session.state)
        return None
    words = {"name": run.rendered(place.name), "address": run.rendered(place.address)}
    return {**found, **{key: text for key, text in words.items() if text}}


def _template(run: Run, template: Template) -> dict[str, Any]:
    language = template.language or run.facts.language or run.flow.language
    parameters = [run.rendered(text) for text in template.parameters]
    return {"name": template.name, "language": language, "parameters": parameters}


def known(run: Run, name: str) -> bool:
    """Whether an action or a response may have that name."""
    names = {f"{run.flow.name}.{name}", name}
    actions = run.facts.actions
    return actions is None or bool(names & actions) or any(n in run.facts.responses for n in names)


def act(run: Run, step: Act) -> None:
    scoped = f"{run.flow.name}.{step.name}"
    # Where nobody knows the actions, a response of that name is the best that is known.
    known = run.facts.actions or frozenset()
    for name in (scoped, step.name):
        if name in known:
            run.call(name)
            return
    for name in (scoped, step.name):
        if name in run.facts.responses:
            utter(run, {"response": name})
            return
    run.call(step.name)


def _set(run: Run, step: SetSlots) -> None:
    for name, value in step.values.items():
        run.set_slot(name, run.valued(value))


def _call(run: Run, step: Call) -> None:
    run.call(step.api, "api", _valued(run, step.arguments))


def _process(run: Run, step: Process) -> None:
    run.call(step.name, step.kind, _valued(run, step.arguments))


def _store(run: Run, step: Store) -> None:
    key = run.rendered(step.key).strip() if step.key else None
    run.do(StoreRecord(step.collection, _valued(run, step.values), key or None))


def _valued(run: Run, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: run.valued(value) for name, value in values.items()}


def _tag(run: Run, step: Tag) -> None:
    for tag in step.tags:
        run.tag(tag)


def _untag(run: Run, step: Untag) -> None:
    for tag in step.tags:
        run.untag(tag)


def _note(run: Run, step: Note) -> None:
    run.do(AddNote(run.rendered(step.text)))


def _email(run: Run, step: Email) -> None:
    run.do(SendEmail(run.rendered(step.to), run.rendered(step.subject), run.rendered(step.text)))


def _start(run: Run, step: Start) -> None:
    run.over = "started_another"
    run.do(StartFlow(step.flow))


def _hand_over(run: Run, step: HandOver) -> None:
    run.do(HandOverToHuman(run.rendered(step.reason)))


def _end(run: Run, step: End) -> None:
    run.over = step.reason


_STEPS: Mapping[type[Step], Callable[[Run, Any], None]] = {
    Say: _say,
    Act: act,
    SetSlots: _set,
    Call: _call,
    Process: _process,
    Store: _store,
    Tag: _tag,
    Untag: _untag,
    Note: _note,
    Email: _email,
    Start: _start,
    HandOver: _hand_over,
    End: _end,
}
