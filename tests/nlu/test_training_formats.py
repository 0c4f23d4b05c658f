"""Each peculiarity of Rasa's training data, in YAML, Markdown and JSON, and what comes of it.

The names of the cases are the numbers and words under which they are documented.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.engine.parse import Entity
from nlu.errors import TrainingDataError
from nlu.training.examples import TrainingData
from nlu.training.reader import data_files, read_file, read_path, read_project


def read(tmp_path: Path, text: str | bytes, name: str = "nlu.yml") -> TrainingData:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    data = TrainingData()
    read_file(path, data, shown_as=name)
    return data


def block(*lines: str, head: str = "intent: a") -> str:
    """A YAML file with one item of nlu in block form."""
    return f"nlu:\n- {head}\n  examples: |\n" + "".join(f"    {line}\n" for line in lines)


def texts(data: TrainingData) -> list[str]:
    return [example.text for example in data.examples]


@dataclass(frozen=True)
class Case:
    """A file and what is read from it; what is None is not looked at."""

    file: str
    texts: list[str] | None = None
    entities: list[Entity] | None = None
    intents: list[str] | None = None
    synonyms: dict[str, str] | None = None
    notices: tuple[str, ...] = field(default=())


CITY = Entity("city", "Berlin", 0, 6)

YAML = {
    "01-block": Case(block("- hi", "-  hello \t", "-bye"), ["hi", "hello", "bye"]),
    "02-no-dash": Case(
        block("- hi", "there", "  - deeper", "- bye"), ["hi", "bye"],
        notices=("nlu.yml:5: skipped 'there': no `- `", "nlu.yml:6: skipped '- deeper'"),
    ),
    "03-short-entity": Case(block("- [Berlin](city)"), ["Berlin"], [CITY], synonyms={}),
    "04-old-value": Case(
        block("- [NYC](city:New York)"), ["NYC"], [Entity("city", "New York", 0, 3)],
        synonyms={"NYC": "New York"},
    ),
    "05-json-entity": Case(
        block('- my [credit card]{"entity": "account", "value": "credit"}'), ["my credit card"],
        [Entity("account", "credit", 3, 14)], synonyms={"credit card": "credit"},
    ),
    "06-role": Case(
        block('- [LAX]{"entity": "iata", "role": "from"}'), ["LAX"],
        [Entity("iata", "LAX", 0, 3, role="from")],
    ),
    "07-group": Case(
        block('- [small]{"entity": "size", "group": "1"}'), ["small"],
        [Entity("size", "small", 0, 5, group="1")],
    ),
    "08-role-group-value": Case(
        block('- [LA]{"entity":"city","role":"to","group":"1","value":"Los Angeles"}'), ["LA"],
        [Entity("city", "Los Angeles", 0, 2, role="to", group="1")],
    ),
    "09-several": Case(
        block("- from [A](city) to [B](city)"), ["from A to B"],
        [Entity("city", "A", 5, 6), Entity("city", "B", 10, 11)],
    ),
    "10-adjacent": Case(
        block("- [15](h)[pm](ampm)"), ["15pm"],
        [Entity("h", "15", 0, 2), Entity("ampm", "pm", 2, 4)],
    ),
    "10-two-on-one-span": Case(
        block('- [ABC][{"entity": "a"}, {"entity": "b", "role": "r"}] x'), ["ABC x"],
        [Entity("a", "ABC", 0, 3), Entity("b", "ABC", 0, 3, role="r")],
    ),
    "12-plain-brackets": Case(
        block("- see [1] and (2)", "- [me]", "- [a][b]", "- [ ] todo"),
        ["see [1] and (2)", "[me]", "[a][b]", "[ ] todo"], [],
    ),
    "12-link": Case(
        block("- see [this](https://example.org/x)"), ["see [this](https://example.org/x)"], [],
        notices=("marks nothing",),
    ),
    "13-nested-brackets": Case(block("- [a[b]](x)"), ["[a[b]](x)"], []),
    "14-extended": Case(
        "nlu:\n- intent: a\n  examples:\n  - text: |\n      hi\n    metadata: {mood: good}\n",
        ["hi"],
    ),
    "15-several-lines": Case(
        "nlu:\n- intent: a\n  examples:\n  - text: |\n      Hello,\n      my name is Ann\n",
        ["Hello,\nmy name is Ann"],
    ),
    "19-multi-intent": Case(block("- yes do", head="intent: affirm+join"), intents=["affirm+join"]),
    "20-synonym": Case(
        block("- credit card", "- the plastic", head="synonym: credit"), [],
        synonyms={"credit card": "credit", "the plastic": "credit"},
    ),
    "24-all-in-one": Case(
        block("- hi") + "stories: [{story: s, steps: []}]\nrules: []\nintents: [a]\nslots: {}\n"
        "entities: []\nactions: []\nforms: {}\nsession_config: {x: 1}\ne2e_actions: []\n",
        ["hi"],
    ),
    "26-version-text": Case('version: "2.0"\n' + block("- hi"), ["hi"]),
    "26-version-number": Case("version: 3.1\n" + block("- hi"), ["hi"]),
    "26-version-odd": Case("version: [x]\n" + block("- hi"), ["hi"]),
    "27-no-examples": Case("nlu:\n- intent: a\n", [], notices=("'a' has no examples",)),
    "27-null-examples": Case(
        "nlu:\n- intent: a\n  examples:\n", [], notices=("'a' has no examples",)
    ),
    "27-empty-block": Case(
        "nlu:\n- intent: a\n  examples: |\n", [], notices=("'a' has no examples",)
    ),
    "27-nlu-null": Case("nlu:\n", [], notices=("nlu.yml:1: `nlu:` is empty",)),
    "28-list-of-texts": Case(
        "nlu:\n- intent: a\n  examples:\n  - hi\n  - 'it''s [Berlin](city)'\n",
        ["hi", "it's Berlin"], [Entity("city", "Berlin", 5, 11)],
    ),
    "29-folded": Case(
        "nlu:\n- intent: a\n  examples: >\n    - x\n    - y\n", ["x - y"],
        notices=("nlu.yml:3: `>` joins lines",),
    ),
    "30-comment-in-block": Case(
        block("# old ones", "- hi"), ["hi"], notices=("nlu.yml:4: skipped '# old ones'",)
    ),
    "31-blank": Case(block("-", "- ", "", "- hi", "- \u00a0"), ["hi"]),
    "32-nbsp": Case(block("-\u00a0hi\u00a0", "\u00a0- you\u00a0there"), ["hi", "you\u00a0there"]),
    "32-bom-crlf": Case("\ufeff" + block("- hi", "- yo").replace("\n", "\r\n"), ["hi", "yo"]),
    "32-tabs": Case(block("-\thi\t", "\t- yo"), ["hi", "yo"]),
    "32-other-breaks": Case(block("- a\u2028b", "- c\x85d", "- e"), ["a b", "c d", "e"]),
    "33-emoji": Case(
        block("- 👍🏽 [علی](name) e\u0301"), ["👍🏽 علی e\u0301"], [Entity("name", "علی", 3, 6)]
    ),
    "33-right-to-left": Case(block("- بله"), ["بله"]),
    "34-words-of-yaml": Case(
        "nlu:\n" + "".join(
            f"- intent: {name}\n  examples:\n  - text: 12\n  - {name}\n"
            for name in ("yes", "no", "on", "off", "null", "1", "2020-01-01", "1.50", "true")
        ),
        intents=sorted(("yes", "no", "on", "off", "null", "1", "2020-01-01", "1.50", "true")),
    ),
    "34-synonym-no": Case(block("- nope", head="synonym: no"), synonyms={"nope": "no"}),
    "35-quotes-and-colons": Case(
        block('- "ok": fine', "- it's", "- what is: this", "- a # b", "- {x: 1}"),
        ['"ok": fine', "it's", "what is: this", "a # b", "{x: 1}"],
    ),
    "37-several-blocks": Case(block("- x") + block("- y").removeprefix("nlu:\n"), ["x", "y"]),
    "40-special-intents": Case(
        "nlu:\n" + "".join(
            f"- intent: {name}\n  examples: |\n    - {name} x\n"
            for name in ("back", "nlu_fallback", "out_of_scope", "restart", "session_start")
        ),
        intents=["back", "nlu_fallback", "out_of_scope", "restart", "session_start"],
    ),
    "42-end-to-end-story": Case(
        "stories:\n- story: s\n  steps:\n  - user: |\n      hi [Berlin](city)\n    intent: a\n", []
    ),
    "43-names-of-entities": Case(
        block("- [x](first name) [y](город)"), ["x y"],
        [Entity("first name", "x", 0, 1), Entity("город", "y", 2, 3)],
    ),
    "44-flows": Case("flows:\n  f:\n    steps:\n    - action: x\n", [], notices=()),
}  # fmt: skip

MARKDOWN = {
    "intent": Case("## intent:greet\n- hi\n", ["hi"], intents=["greet"]),
    "intent-space": Case("## intent: greet\n- hi\n", intents=["greet"]),
    "intent-no-space": Case("##intent:greet\n- hi\n", intents=["greet"]),
    "bullets": Case(
        "## intent:a\n- a\n* b\n+ c\n1. d\n2) e\n  - f\n-g\n", ["a", "b", "c", "d", "e", "f", "g"]
    ),
    "rule-is-no-example": Case("## intent:a\n- x\n\n---\n***\n", ["x"]),
    "comments": Case(
        "<!-- ## intent:z\n- z -->\n## intent:a <!-- c -->\n- x <!-- y -->\n<!-- - no -->\n- w\n",
        ["x", "w"], intents=["a"],
    ),
    "open-comment": Case("## intent:a\n- x <!-- y\n", ["x <!-- y"]),
    "value-form": Case(
        "## intent:a\n- to [NYC](city:New York)\n", ["to NYC"],
        [Entity("city", "New York", 3, 6)], synonyms={"NYC": "New York"},
    ),
    "json-form": Case(
        '## intent:a\n- [LAX]{"entity": "iata", "role": "from"}\n', ["LAX"],
        [Entity("iata", "LAX", 0, 3, role="from")],
    ),
    "synonym": Case("## synonym:New York\n- NYC\n- nyc\n",
        synonyms={"NYC": "New York", "nyc": "New York"}),
    "typo-round": Case(
        "## intent:a\n- I am (Igor)(name)\n", ["I am (Igor)(name)"], [],
        notices=("nlu.md:2: '(Igor)(name)' marks nothing",),
    ),
    "typo-square": Case(
        "## intent:a\n- [425](number]\n", ["[425](number]"], [],
        notices=("nlu.md:2: '[425](number]' marks nothing",),
    ),
    "empty-intent": Case("## intent:a\n\n## intent:b\n- x\n", ["x"],
        notices=("nlu.md:1: intent 'a' has no examples",)),
    "other-headings": Case("# NLU\nprose\n## intent:a\n- x\n## More\n- not this\n", ["x"]),
    "no-bullet": Case("## intent:a\n- x\nstray\n", ["x"], notices=("nlu.md:3: skipped 'stray'",)),
    "crlf": Case("## intent:a\r\n- x\r\n", ["x"]),
    "yaml-inside": Case("version: '2.0'\n" + block("- hi"), ["hi"]),
    "stories": Case("## happy path\n* greet\n  - utter_greet\n* inform{\"a\": 1}\n", []),
    "prose": Case("# Read me\n\n- a list\n", []),
}  # fmt: skip


@pytest.mark.parametrize("case", [pytest.param(c, id=name) for name, c in YAML.items()])
def test_yaml(tmp_path: Path, case: Case) -> None:
    _compare(read(tmp_path, case.file), case)


@pytest.mark.parametrize("case", [pytest.param(c, id=name) for name, c in MARKDOWN.items()])
def test_markdown(tmp_path: Path, case: Case) -> None:
    _compare(read(tmp_path, case.file, "nlu.md"), case)


def _compare(data: TrainingData, case: Case) -> None:
    for example in data.examples:
        for e in example.entities:
            assert 0 <= e.start < e.end <= len(example.text)
    if case.texts is not None:
        assert texts(data) == case.texts
    if case.entities is not None:
        assert [e for example in data.examples for e in example.entities] == case.entities
    if case.intents is not None:
        assert data.intents() == case.intents
    if case.synonyms is not None:
        assert data.synonyms == case.synonyms
    assert len(data.notices) == len(case.notices), data.notices
    for words in case.notices:
        assert any(words in notice for notice in data.notices), data.notices


@pytest.mark.parametrize("name", ["nlu.yml", "nlu.md"], ids=["11-yaml", "11-markdown"])
def test_bad_json_in_an_entity_names_file_and_line(tmp_path: Path, name: str) -> None:
    line = '[x]{"entity": name}'
    file = block("- ok", f"- {line}") if name == "nlu.yml" else f"## intent:a\n- ok\n\n\n- {line}\n"
    with pytest.raises(TrainingDataError) as caught:
        read(tmp_path, file, name)
    assert (caught.value.file, caught.value.line) == (name, 5)
    assert "not JSON" in str(caught.value)
    assert '[text]{"entity": "name"}' in str(caught.value)


def test_14_and_16_metadata(tmp_path: Path) -> None:
    data = read(
        tmp_path,
        "nlu:\n- intent: a\n  metadata: {language: no, tags: [x, 1]}\n  examples:\n"
        "  - text: hei\n  - text: ja\n    metadata: {sentiment: neutral}\n"
        "- intent: b\n  metadata: free text\n  examples: |\n    - x\n",
    )
    assert [e.metadata for e in data.examples] == [
        {"language": "no", "tags": ["x", "1"]},
        {"language": "no", "tags": ["x", "1"], "sentiment": "neutral"},
        "free text",
    ]
    assert [e.language for e in data.examples] == ["no", "no", None]


def test_17_retrieval_intents(tmp_path: Path) -> None:
    data = read(tmp_path, block("- who are you", head="intent: chitchat/ask_name"))
    example = data.examples[0]
    assert (example.intent, example.response_key) == ("chitchat", "chitchat/ask_name")
    assert data.intents() == ["chitchat"]
    assert read(tmp_path, block("- hi")).examples[0].response_key is None


def test_18_responses_join_those_of_the_domain(project: Path) -> None:
    (project / "nlu" / "data" / "faq.yml").write_text(
        block("- open?", "- hours?", head="intent: faq/hours")
        + "responses:\n  utter_faq/hours:\n  - text: From 9.\n    image: x.png\n  - text: no\n"
        "  utter_both:\n  - text: here\n",
        "utf-8",
    )
    (project / "domain.yml").write_text(
        "responses:\n  utter_greet:\n  - text: Hi\n    buttons:\n    - {title: Yes, payload: 1}\n"
        "  utter_both:\n  - text: there\n  - text: here\n",
        "utf-8",
    )
    data = read_project(project)
    assert data.responses == {
        "utter_faq/hours": [{"text": "From 9.", "image": "x.png"}, {"text": "no"}],
        "utter_both": [{"text": "here"}, {"text": "there"}],
        "utter_greet": [{"text": "Hi", "buttons": [{"title": "Yes", "payload": 1}]}],
    }
    assert any("'utter_both' is given more than once" in notice for notice in data.notices)


def test_21_regexes_keep_their_backslashes(tmp_path: Path) -> None:
    data = read(tmp_path, block(r"- \d{5}", r"- \b\w{3}\b", head="regex: zip"))
    assert [(p.name, p.expression, p.line) for p in data.patterns] == [
        ("zip", r"\d{5}", 4),
        ("zip", r"\b\w{3}\b", 5),
    ]
    marked = read(tmp_path, "## regex:zip\n- \\d{5}\n", "nlu.md")
    assert [p.expression for p in marked.patterns] == [r"\d{5}"]


def test_22_lookup_in_the_file(tmp_path: Path) -> None:
    assert read(tmp_path, block("- Paris", "- Rome", head="lookup: place")).lookups == {
        "place": ["Paris", "Rome"]
    }
    assert read(tmp_path, "## lookup:place\n- Paris\n* Rome\n", "nlu.md").lookups == {
        "place": ["Paris", "Rome"]
    }


LOOKUPS = {
    "markdown": ("x.md", "## lookup:city\nlists/city.txt\n"),
    "yaml": ("x.yml", "nlu:\n- lookup: city\n  examples: lists/city.txt\n"),
    "yaml-block": ("x.yml", "nlu:\n- lookup: city\n  examples: |\n    lists/city.txt\n"),
    "json": (
        "x.json",
        '{"rasa_nlu_data": {"lookup_tables": [{"name": "city", "elements": "lists/city.txt"}]}}',
    ),
}


@pytest.mark.parametrize(("name", "text"), LOOKUPS.values(), ids=[f"23-{k}" for k in LOOKUPS])
def test_lookup_files(project: Path, name: str, text: str) -> None:
    (project / "lists").mkdir()
    (project / "lists" / "city.txt").write_bytes("\ufeffOslo\r\n\r\n São Paulo \r\n".encode())
    (project / "nlu" / "data" / name).write_text(text, "utf-8")
    assert read_project(project).lookups["city"][-2:] == ["Oslo", "São Paulo"]
    assert project / "lists" / "city.txt" in data_files(project)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("../secret.txt", "outside of the project"),
        ("/etc/hosts.txt", "outside of the project"),
        ("lists/link.txt", "outside of the project"),
        ("lists/none.txt", "is not there"),
        ("lists/folder.txt", "is not there"),
        ('"a\\0b.txt"', "cannot be read"),
    ],
)
def test_a_lookup_file_lies_in_the_project(project: Path, written: str, words: str) -> None:
    secret = project.parent / "secret.txt"
    secret.write_text("secret\n", "utf-8")
    (project / "lists").mkdir()
    (project / "lists" / "folder.txt").mkdir()
    (project / "lists" / "link.txt").symlink_to(secret)
    path = project / "nlu" / "data" / "x.yml"
    path.write_text(f"nlu:\n- lookup: city\n  examples: {written}\n", "utf-8")
    with pytest.raises(TrainingDataError, match=words) as caught:
        read_project(project)
    assert (caught.value.file, caught.value.line) == ("nlu/data/x.yml", 3)
    assert all(file.is_relative_to(project) for file in data_files(project))


def test_25_and_39_the_domain_in_parts(project: Path) -> None:
    (project / "domain" / "more").mkdir(parents=True)
    (project / "domain.yml").write_text(
        "intents:\n- affirm\n- inform_city: {use_entities: []}\nentities: [city]\n", "utf-8"
    )
    (project / "domain" / "a.yml").write_text(
        "intents:\n- deny: {ignore_entities: [city]}\n- affirm\n- chat: {is_retrieval_intent: true}\n",
        "utf-8",
    )
    (project / "domain" / "more" / "b.yaml").write_text(
        "entities:\n- size: {roles: [a], groups: ['1']}\nslots: {x: {type: text}}\n", "utf-8"
    )
    data = read_project(project)
    assert data.domain.intents == {
        "affirm": {},
        "inform_city": {"use_entities": []},
        "deny": {"ignore_entities": ["city"]},
        "chat": {"is_retrieval_intent": True},
    }
    assert set(data.domain.entities) == {"city", "size"}
    assert data.domain.files == ["domain.yml", "domain/a.yml", "domain/more/b.yaml"]
    assert any("domain/a.yml:3: 'affirm' is listed more" in notice for notice in data.notices)
    assert {project / name for name in data.domain.files} <= set(data_files(project))


def test_responses_of_an_old_domain(project: Path) -> None:
    (project / "domain.yml").write_text(
        "templates:\n  utter_a:\n  - just text\n  - text: 12\n    condition: [{value: 12}]\n",
        "utf-8",
    )
    assert read_project(project).responses == {
        "utter_a": [{"text": "just text"}, {"text": "12", "condition": [{"value": 12}]}]
    }


def test_37_one_intent_in_several_files_and_formats(project: Path) -> None:
    folder = project / "nlu" / "data" / "more"
    folder.mkdir()
    (folder / "a.yaml").write_text(block("- aye aye", head="intent: affirm"), "utf-8")
    (folder / "b.md").write_text("## intent:affirm\n- you bet\n", "utf-8")
    (folder / "c.json").write_text(
        '{"rasa_nlu_data": {"common_examples": [{"text": "by all means", "intent": "affirm"}]}}',
        "utf-8",
    )
    affirms = [e.text for e in read_project(project).examples if e.intent == "affirm"]
    assert affirms[:3] == ["aye aye", "you bet", "by all means"]
    assert len(affirms) == 6


def test_44_a_project_of_flows_alone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "flows.yml").write_text("flows:\n  f: {steps: []}\n", "utf-8")
    assert read_project(tmp_path).examples == []


def test_markdown_retrieval_intents_and_their_answers(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "core").mkdir(parents=True)
    (folder / "nlu.md").write_text(
        "## intent: faq/hours\n- open?\n- hours?\n## intent:greet\n- hi\n- hello\n", "utf-8"
    )
    (folder / "responses.md").write_text(
        "## asks for the hours\n* faq/hours\n  - From 9.\n  - Till 5.\n", "utf-8"
    )
    (folder / "core" / "stories.md").write_text(
        "## some story\n* faq/hours\n  - respond_faq\n* greet\n  - utter_greet\n", "utf-8"
    )
    data = read_project(tmp_path)
    assert data.responses == {"utter_faq/hours": [{"text": "From 9."}, {"text": "Till 5."}]}
    assert [e.response_key for e in data.examples] == ["faq/hours"] * 2 + [None] * 2


def json_file(**content: Any) -> str:
    return json.dumps({"rasa_nlu_data": content}, indent=1)


def test_json(tmp_path: Path) -> None:
    data = read(
        tmp_path,
        json_file(
            common_examples=[
                {
                    "text": "👍 to NYC",
                    "intent": "inform",
                    "entities": [
                        {"start": 5, "end": 8, "value": "New York", "entity": "city", "role": "to"}
                    ],
                },
                {"text": "hi", "intent": "greet", "entities": []},
                {"text": "hours?", "intent": "faq/hours"},
                {"text": "nothing", "intent": ""},
            ],
            regex_features=[{"name": "zip", "pattern": "[0-9]{5}"}],
            lookup_tables=[{"name": "city", "elements": ["Oslo", " Rome "]}],
            entity_synonyms=[{"value": "Los Angeles", "synonyms": ["LA", "L.A."]}],
        ),
        "nlu.json",
    )
    assert [(e.text, e.intent, e.response_key) for e in data.examples] == [
        ("👍 to NYC", "inform", None),
        ("hi", "greet", None),
        ("hours?", "faq", "faq/hours"),
    ]
    assert data.examples[0].entities == (Entity("city", "New York", 5, 8, role="to"),)
    assert data.examples[1].line == 17
    assert data.synonyms == {"NYC": "New York", "LA": "Los Angeles", "L.A.": "Los Angeles"}
    assert [(p.name, p.expression) for p in data.patterns] == [("zip", "[0-9]{5}")]
    assert data.lookups == {"city": ["Oslo", "Rome"]}
    assert len(data.notices) == 1
    assert "'nothing': it has no intent" in data.notices[0]


def test_json_of_other_programs_is_passed_over(tmp_path: Path) -> None:
    data = read(tmp_path, '{"a": [1]}', "x.json")
    assert data.examples == []
    assert "no training data" in data.notices[0]


def test_a_file_or_a_folder_alone(project: Path) -> None:
    whole = read_path(project / "nlu" / "data")
    assert whole.examples == read_path(project / "nlu" / "data").examples
    assert texts(whole) == texts(read_path(project / "nlu" / "data" / "nlu.yml"))
