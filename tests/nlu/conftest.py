"""One trained model for all tests of this room."""

from pathlib import Path

import pytest

from nlu.pipeline import Interpreter, TrainedModel, load, save, train

ROOT = Path(__file__).resolve().parents[2]

TINY_DATA = """
version: "3.1"
nlu:
- intent: affirm
  examples: |
    - yes
    - sure thing
    - I would like that
- intent: deny
  examples: |
    - no
    - not for me
    - I would rather not
- intent: inform_city
  examples: |
    - I live in [Berlin](city)
    - [NYC]{"entity": "city", "value": "New York"} please
    - to [Paris](city)
- lookup: city
  examples: |
    - Buenos Aires
    - Rome
- regex: zip
  examples: |
    - \\d{5}
- synonym: Roma
  examples: |
    - rome
"""

PIPELINE = """
pipeline:
- name: WhitespaceTokenizer
- name: CountVectorsFeaturizer
- name: LogisticRegressionClassifier
"""


@pytest.fixture(scope="session")
def model() -> TrainedModel:
    return train(ROOT)


@pytest.fixture(scope="session")
def model_folder(model: TrainedModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    save(model, folder)
    return folder


@pytest.fixture(scope="session")
def interpreter(model_folder: Path) -> Interpreter:
    return load(model_folder)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project of its own, quick to train."""
    (tmp_path / "nlu" / "data").mkdir(parents=True)
    (tmp_path / "nlu" / "data" / "nlu.yml").write_text(TINY_DATA, "utf-8")
    (tmp_path / "config.yml").write_text(PIPELINE, "utf-8")
    return tmp_path
