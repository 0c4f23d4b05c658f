"""Other ways to write a flow, each translated into the native form before it is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.engine.findings import Finding


@dataclass(frozen=True, slots=True)
class Translation:
    """A flow in the native document form.

    `origins` gives the JSON pointer in what the author wrote by the pointer in the native form, for
    every place that a finding may name; what is not listed belongs to the nearest place above it.
    """

    document: Mapping[str, Any] | None
    origins: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


DIALECTS: Mapping[str, Callable[[Mapping[str, Any], str], Translation]] = {}
"""By the key of a document that only this dialect has; called with the document and its name."""


def translated(document: Any, name: str) -> Translation | None:
    """The native form of a document in another dialect; None for one that is native already."""
    if isinstance(document, Mapping) and "states" not in document:
        for key, translate in DIALECTS.items():
            if key in document:
                return translate(document, name)
    return None


def origin(place: str, origins: Mapping[str, str]) -> str:
    """The place in what the author wrote."""
    above = place
    while above not in origins and above:
        above = above.rpartition("/")[0]
    return origins.get(above, place if not origins else "")
