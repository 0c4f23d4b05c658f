"""NameEntityExtractor: the name a person gives, by rules, a tagger and what the classifier expects."""

from collections.abc import Sequence

from pydantic import Field

from bot.engine.parse import Entity
from nlu.components.component import Component, Options, State
from nlu.message import Message
from nlu.names.finder import Expectation, Name, find_name
from nlu.names.spelling import Part, capitalized, parts_of, spelled
from nlu.names.tagging import NameTagger
from nlu.names.vocabulary import Vocabulary
from nlu.training.examples import TrainingData

UNLIKELY = 0.45
OTHER_IS_CLEAR = 0.5
GIVEN_NAME = "given_name"
FAMILY_NAME = "family_name"


class NameEntityExtractorOptions(Options):
    """Which intent says a name, how its entity is called, and which lookups list names.

    The `unspecific` intents mean that nothing else was understood: they veto no name. With `parts`,
    the given and the family name are entities too; they always are in the parse's
    `metadata["name"]`.
    """

    intent: str = "inform_name"
    entity: str = "name"
    first_names: str = "first_name"
    family_names: str = "family_name"
    parts: bool = False
    unspecific: list[str] = Field(default=["out_of_scope", "nlu_fallback"])


class NameEntityExtractor(Component[NameEntityExtractorOptions]):
    """Rules and a tagger find the name; the classifier's reading of the whole message may veto it."""

    Options = NameEntityExtractorOptions
    version = 2

    def __init__(self, options: NameEntityExtractorOptions, language: str) -> None:
        super().__init__(options, language)
        self._vocabulary = Vocabulary()
        self._tagger = NameTagger()

    def train(self, data: TrainingData, messages: Sequence[Message]) -> None:
        del messages
        own = self.options
        self._vocabulary.learn(data, own.entity, own.first_names, own.family_names, self.language)
        self._tagger.learn(data, own.entity, self._vocabulary)

    def process(self, message: Message) -> None:
        if message.decided_by:
            return
        expectation = self._expectation(message)
        name = find_name(message.text, self._vocabulary, self._tagger, expectation)
        if name is not None:
            self._add(message, name)
        elif message.top is not None and message.top.name == self.options.intent:
            # A message that looks like a name and holds none is not understood.
            message.rank(self.options.intent, min(message.top.confidence, UNLIKELY))

    def state(self) -> State:
        words, field = self._vocabulary.state(), self._tagger.state()
        return State({"words": words.values, "field": field.values}, field.arrays)

    def restore(self, state: State) -> None:
        self._vocabulary.restore(State(state.values["words"]))
        self._tagger.restore(State(state.values["field"], state.arrays))

    def _expectation(self, message: Message) -> Expectation:
        """What the intents that say something leave for a name."""
        own, unspecific = self.options.intent, self.options.unspecific
        specific = [i for i in message.ranking if i.name not in unspecific]
        total = sum(i.confidence for i in specific)
        likely = message.confidence(own) / total if total > 0 else 0.0
        leads = bool(specific) and specific[0].name == own
        other = bool(specific) and not leads and specific[0].confidence > OTHER_IS_CLEAR
        return Expectation(likely, leads, other)

    def _add(self, message: Message, name: Name) -> None:
        intent = self.options.intent
        taught = any(i.name == intent for i in message.ranking)
        if taught and name.whole and message.confidence(intent) < name.confidence:
            message.rank(intent, name.confidence)
            message.decided_by = "NameEntityExtractor"
        value = spelled(message.text[name.start : name.end])
        entity = self._entity(self.options.entity, value, name.start, name.end, name)
        parts = self._parts(message.text, name)
        message.entities.append(entity)
        message.metadata["name"] = {part.entity: part.value for part in parts}
        if self.options.parts:
            message.entities += parts

    def _parts(self, text: str, name: Name) -> list[Entity]:
        """The given and the family name, as entities of their own."""
        parts = parts_of(name.words, self._vocabulary)
        lower = not any(c.isupper() for c in text[name.start : name.end])
        found: list[Entity] = []
        for kind, part in ((GIVEN_NAME, parts.given), (FAMILY_NAME, parts.family)):
            if part is None:
                continue
            start, end = _place(part, name, parts.joined, kind)
            value = capitalized(text[start:end]) if lower else text[start:end]
            found.append(self._entity(kind, value, start, end, name))
        return found

    def _entity(self, kind: str, value: str, start: int, end: int, name: Name) -> Entity:
        return Entity(kind, value, start, end, name.confidence, "NameEntityExtractor")


def _place(part: Part, name: Name, joined: int, kind: str) -> tuple[int, int]:
    """Start and end of the part in the text."""
    start, end = name.words[part.first].start, name.words[part.last - 1].end
    if joined:
        return (start, start + joined) if kind == FAMILY_NAME else (start + joined, end)
    return start, end
