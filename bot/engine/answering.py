"""A question of a state: how it is shown, and what becomes of the reply."""

from dataclasses import replace
from typing import Any

from bot.engine import collecting
from bot.engine.commands import SendMessage
from bot.engine.conditions import holds
from bot.engine.flow import Collect, Otherwise, State
from bot.engine.performing import enter
from bot.engine.run import Run
from bot.engine.slot_types import NotFitting, fitted

MOST_BUTTONS = 3
"""More choices than the channels have buttons for become a list."""
ATTEMPTS = 3
"""Replies that a processor refuses in a state without a question of its own."""


def ask(run: Run) -> None:
    """Says the question of the state, with its choices."""
    question = run.state.collect
    if question is not None and question.ask is not None:
        run.send(_shown(run, question, run.rendered(question.ask)))


def _shown(run: Run, question: Collect | None, text: str) -> SendMessage:
    """A text with the choices, where the question shows them at all."""
    if question is None or question.ask is None or not question.choices:
        return SendMessage(text)
    rows = [
        {"title": label, "payload": option.value}
        for label, option in zip(_labels(run, question), question.choices, strict=True)
    ]
    if len(rows) <= MOST_BUTTONS:
        return SendMessage(text, tuple(rows))
    return SendMessage(text, menu={"button": "", "rows": [{**r, "description": ""} for r in rows]})


def _labels(run: Run, question: Collect) -> list[str]:
    return [run.rendered(option.label) for option in question.choices]


def read_reply(run: Run) -> None:
    """Takes the reply as the state's answer, and the way that it leads."""
    if not _collected(run, run.state):
        return
    transition = run.chosen()
    if transition:
        enter(run, transition)
    elif run.state.collect and not run.state.transitions:
        run.over = "completed"
    else:
        run.arm_timeout()
        _answer_otherwise(run)


def _collected(run: Run, state: State) -> bool:
    """Whether the reply answers the state's question; if not, the contact is told."""
    question = state.collect
    if question is None:
        return True
    try:
        value = collecting.answer(
            question,
            run.facts.text,
            run.facts.parse,
            labels=_labels(run, question) if question.choices else (),
            location=run.facts.location,
            media=run.facts.media,
        )
        _validate(run, question, value)
    except collecting.NotAccepted:
        refuse(run)
        return False
    if question.scope == "field":
        run.set_field(question.slot, value)
    else:
        run.set_slot(question.slot, value)
    return True


def _validate(run: Run, question: Collect, value: Any) -> None:
    """Raises NotAccepted for what the slot cannot hold, or where the question's condition does not."""
    declared = run.flow.slots.get(question.slot) if question.scope == "slot" else None
    try:
        value = fitted(declared.type, value) if declared else value
    except NotFitting:
        raise collecting.NotAccepted from None
    if question.valid is None:
        return
    situation = run.situation()
    slots = {**situation.slots, question.slot: value}
    if question.scope == "field":
        situation = replace(situation, fields={**situation.fields, question.slot: value})
    if not holds(question.valid, replace(situation, slots=slots)):
        raise collecting.NotAccepted


def refuse(run: Run, text: str = "") -> None:
    """Counts a reply that is no answer, and says so: `text`, else the question's own words."""
    question = run.state.collect
    run.session = replace(run.session, attempts=run.session.attempts + 1)
    run.record("answer_refused", attempt=run.session.attempts)
    run.arm_timeout()
    if run.session.attempts >= (question.attempts if question else ATTEMPTS):
        _give_up(run)
        return
    if not text and question and question.error:
        text = run.rendered(question.error)
    if text:
        run.send(_shown(run, question, text))
    elif (otherwise := run.state.otherwise or run.flow.otherwise) is not None:
        run.ahead.append(["list", f"{otherwise.place}/enter", 0])
    else:
        ask(run)


def _give_up(run: Run) -> None:
    otherwise = run.state.otherwise or run.flow.otherwise
    if otherwise is None:
        run.over = "attempts"
        return
    _last_word(run, otherwise)


def _answer_otherwise(run: Run) -> None:
    otherwise = run.state.otherwise or run.flow.otherwise
    if otherwise is None:
        run.record("reply_not_understood", state=run.session.state)
        return
    run.session = replace(run.session, attempts=run.session.attempts + 1)
    run.record("reply_not_understood", state=run.session.state, attempt=run.session.attempts)
    if run.session.attempts > otherwise.times:
        _last_word(run, otherwise)
    else:
        run.ahead.append(["list", f"{otherwise.place}/enter", 0])


def _last_word(run: Run, otherwise: Otherwise) -> None:
    run.ahead.append(["list", f"{otherwise.place}/then", 0])
