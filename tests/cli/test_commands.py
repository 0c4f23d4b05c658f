"""Every command, in a folder of its own."""

import json
import shutil
import signal
import socket
import sqlite3
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli.main import app, project_first
from tests.cli.commands import Running, parley
from tests.e2e.server import free_port

COMMANDS = (
    "run", "train", "check", "test", "shell", "actions", "worker", "init", "db", "db upgrade", "flow",
    "flow draw", "nlu",
    "nlu evaluate", "nlu review",
)  # fmt: skip


def answer(url: str, seconds: float = 30.0) -> Any:
    """What the address answers, as soon as somebody does."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310
                return response.read().decode()
        except (urllib.error.URLError, ConnectionError):
            assert time.monotonic() < deadline, f"nobody answers at {url}"
            time.sleep(0.1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that `parley init` made; tests that change it copy it."""
    folder = tmp_path_factory.mktemp("empty")
    done = parley(folder, "init", "mybot")
    assert done.returncode == 0, done.stderr
    assert "parley run" in done.stdout
    return folder / "mybot"


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Path:
    """A copy of the project to be changed."""
    return Path(shutil.copytree(made, tmp_path / "mybot"))


# Help


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_s_help_shows_an_example(command: str) -> None:
    shown = CliRunner().invoke(app, [*command.split(), "--help"], prog_name="parley")
    assert shown.exit_code == 0
    assert "Example:" in shown.output


def test_help_lists_every_command(tmp_path: Path) -> None:
    done = parley(tmp_path, "--help")
    assert done.returncode == 0
    for command in COMMANDS:
        assert command.split()[0] in done.stdout
    assert "Example:" in done.stdout
    assert "Usage: parley" in done.stdout


def test_the_project_may_be_named_before_or_behind_the_command() -> None:
    assert project_first(["check", "--project", "a"]) == ["--project", "a", "check"]
    assert project_first(["--project=a", "db", "upgrade"]) == ["--project=a", "db", "upgrade"]
    assert project_first(["init", "--", "--project"]) == ["init", "--", "--project"]
    assert project_first(["check", "--project"]) == ["--project", "check"]


# init


def test_init_makes_a_project_and_overwrites_nothing(made: Path) -> None:
    assert {path.name for path in made.iterdir()} == {
        "flows", "actions", "nlu", "config.yml", "credentials.yml", "domain.yml", "endpoints.yml",
        ".gitignore",
    }  # fmt: skip
    assert not list(made.rglob("__pycache__"))
    (made / ".gitignore").write_text("mine\n")
    again = parley(made.parent, "init", "mybot")
    assert again.returncode == 1
    assert "mybot has flows, actions" in again.stderr


# check


def test_check_of_what_ships_finds_no_error(made: Path) -> None:
    done = parley(made.parent, "check", "--project", "mybot")
    assert done.returncode == 0, done.stdout
    assert ": 0 errors," in done.stdout


MISTAKES = {
    "config.yml": ("default_flow: optin", "default_flw: optin", "config.yml:3", "default_flow"),
    "endpoints.yml": ("lock_store:", "lock_stoer:", "endpoints.yml:7", "'lock_store'?"),
    "credentials.yml": ("twilio:", "twillio:", "credentials.yml:4", "'twilio'?"),
    "domain.yml": ("utter_help:\n  - text", "utter_help:\n  - txt: [1]\n    buttons: 7\n    text",
                   "domain.yml", "buttons"),
    "flows/coupon.json": ('"keyword"', '"keywrd"', "flows/coupon.json:", "keyword"),
    "flows/optin.json": ('"flow":', '"flow" ', "flows/optin.json:3", "not valid JSON"),
    "actions/optin.py": ("import", "imprt", "actions/optin.py:", "SyntaxError"),
    "nlu/data/yes_no.yml": ("examples:", "exampls:", "nlu/data/yes_no.yml:", "examples"),
}  # fmt: skip


@pytest.mark.parametrize("file", MISTAKES)
def test_check_names_file_line_and_reason_of_a_mistake(own: Path, file: str) -> None:
    right, wrong, place, reason = MISTAKES[file]
    text = (own / file).read_text()
    assert right in text
    (own / file).write_text(text.replace(right, wrong, 1))
    done = parley(own, "check")
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert place in said
    assert reason in said


def test_check_names_what_a_flow_refers_to_and_is_not_there(own: Path) -> None:
    path = own / "flows" / "extra.json"
    path.write_text(json.dumps([{"name": "A", "enter": "nowhere", "states": [{"name": "B"}]}]))
    config = own / "config.yml"
    config.write_text(config.read_text() + "\n- name: NoSuchComponent\n")
    done = parley(own, "check")
    assert done.returncode == 1
    assert "nowhere" in done.stdout
    assert "NoSuchComponent" in done.stdout


