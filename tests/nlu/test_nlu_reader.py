"""Reading Rasa's YAML: what is taken, what is refused and with which words."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.parse import Entity
from nlu.errors import TrainingDataError
from nlu.training.examples import TrainingData
from nlu.training.markup import MarkupError, read_markup
from nlu.training.reader import read_file, read_project


def read(tmp_path: Path, text: str | bytes) -> TrainingData:
    path = tmp_path / "nlu.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    data = TrainingData()
    read_file(path, data, shown_as="nlu.yml")
    return data


@pytest.mark.parametrize(
    ("line", "text", "entities"),
    [
        ("[Berlin](city)", "Berlin", [Entity("city", "Berlin", 0, 6)]),
        ("[NYC](city:New York)", "NYC", [Entity("city", "New York", 0, 3)]),
        ('[LA]{"entity":"city","role":"to","group":"1","value":"Los Angeles"}', "LA",
         [Entity("city", "Los Angeles", 0, 2, role="to", group="1")]),
        ("from [A](x) to [B](y).", "from A to B.", [Entity("x", "A", 5, 6), Entity("y", "B", 10, 11)]),
        ("[15](h)[pm](ampm)", "15pm", [Entity("h", "15", 0, 2), Entity("ampm", "pm", 2, 4)]),
        ("see [1] and (2), [me]", "see [1] and (2), [me]", []),
        ("👍 [علی](first name)", "👍 علی", [Entity("first name", "علی", 2, 5)]),
        ('[x]{"entity": "a", "value": "}"} y', "x y", [Entity("a", "}", 0, 1)]),
    ],
)  # fmt: skip
def test_markup(line: str, text: str, entities: list[Entity]) -> None:
    marked = read_markup(line)
    assert marked.text == text
    assert list(marked.entities) == entities


@pytest.mark.parametrize("line", ['[x]{"entity": name}', "[x]{}", '[x]{"entity": "a", "valeu": 1}'])
def test_broken_markup(line: str) -> None:
    with pytest.raises(MarkupError):
        read_markup(line)


@given(st.text(alphabet='[](){}":, abé👍\\', max_size=40))
def test_markup_of_any_line_is_read_or_refused(line: str) -> None:
    try:
        marked = read_markup(line)
    except MarkupError:
        return
    for entity in marked.entities:
        assert 0 <= entity.start < entity.end <= len(marked.text)


@pytest.mark.parametrize("piece", ["[", "[a](", "[a][{", "(a)(", "](", "[a](b", "[a](b:c)", "[]"])
def test_a_long_line_of_brackets_is_read_or_refused(piece: str) -> None:
    line = piece * (100_000 // len(piece))
    try:
        marked = read_markup(line)
    except MarkupError:
        return
    assert len(marked.text) <= len(line)


def test_a_whole_file(tmp_path: Path) -> None:
    data = read(
        tmp_path,
        "\ufeffversion: 3.1\r\nnlu:\r\n"
        "- intent: yes\r\n  metadata: {tone: 1}\r\n  examples: |\r\n    - yes\r\n    -   it's: so # 1\r\n"
        "- intent: faq/hours\r\n  examples:\r\n  - text: |\r\n      two\r\n      lines\r\n    metadata: x\r\n"
        "  - no\r\n"
        "- synonym: no\r\n  examples: |\r\n    - nope\r\n"
        "- regex: zip\r\n  examples: |\r\n    - \\d{5}\r\n"
        "- lookup: city\r\n  examples: |\r\n    - Rome\r\n"
        "stories: []\r\n",
    )
    assert [(e.intent, e.text, e.line) for e in data.examples] == [
        ("yes", "yes", 6), ("yes", "it's: so # 1", 7), ("faq", "two\nlines", 10), ("faq", "no", 14),
    ]  # fmt: skip
    assert data.examples[0].metadata == {"tone": "1"}
    assert data.synonyms == {"nope": "no"}
    assert [p.expression for p in data.patterns] == [r"\d{5}"]
    assert data.lookups == {"city": ["Rome"]}


ITEM = "nlu:\n- intent: a\n  examples: |\n    - x\n"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("nlu:\n- intnet: a\n", 2, ["intnet", "Did you mean 'intent'"]),
        ("nlu:\n- intent: a\n  example: |\n    - x\n", 3, ["example", "Did you mean 'examples'"]),
        ("nul:\n- intent: a\n", 1, ["nul", "Did you mean 'nlu'"]),
        ("nlu: 3\n", 1, ["nlu is the text '3'", "a list"]),
        ("- intent: a\n", 1, ["the file is a list", "a mapping"]),
        ("nlu:\n- hello\n", 2, ["the text 'hello'"]),
        ("nlu:\n- examples: |\n    - x\n", 2, ["intent, synonym, regex, lookup"]),
        ("nlu:\n- intent: a\n  regex: b\n", 2, ["intent and regex"]),
        ("nlu:\n- intent: [a]\n", 2, ["intent is a list"]),
        ("nlu:\n- intent:\n  examples: |\n    - x\n", 2, ["no name"]),
        ("nlu:\n- intent: a\n  examples: {x: 1}\n", 3, ["examples is a mapping"]),
        ("nlu:\n- intent: a\n  examples:\n  - txt: x\n", 4, ["txt", "Did you mean 'text'"]),
        ("nlu:\n- intent: a\n  examples: |\n    - ok\n    - [x]{\"entity\": y}\n", 5, ["not JSON"]),
        ("nlu:\n- regex: a\n  examples: |\n    - (a\n", 4, ["does not compile"]),
        ("nlu:\n- regex: a\n  examples: |\n    - (a+)+$\n", 4, ["could hang"]),
        ("nlu:\n  - intent: a\n - b\n", 3, ["YAML is broken"]),
        ("nlu: [\n", 2, ["YAML is broken"]),
        (ITEM + "nlu: []\n", 5, ["given twice"]),
        ("nlu: \0\n", 1, ["YAML is broken"]),
        (b"nlu:\n- intent: \xff\n", 2, ["not UTF-8"]),
        ("[" * 200_000 + "]" * 200_000, 1, ["nested"]),
    ],
)  # fmt: skip
def test_errors_name_the_place_and_the_remedy(
    tmp_path: Path, text: str | bytes, line: int, words: list[str]
) -> None:
    with pytest.raises(TrainingDataError) as caught:
        read(tmp_path, text)
    assert (caught.value.file, caught.value.line) == ("nlu.yml", line)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("nlu:\n- intent: a\n", "'a' has no examples"),
        ("nlu:\n- intent: a\n  examples: |\n    x\n", "no `- ` before it"),
        ("nlu:\n- intent: a\n  examples: >\n    - x\n    - y\n", "joins lines"),
    ],
)
def test_oddities_are_noticed(tmp_path: Path, text: str, words: str) -> None:
    assert any(words in notice for notice in read(tmp_path, text).notices)


def test_a_project_without_examples(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match="fewer than two intents"):
        read_project(tmp_path)


def test_one_text_in_two_intents_is_noticed(project: Path) -> None:
    more = project / "nlu" / "data" / "z.yml"
    more.write_text("nlu:\n- intent: deny\n  examples: |\n    - Yes\n", "utf-8")
    assert any("deny here and affirm in" in notice for notice in read_project(project).notices)
