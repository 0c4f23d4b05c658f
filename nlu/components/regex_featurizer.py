"""RegexFeaturizer: a feature for each regex and lookup table of the training data that matches."""

from collections.abc import Sequence

from nlu.components.component import Component, Options, State
from nlu.components.patterns import Matcher
from nlu.message import Features, Message
from nlu.training.examples import TrainingData


class RegexFeaturizerOptions(Options):
    """Which patterns to use, and whether case matters."""

    case_sensitive: bool = False
    use_lookup_tables: bool = True
    use_regexes: bool = True


class RegexFeaturizer(Component[RegexFeaturizerOptions]):
    """One column per pattern name."""

    Options = RegexFeaturizerOptions
    ignored = frozenset({"use_word_boundaries", "number_additional_patterns"})

    def __init__(self, options: RegexFeaturizerOptions, language: str) -> None:
        super().__init__(options, language)
        self._matcher = Matcher(options.case_sensitive)

    def train(self, data: TrainingData, messages: Sequence[Message]) -> None:
        del messages
        if self.options.use_regexes:
            self._matcher.add_patterns(data.patterns)
        if self.options.use_lookup_tables:
            self._matcher.add_lookups(data.lookups)

    def process(self, message: Message) -> None:
        names = self._matcher.names()
        found = {match.name for match in self._matcher.find(message.text)}
        columns = [column for column, name in enumerate(names) if name in found]
        message.features.append(Features(columns, [1.0] * len(columns), len(names)))

    def state(self) -> State:
        return self._matcher.state()

    def restore(self, state: State) -> None:
        self._matcher.restore(state)
