"""Reads a project's training data: which files, in which format, and what decides the result."""

from collections.abc import Iterator
from pathlib import Path

from nlu.errors import TrainingDataError
from nlu.training.blocks import Target
from nlu.training.domain import domain_files, read_domain
from nlu.training.examples import TrainingData
from nlu.training.json_reader import read_json
from nlu.training.lint import examine
from nlu.training.lookups import LookupFiles
from nlu.training.markdown_reader import read_markdown
from nlu.training.text_files import read_text
from nlu.training.yaml_nodes import Source
from nlu.training.yaml_reader import read_yaml

SUFFIXES = (".yml", ".yaml", ".md", ".json")
_TOLD_AT_MOST = 3


def data_files(project: Path) -> list[Path]:
    """Every file that decides what `read_project` reads, in a fixed order; all in the project.

    That is: the files with training data, the lookup tables they name, and the domain.
    """
    found = _files(project)
    lookups = {name for path in found for name in _lookup_files(path, project)}
    return [*found, *(project / name for name in sorted(lookups)), *domain_files(project)]


def read_project(project: Path) -> TrainingData:
    """All training data of a project, checked to be enough to train on."""
    data = TrainingData()
    for path in _candidates(project):
        name = path.relative_to(project).as_posix()
        if _is_inside(path, project):
            read_file(path, data, name, project)
        else:
            data.notice("links out of the project", name, "skipped: it lies outside of the project")
    read_domain(project, data)
    # A project of flows alone needs no intents to be read; to be trained it does.
    if not data.has_flows:
        require_intents(data)
    examine(data)
    return data


def read_path(path: Path) -> TrainingData:
    """The training data of one file or of all files in a folder; a model need not come of it."""
    data = TrainingData()
    if path.is_dir():
        for file in filter(lambda file: _is_inside(file, path), _below(path, path)):
            read_file(file, data, file.relative_to(path).as_posix(), path)
    else:
        read_file(path, data)
    return data


def read_file(
    path: Path, data: TrainingData, shown_as: str | None = None, project: Path | None = None
) -> None:
    """Add one file's content to `data`. Paths of lookup tables start at `project`."""
    name = shown_as or str(path)
    target = Target(data, name, LookupFiles(project or path.parent))
    suffix = path.suffix.lower()
    if suffix == ".md":
        read_markdown(path, read_text(path, name), target)
    elif suffix == ".json":
        read_json(read_text(path, name), target)
    else:
        read_yaml(Source(path, name), target)


def require_intents(data: TrainingData) -> None:
    """Raise where there is nothing to tell apart."""
    intents = data.intents()
    if len(intents) >= 2:
        return
    only = f": only {intents[0]!r} has" if intents else ""
    # What was passed over is mostly why there are so few.
    noticed = f" ({'; '.join(data.notices[:_TOLD_AT_MOST])})" if data.notices else ""
    found = f"fewer than two intents have examples{only}{noticed}"
    expected = "examples of at least two intents, in .yml, .md or .json files below nlu/data"
    file, line = (data.examples[0].file, data.examples[0].line) if intents else ("nlu/data", 1)
    raise TrainingDataError(file, line, found, expected)


def _files(project: Path) -> list[Path]:
    return [path for path in _candidates(project) if _is_inside(path, project)]


def _candidates(project: Path) -> list[Path]:
    """The files below `nlu/data`; else below Rasa's `data`; else those named `nlu`, anywhere."""
    for folder in (project / "nlu" / "data", project / "data"):
        found = _below(folder, project)
        if found:
            return found
    return [path for path in _below(project, project) if path.stem == "nlu"]


def _below(folder: Path, project: Path) -> list[Path]:
    """Files by their suffix, sorted; hidden folders are left alone."""
    found = {
        path.relative_to(project): path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and path.is_file()
    }
    shown = [name for name in found if not any(part.startswith(".") for part in name.parts)]
    return [found[name] for name in sorted(shown, key=lambda name: name.as_posix())]


def _is_inside(path: Path, project: Path) -> bool:
    """Whether a file lies in the project once links are followed."""
    return path.resolve().is_relative_to(project.resolve())


def _lookup_files(path: Path, project: Path) -> Iterator[str]:
    """The lookup tables that a file names; one that cannot be read is told of when it is read."""
    try:
        if b"lookup" not in path.read_bytes():
            return
        data = TrainingData()
        read_file(path, data, path.relative_to(project).as_posix(), project)
    except (OSError, TrainingDataError):
        return
    yield from data.lookup_files
