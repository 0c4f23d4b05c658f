"""The NLU model of a running process: used, trained anew, and replaced."""

import asyncio
import shutil
import tempfile
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.clients.training import TrainingFailed, train_apart
from bot.engine.parse import Parse
from bot.web.rasa_api import ModelRefused
from nlu import pipeline
from nlu.storage import FILE_NAME as MODEL_FILE
from nlu.training.bundle import unpack


class LoadedModel:
    """The NLU model in use; another one takes its place between two parses.

    A payload may name one of `intents`, any where there are none.
    """

    def __init__(self, folder: Path, project: Path, intents: Collection[str] = ()) -> None:
        self.trainings = 0
        self._folder, self._project = folder, project
        self._intents = frozenset(intents) or None
        # Of two that load at once, the later one must not be overtaken.
        self._loading = asyncio.Lock()
        self._name = folder.name
        self._current = pipeline.load(folder, project, self._intents)

    def parse(
        self,
        text: str,
        language: str | None = None,
        *,
        asked: Collection[str] = (),
        now: datetime | None = None,
    ) -> Parse:
        return self._current.parse(text, language, asked=asked, now=now)

    def described(self) -> Mapping[str, Any]:
        """Which model this is, as Rasa's /status tells it."""
        return {"model_file": self._name, "model_id": self._current.fingerprint}

    async def load(self, name: str | None) -> None:
        """Loads the project's model anew, or another file of its folder."""
        path = self._file(name)
        async with self._loading:
            try:
                self._current = await asyncio.to_thread(
                    pipeline.load, path, self._project, self._intents
                )
            except pipeline.ModelError as error:
                raise ModelRefused(str(error)) from error
            self._name = self._shown(path)

    async def train(self, body: bytes) -> tuple[str, bytes]:
        """Trains the project anew, or the one in `body`; the name and content of the model's file.

        The model in use stays until `load` is told to take another one.
        """
        if self.trainings:
            raise ModelRefused("a training is running already")
        self.trainings += 1
        try:
            path = await (self._train_body(body) if body else self._train_project())
        except (TrainingFailed, pipeline.NluError) as error:
            raise ModelRefused(str(error)) from error
        finally:
            self.trainings -= 1
        return self._shown(path), await asyncio.to_thread(path.read_bytes)

    async def _train_project(self) -> Path:
        await train_apart(self._project, self._folder)
        return self._folder / MODEL_FILE

    async def _train_body(self, body: bytes) -> Path:
        """Saved beside the project's own model, under the fingerprint."""
        with tempfile.TemporaryDirectory(prefix="parley-training-") as made:
            folder = Path(made)
            await asyncio.to_thread(unpack, body, folder, self._project)
            await train_apart(folder, folder / "model")
            found = pipeline.describe(folder / "model")["fingerprint"]
            path = self._folder / f"{found[:16]}.zip"
            await asyncio.to_thread(shutil.copyfile, folder / "model" / MODEL_FILE, f"{path}.part")
            await asyncio.to_thread(Path(f"{path}.part").replace, path)
        return path

    def _file(self, name: str | None) -> Path:
        if name in (None, self._folder.name):
            return self._folder
        given = Path(str(name))
        inside = given.parent in (Path(), Path(self._folder.name), self._folder)
        if not inside or given.suffix != ".zip" or "\0" in str(name):
            kept = f"{self._folder.name}/{MODEL_FILE}"
            raise ModelRefused(f"only models of the project's own can be loaded, such as {kept}")
        return self._folder / given.name

    def _shown(self, path: Path) -> str:
        return path.name if path == self._folder else f"{self._folder.name}/{path.name}"
