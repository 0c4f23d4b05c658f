"""The blood-sugar check: whole conversations, and a walk through all of its states."""

import json
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.engine.conditions import Compare, Condition, compared_in, named_in
from bot.engine.findings import load_json
from bot.engine.flow import Flow
from bot.engine.parse import Intent, Parse
from bot.engine.reader import examine
from tests.flows.driver import ROOT, Conversation, parse, shipped

Make = Callable[[str], Conversation]
MINUTE = 60.0
CLOSING = ("CLOSED_SILENT", "SILENT_ALARM")


def document(name: str) -> Any:
    path = ROOT / "flows" / f"{name}.json"
    return load_json(path.read_text(), str(path))


async def at_menu(talk: Conversation, unit: str = "mg/dL") -> Conversation:
    talk.tags, talk.fields = {"bg_consent"}, {"bg_unit": unit, "first_name": "Mike"}
    await talk.begin("sugar")
    assert talk.state == "MENU"
    return talk


async def says(talk: Conversation, *texts: str) -> str:
    for text in texts:
        said = await talk.says(text)
    return " ".join(said)


# Conversations


async def test_begins_with_the_disclaimer_and_asks_for_consent(conversation: Make) -> None:
    talk = conversation("bgcheck")
    disclaimer, question = await talk.begin("sugar")
    assert "no medical advice" in disclaimer
    assert "diary" in question
    await says(talk, "why", "yes", "2")
    assert talk.tags == {"bg_consent"}
    assert talk.fields["bg_unit"] == "mmol/L"
    assert talk.state == "MENU"


async def test_who_agrees_to_nothing_is_left_alone(conversation: Make) -> None:
    talk = conversation("bgcheck")
    await talk.begin("sugar")
    await talk.says("no")
    assert talk.session.ended_because == "no_consent"
    assert talk.fields == {}


async def test_the_meter_tells_the_unit(conversation: Make) -> None:
    talk = conversation("bgcheck")
    await talk.begin("sugar")
    await says(talk, "yes", "not sure", "6,7")
    assert talk.fields["bg_unit"] == "mmol/L"


@pytest.mark.parametrize(
    ("unit", "reply", "state", "mg_dl"),
    [
        ("mg/dL", "It was 53", "SEVERE_LOW", 53),
        ("mg/dL", "54", "LOW", 54),
        ("mg/dL", "69.5", "LOW", 70),
        ("mg/dL", "70", "FASTING_GOOD", 70),
        ("mg/dL", "130.5", "FASTING_RAISED", 130),
        ("mg/dL", "180", "FASTING_RAISED", 180),
        ("mg/dL", "250", "HIGH", 250),
        ("mg/dL", "251", "VERY_HIGH", 251),
        ("mmol/L", "2,9", "SEVERE_LOW", 52),
        ("mmol/L", "3.8", "LOW", 68),
        ("mmol/L", "5.4", "FASTING_GOOD", 97),
        ("mmol/L", "9", "FASTING_RAISED", 162),
        ("mmol/L", "12", "HIGH", 216),
        ("mmol/L", "15.5", "VERY_HIGH", 279),
    ],
)
async def test_readings_are_judged_in_the_contacts_unit(
    conversation: Make, unit: str, reply: str, state: str, mg_dl: int
) -> None:
    talk = await at_menu(conversation("bgcheck"), unit)
    await says(talk, "1", reply)
    assert talk.state == state
    (entry,) = talk.fields["readings"]
    assert (entry["mg_dl"], entry["moment"]) == (mg_dl, "fasting")


@pytest.mark.parametrize(("unit", "reply"), [("mg/dL", "5.6"), ("mg/dL", "1200"), ("mmol/L", "97")])
async def test_a_reading_that_no_meter_shows_is_asked_again(
    conversation: Make, unit: str, reply: str
) -> None:
    talk = await at_menu(conversation("bgcheck"), unit)
    await says(talk, "1", reply)
    assert talk.state == "FASTING"
    assert "readings" not in talk.fields


async def test_a_low_is_treated_and_measured_again_after_15_minutes(conversation: Make) -> None:
    talk = await at_menu(conversation("bgcheck"))
    await says(talk, "2", "65")
    assert talk.state == "LOW"
    assert "15 g" in (await says(talk, "yes"))
    assert await talk.waits(14 * MINUTE) == []
    (again,) = await talk.waits(2 * MINUTE)
    assert "Measure again" in again
    await says(talk, "66")
    assert talk.state == "LOW_SECOND"
    await talk.waits(16 * MINUTE)
    await says(talk, "88", "yes")
    assert talk.state == "LOW_PATTERN"
    assert [entry["mg_dl"] for entry in talk.fields["readings"]] == [65, 66, 88]
    assert [entry["moment"] for entry in talk.fields["readings"]][1] == "recheck"


