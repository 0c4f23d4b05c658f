"""With what a model was made, and whether this Parley may read it."""

import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from nlu.components.component import Component

_PACKAGES = (
    "numpy",
    "scikit-learn",
    "scipy",
    "spacy",
    "python-crfsuite",
    "onnxruntime",
    "tokenizers",
)


def made_with(names: Sequence[str], components: Sequence[Component[Any]]) -> dict[str, Any]:
    """The versions that trained a model; of the components in their order, such as `SpacyNLP.v1`.

    The components decide whether it can be read; the others are told to whoever looks for a reason.
    """
    return {
        "parley": _version("parley"),
        "python": platform.python_version(),
        **libraries(),
        "components": versioned(names, components),
    }


def libraries() -> dict[str, str]:
    """The versions of the libraries that decide what is learned from the same data."""
    return {package: _version(package) for package in _PACKAGES}


def versioned(names: Sequence[str], components: Sequence[Component[Any]]) -> list[str]:
    """The components with their versions."""
    return [f"{_unversioned(n)}.v{c.version}" for n, c in zip(names, components, strict=True)]


def check(made: dict[str, Any], now: Sequence[str]) -> None:
    """Raise ValueError where a component has another version than the one that learned."""
    then = made.get("components")
    if then != list(now):
        known = then if isinstance(then, list) else []
        others = sorted({str(name) for name in known} - set(now))
        what = f" ({', '.join(others)})" if others else ""
        by = made.get("parley", "an older version")
        raise ValueError(f"it was made by Parley {by} with other versions of components{what}")


def _unversioned(name: str) -> str:
    before, _, last = name.rpartition(".")
    return before if before and last[:1] == "v" and last[1:].isdigit() else name


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"
