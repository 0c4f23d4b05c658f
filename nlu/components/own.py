"""A project's own components, named in config.yml by module and class: `my_project.words.Upper`.

The file is found without running anything, so that its content can be compared with what a saved
model was trained with before it is imported.
"""

import hashlib
import inspect
import logging
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from pkgutil import iter_modules
from types import CodeType, ModuleType
from typing import Any

from nlu.components.component import Component, NoOptions, State
from nlu.errors import NluError, PipelineError, nearest
from nlu.message import Message
from nlu.training.examples import TrainingData

SUBCLASS = "a subclass of nlu.components.component.Component (docs/pipeline.md shows one)"
_log = logging.getLogger(__name__)


def source_of(name: str, project: Path | None) -> Path:
    """The file of the module in `name`, the project's folder before installed ones.

    Raises PipelineError where there is no such module.
    """
    module = name.rpartition(".")[0]
    parts = module.split(".")
    if not all(part.isidentifier() for part in parts) or parts[0] in sys.stdlib_module_names:
        raise PipelineError(name, f"there is no module {module!r}", "MODULE.CLASS of a component")
    # Where the module is looked for; at first wherever Python does.
    places = [*([str(project.resolve())] if project else []), *sys.path]
    spec: ModuleSpec | None = None
    for depth in range(len(parts)):
        path = ".".join(parts[: depth + 1])
        spec = PathFinder.find_spec(path, places)
        if spec is None:
            searched = places if depth else [str(project)] if project else []
            known = sorted({*_modules(searched)})
            raise PipelineError(
                name,
                f"there is no module {path!r}",
                f"a module below {project or 'a folder that Python searches'}",
                nearest(parts[depth], known),
            )
        places = list(spec.submodule_search_locations or [])
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        raise PipelineError(name, f"{module!r} is no file of Python", "MODULE.CLASS of a component")
    return Path(spec.origin)


def _modules(places: Sequence[str]) -> Iterator[str]:
    """The modules in folders, and the folders there that could be packages."""
    yield from (module.name for module in iter_modules(places))
    for place in places:
        folder = Path(place)
        found = folder.iterdir() if folder.is_dir() else ()
        yield from (each.name for each in found if each.is_dir() and each.name.isidentifier())


def content_of(source: Path) -> str:
    """A hash of the file; PipelineError where it cannot be read."""
    try:
        return hashlib.sha256(source.read_bytes()).hexdigest()
    except OSError as error:
        raise PipelineError(str(source), f"the file cannot be read ({error})", "a file") from error


def own_class(name: str, project: Path | None) -> type[Component[Any]]:
    """The class, imported; PipelineError says where and why that fails."""
    source = source_of(name, project)
    module_name, _, class_name = name.rpartition(".")
    module = _imported(module_name, source, content_of(source), project)
    found = vars(module).get(class_name)
    classes = {n: c for n, c in vars(module).items() if inspect.isclass(c)}
    if not inspect.isclass(found):
        known = [n for n, c in classes.items() if issubclass(c, Component) and c is not Component]
        hint = nearest(class_name, known)
        raise PipelineError(name, f"{source.name} has no class {class_name!r}", SUBCLASS, hint)
    if not issubclass(found, Component):
        raise PipelineError(name, f"{class_name} {_what(found)}", SUBCLASS)
    if inspect.isabstract(found):
        raise PipelineError(name, f"{class_name} has no method `process`", SUBCLASS)
    return found


def guarded(components: Sequence[Component[Any]]) -> list[Component[Any]]:
    """For reading: a mistake in a component of one's own must not cost the message its reading."""
    return [
        c if is_shipped(type(c)) else _TimelyGuarded(c) if c.timely else _Guarded(c)
        for c in components
    ]


def is_shipped(kind: type[Component[Any]]) -> bool:
    """Whether a component is Parley's."""
    return kind.__module__.startswith("nlu.components.")


@contextmanager
def blamed(name: str, doing: str) -> Iterator[None]:
    """What a component of a project's own raises becomes a PipelineError; Parley's own mistakes
    stay what they are."""
    try:
        yield
    except NluError:
        raise
    except Exception as error:  # an author's code may raise anything
        if "." not in name:
            raise
        raise told(name, doing, error) from error


