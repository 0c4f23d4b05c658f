"""What only the runner in this process does: importing a project, and saying what is wrong in it."""

import asyncio
import sys
from pathlib import Path

import pytest

from bot.clients.actions_in_process import ActionsUnavailable, InProcessActions
from bot.domain.actions import ActionFailed
from tests.clients.conftest import write_package
from tests.clients.test_runners import tracker

ACTION = """
from rasa_sdk import Action


class {cls}(Action):
    def name(self):
        return "{name}"

    async def run(self, dispatcher, tracker, domain):
        {body}
"""


def action(name: str, body: str = "return []") -> str:
    return ACTION.format(cls=name.title().replace("_", ""), name=name, body=body)


@pytest.fixture(autouse=True)
def _own_imports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("x = 1\nimport no_such_library\n", 2, "No module named 'no_such_library'"),
        ("def broken(:\n", 1, "SyntaxError"),
        ("\n\nraise SystemExit(3)\n", 3, "SystemExit"),
        ("\n1 / 0\n", 2, "ZeroDivisionError"),
    ],
)
def test_a_package_that_cannot_be_imported_says_where(
    tmp_path: Path, text: str, line: int, reason: str
) -> None:
    write_package(tmp_path / "faulty", {"__init__.py": "", "steps.py": text})
    with pytest.raises(ActionsUnavailable) as failed:
        InProcessActions("faulty", tmp_path, {})
    assert f"{tmp_path / 'faulty' / 'steps.py'}:{line}: " in str(failed.value)
    assert reason in str(failed.value)
    forget("faulty")


def test_a_package_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ActionsUnavailable, match="No module named 'nowhere_at_all'"):
        InProcessActions("nowhere_at_all", tmp_path, {})


def test_an_action_without_a_name_says_where(tmp_path: Path) -> None:
    text = "from rasa_sdk import Action\n\n\nclass Nameless(Action):\n    pass\n"
    write_package(tmp_path / "nameless", {"__init__.py": text})
    with pytest.raises(ActionsUnavailable, match=r"nameless\.Nameless cannot be used"):
        InProcessActions("nameless", tmp_path, {})
    forget("nameless")


async def test_a_single_module_will_do(tmp_path: Path) -> None:
    (tmp_path / "lone.py").write_text(action("alone"))
    runner = InProcessActions("lone", tmp_path, {})
    assert await runner.names() == {"alone"}
    assert await runner.conditions() == frozenset()
    forget("lone")


async def test_packages_within_the_package_count(tmp_path: Path) -> None:
    write_package(tmp_path / "deep", {"__init__.py": ""})
    write_package(tmp_path / "deep" / "below", {"__init__.py": "", "steps.py": action("below")})
    assert await InProcessActions("deep", tmp_path, {}).names() == {"below"}
    forget("deep")


async def test_the_projects_own_package_wins_over_one_imported_before(tmp_path: Path) -> None:
    for folder in ("first", "second"):
        write_package(tmp_path / folder / "twice", {"__init__.py": action(f"of_{folder}")})
    first = InProcessActions("twice", tmp_path / "first", {})
    second = InProcessActions("twice", tmp_path / "second", {})
    again = InProcessActions("twice", tmp_path / "second", {})
    assert await first.names() == {"of_first"}
    assert await second.names() == {"of_second"}
    assert await again.names() == {"of_second"}
    forget("twice")


async def test_an_answer_that_is_no_json_fails(tmp_path: Path) -> None:
    body = "return [{'event': 'slot', 'name': 'x', 'value': {1, 2}}]"
    (tmp_path / "setful.py").write_text(action("setful", body))
    runner = InProcessActions("setful", tmp_path, {})
    with pytest.raises(ActionFailed, match="TypeError: Object of type set"):
        await runner.run("setful", tracker(), "k")
    forget("setful")


async def test_an_action_that_exits_does_not_end_the_process(tmp_path: Path) -> None:
    (tmp_path / "leaving.py").write_text(action("leaving", "raise SystemExit(1)"))
    runner = InProcessActions("leaving", tmp_path, {})
    with pytest.raises(ActionFailed, match="SystemExit: 1"):
        await runner.run("leaving", tracker(), "k")
    forget("leaving")


async def test_the_actions_own_timeout_is_told_from_ours(tmp_path: Path) -> None:
    (tmp_path / "hasty.py").write_text(action("hasty", "raise TimeoutError('the shop is slow')"))
    runner = InProcessActions("hasty", tmp_path, {})
    with pytest.raises(ActionFailed, match="TimeoutError: the shop is slow"):
        await runner.run("hasty", tracker(), "k")
    forget("hasty")


async def test_many_calls_at_once_keep_apart(tmp_path: Path) -> None:
    body = "import asyncio; await asyncio.sleep(0); dispatcher.utter_message(tracker.sender_id)"
    (tmp_path / "busy.py").write_text(action("busy", body))
    runner = InProcessActions("busy", tmp_path, {})
    calls = (runner.run("busy", {**tracker(), "sender_id": str(i)}, "k") for i in range(50))
    said = [result.responses[0]["text"] for result in await asyncio.gather(*calls)]
    assert said == [str(i) for i in range(50)]
    forget("busy")


def forget(package: str) -> None:
    for name in [n for n in sys.modules if n == package or n.startswith(f"{package}.")]:
        del sys.modules[name]
