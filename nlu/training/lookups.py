"""Reads lookup tables that stand in files of their own, one text a line."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nlu.errors import TrainingDataError
from nlu.training.text_files import read_text


@dataclass(frozen=True, slots=True)
class LookupFiles:
    """The folder that the paths of lookup tables start from, and may not leave."""

    project: Path

    def read(self, written: str, file: str, line: int) -> tuple[str, list[str]]:
        """The file's path within the project, and its lines without blank ones.

        Raises TrainingDataError at `file` and `line`, where the path was written.
        """
        path = self._inside(written, file, line)
        if not path.is_file():
            found = f"the lookup file {written[:100]!r} is not there"
            raise TrainingDataError(file, line, found, "a path that starts at the project's folder")
        shown = path.relative_to(self.project.resolve()).as_posix()
        words = (text.strip() for text in read_text(path, shown).splitlines())
        return shown, [word for word in words if word]

    def _inside(self, written: str, file: str, line: int) -> Path:
        root = self.project.resolve()
        try:
            path = (root / PurePosixPath(written.replace("\\", "/"))).resolve()
        except (OSError, ValueError, RuntimeError) as error:
            found = f"the lookup file {written[:100]!r} cannot be read"
            raise TrainingDataError(file, line, found, "the path of a file") from error
        if not path.is_relative_to(root):
            found = f"the lookup file {written[:100]!r} lies outside of the project"
            raise TrainingDataError(file, line, found, "a file inside the project")
        return path
