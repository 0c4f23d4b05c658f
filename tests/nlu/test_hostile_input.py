"""Whatever is sent, the shipped pipeline reads it: a parse, never an exception, at a bounded cost."""

import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.engine.parse import FALLBACK_INTENT, Parse
from nlu.components.registry import COMPONENTS
from nlu.config import read_config
from nlu.interpreter import READ_AT_MOST
from nlu.message import Message
from nlu.pipeline import Interpreter, TrainedModel, to_rasa
from tests.conftest import ROOT

NOW = datetime(2026, 5, 5, 12, tzinfo=UTC)
LENGTH = 100_000

# What each long text repeats.
REPEATED = {
    "a letter": "a",
    "open brackets": "(",
    "square brackets": "[[",
    "marked entities": "[a](b",
    "json": '{"a":',
    "a payload": '/a{"a":[',
    "slashes": "/",
    "quotes": '"',
    "backslashes": "\\",
    "apostrophes": "a'",
    "dashes": "a-",
    "underscores": "_",
    "question marks": "?",
    "spaces": " ",
    "lines": "\n",
    "tabs": "\t x",
    "control characters": "\x01\x1b[0m",
    "null characters": "\0",
    "lone surrogates": "\ud800",
    "surrogates the wrong way round": "\udc00\ud800",
    "private characters": "\ue000\U0010ffff",
    "emoji": "👍🏽",
    "joined emoji": "👨\u200d👩\u200d👧 ",
    "flags": "🇺",
    "combining marks": "\u0301\u0327",
    "a letter with many marks": "a" + "\u0301\u0327" * 400,
    "overrides": "\u202ea\u202d",
    "isolates": "\u2067\u2066",
    "zero width": "\u200b\u200d\ufeff",
    "joined letters": "a\u200d",
    "tatweel": "\u0640",
    "long ligatures": "\ufdfa",
    "Arabic": "سلام ",
    "an Arabic letter": "س",
    "Hindi": "हाँ ",
    "Chinese": "我叫王伟",
    "kana": "のア",
    "Hangul parts": "\u1100\u1161",
    "Thai": "ก็",
    "full width": "ｙｅｓ",
    "dotted capitals": "İ",
    "sharp s": "ß",
    "digits": "7",
    "Arabic digits": "٣",
    "numbers": "12 ",
    "dates": "12/",
    "times": "12:",
    "hours": "5 am ",
    "money": "$5",
    "shares": "5%",
    "plus one": "+1",
    "points": ".",
    "commas": "a,",
    "number words": "one hundred and ",
    "weekdays": "next ",
    "addresses": "a@a.",
    "links": "http://a.",
    "yes": "yes ",
    "no": "no not ",
    "stretched": "yeees ",
    "stop": "don't stop ",
    "names": "my name is ",
    "particles": "van de la ",
    "capitals": "John ",
    "titles": "Mr. ",
}
# Those that cost most to read, and one of each sort.
COSTLY = (
    "a letter", "open brackets", "json", "a payload", "lone surrogates", "a letter with many marks",
    "long ligatures", "Chinese", "times", "money", "shares", "number words", "addresses", "yes",
)  # fmt: skip
SHORT = (
    "",
    " ",
    "\n\t ",
    "\u200b",
    "\u202e",
    "\0",
    "\ud800",
    "/",
    "/{",
    "\ufffd",
    "\u0301",
    ".",
    "?",
)


