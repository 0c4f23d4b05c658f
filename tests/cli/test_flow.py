"""parley flow draw."""

import asyncio
import shutil
import sqlite3
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli.failing import EXPECTED
from bot.cli.main import app
from bot.clients.flow_files import read_flows
from bot.store.schema import upgrade
from bot.store.sql import SqlStore
from tests.cli.commands import parley
from tests.store.samples import event, session, turn

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that `parley init` made."""
    folder = tmp_path_factory.mktemp("flow")
    assert parley(folder, "init", "mybot").returncode == 0
    return folder / "mybot"


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Path:
    """A copy of the project to be changed."""
    return Path(shutil.copytree(made, tmp_path / "mybot"))


def flow_version(project: Path, name: str) -> str:
    return next(it.flow.version for it in read_flows(project)[0] if it.flow.name == name)


async def filled(url: str, version: str) -> None:
    """One session waits in OY1, one fell silent there; both long ago."""
    await upgrade(url)
    store = SqlStore(url)
    await store.open()
    waits = session(version=version, state="OY1")
    silent = session(version=version, state="OY1", status="ended", ended_because="expired")
    events = [
        event(kind, session_id=it.id, flow="optin", flow_version=version, data=data)
        for it in (waits, silent)
        for kind, data in (
            ("state_entered", {"state": "OPTIN", "left": None}),
            ("state_entered", {"state": "OY1", "left": "OPTIN"}),
        )
    ]
    over = event("session_ended", session_id=silent.id, flow="optin", flow_version=version,
                 data={"reason": "expired"})  # fmt: skip
    assert await store.save(turn(sessions=(waits, silent), events=(*events, over)))
    await store.publish_flow("optin", "0ld", '[{"name": "ONCE"}]', 1.0)
    await store.close()


@pytest.fixture
def counted(own: Path) -> Path:
    """The project with a database in which something happened."""
    (own / "var").mkdir()
    asyncio.run(filled(f"sqlite:///{own}/var/parley.db", flow_version(own, "optin")))
    return own


def draw(project: Path, *words: str) -> Result:
    """The command in this process, which is faster; what it raised is in the result."""
    return CliRunner().invoke(app, ["--project", str(project), "flow", "draw", *words])


@pytest.mark.parametrize(
    ("ending", "begins"),
    [(".svg", "<svg "), (".mmd", "flowchart LR\n"), (".mermaid", "flowchart LR\n"), (".md", "# ")],
)
def test_the_ending_chooses_the_format(
    made: Path, tmp_path: Path, ending: str, begins: str
) -> None:
    target = tmp_path / f"picture{ending}"
    done = draw(made, "optin", "--output", str(target))
    assert done.exit_code == 0, done.exception
    assert target.read_text(encoding="utf-8").startswith(begins)
    assert not (made / "var").exists(), "drawing needs no database"


def test_counts_are_drawn_beside_what_runs(counted: Path) -> None:
    reader = sqlite3.connect(counted / "var/parley.db")
    reader.execute("BEGIN")
    done = parley(counted, "flow", "draw", "optin", "--output", "o.svg", "--counts")
    reader.close()
    assert done.returncode == 0, done.stderr
    assert "2 sessions began, 1 are under way, 1 were lost" in done.stdout
    drawn = ET.fromstring((counted / "o.svg").read_text(encoding="utf-8"))  # noqa: S314
    waiting = next(it for it in drawn.iter() if it.get("data-state") == "OY1")
    for words in ("2 in", "1 here", "−50 %", "1 ended here (1 expired)"):
        assert words in "".join(waiting.itertext())
    assert not list((counted / "var").glob("*.lock")), "nobody is kept out"


def test_since_counts_what_is_new_and_who_is_still_here(counted: Path) -> None:
    done = parley(counted, "flow", "draw", "optin", "--output", "o.svg", "--since", "7d")
    assert done.returncode == 0, done.stderr
    assert "0 sessions began, 1 are under way, 0 were lost" in done.stdout


def test_an_older_version_is_drawn(counted: Path) -> None:
    done = parley(counted, "flow", "draw", "optin", "--output", "o.mmd", "--version", "0ld")
    assert done.returncode == 0, done.stderr
    assert '"ONCE' in (counted / "o.mmd").read_text(encoding="utf-8")
    gone = parley(counted, "flow", "draw", "optin", "--output", "o.mmd", "--version", "gone")
    assert gone.returncode == 1
    assert "has no version gone of flow 'optin'" in gone.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("optn", "o.svg"), "there is no flow 'optn'; did you mean 'optin'?"),
        (("optin", "o.png"), "known: .svg, .mmd, .mermaid, .md"),
        (("optin", "o"), "a name without an ending"),
        (("optin", "o.svg", "--since", "soon"), "'soon' is no duration"),
        (("optin", "o.svg", "--counts"), "there is no database at"),
        (("optin", "gone/o.svg"), "No such file or directory"),
    ],
)
def test_what_is_wrong_is_told(made: Path, words: tuple[str, ...], told: str) -> None:
    flow, output, *options = words
    done = draw(made, flow, "--output", str(made / output), *options)
    assert done.exit_code == 1
    assert isinstance(done.exception, EXPECTED), "told without a traceback"
    assert told in str(done.exception)
    assert not list(made.glob("o*")), "nothing is written"
    assert not (made / "var").exists()


def test_a_flow_that_cannot_be_read_is_told_with_its_place(own: Path) -> None:
    (own / "flows/optin.json").write_text('[{"name": "A", "stats": []}]', encoding="utf-8")
    done = parley(own, "flow", "draw", "optin", "--output", "o.svg")
    assert done.returncode == 1
    assert "flows/optin.json:1" in done.stderr
    assert "'states'?" in done.stderr


def test_the_picture_in_the_docs_is_what_the_command_draws(tmp_path: Path) -> None:
    target = tmp_path / "optin.svg"
    done = draw(ROOT, "optin", "--output", str(target))
    assert done.exit_code == 0, done.exception
    shipped = (ROOT / "docs/optin.svg").read_text(encoding="utf-8")
    assert shipped == target.read_text(encoding="utf-8"), "draw it anew: see docs/pictures.md"
