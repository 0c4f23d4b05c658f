"""Small projects for tests of components."""

from pathlib import Path

from nlu.pipeline import Interpreter, TrainedModel, load, save, train


def configured(project: Path, steps: str) -> Path:
    """The project with another pipeline."""
    (project / "config.yml").write_text(f"language: en\npipeline:\n{steps}", "utf-8")
    return project


def taught(project: Path, steps: str) -> TrainedModel:
    """The project's model with another pipeline."""
    return train(configured(project, steps))


def read_with(project: Path, steps: str) -> Interpreter:
    """The model of another pipeline, saved and loaded again."""
    save(taught(project, steps), project / "models")
    return load(project / "models", project)
