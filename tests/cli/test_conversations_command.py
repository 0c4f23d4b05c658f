"""`parley test` as it is typed."""

from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from typer.testing import CliRunner

from bot.cli.main import app
from tests.cli.commands import parley
from tests.cli.conversing import own_project

TEXT = """\
conversations:
  - name: five
    flow: survey
    steps:
      - user: "5"
      - state: GOOD
  - name: a <word> & [markup]
    flow: survey
    steps:
      - user: "5"
      - bot: "[bold]Great?"
"""


@pytest.fixture
def project(trained_model: Path, tmp_path: Path) -> Path:
    made = own_project(tmp_path / "survey", trained_model)
    (made / "flows" / "survey.test.yml").write_text(TEXT, "utf-8")
    return made


def test_a_failure_is_told_and_reported(project: Path) -> None:
    done = parley(
        project, "test", "--junit", "var/junit.xml", "--html", "var/cov", "--coverage",
        "--fail-under", "100",
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
    assert "FAILED flows/survey.test.yml:7 a <word> & [markup]" in done.stdout
    assert "  flows/survey.test.yml:11 bot" in done.stdout
    assert "    expected [bold]Great?" in done.stdout
    assert "    came     Great!" in done.stdout
    assert "1 passed, 1 failed, 0 findings" in done.stdout
    assert "survey: state GONE was never entered" in done.stdout
    assert "below 100 %" in done.stdout
    assert "<!doctype html>" in (project / "var/cov/index.html").read_text("utf-8")
    root = Xml.fromstring((project / "var/junit.xml").read_text("utf-8"))  # noqa: S314
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert [case.get("name") for case in suite] == ["five", "a <word> & [markup]"]
    (failure,) = suite[1]
    assert "[bold]Great?" in (failure.text or "")
    assert failure.get("message") == "flows/survey.test.yml:11 bot"
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("2", "1", "0")


def test_some_of_them(project: Path) -> None:
    done = parley(project, "test", "flows/survey.test.yml", "-k", "FIV")
    assert done.returncode == 0, done.stdout
    assert "1 passed, 0 failed, 0 findings" in done.stdout
    done = parley(project, "test", "nowhere.yml")
    assert done.returncode == 1
    assert "nowhere.yml: there is no such file" in done.stderr


def test_update_rewrites_the_file(project: Path) -> None:
    done = parley(project, "test", "--update")
    assert done.returncode == 0, done.stdout
    assert "flows/survey.test.yml: 1 steps rewritten" in done.stdout
    text = (project / "flows/survey.test.yml").read_text("utf-8")
    assert '- bot: "Great!"\n      - bot: "See you, ."\n' in text


def test_mistakes_are_findings(project: Path) -> None:
    wrong = (
        "conversations:\n"
        "  - name: unknown\n    flow: survy\n    actions: {optin.initt: {}}\n"
        "    steps: [{user: a, intent: afirm}, {apis: {wether: {slots: {}}}}, {state: A}]\n"
    )
    (project / "flows" / "unknown.test.yml").write_text(wrong, "utf-8")
    path = project / "flows" / "survey.test.yml"
    path.write_text(TEXT.replace("state: GOOD", "sate: GOOD"), "utf-8")
    done = parley(project, "test")
    assert done.returncode == 1
    assert "flows/survey.test.yml:6" in done.stdout
    near = {
        "afirm": "affirm",
        "survy": "survey",
        "optin.initt": "optin.init",
        "wether": "weather",
        "sate": "state",
    }
    for word, cure in near.items():
        assert f"{word!r}" in done.stdout
        assert f"did you mean {cure!r}?" in done.stdout


def test_wrong_flows_are_told(project: Path) -> None:
    (project / "flows" / "survey.test.yml").unlink()
    (project / "flows" / "survey.json").write_text('{"states": 7}', "utf-8")
    done = parley(project, "test")
    assert done.returncode == 1
    assert "flows/survey.json:1" in done.stdout + done.stderr


def test_help_shows_an_example() -> None:
    shown = CliRunner().invoke(app, ["test", "--help"], prog_name="parley")
    assert shown.exit_code == 0
    assert "Example:" in shown.output
