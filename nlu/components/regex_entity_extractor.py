"""RegexEntityExtractor: a match of a regex or lookup table named like an entity is that entity."""

from collections.abc import Sequence

from bot.engine.parse import Entity
from nlu.components.component import Component, Options, State
from nlu.components.patterns import Match, Matcher
from nlu.message import Message
from nlu.training.examples import TrainingData


class RegexEntityExtractorOptions(Options):
    """Which patterns to use, whether case matters, and whether an entry of a lookup table may be a
    part of a word, for scripts without spaces."""

    case_sensitive: bool = False
    use_lookup_tables: bool = True
    use_regexes: bool = True
    use_word_boundaries: bool = True


class RegexEntityExtractor(Component[RegexEntityExtractorOptions]):
    """Only patterns whose entity is marked in some example count, as in Rasa."""

    Options = RegexEntityExtractorOptions

    def __init__(self, options: RegexEntityExtractorOptions, language: str) -> None:
        super().__init__(options, language)
        self._matcher = Matcher(options.case_sensitive, options.use_word_boundaries)

    def train(self, data: TrainingData, messages: Sequence[Message]) -> None:
        del messages
        known = data.entities()
        if self.options.use_regexes:
            self._matcher.add_patterns(p for p in data.patterns if p.name in known)
        if self.options.use_lookup_tables:
            self._matcher.add_lookups({n: t for n, t in data.lookups.items() if n in known})

    def process(self, message: Message) -> None:
        found = sorted(set(self._matcher.find(message.text)), key=_longest_first)
        taken: list[Match] = []
        for match in found:
            if not any(t.name == match.name and _overlap(t, match) for t in taken):
                taken.append(match)
        message.entities += [_entity(m, message.text) for m in sorted(taken, key=_by_place)]

    def state(self) -> State:
        return self._matcher.state()

    def restore(self, state: State) -> None:
        self._matcher.restore(state)


def _longest_first(match: Match) -> tuple[int, int, str]:
    return (match.start - match.end, match.start, match.name)


def _by_place(match: Match) -> tuple[int, int, str]:
    return (match.start, match.end, match.name)


def _overlap(one: Match, other: Match) -> bool:
    return one.start < other.end and other.start < one.end


def _entity(match: Match, text: str) -> Entity:
    value = text[match.start : match.end]
    return Entity(match.name, value, match.start, match.end, 1.0, "RegexEntityExtractor")
