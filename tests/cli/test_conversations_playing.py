"""Conversations are played on the real bot: what holds passes, what does not is told."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from bot.cli.conversations.coverage import FlowCoverage
from bot.cli.conversations.diffs import plain
from bot.cli.conversations.pages import page, write_page
from bot.cli.conversations.playing import Outcome, span
from tests.cli.conversing import all_played, own_project

HOLDS = """
conversations:
  - name: everything that came
    contact: {fields: {first_name: Ann, email: ann@example.org}, tags: [vip], language: es,
      time_zone: Europe/Oslo}
    steps:
      - user: survey
      - bot: {text: "How was it, 1 to 5?", buttons: ["1", "5"]}
      - flow: survey
      - state: ASK
      - timers: [timeout]
      - ended: false
      - user: "4"
      - bot: Great!
      - bot: See you, Ann.
      - state: GOOD
      - slots: {score: "4", nothing: null, first_name: {contains: nn}}
      - fields: {first_name: Ann, language: es, time_zone: Europe/Oslo}
      - tags: {is: [happy, vip], not: [lost]}
      - stored: {feedback: {score: "4"}}
      - email: {to: ann@example.org, subject: A 4}
      - event: {type: tag_added, tag: happy}
      - ended: completed
      - timers: []
  - name: who was asked is not asked again
    contact: {tags: [asked]}
    steps:
      - user: survey
      - state: null
  - name: another number is somebody else
    contact: {fields: {first_name: Ann}, tags: [vip], language: es}
    steps:
      - user: survey
      - contact: {number: "+15550002"}
      - state: null
      - fields: {first_name: null, language: null}
      - tags: {not: [vip]}
      - contact: {number: "+15550001", channel: whatsapp}
      - state: ASK
      - contact: {channel: sms}
      - user: "5"
      - bot: [Great!, "See you, Ann."]
  - name: an edit leaves alone what has changed since
    contact: {fields: {score: "1"}, tags: [vip]}
    steps:
      - user: survey
      - user: "4"
      - fields: {score: "1"}
      - contact: {fields: {score: "2"}}
      - contact: {tags: [late]}
      - fields: {score: "2"}
      - tags: [happy, late, vip]
  - name: several messages in one step
    flow: survey
    steps:
      - user: "5"
      - bot: [{contains: [GREAT, "!"]}, {matches: "See you.*"}]
  - name: timers fire in their order
    flow: survey
    steps:
      - after: 59m
      - bot: []
      - after: 61m
      - bot: Still there?
      - bot: Bye.
      - ended: silence
  - name: a wait
    flow: survey
    steps:
      - user: I am José
        entities: {name: José}
        intent: {inform_name: 0.9}
      - bot: []
      - state: NAMED
      - after: 10m
      - bot: Hello, and good night.
  - name: a reading is forced
    flow: survey
    steps:
      - user: blue elephants
        intent: affirm
      - state: "YES"
  - name: and forgotten
    flow: survey
    steps:
      - user: blue elephants
      - event: reply_not_understood
      - state: ASK
  - name: a payload is read instead of the text
    flow: survey
    steps:
      - user: Five
        payload: "5"
      - state: GOOD
  - name: python conditions and actions are faked
    flow: survey
    conditions: {has_enough_readings: true}
    actions: {optin.ask_name: {say: [Noted!], slots: {task: 7}}}
    steps:
      - user: "1"
      - bot: {text: Noted!, action: ask_name}
      - slots: {task: 7}
      - event: {type: handed_over, reason: unhappy}
  - name: a condition that does not hold
    flow: survey
    steps:
      - user: "1"
      - event: reply_not_understood
  - name: or run really
    contact: {fields: {readings: [{mg_dl: 1}, {mg_dl: 2}, {mg_dl: 3}]}}
    flow: survey
    steps:
      - user: "1"
      - bot: {action: optin.ask_name, response: utter_optin_ask_name}
  - name: an action fails
    flow: survey
    conditions: {has_enough_readings: true}
    actions: {ask_name: {fails: no power}}
    steps:
      - user: "1"
      - bot: {contains: something went wrong}
      - event: {type: action_failed, reason: no power}
      - state: ASK
      - actions: {ask_name: {say: [Here again]}}
      - user: "1"
      - bot: Here again
  - name: an API answers
    flow: survey
    globals: {name: Ann}
    apis: {weather: {json: {sky: blue}}}
    steps:
      - user: what about the sky
      - bot: It is blue, Ann.
      - slots: {sky: blue}
  - name: an API gives slots
    flow: survey
    apis: {weather: {slots: {sky: grey}}}
    globals: {name: Bob}
    steps:
      - user: sky
      - bot: It is grey, Bob.
  - name: an API fails
    flow: survey
    apis: {weather: {status: 500}}
    steps:
      - user: sky
      - slots: {call_error: status, sky: null}
  - name: another channel, and somebody edits the contact
    contact: {channel: whatsapp}
    steps:
      - user: survey
      - event: {type: message_received, channel: whatsapp}
      - contact: {tags: [asked], fields: {first_name: Eve}}
      - tags: [asked]
      - user: "5"
      - bot: Great!
      - bot: See you, Eve.
  - name: nobody answers
    contact: {tags: [asked]}
    steps:
      - user: survey
      - state: null
      - flow: null
      - event: nobody_answered
  - name: nothing goes out to who has opted out
    steps:
      - user: stop
      - event: contact_opted_out
      - start: survey
      - bot: []
      - event: {type: flow_not_started, reason: the contact has opted out}
  - name: it begins when it says
    at: 2030-02-03T04:05:00
    flow: survey
    steps:
      - event: {type: flow_started, trigger: manual}
      - after: 23h
      - ended: silence
