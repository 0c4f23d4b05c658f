"""CRFEntityExtractor: entities with roles and groups, learned from the marked examples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import Field

from bot.engine.parse import Entity
from nlu.components.component import Component, Options, State
from nlu.components.spans import OUTSIDE, Span, labels_of, spans_of
from nlu.components.token_features import CenteredWindowOption, features_of_tokens
from nlu.crf import Crf, train
from nlu.message import Message, Token
from nlu.training.examples import Example, TrainingData

_NEIGHBOUR = ["low", "title", "upper"]
_WORD = [
    "low", "bias", "prefix5", "prefix2", "suffix5", "suffix3", "suffix2", "upper", "title", "digit",
    "pattern",
]  # fmt: skip
DEFAULT_FEATURES = [_NEIGHBOUR, _WORD, _NEIGHBOUR]
_DENSE = "text_dense_features"
_COMMAS = frozenset({",", "،", "，", "、"})
_KINDS = ("entity", "role", "group")


class CRFEntityExtractorOptions(Options):
    """Rasa's names. `BILOU_flag` tells where an entity begins and ends; `L1_c` and `L2_c` are the
    penalties on absolute and squared weights."""

    BILOU_flag: bool = True
    features: CenteredWindowOption = DEFAULT_FEATURES
    max_iterations: int = Field(default=50, ge=1)
    L1_c: float = Field(default=0.1, ge=0)
    L2_c: float = Field(default=0.1, ge=0)
    split_entities_by_comma: bool | dict[str, bool] = True


@dataclass(frozen=True, slots=True)
class _Words:
    """The tokens of a message, with their features for the CRF."""

    tokens: list[Token]
    features: list[list[str]]


class CRFEntityExtractor(Component[CRFEntityExtractorOptions]):
    """One field finds the entities; where examples mark roles or groups, another one tells each."""

    Options = CRFEntityExtractorOptions
    learns_from_messages = True

    def __init__(self, options: CRFEntityExtractorOptions, language: str) -> None:
        super().__init__(options, language)
        self._fields: dict[str, Crf] = {}

    def train(self, data: TrainingData, messages: Sequence[Message]) -> None:
        self._fields = {}
        if any(_DENSE in names for names in self.options.features):
            data.notices.append(f"config.yml: CRFEntityExtractor has no use for `{_DENSE}`")
        marked = [
            (example, self._words(message))
            for example, message in zip(data.examples, messages, strict=True)
            if message.tokens
        ]
        if not any(example.entities for example, _ in marked):
            return
        owners = [_owners(example, words.tokens) for example, words in marked]
        names = [
            _named(example, own, "entity") for (example, _), own in zip(marked, owners, strict=True)
        ]
        labels = [
            labels_of(own, ids, bilou=self.options.BILOU_flag)
            for own, ids in zip(names, owners, strict=True)
        ]
        self._learn("entity", [words.features for _, words in marked], labels)
        for kind in _KINDS[1:]:
            answers = [
                _named(example, own, kind) for (example, _), own in zip(marked, owners, strict=True)
            ]
            if any(name != OUTSIDE for own in answers for name in own):
                features = [
                    _with_entities(words.features, own)
                    for (_, words), own in zip(marked, names, strict=True)
                ]
                self._learn(kind, features, answers)

    def process(self, message: Message) -> None:
        field = self._fields.get("entity")
        if field is None or not message.tokens:
            return
        words = self._words(message)
        tagged = field.tag(words.features)
        spans = [
            part
            for span in spans_of(tagged, bilou=self.options.BILOU_flag)
            for part in self._parts(span, message.tokens)
        ]
        if not spans:
            return
        names = [OUTSIDE] * len(message.tokens)
        for span in spans:
            names[span.first : span.last + 1] = [span.name] * (span.last + 1 - span.first)
        told = {
            kind: self._fields[kind].tag(_with_entities(words.features, names))
            for kind in _KINDS[1:]
            if kind in self._fields
        }
        message.entities += [_entity(span, message, told) for span in spans]

    def state(self) -> State:
        """The fields side by side, each under its kind."""
        saved = State({"kinds": sorted(self._fields)})
        for kind, field in self._fields.items():
            own = field.state()
            saved.values[kind] = own.values
            saved.arrays |= {f"{kind}_{name}": array for name, array in own.arrays.items()}
        return saved

    def restore(self, state: State) -> None:
        kinds = state.words("kinds")
        if not set(kinds) <= set(_KINDS):
            raise ValueError(f"fields for {kinds}")
        self._fields = {
            kind: Crf.from_state(
                State(
                    state.values[kind],
                    {n: state.arrays[f"{kind}_{n}"] for n in ("weights", "transitions")},
                )
            )
            for kind in kinds
        }

    def _learn(self, kind: str, features: list[list[list[str]]], labels: list[list[str]]) -> None:
        own = self.options
        self._fields[kind] = train(
            features, labels, c1=own.L1_c, c2=own.L2_c, max_iterations=own.max_iterations
        )

    def _words(self, message: Message) -> _Words:
        features = features_of_tokens(message, self.options.features)
        lexical = message.token_features.get("lexical", [])
        if len(lexical) == len(features):
            both = zip(features, lexical, strict=True)
            features = [list(dict.fromkeys([*own, *more])) for own, more in both]
        return _Words(message.tokens, features)

    def _parts(self, span: Span, tokens: Sequence[Token]) -> list[Span]:
        """The span, cut at its commas where these end an entity."""
        splits = self.options.split_entities_by_comma
        if isinstance(splits, dict):
            splits = splits.get(span.name, True)
        if not splits:
            return [span]
        parts, first = [], span.first
        for at in range(span.first, span.last + 2):
            if at > span.last or tokens[at].text in _COMMAS:
                if at > first:
                    parts.append(Span(span.name, first, at - 1, span.confidence))
                first = at + 1
        return parts


def _owners(example: Example, tokens: Sequence[Token]) -> list[int]:
    """Of each token the number of the example's entity that it lies in, -1 where in none."""
    owners = [-1] * len(tokens)
    for number, entity in enumerate(example.entities):
        for at, token in enumerate(tokens):
            if token.start < entity.end and entity.start < token.end:
                owners[at] = number
    return owners


