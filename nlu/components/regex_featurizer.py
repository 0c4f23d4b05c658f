"""RegexFeaturizer: a feature for each regex and lookup table of the training data that matches."""

from collections.abc import Sequence

from nlu.components.component import Component, Options, State
from nlu.components.patterns import Match, Matcher
from nlu.message import Features, Message, Token
from nlu.training.examples import TrainingData


class RegexFeaturizerOptions(Options):
    """Which patterns to use, whether case matters, and whether a match may be a part of a word."""

    case_sensitive: bool = False
    use_lookup_tables: bool = True
    use_regexes: bool = True
    use_word_boundaries: bool = True


class RegexFeaturizer(Component[RegexFeaturizerOptions]):
    """One column per pattern name; of each word, which patterns it is a part of."""

    Options = RegexFeaturizerOptions
    ignored = frozenset({"number_additional_patterns"})

    def __init__(self, options: RegexFeaturizerOptions, language: str) -> None:
        super().__init__(options, language)
        self._matcher = Matcher(options.case_sensitive, options.use_word_boundaries)

    def train(self, data: TrainingData, messages: Sequence[Message]) -> None:
        del messages
        if self.options.use_regexes:
            self._matcher.add_patterns(data.patterns)
        if self.options.use_lookup_tables:
            self._matcher.add_lookups(data.lookups)

    def process(self, message: Message) -> None:
        names = self._matcher.names()
        matches = list(self._matcher.find(message.text))
        found = {match.name for match in matches}
        columns = [column for column, name in enumerate(names) if name in found]
        message.features.append(Features(columns, [1.0] * len(columns), len(names)))
        message.token_features["pattern"] = [_around(t, matches) for t in message.tokens]

    def state(self) -> State:
        return self._matcher.state()

    def restore(self, state: State) -> None:
        self._matcher.restore(state)


def _around(token: Token, matches: Sequence[Match]) -> list[str]:
    """The names of the patterns that a token is a part of."""
    return sorted({m.name for m in matches if m.start < token.end and token.start < m.end})
