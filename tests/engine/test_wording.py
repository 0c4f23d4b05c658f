"""Texts in the contact's language."""

from typing import Any

import pytest

from bot.engine.advance import advance, start
from bot.engine.checker import Project, check
from bot.engine.commands import SendMessage
from bot.engine.events import FlowStarted
from bot.engine.facts import Facts
from bot.engine.reader import examine, read_flow
from bot.engine.wording import in_language

HELLO = {"en": "Hello", "pt-BR": "Oi", "es": "Hola"}


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (("es",), "Hola"),
        (("es-MX",), "Hola"),
        (("pt",), "Oi"),
        (("pt-PT",), "Oi"),
        (("fr", "es"), "Hola"),
        (("fr", None), "Hello"),
        ((), "Hello"),
        ((None, "pt-BR"), "Oi"),
        (("ES-mx",), "Hola"),
    ],
)
def test_the_closest_language_is_taken(wanted: tuple[str | None, ...], words: str) -> None:
    assert in_language(HELLO, *wanted) == words


def test_a_text_for_all_is_for_all() -> None:
    assert in_language("Hi", "es") == "Hi"


DOCUMENT: dict[str, Any] = {
    "flow": "f", "language": "es",
    "apology": {"en": "Sorry", "es": "Perdón"},
    "states": [{"name": "A", "enter": [
        {"say": {"en": "Hi {first_name}", "es": "Hola {first_name}"},
         "buttons": [{"title": {"en": "Yes", "es": "Sí"}, "payload": "yes"}]},
        {"set": {"language": "en"}},
        {"say": {"en": "Now in English", "es": "Sigo en español"}},
    ]}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["Hi Ana", "Yes", "Now in English"]),
        (None, ["Hola Ana", "Sí", "Now in English"]),
        ("fr", ["Hola Ana", "Sí", "Now in English"]),
    ],
)
def test_a_contact_reads_its_own_language(language: str | None, expected: list[str]) -> None:
    flow = read_flow(DOCUMENT, "f")
    facts = Facts("k", fields={"first_name": "Ana"}, language=language)
    turn = advance(flow, start(flow, "s", "v", "c", 0.0), FlowStarted("manual"), facts, 0.0)
    first, second = [c for c in turn.commands if isinstance(c, SendMessage)]
    assert [first.text, first.buttons[0]["title"], second.text] == expected
    assert first.buttons[0]["payload"] == "yes"


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ({}, "/0/enter/0/say"),
        ({"english": "Hi"}, "/0/enter/0/say/english"),
        ({"en": ""}, "/0/enter/0/say/en"),
        ({"en": 5}, "/0/enter/0/say/en"),
        ({"en": "Hi {"}, "/0/enter/0/say/en"),
        ({"en": "Hi", "response": "utter_hi"}, "/0/enter/0/say/en"),
    ],
)
def test_wrong_texts_are_refused_where_they_stand(said: Any, place: str) -> None:
    flow, findings = examine([{"name": "A", "enter": [{"say": said}]}], "f")
    assert flow is None
    assert findings[0].place == place


def test_a_language_that_some_texts_lack_is_told() -> None:
    lacking = {**DOCUMENT, "apology": {"en": "Sorry"}}
    findings = check([read_flow(lacking, "f")], Project())
    (missing,) = [f for f in findings if f.code == "missing-language"]
    assert missing.place == "/apology"
    assert "'es'" in missing.reason
    assert not [
        f for f in check([read_flow(DOCUMENT, "f")], Project()) if f.code == "missing-language"
    ]


def test_unknown_slots_are_found_in_every_language() -> None:
    said = {"en": "Hi {nobody}", "es": "Hola"}
    flow = read_flow([{"name": "A", "enter": [{"say": said}]}], "f")
    (finding,) = [f for f in check([flow], Project()) if f.code == "unknown-slot"]
    assert finding.place == "/0/enter/0/say/en"
