"""EntitySynonymMapper: an entity written as a synonym gets the value it stands for."""

from collections.abc import Sequence
from dataclasses import replace

from bot.engine.parse import Entity
from nlu.components.component import Component, NoOptions, State
from nlu.message import Message
from nlu.training.examples import TrainingData


class EntitySynonymMapper(Component[NoOptions]):
    """Case never matters."""

    def __init__(self, options: NoOptions, language: str) -> None:
        super().__init__(options, language)
        self._values: dict[str, str] = {}

    def train(self, data: TrainingData, messages: Sequence[Message]) -> None:
        del messages
        self._values = {text.casefold(): data.synonyms[text] for text in sorted(data.synonyms)}

    def process(self, message: Message) -> None:
        message.entities = [self._mapped(e) for e in message.entities]

    def state(self) -> State:
        return State({"values": self._values})

    def restore(self, state: State) -> None:
        values = state.values["values"]
        if not all(isinstance(value, str) for value in values.values()):
            raise ValueError("synonyms do not stand for texts")
        self._values = dict(values)

    def _mapped(self, entity: Entity) -> Entity:
        value = self._values.get(str(entity.value).casefold())
        return entity if value is None else replace(entity, value=value)
