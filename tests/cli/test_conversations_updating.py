"""`--update` rewrites what did not hold, and nothing else."""

from pathlib import Path

import pytest

from bot.cli.conversations.reading import read_file
from bot.cli.conversations.updating import update
from tests.cli.conversing import all_played, own_project

BEFORE = """\
# A remark at the top.
conversations:
  - name: one   # its name
    flow: survey

    steps:
      - bot: How was it?   # not so
      # between two steps
      - state: GOOD
      - user: "5"

      - bot: {text: Great,
          buttons: []}
      - slots: {score: "4", other: null}
      - tags: [vip]
      - ended: false

  - name: two
    steps:
    - user: survey
    - bot: |
        How was it,
        1 to 5?

    - user: "4"
    - bot: Great!
    - state: GOOD
    - user: again
    - bot: [one, two]
    - bot: three
  - name: three
    contact: {fields: {email: a@example.org}}
    flow: survey
    steps: [{bot: []}, {state: GOOD}, {user: "5"}, {email: {subject: B}}]
"""
AFTER = """\
# A remark at the top.
conversations:
  - name: one   # its name
    flow: survey

    steps:
      - bot: "How was it, 1 to 5?"  # not so
      # between two steps
      - state: ASK
      - user: "5"

      - bot: {text: "Great!", buttons: []}
      - bot: "See you, ."
      - slots: {score: "5", other: null}
      - tags: [happy]
      - ended: completed

  - name: two
    steps:
    - user: survey
    - bot: "How was it, 1 to 5?"

    - user: "4"
    - bot: Great!
    - bot: "See you, ."
    - state: GOOD
    - user: again
    - bot: "Sorry, I did not get that."
  - name: three
    contact: {fields: {email: a@example.org}}
    flow: survey
    steps: [{bot: []}, {state: GOOD}, {user: "5"}, {email: {subject: B}}]
"""


@pytest.fixture(scope="module")
def project(trained_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return own_project(tmp_path_factory.mktemp("survey"), trained_model)


def test_line_ends_stay(project: Path) -> None:
    text = "conversations:\n- name: a\n  flow: survey\n  steps:\n  - state: B\n"
    outcomes, _ = all_played(project, text)
    path = project / "flows" / "own.test.yml"
    path.write_text(text, "utf-8", newline="\r\n")
    update(path, list(outcomes.values()))
    assert path.read_bytes() == text.replace("B", "ASK").replace("\n", "\r\n").encode()


def test_only_what_did_not_hold_is_rewritten(project: Path) -> None:
    domain = (project / "domain.yml").read_text("utf-8")
    start = domain.index("utter_default:")
    end = domain.index("  utter_", start + 1)
    said = 'utter_default:\n  - text: "Sorry, I did not get that."\n'
    (project / "domain.yml").write_text(domain[:start] + said + domain[end:], "utf-8")
    outcomes, _ = all_played(project, BEFORE, to_the_end=True)
    path = project / "flows" / "own.test.yml"
    left = update(path, list(outcomes.values())).left
    assert left == (len(BEFORE.splitlines()),)
    assert path.read_text("utf-8") == AFTER
    again, _ = all_played(project, AFTER)
    assert [name for name, it in again.items() if it.passed] == ["one", "two"]


def test_what_is_written_can_be_read(project: Path) -> None:
    text = (
        "conversations:\n- name: a\n  flow: survey\n  steps:\n"
        '  - bot: "a \\" quote"\n  - bot: ["two", {contains: three}]\n  - state: "no"\n'
        "  - user: '5'\n  - slots: {score: 5}\n  - tags: {is: [x], not: [happy]}\n"
    )
    outcomes, _ = all_played(project, text, to_the_end=True)
    path = project / "flows" / "own.test.yml"
    assert update(path, list(outcomes.values())).changed == 4
    read, findings = read_file(path, "own")
    assert not findings
    (again,) = all_played(project, path.read_text("utf-8"))[0].values()
    assert [it.mismatch.step.kind for it in again.failures] == ["tags"]
    assert len(read[0].steps) == 5
