"""What the translators share: the native document as it is put together, with its origins."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from bot.engine.dialects.translation import WHOLE, Translation
from bot.engine.findings import nearest
from bot.engine.reading import Reading
from bot.engine.wording import Text, in_language, versions

DOCUMENT_KEYS = (
    "$schema", "$comment", "flow", "title", "version", "language", "triggers", "expires_after",
    "slots", "invariants", "otherwise", "apology",
)  # fmt: skip
"""Keys that mean the same in every dialect, and are handed on as they are."""

MOST_COMPARED = 20_000
"""Names that misspelt ones are compared with."""
Json = dict[str, Any]
_MEANT = {"yes": "affirm", "no": "deny"}


class Native:
    """A document of the native form in the making: its states, and where each part comes from."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.head: Json = {key: document[key] for key in DOCUMENT_KEYS if key in document}
        self.states: list[Json] = []
        self.origins: dict[str, str] = {
            "": "",
            **{f"/{key}": f"/{key}{WHOLE}" for key in self.head},
        }

    def add(self, state: Json, parts: Mapping[str, str]) -> None:
        """A top-level state; `parts` are the author's places by those within the state."""
        place = f"/states/{len(self.states)}"
        self.states.append(state)
        self.origins.update({f"{place}{part}": origin for part, origin in parts.items()})

    def translation(self, r: Reading) -> Translation:
        """The document; none where the author made mistakes."""
        if any(finding.severity == "error" for finding in r.findings):
            return Translation(None, {}, tuple(r.findings))
        document = {**self.head, "states": self.states}
        return Translation(document, self.origins, tuple(r.findings))


def joined(*texts: Text | None) -> Text:
    """Texts as paragraphs of one, in every language that one of them has."""
    given = [text for text in texts if text]
    languages = {code: None for text in given if isinstance(text, Mapping) for code in text}
    if not languages:
        return "\n".join(text for text in given if isinstance(text, str))
    return {code: "\n".join(in_language(text, code) for text in given) for code in languages}


def meaning(label: Text) -> Json:
    """What a choice means beside its words: who may choose "Yes" may say so in other words, too."""
    said = {words.strip(" .!").casefold() for _, words in versions(label) if isinstance(words, str)}
    meant = [intent for word, intent in _MEANT.items() if word in said]
    return {"means": meant[0]} if len(meant) == 1 else {}


def circles(ways: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    """Names that lead to each other in a circle: each found once, its first name again at its end."""
    done: set[str] = set()
    for start in ways:
        trail: dict[str, None] = {}
        # Ways ahead, each with the number of names before it on this trail.
        ahead = [(start, 0)]
        while ahead:
            name, depth = ahead.pop()
            while len(trail) > depth:
                trail.popitem()
            if name in trail:
                names = [*trail]
                yield [*names[names.index(name) :], name]
            elif name in ways and name not in done:
                trail[name] = None
                done.add(name)
                ahead += [(following, depth + 1) for following in ways[name]]


def circle_shown(circle: Sequence[str]) -> str:
    """A circle in a few words."""
    seen = circle if len(circle) <= 6 else [*circle[:3], "...", *circle[-2:]]
    return " -> ".join(seen)


class Cures:
    """The nearest of many names, as long as that is no endless search."""

    def __init__(self, known: Collection[str]) -> None:
        self._known = known
        self._left = MOST_COMPARED

    def of(self, name: str) -> str:
        """What was meant, perhaps."""
        self._left -= len(self._known)
        return nearest(name, self._known) if self._left > 0 else ""
