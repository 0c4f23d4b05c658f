"""`parley shell`: commands behind a slash, recording and replaying."""

import asyncio
import contextlib
import io
from pathlib import Path
from typing import cast

import pytest
from rich.console import Console
from rich.text import Text

from bot.cli.conversations.commands import Shell
from bot.cli.conversations.expecting import Came
from bot.cli.conversations.format import Person
from bot.cli.conversations.reading import read_file
from bot.cli.conversations.recording import Recorder
from bot.cli.conversations.stage import Happened, Standing, open_stage
from bot.cli.findings.conversations import write
from bot.domain.contacts import Contact
from bot.domain.messages import Message
from bot.engine.findings import Finding
from bot.settings import load
from tests.cli.commands import parley
from tests.cli.conversing import all_played, own_project

PERSON = Person()


@pytest.fixture
def project(trained_model: Path, tmp_path: Path) -> Path:
    return own_project(tmp_path / "survey", trained_model)


def said(project: Path, *lines: str, person: Person = PERSON) -> str:
    """What the shell shows when these lines are typed."""
    shown = Console(file=io.StringIO(), width=200)

    async def talk() -> None:
        stage = await open_stage(load(project, {}), runs=True)
        try:
            stage.person = person
            shell = Shell(stage, shown)
            await shell.restart()
            for line in lines:
                shown.print(Text(f"you {line}"))
                await shell.line(line)
        finally:
            await stage.close()

    with contextlib.chdir(project):
        asyncio.run(talk())
    return cast(io.StringIO, shown.file).getvalue()


def test_commands_show_and_change_what_is_there(project: Path) -> None:
    shown = said(
        project, "survey", "/state", "/timers", "/wait 61m", "/tag vip", "/tag -vip", "/slots",
        "/language es", "/number +15550002", "/slots", "//help", "/help",
    )  # fmt: skip
    lines = shown.splitlines()
    assert "    survey ASK active" in lines
    assert "    timeout (timeout) in 1h" in lines
    assert "bot Still there?" in lines
    assert "    tags = vip" in lines
    assert lines.count("    tags = -") == 3
    assert "    sms:+15550001 es" in lines
    assert "    sms:+15550002" in lines
    assert "bot " in shown[shown.index("you //help") :]
    assert any(line.startswith("  /wait 2h") for line in lines)


def test_time_passes_from_timer_to_timer(project: Path) -> None:
    shown = said(project, "survey", "/wait 3h", "/state")
    assert shown.index("bot Still there?") < shown.index("bot Bye.")
    assert "survey GONE ended (silence)" in shown


MISTAKES = {
    "/wiat 2h": "did you mean 'wait'?",
    "/wait soon": "Write 30s, 10m, 2h or 1d",
    "/flow survy": "did you mean 'survey'?",
    "/channel whatsap": "did you mean 'whatsapp'?",
    "/language Spanish!": "write en, es or pt-BR",
    "/number": "whose number?",
    "/tag": "which tag?",
    "/save": "into which file?",
    "/save x": "nothing has been said yet",
    "/replay": "which file?",
    "/replay nowhere.yml": "there is no file",
}


def test_mistakes_are_told(project: Path) -> None:
    shown = "\n" + said(project, *MISTAKES)
    for (typed, answer), part in zip(MISTAKES.items(), shown.split("\nyou ")[1:], strict=True):
        assert part.startswith(typed)
        assert answer in part


def test_intents_behind_a_slash_go_to_the_bot(project: Path) -> None:
    shown = said(project, "survey", "/affirm", 'survey /inform_name{"name": "Ann"}')
    assert "bot Yes to what?" in shown


def test_an_api_is_not_called(project: Path) -> None:
    shown = said(project, "survey", "sky")
    assert "the API weather is not called here" in shown


def test_what_was_said_is_saved_and_plays(project: Path) -> None:
    shown = said(
        project, "/tag vip", "/flow survey", "four [or] so: 4", "/save flows/said what I said",
        "/restart", "survey", "/wait 61m", "/save flows/said.test.yml what I said",
        person=Person("whatsapp", language="es"),
    )  # fmt: skip
    assert shown.count("saved in flows/said.test.yml") == 2
    conversations, findings = read_file(project / "flows/said.test.yml", "said")
    assert not findings
    assert [it.name for it in conversations] == ["what I said", "what I said 2"]
    first = conversations[0]
    assert (first.person.channel, first.person.language) == ("whatsapp", "es")
    assert [step.kind for step in first.steps] == [
        "contact", "start", "bot", "state", "user", "bot", "bot", "state", "ended",
    ]  # fmt: skip
    assert first.steps[4].value == "four [or] so: 4"
    text = (project / "flows/said.test.yml").read_text("utf-8")
    assert all(it.passed for it in all_played(project, text)[0].values())


