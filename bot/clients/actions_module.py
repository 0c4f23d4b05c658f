"""Imports a project's actions package, so that a mistake in it is named by file and line."""

import importlib
import inspect
import pkgutil
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any


class ActionsUnavailable(Exception):
    """The actions package cannot be imported; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a package offers: its action classes, and its module of conditions if it has one."""

    actions: tuple[type[Any], ...]
    conditions: ModuleType | None


def load(module: str, project: Path, action: type[Any]) -> Loaded:
    """Imports `module` with all below it, the project's own before an installed one.

    rasa-sdk would end the process where an import fails. `action` is its base class.
    """
    project = project.resolve()
    _put_first(project)
    _forget_another(module, project)
    before = set(_subclasses(action))
    try:
        modules = list(_imported(module))
    except (Exception, SystemExit) as error:  # an author's module may raise anything
        raise failure(f"the actions package {module!r} cannot be imported", error, project) from (
            error
        )
    found = {cls: None for each in modules for cls in _classes_of(each, action)}
    found.update({cls: None for cls in _subclasses(action) if cls not in before})
    actions = tuple(cls for cls in found if _is_own(cls))
    return Loaded(actions, sys.modules.get(f"{module}.conditions"))


def failure(what: str, error: BaseException, project: Path) -> ActionsUnavailable:
    """The error with the deepest line of the project's own that led to it."""
    place = _place(error, project.resolve())
    return ActionsUnavailable(f"{place}{what}: {type(error).__name__}: {error}")


def _place(error: BaseException, project: Path) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}: "
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(project)]
    # The virtual environment may lie in the project's folder.
    own = [frame for frame in own if "site-packages" not in frame.filename and _is_user(frame)]
    return f"{own[-1].filename}:{own[-1].lineno}: " if own else ""


def _is_user(frame: traceback.FrameSummary) -> bool:
    return not Path(frame.filename).is_relative_to(Path(__file__).resolve().parent)


def _put_first(project: Path) -> None:
    if sys.path[:1] != [str(project)]:
        sys.path[:] = [str(project), *(path for path in sys.path if path != str(project))]
    importlib.invalidate_caches()


def _forget_another(module: str, project: Path) -> None:
    """Drops a package of that name that was imported from elsewhere."""
    root = module.partition(".")[0]
    loaded = sys.modules.get(root)
    if loaded is None or PathFinder.find_spec(root, [str(project)]) is None:
        return
    if not _lies_in(loaded, project):
        for name in [n for n in sys.modules if n == root or n.startswith(f"{root}.")]:
            del sys.modules[name]


def _lies_in(module: ModuleType, project: Path) -> bool:
    places = [*getattr(module, "__path__", ()), getattr(module, "__file__", None) or ""]
    return any(Path(place).resolve().is_relative_to(project) for place in places if place)


def _imported(name: str) -> Iterator[ModuleType]:
    module = importlib.import_module(name)
    yield module
    for _, child, _ in pkgutil.iter_modules(getattr(module, "__path__", ()), f"{name}."):
        yield from _imported(child)


def _classes_of(module: ModuleType, action: type[Any]) -> Iterator[type[Any]]:
    for member in vars(module).values():
        if inspect.isclass(member) and issubclass(member, action):
            yield member


def _subclasses(cls: type[Any]) -> Iterator[type[Any]]:
    for child in cls.__subclasses__():
        yield child
        yield from _subclasses(child)


def _is_own(action: type[Any]) -> bool:
    return action.__module__.partition(".")[0] != "rasa_sdk" and not inspect.isabstract(action)
