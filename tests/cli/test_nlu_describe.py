"""parley nlu describe: what a model says of itself."""

import re
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
    assert re.search(r"^fingerprint +[0-9a-f]{64}$", told.stdout, re.MULTILINE), "cut off"


def test_a_notice_of_the_training_stays_on_one_line(tmp_path: Path) -> None:
    name = "a_name_that_is_as_long_as_a_line_of_a_narrow_terminal_is_wide_and_longer"
    data = FILES["nlu/data/nlu.yml"] + f"- intent: {name}\n  examples: |\n    - something\n"
    for file, content in {**FILES, "nlu/data/nlu.yml": data}.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(content, "utf-8")
    told = parley(tmp_path, "train")
    notice = f"nlu/data/nlu.yml:12: intent '{name}' has one example; ten or more make it known"
    assert notice in told.stderr
