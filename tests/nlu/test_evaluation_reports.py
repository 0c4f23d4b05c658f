"""Cases that are read, and the files, pictures and page that are written."""

import json
import re
import struct
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bot.engine.parse import Entity
from nlu.errors import TrainingDataError
from nlu.evaluation.cases import Case, EvaluationError, read_cases, read_training_data, renamed
from nlu.evaluation.comparison import compare
from nlu.evaluation.evaluation import Evaluation, evaluate
from nlu.evaluation.pictures import MOST_INTENTS
from nlu.evaluation.publishing import publish
from nlu.evaluation.readings import Reading
from nlu.evaluation.report import read_report, rows_of, summary

MARKDOWN = "## intent:affirm\n- yes\n- I am [Bob](name)\n"
JSON = {"rasa_nlu_data": {"common_examples": [{"text": "hi", "intent": "greet", "entities": []}]}}
YAML = 'version: "3.1"\nnlu:\n- intent: deny\n  examples: |\n    - no\n'


def evaluation(intents: int = 4, *, wrong: int = 2) -> Evaluation:
    names = [f"intent_{n}" for n in range(intents)]
    ranked = frozenset(names)
    readings = [
        Reading(
            Case(f"<b>text</b> {n} of {name} \ud800", name, (Entity("name", "x", 0, 3),)),
            names[(n + place) % intents] if n < wrong else name,
            0.9 - 0.05 * n,
            entities=(Entity("name", "x", 0, 4 + place % 2),),
            ranked=ranked,
        )
        for place, name in enumerate(names)
        for n in range(5)
    ]
    return evaluate(readings)


# reading