def test_what_was_replayed_is_saved_with_what_came_after(project: Path) -> None:
    (project / "a.yml").write_text(
        "conversations:\n"
        "- {name: sky, at: 2026-03-01T08:00:00, globals: {name: Ann}, apis: {weather: {slots: {sky: red}}},\n"
        "   contact: {tags: [vip]}, steps: [{start: survey}, {after: 30m}, {user: '', payload: sky}]}\n",
        "utf-8",
    )  # fmt: skip
    said(project, "/replay a.yml:sky", "/tag late", "survey", "/save flows/said more")
    text = (project / "flows/said.test.yml").read_text("utf-8")
    assert "at: 2026-03-01T08:00:00" in text
    assert '- bot: "It is red, Ann."' in text
    outcome = all_played(project, text)[0]["more"]
    assert outcome.passed, outcome.failures


def test_what_becomes_due_by_itself_is_saved() -> None:
    recorder = Recorder(at=1000.0)
    message = Message(
        id="1", direction="out", connector="twilio", conversation_id="c", contact_id="d",
        address="sms:+15550001", sender="sms:parley", status="queued", created_at=0.0,
        text="It is time.",
    )  # fmt: skip
    standing = Standing(Contact("sms:+15550001"), None)
    recorder.due(Came(Happened(said=(message,)), standing, {}), 1600.4)
    assert recorder.steps == [['- after: "10m"'], ['- bot: "It is time."']]


def test_a_file_that_is_wrong_is_not_added_to(project: Path) -> None:
    path = project / "flows" / "said.test.yml"
    path.write_text("conversations: 7\n", "utf-8")
    shown = said(project, "survey", "/save flows/said.test.yml")
    assert "expected a list of conversations" in shown
    assert path.read_text("utf-8") == "conversations: 7\n"


def test_replay_plays_both_sides_and_ends(project: Path) -> None:
    (project / "a.yml").write_text(
        "conversations:\n"
        "- {name: short, steps: [{contact: {tags: [x]}}, {start: survey}, {user: '5'}]}\n"
        "- {name: wrong, steps: [{user: survey}, {state: GOOD}]}\n",
        "utf-8",
    )
    done = parley(project, "shell", "--replay", "a.yml:short", stdin="never read")
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert "you 5" in lines
    assert "bot Great!" in lines
    assert "never read" not in done.stdout
    done = parley(project, "shell", "--replay", "a.yml")
    assert done.returncode == 1
    assert "a.yml:3 state" in done.stdout
    assert "    expected GOOD" in done.stdout
    assert "did you mean 'short'?" in said(project, "/replay a.yml:shrt")
    shown = said(project, "/replay a.yml:short", "/state")
    assert "survey GOOD ended (completed)" in shown


def test_options_begin_a_conversation(project: Path) -> None:
    options = ("--flow", "survey", "--number", "+15550009", "--language", "es")
    done = parley(project, "shell", *options, stdin="/state\n/quit\nnever read")
    assert done.returncode == 0, done.stderr
    assert "bot How was it, 1 to 5?" in done.stdout
    assert "    survey ASK active" in done.stdout
    assert "never read" not in done.stdout
    done = parley(project, "shell", "--channel", "fax")
    assert done.returncode == 1
    assert "there is no channel 'fax'" in done.stderr


def test_a_transcript_of_the_checker_plays(project: Path) -> None:
    steps = (
        {"contact": {"tags": ["vip"], "fields": {"first_name": "Ann"}}},
        {"conditions": {"has_enough_readings": True}},
        {"apis": {"weather": {"fails": "timeout"}}},
        {"start": "survey"},
        {"user": "a sky", "intent": "human"},
        {"after": "2h"},
    )
    found = Finding(
        "dead-end", "warning", "/states/0", "it: ends", file="flows/survey.json", transcript=steps
    )
    (path,) = write(project / "transcripts", [found])
    shown = said(project, f"/replay {path}", "/state")
    assert "(2h later)" in shown
    assert "bot How was it, 1 to 5?" in shown
    assert "survey SKY" in shown
