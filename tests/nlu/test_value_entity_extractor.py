"""ValueEntityExtractor in a pipeline: with the contact's time and without."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from nlu.components.registry import build
from nlu.components.value_entity_extractor import ValueEntityExtractor
from nlu.errors import PipelineError
from nlu.interpreter import Interpreter
from nlu.message import Message

NOW = datetime(2026, 3, 4, 14, 0, tzinfo=ZoneInfo("America/New_York"))


def extractor(**options: Any) -> ValueEntityExtractor:
    component, _ = build("ValueEntityExtractor", options, "en")
    assert isinstance(component, ValueEntityExtractor)
    return component


def read(
    text: str, language: str | None = None, now: datetime | None = NOW, **options: Any
) -> list[str]:
    """What is found: kinds and what was written."""
    message = Message(text, language, now=now)
    extractor(**options).process(message)
    return [f"{e.entity}: {text[e.start : e.end]}" for e in message.entities]


def test_entities_are_named_as_ducklings() -> None:
    assert read("2 tickets for tmrw 5ish, $20, ann@example.org") == [
        "number: 2", "time: tmrw 5ish", "amount-of-money: $20", "email: ann@example.org"]  # fmt: skip


def test_only_the_dimensions_that_are_asked_for() -> None:
    assert read("2 tickets for tmrw, $20", dimensions=["number", "time"]) == [
        "number: 2", "time: tmrw"]  # fmt: skip


def test_no_more_than_the_maximum() -> None:
    assert len(read("1 2 3 4 5", maximum=3)) == 3


def test_the_region_reads_national_numbers() -> None:
    assert read("020 7946 0018", region="gb") == ["phone-number: 020 7946 0018"]


def test_the_language_may_have_a_country() -> None:
    assert read("1.234", "de-AT") == ["number: 1.234"]
    message = Message("1.234", "de-AT")
    extractor().process(message)
    assert message.entities[0].value == 1234


def test_without_a_time_there_are_no_times() -> None:
    assert read("tomorrow at 5pm, in 2 hours", now=None) == ["number: 5", "duration: 2 hours"]


@pytest.mark.parametrize(
    "options",
    [
        {"dimensions": ["credit-card-number"]},
        {"region": "United States"},
        {"maximum": 0},
        {"size": 1},
    ],
)
def test_options_that_nobody_understands(options: dict[str, Any]) -> None:
    with pytest.raises(PipelineError):
        build("ValueEntityExtractor", options, "en")


def test_ducklings_options_are_taken_with_a_notice() -> None:
    _, notices = build("ValueEntityExtractor", {"url": "http://localhost:8000", "timeout": 3}, "en")
    assert len(notices) == 2


def test_times_are_counted_anew_for_every_message() -> None:
    interpreter = Interpreter([extractor()], "fingerprint")
    first = interpreter.parse("tomorrow", now=NOW).entity("time")
    later = interpreter.parse("tomorrow", now=NOW.replace(day=5)).entity("time")
    assert first is not None
    assert later is not None
    assert first.value["value"] == "2026-03-05T00:00:00-05:00"
    assert later.value["value"] == "2026-03-06T00:00:00-05:00"
    assert interpreter.parse("tomorrow").entities == ()
