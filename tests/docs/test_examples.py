"""The examples work: flows are accepted, links lead somewhere, commands exist."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.engine.api_reader import examine as examine_api
from bot.engine.reader import examine
from bot.settings import load
from tests.docs.reading import PAGES, ROOT, Block, anchors, blocks, links, shown
from tests.docs.test_named import commands

WRAPPED: Mapping[str, Callable[[Any], Any]] = {
    "json flow": lambda it: it,
    "json pages": lambda it: it,
    "json steps": lambda it: it,
    "json state": lambda it: [it],
    "json step": lambda it: [{"name": "A", "enter": [it]}],
    "json condition": lambda it: [{"name": "A", "states": [{"name": "B", "condition": it}]}],
}
"""What a part of a flow is read in."""
PLAIN = "json"
"""What is no part of a flow."""
API = "json api"
"""A file of flows/apis; its variables are set."""
_COMMAND = re.compile(r"^\s*(?:[A-Z_]+=\S+ )*((?:make|parley)\b.*)$", re.MULTILINE)
_IN_TEXT = re.compile(r"`(?:[A-Z_]+=\S+ )*((?:make|parley) [^`\n]*)`")
_TARGET = re.compile(r"^([a-z]+):", re.MULTILINE)

EXAMPLES = [block for block in blocks() if block.kind.startswith("json")]


@pytest.mark.parametrize("block", EXAMPLES, ids=lambda block: block.place)
def test_json(block: Block) -> None:
    value = json.loads(block.text)
    if block.kind == PLAIN:
        assert not (isinstance(value, dict) and "states" in value), "say `json flow`"
        return
    if block.kind == API:
        assert examine_api(value, "example", lambda _: "https://set.example")[1] == []
        return
    flow, findings = examine(WRAPPED[block.kind](value), "example")
    errors = [str(finding) for finding in findings if finding.severity == "error"]
    assert flow is not None, errors


def test_there_are_examples_of_each_kind() -> None:
    assert {block.kind for block in EXAMPLES} >= {*WRAPPED, PLAIN}


@pytest.mark.parametrize(
    "block", [b for b in blocks() if b.kind == "yaml"], ids=lambda block: block.place
)
def test_yaml(block: Block) -> None:
    assert yaml.safe_load(block.text)


@pytest.mark.parametrize(
    "block", [b for b in blocks() if b.kind == "python"], ids=lambda block: block.place
)
def test_python(block: Block) -> None:
    compile(block.text, block.place, "exec")


def test_comparisons_in_tables() -> None:
    page = (ROOT / "docs/flows.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| `\w+` \| `(\{[^`]+\})` \|", page, re.MULTILINE)
    assert len(found) >= 15
    for written in found:
        value = json.loads(written)
        kind = "json step" if set(value) & {"say", "action", "set", "wait"} else "json condition"
        documents = [WRAPPED[kind](value), WRAPPED["json step"](value)]
        assert any(examine(it, "example")[0] is not None for it in documents), written


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_links(page: Path) -> None:
    for target in links(page):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        assert file.is_relative_to(ROOT), target
        if anchor:
            assert anchor in anchors(file), target


def _typed() -> set[str]:
    """Every command of make or parley that the docs tell somebody to type."""
    found = set()
    for page in PAGES:
        found.update(_IN_TEXT.findall(page.read_text(encoding="utf-8")))
    for block in blocks():
        if not block.kind:
            found.update(_COMMAND.findall(block.text))
    return {re.sub(r"#.*|--project \S+", "", line).strip() for line in found if "<" not in line}


def test_commands_exist() -> None:
    targets = set(_TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
    typed = [line.split() for line in _typed()]
    assert len(typed) > 10
    for words in typed:
        if words[0] == "make":
            assert words[1] in targets, words
        else:
            known = {" ".join(words[:2]), " ".join(words[:3])}
            assert known & set(commands()), words


def test_the_settings_for_several_processes_are_accepted(tmp_path: Path) -> None:
    for name in ("config.yml", "domain.yml", "credentials.yml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "endpoints.yml").write_bytes((ROOT / "deploy/endpoints.yml").read_bytes())
    given = {name: f"{name.lower()}://x" for name in ("DATABASE_URL", "REDIS_URL", "BROKER_URL")}
    settings = load(tmp_path, {**given, "ADMIN_TOKEN": "t"})
    assert settings.endpoints.lock_store.type == "redis"
    assert settings.endpoints.task_queue.type == "celery"


def test_the_compose_file_names_what_is_there() -> None:
    document = yaml.safe_load((ROOT / "deploy/compose.yml").read_text(encoding="utf-8"))
    services = document["services"]
    assert {"web-1", "web-2", "worker-1", "worker-2", "postgres", "redis"} == set(services)
    assert (ROOT / "deploy" / services["web-1"]["build"]["context"]).resolve() == ROOT
    assert (ROOT / services["web-1"]["build"]["dockerfile"]).exists()
    for service in ("worker-1", "worker-2"):
        assert " ".join(services[service]["command"][:2]) in commands()


def test_the_proxy_says_who_asks() -> None:
    # Without it every stranger would come from loopback, where no token is asked for.
    assert "proxy_set_header X-Forwarded-For" in (ROOT / "deploy/nginx.conf").read_text()