# train


def test_train_shows_progress_and_then_is_up_to_date(made: Path, tmp_path: Path) -> None:
    project = Path(shutil.copytree(made, tmp_path / "mybot"))
    data = project / "nlu" / "data"
    for path in (data / "names.yml", *data.glob("??.yml")):
        path.unlink()
    first = parley(project, "train")
    assert first.returncode == 0, first.stderr
    assert "done" in first.stderr
    assert "Trained on " in first.stderr
    assert "var/models" in first.stderr
    again = parley(project, "train")
    assert (again.returncode, again.stderr.strip()) == (0, "The model is up to date.")


# shell


def test_a_conversation_in_the_shell(starter: Path) -> None:
    script = "hello\nyes\nI am Mike [bold]\n\n/quit\nnever read\n"
    done = parley(starter, "shell", stdin=script)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    said = [line for line in lines if line.startswith(("you ", "bot "))]
    assert said[0] == "you hello"
    assert "YES or NO" in said[1]
    assert said[3] == "bot Great! What is your name?"
    assert said[4] == "you I am Mike [bold]"
    assert "Mike" in said[5]
    assert "      [Yes]" in lines
    assert any("tag_added tag=opted_in" in line for line in lines)
    assert "never read" not in done.stdout
    assert not (starter / "var" / "parley.db").exists()


def test_the_shell_ends_with_its_input(starter: Path) -> None:
    done = parley(starter, "shell", "--number", "+15550077", stdin="coupon")
    assert done.returncode == 0
    assert "interested" in done.stdout


# db


def test_db_upgrade_makes_the_tables_and_may_be_repeated(made: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'other.db'}"
    for _ in range(2):
        done = parley(made, "db", "upgrade", DATABASE_URL=url)
        assert (done.returncode, done.stdout.strip()) == (0, "The database is up to date.")
    with sqlite3.connect(tmp_path / "other.db") as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    assert {"contacts", "messages", "sessions", "alembic_version"} <= names


def test_a_database_that_cannot_be_opened_is_told(made: Path) -> None:
    done = parley(made, "db", "upgrade", DATABASE_URL="mysql://x/y")
    assert done.returncode == 1
    assert done.stderr.startswith("error ")


# actions


def test_actions_serves_rasa_sdk(made: Path) -> None:
    port = free_port()
    with Running(made, "actions", "--port", str(port)) as server:
        assert json.loads(answer(f"http://127.0.0.1:{port}/health")) == {"status": "ok"}
        listed = json.loads(answer(f"http://127.0.0.1:{port}/actions"))
        assert "optin.init" in {action["name"] for action in listed}
        server.stop(signal.SIGKILL)


# worker


def test_a_worker_without_a_broker_says_what_is_missing(made: Path) -> None:
    done = parley(made, "worker")
    assert done.returncode == 1
    assert "broker_url" in done.stderr


# run


def test_run_refuses_a_wrong_flow_and_a_wrong_setting(starter: Path) -> None:
    flow = starter / "flows" / "coupon.json"
    right = flow.read_text()
    flow.write_text(right.replace('"keyword"', '"keywrd"', 1))
    done = parley(starter, "run", PORT=str(free_port()))
    assert done.returncode == 1
    assert "flows/coupon.json:" in done.stderr
    flow.write_text(right)
    done = parley(starter, "run", PORT="many")
    assert done.returncode == 1
    assert "endpoints.yml:" in done.stderr
    assert "server.port" in done.stderr


def test_run_refuses_a_port_that_is_in_use(starter: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = parley(starter, "run", PORT=str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "the port is in use" in done.stderr


def test_run_serves_and_a_second_process_on_its_database_is_refused(starter: Path) -> None:
    port = free_port()
    with Running(starter, "run", PORT=str(port)) as first:
        assert answer(f"http://127.0.0.1:{port}/version")
        second = parley(starter, "run", PORT=str(free_port()))
        assert second.returncode == 1
        assert second.stderr.startswith("error ")
        assert answer(f"http://127.0.0.1:{port}/healthz")
        code, said = first.stop(signal.SIGINT)
    assert code == 0, said
    assert f"Parley serves http://127.0.0.1:{port}" in said
    assert "var/admin-token" in said
    assert oct((starter / "var" / "admin-token").stat().st_mode)[-3:] == "600"


def test_a_folder_without_a_project_is_told(tmp_path: Path) -> None:
    done = parley(tmp_path, "run")
    assert done.returncode == 1
    assert "parley init DIR" in done.stderr
