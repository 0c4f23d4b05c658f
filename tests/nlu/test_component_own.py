"""Components of a project's own, by module path."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nlu.pipeline import (
    ModelError,
    PipelineError,
    describe,
    fingerprint,
    is_current,
    load,
    save,
)
from tests.nlu.reading import configured, read_with, taught

LEARNED = (
    "- name: WhitespaceTokenizer\n- name: CountVectorsFeaturizer\n"
    "- name: LogisticRegressionClassifier\n"
)
SHOUTED = '''
"""Marks what is shouted."""

from bot.engine.parse import Entity
from nlu.components.component import Component, Options, State
from bakery.words import LOUD


class ShoutedOptions(Options):
    entity: str = "shouted"


class Shouted(Component[ShoutedOptions]):
    Options = ShoutedOptions
    ignored = frozenset({"epochs"})
    learned = 0

    def train(self, data, messages):
        self.learned = len(data.examples)

    def process(self, message):
        for token in message.tokens:
            if token.text.isupper():
                message.entities.append(
                    Entity(self.options.entity, LOUD, token.start, token.end, 0.5, "Shouted")
                )

    def state(self):
        return State({"learned": self.learned})

    def restore(self, state):
        self.learned = state.values["learned"]


class Plain:
    pass


class GraphComponent:
    pass


class Rasas(GraphComponent):
    pass
'''
ROOT = Path(__file__).resolve().parents[2]
OWN = "- name: bakery.parts.Shouted\n"


@pytest.fixture
def bakery(project: Path) -> Iterator[Path]:
    """A project with a package of its own."""
    path = list(sys.path)
    package = project / "bakery"
    package.mkdir()
    (package / "words.py").write_text('LOUD = "loud"\n', "utf-8")
    (package / "parts.py").write_text(SHOUTED, "utf-8")
    yield project
    sys.path[:] = path


def _write(project: Path, text: str) -> None:
    (project / "bakery" / "parts.py").write_text(text, "utf-8")


def test_it_is_trained_saved_and_loaded(bakery: Path) -> None:
    reader = read_with(bakery, LEARNED + OWN + "  entity: loud\n")
    assert reader.parse("yes PLEASE").intent.name == "affirm"
    assert [(e.entity, e.value, e.start, e.end) for e in reader.parse("yes PLEASE").entities] == [
        ("loud", "loud", 4, 10)
    ]
    assert describe(bakery / "models")["made_with"]["components"][-1] == "bakery.parts.Shouted.v1"


def test_its_file_is_part_of_the_fingerprint(bakery: Path) -> None:
    save(taught(bakery, LEARNED + OWN), bakery / "models")
    assert is_current(bakery / "models", bakery)
    before = fingerprint(bakery)
    _write(bakery, SHOUTED.replace("isupper", "istitle"))
    assert fingerprint(bakery) != before
    assert not is_current(bakery / "models", bakery)


def test_a_changed_file_is_not_run_by_an_old_model(bakery: Path) -> None:
    save(taught(bakery, LEARNED + OWN), bakery / "models")
    mark = bakery / "ran"
    _write(bakery, SHOUTED + f"\nopen({str(mark)!r}, 'w').close()\n")
    with pytest.raises(
        ModelError, match=r"not the one that the model was trained with.*parley train"
    ):
        load(bakery / "models", bakery)
    assert not mark.exists()
    assert read_with(bakery, LEARNED + OWN).parse("NO").entities[0].entity == "shouted"
    assert mark.exists()


def test_the_newest_file_counts_even_within_a_second(bakery: Path) -> None:
    first = read_with(bakery, LEARNED + OWN).parse("NO Way")
    _write(bakery, SHOUTED.replace("isupper", "istitle"))
    second = read_with(bakery, LEARNED + OWN).parse("NO Way")
    assert [first.text[e.start : e.end] for e in first.entities] == ["NO"]
    assert [second.text[e.start : e.end] for e in second.entities] == ["Way"]


def test_projects_with_packages_of_one_name_do_not_mix(bakery: Path, tmp_path: Path) -> None:
    read_with(bakery, LEARNED + OWN)
    other = tmp_path / "other"
    (other / "bakery").mkdir(parents=True)
    (other / "bakery" / "words.py").write_text('LOUD = "other"\n', "utf-8")
    (other / "bakery" / "parts.py").write_text(SHOUTED, "utf-8")
    shutil.copytree(bakery / "nlu", other / "nlu")
    assert read_with(other, LEARNED + OWN).parse("NO").entities[0].value == "other"


def test_its_options_are_checked(bakery: Path) -> None:
    with pytest.raises(PipelineError, match="Did you mean 'entity'"):
        taught(bakery, LEARNED + OWN + "  entty: loud\n")
    notices = taught(bakery, LEARNED + OWN + "  epochs: 3\n").notices
    assert any("epochs" in notice for notice in notices)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("bakery.parts.Shouten", ["config.yml:6", "no class 'Shouten'", "Did you mean 'Shouted'"]),
        ("bakery.prts.Shouted", ["no module 'bakery.prts'", "Did you mean 'parts'"]),
        ("bakerei.parts.Shouted", ["no module 'bakerei'"]),
        ("bakery.Shouted", ["is no file of Python"]),
        ("bakery.parts.Plain", ["is no component", "nlu.components.component.Component"]),
        ("bakery.parts.Rasas", ["GraphComponent", "nlu.components.component.Component"]),
        ("bakery..Shouted", ["no module"]),
        ("os.path.join", ["no module 'os.path'"]),
        ("bakery.parts.Component", ["process"]),
    ],
)
def test_what_cannot_be_used_is_said(bakery: Path, name: str, words: list[str]) -> None:
    with pytest.raises(PipelineError) as caught:
        taught(bakery, LEARNED + f"- name: {name}\n")
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("from rasa.engine.graph import GraphComponent\n", ["written for Rasa", "imports rasa"]),
        ("import missing_package\n", ["missing_package", "parts.py:1"]),
        ("x = 1\n1 / 0\n", ["ZeroDivisionError", "parts.py:2"]),
        ("def\n", ["SyntaxError", "parts.py:1"]),
        ("raise SystemExit(3)\n", ["SystemExit"]),
        (SHOUTED.replace("len(data.examples)", "data.nothing"), ["its training", "nothing", "parts.py:"]),
        (SHOUTED + "\nShouted = Rasas\n", ["is a GraphComponent"]),
    ],
)  # fmt: skip
def test_its_mistakes_are_told_with_the_line(bakery: Path, text: str, words: list[str]) -> None:
    _write(bakery, text)
    with pytest.raises(PipelineError) as caught:
        taught(bakery, LEARNED + OWN)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "mistake",
    [
        "message.entities.append(1); raise RuntimeError('hm')",
        "message.entities.append(Entity('x', 'y', 0, 10_000))",
        "message.text = ''",
    ],
)
def test_a_mistake_while_reading_costs_no_message(
    bakery: Path, mistake: str, caplog: pytest.LogCaptureFixture
) -> None:
    _write(bakery, SHOUTED.replace("message.entities.append(\n", f"{mistake}\n                (\n"))
    reader = read_with(bakery, LEARNED + OWN)
    parse = reader.parse("NO")
    assert (parse.intent.name, parse.entities) == ("deny", ())
    assert "Shouted" in caplog.text


def test_a_model_runs_only_code_that_the_project_names(bakery: Path) -> None:
    """A model from a stranger may name any module, but not have it imported."""
    save(taught(bakery, LEARNED + OWN), bakery / "models")
    configured(bakery, LEARNED)
    with pytest.raises(ModelError, match=r"config\.yml does not name it"):
        load(bakery / "models", bakery)
    configured(bakery, LEARNED + OWN)
    assert load(bakery / "models", bakery).parse("NO").entities
    (bakery / "bakery").rename(bakery / "elsewhere")
    with pytest.raises(ModelError, match="no module 'bakery'"):
        load(bakery / "models", bakery)


def test_the_example_of_the_docs_runs(bakery: Path) -> None:
    page = (ROOT / "docs" / "pipeline.md").read_text("utf-8")
    example = page.partition("```python\n# my_project/components.py\n")[2].partition("```")[0]
    (bakery / "my_project").mkdir()
    (bakery / "my_project" / "components.py").write_text(example, "utf-8")
    steps = LEARNED + "- name: my_project.components.Shouted\n  entity: loud\n"
    assert [e.entity for e in read_with(bakery, steps).parse("I said NO").entities] == [
        "loud",
        "loud",
    ]
