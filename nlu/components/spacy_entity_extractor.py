"""SpacyEntityExtractor: the entities that the spaCy model finds."""

from dataclasses import replace

from nlu.components.component import Component, Options
from nlu.message import Message


class SpacyEntityExtractorOptions(Options):
    """`dimensions`: the labels to keep, such as PERSON; all where there are none."""

    dimensions: list[str] | None = None


class SpacyEntityExtractor(Component[SpacyEntityExtractorOptions]):
    """spaCy tells no probability: its entities have the confidence 1."""

    Options = SpacyEntityExtractorOptions

    def process(self, message: Message) -> None:
        if message.analysis is None:
            return
        wanted = self.options.dimensions
        message.entities += [
            replace(entity, extractor="SpacyEntityExtractor")
            for entity in message.analysis.entities
            if not wanted or entity.entity in wanted
        ]