def _named(example: Example, owners: Sequence[int], kind: str) -> list[str]:
    """Of each token its entity's name, role or group."""
    of_entities = [{"entity": e.entity, "role": e.role, "group": e.group} for e in example.entities]
    return [of_entities[n][kind] or OUTSIDE if n >= 0 else OUTSIDE for n in owners]


def _with_entities(features: list[list[str]], names: Sequence[str]) -> list[list[str]]:
    """The features with the entity of the token, of the one before and of the one after."""
    padded = [OUTSIDE, *names, OUTSIDE]
    return [
        [
            *own,
            f"entity:{padded[at + 1]}",
            f"-1:entity:{padded[at]}",
            f"1:entity:{padded[at + 2]}",
        ]
        for at, own in enumerate(features)
    ]


def _entity(
    span: Span, message: Message, told: Mapping[str, Sequence[tuple[str, float]]]
) -> Entity:
    start, end = message.tokens[span.first].start, message.tokens[span.last].end
    found = {kind: _most_sure(tagged[span.first : span.last + 1]) for kind, tagged in told.items()}
    return Entity(
        span.name,
        message.text[start:end],
        start,
        end,
        span.confidence,
        "CRFEntityExtractor",
        found.get("role"),
        found.get("group"),
    )


def _most_sure(tagged: Sequence[tuple[str, float]]) -> str | None:
    """The role or group of which some token is the most sure; None where no token has one."""
    named = [(probability, label) for label, probability in tagged if label != OUTSIDE]
    return max(named)[1] if named else None