def repeated(unit: str, length: int) -> str:
    return (unit * (length // len(unit) + 1))[:length]


def check(parse: Parse, text: str) -> None:
    """What holds of every reading."""
    assert parse.text == text
    assert 0.0 <= parse.intent.confidence <= 1.0
    for ranking in (parse.ranking, parse.asked):
        assert all(0.0 <= intent.confidence <= 1.0 for intent in ranking)
        # As in Rasa the fallback stands before a ranking that adds up without it.
        rest = [intent.confidence for intent in ranking if intent.name != FALLBACK_INTENT]
        assert sum(rest) < 1.0 + 1e-6
    for entity in parse.entities:
        assert 0 <= entity.start < entity.end <= min(len(text), READ_AT_MOST)
        assert text[entity.start : entity.end].strip()
        assert 0.0 <= entity.confidence <= 1.0
    assert 0.0 <= parse.asked_share <= 1.0
    json.dumps(to_rasa(parse))


def read(interpreter: Interpreter, text: str, language: str | None = None) -> Parse:
    return interpreter.parse(text, language, asked=("affirm", "deny", "inform_name"), now=NOW)


@pytest.mark.parametrize("text", SHORT, ids=ascii)
def test_next_to_nothing(interpreter: Interpreter, text: str) -> None:
    check(read(interpreter, text), text)


@pytest.mark.parametrize("text", ["", " ", "\n\t \u3000"], ids=ascii)
def test_nothing_means_nothing(interpreter: Interpreter, text: str) -> None:
    parse = read(interpreter, text, "es")
    assert (parse.intent.name, parse.entities, parse.language) == (FALLBACK_INTENT, (), "es")


@pytest.mark.parametrize("unit", REPEATED.values(), ids=REPEATED)
def test_long_texts(interpreter: Interpreter, unit: str) -> None:
    for length in (200, LENGTH):
        text = repeated(unit, length)
        check(read(interpreter, text), text)


def test_of_a_long_text_the_beginning_counts(interpreter: Interpreter) -> None:
    text = "my name is Anna. " + "please " * 20_000
    (name,) = (e for e in read(interpreter, text).entities if e.entity == "name")
    assert text[name.start : name.end] == "Anna"


def test_every_character_of_the_basic_plane(interpreter: Interpreter) -> None:
    for first in range(0, 0x10000, READ_AT_MOST):
        text = "".join(map(chr, range(first, min(first + READ_AT_MOST, 0x10000))))
        check(read(interpreter, text), text)


@pytest.mark.parametrize("kind", COSTLY)
def test_a_long_text_costs_what_its_beginning_costs(interpreter: Interpreter, kind: str) -> None:
    # One character more than is read, so that neither comes from the cache.
    short, long = (repeated(REPEATED[kind], n) for n in (READ_AT_MOST + 1, LENGTH))
    read(interpreter, short)
    assert _cpu(interpreter, long) <= 4 * _cpu(interpreter, short) + 0.005


def _cpu(interpreter: Interpreter, text: str) -> float:
    """The least of three readings, in seconds of this thread's processor time."""
    costs = []
    for _ in range(3):
        before = time.thread_time()
        read(interpreter, text)
        costs.append(time.thread_time() - before)
    return min(costs)


ANY = st.text(st.characters())
PIECES = st.lists(
    st.sampled_from([*REPEATED.values(), "Anna ", "tomorrow ", "at 5", "I'm ", "sí ", "não "]), max_size=30
).map("".join)  # fmt: skip
LANGUAGES = st.sampled_from([None, "en", "es", "ja", "pt-BR", "", "xx", "\ud800"])


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.one_of(ANY, PIECES), language=LANGUAGES)
def test_any_text(interpreter: Interpreter, text: str, language: str | None) -> None:
    check(read(interpreter, text, language), text)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(raw=st.binary(max_size=200))
def test_any_bytes(interpreter: Interpreter, raw: bytes) -> None:
    for text in (raw.decode("utf-8", "surrogateescape"), raw.decode("latin-1")):
        check(read(interpreter, text), text)


# Each component by itself


@pytest.mark.parametrize("unit", REPEATED.values(), ids=REPEATED)
def test_each_component_by_itself(model: TrainedModel, unit: str) -> None:
    text = repeated(unit, READ_AT_MOST).replace("\0", "?")
    for component in model.components:
        message = Message(text.encode("utf-8", "replace").decode(), now=NOW)
        component.process(message)
        assert all(0 <= e.start < e.end <= len(text) for e in message.entities)
        assert all(message.text[t.start : t.end] == t.text for t in message.tokens)


def test_the_shipped_pipeline_is_made_of_components_that_are_tested_here(
    model: TrainedModel,
) -> None:
    names = {type(component).__name__ for component in model.components}
    assert names == {step.name for step in read_config(ROOT).steps}
    assert names <= set(COMPONENTS)


def test_nothing_is_left_behind_for_the_next_message(interpreter: Interpreter) -> None:
    before = read(interpreter, "yes please")
    for unit in REPEATED.values():
        read(interpreter, repeated(unit, 500))
    assert read(interpreter, "yes please") == before
