"""What a user can write is named in the docs: settings, commands, the flow language, variables."""

import re
from collections.abc import Iterator
from types import GenericAlias
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel
from typer.main import get_command

from bot.cli.main import app
from bot.engine.collect_reader import COLLECT_KEYS
from bot.engine.conditions import BUILT_IN, OPERATORS, SUBJECTS
from bot.engine.expressions import NAMES
from bot.engine.flow import SlotType
from bot.engine.reader import DOCUMENT_KEYS, STATE_KEYS, TRIGGER_KINDS
from bot.engine.say_reader import SAY_KEYS
from bot.engine.slot_types import SLOT_TYPES
from bot.engine.step_reader import STEPS
from bot.engine.templates import FILTERS
from bot.engine.trigger_reader import MATCHES
from bot.settings import Config, Domain, Endpoints
from connectors.registry import CONNECTORS
from connectors.twilio import connector as twilio
from connectors.twilio.status import ERRORS
from nlu.components.registry import COMPONENTS, component_class
from tests.docs.reading import ROOT, codes, text_of

FLOWS = codes(text_of("docs/flows.md"))
README = codes(text_of("README.md"))
SETTINGS = codes(text_of("docs/settings.md"))
CHANNELS = codes(text_of("docs/channels.md"))
NLU = codes(text_of("docs/nlu.md", "docs/pipeline.md"))
_VARIABLE = re.compile(r"\$\{(\w+)")


def _keys(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield name
        below: Any = field.annotation
        # list[str] is a type, too, but not one that issubclass takes.
        if isinstance(below, type) and not isinstance(below, GenericAlias):
            yield from _keys(below) if issubclass(below, BaseModel) else ()


@pytest.mark.parametrize("model", [Config, Endpoints, Domain])
def test_every_setting(model: type[BaseModel]) -> None:
    assert set(_keys(model)) <= SETTINGS


def _table(heading: str) -> Iterator[tuple[str, str]]:
    """Section and key of each row below a heading of settings.md; an empty section is the last."""
    part = text_of("docs/settings.md").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    section = ""
    for row in re.findall(r"^\|(.*)\|$", part, re.MULTILINE)[2:]:
        cells = row.split("|")
        section = cells[0].strip(" `") or section
        for key in re.findall(r"`(\w+)`", cells[1]):
            yield section, key


def test_endpoints_are_told_section_by_section() -> None:
    there = {
        (section, key)
        for section, field in Endpoints.model_fields.items()
        for key in _keys(_model(field.annotation))
    }
    assert set(_table("endpoints.yml")) == there


def _model(annotation: Any) -> type[BaseModel]:
    assert isinstance(annotation, type)
    assert issubclass(annotation, BaseModel)
    return annotation


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    # Typer brings a click of its own, so groups are known by what they have.
    below = getattr(command, "commands", None)
    if below is None:
        yield name, command
        return
    for word, part in below.items():
        yield from _commands(part, f"{name} {word}")


def commands() -> list[str]:
    """Every command as it is typed: "parley db upgrade"."""
    return [name for name, _ in _commands(get_command(app), "parley")]


def test_every_command() -> None:
    assert len(commands()) >= 8
    assert set(commands()) <= README


def test_every_option_of_a_command() -> None:
    given = {
        option
        for _, command in _commands(get_command(app), "parley")
        for parameter in command.params
        for option in parameter.opts
        if option.startswith("--")
    }
    assert given <= README


@pytest.mark.parametrize(
    "words",
    [
        DOCUMENT_KEYS, STATE_KEYS, STEPS, BUILT_IN, SUBJECTS, OPERATORS, TRIGGER_KINDS,
        get_args(SlotType), COLLECT_KEYS, SAY_KEYS, SLOT_TYPES, MATCHES, NAMES,
    ],
    ids=["document", "state", "step", "name", "subject", "operator", "trigger", "collect",
         "question", "message", "slot", "match", "expression"],
)  # fmt: skip
def test_the_flow_language(words: Any) -> None:
    assert set(words) <= FLOWS


def test_every_filter() -> None:
    known = {re.split(r"[(:]", code)[0] for code in FLOWS}
    assert set(FILTERS) <= known


def test_the_readme_names_keys_steps_and_triggers() -> None:
    assert {*STEPS, *TRIGGER_KINDS, *STATE_KEYS, *DOCUMENT_KEYS} - {"$schema"} <= README


def test_every_channel_and_its_keys() -> None:
    required = {key for kind in CONNECTORS.values() for key in kind.required}
    known: tuple[str, ...] = vars(twilio)["_KEYS"]
    assert {*CONNECTORS, *required, *known, "messages_per_second"} <= CHANNELS


def test_every_error_code_of_twilio() -> None:
    listed = set(re.findall(r"\b\d{5}\b", text_of("docs/channels.md")))
    assert set(ERRORS) <= listed


def test_every_component_and_its_options() -> None:
    options = {key for name in COMPONENTS for key in component_class(name).Options.model_fields}
    assert {*COMPONENTS, *options} <= NLU


@pytest.mark.parametrize(
    "file", ["config.yml", "endpoints.yml", "credentials.yml", "domain.yml", "deploy/endpoints.yml"]
)
def test_every_variable(file: str) -> None:
    # As YAML, for a comment may show how a variable is written.
    document = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))
    read = set(_VARIABLE.findall(str(document)))
    assert read <= SETTINGS
    assert read <= README