async def test_a_third_low_calls_the_nurse(conversation: Make) -> None:
    talk = await at_menu(conversation("bgcheck"))
    await says(talk, "2", "65", "yes", "66", "64")
    assert talk.state == "LOW_STUBBORN"
    assert talk.handed_over
    assert talk.session.status == "ended"


async def test_an_early_reply_cancels_the_wait(conversation: Make) -> None:
    talk = await at_menu(conversation("bgcheck"))
    await says(talk, "2", "65", "yes", "90")
    assert talk.state == "LOW_OVER"
    assert not any("Measure again" in text for text in await talk.waits(16 * MINUTE))


async def test_silence_is_nudged_twice_and_then_closed(conversation: Make) -> None:
    talk = await at_menu(conversation("bgcheck"))
    assert len(await talk.waits(31 * MINUTE)) == 1
    assert len(await talk.waits(30 * MINUTE)) == 1
    (closed,) = await talk.waits(30 * MINUTE)
    assert "I close this check" in closed
    assert talk.session.ended_because == "silence"
    assert talk.session.timers == ()


async def test_a_reply_begins_the_count_of_silences_anew(conversation: Make) -> None:
    talk = await at_menu(conversation("bgcheck"))
    await talk.waits(61 * MINUTE)
    await talk.says("hm")
    await talk.waits(61 * MINUTE)
    assert (talk.state, talk.session.status) == ("MENU", "active")


async def test_silence_after_a_very_low_reading_is_an_alarm(conversation: Make) -> None:
    talk = await at_menu(conversation("bgcheck"))
    await says(talk, "4", "45")
    await talk.waits(10 * MINUTE)
    assert talk.state == "SILENT_ALARM"
    assert talk.handed_over
    assert talk.session.ended_because == "silence"


async def test_what_is_not_understood_ends_with_the_nurse(conversation: Make) -> None:
    talk = await at_menu(conversation("bgcheck"))
    await says(talk, "hm", "hm", "hm")
    assert talk.handed_over
    assert talk.session.ended_because == "not_understood"


async def test_the_week_is_summed_up(conversation: Make) -> None:
    talk = await at_menu(conversation("bgcheck"))
    await says(talk, "9")
    assert talk.state == "WEEK_TOO_FEW"
    for reading in ("100", "120", "200"):
        talk = talk.copied()
        await talk.begin("sugar")
        await says(talk, "1", reading)
    await talk.begin("sugar")
    summary = await says(talk, "week")
    assert "3 readings, average 140 mg/dL, 67 % in range, 0 low" in summary
    said = await says(talk, "2", "9", "5")
    assert said.startswith("5 days: it is a deal!")
    assert talk.notes[-1] == "Will walk after dinner on 5 days."


# All states


def replies(condition: Condition) -> Iterator[Parse]:
    """Replies that may satisfy a condition: one for each comparison in it."""
    for named in named_in(condition):
        text = {"is_user_reply_yes": "yes", "is_user_reply_no": "no"}.get(named.name, "a few words")
        yield parse(text)
    for compare in compared_in(condition):
        if compare.subject == "number":
            for number in numbers_for(compare):
                yield parse(f"{number:g}")
        elif compare.subject == "text":
            yield parse(str(compare.value))
        elif compare.subject == "intent":
            yield Parse("well", Intent(compare.key, 0.95))


def numbers_for(compare: Compare) -> tuple[float, ...]:
    value = compare.value
    if compare.op == "between":
        return ((value[0] + value[1]) / 2,)
    near = {"<": (0.7, 0.95), ">": (1.05, 2)}.get(compare.op, (1,))
    return tuple(value * factor for factor in near)


def snapshot(talk: Conversation) -> tuple[object, ...]:
    """What decides on the way on: where the contact stands, and what is known."""
    readings = [entry["mg_dl"] for entry in talk.fields.get("readings", ())]
    return (
        talk.state, talk.session.status, talk.fields.get("bg_unit"), "bg_consent" in talk.tags,
        len(readings) >= 3, sum(r < 70 for r in readings[-5:]) >= 2,
    )  # fmt: skip


