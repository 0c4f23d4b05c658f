"""Other ways to write a flow, each translated into the native form before it is read."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.engine.dialects import pages, steps
from bot.engine.dialects.translation import Translation as Translation
from bot.engine.dialects.translation import origin as origin
from bot.engine.dialects.translation import placed as placed

DIALECTS: Mapping[str, Callable[[Mapping[str, Any], str], Translation]] = {
    "pages": pages.translate,
    "steps": steps.translate,
}
"""By the key of a document that only this dialect has; called with the document and its name."""


def translated(document: Any, name: str) -> Translation | None:
    """The native form of a document in another dialect; None for one that is native already."""
    if isinstance(document, Mapping) and "states" not in document:
        for key, translate in DIALECTS.items():
            if key in document:
                return translate(document, name)
    return None
