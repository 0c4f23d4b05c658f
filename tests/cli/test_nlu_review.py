"""parley nlu review: from a conversation in the database to an example in the training data."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.domain.contacts import contact_id_for
from bot.domain.events import Event
from bot.services.ids import Ids
from bot.store.schema import upgrade
from bot.store.sql import SqlStore
from tests.cli.commands import parley
from tests.cli.test_nlu_evaluate import FILES
from tests.services.world import Clock

ANN = "sms:+15550001"
RANKING = [
    {"name": "nlu_fallback", "confidence": 0.6},
    {"name": "deny", "confidence": 0.45},
    {"name": "affirm", "confidence": 0.3},
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("config.yml", "endpoints.yml", "domain.yml", "nlu/data/nlu.yml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(FILES[name], "utf-8")
    (tmp_path / "var").mkdir()
    return tmp_path


def heard(project: Path, texts: Sequence[str]) -> None:
    """Conversations in which these texts were not understood."""
    ids = Ids(Clock(time.time() - 600))

    def event(turn: str, type_: str, **data: Any) -> Event:
        return Event(
            id=ids.new(), type=type_, at=time.time() - 600, contact_id=contact_id_for(ANN),
            conversation_id="twilio:us:ann", session_id="s1", flow="optin", flow_version="v1",
            causation_id=turn, data=data,
        )  # fmt: skip

    def turn(text: str) -> list[Event]:
        turn = ids.new()
        parse = {"intent": RANKING[0], "intent_ranking": RANKING, "entities": []}
        return [
            event(turn, "message_received", text=text, parse=parse),
            event(turn, "reply_not_understood", state="OPTIN", attempt=1),
            event(turn, "message_queued", text="Pardon? Yes or no?"),
        ]

    async def write() -> None:
        url = f"sqlite:///{project}/var/parley.db"
        await upgrade(url)
        store = SqlStore(url)
        await store.open()
        await store.append([event("t0", "message_queued", text="Would you like tips?")])
        for text in texts:
            await store.append(turn(text))
        await store.close()

    asyncio.run(write())


def reviewed(project: Path) -> str:
    path = project / "nlu" / "data" / "reviewed.yml"
    return path.read_text("utf-8") if path.exists() else ""


def test_texts_are_shown_with_reading_and_place_and_become_examples(project: Path) -> None:
    texts = ["im gud", "im gud", "call +1 555 010 2030", "yeah why not", "purple", "who", "later"]
    heard(project, texts)
    keys = ["a", "r", "aff", "n ask_colour", "zzz", "1", "q"]
    done = parley(project, "nlu", "review", stdin="\n".join(keys) + "\n")
    assert done.returncode == 0, done.stderr
    assert "6 texts wait" in done.stdout
    first = done.stdout.partition("2 of 6")[0]
    assert "1 of 6 · 2 times" in first
    assert "im gud" in first
    assert "optin · OPTIN asked: Would you like tips?" in first
    assert "no intent was likely enough" in first
    assert "1 deny   █████████ 0.45" in first
    assert "2 affirm ██████ 0.30" in first
    assert "guess: deny" in first
    assert "there is no intent zzz" in done.stdout
    assert "4 accepted, 1 rejected, 0 skipped." in done.stdout
    assert "New intents, to be named in domain.yml: ask_colour" in done.stdout
    assert "parley train" in done.stdout
    written = reviewed(project)
    assert written.count("- intent:") == 3
    assert "- intent: deny\n  examples: |\n    - im gud\n" in written
    assert "555" not in done.stdout + written
    # The newest of those seen once comes first, and what is decided is not asked again.
    again = parley(project, "nlu", "review", stdin="")
    assert "1 text waits" in again.stdout
    assert "0 accepted, 0 rejected, 0 skipped." in again.stdout
    assert reviewed(project) == written


def test_a_text_can_be_changed_listed_and_passed_over(project: Path) -> None:
    heard(project, ["my name is xx", "purple"])
    keys = ["s", "l", "", "99", "n", "n two words", "d", "e I am Bob", "affirm"]
    done = parley(project, "nlu", "review", stdin="\n".join(keys) + "\n")
    assert done.returncode == 0, done.stderr
    for told in (" 3 greet", "there is no number 99", "type n and a name", "a  accept the guess"):
        assert told in done.stdout
    # `d` begins one intent alone, so it is taken for it.
    assert "1 accepted, 0 rejected, 1 skipped." in done.stdout
    assert reviewed(project).endswith("- intent: deny\n  examples: |\n    - my name is xx\n")


def test_an_edited_text_is_what_is_taught(project: Path) -> None:
    heard(project, ["my name is xx"])
    done = parley(project, "nlu", "review", stdin="e yes, do it\naffirm\n")
    assert "1 accepted" in done.stdout
    assert reviewed(project).endswith("- intent: affirm\n  examples: |\n    - yes, do it\n")


def test_nothing_to_do_and_collecting_off(project: Path) -> None:
    empty = parley(project, "nlu", "review")
    assert (empty.returncode, "Nothing waits for review." in empty.stdout) == (0, True)
    config = project / "config.yml"
    config.write_text(config.read_text() + "review: {collect: false}\n")
    heard(project, ["purple"])
    off = parley(project, "nlu", "review")
    assert "Collecting is off" in off.stdout
    assert "Nothing waits for review." in off.stdout
    config.write_text(config.read_text().replace("collect: false", "colect: false"))
    wrong = parley(project, "nlu", "review")
    assert wrong.returncode == 1
    assert "did you mean 'collect'?" in wrong.stderr


def test_training_data_that_are_broken_keep_the_text_waiting(project: Path) -> None:
    heard(project, ["purple"])
    (project / "nlu" / "data" / "reviewed.yml").write_text("nlu: [", "utf-8")
    done = parley(project, "nlu", "review", stdin="a\nq\n")
    assert done.returncode == 0
    assert "reviewed.yml" in done.stdout
    assert "0 accepted" in done.stdout
