"""Random flows and random events: the engine always comes to an end, and tells it the same way."""

import contextlib
import dataclasses
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.engine.checker import Project, check
from bot.engine.events import ActionReturned
from bot.engine.facts import ResponseText
from bot.engine.findings import DefinitionInvalid, load_json, located
from bot.engine.numbers import numbers_in
from bot.engine.reader import examine, read_flow
from bot.engine.run import CALLS_PER_TURN, STEPS_PER_TURN
from tests.engine import strategies
from tests.engine.driver import Conversation, reading

RESPONSES = {"one": [ResponseText("Hi {first_name}", buttons=({"title": "ok"},))]}
COMMON = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def _returned() -> st.SearchStrategy[ActionReturned]:
    names = st.sampled_from(["x", "n", "email", "tags", "due"])
    event = st.one_of(
        strategies.json_values,
        st.fixed_dictionaries(
            {"event": st.just("slot"), "name": names, "value": strategies.json_values}
        ),
        st.fixed_dictionaries(
            {
                "event": st.just("reminder"),
                "date_time": st.sampled_from(["2027-01-16T08:00:00", "soon"]),
                "intent": names,
                "kill_on_user_msg": st.booleans(),
            }
        ),
        st.fixed_dictionaries(
            {"event": st.just("registry"), "name": names, "value": strategies.json_values}
        ),
        st.fixed_dictionaries(
            {
                "event": st.sampled_from(["answer", "refused"]),
                "text": st.sampled_from(["one", "", "yes"]) | strategies.json_values,
            }
        ),
        st.fixed_dictionaries(
            {
                "event": st.just("call"),
                "api": st.sampled_from([*strategies.APIS, 5]),
                "with": strategies.json_values,
            }
        ),
        st.fixed_dictionaries(
            {"event": st.just("goto"), "state": st.sampled_from([*strategies.NAMES, "Z", ""])}
        ),
        st.fixed_dictionaries(
            {
                "event": st.sampled_from(
                    ["followup", "pause", "restart", "reset_slots", "cancel_reminder", "bot"]
                ),
                "name": st.sampled_from([*strategies.ACTIONS, None]),
            }
        ),
    )
    response = st.one_of(
        strategies.json_values,
        st.dictionaries(
            st.sampled_from(["text", "response", "buttons", "image", "custom"]),
            strategies.json_values | st.just("one"),
        ),
    )
    return st.builds(
        ActionReturned,
        st.lists(event, max_size=3),
        st.lists(response, max_size=2),
        st.sampled_from([None, None, "timeout"]),
    )


INPUTS = st.one_of(
    st.tuples(
        st.just("says"),
        st.sampled_from(["yes", "no", "12", "one", "Three four", "", "a@b.cd", "+15550001111"]),
        st.sampled_from([None, "affirm", "deny", "help"]),
        st.sampled_from([0.3, 0.65, 1.0]),
    ),
    st.tuples(st.just("sends"), st.booleans()),
    st.tuples(st.just("timer"), st.integers(0, 3)),
    st.tuples(st.just("stale timer"), st.text(max_size=3)),
)


def _play(talk: Conversation, given: tuple[Any, ...]) -> None:
    match given:
        case ("says", text, intent, confidence):
            talk.says(text, intent, confidence, **({"name": "Ann"} if text == "one" else {}))
        case ("sends", True):
            talk.sends(location={"latitude": 59.9, "longitude": 10.7})
        case ("sends", False):
            talk.sends(media=[{"url": "https://example.org/a.png", "content_type": "image/png"}])
        case ("timer", index) if index < len(talk.session.timers):
            timer = talk.session.timers[index]
            talk.now = max(talk.now, timer.due_at)
            talk.fires_id(timer.id)
        case ("stale timer", name):
            talk.fires_id(name)


def _check_turn(talk: Conversation) -> None:
    """The driver saves and reloads, and asks twice; the rest is looked at here."""
    assert len(talk.called) <= CALLS_PER_TURN
    assert len(talk.entered) <= STEPS_PER_TURN + 1
    unpassed = [name for name in talk.entered if not talk.flow.states[name].passes]
    assert len(unpassed) <= 1 or talk.calls
    assert talk.session.state in talk.flow.states
    for timer in talk.session.timers:
        assert timer.state == talk.session.state
    ids = [timer.id for timer in talk.session.timers]
    assert len(ids) == len(set(ids))
    if talk.status == "ended":
        assert talk.session.ended_because is not None
        assert talk.session.timers == ()
    if talk.status == "dormant":
        assert talk.session.timers
    for message in talk.messages:
        shown = (message.buttons, message.media, message.custom, message.menu, message.location)
        assert message.text.strip() or message.template or any(shown)
        assert message.menu is None or message.menu["rows"]
    json.dumps([dataclasses.asdict(command) for command in talk.commands], allow_nan=False)


@COMMON
@given(
    strategies.documents,
    st.dictionaries(st.sampled_from(strategies.ACTIONS[:2]), _returned()),
    st.none() | st.just("yes"),
    st.lists(INPUTS, max_size=6),
    st.booleans(),
    st.dictionaries(st.sampled_from([*strategies.APIS, *strategies.FUNCTIONS]), _returned()),
)
def test_advance_always_ends(
    document: Any,
    actions: dict[str, ActionReturned],
    first: str | None,
    inputs: list[tuple[Any, ...]],
    mine: bool,
    outside: dict[str, ActionReturned],
) -> None:
    talk = Conversation(
        document,
        actions=actions,
        responses=RESPONSES,
        answers={"mine": mine},
        functions=outside,
        apis=outside,
        shared={"open": mine},
    )
    talk.begin(reading(first, "affirm") if first else None)
    _check_turn(talk)
    for given_input in inputs:
        _play(talk, given_input)
        _check_turn(talk)


@COMMON
@given(strategies.json_values | strategies.damaged())
def test_reading_answers_findings_whatever_it_reads(document: Any) -> None:
    flow, findings = examine(document, "f")
    errors = [finding for finding in findings if finding.severity == "error"]
    assert (flow is None) == bool(errors)
    written = json.dumps(document, indent=1)
    for finding in located(findings, "f.json", written):
        assert finding.line is not None
        assert str(finding).startswith("f.json:")
    if errors:
        with pytest.raises(DefinitionInvalid) as caught:
            read_flow(document, "f")
        assert list(caught.value.findings) == errors


@COMMON
@given(st.text(max_size=40) | st.text('[]{}",:0e-9n\\u', max_size=40))
def test_loading_answers_findings_whatever_it_loads(text: str) -> None:
    with contextlib.suppress(DefinitionInvalid):
        load_json(text, "f.json")


@settings(COMMON, max_examples=40)
@given(st.lists(strategies.documents, max_size=2))
def test_checking_never_fails(documents: list[Any]) -> None:
    flows = [read_flow(document, f"f{i}") for i, document in enumerate(documents)]
    findings = check(flows, Project())
    assert findings == check(flows, Project())


@given(st.text() | st.text("0123456789.,-+−٫٣ ", max_size=60))
def test_numbers_in_never_fails(text: str) -> None:
    for number in numbers_in(text):
        assert number == number
        assert abs(number) != float("inf")
