"""Payloads by Rasa's rules."""

from pathlib import Path

import pytest

from nlu.payload import read_payload
from nlu.pipeline import Interpreter, TrainedModel, load, save

KNOWN = {"affirm", "inform_name", "faq", "inform"}


@pytest.mark.parametrize(
    ("text", "intent", "confidence", "entities"),
    [
        ("/affirm", "affirm", 1.0, []),
        ("  /affirm \n", "affirm", 1.0, []),
        ('/inform{"size": "S"}', "inform", 1.0, [("size", "S")]),
        ('/inform {"size": "S"}', "inform", 1.0, [("size", "S")]),
        ('/inform_name{"name": "Ann"}', "inform_name", 1.0, [("name", "Ann")]),
        ('/inform_name@0.9{"name": "Ann"}', "inform_name", 0.9, [("name", "Ann")]),
        ("/affirm@7", "affirm", 1.0, []),
        ("/affirm@1.2.3", "affirm", 0.0, []),
        ("/affirm@.5", "affirm", 0.5, []),
        ('/inform{"size": ["S", "M"], "n": 2}', "inform", 1.0, [("size", "S"), ("size", "M"), ("n", 2)]),
        ('/unknown{"size": "S"}', "unknown", 1.0, [("size", "S")]),
        ("/faq/hours", "faq/hours", 1.0, []),
        ("/restart", "restart", 1.0, []),
        ("/nlu_fallback", "nlu_fallback", 1.0, []),
    ],
)  # fmt: skip
def test_a_payload_says_what_it_means(
    text: str, intent: str, confidence: float, entities: list[tuple[str, object]]
) -> None:
    parse = read_payload(text, "en", KNOWN)
    assert parse is not None
    assert (parse.intent.name, parse.intent.confidence) == (intent, confidence)
    assert parse.ranking == (parse.intent,)
    assert [(e.entity, e.value) for e in parse.entities] == entities
    assert {e.extractor for e in parse.entities} <= {"RegexMessageHandler"}


@pytest.mark.parametrize(
    "text",
    [
        "/unknown", "/unknown@0.9", "/", "//affirm", "/affirm please", "affirm", "/affirm{", "/5",
        "/affirm[1]", '/affirm{"a": NaN}', '/inform{"a": 1} and more', "/affirm@high",
        '/inform{"a": ' + "[" * 600 + "]" * 600 + "}",
    ],
)  # fmt: skip
def test_the_rest_is_text(text: str) -> None:
    assert read_payload(text, "en", KNOWN) is None


def test_where_no_intents_are_known_every_name_will_do() -> None:
    parse = read_payload("/unknown", None)
    assert parse is not None
    assert parse.intent.name == "unknown"


def test_values_hold_nothing_that_no_database_takes() -> None:
    parse = read_payload('/inform{"a": "x\\ud800\\u0000"}', None)
    assert parse is not None
    assert parse.entities[0].value == "x\ufffd\ufffd"


def test_a_loaded_model_knows_its_intents(model: TrainedModel, tmp_path: Path) -> None:
    save(model, tmp_path)
    reader = load(tmp_path, intents={"affirm"})
    assert reader.parse("/affirm").intent.confidence == 1.0
    assert reader.parse("/colour").intent.name != "colour"
    assert load(tmp_path).parse("/colour").intent.name == "colour"


def test_nothing_is_looked_for_in_a_payload(interpreter: Interpreter) -> None:
    for text in ('/inform{"at": "tomorrow at 5pm", "n": [1]}', "/affirm@0.5"):
        assert {e.extractor for e in interpreter.parse(text).entities} <= {"RegexMessageHandler"}
    found = interpreter.parse("tomorrow at 5pm").entities
    assert {e.extractor for e in found} == {"ValueEntityExtractor"}
