"""What is odd or wrong in training data, and with which words it is told."""

from pathlib import Path

import pytest

from nlu.errors import TrainingDataError
from nlu.training.examples import TrainingData
from nlu.training.reader import read_path, read_project, require_intents

Intents = dict[str, list[str]]


def write(project: Path, intents: Intents, more: str = "", domain: str = "") -> Path:
    """A project with these intents, in block form: the first example stands on line 4."""
    folder = project / "nlu" / "data"
    folder.mkdir(parents=True, exist_ok=True)
    items = (
        f"- intent: {name}\n  examples: |\n" + "".join(f"    - {text}\n" for text in texts)
        for name, texts in intents.items()
    )
    (folder / "nlu.yml").write_text("nlu:\n" + "".join(items) + more, "utf-8")
    if domain:
        (project / "domain.yml").write_text(domain, "utf-8")
    return project


def several(word: str, count: int = 4) -> list[str]:
    return [f"{word} {number}" for number in range(count)]


A_B = {"a": several("ay"), "b": several("bee")}

NOTICES: dict[str, tuple[Intents, str, str, str]] = {
    "nothing": (A_B, "", "", ""),
    "twice in an intent": (
        A_B | {"a": ["x", "y", "x"]}, "", "",
        "nlu/data/nlu.yml:6: 'x' is in 'a' before, at nlu/data/nlu.yml:4",
    ),
    "in two intents": (
        {"a": ["x", "y"], "b": ["z", "X"]}, "", "",
        "nlu/data/nlu.yml:9: 'X' is b here and a in nlu/data/nlu.yml:4",
    ),
    "in two answers of a retrieval intent": (
        {"faq/a": ["x", "y"], "faq/b": ["z", "x"], "c": ["v", "w"]},
        "responses: {utter_faq/a: [{text: A}], utter_faq/b: [{text: B}]}\n", "",
        "'x' is faq/b here and faq/a in",
    ),
    "one example": (
        A_B | {"a": ["x"]}, "", "", "nlu/data/nlu.yml:4: intent 'a' has one example",
    ),
    "imbalance": (
        {"a": several("ay", 30), "b": several("bee", 3)}, "", "",
        "imbalance: 'a' has 30 examples, 10 times as many as 'b' (3)",
    ),
    "a large out of scope is none": (
        {"out_of_scope": several("ay", 30), "b": several("bee", 3), "c": several("c", 3)},
        "", "", "",
    ),
    "unknown to the domain": (
        A_B, "", "intents: [a]\n", "nlu/data/nlu.yml:10: intent 'b' is not in the domain",
    ),
    "known to the domain alone": (
        A_B, "", "intents: [a, b, c, nlu_fallback, out_of_scope, session_start, restart, back]\n",
        "domain.yml: intent 'c' of the domain has no examples",
    ),
    "entity unknown to the domain": (
        A_B | {"a": ["to [Rome](city)", "to [Oslo](city)"]}, "", "intents: [a, b]\nentities: []\n",
        "nlu/data/nlu.yml:4: entity 'city' is not in the domain",
    ),
    "marked and not marked": (
        A_B | {"a": ["to [New York](city)", "new york, please"]}, "", "",
        "nlu/data/nlu.yml:5: 'new york' is not marked here, and is marked 'city' in "
        "nlu/data/nlu.yml:4",
    ),
    "another word in another intent": (
        {"a": ["I am [Will](name)", "it is [Hope](name)"], "b": ["will it", "hope so"]}, "", "", "",
    ),
    "the same word in another intent": (
        {"a": ["fly to [Rome](city)", "[Oslo](city)"], "b": ["hotel in Rome", "train"]}, "", "",
        "'Rome' is not marked here",
    ),
    "part of a longer entity": (
        A_B | {"a": ["[York](city)", "[New York](city)"]}, "", "", "",
    ),
    "marked as two": (
        A_B | {"a": ["[May](month)", "in [may](month)", "for [May](name)"]}, "", "",
        "nlu/data/nlu.yml:6: 'May' is marked 'name' here and 'month' in nlu/data/nlu.yml:4",
    ),
    "synonym without use": (
        A_B, "- synonym: large\n  examples: |\n    - huge\n", "",
        "synonym 'large' is of no use: no entity is ever 'huge'",
    ),
    "synonym of a lookup": (
        A_B, "- synonym: large\n  examples: |\n    - huge\n"
        "- lookup: size\n  examples: |\n    - Huge\n", "", "",
    ),
    "synonym of a regex": (
        A_B, "- synonym: large\n  examples: |\n    - huge\n"
        "- regex: size\n  examples: |\n    - hu\\w+\n", "", "",
    ),
    "synonym with two values": (
        A_B | {"a": ["[NYC](city:New York)", "to [NYC](city:Newark)"]}, "", "",
        "nlu/data/nlu.yml:5: 'NYC' stands for 'Newark' here and for 'New York' before",
    ),
    "retrieval intent without a response": (
        A_B | {"faq/x": several("ex")}, "", "",
        "nlu/data/nlu.yml:16: no response 'utter_faq/x' answers this intent",
    ),
    "unknown key": (A_B, "color: red\n", "", "unknown key 'color' is passed over"),
    "two slashes": (
        A_B | {"faq/x/y": several("ex")}, "responses: {utter_faq/x/y: [{text: A}]}\n", "",
        "has more than one `/`",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("intents", "more", "domain", "notice"), NOTICES.values(), ids=list(NOTICES)
)
def test_one_notice(tmp_path: Path, intents: Intents, more: str, domain: str, notice: str) -> None:
    notices = read_project(write(tmp_path, intents, more, domain)).notices
    assert len(notices) == (1 if notice else 0), notices
    assert notice in "".join(notices)


def test_one_text_in_two_languages_is_no_contradiction(tmp_path: Path) -> None:
    write(tmp_path, A_B)
    text = "".join(
        f"- intent: {intent}\n  metadata: {{language: {language}}}\n  examples: |\n    - no\n"
        "    - x y\n"
        for intent, language in (("a", "es"), ("b", "pt"), ("a", "it"))
    )
    (tmp_path / "nlu" / "data" / "more.yml").write_text("nlu:\n" + text, "utf-8")
    assert read_project(tmp_path).notices == []


def test_notices_are_few_however_many_oddities_there_are(tmp_path: Path) -> None:
    bad = "nlu:\n- intent: a\n  examples: |\n" + "    stray\n" * 1000 + "    - x\n    - x\n" * 500
    folder = tmp_path / "nlu" / "data"
    folder.mkdir(parents=True)
    (folder / "nlu.yml").write_text(bad + "- intent: b\n  examples: |\n    - y\n    - z\n", "utf-8")
    notices = read_project(tmp_path).notices
    assert len(notices) < 20
    assert "nlu/data/nlu.yml:1003: and 995 more lines without `- `" in notices
    assert any("and 994 more examples given twice in an intent" in n for n in notices)


def test_one_intent_is_not_enough(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError) as caught:
        read_project(write(tmp_path, {"greet": ["hi"]}))
    assert "fewer than two intents have examples: only 'greet' has" in str(caught.value)
    assert (caught.value.file, caught.value.line) == ("nlu/data/nlu.yml", 4)


def test_no_examples_at_all(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match=r"below nlu/data"):
        read_project(tmp_path)
    with pytest.raises(TrainingDataError, match="fewer than two intents"):
        require_intents(TrainingData())


def test_a_thousand_intents(tmp_path: Path) -> None:
    data = read_project(write(tmp_path, {f"i{n}": several(f"w{n}", 2) for n in range(1000)}))
    assert len(data.intents()) == 1000
    assert any("1000 intents" in notice for notice in data.notices)


BROKEN: dict[str, tuple[str, str | bytes, int, str]] = {
    "utf-16": ("x.yml", "nlu: []".encode("utf-16"), 1, "UTF-16"),
    "latin-1": ("x.md", "## intent:a\n- caf\xe9\n".encode("latin-1"), 2, "not UTF-8"),
    "binary": ("x.yml", b"nlu:\n- \x00\x01\x02", 2, "YAML is broken"),
    "control characters": ("x.yml", "nlu:\n\n- intent: \x07\n", 3, "'\\x07'"),
    "tabs": ("x.yml", "nlu:\n\t- intent: a\n", 2, "spaces for indentation"),
    "colon in a list": ("x.yml", "nlu:\n- intent: a\n  examples:\n  - what: so\n", 4, "quotes"),
    "two colons": ("x.yml", "nlu:\n- intent: a: b\n", 2, "quotes around a text with a colon"),
    "two documents": ("x.yml", "nlu: []\n---\nnlu: []\n", 2, "second document"),
    "unknown alias": ("x.yml", "nlu: *x\n", 1, "x"),
    "alias of itself": ("x.yml", "nlu: &x\n- *x\n", 2, "holds itself"),
    "key twice": ("x.yml", "nlu:\n- intent: a\n  intent: b\n", 3, "'intent' is given twice"),
    "key twice in metadata": (
        "x.yml", "nlu:\n- intent: a\n  metadata: {x: 1, x: 2}\n", 3, "'x' is given twice",
    ),
    "top key misspelt": ("x.yml", "response: {}\n", 1, "Did you mean 'responses'"),
    "no name in Markdown": ("x.md", "\n## intent:\n- x\n", 2, "intent has no name"),
    "regex in Markdown": ("x.md", "## regex:a\n- (a\n", 2, "does not compile"),
    "JSON": ("x.json", '{"rasa_nlu_data":\n {"common_examples": [}}', 2, "JSON is broken"),
    "deep JSON": ("x.json", "[" * 100_000, 1, "nested too deep"),
    "large number in JSON": ("x.json", "9" * 5000, 1, "JSON is broken"),
    "key twice in JSON": ("x.json", '{\n "a": 1, "a": 2}', 1, "'a' is given twice"),
    "offsets in JSON": (
        "x.json",
        '{"rasa_nlu_data": {"common_examples": [\n {"text": "hi", "intent": "a",\n'
        '  "entities": [{"start": 0, "end": 3, "entity": "x", "value": "y"}]}]}}',
        3, "0 to 3 of a text of 2 characters",
    ),
    "no list in JSON": ("x.json", '{"rasa_nlu_data": {"common_examples": {}}}', 1, "not a list"),
    "no text in JSON": (
        "x.json", '{"rasa_nlu_data": {"common_examples": [\n{"intent": "a"}]}}', 2, "'text'",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "content", "line", "words"), BROKEN.values(), ids=list(BROKEN))
def test_errors_name_file_line_and_cure(
    tmp_path: Path, name: str, content: str | bytes, line: int, words: str
) -> None:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(TrainingDataError) as caught:
        read_path(tmp_path)
    assert (caught.value.file, caught.value.line) == (name, line)
    assert words in str(caught.value)
    assert caught.value.expected


def test_aliases_of_aliases_are_refused(tmp_path: Path) -> None:
    lines = ["a0: &a0 [" + ", ".join(["x" * 100] * 9) + "]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    (tmp_path / "bomb.yml").write_text("\n".join(lines) + "\nnlu: *a29\n", "utf-8")
    with pytest.raises(TrainingDataError, match="aliases make the file too large"):
        read_path(tmp_path)


def test_a_chain_of_aliases_is_nested_too_deep(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 5000))]
    more = "nlu:\n- intent: a\n  metadata: *a4999\n"
    (tmp_path / "chain.yml").write_text("\n".join(lines) + "\n" + more, "utf-8")
    with pytest.raises(TrainingDataError, match="nested"):
        read_path(tmp_path)


def test_aliases_in_reason_are_read(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text(
        "nlu:\n- intent: a\n  metadata: &en {language: en}\n  examples: &same |\n    - x\n"
        "- intent: b\n  metadata: *en\n  examples: *same\n",
        "utf-8",
    )
    data = read_path(tmp_path)
    assert [(e.intent, e.text, e.language) for e in data.examples] == [
        ("a", "x", "en"),
        ("b", "x", "en"),
    ]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "domain.yml").mkdir()
    (tmp_path / "nlu.yml").mkdir()
    with pytest.raises(TrainingDataError, match="fewer than two"):
        read_project(tmp_path)


def test_where_intents_are_missing_what_was_passed_over_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "nlu.yml").write_text("just text\n", "utf-8")
    with pytest.raises(TrainingDataError, match=r"two intents .*data/nlu\.yml: the file holds no"):
        read_project(tmp_path)