def told(name: str, doing: str, error: BaseException) -> PipelineError:
    """What went wrong in a project's own code, with the deepest line of it."""
    where = _place(error, name.partition(".")[0])
    found = f"{doing} failed with {type(error).__name__}: {' '.join(str(error).split())[:300]}"
    return PipelineError(name, found + where, "a component that works")


class _Fresh(SourceFileLoader):
    """Compiles what the file holds now: bytecode kept from before may be of another content."""

    def get_code(self, fullname: str) -> CodeType:
        code: CodeType = self.source_to_code(self.get_data(self.path), self.path)
        return code


@lru_cache(maxsize=128)
def _imported(name: str, source: Path, content: str, project: Path | None) -> ModuleType:
    del content  # another content, another module
    if project is not None:
        first = str(project.resolve())
        sys.path[:] = [first, *(path for path in sys.path if path != first)]
    _forget_another(name, source)
    spec = spec_from_file_location(name, source, loader=_Fresh(name, str(source)))
    if spec is None or spec.loader is None:
        raise PipelineError(name, f"{source} cannot be imported", "a file of Python")
    module = module_from_spec(spec)
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # an author's module may raise anything
        if before is None:
            del sys.modules[name]
        else:
            sys.modules[name] = before
        raise _unimportable(name, error) from error
    return module


def _forget_another(name: str, source: Path) -> None:
    """Drops modules of that package which were imported from elsewhere."""
    root = name.partition(".")[0]
    folder = source.resolve().parents[name.count(".")]
    for each, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and (each == root or each.startswith(f"{root}.")):
            place = folder.joinpath(*each.split("."))
            if Path(file).resolve() not in (place.with_suffix(".py"), place / "__init__.py"):
                del sys.modules[each]


def _unimportable(name: str, error: BaseException) -> PipelineError:
    missing = error.name or "" if isinstance(error, ModuleNotFoundError) else ""
    if missing.partition(".")[0] == "rasa":
        return PipelineError(name, f"it is written for Rasa (it imports {missing})", SUBCLASS)
    return told(name, "its import", error)


def _what(found: type[Any]) -> str:
    if any(base.__name__ == "GraphComponent" for base in found.__mro__):
        return "is a GraphComponent of Rasa's, which does not run here"
    return "is no component"


def _place(error: BaseException, root: str) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return f" ({error.filename}:{error.lineno})"
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if root in Path(frame.filename).with_suffix("").parts
    ]
    return f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""


class _Guarded(Component[NoOptions]):
    """A component of a project's own, whose mistakes are logged and leave the message as it was."""

    def __init__(self, component: Component[Any]) -> None:
        super().__init__(NoOptions(), component.language)
        self._component = component

    def train(self, data: TrainingData, messages: Sequence[Message]) -> None:
        self._component.train(data, messages)

    def process(self, message: Message) -> None:
        before = replace(
            message,
            tokens=list(message.tokens),
            features=list(message.features),
            ranking=list(message.ranking),
            entities=list(message.entities),
            metadata=dict(message.metadata),
            token_features=dict(message.token_features),
        )
        try:
            self._component.process(message)
            _check(message, before)
        except Exception:  # noqa: BLE001 - an author's code may raise anything
            _log.exception("component_failed %s", type(self._component).__qualname__)
            for name in before.__slots__:
                setattr(message, name, getattr(before, name))

    def state(self) -> State:
        return self._component.state()

    def restore(self, state: State) -> None:
        self._component.restore(state)


class _TimelyGuarded(_Guarded):
    """The same for a component that depends on the contact's time."""

    timely = True


def _check(message: Message, before: Message) -> None:
    if message.text != before.text:
        raise ValueError("a component must leave the text as it is: offsets count its characters")
    for start, end in _spans(message):
        if not 0 <= start <= end <= len(message.text):
            raise ValueError(f"{start} to {end} is no part of the text")


def _spans(message: Message) -> Iterator[tuple[int, int]]:
    yield from ((e.start, e.end) for e in message.entities)
    yield from ((t.start, t.end) for t in message.tokens)
