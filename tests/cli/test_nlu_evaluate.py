"""parley nlu evaluate, on a project that is quick to train."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli.main import app
from nlu.errors import NluError
from tests.cli.commands import parley

FILES = {
    "config.yml": "language: en\npipeline:\n- name: WhitespaceTokenizer\n"
    "- name: CountVectorsFeaturizer\n- name: LogisticRegressionClassifier\n"
    "- name: FallbackClassifier\n",
    "endpoints.yml": "",
    "domain.yml": "intents: [affirm, deny, greet]\n",
    "nlu/data/nlu.yml": 'version: "3.1"\nnlu:\n'
    + "".join(
        f"- intent: {intent}\n  examples: |\n" + "".join(f"    - {text}\n" for text in texts)
        for intent, texts in {
            "affirm": ["yes", "yes please", "yes sure", "sure yes", "oh yes", "yes indeed"],
            "deny": ["no", "no thanks", "no never", "never no", "oh no", "no way"],
            "greet": ["hello", "hello there", "hello you", "oh hello", "hello hello", "hello all"],
        }.items()
    ),
    "cases.yml": "nlu:\n- intent: affirm\n  examples: |\n    - yes yes\n    - yes of course\n"
    "- intent: deny\n  examples: |\n    - no no\n    - yes zilch\n",
    "others.jsonl": '{"text": "yes", "intent": "yes"}\n{"text": "no", "intent": "deny"}\n'
    '{"text": "qwertz", "intent": "oos"}\n',
    "empty.yml": "nlu: []\n",
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, "utf-8")
    assert parley(folder, "train").returncode == 0
    return folder


@pytest.fixture
def own(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "tiny"))


def within(folder: Path, *words: str) -> Result:
    """The command in this process: quicker, and its errors as they are raised."""
    files = {"cases.yml", "none.yml", "empty.yml", "others.jsonl", "asked.jsonl"}
    placed = [str(folder / word) if word in files else word for word in words]
    return CliRunner().invoke(app, ["--project", str(folder), "nlu", "evaluate", *placed])


def accuracy(folder: Path) -> float:
    report = json.loads((folder / "var" / "evaluation" / "intent_report.json").read_text())
    return float(report["accuracy"])


def test_scores_files_and_the_comparison_with_the_run_before(own: Path) -> None:
    first = parley(own, "nlu", "evaluate", "cases.yml", "--fail-under", "0.2")
    assert first.returncode == 0, first.stderr
    assert "Accuracy" in first.stdout
    assert "Compared" not in first.stdout
    assert "report.html" in first.stdout
    written = {path.name for path in (own / "var" / "evaluation").iterdir()}
    assert {"report.html", "intent_confusion_matrix.png", "errors.jsonl"} <= written
    before = accuracy(own)
    assert before < 1.0
    data = own / "nlu" / "data" / "nlu.yml"
    taught = "    - no way\n    - zilch\n    - zilch zilch\n    - yes zilch\n"
    data.write_text(data.read_text().replace("    - no way\n", taught))
    assert parley(own, "train").returncode == 0
    second = parley(own, "nlu", "evaluate", "cases.yml", "--fail-under", "1")
    assert accuracy(own) > before
    assert "Compared with the report before: 1 fixed, 0 broken of 4" in second.stdout


def test_an_accuracy_that_is_too_low_fails_with_a_clear_line(own: Path) -> None:
    done = parley(own, "nlu", "evaluate", "cases.yml", "--fail-under", "0.9999")
    assert done.returncode == 1
    assert f"accuracy {accuracy(own):.4f} is below 0.9999" in done.stderr


def test_another_model_and_a_report_can_be_compared_with(own: Path) -> None:
    out, other = own / "elsewhere", own / "other"
    shutil.copytree(own / "var" / "models", other)
    words = ("cases.yml", "--out", str(out))
    by_model = within(own, *words, "--compare", str(other / "nlu.zip"))
    assert by_model.exit_code == 0, by_model.exception
    assert "nlu.zip: 0 fixed, 0 broken of 4" in " ".join(by_model.output.split())
    by_report = within(own, *words, "--compare", str(out / "report.json"))
    assert "report.json: 0 fixed, 0 broken of 4" in " ".join(by_report.output.split())
    missing = within(own, *words, "--compare", str(own / "none.zip"))
    assert isinstance(missing.exception, NluError)
    assert "none.zip" in str(missing.exception)


def test_cross_validation_shows_how_far_it_is(own: Path) -> None:
    done = parley(own, "nlu", "evaluate", "--cross-validation", "3", "--seed", "4")
    assert done.returncode == 0, done.stderr
    report = json.loads((own / "var" / "evaluation" / "report.json").read_text())
    assert report["cases"] == 18
    assert report["model"] == "cross-validation in 3 folds"
    assert accuracy(own) > 0.8
    assert "fold" in done.stderr or "done" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "name the data to evaluate on"),
        (("none.yml",), "none.yml: there is no such file"),
        (("empty.yml",), "empty.yml: there are no examples"),
        (("others.jsonl",), "intents unknown to the model: yes"),
        (("others.jsonl", "--label", "yes"), "expected THEIRS=OURS"),
        (("--cross-validation", "1"), "at least 2 folds"),
        (("--cross-validation", "2", "--label", "a=b"), "--label is for a model"),
        (("--cross-validation", "2", "--compare", "other.zip"), "--compare is for a model"),
    ],
)
def test_mistakes_are_told(trained: Path, words: tuple[str, ...], told: str) -> None:
    done = within(trained, *words)
    assert isinstance(done.exception, NluError)
    assert told in str(done.exception)


def test_labels_can_be_named_or_left_out(own: Path) -> None:
    named = within(own, "others.jsonl", "--label", "yes=affirm")
    assert named.exit_code == 0, named.exception
    assert accuracy(own) == 1.0
    assert "Out-of-scope recall" in named.output
    left = within(own, "others.jsonl", "--skip-unknown")
    assert left.exit_code == 0, left.exception
    assert "left out 1 examples of intents unknown to the model: yes" in " ".join(
        left.output.split()
    )


def test_the_choice_can_be_among_what_was_asked(own: Path) -> None:
    (own / "asked.jsonl").write_text('{"text": "hello yes", "intent": "affirm"}\n')
    assert within(own, "asked.jsonl", "--asked", "affirm, deny").exit_code == 0
    assert accuracy(own) == 1.0


def test_a_choice_that_the_model_cannot_make_is_refused(own: Path) -> None:
    done = within(own, "cases.yml", "--asked", "affirm,denny")
    assert done.exit_code == 1
    assert "denny (did you mean 'deny'?)" in str(done.exception)


def test_a_report_on_other_data_is_named(own: Path) -> None:
    assert within(own, "cases.yml").exit_code == 0
    other = within(own, "asked.jsonl")
    assert "there is no such file" in str(other.exception)
    (own / "asked.jsonl").write_text('{"text": "hello yes", "intent": "greet/you"}\n')
    shown = " ".join(within(own, "asked.jsonl").output.split())
    assert f"the report before (which was on {own}/cases.yml)" in shown


def test_without_a_model_the_cure_is_told(own: Path) -> None:
    shutil.rmtree(own / "var")
    done = within(own, "cases.yml")
    assert "there is no trained model" in str(done.exception)
    assert "parley train" in str(done.exception)