"""

FAILS: Mapping[str, tuple[str, int, str, str]] = {
    "another text": ("- bot: How was it?", 6, "How was it?", "How was it, 1 to 5?"),
    "another button": ('- bot: {contains: How, buttons: ["1"]}', 6, "['1']", "[1] [5]"),
    "no message": ("- after: 1m\n      - bot: hello", 7, "hello", "nothing"),
    "silence": ("- bot: []", 6, "silence", "How was it"),
    "one more": ("- user: '5'\n      - bot: Great!", 7, "no more messages", "See you"),
    "pattern": ("- bot: {matches: How}", 6, "matches: How", "How was it"),
    "response": ("- bot: {response: utter_help}", 6, "utter_help", "How was it"),
    "action": ("- bot: {action: ask_name}", 6, "ask_name", "How was it"),
    "state": ("- state: GOOD", 6, "GOOD", "ASK"),
    "flow": ("- flow: optin\n      - flow: survey", 6, "optin", "survey"),
    "slots": ("- slots: {score: 4}", 6, "score: 4", "score: null"),
    "no number is a truth": ("- slots: {score: false}", 6, "score: false", "score: null"),
    "fields": ("- fields: {age: {exists: true}}", 6, "age", "age: null"),
    "tags": ("- tags: [vip]", 6, "vip", "no tags"),
    "no tag": ("- contact: {tags: [a]}\n      - tags: {not: [a]}", 7, "not a", "a"),
    "ended": ("- ended: true", 6, "true", "false"),
    "not ended": ("- user: '5'\n      - ended: false", 7, "false", "completed"),
    "event": ("- event: handed_over", 6, "handed_over", "flow_started"),
    "event's data": ("- event: {type: flow_started, trigger: x}", 6, "trigger: x", "manual"),
    "mail": ("- user: '5'\n      - email: {subject: B}", 7, "subject: B", "no mail"),
    "no mail": (
        "- contact: {fields: {email: a@b.c}}\n      - user: '5'\n      - email: []", 8, "no mail", "A 5",
    ),
    "record": ("- stored: {feedback: {score: 1}}", 6, "feedback", "no record"),
    "timers": ("- timers: [lunch]", 6, "lunch", "timeout"),
    "no fake": ("- user: sky\n      - state: SKY", 6, "the API 'weather'", "none is faked"),
}  # fmt: skip


@pytest.fixture(scope="module")
def project(trained_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return own_project(tmp_path_factory.mktemp("survey"), trained_model)


@pytest.fixture(scope="module")
def played(project: Path) -> tuple[dict[str, Outcome], Sequence[FlowCoverage]]:
    return all_played(project, HOLDS)


@pytest.fixture(scope="module")
def failed(project: Path) -> dict[str, Outcome]:
    written = (
        f"  - name: {name}\n    flow: survey\n    steps:\n      {step}\n"
        for name, (step, *_) in FAILS.items()
    )
    return all_played(project, "conversations:\n" + "".join(written))[0]


@pytest.mark.parametrize("name", FAILS)
def test_what_does_not_hold_is_told(name: str, failed: dict[str, Outcome]) -> None:
    _, line, expected, got = FAILS[name]
    failure = failed[name].failures[0]
    first = failed[name].conversation.line + 3
    assert failure.mismatch.step.line == first + line - 6
    assert expected in failure.mismatch.expected
    assert got in failure.mismatch.got
    assert "you " in plain([failure], "own") or "started" in plain([failure], "own")


def test_the_same_ids_every_time(project: Path) -> None:
    text = "conversations:\n- {name: a, flow: survey, steps: [{user: '5'}, {state: GOOD}]}\n"
    seen = []
    for _ in range(2):
        outcomes, _ = all_played(project, text)
        seen.append([line.text for line in outcomes["a"].lines])
    assert seen[0] == seen[1]


def test_a_reminder_of_an_action_is_counted_from_the_virtual_time(starter: Path) -> None:
    text = (starter / "flows" / "optin.test.yml").read_text("utf-8")
    outcomes, _ = all_played(starter, text)
    assert all(it.passed for it in outcomes.values())
    lines = [line.text for line in outcomes["says yes and gives a name"].lines]
    assert any("how is it going" in line for line in lines)


def test_schedules_come_due_on_the_way(trained_model: Path, tmp_path: Path) -> None:
    project = own_project(tmp_path / "mornings", trained_model)
    schedule = {"schedule": "0 9 * * 1-5", "time_zone": "Europe/Oslo", "audience": {"tag": "vip"}}
    flow = {"triggers": [schedule], "states": [{"name": "A", "enter": [{"say": "Good morning!"}]}]}
    (project / "flows" / "morning.json").write_text(json.dumps(flow), "utf-8")
    steps = "steps: [{user: hi}, {after: 24h}, {bot: %s}, {after: 2d}, {bot: %s}]\n"
    morning = "Good morning!"
    outcomes, _ = all_played(
        project,
        "conversations:\n"
        f"- name: weekdays\n  contact: {{tags: [vip]}}\n  {steps % (morning, [morning] * 2)}"
        f"- name: others\n  {steps % ([], [])}"
        "- name: weekend\n  contact: {tags: [vip]}\n  at: 2026-01-10T07:00:00\n"
        f"  {steps % ([], morning)}",
    )
    assert [name for name, it in outcomes.items() if not it.passed] == []


def test_frequent_schedules_of_others_may_come_due_on_the_way(
    trained_model: Path, tmp_path: Path
) -> None:
    project = own_project(tmp_path / "hours", trained_model)
    schedule = {"schedule": "0 * * * *", "time_zone": "UTC", "audience": {"tag": "vip"}}
    flow = {"triggers": [schedule], "states": [{"name": "A", "enter": [{"say": "Cuckoo!"}]}]}
    (project / "flows" / "clock.json").write_text(json.dumps(flow), "utf-8")
    outcomes, _ = all_played(
        project,
        "conversations:\n"
        "- {name: weeks, flow: survey, steps: [{after: 7w}, {bot: ['Still there?', Bye.]}]}\n"
        "- {name: years, steps: [{after: 104w}, {bot: []}]}\n",
    )
    assert outcomes["weeks"].passed, outcomes["weeks"].failures
    (failure,) = outcomes["years"].failures
    assert failure.mismatch.expected == "after: 104w"
    assert "due more than 10,000 times" in failure.mismatch.got


def test_of_flows_that_return_the_one_that_ended_last_counts(
    trained_model: Path, tmp_path: Path
) -> None:
    project = own_project(tmp_path / "order", trained_model)
    order = [
        {"name": "A", "states": [{"name": "B", "enter": [{"start": "street", "return": True}]}]}
    ]
    street = [{"name": "C", "states": [{"name": "D"}]}]
    (project / "flows" / "order.json").write_text(json.dumps(order), "utf-8")
    (project / "flows" / "street.json").write_text(json.dumps(street), "utf-8")
    outcomes, _ = all_played(
        project,
        "conversations:\n"
        "- {name: a, flow: order, steps: [{user: b}, {state: C}, {user: d}, {state: B}]}\n",
    )
    assert outcomes["a"].passed, outcomes["a"].failures


# coverage


def test_conditions_of_triggers_and_questions_count(trained_model: Path, tmp_path: Path) -> None:
    project = own_project(tmp_path / "cups", trained_model)
    asked = {"slot": "cups", "type": "number", "valid": {"slot": "cups", "op": "<", "value": 9}}
    flow = {
        "triggers": [{"keyword": ["cups"], "when": {"not": {"tag": "asked"}}}],
        "states": [{"name": "A", "collect": asked, "states": [{"name": "B"}]}],
    }
    (project / "flows" / "cups.json").write_text(json.dumps(flow), "utf-8")
    steps = "steps: [{user: cups}, {user: '3'}, {state: %s}]"
    text = f"conversations:\n- {{name: a, {steps % 'B'}}}\n"
    (covered, _) = all_played(project, text)[1]
    missing = list(covered.missing())
    assert 'in triggers never false: {"not": {"tag": "asked"}}' in missing
    assert 'in A never false: {"slot": "cups", "op": "<", "value": 9}' in missing
    text += "- {name: b, steps: [{user: cups}, {user: '30'}, {state: A}]}\n"
    text += "- {name: c, contact: {tags: [asked]}, steps: [{user: cups}, {state: null}]}\n"
    (covered, _) = all_played(project, text)[1]
    assert list(covered.missing()) == []


def test_coverage_counts_states_transitions_and_conditions(
    played: tuple[dict[str, Outcome], Sequence[FlowCoverage]],
) -> None:
    (covered,) = played[1]
    assert list(covered.missing()) == []
    assert covered.percent == 100
    assert {name: (s.reached, s.all) for name, s in covered.shares.items()} == {
        "states": (7, 7), "transitions": (6, 6), "conditions": (9, 9),
    }  # fmt: skip


def test_what_is_missing_is_named(project: Path) -> None:
    text = "conversations:\n- {name: a, flow: survey, steps: [{user: '5'}, {state: GOOD}]}\n"
    (covered,) = all_played(project, text)[1]
    missing = "\n".join(covered.missing())
    assert "state GONE was never entered" in missing
    assert "ASK -> GONE was never taken: after silence" in missing
    assert 'in ASK never false: {"number": true, "op": ">=", "value": 4}' in missing
    assert "in ASK never true or false: has_enough_readings" in missing
    assert covered.shares["states"].reached == 2


def test_the_page_needs_nothing_and_escapes_all(
    played: tuple[dict[str, Outcome], Sequence[FlowCoverage]], tmp_path: Path
) -> None:
    written = write_page(tmp_path / "new" / "folder", played[1])
    text = written.read_text("utf-8")
    assert text == page(played[1])
    assert "&quot;op&quot;: &quot;&gt;=&quot;" in text
    assert '"op"' not in text
    for outside in ("http:", "https:", "<script", "src=", "@import", "url("):
        assert outside not in text


def test_lengths_of_time_are_told_in_their_largest_unit() -> None:
    assert [span(it) for it in (90, 3600, 86400, 604800, 1.5, 0)] == [
        "90s", "1h", "1d", "1w", "1.5s", "0s",
    ]  # fmt: skip
