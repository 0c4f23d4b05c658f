"""Training data as values."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.engine.parse import Entity

_SHOWN_OF_A_KIND = 5


@dataclass(frozen=True, slots=True)
class Example:
    """A text that means `intent`, with the entities marked in it.

    Of a retrieval intent `faq/hours`, `intent` is `faq` and `response_key` is `faq/hours`.
    """

    text: str
    intent: str
    entities: tuple[Entity, ...] = ()
    metadata: Any = None
    file: str = ""
    line: int = 0
    response_key: str | None = None

    @property
    def label(self) -> str:
        """The intent as it was written, with the response key of a retrieval intent."""
        return self.response_key or self.intent

    @property
    def language(self) -> str | None:
        """The code of the language, where the metadata names one."""
        named = self.metadata.get("language") if isinstance(self.metadata, dict) else None
        return named if isinstance(named, str) and named else None


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression of the data, and where it was written."""

    name: str
    expression: str
    file: str = ""
    line: int = 0


@dataclass(slots=True)
class Domain:
    """What the domain files declare: names with their options, as in `greet: {use_entities: []}`.

    `files` are their names; none where the project has no domain.
    """

    intents: dict[str, dict[str, Any]] = field(default_factory=dict)
    entities: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)


@dataclass(slots=True)
class TrainingData:
    """All that a project teaches. `notices` are what a reader would want to know and may ignore.

    `responses` holds the variations of each response by its name: `utter_faq/hours`.
    `lookup_files` are those that were read, relative to the project. `has_flows`: the files hold
    Rasa's CALM flows, so that few or no intents are no mistake.
    """

    examples: list[Example] = field(default_factory=list)
    synonyms: dict[str, str] = field(default_factory=dict)
    patterns: list[Pattern] = field(default_factory=list)
    lookups: dict[str, list[str]] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    responses: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    domain: Domain = field(default_factory=Domain)
    lookup_files: list[str] = field(default_factory=list)
    has_flows: bool = False
    synonym_places: dict[str, str] = field(default_factory=dict)
    _kinds: dict[str, tuple[int, int]] = field(default_factory=dict, repr=False)

    def intents(self) -> list[str]:
        """The intents that have examples, sorted."""
        return sorted({e.intent for e in self.examples})

    def entities(self) -> set[str]:
        """The entities that are marked in some example."""
        return {e.entity for example in self.examples for e in example.entities}

    def texts_of(self, entity: str) -> Iterator[str]:
        """Every text that is marked as `entity`."""
        for example in self.examples:
            for e in example.entities:
                if e.entity == entity:
                    yield example.text[e.start : e.end]

    def notice(self, kind: str, place: str, text: str) -> None:
        """Note an oddity. Of each kind a few are told in full, the others are counted.

        `kind` is a noun in the plural: it stands in "and 12 more KIND".
        """
        count, counted_at = self._kinds.get(kind, (0, -1))
        count += 1
        if count <= _SHOWN_OF_A_KIND:
            self.notices.append(f"{place}: {text}")
        elif counted_at < 0:
            counted_at = len(self.notices)
            self.notices.append("")
        if counted_at >= 0:
            self.notices[counted_at] = f"{place}: and {count - _SHOWN_OF_A_KIND} more {kind}"
        self._kinds[kind] = (count, counted_at)
