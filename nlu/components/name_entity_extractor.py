"""NameEntityExtractor: the name a person gives, by rules and by what the classifier expects."""

from collections.abc import Sequence

from bot.engine.parse import Entity
from nlu.components.component import Component, Options, State
from nlu.message import Message
from nlu.names.finder import Expectation, Name, find_name
from nlu.names.lexicon import lexicon
from nlu.names.vocabulary import Vocabulary
from nlu.names.words import tidy
from nlu.training.examples import TrainingData

UNLIKELY = 0.45
OTHER_IS_CLEAR = 0.5


class NameEntityExtractorOptions(Options):
    """Which intent says a name, how its entity is called, and which lookups list names."""

    intent: str = "inform_name"
    entity: str = "name"
    first_names: str = "first_name"
    family_names: str = "family_name"


class NameEntityExtractor(Component[NameEntityExtractorOptions]):
    """Rules find the name; the classifier's reading of the whole message may veto it."""

    Options = NameEntityExtractorOptions

    def __init__(self, options: NameEntityExtractorOptions, language: str) -> None:
        super().__init__(options, language)
        self._vocabulary = Vocabulary()

    def train(self, data: TrainingData, messages: Sequence[Message]) -> None:
        del messages
        own = self.options
        self._vocabulary.learn(data, own.entity, own.first_names, own.family_names, self.language)

    def process(self, message: Message) -> None:
        if message.decided_by:
            return
        expectation = self._expectation(message)
        name = find_name(message.text, self._vocabulary, expectation)
        if name is not None:
            self._add(message, name)
        elif expectation.leads:
            # A message that looks like a name and holds none is not understood.
            message.rank(self.options.intent, min(expectation.likely, UNLIKELY))

    def state(self) -> State:
        return self._vocabulary.state()

    def restore(self, state: State) -> None:
        self._vocabulary.restore(state)

    def _expectation(self, message: Message) -> Expectation:
        likely = message.confidence(self.options.intent)
        top = message.top
        leads = top is not None and top.name == self.options.intent
        other = top is not None and not leads and top.confidence > OTHER_IS_CLEAR
        return Expectation(likely, leads, other)

    def _add(self, message: Message, name: Name) -> None:
        intent = self.options.intent
        taught = any(i.name == intent for i in message.ranking)
        if taught and name.whole and message.confidence(intent) < name.confidence:
            message.rank(intent, name.confidence)
            message.decided_by = "NameEntityExtractor"
        value = tidy(message.text[name.start : name.end], lexicon().particles)
        message.entities.append(
            Entity(
                self.options.entity,
                value,
                name.start,
                name.end,
                name.confidence,
                "NameEntityExtractor",
            )
        )
