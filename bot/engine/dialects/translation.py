"""What a translator answers: a flow in the native document form, and where its parts come from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.engine.findings import Finding

WHOLE = "~"
"""Ends an origin below which both forms are the same; no pointer ends so by itself."""


@dataclass(frozen=True, slots=True)
class Translation:
    """A flow in the native document form.

    `origins` gives the JSON pointer in what the author wrote by the pointer in the native form, for
    every place that a finding may name; what is not listed belongs to the nearest place above it. Where
    that ends with WHOLE, the value was handed on as it is, and the way goes on below it.
    """

    document: Mapping[str, Any] | None
    origins: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def placed(findings: Iterable[Finding], origins: Mapping[str, str]) -> list[Finding]:
    """The findings at the places that the author wrote; what is said twice of one place, once."""
    there = {(f.code, origin(f.place, origins), f.reason): f for f in findings}
    return [replace(finding, place=place) for (_, place, _), finding in there.items()]


def origin(place: str, origins: Mapping[str, str]) -> str:
    """The place in what the author wrote."""
    if not origins:
        return place
    above = place
    while above not in origins and above:
        above = above.rpartition("/")[0]
    found = origins.get(above, "")
    return found.removesuffix(WHOLE) + place[len(above) :] if found.endswith(WHOLE) else found
