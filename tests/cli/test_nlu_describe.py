"""parley nlu describe: what a model says of itself."""

from pathlib import Path

from tests.cli.commands import parley

FILES = {
    "config.yml": "language: en\npipeline:\n- name: WhitespaceTokenizer\n"
    "- name: CountVectorsFeaturizer\n  max_ngram: 2\n- name: LogisticRegressionClassifier\n",
    "endpoints.yml": "",
    "domain.yml": "intents: [affirm, deny]\n",
    "nlu/data/nlu.yml": "nlu:\n- intent: affirm\n  examples: |\n    - yes\n    - sure\n"
    "- intent: deny\n  examples: |\n    - no\n    - never\n",
}


def test_a_model_says_with_what_it_was_made(tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, "utf-8")
    none = parley(tmp_path, "nlu", "describe")
    assert none.returncode == 1
    assert "there is no trained model" in none.stderr
    assert parley(tmp_path, "train").returncode == 0
    told = parley(tmp_path, "nlu", "describe")
    assert told.returncode == 0, told.stderr
    for word in ("fingerprint", "scikit-learn", "CountVectorsFeaturizer.v", "max_ngram: 2"):
        assert word in told.stdout
