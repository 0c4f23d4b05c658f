"""The pages of the dialects and of Python functions name every key, and their examples run."""

import sys
from pathlib import Path

import pytest

from bot.clients.actions_in_process import InProcessActions
from bot.engine.dialects.pages_reader import OPTION_KEYS, PAGE_KEYS, PAGE_TYPES
from bot.engine.dialects.steps_reader import MESSAGE_KEYS, STEP_KEYS
from tests.clients.test_functions import tracker
from tests.docs.reading import ROOT, blocks, codes, text_of


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("docs/pages.md", (*PAGE_KEYS, *OPTION_KEYS[:2], *PAGE_TYPES, "back_words", "page_option")),
        ("docs/steps.md", (*STEP_KEYS, *MESSAGE_KEYS, "trigger", "when", "goto", "end")),
    ],
)
def test_every_key_is_named(page: str, words: tuple[str, ...]) -> None:
    assert set(words) <= codes(text_of(page))


def test_examples_are_of_the_dialect_they_are_labelled_with() -> None:
    for block in blocks():
        if block.kind in ("json pages", "json steps"):
            assert f'"{block.kind.removeprefix("json ")}"' in block.text, block.place
    assert {"json pages", "json steps"} <= {block.kind for block in blocks()}


def test_the_shipped_examples_are_told_of() -> None:
    for name, page in (("membership", "docs/pages.md"), ("pizza", "docs/steps.md")):
        assert f"flows/{name}.json" in text_of(page)
        assert (ROOT / "flows" / f"{name}.json").exists()


async def test_the_functions_of_the_page_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    words, tasks = (
        b.text for b in blocks() if b.kind == "python" and b.place.startswith("docs/processors.md")
    )
    package = tmp_path / "told" / "processors"
    package.mkdir(parents=True)
    for file in (package / "__init__.py", package.parent / "__init__.py"):
        file.write_text("")
    (package / "words.py").write_text(words)
    (package.parent / "tasks.py").write_text(tasks)
    runner = InProcessActions("told", tmp_path, {})
    assert (await runner.functions())["task"] == {"quote"}
    tidied = await runner.call("processor", "words.tidy", {}, tracker(" 12345! "), "k")
    assert tidied.events == ({"event": "answer", "text": "12345"},)
    kept = await runner.call("processor", "digits_only", {"keep": 5}, tracker("1-23 45"), "k")
    assert {"event": "answer", "text": "12345"} in kept.events
    greeted = await runner.call("processor", "greet", {}, tracker(), "k")
    assert greeted.responses[0]["text"] == "Nice to see you again, Ann!"
    quoted = await runner.call("task", "quote", {}, tracker(cups=2), "k")
    assert {"event": "slot", "name": "price", "value": 6} in quoted.events
    await runner.close()
