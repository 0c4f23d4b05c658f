"""What is wrong with a test file is told with line, key and the nearest valid one."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.conversations import format as written_so
from bot.cli.conversations.format import START, Conversation, Person
from bot.cli.conversations.reading import files_of, read_file
from bot.cli.conversations.written import read_written
from bot.engine.findings import DefinitionInvalid, Finding
from tests.docs.reading import ROOT, Block, blocks, codes

GOOD = """\
conversations:
  - name: says yes
    flow: optin
    contact: {channel: whatsapp, number: "+15550007", tags: [vip], fields: {age: 7}}
    at: 2026-01-05T09:00:00+01:00
    steps:
      - user: yes
        intent: {affirm: 0.9, deny: 0.1}
        entities: {name: José}
      - bot: 007
      - bot: [a, {contains: b}]
      - state: OFF
      - slots: {ready: true, word: yes, day: 2026-01-05, hour: 12:30, much: 1.5, none: null}
      - after: 2h
      - tags: {not: [lost]}
      - ended: false
"""


def read(
    tmp_path: Path, text: str, *, transcript: bool = False
) -> tuple[Sequence[Conversation], Sequence[Finding]]:
    path = tmp_path / "own.test.yml"
    path.write_text(text, "utf-8")
    return read_file(path, "own.test.yml", transcript=transcript)


def test_everything_that_may_be_written(tmp_path: Path) -> None:
    (conversation,), findings = read(tmp_path, GOOD)
    assert not findings
    assert conversation.person == Person(
        "whatsapp", "+15550007", fields={"age": 7}, tags=frozenset({"vip"})
    )
    assert conversation.at == START - 3600
    assert conversation.flow == "optin"
    steps = conversation.steps
    assert [step.line for step in steps] == [7, 10, 11, 12, 13, 14, 15, 16]
    assert steps[0].value == "yes"
    assert steps[0].beside == {"intent": {"affirm": 0.9, "deny": 0.1}, "entities": {"name": "José"}}
    assert steps[1].value == [{"text": "007"}]
    assert steps[2].value == [{"text": "a"}, {"contains": "b"}]
    assert steps[3].value == "OFF"
    assert steps[4].value == {
        "ready": True, "word": "yes", "day": "2026-01-05", "hour": "12:30", "much": 1.5, "none": None,
    }  # fmt: skip
    assert steps[5].value == 7200
    assert steps[6].value == {"not": frozenset({"lost"})}
    assert steps[7].value is False


def one(step: str) -> str:
    return f"conversations:\n- name: a\n  steps:\n  - user: hi\n  - state: A\n  - {step}\n"


WRONG = {
    "no mapping": ("- a\n", 1, "a mapping with `conversations`", ""),
    "no list": ("conversations: 7\n", 1, "a list of conversations", ""),
    "unknown key": ("conversations:\n- nam: a\n  steps: []\n", 2, "unknown key 'nam'", "'name'"),
    "no name": ("conversations:\n- steps: [{user: a}, {state: A}]\n", 2, "needs a name", ""),
    "no steps": ("conversations:\n- name: a\n", 2, "needs steps", ""),
    "zero steps": ("conversations:\n- name: a\n  steps: []\n", 3, "needs steps", ""),
    "no expectation": (
        "conversations:\n- name: a\n  steps:\n  - user: hi\n", 3, "tests nothing", "add a step",
    ),
    "name twice": (
        "conversations:\n- {name: a, steps: [{state: A}]}\n- {name: a, steps: [{state: A}]}\n",
        3, "'a' stands twice", "",
    ),
    "unknown step": (one("bto: hello"), 6, "unknown step 'bto'", "'bot'"),
    "two in one": (one("{user: a, bot: b}"), 6, "steps of their own", "dash"),
    "beside": (one("{user: a, intend: b}"), 6, "unknown key 'intend'", "'intent'"),
    "no intent": (one("{user: a, intent: {affirm: 7}}"), 6, "0 to 1", ""),
    "nothing said": (one("user:"), 6, "what the contact writes", ""),
    "duration": (one("after: soon"), 6, "a length of time", "24h"),
    "message key": (one("bot: {contain: a}"), 6, "unknown key 'contain'", "'contains'"),
    "empty message": (one("bot: {}"), 6, "expected something", ""),
    "pattern": (one("bot: {matches: '('}"), 6, "not a regular expression", ""),
    "contains nothing": (one("bot: {contains: ['']}"), 6, "always holds", ""),
    "no value": (one("slots: {}"), 6, "always holds", "name a value"),
    "no tag": (one("tags: []"), 6, "always holds", "not: [vip]"),
    "pattern of a slot": (one("slots: {a: {matches: '('}}"), 6, "not a regular expression", ""),
    "pattern of an event": (
        one("event: {type: a, b: {matches: '('}}"), 6, "not a regular expression", "",
    ),
    "pattern of a record": (
        one("stored: {a: {b: {matches: '['}}}"), 6, "not a regular expression", "",
    ),
    "mail": (one("email: {sbject: a}"), 6, "unknown key 'sbject'", "'subject'"),
    "ended": (one("ended: [a]"), 6, "a reason", ""),
    "channel": (one("contact: {channel: smss}"), 6, "no channel 'smss'", "'sms'"),
    "language": (one("contact: {language: English}"), 6, "a language", ""),
    "time zone": (one("contact: {time_zone: Europe/Olso}"), 6, "a time zone", ""),
    "tags of a contact": (one("contact: {tags: {not: [a]}}"), 6, "a list of names", ""),
    "number": (one("slots: {a: !!int b}"), 6, "no number that can be read", ""),
    "long number": (one(f"slots: {{a: {'1' * 5000}}}"), 6, "no number that can be read", ""),
    "null message": (one("bot:"), 6, "expected a text", "bot: []"),
    "slots": (one("slots: 7"), 6, "values by name", ""),
    "tags": (one("tags: vip"), 6, "a list of tags", ""),
    "tag key": (one("tags: {no: [a]}"), 6, "unknown key 'no'", "'not'"),
    "event": (one("event: {kind: a}"), 6, "an event's type", ""),
    "stored": (one("stored: {feedback: 5}"), 6, "a record's values", ""),
    "condition": (one("conditions: {is_open: maybe}"), 6, "true or false", ""),
    "action": (one("actions: {a: {slot: {}}}"), 6, "unknown key 'slot'", "'slots'"),
    "api": (one("apis: {a: {}}"), 6, "expected one of", ""),
    "status": (one("apis: {a: {status: 7}}"), 6, "100 to 599", ""),
    "said": (one("actions: {a: {say: hello}}"), 6, "a list", ""),
    "contact": (one("contact: {chanel: sms}"), 6, "unknown key 'chanel'", "'channel'"),
    "location": (one("{user: a, location: {latitude: 1}}"), 6, "longitude", ""),
    "time": ("conversations:\n- {name: a, at: noon, steps: [{state: A}]}\n", 2, "a time", "2026"),
    "yaml": ("conversations:\n- name: 'a\n", 3, "not valid YAML", ""),
    "key twice": ("conversations:\n- name: a\n  name: b\n", 3, "'name' stands twice", ""),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_mistake_is_told_with_its_line(what: str, tmp_path: Path) -> None:
    text, line, reason, cure = WRONG[what]
    _, findings = read(tmp_path, text)
    found = next((it for it in findings if reason in it.reason), None)
    assert found is not None, findings
    assert (found.file, found.line, found.severity) == ("own.test.yml", line, "error")
    assert cure in found.cure


def test_a_transcript_may_expect_nothing(tmp_path: Path) -> None:
    text = 'conversations:\n- name: a\n  steps: [{contact: {tags: [x]}}, {start: optin}, {user: "1"}]\n'
    (conversation,), findings = read(tmp_path, text, transcript=True)
    assert not findings
    assert [step.kind for step in conversation.steps] == ["contact", "start", "user"]
    (started,), findings = read(
        tmp_path, "conversations: [{name: a, flow: b, steps: []}]", transcript=True
    )
    assert not findings
    assert (started.flow, started.steps) == ("b", ())


@pytest.mark.parametrize(
    "text",
    [
        "&a [*a]", "a: " + "[" * 5000, "x" * 20_000_000, "a: &a [1]\nb: [" + "*a," * 300_000 + "]",
        "? [a]\n: b", "\x00", "- !!python/object:os.system x",
    ],
    ids=["itself", "deep", "large", "aliases", "key", "control", "tag"],
)  # fmt: skip
def test_hostile_yaml_is_refused(text: str, tmp_path: Path) -> None:
    _, findings = read(tmp_path, text)
    assert findings


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "own.test.yml"
    path.write_bytes(b"\xff\xfe\x00")
    assert read_file(path, "own.test.yml")[1][0].code == "not-utf8"


@given(st.text(alphabet=st.sampled_from("ab:-[]{}\"'&*!|>?#\n ,yn07.\t@"), max_size=80))
def test_no_text_makes_a_traceback(text: str) -> None:
    with contextlib.suppress(DefinitionInvalid):
        written = read_written(text, "own.test.yml")
        assert all(span.line >= 1 for span in written.spans.values())


def test_files_are_found(tmp_path: Path) -> None:
    (tmp_path / "flows" / "more").mkdir(parents=True)
    for name in ("b.test.yml", "a.test.yaml", "a.json", "c.yml", "more/d.test.yml"):
        (tmp_path / "flows" / name).touch()
    found = [it.relative_to(tmp_path / "flows").as_posix() for it in files_of(tmp_path, ())]
    assert found == ["a.test.yaml", "b.test.yml", "more/d.test.yml"]
    other = tmp_path / "flows" / "c.yml"
    assert files_of(tmp_path, [other, other]) == [other]
    with pytest.raises(FileNotFoundError, match="nowhere"):
        files_of(tmp_path, [tmp_path / "nowhere.yml"])


PAGE = [b for b in blocks() if b.kind == "yaml" and b.place.startswith("docs/testing.md")]


@pytest.mark.parametrize("block", PAGE, ids=lambda block: block.place)
def test_the_examples_of_the_docs(block: Block, tmp_path: Path) -> None:
    conversations, findings = read(tmp_path, block.text)
    assert conversations
    assert not findings


def test_the_docs_name_every_step_and_key() -> None:
    text = (ROOT / "docs" / "testing.md").read_text("utf-8")
    beside = {key for keys in written_so.BESIDE.values() for key in keys}
    named = codes(text)
    keys = {*written_so.ACTING, *written_so.EXPECTING, *written_so.MESSAGE_KEYS}
    assert keys | beside <= named
