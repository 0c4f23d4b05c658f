"""Transcripts are right: the real engine, driven step by step, ends where each of them says."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from bot.domain.consent import keyword
from bot.engine.checker import Project, check
from bot.engine.durations import duration
from bot.engine.events import ActionReturned
from bot.engine.facts import Facts
from bot.engine.findings import Finding
from bot.engine.invariants import broken
from bot.engine.reader import examine, read_flow
from bot.engine.transcripts import CONTACT
from tests.engine.driver import Conversation
from tests.engine.strategies import documents

PROJECT = Project(conditions=frozenset({"is_rich"}), intents=frozenset({"affirm", "deny", "help"}))


class Replay:
    """Plays a transcript with the driver, which knows nothing of how it was made."""

    def __init__(self, document: Any, transcript: Sequence[Mapping[str, Any]]) -> None:
        self.talk = Conversation(document, name="f")
        # A split sends each contact its own way, always the same.
        self.talk.session = replace(self.talk.session, contact_id=CONTACT)
        self.entered: list[str] = []
        self.ended = ""
        for step in transcript:
            key = next(iter(step))
            getattr(self, f"_{key}")(step[key], step)

    def _contact(self, value: Any, _: Any) -> None:
        self.talk.fields.update(value.get("fields", {}))
        self.talk.tags.update(value.get("tags", ()))

    def _conditions(self, value: Any, _: Any) -> None:
        self.talk.answers.update(value)

    def _globals(self, value: Any, _: Any) -> None:
        self.talk.shared.update(value)

    def _actions(self, value: Any, _: Any) -> None:
        self.talk.actions.update({name: ActionReturned() for name in value})

    def _apis(self, value: Any, _: Any) -> None:
        for name, outcome in value.items():
            self.talk.apis[name] = ActionReturned(failed=outcome.get("fails"))

    def _start(self, value: Any, _: Any) -> None:
        assert value == self.talk.flow.name
        self._noted(self.talk.begin)

    def _user(self, value: Any, step: Any) -> None:
        if keyword(value) in ("stop", "help"):
            return
        entities = step.get("entities", {})
        intent = step.get("intent")
        known = None if intent == "nlu_fallback" else intent
        self._noted(lambda: self.talk.says(value, known, **entities))

    def _after(self, value: Any, _: Any) -> None:
        until = self.talk.now + (duration(value) or 0.0)
        while any(timer.due_at <= until for timer in self.talk.session.timers):
            self._noted(self.talk.fires)
        self.talk.now = until

    def _state(self, value: Any, _: Any) -> None:
        assert self.talk.state == value

    def _ended(self, value: Any, _: Any) -> None:
        if value not in ("opted_out", False):
            assert self.talk.session.ended_because == value
        self.ended = str(value)

    def _noted(self, turn: Any) -> None:
        """Runs a turn, and undoes it as the services do where it breaks an invariant."""
        before = self.talk.session
        turn()
        self.entered += self.talk.entered
        if _breaks(self.talk):
            self.talk.session = before


def _breaks(talk: Conversation) -> bool:
    facts = Facts(
        key="x",
        fields=talk.fields,
        tags=frozenset(talk.tags),
        answers=talk.answers,
        shared=talk.shared,
    )
    return broken(talk.flow, talk.session, facts, talk.now) is not None


def one(document: Any, code: str) -> Finding:
    findings = [f for f in check([read_flow(document, "f")], PROJECT) if f.code == code]
    assert len(findings) == 1, findings
    return findings[0]


def number(op: str, value: Any) -> dict[str, Any]:
    return {"number": True, "op": op, "value": value}


def to(name: str, condition: Any = None, **more: Any) -> dict[str, Any]:
    return {"name": name, **({} if condition is None else {"condition": condition}), **more}


TEA = {"slot": "drink", "type": "choice", "choices": ["Tea", "Coffee", "Milk"]}
AGE = {"slot": "age", "type": "number", "min": 1, "max": 120}
FAULTS: list[tuple[str, Any, list[str]]] = [
    # code, flow, the states that the conversation enters
    ("dead-end", [to("A", enter=[{"say": "Tea or coffee?"}])], ["A"]),
    ("dead-end", [to("A", states=[to("B", "is_user_reply_yes", enter=[{"say": "Why?"}]),
                                  to("C", "is_user_reply_no")])], ["A", "B"]),
    ("dead-end", [to("A", states=[to("@Z", {"text": True, "value": "Yes"})]),
                  to("Z", states=[to("B", {"all": [{"tag": "vip"}, number(">", 9)]},
                                     enter=[{"say": "And?"}])])], ["A", "Z", "B"]),
    ("dead-end", [to("A", collect=AGE, states=[
        to("B", {"slot": "age", "op": "<", "value": 18}),
        to("C", {"slot": "age", "op": ">=", "value": 65}, enter=[{"say": "Why?"}])])], ["A", "C"]),
    ("dead-end", [to("A", timeout={"after": "2h", "goto": "B", "times": 1, "say": "Hey."},
                     states=[to("C")]), to("B", enter=[{"say": "Still there?"}])], ["A", "B"]),
    ("dead-end", [to("A", **{"pass": True}, states=[
        to("B", "is_rich", enter=[{"say": "Why?"}]), to("C", "always")])], ["A", "B"]),
    ("dead-end", [to("A", **{"pass": True}, states=[
        to("B", "always", enter=[{"wait": "10m"}], **{"pass": True}, states=[
            to("C", "always", enter=[{"say": "Why?"}])])])], ["A", "B", "C"]),
    ("dead-end", [to("A", enter="work", states=[to("B", {"entity": "name"},
                                                   enter=[{"say": "Why?"}])])], ["A", "B"]),
    ("dead-end", [to("A", collect={"slot": "mail", "type": "email"}, states=[
        to("B", collect={"slot": "day", "type": "date", "min": "2027-01-01"}, states=[
            to("C", collect={"slot": "sure", "type": "yes_no"}, states=[
                to("D", {"slot": "sure", "value": False}, enter=[{"say": "Why?"}]),
                to("E", {"slot": "sure", "value": True})])])])], ["A", "B", "C", "D"]),
    ("dead-end", [to("A", enter=[{"call": "sky", "error": {"goto": "B"}}], states=[to("C")]),
                  to("B", enter=[{"say": "Why?"}])], ["A", "B"]),
    ("shadowed", [to("A", states=[to("B", number("<", 70)), to("C", number("<", 54))])],
     ["A", "B"]),
    ("shadowed", [to("A", states=[to("B", {"text": True, "op": "contains", "value": "tea"}),
                                  to("C", {"text": True, "value": "green tea"})])], ["A", "B"]),
    ("shadowed", [to("A", states=[to("B", "get_smth_from_user"), to("C", "is_user_reply_no")])],
     ["A", "B"]),
    ("shadowed", [to("A", collect=TEA, states=[
        to("B", {"slot": "drink", "op": "in", "value": ["Tea", "Milk"]}),
        to("D", {"slot": "drink", "value": "Milk"}), to("E")])], ["A", "B"]),
    ("overlapping", [to("A", states=[to("B", number("between", [1, 10])),
                                     to("C", number("between", [7, 20]))])], ["A", "B"]),
    ("overlapping", [to("A", states=[
        to("B", {"any": [number("=", 2), {"text": True, "op": "contains", "value": "x"}]}),
        to("C", {"any": [number("=", 2), {"text": True, "op": "contains", "value": "y"}]})])],
     ["A", "B"]),
    ("overlapping", [to("A", states=[
        to("B", {"text": True, "op": "in", "value": ["a", "b"]}),
        to("C", {"text": True, "op": "in", "value": ["b", "c"]})])], ["A", "B"]),
    ("overlapping", [to("A", collect=AGE, states=[
        to("B", {"slot": "age", "op": "<", "value": 20}),
        to("C", {"slot": "age", "op": "between", "value": [15, 30]}), to("D")])], ["A", "B"]),
    ("unanswered-choice", [to("A", collect=TEA, states=[
        to("B", {"slot": "drink", "value": "Tea"}), to("C", {"slot": "drink", "value": "Milk"})])],
     ["A"]),
    ("endless-loop", [to("A", states=[to("B", "is_user_reply_yes", **{"pass": True}, states=[
        to("C", "is_rich", **{"pass": True}, states=[to("@B", {"tag": "vip"})]), to("D")])])],
     ["A", "B", "C", "B"]),
    ("silent-loop", [to("A", timeout={"after": "24h", "goto": "B"}, states=[to("C")]),
                     to("B", timeout={"after": "1h", "goto": "A"}, states=[to("@C")])],
     ["A", "B", "A", "B"]),
    ("unset-slot", {"slots": {"x": {}}, "states": [
        to("A", states=[to("B", "is_user_reply_yes", enter=[{"set": {"x": 1}}],
                           states=[to("@Z")]), to("C", "is_user_reply_no", states=[to("@Z")])]),
        to("Z", states=[to("Q", enter=[{"say": "{x}."}])])]}, ["A", "C", "Z", "Q"]),
    ("unset-slot", {"slots": {"x": {}}, "states": [
        to("A", enter=[{"say": "{x}."}], states=[to("B")])]}, ["A"]),
    ("stop-word", [to("A", states=[to("B", "is_user_reply_yes", states=[
        to("C", {"text": True, "value": "Stop!"}), to("D")])])], ["A", "B"]),
    ("broken-invariant", {
        "invariants": [{"name": "adult", "condition": {"slot": "age", "op": ">=", "value": 18}}],
        "slots": {"age": {"type": "number", "initial": 18}},
        "states": [to("A", states=[to("B", enter=[{"set": {"age": 3}}])])]}, ["A", "B"]),
    ("broken-invariant", {
        "invariants": [{"name": "adult", "condition": {"slot": "age", "op": ">=", "value": 18}}],
        "slots": {"age": {"type": "number", "initial": 18}},
        "states": [to("A", collect=AGE, states=[to("B")])]}, ["A", "B"]),
    ("waits-for-ever", {"expires_after": "99w", "states": [
        to("A", states=[to("B", "is_user_reply_yes")])]}, ["A"]),
    ("no-way-out", [to("A", states=[
        to("E", "is_user_reply_no"),
        to("B", "is_user_reply_yes", states=[to("C", states=[to("@B")])])])], ["A", "B"]),
    ("unreachable-state", [to("A", states=[
        to("B", "is_user_reply_yes", enter=[{"say": "Hi."}, {"end": True}],
           states=[to("C")])])], ["A", "B"]),
]  # fmt: skip


@pytest.mark.parametrize(("code", "document", "entered"), FAULTS)
def test_the_engine_shows_the_fault(code: str, document: Any, entered: list[str]) -> None:
    finding = one(document, code)
    assert finding.transcript
    replay = Replay(document, finding.transcript)
    assert replay.entered[: len(entered)] == entered
    if code not in ("endless-loop", "silent-loop"):
        assert len(replay.entered) == len(entered)


def test_an_endless_loop_meets_the_limit() -> None:
    document = [to("A", **{"pass": True}, states=[to("B", **{"pass": True}, states=[to("@A")])])]
    assert Replay(document, one(document, "endless-loop").transcript).ended == "limit"


def test_a_stop_word_ends_with_opting_out() -> None:
    document = [to("A", collect={"slot": "x", "exit_words": ["stop"]})]
    transcript = one(document, "stop-word").transcript
    assert transcript == ({"start": "f"}, {"user": "stop"}, {"ended": "opted_out"})


def test_what_is_made_up_is_said_first() -> None:
    document = [to("A", enter="work", states=[
        to("B", {"all": ["is_rich", {"tag": "vip"}]}, enter=[{"say": "Why?"}])])]  # fmt: skip
    assert one(document, "dead-end").transcript == (
        {"contact": {"tags": ["vip"]}},
        {"conditions": {"is_rich": True}},
        {"actions": {"work": {}}},
        {"start": "f"},
        {"user": "something else"},
        {"state": "B"},
        {"ended": "completed"},
    )


def test_what_takes_too_long_has_no_transcript() -> None:
    count = 70
    document = [
        to(f"S{i}", states=[to(f"@S{i + 1}", "is_user_reply_yes")]) for i in range(count)
    ] + [to(f"S{count}", otherwise={"say": "What?"})]
    assert one(document, "dead-end").transcript == ()


@settings(max_examples=60, deadline=None)
@given(documents)
def test_any_flow_is_checked_and_its_transcripts_hold(document: Any) -> None:
    # A split goes by the places of its ways, which are others in a bare list.
    document = {"flow": "f", **_named(document)}
    flow, _ = examine(document, "f")
    if flow is None:
        return
    for finding in check([flow], PROJECT):
        if any("start" in step for step in finding.transcript):
            start = next(step["start"] for step in finding.transcript if "start" in step)
            if start == flow.name and finding.code not in ("stop-word", "help-word"):
                Replay(document, finding.transcript)


def _named(document: Any) -> Any:
    return {"states": document} if isinstance(document, list) else document