async def walk(talk: Conversation) -> dict[tuple[object, ...], Conversation]:
    """Every place that replies lead to, each with a conversation that stands there."""
    found: dict[tuple[object, ...], Conversation] = {snapshot(talk): talk}
    ahead = deque([talk])
    while ahead:
        here = ahead.popleft()
        if here.session.status != "active":
            continue
        for reply in possible(here.flow, here.state):
            there = here.copied()
            await there.says(reply.text, reply)
            if snapshot(there) not in found:
                found[snapshot(there)] = there
                ahead.append(there)
    return found


def possible(flow: Flow, state: str) -> list[Parse]:
    every = [r for t in flow.states[state].transitions for r in replies(t.condition)]
    if flow.states[state].collect:
        every.append(parse("5"))
    return list({reply.text: reply for reply in every}.values())


DIARY = [{"at": "2030-01-01T08:00:00+00:00", "mg_dl": 60, "moment": "fasting"}] * 3
BEGINNINGS: list[tuple[str, set[str], dict[str, Any]]] = [
    ("CONSENT", set(), {}),
    ("UNIT", {"bg_consent"}, {}),
    ("MENU", {"bg_consent"}, {"bg_unit": "mg/dL", "readings": DIARY}),
]


async def walked(conversation: Make) -> dict[tuple[object, ...], Conversation]:
    found: dict[tuple[object, ...], Conversation] = {}
    for first, tags, fields in BEGINNINGS:
        talk = conversation("bgcheck")
        talk.tags, talk.fields = tags, fields
        await talk.begin("sugar")
        assert talk.state == first
        found |= await walk(talk)
    return found


async def test_every_state_is_reached_by_some_conversation(conversation: Make) -> None:
    found = await walked(conversation)
    reached = {talk.state for talk in found.values()} | {"BGCHECK"}
    for talk in found.values():
        if talk.session.status == "active" and talk.flow.states[talk.state].timeout:
            await in_silence(talk)
            reached.add(talk.state)
    assert set(shipped("bgcheck").states) - reached == set()
    assert len(reached) >= 100


async def in_silence(talk: Conversation) -> None:
    """Three silences: two nudges, then the end."""
    timeout = talk.flow.states[talk.state].timeout
    assert timeout is not None
    stood_in = talk.state
    for _ in range(2):
        await talk.waits(timeout.after)
        assert talk.state == stood_in
    await talk.waits(timeout.after)
    assert talk.state in CLOSING
    assert (talk.session.status, talk.session.ended_because) == ("ended", "silence")


async def test_every_transition_is_taken_by_some_reply(conversation: Make) -> None:
    taken: set[str] = set()
    for here in (await walked(conversation)).values():
        if here.session.status == "active":
            for reply in possible(here.flow, here.state):
                there = here.copied()
                before = there.flow.states[there.state].transitions
                await there.says(reply.text, reply)
                taken |= {f"{here.state} -> {t.target}" for t in before if t.target == there.state}
    flow = shipped("bgcheck")
    every = {
        f"{state.name} -> {transition.target}"
        for state in flow.states.values()
        for transition in state.transitions
        if not state.passes
    }
    assert every - taken == set()


def test_every_question_nudges_twice_and_then_closes() -> None:
    for state in shipped("bgcheck").states.values():
        if not state.final and not state.passes:
            assert state.timeout is not None, state.name
            assert (state.timeout.times, bool(state.timeout.enter)) == (2, True), state.name
            assert state.timeout.goto in CLOSING, state.name


def test_no_two_branches_are_the_same_but_for_names() -> None:
    seen: dict[str, str] = {}
    for node in nodes(document("bgcheck")["states"]):
        if "enter" not in node and "states" not in node:
            continue
        content = json.dumps(nameless(node), sort_keys=True)
        assert content not in seen, f"{node['name']} is {seen[content]} again"
        seen[content] = node["name"]


def nodes(states: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for state in states:
        yield state
        yield from nodes(state.get("states", []))


def nameless(node: Any) -> Any:
    if isinstance(node, dict):
        return {k: nameless(v) for k, v in node.items() if k not in ("name", "$comment")}
    return [nameless(item) for item in node] if isinstance(node, list) else node


@pytest.mark.parametrize("name", ["optin", "coupon", "bgcheck"])
def test_reads_without_errors(name: str) -> None:
    flow, findings = examine(document(name), name)
    assert flow is not None
    assert flow.name == name
    codes = [finding.code for finding in findings]
    assert codes == (["undefined-link"] if name == "optin" else [])