def test_cases_come_from_every_format(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(MARKDOWN, "utf-8")
    (tmp_path / "b.json").write_text(json.dumps(JSON), "utf-8")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "c.yml").write_text(YAML, "utf-8")
    rows = [
        {"text": "oui", "intent": "affirm", "entities": [], "lang": "fr", "src": "me"},
        {"text": "Bob here", "intent": "name",
         "entities": [{"start": 0, "end": 3, "entity": "name", "value": "Bob"}]},
    ]  # fmt: skip
    (tmp_path / "d.jsonl").write_text("\n".join(json.dumps(row) for row in rows) + "\n\n", "utf-8")
    cases = {case.text: case for case in read_cases(tmp_path)}
    assert {case.intent for case in cases.values()} == {"affirm", "greet", "deny", "name"}
    assert cases["oui"].language == "fr"
    assert cases["Bob here"].entities == (Entity("name", "Bob", 0, 3),)
    assert cases["I am Bob"].entities[0].start == 5
    assert [case.text for case in read_cases(tmp_path / "deep" / "c.yml")] == ["no"]
    with pytest.raises(EvaluationError, match="needs Rasa's training data"):
        read_training_data(tmp_path)
    assert len(read_training_data(tmp_path / "deep").examples) == 1


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("none.yml", None, "there is no such file"),
        ("a.txt", "yes", "the kind of file is not known"),
        ("a.jsonl", "", "there are no examples"),
        ("a.yml", 'version: "3.1"\nnlu: []\n', "there are no examples"),
        ("a.jsonl", '{"text": "a"}', "a.jsonl:1: a row needs"),
        ("a.jsonl", '{"text": "a", "intent": "b"}\n[]', "a.jsonl:2: a row is an object"),
        ("a.jsonl", "{", "a.jsonl:1"),
        ("a.jsonl", "[" * 100_000, "a.jsonl:1"),
        ("a.jsonl", '{"text": "a", "intent": "b", "entities": [{"entity": "n"}]}', "not lie within"),
        ("a.jsonl", '{"text": "a", "intent": "b", "entities": [{"entity": "n", "start": 0, "end": 2}]}',
         "not lie within"),
        ("a.jsonl", '{"text": "a", "intent": "b", "entities": 7}', "not a list"),
    ],
)  # fmt: skip
def test_cases_that_cannot_be_read_are_named(
    tmp_path: Path, name: str, content: str | None, told: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(EvaluationError, match=re.escape(told)):
        read_cases(tmp_path / name)


def test_broken_training_data_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("nlu:\n- intent: a\n  examples: |\n    - [x]{1}\n", "utf-8")
    with pytest.raises(TrainingDataError, match=r"a\.yml:4"):
        read_cases(tmp_path / "a.yml")


def test_labels_can_be_renamed() -> None:
    cases = [Case("Bob", "name", (Entity("PERSON", "Bob", 0, 3),)), Case("ok", "yes")]
    first, second = renamed(cases, {"yes": "affirm", "PERSON": "name"})
    assert (first.entities[0].entity, first.intent, second.intent) == ("name", "name", "affirm")


# writing


def test_everything_is_written(tmp_path: Path) -> None:
    found = evaluation()
    publish(found, tmp_path, {"model": "m", "data": "d"}, None)
    assert {path.name for path in tmp_path.iterdir()} == {
        "report.json", "report.html", "readings.jsonl", "errors.jsonl", "intent_report.json",
        "intent_errors.json", "entity_report.json", "entity_errors.json",
        "intent_confusion_matrix.png", "intent_histogram.png", "intent_calibration.png",
    }  # fmt: skip
    report = json.loads((tmp_path / "intent_report.json").read_text())
    assert set(report) == {*found.intents.per_intent, "accuracy", "macro avg", "weighted avg"}
    assert set(report["intent_0"]) == {
        "precision",
        "recall",
        "f1-score",
        "support",
        "confused_with",
    }
    assert report["accuracy"] == found.accuracy
    errors = json.loads((tmp_path / "intent_errors.json").read_text())
    assert len(errors) == len(found.errors) > 0
    assert set(errors[0]) == {"text", "intent", "intent_prediction"}
    assert set(errors[0]["intent_prediction"]) == {"name", "confidence"}
    confidences = [it["intent_prediction"]["confidence"] for it in errors]
    assert confidences == sorted(confidences, reverse=True)
    rows = [json.loads(line) for line in (tmp_path / "errors.jsonl").read_text().splitlines()]
    assert {row["kind"] for row in rows} == {"intent", "entity"}
    assert rows[0] | {"refused": False} == {
        "kind": "intent", "text": errors[0]["text"], "expected": errors[0]["intent"],
        "predicted": errors[0]["intent_prediction"]["name"], "confidence": 0.85, "refused": False,
    }  # fmt: skip
    entities = json.loads((tmp_path / "entity_report.json").read_text())
    assert entities["name"]["f1-score"] == 0.0
    assert entities["name"]["partial"]["f1-score"] == 0.5


def test_a_report_can_be_compared_with(tmp_path: Path) -> None:
    before, after = evaluation(wrong=2), evaluation(wrong=0)
    publish(before, tmp_path, {"model": "m", "data": "d"}, None)
    report, rows = read_report(tmp_path)
    assert (rows, report["accuracy"]) == (rows_of(before.readings), before.accuracy)
    found = compare("before", report, summary(after), rows, rows_of(after.readings))
    assert len(found.fixed) == len(before.errors)
    assert found.broken == ()
    target = publish(after, tmp_path, {"model": "m", "data": "d"}, found)
    assert "What changed" in target.read_text("utf-8")
    (tmp_path / "readings.jsonl").write_text("damaged")
    assert read_report(tmp_path / "report.json")[1] == []
    (tmp_path / "report.json").write_text('{"accuracy": 1}')
    with pytest.raises(EvaluationError, match="no report of"):
        read_report(tmp_path)


def test_entities_of_an_earlier_run_do_not_stay(tmp_path: Path) -> None:
    publish(evaluation(), tmp_path, {}, None)
    bare = evaluate([Reading(Case("a", "affirm"), "affirm", 0.9, ranked=frozenset({"affirm"}))])
    publish(bare, tmp_path, {}, None)
    assert not list(tmp_path.glob("entity*"))


class _Links(HTMLParser):
    """What a page would load, and whether every element that is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.open: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_needs_nothing_beside_itself(tmp_path: Path) -> None:
    found = evaluation()
    changed = compare("old", {}, summary(found), rows_of(found.readings), rows_of(found.readings))
    html = publish(found, tmp_path, {"data": "<x>"}, changed).read_text("utf-8")
    links = _Links()
    links.feed(html)
    assert links.open == []
    assert len(links.sources) == 3
    assert all(source.startswith("data:image/png;base64,") for source in links.sources)
    assert not {"script", "link", "b", "x"} & links.tags
    assert "http" not in re.sub(r'http-equiv|src="[^"]*"', "", html)
    assert "url(" not in html
    assert "@import" not in html
    assert "prefers-color-scheme: dark" in html
    assert "&lt;b&gt;text&lt;/b&gt;" in html


def _size(png: Path) -> tuple[int, int]:
    content = png.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    return width, height


@pytest.mark.parametrize("intents", [2, 12, MOST_INTENTS + 1, 150])
def test_pictures_stay_of_a_size_that_can_be_read(tmp_path: Path, intents: int) -> None:
    publish(evaluation(intents), tmp_path, {}, None)
    width, height = _size(tmp_path / "intent_confusion_matrix.png")
    assert 300 < width < 2400
    assert 300 < height < 2400
    if intents > MOST_INTENTS:
        assert width > 1500


def test_labels_of_any_script_are_drawn(tmp_path: Path) -> None:
    names = ["$price$", "是的", "نعم", "a" * 300, "", "x_y^z\\"]
    readings = [
        Reading(Case("t", name), names[place - 1], 0.5, ranked=frozenset(names))
        for place, name in enumerate(names)
    ]
    publish(evaluate(readings), tmp_path, {}, None)
    _size(tmp_path / "intent_confusion_matrix.png")


def test_nothing_right_or_nothing_wrong_is_drawn_too(tmp_path: Path) -> None:
    for wrong in (0, 5):
        publish(evaluation(40, wrong=wrong), tmp_path, {}, None)
    scope_only = evaluate([Reading(Case("t", "oos"), "affirm", 0.5, refused=True)])
    assert scope_only.accuracy == 1.0
    publish(scope_only, tmp_path / "scope", {}, None)
