"""Training, saving, loading, and the public face of the room."""

import io
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nlu.pipeline import (
    Interpreter,
    ModelError,
    PipelineError,
    TrainedModel,
    TrainingDataError,
    fingerprint,
    is_current,
    load,
    save,
    to_rasa,
    train,
)
from nlu.storage import FILE_NAME

ROOT = Path(__file__).resolve().parents[2]
WHITESPACE = "- name: WhitespaceTokenizer\n"
COUNTED = "- name: CountVectorsFeaturizer\n- name: LogisticRegressionClassifier\n"
Pipeline = Callable[[str], Path]


@pytest.fixture
def pipeline(project: Path) -> Pipeline:
    """Give the project another pipeline."""

    def write(steps: str) -> Path:
        (project / "config.yml").write_text(f"language: en\npipeline:\n{steps}", "utf-8")
        return project

    return write


def test_training_tells_how_far_it_is(project: Path) -> None:
    told: list[tuple[str, float]] = []
    train(project, lambda step, share: told.append((step, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_the_same_files_give_the_same_bytes(project: Path, tmp_path: Path) -> None:
    one = save(train(project), tmp_path / "one").read_bytes()
    other = save(train(project), tmp_path / "other").read_bytes()
    assert one == other


def test_a_loaded_model_reads_as_the_trained_one(
    model: TrainedModel, interpreter: Interpreter
) -> None:
    trained = model.interpreter()
    for text in (
        "yes",
        "I'm Mike",
        "could be nice I guess",
        "Golombecki",
        "any coupons?",
        "bus stop",
    ):
        assert interpreter.parse(text) == trained.parse(text)


def test_a_model_is_current_until_something_changes(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    assert not is_current(folder, project)
    save(train(project), folder)
    assert is_current(folder, project)
    (project / "config.yml").write_text((project / "config.yml").read_text() + "\nother: 1\n")
    assert is_current(folder, project)
    (project / "nlu" / "data" / "more.yml").write_text(
        "nlu:\n- intent: x\n  examples: |\n    - x\n"
    )
    assert not is_current(folder, project)


def test_the_fingerprint_sees_settings(project: Path, pipeline: Pipeline) -> None:
    before = fingerprint(project)
    pipeline(WHITESPACE + COUNTED + "  C: 3.0\n")
    assert fingerprint(project) != before


def test_a_repeated_text_costs_nearly_nothing(interpreter: Interpreter) -> None:
    interpreter.parse("yes please, I would love one")
    started = time.perf_counter()
    for _ in range(1000):
        interpreter.parse("yes please, I would love one")
    assert (time.perf_counter() - started) / 1000 < 20e-6


def test_the_language_is_part_of_the_reading(interpreter: Interpreter) -> None:
    assert interpreter.parse("si", "es").language == "es"
    assert interpreter.parse("si").language is None


def test_payloads_say_what_they_mean(interpreter: Interpreter) -> None:
    assert interpreter.parse("/affirm").intent.name == "affirm"
    assert interpreter.parse("/affirm").intent.confidence == 1.0
    parse = interpreter.parse('/inform_name{"name": "Bob", "tags": ["a", "b"]}')
    assert parse.intent.name == "inform_name"
    assert [(e.entity, e.value) for e in parse.entities] == [
        ("name", "Bob"), ("tags", "a"), ("tags", "b"),
    ]  # fmt: skip
    assert interpreter.parse("/affirm@0.7").intent.confidence == 0.7


@pytest.mark.parametrize("text", ["/", "/ yes", "/affirm{bad", "/affirm[1]", "/affirm yes", "/5"])
def test_what_is_no_payload_is_read_as_text(interpreter: Interpreter, text: str) -> None:
    assert interpreter.parse(text).intent.confidence < 1.0


def test_rasas_json(interpreter: Interpreter) -> None:
    answer = to_rasa(interpreter.parse("my name is Anna"))
    assert set(answer) == {"text", "intent", "entities", "intent_ranking", "response_selector"}
    assert answer["intent"]["name"] == "inform_name"
    entity = answer["entities"][0]
    assert (entity["entity"], entity["start"], entity["end"], entity["value"]) == (
        "name",
        11,
        15,
        "Anna",
    )
    assert entity["extractor"] == "NameEntityExtractor"
    assert answer["intent_ranking"][0] == answer["intent"]
    json.dumps(answer)


def test_loading_needs_no_scikit_learn(model_folder: Path) -> None:
    code = (
        "import sys, pathlib; from nlu.pipeline import load\n"
        f"assert load(pathlib.Path({str(model_folder)!r})).parse('yes').intent.name == 'affirm'\n"
        "assert not {'sklearn', 'scipy', 'joblib', 'torch'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=60)


# Models that are not what they should be.


def test_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="parley train"):
        load(tmp_path)


@pytest.fixture
def saved(project: Path, tmp_path: Path) -> Path:
    return save(train(project), tmp_path / "saved")


@pytest.mark.parametrize("keep", [0, 10, 500, -1, -40])
def test_a_cut_model(saved: Path, keep: int) -> None:
    saved.write_bytes(saved.read_bytes()[:keep])
    with pytest.raises(ModelError):
        load(saved.parent)


def test_a_flipped_byte_anywhere(saved: Path) -> None:
    whole = saved.read_bytes()
    for position in range(0, len(whole), max(1, len(whole) // 60)):
        broken = bytearray(whole)
        broken[position] ^= 0xFF
        saved.write_bytes(bytes(broken))
        try:
            assert load(saved.parent).parse("yes").intent.name  # a byte that nothing reads
        except ModelError:
            continue


def _repacked(path: Path, changed: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path) as archive:
        files = {e.filename: archive.read(e) for e in archive.infolist()} | changed
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def _with_metadata(path: Path, changed: dict[str, object], files: dict[str, bytes]) -> None:
    """A model whose checksums are right and whose content is not."""
    import hashlib

    with zipfile.ZipFile(path) as archive:
        metadata = json.loads(archive.read("metadata.json"))
    metadata["sha256"] |= {n: hashlib.sha256(c).hexdigest() for n, c in files.items()}
    _repacked(path, {**files, "metadata.json": json.dumps(metadata | changed).encode()})


def _npy(array: np.ndarray, *, pickled: bool = False) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=pickled)
    return out.getvalue()


@pytest.mark.parametrize("metadata", [b"", b"[]", b"{}", b'"x"', b"\xff", b"[" * 100_000])
def test_foreign_metadata(saved: Path, metadata: bytes) -> None:
    _repacked(saved, {"metadata.json": metadata})
    with pytest.raises(ModelError, match="not a model"):
        load(saved.parent)


def test_another_format(saved: Path) -> None:
    _with_metadata(saved, {"format_version": 99}, {})
    with pytest.raises(ModelError, match="format 99"):
        load(saved.parent)


@pytest.mark.parametrize(
    "files",
    [
        {"02.weights.npy": b"no array"},
        {"02.weights.npy": _npy(np.zeros((3, 3), np.float32))},
        {"02.bias.npy": _npy(np.full(3, np.nan, np.float32))},
        {"02.bias.npy": _npy(np.array([{}, None, 1], object), pickled=True)},
        {"02.json": b"[]"},
        {"02.json": b'{"intents": "abc", "features": 1}'},
        {"01.json": b'{"grams": [1, 2], "familiar": []}'},
        {"01.json": b"{}"},
    ],
)  # fmt: skip
def test_content_of_the_wrong_kind(saved: Path, files: dict[str, bytes]) -> None:
    _with_metadata(saved, {}, files)
    with pytest.raises(ModelError):
        load(saved.parent)


@pytest.mark.parametrize(
    "config",
    [{}, {"pipeline": 1}, {"language": "en", "pipeline": [{"name": "os.system", "options": {}}]}],
)
def test_a_model_with_a_foreign_pipeline(saved: Path, config: dict[str, object]) -> None:
    _with_metadata(saved, {"config": config}, {})
    with pytest.raises(ModelError):
        load(saved.parent)


def test_a_failed_save_leaves_the_old_model(
    project: Path, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = saved.read_bytes()

    def fail(_from: str, _to: str) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("nlu.storage.os.replace", fail)
    with pytest.raises(ModelError, match=r"cannot be saved \(disk full\)\. What was there stays"):
        save(train(project), saved.parent)
    assert [p.name for p in saved.parent.iterdir()] == [FILE_NAME]
    assert saved.read_bytes() == before


# Pipelines that cannot be built.


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ("- name: WhitespaceTokeniser\n", ["WhitespaceTokeniser", "WhitespaceTokenizer"]),
        ("- name: DIETClassifier\n  epochs: 100\n", ["DIETClassifier", "LogisticRegressionClassifier"]),
        ("- name: rasa.nlu.DucklingEntityExtractor\n", ["RegexEntityExtractor"]),
        (WHITESPACE + "- name: CountVectorsFeaturizer\n  max_ngrams: 2\n", ["max_ngrams", "max_ngram"]),
        (WHITESPACE + "- name: CountVectorsFeaturizer\n  max_ngram: two\n", ["max_ngram", "two"]),
        ("- name: LogisticRegressionClassifier\n", ["featurizer"]),
        ("- name: CountVectorsFeaturizer\n", ["tokenizer"]),
        ("- 3\n", ["name: COMPONENT"]),
        ("- name: SpacyTokenizer\n  model: klingon\n", ["klingon"]),
        (WHITESPACE + COUNTED + "- name: FallbackClassifier\n  threshold: 7\n", ["threshold"]),
    ],
)  # fmt: skip
def test_pipeline_errors_say_what_to_do(pipeline: Pipeline, steps: str, words: list[str]) -> None:
    with pytest.raises(PipelineError) as caught:
        train(pipeline(steps))
    for word in words:
        assert word in str(caught.value)


def test_broken_config(project: Path) -> None:
    (project / "config.yml").write_text("pipeline: [\n")
    with pytest.raises(TrainingDataError, match=r"config.yml:\d"):
        train(project)


def test_rasas_needless_options_are_taken_with_a_notice(pipeline: Pipeline) -> None:
    model = train(pipeline(WHITESPACE + COUNTED + "  random_state: 1\n"))
    assert any("random_state" in notice for notice in model.notices)
