"""Whole projects: where training data lie, which files count, and projects of other people."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.errors import TrainingDataError
from nlu.training.examples import TrainingData
from nlu.training.reader import data_files, read_file, read_path, read_project

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("PARLEY_SHARED", ROOT.parent / "shared"))  # noqa: TID251
COLLECTION = SHARED / "nlu" / "rasa_projects"
NLU = "nlu:\n- intent: a\n  examples: |\n    - x\n    - y\n- intent: b\n  examples: |\n    - z\n    - w\n"


def projects() -> list[Path]:
    """Every folder of the collection that is one project: it holds `data`, or a file `nlu.yml`."""
    folders = [path for path in sorted(COLLECTION.rglob("*")) if path.is_dir()]
    return [p for p in folders if (p / "data").is_dir() or (p / "nlu.yml").is_file()]


@pytest.mark.skipif(not COLLECTION.is_dir(), reason=f"no projects of others in {COLLECTION}")
@pytest.mark.parametrize(
    "project", [pytest.param(p, id=str(p.relative_to(COLLECTION))) for p in projects()]
)
def test_a_real_project_loads(project: Path) -> None:
    data = read_project(project)
    assert len(data.intents()) >= 2
    assert all(e.text.strip() and e.intent for e in data.examples)
    assert all(0 <= s.start < s.end <= len(e.text) for e in data.examples for s in e.entities)
    assert len(data.notices) < 60


@pytest.mark.skipif(not COLLECTION.is_dir(), reason=f"no projects of others in {COLLECTION}")
def test_every_file_of_the_real_projects_is_read_or_passed_over() -> None:
    for folder in sorted(COLLECTION.iterdir()):
        assert read_path(folder).examples


def put(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def names(project: Path) -> list[str]:
    return [path.relative_to(project).as_posix() for path in data_files(project)]


def test_a_project_of_rasa_2_with_all_that_lies_beside_training_data(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "config.yml": "language: en\npipeline: []\npolicies:\n- name: RulePolicy\n",
            "credentials.yml": "rest:\n",
            "endpoints.yml": "nlg: {url: 'http://localhost'}\n",
            "domain.yml": "version: '2.0'\nintents: [a, b]\n",
            "data/nlu/nlu.yml": "version: '2.0'\n" + NLU,
            "data/stories/stories.yml": "version: '2.0'\nstories:\n- story: s\n  steps: []\n",
            "data/rules.yml": "rules:\n- rule: r\n  steps: []\n",
            "data/flows.yml": "flows:\n  f: {steps: []}\n",
            "data/settings.json": '{"a": 1}',
            "data/table.csv": "a,b\n",
            "tests/test_nlu.yml": "nlu:\n- intent: c\n  examples: |\n    - not for training\n",
        },
    )
    data = read_project(tmp_path)
    assert data.intents() == ["a", "b"]
    assert data.notices == ["data/settings.json: the file holds no training data: it has no "
                            "'rasa_nlu_data'"]  # fmt: skip
    assert names(tmp_path) == [
        "data/flows.yml",
        "data/nlu/nlu.yml",
        "data/rules.yml",
        "data/settings.json",
        "data/stories/stories.yml",
        "domain.yml",
    ]


def test_settings_that_lie_among_training_data_are_passed_over(tmp_path: Path) -> None:
    put(
        tmp_path / "nlu" / "data",
        {
            "nlu.yml": NLU,
            "config.yml": "language: en\npipeline: []\n",
            "credentials.yml": "facebook:\n  verify: x\nrest:\n",
            "endpoints.yml": "nlg: {url: 'http://localhost'}\naction_endpoint: {url: x}\n",
            "domain.yml": "intents: [a]\nresponses:\n  utter_x:\n  - text: hi\n",
            "list.yml": "- a\n- b: c\n",
            "text.yml": "hello\n",
            "README.md": "# How we write examples\n\n- short\n",
        },
    )
    data = read_project(tmp_path)
    assert data.intents() == ["a", "b"]
    assert len(data.notices) == 2
    assert all("holds no training data" in notice for notice in data.notices)


def test_the_projects_own_folder_goes_before_rasas(tmp_path: Path) -> None:
    put(tmp_path, {"nlu/data/a.yml": NLU, "data/b.yml": NLU.replace("x", "other")})
    assert names(tmp_path) == ["nlu/data/a.yml"]


def test_a_file_named_nlu_is_enough(tmp_path: Path) -> None:
    put(tmp_path, {"src/nlu.md": "## intent:a\n- x\n## intent:b\n- y\n", "other.md": "## intent:c"})
    assert names(tmp_path) == ["src/nlu.md"]
    assert read_project(tmp_path).intents() == ["a", "b"]


def test_files_count_in_a_fixed_order_and_hidden_ones_do_not(tmp_path: Path) -> None:
    put(
        tmp_path / "nlu" / "data",
        {"b.yml": NLU, "a/z.md": "", "a.json": "{}", "C.YAML": "", ".git/x.yml": NLU, "x.txt": ""},
    )
    assert names(tmp_path) == [
        "nlu/data/C.YAML",
        "nlu/data/a.json",
        "nlu/data/a/z.md",
        "nlu/data/b.yml",
    ]


def test_a_link_out_of_the_project_is_not_followed(tmp_path: Path) -> None:
    project = put(tmp_path / "project", {"nlu/data/a.yml": NLU})
    (tmp_path / "out.yml").write_text(NLU.replace("x", "secret"), "utf-8")
    (project / "nlu" / "data" / "out.yml").symlink_to(tmp_path / "out.yml")
    assert names(project) == ["nlu/data/a.yml"]
    data = read_project(project)
    assert [e.text for e in data.examples] == ["x", "y", "z", "w"]
    assert any("nlu/data/out.yml: skipped: it lies outside" in notice for notice in data.notices)


def test_the_shipped_data_agree_with_themselves_and_with_the_domain() -> None:
    data = read_project(ROOT)
    wrong = ("here and", "domain", "skipped", "no examples", "marks nothing", "passed over")
    assert [n for n in data.notices if any(words in n for words in wrong)] == []
    assert "name" in data.entities()


PIECES = st.sampled_from(
    ["nlu:", "\n", "- ", "intent: a", "  ", "examples: |", "[", "]", "(", ")", "{", "}", '"', ":",
     "&x ", "*x", "## intent:a", "<!--", "-->", "\t", "\u00a0", "\u2028", "👍", "\x00", "é", "|", ">",
     "lookup: b", "a.txt", "responses:", '{"rasa_nlu_data": {"common_examples": [', "\\ud800", "\r"]
)  # fmt: skip


@pytest.mark.parametrize("suffix", ["yml", "md", "json"])
@given(content=st.one_of(st.lists(PIECES, max_size=25).map("".join).map(str.encode), st.binary()))
def test_any_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any.{suffix}"
    path.write_bytes(content)
    data = TrainingData()
    refused = None
    try:
        read_file(path, data)
    except TrainingDataError as error:
        refused = error
    assert refused is None or (refused.line >= 1 and refused.found and refused.expected)
    for example in data.examples:
        for entity in example.entities:
            assert 0 <= entity.start < entity.end <= len(example.text)
