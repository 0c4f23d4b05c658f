"""Training again: to the byte the same, what has not changed is kept, a failed save changes nothing."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from nlu.pipeline import TrainedModel, load, save, train
from nlu.storage import FILE_NAME, read

ROOT = Path(__file__).resolve().parents[2]
STEPS = """
language: en
pipeline:
- name: WhitespaceTokenizer
- name: CountVectorsFeaturizer
- name: CountVectorsFeaturizer
  analyzer: char_wb
  max_ngram: 3
- name: SklearnIntentClassifier
- name: EntitySynonymMapper
- name: FallbackClassifier
  threshold: 0.4
"""


@pytest.fixture
def trained(project: Path, tmp_path: Path) -> Path:
    """The folder of a first model."""
    write(project, STEPS)
    folder = tmp_path / "models"
    save(train(project), folder)
    return folder


def write(project: Path, steps: str) -> None:
    (project / "config.yml").write_text(steps, "utf-8")


def told(project: Path, previous: Path | None) -> tuple[TrainedModel, list[str]]:
    said: list[str] = []
    model = train(project, lambda what, _: said.append(what), previous=previous)
    return model, [what for what in said if what.startswith("training ")]


def assert_as_if_trained_whole(model: TrainedModel, project: Path, tmp_path: Path) -> None:
    kept = save(model, tmp_path / "kept").read_bytes()
    assert kept == save(train(project), tmp_path / "whole").read_bytes()


def test_nothing_changed(project: Path, trained: Path, tmp_path: Path) -> None:
    model, taught = told(project, trained)
    assert taught == []
    assert model.reused == len(model.components)
    assert_as_if_trained_whole(model, project, tmp_path)


def test_a_changed_option_trains_that_component_alone(
    project: Path, trained: Path, tmp_path: Path
) -> None:
    write(project, STEPS.replace("SklearnIntentClassifier", "SklearnIntentClassifier\n  C: [2]"))
    model, taught = told(project, trained)
    assert taught == ["training SklearnIntentClassifier"]
    assert_as_if_trained_whole(model, project, tmp_path)


def test_what_stands_after_a_changed_featurizer_learns_anew(
    project: Path, trained: Path, tmp_path: Path
) -> None:
    write(project, STEPS.replace("max_ngram: 3", "max_ngram: 4"))
    model, taught = told(project, trained)
    assert taught[0] == "training CountVectorsFeaturizer"
    assert "training SklearnIntentClassifier" in taught
    assert "training EntitySynonymMapper" not in taught
    assert_as_if_trained_whole(model, project, tmp_path)


def test_a_new_synonym_leaves_the_classifier_as_it_is(
    project: Path, trained: Path, tmp_path: Path
) -> None:
    data = project / "nlu" / "data" / "more.yml"
    data.write_text("nlu:\n- synonym: Oslo\n  examples: |\n    - Kristiania\n", "utf-8")
    model, taught = told(project, trained)
    assert taught == ["training EntitySynonymMapper"]
    assert_as_if_trained_whole(model, project, tmp_path)


def test_a_new_example_trains_everything(project: Path, trained: Path, tmp_path: Path) -> None:
    data = project / "nlu" / "data" / "more.yml"
    data.write_text("nlu:\n- intent: affirm\n  examples: |\n    - go ahead\n", "utf-8")
    model, taught = told(project, trained)
    assert "training CountVectorsFeaturizer" in taught
    assert "training SklearnIntentClassifier" in taught
    assert_as_if_trained_whole(model, project, tmp_path)


def test_another_label_trains_the_classifier_and_not_the_features(
    project: Path, trained: Path, tmp_path: Path
) -> None:
    data = project / "nlu" / "data" / "nlu.yml"
    data.write_text(data.read_text("utf-8").replace("intent: deny", "intent: refuse"), "utf-8")
    model, taught = told(project, trained)
    assert "training CountVectorsFeaturizer" not in taught
    assert "training SklearnIntentClassifier" in taught
    assert_as_if_trained_whole(model, project, tmp_path)


@pytest.mark.parametrize("content", [b"", b"no model", None])
def test_a_previous_model_that_cannot_be_read_is_no_hindrance(
    project: Path, trained: Path, content: bytes | None
) -> None:
    if content is None:
        (trained / FILE_NAME).unlink()
    else:
        (trained / FILE_NAME).write_bytes(content)
    model, _ = told(project, trained)
    assert model.reused == 0
    assert model.interpreter().parse("sure thing").intent.name == "affirm"


def test_a_tampered_state_is_not_trusted(project: Path, trained: Path) -> None:
    """A part with the right hash and a wrong state: the error is clear, nothing is saved."""
    saved = read(trained)
    assert len(saved.parts) == len(saved.states)
    whole = bytearray((trained / FILE_NAME).read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    (trained / FILE_NAME).write_bytes(bytes(whole))
    model, _ = told(project, trained)
    assert model.reused == 0


def test_a_full_disk_leaves_the_old_model(project: Path, trained: Path) -> None:
    before = (trained / FILE_NAME).read_bytes()
    size = len(before) // 2
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from nlu.pipeline import save, train\n"
        "model = train(Path(sys.argv[1]))\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
        "save(model, Path(sys.argv[2]))\n"
    )
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] in (resource.RLIM_INFINITY, -1)
    command = [sys.executable, "-c", code, str(project), str(trained)]
    failed = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert failed.returncode != 0
    assert "Errno 27" in failed.stderr
    assert [path.name for path in trained.iterdir()] == [FILE_NAME]
    assert (trained / FILE_NAME).read_bytes() == before
    assert load(trained).parse("sure thing").intent.name == "affirm"
